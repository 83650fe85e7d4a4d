"""The CapabilityStatement and OpenAPI claim what is there, and what is there is in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from starlette.applications import Starlette

from fhirsvc.fhir.resource_types import R4
from fhirsvc.web.fhir import OFFERS, ROOT
from fhirsvc.web.interactions import EVERY_TIME, INTERACTIONS
from fhirsvc.web.routes import add_routes, allowed
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running

Claim = tuple[str, str]
"""A resource type, "" = the system, and what is offered of it."""

ADDRESSES = {
    "read": ("GET", "/{type}/x"),
    "vread": ("GET", "/{type}/x/_history/1"),
    "update": ("PUT", "/{type}/x"),
    "delete": ("DELETE", "/{type}/x"),
    "history-instance": ("GET", "/{type}/x/_history"),
    "history-type": ("GET", "/{type}/_history"),
    "create": ("POST", "/{type}"),
    "search-type": ("GET", "/{type}"),
    "conditional-update": ("PUT", "/{type}"),
    "conditional-delete": ("DELETE", "/{type}"),
    "search by form": ("POST", "/{type}/_search"),
    "patch": ("PATCH", "/{type}/x"),
    "conditional patch": ("PATCH", "/{type}"),
}
"""Every address that R4 knows below a type, with the interaction that is done there."""

SYSTEM_ADDRESSES = {
    "transaction": ("POST", ""),
    "batch": ("POST", ""),
    "history-system": ("GET", "/_history"),
    "search-system": ("GET", ""),
    "search-system by form": ("POST", "/_search"),
}


@pytest.fixture(scope="module")
def statement(service: Running) -> dict[str, Any]:
    return service.get("metadata")


@pytest.fixture(scope="module")
def described(service: Running) -> dict[str, Any]:
    answer = service.client.get(service.base.removesuffix("/fhir") + "/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def routed() -> Starlette:
    """The routes alone, without a service behind them."""
    app = Starlette()
    add_routes(app, ROOT, OFFERS)
    return app


def claims(statement: dict[str, Any]) -> set[Claim]:
    [rest] = statement["rest"]
    of_types = {claim for each in rest["resource"] for claim in claims_of(each)}
    return of_types | {("", code["code"]) for code in rest["interaction"]}


def claims_of(resource: dict[str, Any]) -> Iterator[Claim]:
    kind = resource["type"]
    yield from ((kind, each["code"]) for each in resource["interaction"])
    if resource.get("conditionalUpdate"):
        yield kind, "conditional-update"
    if resource.get("conditionalDelete") == "single":
        yield kind, "conditional-delete"
    if (kind, "search-type") in {(kind, each["code"]) for each in resource["interaction"]}:
        yield kind, "search by form"


def is_routed(app: Starlette, method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": ROOT + path, "root_path": ""}
    return method in allowed(app.routes, scope).split(", ")


def test_the_statement_is_valid(statement: dict[str, Any]) -> None:
    assert_valid_r4(statement)
    assert statement["fhirVersion"] == "4.0.1"


def test_it_names_the_address_it_is_served_at(service: Running, statement: dict[str, Any]) -> None:
    assert statement["implementation"]["url"] == service.base


def test_for_every_type_of_fhir_exactly_what_is_claimed_is_routed(routed: Starlette, statement: dict[str, Any]) -> None:
    there = {
        (kind, code)
        for kind in R4
        for code, (method, path) in ADDRESSES.items()
        if is_routed(routed, method, path.format(type=kind))
    }
    assert there == {(kind, code) for kind, code in claims(statement) if kind}


def test_of_the_system_exactly_what_is_claimed_is_routed(routed: Starlette, statement: dict[str, Any]) -> None:
    there = {code for code, (method, path) in SYSTEM_ADDRESSES.items() if is_routed(routed, method, path)}
    assert there == {code for kind, code in claims(statement) if not kind}


def test_conditional_creates_and_reads_are_claimed_where_they_are_offered(statement: dict[str, Any]) -> None:
    flags = {"conditional-create": "conditionalCreate", "conditional-read": "conditionalRead"}
    for resource in statement["rest"][0]["resource"]:
        offered = {code for offer in OFFERS if resource["type"] in offer.types for code in offer.interactions}
        claimed = {code for code, flag in flags.items() if resource.get(flag)}
        assert claimed == offered & flags.keys()
        assert resource.get("updateCreate", False) == ("update" in offered)
        assert resource.get("readHistory", False) == ("vread" in offered)


def test_every_operation_is_claimed_with_its_definition(service: Running, statement: dict[str, Any]) -> None:
    [rest] = statement["rest"]
    claimed = {(each["type"], one["name"]) for each in rest["resource"] for one in each.get("operation", ())}
    claimed |= {("", one["name"]) for one in rest.get("operation", ())}
    offered = {
        (kind, offer.path.rpartition("$")[2]) for offer in OFFERS if "$" in offer.path for kind in offer.types or ("",)
    }
    assert claimed == offered
    every = [one for each in (rest, *rest["resource"]) for one in each.get("operation", ())]
    for operation in every:
        assert service.get(f"OperationDefinition?url={operation['definition']}")["total"] == 1


def test_every_claimed_read_answers_for_itself(service: Running, statement: dict[str, Any]) -> None:
    for kind, code in claims(statement):
        if code in {"read", "vread", "history-instance"}:
            answer = service.client.get(ADDRESSES[code][1].format(type=kind))
            assert (kind, answer.status_code, answer.json()["issue"][0]["code"]) == (kind, 404, "not-found")


def test_every_claimed_search_answers_every_claimed_parameter(service: Running, statement: dict[str, Any]) -> None:
    values = {"date": "2026-01-01", "reference": "Patient/x"}
    for resource in statement["rest"][0]["resource"]:
        for parameter in resource.get("searchParam", ()):
            query = {parameter["name"]: values.get(parameter["type"], "x")}
            answer = service.client.get(f"/{resource['type']}", params=query)
            assert (parameter["name"], answer.status_code) == (parameter["name"], 200)


def test_every_claimed_system_interaction_is_answered(service: Running, statement: dict[str, Any]) -> None:
    for kind, code in claims(statement):
        if not kind and code in {"transaction", "batch"}:
            answer = service.post({"resourceType": "Bundle", "type": code})
            assert (code, answer.status_code) == (code, 422)


def test_every_offer_says_what_its_statuses_mean() -> None:
    offered = {code for offer in OFFERS for code in offer.interactions}
    assert offered == INTERACTIONS.keys()


def test_the_description_is_valid_openapi(service: Running, described: dict[str, Any]) -> None:
    OpenAPI.model_validate(described)
    assert described["openapi"].startswith("3.1.")
    assert described["servers"][0]["url"] == service.base


def test_exactly_what_is_routed_is_described(described: dict[str, Any]) -> None:
    there = {(offer.method, offer.path or "/") for offer in OFFERS}
    told = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert told == there


def test_each_route_is_described_with_its_statuses_and_its_bodies(described: dict[str, Any]) -> None:
    for method, path in {(offer.method, offer.path) for offer in OFFERS}:
        told = described["paths"][path or "/"][method.lower()]
        there = [offer for offer in OFFERS if (offer.method, offer.path) == (method, path)]
        served = [INTERACTIONS[code] for offer in there for code in offer.interactions]
        statuses = {str(status) for each in (*(one.statuses for one in served), EVERY_TIME) for status in each}
        assert told["responses"].keys() == statuses
        assert ("requestBody" in told) == (method in {"POST", "PUT"})
        assert "content" in told["responses"]["500"]
        assert not any(each.gives for each in served) or "content" in told["responses"]["200"]
        named = {each["name"]: each["schema"] for each in told["parameters"] if each["in"] == "path"}
        assert named.keys() == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        types = [kind for offer in there for kind in offer.types]
        assert named.get("type", {"enum": types})["enum"] == types


def test_every_schema_that_is_referred_to_is_there(described: dict[str, Any]) -> None:
    referred = set(references(described["paths"]))
    assert referred
    assert referred <= {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for key, each in value.items() if key == "$ref")
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
