"""The FHIR interface: Bundles in; resources, submissions and searches out."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import format_datetime
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from fhirsvc.bootstrap import Service
from fhirsvc.domain.errors import NotFound
from fhirsvc.fhir import bundles, search
from fhirsvc.fhir.resource_types import ACCEPTED
from fhirsvc.fhir.task import task
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Page, Version
from fhirsvc.usecases.receive import receive
from fhirsvc.web import refusals
from fhirsvc.web.body import read_body
from fhirsvc.web.capability import Offer, statement
from fhirsvc.web.negotiation import FHIR_JSON, reads, writes
from fhirsvc.web.receipts import receipt_of, replies_of
from fhirsvc.web.shield import Shield

Found = TypeVar("Found")

TENANT = "default"
"""The one sending EHR, until tokens say which."""

ROOT = "/fhir"
WRITTEN = frozenset({"ClinicalImpression", "Flag", "Provenance", "ServiceRequest"})
VERSION_ID = re.compile("[1-9][0-9]{0,8}")
KEPT = tuple(sorted(ACCEPTED | WRITTEN))


def application(service: Service) -> ASGIApp:
    """The whole interface as one ASGI application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.service = service
    for offer in OFFERS:
        app.add_api_route(ROOT + offer.path, offer.endpoint, methods=[offer.method])
    refusals.answer_faults(app)
    return Shield(app)


async def post_bundle(request: Request) -> Response:
    """Take one Bundle; the answer follows the commit, whether or not a worker runs."""
    _must_answer_in_json(request)
    if not reads(request.headers.get("content-type")):
        raise refusals.NotNegotiable(415, refusals.NOT_READ)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise refusals.NotNegotiable(415, refusals.NOT_DECODED)
    service, body = _service(request), await read_body(request)
    receipt = await run_in_threadpool(
        receive, body, TENANT, store=service.store, queue=service.queue, clock=service.clock, base=service.base
    )
    status_page = f"{service.base}/Task/{receipt.submission}"
    answer = bundles.response(receipt.type, replies_of(receipt), links={"status": status_page})
    return _json(answer, {"link": f'<{status_page}>; rel="status"'})


async def get_metadata(request: Request) -> Response:
    """The CapabilityStatement."""
    _must_answer_in_json(request)
    return _json(orjson.dumps(statement(OFFERS, _service(request).base)))


async def get_task(request: Request) -> Response:
    """How far a submission has come and what was answered, as a Task."""
    progress = await _asked(request, read.submission, request.path_params["id"])
    return _json(orjson.dumps(task(receipt_of(progress))))


async def get_current(request: Request) -> Response:
    """The newest version of one resource."""
    return _version(await _asked(request, read.current, *_address(request)))


async def get_version(request: Request) -> Response:
    """One version of one resource."""
    wanted = request.path_params["version"]
    if not VERSION_ID.fullmatch(wanted):
        raise NotFound
    return _version(await _asked(request, read.version, *_address(request), int(wanted)))


async def search_type(kind: str, request: Request) -> Response:
    """A page of what matches, with a link to itself and, where there is more, to the next."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "_format"]
    criteria = search.criteria(kind, query)
    page = await _asked(request, read.search, criteria)
    base = _service(request).base
    matches = [bundles.Match(f"{base}/{each.reference}", each.body) for each in page.versions]
    return _json(bundles.searchset(matches, total=page.total, links=_links(f"{base}/{kind}", query, page)))


OFFERS = (
    Offer("POST", "", post_bundle, ("transaction", "batch")),
    Offer("GET", "/metadata", get_metadata, ("capabilities",)),
    Offer("GET", "/Task/{id}", get_task, ("read",), ("Task",)),
    *(Offer("GET", f"/{kind}", partial(search_type, kind), ("search-type",), (kind,)) for kind in search.PARAMETERS),
    Offer("GET", "/{type}/{id}", get_current, ("read",), KEPT),
    Offer("GET", "/{type}/{id}/_history/{version}", get_version, ("vread",), KEPT),
)


async def _asked(request: Request, verb: Callable[..., Found | None], *about: object) -> Found:
    """What a reading use case finds, or NotFound; the store is asked in a thread."""
    _must_answer_in_json(request)
    found = await run_in_threadpool(partial(verb, TENANT, *about, store=_service(request).store))
    if found is None:
        raise NotFound
    return found


def _must_answer_in_json(request: Request) -> None:
    if not writes(request.headers.get("accept"), request.query_params.get("_format")):
        raise refusals.NotNegotiable(406, refusals.NOT_WRITTEN)


def _address(request: Request) -> tuple[str, str]:
    kind = request.path_params["type"]
    if kind not in KEPT:
        raise NotFound
    return kind, request.path_params["id"]


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _version(version: Version) -> Response:
    headers = {
        "etag": bundles.etag(version.version),
        "last-modified": format_datetime(version.received.replace(microsecond=0), usegmt=True),
    }
    return _json(version.body, headers)


def _links(address: str, query: list[tuple[str, str]], page: Page) -> dict[str, str]:
    links = {"self": _with_query(address, query)}
    if page.token:
        rest = [(name, value) for name, value in query if name != "_page"]
        links["next"] = _with_query(address, [*rest, ("_page", page.token)])
    return links


def _with_query(address: str, query: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _json(body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, headers=headers, media_type=FHIR_JSON)
