"""What is published, over HTTP: read, read a version, search; nothing of it is written from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from urllib.parse import urlencode

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import Issue, IssueCode, NotFound, Severity
from fhirsvc.fhir.canonical import OFFSET, Canonical, Wanted, named, wanted
from fhirsvc.fhir.resource_types import PUBLISHED
from fhirsvc.fhir.search.answer import Hit, searchset
from fhirsvc.fhir.search.subset import subset
from fhirsvc.settings import TENANT
from fhirsvc.usecases import publish
from fhirsvc.web import refusals
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import fhir_json, must_answer_in_json, service_of
from fhirsvc.web.negotiation import writes
from fhirsvc.web.prefer import LENIENT, preferences
from fhirsvc.web.searching import query_with_form


async def get_current(request: Request) -> Response:
    """A published resource in its current version."""
    at = request.path_params
    return await _asked(request, publish.current, at["type"], at["id"])


async def get_version(request: Request) -> Response:
    """One version of a published resource."""
    at = request.path_params
    return await _asked(request, publish.version, at["type"], at["id"], at["version"])


async def search_by_address(request: Request) -> Response:
    """A page of what matches the query of the address."""
    return await _found(request, list(request.query_params.multi_items()))


async def search_by_form(request: Request) -> Response:
    """A page of what matches the query of the address and that of the form in the body together."""
    return await _found(request, await query_with_form(request))


CANONICALS = (
    Offer("GET", "/{type}", search_by_address, ("search-type",), PUBLISHED),
    Offer("POST", "/{type}/_search", search_by_form, ("search-type",), PUBLISHED),
    Offer("GET", "/{type}/{id}", get_current, ("read",), PUBLISHED),
    Offer("GET", "/{type}/{id}/_history/{version}", get_version, ("vread",), PUBLISHED),
)


async def _asked(request: Request, verb: Callable[..., Canonical | None], *about: str) -> Response:
    """What a verb finds, or NotFound; a sender's map is read from a file, so in a thread."""
    must_answer_in_json(request)
    found = await run_in_threadpool(partial(verb, TENANT, *about, catalogue=service_of(request).catalogue))
    if found is None:
        raise NotFound
    return fhir_json(found.body, {"etag": f'W/"{found.version_id}"'})


async def _found(request: Request, query: Sequence[tuple[str, str]]) -> Response:
    formats = [value for name, value in query if name == "_format"]
    if not writes(request.headers.get("accept"), formats[-1] if formats else None):
        raise refusals.NotNegotiable(406, refusals.NOT_WRITTEN)
    asked = wanted(query, lenient=LENIENT in preferences(request))
    service, kind = service_of(request), request.path_params["type"]
    every = await run_in_threadpool(partial(publish.find, TENANT, kind, asked, catalogue=service.catalogue))
    return fhir_json(_page(every, asked, f"{service.base}/{kind}"))


def _page(every: Sequence[Canonical], asked: Wanted, address: str) -> bytes:
    page = every[asked.offset : asked.offset + asked.count]
    more = asked.count > 0 and len(every) > asked.offset + len(page)
    hits = [Hit(f"{address}/{each.id}", subset(each.body, asked.summary, asked.elements)) for each in page]
    links = dict(_links(address, asked, more=more))
    return searchset(hits, total=len(every), links=links, issues=map(_passed_over, asked.ignored))


def _links(address: str, asked: Wanted, *, more: bool) -> Iterator[tuple[str, str]]:
    """The address of this page, and of the next one where there is one."""

    def page(offset: int) -> str:
        moved = [pair for pair in asked.used if pair[0] != OFFSET]
        query = urlencode([*moved, (OFFSET, str(offset))] if offset else moved)
        return f"{address}?{query}" if query else address

    yield "self", page(asked.offset)
    if more:
        yield "next", page(asked.offset + asked.count)


def _passed_over(name: str) -> Issue:
    """Of a name nothing is repeated that might be a value in the wrong place."""
    return Issue(Severity.WARNING, IssueCode.NOT_SUPPORTED, "A parameter was passed over.", named(name))
