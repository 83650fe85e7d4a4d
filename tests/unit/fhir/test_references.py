"""What a reference says, and where references stand in a text."""

import json

import pytest

from fhirsvc.fhir.references import Kind, Reference, references_in

REFERENCES = {
    "Patient/p1": Reference("Patient/p1", Kind.RELATIVE, "Patient", "p1"),
    "Patient/p1/_history/2": Reference("Patient/p1/_history/2", Kind.RELATIVE, "Patient", "p1", "2"),
    "https://ehr.example/fhir/Group/g.1": Reference(
        "https://ehr.example/fhir/Group/g.1", Kind.ABSOLUTE, "Group", "g.1"
    ),
    "https://ehr.example/documents/7": Reference("https://ehr.example/documents/7", Kind.ABSOLUTE),
    "https://ehr.example/fhir/Patient?x=1": Reference("https://ehr.example/fhir/Patient?x=1", Kind.ABSOLUTE),
    "urn:uuid:0b7cfbf0-1c1c-4c55-9a4c-1c9f2f7a0001": Reference(
        "urn:uuid:0b7cfbf0-1c1c-4c55-9a4c-1c9f2f7a0001", Kind.URN
    ),
    "urn:oid:1.2.3": Reference("urn:oid:1.2.3", Kind.URN),
    "#a": Reference("#a", Kind.CONTAINED, id="a"),
    "#": Reference("#", Kind.CONTAINED),
    "Patient?identifier=a|b": Reference("Patient?identifier=a|b", Kind.CONDITIONAL, "Patient"),
    "": Reference("", Kind.LOGICAL),
}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_says_what_it_points_to(text: str) -> None:
    assert Reference.parse(text) == REFERENCES[text]


def test_references_are_found_wherever_they_stand_and_however_they_are_spaced() -> None:
    text = b'{"a":{"reference":"A/1"},"b":[{"reference" :\n "B/2","display":"x"}],"reference":"C\\/3"}'
    assert references_in(text) == {"A/1", "B/2", "C/3"}


def test_what_only_looks_like_a_reference_is_none() -> None:
    told = {"text": 'he wrote "reference": "A/1"', "note": '\\"reference', "reference": {"reference": "B/2"}}
    assert references_in(json.dumps(told).encode()) == {"B/2"}
