"""Routes from offers: an address that names a type or an id is one only for types that are offered and real ids."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from fhirsvc.web.capability import Offer


class _Id(StringConvertor):
    regex = r"[A-Za-z0-9\-.]{1,64}"


register_url_convertor("id", _Id())


def add_routes(app: Starlette, root: str, offers: Iterable[Offer]) -> None:
    """Route every offer below `root`; a GET is a HEAD too, and the base itself is the same with a slash at its end."""
    for offer in offers:
        for pattern in (_pattern(offer),) if offer.path else ("", "/"):
            route = _Told(root + pattern, offer.endpoint, methods=[offer.method])
            route.path = root + offer.path
            app.router.routes.append(route)


class _Told(Route):
    """A route that a request's scope names, for the log; its path is that of the offer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is Match.FULL else found


def allowed(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """The methods that an address offers, as the header Allow says them."""
    matching = (each for each in routes if isinstance(each, Route) and each.matches(scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for each in matching for method in each.methods or ()}))


def _pattern(offer: Offer) -> str:
    path = offer.path.replace("{id}", "{id:id}").replace("{version}", "{version:id}")
    return path.replace("{type}", f"{{type:{_one_of(offer.types)}}}") if "{type}" in path else path


def _one_of(types: tuple[str, ...]) -> str:
    """The name of the convertor that takes these types and no other."""
    name = "_or_".join(types)
    register_url_convertor(name, type(name, (StringConvertor,), {"regex": "|".join(types)})())
    return name
