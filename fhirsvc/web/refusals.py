"""Whatever goes wrong leaves as an OperationOutcome in FHIR JSON; no text of an exception is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from fhirsvc.domain.errors import Issue, IssueCode, NotFound, Refusal, Refused, Severity, Unreachable
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource_types import ACCEPTED, WRITTEN, is_type
from fhirsvc.web.negotiation import FHIR_JSON
from fhirsvc.web.routes import allowed
from fhirsvc.web.status import status_of

RETRY_SECONDS = 5

NOT_READ = "The body must be application/fhir+json or application/json in UTF-8, of FHIR version 4.0."
NOT_WRITTEN = "This service answers in application/fhir+json, FHIR version 4.0, and in nothing else."
NO_FORM = "A search is posted as application/x-www-form-urlencoded, in UTF-8."
NOT_DECODED = "The body must come without a Content-Encoding."
NOTHING_HERE = "Nothing is kept under this address."
NOT_KEPT = "Resources of this type are not kept here; the CapabilityStatement at [base]/metadata says which are."
WRITTEN_HERE = "The service writes resources of this type itself; they are read, and Allow says how."
NOT_OFFERED = "This address does not offer this method; Allow says which it offers."
NOT_NOW = "The store cannot be reached now. Nothing was kept; the same request may be sent again."
BROKEN = "The service failed. Nothing was answered; its log knows this request by the id in X-Request-Id."


class NotNegotiable(Exception):
    """The request speaks, or asks for, something other than FHIR R4 JSON: 415 or 406."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


def answer_faults(app: FastAPI) -> None:
    """Teach an application to answer every fault with an OperationOutcome."""
    for fault in (Refused, NotFound, NotNegotiable, Unreachable, HTTPException, Exception):
        app.add_exception_handler(fault, _answer)


async def _answer(request: Request, fault: Exception) -> Response:
    match fault:
        case Refused():
            return _outcome(status_of(fault.reason), fault.issues, _close_if_unread(fault))
        case NotNegotiable():
            return _outcome(fault.status, _one(IssueCode.NOT_SUPPORTED, fault.text))
        case HTTPException():
            return _unrouted(request, fault)
        case NotFound():
            return _outcome(404, _one(IssueCode.NOT_FOUND, NOTHING_HERE))
        case Unreachable():
            return _outcome(503, _one(IssueCode.TRANSIENT, NOT_NOW), {"retry-after": str(RETRY_SECONDS)})
        case _:
            return _outcome(500, _one(IssueCode.EXCEPTION, BROKEN))


def _unrouted(request: Request, fault: HTTPException) -> Response:
    """What the router has no route for: it raises 404 and 405 and nothing else."""
    type_ = _type(request)
    if fault.status_code == 405:  # noqa: PLR2004 - HTTP's Method Not Allowed
        allow = allowed(request.app.routes, request.scope)
        text = WRITTEN_HERE if type_ in WRITTEN - ACCEPTED else NOT_OFFERED
        return _outcome(405, _one(IssueCode.NOT_SUPPORTED, text), {"allow": allow})
    if type_ and type_ not in request.app.state.types:
        return _outcome(404, _one(IssueCode.NOT_SUPPORTED, NOT_KEPT))
    return _outcome(404, _one(IssueCode.NOT_FOUND, NOTHING_HERE))


def _type(request: Request) -> str:
    """The first part of the path below the base that is a resource type of FHIR; "" = there is none."""
    return next(filter(is_type, request.url.path.split("/")), "")


def _close_if_unread(fault: Refused) -> dict[str, str]:
    """A body that was too long was not read to its end, so nothing more can be read on that connection."""
    return {"connection": "close"} if fault.reason is Refusal.TOO_LARGE else {}


def _outcome(status: int, issues: Iterable[Issue], headers: Mapping[str, str] | None = None) -> Response:
    body = orjson.dumps(operation_outcome(issues))
    return Response(body, status, headers=headers, media_type=FHIR_JSON)


def _one(code: IssueCode, text: str) -> tuple[Issue]:
    return (Issue(Severity.ERROR, code, text),)
