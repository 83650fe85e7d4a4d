"""Finding impressions and Flags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.records import batch, coded, concept, condition, observation, patient, sided

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
def found(service: Running) -> dict[str, Any]:
    """The impression of a patient `sought-0` who also has a Flag."""
    task = service.task(
        service.post(
            batch(
                "sought",
                patient("male", 40),
                condition(coded("http://snomed.info/sct", "4063001"), "left"),
                observation(concept("achilles-reflex"), site=sided("left"), valueString="absent"),
                observation(concept("achilles-reflex"), site=sided("right"), valueString="normal"),
                observation(concept("radiating-leg-symptoms"), site=sided("left"), valueBoolean=True),
            )
        )
    )
    [reference] = outputs(task, "impression")
    return service.get(reference["reference"])


def ids(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


@pytest.mark.parametrize(
    "query",
    [
        "patient=sought-0",
        "patient=Patient/sought-0",
        "subject=Patient/sought-0",
        "patient=sought-0&status=completed",
        f"patient=sought-0&date={TODAY}",
        f"patient=sought-0&date=ge{TODAY}",
        "patient=sought-0&_format=json",
    ],
)
def test_an_impression_is_found(service: Running, found: dict[str, Any], query: str) -> None:
    bundle = service.get(f"ClinicalImpression?{query}")
    assert ids(bundle) == [found["id"]]
    assert bundle["total"] == 1
    assert_valid_r4(bundle)


@pytest.mark.parametrize(
    "query", ["patient=nobody", "patient=sought-0&status=in-progress", "patient=sought-0&date=lt2020-01-01"]
)
def test_what_does_not_match_is_not_found(service: Running, found: dict[str, Any], query: str) -> None:
    bundle = service.get(f"ClinicalImpression?{query}")
    assert ids(bundle) == []
    assert bundle["total"] == 0
    assert_valid_r4(bundle)
    assert found


def test_an_impression_is_found_by_its_identifier(service: Running, found: dict[str, Any]) -> None:
    [identifier] = found["identifier"]
    query = f"identifier={identifier['system']}|{identifier['value']}"
    assert ids(service.get(f"ClinicalImpression?{query}")) == [found["id"]]


def test_a_flag_is_found_by_patient_and_status(service: Running, found: dict[str, Any]) -> None:
    bundle = service.get("Flag?patient=sought-0&status=active")
    assert [entry["resource"]["subject"] for entry in bundle["entry"]] == [found["subject"]]
    assert_valid_r4(bundle)


def test_an_entry_is_the_resource_at_its_address(service: Running, found: dict[str, Any]) -> None:
    [entry] = service.get("ClinicalImpression?patient=sought-0")["entry"]
    assert entry["search"] == {"mode": "match"}
    assert service.get(entry["fullUrl"]) == entry["resource"] == found


def test_pages_are_walked_by_their_links_and_nothing_is_seen_twice(service: Running, found: dict[str, Any]) -> None:
    for number in range(3):
        name = f"page-{number}"
        service.task(
            service.post(
                batch(name, patient("male", 40), condition(coded("http://snomed.info/sct", "4063001"), "left"))
            )
        )
    seen: list[str] = []
    address = f"{service.base}/ClinicalImpression?patient=sought-0,page-0-0,page-1-0,page-2-0&_count=2"
    for _ in range(3):
        page = service.get(address)
        links = {link["relation"]: link["url"] for link in page["link"]}
        seen += ids(page)
        assert page["total"] == 4
        assert_valid_r4(page)
        if "next" not in links:
            break
        address = links["next"]
    assert len(seen) == len(set(seen)) == 4
    assert found["id"] in seen
