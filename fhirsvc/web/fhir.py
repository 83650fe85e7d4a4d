"""The FHIR interface: everything that is offered, and the application that offers it."""

from __future__ import annotations

import orjson
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from fhirsvc.bootstrap import Service
from fhirsvc.web import openapi, refusals
from fhirsvc.web.canonicals import CANONICALS
from fhirsvc.web.capability import Offer, statement
from fhirsvc.web.exchange import fhir_json, must_answer_in_json, service_of
from fhirsvc.web.operations import OPERATIONS
from fhirsvc.web.posting import POSTS
from fhirsvc.web.reading import READS
from fhirsvc.web.respond import RESPONSES
from fhirsvc.web.routes import add_routes
from fhirsvc.web.searching import SEARCHES
from fhirsvc.web.shield import Shield
from fhirsvc.web.telling import HISTORIES
from fhirsvc.web.waiting import WAITING
from fhirsvc.web.writing import WRITES

ROOT = "/fhir"


def application(service: Service) -> ASGIApp:
    """The whole interface as one ASGI application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.service = service
    app.state.types = frozenset(kind for offer in OFFERS for kind in offer.types)
    add_routes(app, ROOT, OFFERS)
    app.add_route(openapi.ADDRESS, openapi.endpoint(OFFERS))
    refusals.answer_faults(app)
    return Shield(app)


async def get_metadata(request: Request) -> Response:
    """The CapabilityStatement."""
    must_answer_in_json(request)
    return fhir_json(orjson.dumps(statement(OFFERS, service_of(request).base)))


OFFERS = (
    *READS,  # first, for they are asked most and routes are tried in order
    *POSTS,
    *WAITING,
    *WRITES,
    *HISTORIES,
    *SEARCHES,
    *CANONICALS,
    *RESPONSES,
    *OPERATIONS,
    Offer("GET", "/metadata", get_metadata, ("capabilities",)),
)
"""Whatever stands here is routed, claimed by the CapabilityStatement and described by /openapi.json."""
