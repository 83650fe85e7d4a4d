"""Operations over HTTP: a message is processed, and a patient is assessed without anything being written."""

from __future__ import annotations

from functools import partial

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import Issue, IssueCode, NotFound, Refusal, Refused, Severity, Unreachable
from fhirsvc.fhir.dry_run import bundle_in, parameters, placed
from fhirsvc.fhir.message import Answer, header_of, rendered, told
from fhirsvc.fhir.message import Response as Processed
from fhirsvc.fhir.operations import ASSESS_HEEL_PAIN, PROCESS_MESSAGE
from fhirsvc.settings import TENANT
from fhirsvc.usecases.assess_now import DryRun, assess_now
from fhirsvc.web import refusals
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import body_in_json, fhir_json, must_answer_in_json, service_of
from fhirsvc.web.posting import status_link, take_in, task_page
from fhirsvc.web.status import status_of


async def assess_by_address(request: Request) -> Response:
    """What would be said of the patient now."""
    must_answer_in_json(request)
    return await _assessed(request, b"", "")


async def assess_with_bundle(request: Request) -> Response:
    """What would be said of the patient now, with the Bundle of the body in addition, if there is one."""
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    body = await body_in_json(request) if has_body else b""
    return await _assessed(request, *await run_in_threadpool(bundle_in, body))


async def process_message(request: Request) -> Response:
    """Take in a message, and answer it with one."""
    _must_be_synchronous(request)
    body = await body_in_json(request)
    return await run_in_threadpool(_processed, request, body)


_ASSESS = "/Patient/{id}/$assess-heel-pain"

OPERATIONS = (
    Offer("GET", _ASSESS, assess_by_address, ("$assess-heel-pain",), ("Patient",), ASSESS_HEEL_PAIN),
    Offer("POST", _ASSESS, assess_with_bundle, ("$assess-heel-pain",), ("Patient",), ASSESS_HEEL_PAIN),
    Offer("POST", "/$process-message", process_message, ("$process-message",), (), PROCESS_MESSAGE),
)


async def _assessed(request: Request, addition: bytes, place: str) -> Response:
    try:
        found = await run_in_threadpool(_dry_run, request, addition)
    except Refused as refused:
        raise Refused(refused.reason, placed(refused.issues, place)) from None
    if found is None:
        raise NotFound
    issues = placed(found.issues, place)
    said = partial(parameters, found.patient, found.assessment, found.impression, found.unread, issues)
    return fhir_json(said(changes=found.changes))


def _dry_run(request: Request, addition: bytes) -> DryRun | None:
    service, patient = service_of(request), request.path_params["id"]
    return assess_now(
        TENANT,
        patient,
        store=service.store,
        clock=service.clock,
        judge=service.judge,
        addition=addition,
        base=service.base,
    )


_NOT_NOW = Issue(Severity.ERROR, IssueCode.TRANSIENT, refusals.NOT_NOW)
_ONLY_NOW = "A message is answered at once: async and response-url are not supported."


def _must_be_synchronous(request: Request) -> None:
    """Raises Refused for the parameters of asynchronous messaging, and for what is no parameter of the operation."""
    asked = dict(request.query_params.multi_items())
    if asked.get("async", "false") != "false" or "response-url" in asked:
        raise Refused(Refusal.NOT_SUPPORTED, [Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, _ONLY_NOW)])


def _processed(request: Request, body: bytes) -> Response:
    """The answer; what goes wrong is told in a message too, but to a body that has no header to be answered."""
    header = header_of(body)
    if header is None:
        take_in(request, body, message=True)
    service = service_of(request)
    answer = partial(Answer, header=header or {}, own=f"{service.base}/$process-message", at=service.clock.now())
    try:
        receipt = take_in(request, body, message=True)
    except Refused as refused:
        failed = answer(code=Processed.FATAL, issues=refused.issues)
        return fhir_json(rendered(failed), status=status_of(refused.reason))
    except Unreachable:
        failed = answer(code=Processed.TRANSIENT, issues=(_NOT_NOW,))
        return fhir_json(rendered(failed), {"retry-after": str(refusals.RETRY_SECONDS)}, 503)
    issues = told(issue for entry in receipt.entries for issue in (*entry.issues, *entry.fates))
    page = task_page(request, receipt)
    done = answer(code=Processed.OK, issues=issues, links={"status": page} if page else {})
    return fhir_json(rendered(done), status_link(request, receipt))
