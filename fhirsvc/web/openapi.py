"""What is offered, as OpenAPI describes it: every route with what it takes and what it answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import orjson
from fastapi import Request, Response

from fhirsvc.fhir.resource_types import R4
from fhirsvc.fhir.search.parameters import PARAMETERS, parameters
from fhirsvc.fhir.search.query import RESULTS
from fhirsvc.web.capability import DESCRIPTION, Offer
from fhirsvc.web.exchange import service_of
from fhirsvc.web.interactions import EVERY_TIME, FORM, INTERACTIONS, RESOURCE, Interaction

ADDRESS = "/openapi.json"
"""Beside the FHIR base and not below it, for it is no part of FHIR."""

_FHIR = "application/fhir+json"
_FORM = "application/x-www-form-urlencoded"
_ID = {"type": "string", "pattern": r"^[A-Za-z0-9\-.]{1,64}$"}
_WITH_A_BODY = ("POST", "PUT")
_SUCCESS = 300


def endpoint(offers: Iterable[Offer]) -> Callable[[Request], Any]:
    """What serves the description of these offers."""
    offered = tuple(offers)

    async def get_description(request: Request) -> Response:
        """This description."""
        return Response(orjson.dumps(describe(offered, service_of(request).base)), media_type="application/json")

    return get_description


def describe(offers: Iterable[Offer], base: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document; its paths are those below the base."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for offer in _by_address(offers):
        paths[offer.path or "/"][offer.method.lower()] = _operation(offer)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fhirsvc", "version": version("fhirsvc"), "description": DESCRIPTION},
        "servers": [{"url": base, "description": "The FHIR base. Every GET is offered as HEAD too."}],
        "paths": paths,
        "components": {"schemas": {kind: _schema(kind) for kind in sorted(R4)}},
    }


def _by_address(offers: Iterable[Offer]) -> Iterable[Offer]:
    """Offers of one method and path as one of all their types: OpenAPI tells addresses apart by nothing else."""
    found: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        other = found.get((offer.method, offer.path), replace(offer, interactions=(), types=()))
        interactions = tuple(dict.fromkeys((*other.interactions, *offer.interactions)))
        merged = replace(other, interactions=interactions, types=(*other.types, *offer.types))
        found[offer.method, offer.path] = merged
    return found.values()


def _schema(kind: str) -> dict[str, Any]:
    """A resource by its type alone: what else it holds is FHIR's to say."""
    return {
        "type": "object",
        "description": f"{kind} of FHIR R4 (4.0.1).",
        "externalDocs": {"url": f"http://hl7.org/fhir/R4/{kind.lower()}.html"},
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": kind}},
    }


def _operation(offer: Offer) -> dict[str, Any]:
    served = [INTERACTIONS[code] for code in offer.interactions]
    body = _request_body(offer, served[0]) if offer.method in _WITH_A_BODY else None
    return {
        "summary": ", or ".join(each.title for each in served),
        "parameters": [*_of_path(offer), *_of_query(offer, served), *_of_headers(served)],
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": {str(status): _response(offer, status, text, served) for status, text in _statuses(served)},
    }


def _statuses(served: Iterable[Interaction]) -> Iterator[tuple[int, str]]:
    """Every status once, with what it means to each of these interactions."""
    means: dict[int, dict[str, None]] = defaultdict(dict)
    for statuses in (*(each.statuses for each in served), EVERY_TIME):
        for status, text in statuses.items():
            means[status][text] = None
    return ((status, " Or: ".join(means[status])) for status in sorted(means))


def _request_body(offer: Offer, interaction: Interaction) -> Mapping[str, Any] | None:
    if interaction.sends == FORM:
        names = [each["name"] for each in _of_query(offer, [interaction])]
        return {_FORM: {"schema": {"type": "object", "properties": {name: {"type": "string"} for name in names}}}}
    return _content(_types(offer, interaction.sends))


def _response(offer: Offer, status: int, text: str, served: Iterable[Interaction]) -> dict[str, Any]:
    gives = next((each.gives for each in served if status in each.statuses), "")
    if status >= _SUCCESS:
        gives = "" if status == 304 else "OperationOutcome"  # noqa: PLR2004 - HTTP's Not Modified
    content = _content(_types(offer, gives)) if status not in {202, 204} or gives == "OperationOutcome" else None
    return {"description": text, **({"content": content} if content else {})}


def _types(offer: Offer, named: str) -> tuple[str, ...]:
    return offer.types if named == RESOURCE else (named,) if named else ()


def _content(types: tuple[str, ...]) -> Mapping[str, Any] | None:
    if not types:
        return None
    refs = [{"$ref": f"#/components/schemas/{kind}"} for kind in types]
    return {_FHIR: {"schema": {"oneOf": refs} if len(refs) > 1 else refs[0]}}


def _of_path(offer: Offer) -> Iterator[dict[str, Any]]:
    schemas = {"type": {"enum": list(offer.types)}, "id": _ID, "version": _ID}
    for name, schema in schemas.items():
        if f"{{{name}}}" in offer.path:
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _of_query(offer: Offer, served: Iterable[Interaction]) -> Iterator[dict[str, Any]]:
    names = [name for each in served for name in each.queries]
    if "search-type" in offer.interactions:
        names += [name for kind in offer.types if kind in PARAMETERS for name in parameters(kind)] + list(RESULTS)
    for name in dict.fromkeys(names):
        yield {"name": name, "in": "query", "schema": {"type": "string"}}


def _of_headers(served: Iterable[Interaction]) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys(name for each in served for name in each.headers):
        yield {"name": name, "in": "header", "schema": {"type": "string"}}
