"""From a resource to what it can be found by."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fhirsvc.fhir import schema
from fhirsvc.fhir.resource_types import KEPT
from fhirsvc.fhir.search.index import Indexed, indexed, references_of
from fhirsvc.fhir.search.parameters import PARAMETERS

SYSTEM = "http://hl7.org/fhir/observation-status"


def keys(**resource: object) -> set[tuple[str, str, str]]:
    type_ = str(resource["resourceType"])
    return {(each.name, each.system, each.value) for each in indexed(type_, json.dumps(resource).encode()).keys}


def test_every_type_that_is_kept_is_searched() -> None:
    assert set(PARAMETERS) == KEPT


def test_every_element_that_is_looked_at_is_one_of_its_type() -> None:
    for type_, own in PARAMETERS.items():
        for name, each in own.items():
            for element in each.elements:
                assert (type_, name, _is_element(type_, element)) == (type_, name, True)


def _is_element(type_: str, path: str) -> bool:
    """Does the type have this element, of a choice in at least one of the forms that are looked for?"""
    definitions = schema.read(type_)["$defs"] | schema.read("datatypes")
    owner, *names = type_, *path.split(".")
    for name in names[:-1]:
        member = definitions[owner]["properties"][name]
        owner = member.get("items", member)["$ref"].rpartition("/")[2]
    return any(names[-1] + form in definitions[owner]["properties"] for form in FORMS)


FORMS = ("", "DateTime", "Period", "Date")


def test_every_type_with_a_patient_is_found_by_it() -> None:
    """The store keeps a resource as that of its `subject` or `patient`; where it stands elsewhere, there is looked."""
    for type_, own in PARAMETERS.items():
        elements = schema.read(type_)["$defs"][type_]["properties"].keys()
        assert ("subject" in own) == ("subject" in elements), type_
        if "patient" in own and type_ not in {"Patient", "Provenance"}:
            assert own["patient"].elements or elements & {"subject", "patient"}, type_
    assert keys(resourceType="Coverage", beneficiary={"reference": "Patient/p"}) == {("patient", "Patient", "p")}


def test_every_coding_and_every_identifier_is_a_key() -> None:
    assert keys(
        resourceType="Observation",
        status="final",
        identifier=[{"system": "urn:a", "value": "1"}, {"value": "2"}, {"system": "urn:b"}, {"type": {"text": "none"}}],
        code={"coding": [{"system": "urn:s", "code": "c"}, {"code": "d"}, {"display": "no code"}], "text": "t"},
    ) == {
        ("status", SYSTEM, "final"),
        ("identifier", "urn:a", "1"),
        ("identifier", "", "2"),
        ("identifier", "urn:b", ""),
        ("code", "urn:s", "c"),
        ("code", "", "d"),
    }


def test_a_tag_is_a_key_of_every_type() -> None:
    for type_ in PARAMETERS:
        tagged = keys(
            resourceType=type_, meta={"tag": [{"system": "urn:t", "code": "withdrawn"}], "profile": ["urn:p"]}
        )
        assert tagged == {("_tag", "urn:t", "withdrawn")}


def test_a_boolean_is_a_token() -> None:
    assert keys(resourceType="Patient", active=False) == {("active", "http://hl7.org/fhir/special-values", "false")}


def test_a_reference_is_a_key_of_type_and_id_whatever_the_version() -> None:
    assert keys(
        resourceType="ClinicalImpression",
        status="completed",
        investigation=[{"item": [{"reference": "Observation/o/_history/3"}]}, {"item": [{"reference": "#inside"}]}],
        finding=[{"itemReference": {"reference": "https://far.example/Condition/c"}}, {"basis": "x"}],
        supportingInfo=[{"identifier": {"value": "1"}}],
    ) == {
        ("status", "http://hl7.org/fhir/event-status", "completed"),
        ("investigation", "Observation", "o"),
        ("finding-ref", "", "https://far.example/Condition/c"),
    }


def test_what_is_referred_to_keeps_its_version() -> None:
    body = json.dumps({"resourceType": "Provenance", "target": [{"reference": "Flag/f/_history/2"}]}).encode()
    (found,) = references_of("Provenance", "target", body)
    assert (found.type, found.id, found.version) == ("Flag", "f", "2")


@pytest.mark.parametrize(
    "members",
    [
        {"resourceType": "Observation", "effectiveDateTime": "2026-05-01"},
        {"resourceType": "Observation", "effectivePeriod": {"start": "2026-05-01", "end": "2026-05-01"}},
        {"resourceType": "Observation", "effectiveTiming": {"event": ["2026-05-01"]}},
        {"resourceType": "Procedure", "performedDateTime": "2026-05-01"},
        {"resourceType": "Condition", "onsetDateTime": "2026-05-01", "recordedDate": "2027-01-01"},
        {"resourceType": "Specimen", "collection": {"collectedDateTime": "2026-05-01"}},
        {"resourceType": "Patient", "birthDate": "2026-05-01"},
        {"resourceType": "Flag", "period": {"start": "2026-05-01", "end": "2026-05-01"}},
    ],
)
def test_a_date_is_found_in_each_form_it_may_have(members: dict[str, object]) -> None:
    found = indexed(str(members["resourceType"]), json.dumps(members).encode())
    day = datetime(2026, 5, 1, tzinfo=UTC)
    assert (found.first, found.last) == (day, day.replace(hour=23, minute=59, second=59, microsecond=999999))


@pytest.mark.parametrize("date", [None, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_date_that_cannot_be_reckoned_with_is_none(date: str | None) -> None:
    found = indexed("Observation", json.dumps({"resourceType": "Observation", "effectiveDateTime": date}).encode())
    assert found == Indexed()


def test_nothing_is_found_by_what_was_deleted_or_is_of_another_type() -> None:
    assert indexed("Observation", b"") == indexed("Bundle", b"not even JSON") == Indexed()


def test_a_flag_is_found_by_the_impression_it_shows() -> None:
    shown = [
        {"url": "urn:x", "valueReference": {"reference": "ClinicalImpression/i"}},
        {"url": "urn:y", "valueCode": "z"},
    ]
    assert ("detail", "ClinicalImpression", "i") in keys(resourceType="Flag", extension=shown)
