"""The checker itself: what the published models let through, it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.fhir.impression import Occasion, render
from tests import answers
from tests.fhir_checks import assert_valid_r4, faults_of


def impression() -> dict[str, Any]:
    occasion = Occasion(tenant="t", patient="p", impression_id="i", identifier="i", decided_at=answers.DECIDED)
    said = answers.assessment(answers.every_finding()["indicated"])
    resource: dict[str, Any] = json.loads(render(answers.protocol(), said, occasion).impression.body)
    return resource


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"status": "bogus"}, "is not one of"),
        ({"assessor": {"reference": "Device/d"}}, "refers to Device"),
        ({"problem": [{"reference": "Observation/o"}]}, "refers to Observation"),
        ({"subject": {"reference": "Patient/p", "type": "Group"}}, "type Group is not that of"),
        ({"subject": {"reference": "not a reference"}}, "is no reference"),
        ({"subject": {"reference": "#nobody"}}, "is not contained"),
        ({"summary": ""}, "empty"),
        ({"note": []}, "empty"),
        ({"summary": None}, "empty"),
        ({"contained": [{"resourceType": "Device", "id": "d"}]}, "never referred to"),
        ({"text": {"status": "generated", "div": "<div>plain</div>"}}, "not an XHTML div"),
        ({"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"> </div>'}}, "txt-2"),
        ({"text": {"status": "new", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}}, "is not one of"),
        (
            {"text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script/>a</div>'}},
            "txt-1",
        ),
        ({"extension": [{"url": "https://a.example/x"}]}, "ext-1"),
        ({"id": "not an id"}, "id"),
        ({"madeUp": "x"}, "ClinicalImpression"),
        ({"effectivePeriod": {"start": "2026-02-01"}}, "ClinicalImpression"),
    ],
)
def test_a_fault_that_matters_is_found(change: dict[str, Any], fault: str) -> None:
    found = list(faults_of(impression() | change))
    assert any(fault in each for each in found), found


def test_a_resource_without_narrative_is_refused() -> None:
    resource = impression()
    del resource["text"]
    with pytest.raises(AssertionError, match="dom-6"):
        assert_valid_r4(resource)


def test_an_investigation_of_a_condition_is_refused() -> None:
    resource = impression()
    resource["investigation"][0]["item"] = [{"reference": "Condition/c/_history/1"}]
    with pytest.raises(AssertionError, match="refers to Condition"):
        assert_valid_r4(resource)


@pytest.mark.parametrize(
    ("bundle", "fault"),
    [
        ({"type": "nonsense"}, "is not one of"),
        ({"type": "batch", "entry": [{"resource": {"resourceType": "Patient"}}]}, "bdl-3"),
        ({"type": "batch-response", "entry": [{"resource": {"resourceType": "Patient"}}]}, "bdl-4"),
        ({"type": "collection", "total": 1}, "bdl-1"),
        ({"type": "collection", "entry": [{"resource": {"resourceType": "Nope"}}]}, "Bundle"),
        (
            {
                "type": "collection",
                "entry": [
                    {
                        "fullUrl": "urn:uuid:5f3c1e7e-6f0f-4b1a-9d57-0d6b1f6b8a11",
                        "resource": {"resourceType": "Patient"},
                    }
                ]
                * 2,
            },
            "bdl-7",
        ),
        (
            {
                "type": "batch-response",
                "entry": [
                    {
                        "response": {
                            "status": "400",
                            "outcome": {
                                "resourceType": "OperationOutcome",
                                "issue": [{"severity": "error", "code": "wrong"}],
                            },
                        }
                    }
                ],
            },
            "is not one of",
        ),
    ],
)
def test_a_bundle_is_checked_with_its_entries(bundle: dict[str, Any], fault: str) -> None:
    found = list(faults_of({"resourceType": "Bundle"} | bundle))
    assert any(fault in each for each in found), found
