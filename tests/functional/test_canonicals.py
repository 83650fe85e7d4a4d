"""What the answers refer to can be read and found here: protocol versions, codes, extensions, operations, maps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import FHIR_JSON, Running

CANONICAL = "https://fhirsvc.example/fhir"
TYPES = ("CodeSystem", "ConceptMap", "OperationDefinition", "PlanDefinition", "StructureDefinition", "ValueSet")


def found(service: Running, query: str) -> list[dict[str, Any]]:
    """The resources of a valid searchset."""
    page = service.get(query)
    assert_valid_r4(page)
    return [entry["resource"] for entry in page.get("entry", ())]


def test_the_protocol_of_an_impression_is_found_by_its_canonical(service: Running) -> None:
    url = f"{CANONICAL}/PlanDefinition/heel-pain-origin"
    for query in (
        f"url={url}|1.0.0",
        f"url={url}&version=1.0.0",
        "name=heelpain",
        "title=Heel pain of",
        "_id=heel-pain-origin",
    ):
        [plan] = found(service, f"PlanDefinition?{query}")
        assert (plan["url"], plan["version"], plan["status"]) == (url, "1.0.0", "draft")
    assert found(service, f"PlanDefinition?url={url}|0.9.0") == []


def test_the_protocol_is_read_as_it_judges_and_version_by_version(service: Running) -> None:
    current = service.client.get("/PlanDefinition/heel-pain-origin")
    assert current.headers["etag"] == 'W/"1.0.0"'
    assert_valid_r4(current.json())
    assert service.get("PlanDefinition/heel-pain-origin/_history/1.0.0") == current.json()
    assert service.client.get("/PlanDefinition/heel-pain-origin/_history/1").status_code == 404
    assert service.client.get("/PlanDefinition/another").status_code == 404


@pytest.mark.parametrize("kind", TYPES)
def test_whatever_is_found_is_valid_and_read_under_its_id(service: Running, kind: str) -> None:
    for resource in found(service, f"{kind}?_count=10"):
        again = service.get(f"{kind}/{resource['id']}")
        assert again == resource
        assert_valid_r4(again)
        assert again["url"] == f"{CANONICAL}/{kind}/{again['id']}"


def test_every_code_system_and_extension_an_impression_uses_is_here(service: Running) -> None:
    assert {each["id"] for each in found(service, "CodeSystem")} >= {"concept", "fate", "outcome", "rule", "tag"}
    assert {each["id"] for each in found(service, "StructureDefinition")} >= {"limb-side", "rule"}
    [outcome] = found(service, f"CodeSystem?url={CANONICAL}/CodeSystem/outcome")
    assert "not-indicated" in {each["code"] for each in outcome["concept"]}


def test_pages_together_hold_every_value_set_once(service: Running) -> None:
    address, seen = f"{service.base}/ValueSet?_count=7&status=active", []
    while address:
        page = service.get(address)
        assert len(page["entry"]) <= 7
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        address = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    counted = service.get("ValueSet?_summary=count")
    assert (counted["total"], "entry" in counted) == (len(set(seen)), False)
    assert len(seen) == len(set(seen)) > 7


def test_no_more_is_shown_than_is_asked_for(service: Running) -> None:
    [summary] = found(service, "PlanDefinition?_summary=true")
    assert {"url", "version", "title", "status"} <= set(summary)
    assert "action" not in summary
    assert "SUBSETTED" in {each["code"] for each in summary["meta"]["tag"]}
    [part] = found(service, "ValueSet?_id=achilles-pain&_elements=url,compose")
    assert set(part) == {"resourceType", "id", "meta", "url", "status", "compose"}


def test_a_form_searches_as_an_address_does(service: Running) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = service.client.post("/ValueSet/_search", content="name=Achilles&_count=100", headers=form)
    assert answer.status_code == 200
    assert {entry["resource"]["id"] for entry in answer.json()["entry"]} >= {"achilles-pain", "achilles-reflex"}


def test_an_unknown_parameter_refuses_a_search_unless_it_may_be_passed_over(service: Running) -> None:
    refused = service.client.get("/ValueSet?colour=red")
    assert (refused.status_code, refused.json()["issue"][0]["expression"]) == (400, ["colour"])
    taken = service.client.get("/ValueSet?colour=red&name=Achilles", headers={"prefer": "handling=lenient"})
    assert_valid_r4(taken.json())
    assert taken.json()["entry"][-1]["search"]["mode"] == "outcome"
    assert "colour" not in taken.json()["link"][0]["url"]
    for query in ("_count=many", "_summary=most", "url="):
        assert service.client.get(f"/ValueSet?{query}").status_code == 400


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_that_is_published_is_written_from_outside(service: Running, kind: str) -> None:
    before = service.get(f"{kind}?_summary=count")["total"]
    resource = {"resourceType": kind, "id": "x", "status": "active"}
    for method, address in (("POST", kind), ("PUT", f"{kind}/x"), ("DELETE", f"{kind}/x"), ("PATCH", f"{kind}/x")):
        answer = service.client.request(method, f"/{address}", json=resource, headers=FHIR_JSON)
        assert (method, answer.status_code) == (method, 405)
        assert_valid_r4(answer.json())
    entry = {"resource": resource, "request": {"method": "PUT", "url": f"{kind}/x"}}
    answer = service.post({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert answer.status_code == 422
    assert service.get(f"{kind}?_summary=count")["total"] == before


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[Running]:
    """A service whose sender has a ConceptMap."""
    element = {"code": "AR-L", "target": [{"code": "achilles-reflex", "equivalence": "equivalent"}]}
    group = {"source": "https://clinic.example/exam", "target": f"{CANONICAL}/CodeSystem/concept", "element": [element]}
    written = {
        "resourceType": "ConceptMap",
        "url": f"{CANONICAL}/ConceptMap/default",
        "status": "active",
        "group": [group],
    }
    (tmp_path / "concept-maps").mkdir()
    (tmp_path / "concept-maps" / "default.json").write_text(json.dumps(written), encoding="utf-8")
    with Running(tmp_path) as running:
        yield running


def test_a_sender_reads_its_own_map_as_it_stands_now(mapped: Running) -> None:
    first = mapped.get("ConceptMap/default")
    assert_valid_r4(first)
    [found_by_url] = found(mapped, f"ConceptMap?url={CANONICAL}/ConceptMap/default")
    assert found_by_url == first
    path = mapped.folder / "concept-maps" / "default.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "title": "Another"}), encoding="utf-8")
    second = mapped.get("ConceptMap/default")
    assert second["title"] == "Another"
    assert second["meta"]["versionId"] != first["meta"]["versionId"]
    path.write_text('{"resourceType": "ConceptMap"}', encoding="utf-8")
    assert mapped.client.get("/ConceptMap/default").status_code == 404
