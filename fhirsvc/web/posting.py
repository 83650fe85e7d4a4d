"""Bundles over HTTP: taken in and answered after the commit, whether or not a worker runs."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir import bundles
from fhirsvc.settings import TENANT
from fhirsvc.usecases.later import promise
from fhirsvc.usecases.receipt import Receipt
from fhirsvc.usecases.receive import receive
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import body_in_json, fhir_json, service_of
from fhirsvc.web.prefer import ASYNC, preferences
from fhirsvc.web.receipts import replies_of

POLL_SECONDS = 1
"""How long a sender whose answer is not there yet is asked to wait before it asks again."""

_NO_FILES = Issue(
    Severity.ERROR,
    IssueCode.NOT_SUPPORTED,
    "An answer that is fetched later is a Bundle; _outputFormat is not supported.",
    "_outputFormat",
)


async def post_bundle(request: Request) -> Response:
    """Take one Bundle; the answer follows the commit, or says where it will be once every patient is judged."""
    is_later = ASYNC in preferences(request)
    if is_later and "_outputFormat" in request.query_params:
        raise Refused(Refusal.INVALID, [_NO_FILES])
    receipt = await run_in_threadpool(take_in, request, await body_in_json(request))
    if is_later and receipt.submission:
        return await run_in_threadpool(_promised, request, receipt)
    return fhir_json(answer_of(request, receipt), status_link(request, receipt))


POSTS = (Offer("POST", "", post_bundle, ("transaction", "batch")),)


def answer_of(request: Request, receipt: Receipt) -> bytes:
    """The Bundle that says what became of each entry."""
    page = task_page(request, receipt)
    return bundles.response(receipt.type, replies_of(receipt), links={"status": page} if page else {})


def _promised(request: Request, receipt: Receipt) -> Response:
    service = service_of(request)
    promise(TENANT, receipt.submission, store=service.store)
    address = f"{service.base}/async/{receipt.submission}"
    headers = {"content-location": address, "retry-after": str(POLL_SECONDS), **status_link(request, receipt)}
    return Response(status_code=202, headers=headers)


def take_in(request: Request, bundle: bytes, *, single: bool = False, message: bool = False) -> Receipt:
    """Take in a Bundle that came with this request, single: put around the one resource that came; raises as `receive`.

    message: as for receive.
    The same resource sent again is another one: of its sender's will, who can say Idempotency-Key or If-None-Exist.
    """
    service = service_of(request)
    return receive(
        bundle,
        TENANT,
        store=service.store,
        queue=service.queue,
        clock=service.clock,
        judge=service.judge,
        base=service.base,
        idempotency_key=request.headers.get("idempotency-key"),
        by_content=not single,
        message=message,
    )


def status_link(request: Request, receipt: Receipt) -> dict[str, str]:
    """The headers that say where to ask what became of it, unless it was but to read, and that it had come before."""
    page = task_page(request, receipt)
    links = {"link": f'<{page}>; rel="status"'} if page else {}
    return links | ({"idempotent-replayed": "true"} if receipt.repeated else {})


def task_page(request: Request, receipt: Receipt) -> str:
    """The address where to ask what became of a submission; "" when nothing was asked but to read."""
    return f"{service_of(request).base}/Task/{receipt.submission}" if receipt.submission else ""
