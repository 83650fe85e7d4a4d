"""Every answer that a test gets has a status that web.interactions, and so docs/fhir.md, tells of its interaction."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.routing import Match, Route

from fhirsvc.web.capability import Offer
from fhirsvc.web.fhir import OFFERS, ROOT
from fhirsvc.web.interactions import EVERY_TIME, INTERACTIONS
from fhirsvc.web.routes import add_routes

UNROUTED = {404, 405}
"""What an address that nothing is offered at answers."""


@cache
def _routes() -> tuple[tuple[Route, frozenset[int]], ...]:
    """Each route, with all statuses that are told of it."""
    return tuple(
        (route, frozenset(status for code in offer.interactions for status in INTERACTIONS[code].statuses))
        for offer in OFFERS
        for route in _routes_of(offer)
    )


def _routes_of(offer: Offer) -> list[Route]:
    app = Starlette()
    add_routes(app, ROOT, [offer])
    return [each for each in app.routes if isinstance(each, Route)]


def statuses(method: str, path: str) -> frozenset[int]:
    """All statuses that are told of a request."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    matching = [told for route, told in _routes() if route.matches(scope)[0] is Match.FULL]
    return frozenset(EVERY_TIME).union(matching[0] if matching else UNROUTED)


def must_be_told(response: httpx.Response) -> None:
    """Fail when a service answers below its base with a status that is not told."""
    request, path = response.request, urlsplit(str(response.request.url)).path
    if path == ROOT or path.startswith(f"{ROOT}/"):
        told = statuses(request.method, path)
        assert response.status_code in told, (
            f"{request.method} {path}: {response.status_code} is not one of {sorted(told)}"
        )
