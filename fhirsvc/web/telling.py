"""Histories over HTTP: of a resource, of a type, of everything; page after page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import NotFound
from fhirsvc.fhir.history import Change, Past, Place, bundle, link, past
from fhirsvc.fhir.resource_types import KEPT
from fhirsvc.fhir.search.query import PAGE
from fhirsvc.settings import TENANT
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import History, Version
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import fhir_json, must_answer_in_json, service_of

_KEPT = tuple(sorted(KEPT))


async def get_history(request: Request) -> Response:
    """A page of the history that the address names."""
    must_answer_in_json(request)
    asked = past(request.query_params.multi_items(), **request.path_params)
    told = await run_in_threadpool(partial(read.history, TENANT, asked, store=service_of(request).store))
    if told is None:
        raise NotFound
    base = service_of(request).base
    changes = [_change(base, each) for each in told.versions]
    links = dict(_links(f"{service_of(request).base}{_below(request)}", request.url.query, asked, told))
    return fhir_json(bundle(changes, total=told.total, links=links))


HISTORIES = (
    Offer("GET", "/{type}/{id}/_history", get_history, ("history-instance",), _KEPT),
    Offer("GET", "/{type}/_history", get_history, ("history-type",), _KEPT),
    Offer("GET", "/_history", get_history, ("history-system",)),
)


def _below(request: Request) -> str:
    """The path below the base, which may be served under another address than it is reached by."""
    named = request.path_params
    return "".join(f"/{named[each]}" for each in ("type", "id") if each in named) + "/_history"


def _change(base: str, version: Version) -> Change:
    return Change(
        address=f"{base}/{version.reference}",
        type=version.type,
        id=version.id,
        version=version.version,
        received=version.received,
        body=version.body,
    )


def _links(address: str, query: str, asked: Past, told: History) -> Iterator[tuple[str, str]]:
    yield "self", f"{address}?{query}" if query else address
    if told.more and told.versions:
        last = told.versions[-1]
        after = Place(last.received, last.type, last.id, last.version)
        yield "next", f"{address}?{PAGE}={link(asked, after, told.total)}"
