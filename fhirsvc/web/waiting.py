"""Answers that are fetched later (`Prefer: respond-async`): where they will be, how far they are, and giving them up.

The shapes are those of R5 (http://hl7.org/fhir/R5/async-bundle.html), for R4 has none but that of bulk data.
"""

from __future__ import annotations

from functools import partial

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import Issue, IssueCode, NotFound, Severity
from fhirsvc.fhir import bundles
from fhirsvc.settings import TENANT
from fhirsvc.usecases.later import Awaited, awaited, give_up
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import fhir_json, must_answer_in_json, service_of
from fhirsvc.web.posting import POLL_SECONDS, answer_of, status_link

_FAILED = Issue(
    Severity.ERROR,
    IssueCode.EXCEPTION,
    "Everything is kept as the answer says, but not every patient could be judged; the submission's Task says more.",
)


async def get_answer(request: Request) -> Response:
    """The answer to a submission once every patient in it is judged."""
    must_answer_in_json(request)
    id_, store = request.path_params["id"], service_of(request).store
    found = await run_in_threadpool(partial(awaited, TENANT, id_, store=store))
    if found is None:
        raise NotFound
    if found.receipt is None:
        return Response(status_code=202, headers=_progress(found))
    answer = bundles.later(answer_of(request, found.receipt), [_FAILED] if found.failed else [])
    return fhir_json(answer, status_link(request, found.receipt))


async def give_answer_up(request: Request) -> Response:
    """Fetch the answer no more; what was sent stays kept, and is judged."""
    must_answer_in_json(request)
    id_, store = request.path_params["id"], service_of(request).store
    if not await run_in_threadpool(partial(give_up, TENANT, id_, store=store)):
        raise NotFound
    return Response(status_code=202)


WAITING = (
    Offer("GET", "/async/{id}", get_answer, ("async-status",)),
    Offer("DELETE", "/async/{id}", give_answer_up, ("async-cancel",)),
)


def _progress(found: Awaited) -> dict[str, str]:
    return {"retry-after": str(POLL_SECONDS), "x-progress": f"{found.judged} of {found.patients} patients judged"}
