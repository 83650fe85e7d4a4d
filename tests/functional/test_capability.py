"""The CapabilityStatement claims what works, and what works is in it."""

from __future__ import annotations

from typing import Any

import pytest

from fhirsvc.web.fhir import OFFERS
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running


@pytest.fixture(scope="module")
def statement(service: Running) -> dict[str, Any]:
    return service.get("metadata")


def claims(statement: dict[str, Any]) -> set[tuple[str, str]]:
    [rest] = statement["rest"]
    of_types = {(each["type"], code["code"]) for each in rest["resource"] for code in each["interaction"]}
    return of_types | {("", code["code"]) for code in rest["interaction"]}


def test_the_statement_is_valid(statement: dict[str, Any]) -> None:
    assert_valid_r4(statement)
    assert statement["fhirVersion"] == "4.0.1"


def test_it_names_the_address_it_is_served_at(service: Running, statement: dict[str, Any]) -> None:
    assert statement["implementation"]["url"] == service.base


def test_every_route_is_claimed(statement: dict[str, Any]) -> None:
    offered = {
        (kind, code)
        for offer in OFFERS
        for kind in offer.types or ("",)
        for code in offer.interactions
        if code != "capabilities"
    }
    assert claims(statement) == offered


def test_every_claimed_read_is_routed(service: Running, statement: dict[str, Any]) -> None:
    for kind, code in claims(statement):
        if code in {"read", "vread"}:
            answer = service.client.get(f"/{kind}/x" if code == "read" else f"/{kind}/x/_history/1")
            assert (kind, answer.status_code) == (kind, 404)
            assert answer.json()["issue"][0]["code"] == "not-found"


def test_every_claimed_search_answers_every_claimed_parameter(service: Running, statement: dict[str, Any]) -> None:
    values = {"date": "2026-01-01", "reference": "Patient/x", "token": "x"}
    for resource in statement["rest"][0]["resource"]:
        for parameter in resource.get("searchParam", ()):
            query = {parameter["name"]: values[parameter["type"]]}
            answer = service.client.get(f"/{resource['type']}", params=query)
            assert (parameter["name"], answer.status_code) == (parameter["name"], 200)


def test_every_claimed_system_interaction_is_answered(service: Running, statement: dict[str, Any]) -> None:
    for kind, code in claims(statement):
        if not kind:
            answer = service.post({"resourceType": "Bundle", "type": code})
            assert (code, answer.status_code) == (code, 422)


def test_a_type_that_is_not_claimed_is_not_here(service: Running, statement: dict[str, Any]) -> None:
    assert "Account" not in {kind for kind, _ in claims(statement)}
    assert service.client.get("/Account/x").status_code == 404
    assert service.client.get("/Patient?name=x").status_code == 404
