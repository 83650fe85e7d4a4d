"""Searches over HTTP: by an address or by a form, page after page."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.search import PARAMETERS, ask
from fhirsvc.settings import TENANT
from fhirsvc.usecases.search import search
from fhirsvc.usecases.searchset import drawn
from fhirsvc.web import refusals
from fhirsvc.web.body import read_body
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import fhir_json, service_of
from fhirsvc.web.negotiation import is_form, writes
from fhirsvc.web.prefer import LENIENT, preferences

MOST_PARAMETERS = 200
"""Parameters of one query."""

Query = list[tuple[str, str]]

_UNREADABLE = Issue(Severity.ERROR, IssueCode.STRUCTURE, "The form cannot be read, or holds too many parameters.")


async def search_by_address(kind: str, request: Request) -> Response:
    """A page of what matches the query of the address."""
    return await _answer(kind, request, list(request.query_params.multi_items()))


async def search_by_form(kind: str, request: Request) -> Response:
    """A page of what matches the query of the address and that of the form in the body together."""
    return await _answer(kind, request, await query_with_form(request))


async def query_with_form(request: Request) -> Query:
    """The query of the address and that of the form in the body; raises Refused or NotNegotiable when it is no form."""
    if not is_form(request.headers.get("content-type")):
        raise refusals.NotNegotiable(415, refusals.NO_FORM)
    form = _form(await read_body(request))
    return [*request.query_params.multi_items(), *form]


SEARCHES = tuple(
    offer
    for kind in PARAMETERS
    for offer in (
        Offer("GET", f"/{kind}", partial(search_by_address, kind), ("search-type",), (kind,)),
        Offer("POST", f"/{kind}/_search", partial(search_by_form, kind), ("search-type",), (kind,)),
    )
)


def _form(body: bytes) -> Query:
    try:
        return parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError:
        raise Refused(Refusal.UNPARSEABLE, [_UNREADABLE]) from None


async def _answer(kind: str, request: Request, query: Query) -> Response:
    formats = [value for name, value in query if name == "_format"]
    if not writes(request.headers.get("accept"), formats[-1] if formats else None):
        raise refusals.NotNegotiable(406, refusals.NOT_WRITTEN)
    if len(query) > MOST_PARAMETERS:
        raise Refused(Refusal.INVALID, [_UNREADABLE])
    service = service_of(request)
    lenient = LENIENT in preferences(request)
    asked = ask(kind, query, now=service.clock.now(), base=service.base, lenient=lenient)
    found = await run_in_threadpool(search, TENANT, asked, store=service.store)
    body = await run_in_threadpool(drawn, asked, found, service.base)
    return fhir_json(body)
