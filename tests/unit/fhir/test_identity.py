"""What a Patient resource says of who it is, and by what a resource names its patient."""

from __future__ import annotations

from typing import Any

import pytest

from fhirsvc.domain.joining import Link, LinkType
from fhirsvc.fhir.identity import has_unknown_link, identity_of, logical_subject
from fhirsvc.fhir.subject import Bases

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
EHR = "https://ehr.example/fhir"


def number(value: str = "123", code: str = "MR", system: str = V2, **more: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": system, "code": code}]}, "system": "urn:clinic", "value": value, **more}


def who(*identifiers: dict[str, Any], **more: Any) -> Any:
    return identity_of("p1", {"resourceType": "Patient", "identifier": list(identifiers), **more}, {})


@pytest.mark.parametrize(
    ("identifier", "joins"),
    [
        (number(), True),
        (number(use="usual"), True),
        (number(use="official"), True),
        (number(system="http://hl7.org/fhir/v2/0203"), True),
        (number(period={"start": "2020"}), True),
        (number(use="old"), False),
        (number(use="temp"), False),
        (number(use="secondary"), False),
        (number(period={"end": "2020"}), False),
        (number(code="SS"), False),
        (number(system="urn:own"), False),
        ({"system": "urn:clinic", "value": "123"}, False),
    ],
)
def test_a_lasting_record_number_joins_and_no_other_identifier(identifier: dict[str, Any], joins: bool) -> None:
    identity = who(identifier)
    assert identity.identifiers == {("urn:clinic", "123")}
    assert identity.numbers == ({("urn:clinic", "123")} if joins else set())


@pytest.mark.parametrize("missing", ["system", "value"])
def test_an_identifier_without_system_or_value_identifies_nobody(missing: str) -> None:
    identity = who({key: value for key, value in number().items() if key != missing})
    assert identity.identifiers == identity.numbers == set()


def test_white_space_around_a_value_is_no_other_value() -> None:
    assert who(number(" 123 ")).numbers == {("urn:clinic", "123")}


def linked(reference: str, type_: str = "replaced-by") -> dict[str, Any]:
    return {"resourceType": "Patient", "link": [{"other": {"reference": reference}, "type": type_}]}


@pytest.mark.parametrize(
    ("reference", "other"),
    [
        ("Patient/p2", "p2"),
        ("Patient/p2/_history/3", "p2"),
        ("urn:uuid:1", "p9"),
        (f"{EHR}/Patient/p2", "p2"),
        ("https://elsewhere.example/fhir/Patient/p2", None),
        ("Patient/p1", None),
        ("RelatedPerson/r1", None),
    ],
)
def test_a_link_is_followed_like_any_reference(reference: str, other: str | None) -> None:
    references, bases = {"urn:uuid:1": "Patient/p9"}, Bases("", frozenset({EHR}))
    identity = identity_of("p1", linked(reference), references, bases)
    assert identity.links == ({Link(LinkType.REPLACED_BY, other)} if other else set())
    assert has_unknown_link(linked(reference), references, bases) is reference.startswith("https://elsewhere")


def test_what_could_contradict_is_kept_as_recorded() -> None:
    identity = who(birthDate="1980-05", gender="female", active=False)
    assert (identity.birth, identity.gender, identity.active) == ("1980-05", "female", False)
    plain = who()
    assert (plain.birth, plain.gender, plain.active, plain.received) == ("", "", True, True)


def about(type_: str = "Observation", **subject: Any) -> dict[str, Any]:
    return {"resourceType": type_, "subject": subject}


IDENTIFIER = {"system": "urn:clinic", "value": "123"}


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ({"identifier": IDENTIFIER}, True),
        ({"identifier": IDENTIFIER, "type": "Patient"}, True),
        ({"reference": "Patient?identifier=urn:clinic|123"}, True),
        ({"reference": "Patient?identifier=urn%3Aclinic%7C123"}, True),
        ({"identifier": IDENTIFIER, "type": "Group"}, False),
        ({"identifier": IDENTIFIER, "reference": "Patient/p1"}, False),
        ({"identifier": {"value": "123"}}, False),
        ({"reference": "Patient?identifier=123"}, False),
        ({"reference": "Patient?identifier=urn:clinic|123&active=true"}, False),
        ({"reference": "Patient?name=urn:clinic|123"}, False),
        ({"reference": "Group?identifier=urn:clinic|123"}, False),
        ({"display": "the patient"}, False),
    ],
)
def test_a_patient_is_named_by_an_identifier_alone(subject: dict[str, Any], named: bool) -> None:
    assert logical_subject(about(**subject)) == (("urn:clinic", "123") if named else None)


@pytest.mark.parametrize(
    ("identifiers", "named"),
    [
        ([number()], True),
        ([number(), number(code="SS", value="9")], True),
        ([number(), number("124")], False),
        ([number(code="SS")], False),
        ([], False),
    ],
)
def test_a_contained_patient_is_known_by_its_one_record_number(identifiers: list[Any], named: bool) -> None:
    held = {"resourceType": "Patient", "id": "p", "identifier": identifiers}
    other = {"resourceType": "Patient", "id": "q", "identifier": [number("999")]}
    resource = {**about(reference="#p"), "contained": [held, other]}
    assert logical_subject(resource) == (("urn:clinic", "123") if named else None)


def test_a_patient_element_counts_like_a_subject_and_a_patient_is_its_own() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"identifier": IDENTIFIER}}
    assert logical_subject(allergy) == ("urn:clinic", "123")
    assert logical_subject({"resourceType": "Patient", "identifier": [IDENTIFIER]}) is None
