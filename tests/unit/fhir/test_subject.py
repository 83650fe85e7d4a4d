"""Whose a resource is, and when it should have said so."""

from __future__ import annotations

from typing import Any

import pytest

from fhirsvc.fhir.subject import expects_patient, patient_of

URN = "urn:uuid:7d3f0c1e-0d0d-4c0c-8a51-0123456789ab"
KNOWN = {URN: "Patient/p1", "https://ehr.example/fhir/Patient/p2": "Patient/p2", "urn:uuid:org": "Organization/o1"}


def about(reference: str | None, element: str = "subject", type_: str = "Observation") -> dict[str, Any]:
    return {"resourceType": type_, **({element: {"reference": reference}} if reference else {})}


@pytest.mark.parametrize(
    ("reference", "patient"),
    [
        ("Patient/p1", "p1"),
        ("Patient/p1/_history/3", "p1"),
        (URN, "p1"),
        ("https://ehr.example/fhir/Patient/p2", "p2"),
        ("https://elsewhere.example/fhir/Patient/p2", None),
        ("urn:uuid:unknown", None),
        ("urn:uuid:org", None),
        ("Group/g1", None),
        ("#contained", None),
        (None, None),
    ],
)
def test_a_patient_is_known_by_an_address_of_this_bundle_or_server(reference: str | None, patient: str | None) -> None:
    assert patient_of(about(reference), KNOWN) == patient
    assert patient_of(about(reference, "patient", "AllergyIntolerance"), KNOWN) == patient


def test_a_patient_is_its_own_whatever_it_refers_to() -> None:
    assert patient_of({"resourceType": "Patient", "id": "old"}, KNOWN, "new") == "new"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (about(None), True),
        (about(None, type_="Organization"), False),
        (about("urn:uuid:unknown", type_="Encounter"), True),
        ({"resourceType": "Encounter", "subject": {"identifier": {"value": "1"}}}, True),
        (about("Group/g1", type_="Encounter"), False),
        (about("Device/d1", type_="Specimen"), False),
    ],
)
def test_evidence_and_whatever_tries_to_should_name_a_patient(resource: dict[str, Any], expected: bool) -> None:
    assert expects_patient(resource) is expected
