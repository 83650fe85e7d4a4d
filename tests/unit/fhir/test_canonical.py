"""Canonical resources are found by what names them, exactly, and a query that cannot be read says so."""

from __future__ import annotations

import orjson
import pytest

from fhirsvc.domain.errors import Refused
from fhirsvc.fhir.canonical import Canonical, canonical, matching, wanted

BASE = "https://x.example/fhir/ValueSet"


def made(id_: str, version: str = "1.0.0", **more: str) -> Canonical:
    said = {"resourceType": "ValueSet", "id": id_, "url": f"{BASE}/{id_}", "version": version, "status": "active"}
    return canonical({**said, "name": id_.capitalize(), "title": f"The {id_}", **more})


SHELF = (made("reflex"), made("reflex", "2.0.0", status="draft"), made("reflexes"), made("power"))


def found(*query: tuple[str, str]) -> list[str]:
    return [f"{each.id} {each.version}" for each in matching(wanted(query), SHELF)]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ([("url", f"{BASE}/reflex")], ["reflex 1.0.0", "reflex 2.0.0"]),
        ([("url", f"{BASE}/reflex|2.0.0")], ["reflex 2.0.0"]),
        ([("url", f"{BASE}/reflex|")], []),
        ([("url", f"{BASE}/refle")], []),
        ([("url", f"{BASE}/reflex,{BASE}/power"), ("version", "1.0.0")], ["reflex 1.0.0", "power 1.0.0"]),
        ([("version", "|2.0.0")], ["reflex 2.0.0"]),
        ([("name", "REFLEXE")], ["reflexes 1.0.0"]),
        ([("name", "eflex")], []),
        ([("title", "the p")], ["power 1.0.0"]),
        ([("status", "draft")], ["reflex 2.0.0"]),
        ([("status", "http://hl7.org/fhir/publication-status|draft")], ["reflex 2.0.0"]),
        ([("_id", "power,reflexes")], ["reflexes 1.0.0", "power 1.0.0"]),
        ([], ["reflex 1.0.0", "reflex 2.0.0", "reflexes 1.0.0", "power 1.0.0"]),
    ],
)
def test_a_parameter_finds_what_it_names_and_nothing_else(query: list[tuple[str, str]], ids: list[str]) -> None:
    assert found(*query) == ids


@pytest.mark.parametrize(
    "query", [("_count", "-1"), ("_count", "x"), ("url", ""), ("url", ","), ("_summary", "x"), ("_elements", "")]
)
def test_a_value_that_cannot_be_read_refuses_the_search(query: tuple[str, str]) -> None:
    with pytest.raises(Refused):
        wanted([query])


def test_no_value_of_a_query_is_repeated_in_its_refusal() -> None:
    with pytest.raises(Refused) as refused:
        wanted([("Jane Zyxwvut", "x"), ("_count", "Zyxwvut"), ("name:exact", "Zyxwvut")])
    assert len(refused.value.issues) == 3
    assert "Zyxwvut" not in str(refused.value.issues)


def test_the_version_here_is_the_business_version_where_it_can_be() -> None:
    assert made("reflex").version_id == "1.0.0"
    assert orjson.loads(made("reflex").body)["meta"] == {"versionId": "1.0.0"}
    odd, other = made("reflex", "of 2026"), made("reflex", "of 2027")
    assert odd.version == "of 2026"
    assert len({odd.version_id, other.version_id, made("reflex", "of 2026").version_id}) == 2


def test_a_page_is_never_larger_than_allowed() -> None:
    assert wanted([("_count", "5000")]).count == 100
    assert wanted([("_count", "7")]).count == 7
    assert wanted([("_summary", "count"), ("_count", "7")]).count == 0
