"""Writing over HTTP, one resource at a time: each request is taken in as a batch of one entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.status import HTTP_200_OK, HTTP_204_NO_CONTENT

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, refusal_reason
from fhirsvc.fhir.bundles import Reply, etag
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource_types import ACCEPTED
from fhirsvc.fhir.search.query import FORM
from fhirsvc.fhir.single import batch_of, of_resource
from fhirsvc.settings import TENANT
from fhirsvc.usecases import read
from fhirsvc.usecases.receipt import Receipt, Received
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import body_in_json, fhir_json, http_date, must_answer_in_json, service_of
from fhirsvc.web.posting import status_link, take_in
from fhirsvc.web.prefer import Return, returning
from fhirsvc.web.receipts import replies_of

_CONDITIONS = {"if-match": "ifMatch", "if-none-match": "ifNoneMatch", "if-none-exist": "ifNoneExist"}
_TWO_CONDITIONS = Issue(
    Severity.ERROR, IssueCode.INVALID, "Say If-None-Exist in the header or as the query of the address, not in both."
)
_NOTHING_TO_SAY = Issue(Severity.INFORMATION, IssueCode.INFORMATIONAL, "It is done; there is nothing to remark.")


async def create(request: Request) -> Response:
    """Keep a new resource under an id of our own; only if there is none with If-None-Exist, or a query that says it."""
    return await _with_body(request, request.path_params["type"])


async def update(request: Request) -> Response:
    """Keep a resource under the id of the address."""
    return await _with_body(request, "{type}/{id}".format(**request.path_params))


async def update_found(request: Request) -> Response:
    """Keep a resource in place of the one that the query finds."""
    return await _with_body(request, _search(request))


async def delete(request: Request) -> Response:
    """Delete the resource of the address; its history stays."""
    return await _without_body(request, "{type}/{id}".format(**request.path_params))


async def delete_found(request: Request) -> Response:
    """Delete the one resource that the query finds."""
    return await _without_body(request, _search(request))


_TAKEN = tuple(sorted(ACCEPTED))

WRITES = (
    Offer("POST", "/{type}", create, ("create", "conditional-create"), _TAKEN),
    Offer("PUT", "/{type}/{id}", update, ("update",), _TAKEN),
    Offer("PUT", "/{type}", update_found, ("conditional-update",), _TAKEN),
    Offer("DELETE", "/{type}/{id}", delete, ("delete",), _TAKEN),
    Offer("DELETE", "/{type}", delete_found, ("conditional-delete",), _TAKEN),
)


def _search(request: Request) -> str:
    return f"{request.path_params['type']}?{_query(request)}"


def _query(request: Request) -> str:
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name not in FORM])


async def _with_body(request: Request, url: str) -> Response:
    return await _done(request, url, await body_in_json(request))


async def _without_body(request: Request, url: str) -> Response:
    must_answer_in_json(request)
    return await _done(request, url, None)


async def _done(request: Request, url: str, resource: bytes | None) -> Response:
    asked = {"method": request.method, "url": url, **_conditions(request)}
    return await run_in_threadpool(_taken_in, request, asked, resource)


def _conditions(request: Request) -> Mapping[str, str]:
    """The conditions in the headers; a query of a POST is one too, for some clients say If-None-Exist so.

    Passed over, it would make a second resource of the one that they mean.
    """
    found = ((element, request.headers.get(header)) for header, element in _CONDITIONS.items())
    said = {element: value for element, value in found if value is not None}
    if request.method == "POST" and (query := _query(request)):
        if "ifNoneExist" in said:
            raise Refused(Refusal.INVALID, [_TWO_CONDITIONS])
        said["ifNoneExist"] = query
    return said


def _taken_in(request: Request, asked: Mapping[str, str], resource: bytes | None) -> Response:
    type_ = request.path_params["type"]
    try:
        receipt = take_in(request, batch_of(asked, resource), single=True)
    except Refused as refused:
        raise Refused(refused.reason, [of_resource(each, type_) for each in refused.issues]) from None
    [reply] = replies_of(receipt)
    issues = [of_resource(each, type_) for each in reply.issues]
    if reason := refusal_reason(issues):
        raise Refused(reason, issues)
    return _answered(request, receipt, replace(reply, issues=tuple(issues)))


def _answered(request: Request, receipt: Receipt, reply: Reply) -> Response:
    body, status = _body(request, receipt.entries[0], reply.issues), int(reply.status[:3])
    headers = _headers(reply, service_of(request).base) | status_link(request, receipt)
    return fhir_json(body, headers, HTTP_200_OK if body and status == HTTP_204_NO_CONTENT else status)


def _body(request: Request, entry: Received, issues: Sequence[Issue]) -> bytes:
    """What the sender prefers: the resource as it stands, what became of it, or nothing; nothing for a deleted one."""
    match returning(request):
        case Return.OUTCOME:
            return orjson.dumps(operation_outcome(issues or [_NOTHING_TO_SAY]))
        case Return.REPRESENTATION if entry.version:
            store = service_of(request).store
            standing = read.version(TENANT, entry.type, entry.id, entry.version, store=store)
            return standing.body if standing else b""
        case _:
            return b""


def _headers(reply: Reply, base: str) -> dict[str, str]:
    headers = {"location": f"{base}/{reply.location}"} if reply.location else {}
    if reply.version:
        headers["etag"] = etag(reply.version)
    if reply.last_modified:
        headers["last-modified"] = http_date(reply.last_modified)
    return headers
