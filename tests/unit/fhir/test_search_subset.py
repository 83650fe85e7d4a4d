"""Part of a resource: what is asked for, what it must have, and never a value written otherwise than it came."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.fhir.search.control import Summary
from fhirsvc.fhir.search.subset import subset
from tests.fhir_checks import assert_valid_r4

OBSERVATION = (
    b'{"resourceType":"Observation","id":"o","meta":{"versionId":"1","tag":[{"system":"urn:t","code":"t"}]},'
    b'"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"},'
    b'"contained":[{"resourceType":"Device","id":"d"},{"resourceType":"Patient","id":"p"}],'
    b'"status":"entered-in-error","_status":{"extension":[{"url":"urn:x","valueCode":"y"}]},"code":{"text":"c"},'
    b'"subject":{"reference":"#p"},"device":{"reference":"#d"},'
    b'"valueQuantity":{"value":1.10},"note":[{"text":"n"}]}'
)
TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}


def part(summary: Summary = Summary.FALSE, *elements: str, body: bytes = OBSERVATION) -> dict[str, Any]:
    resource: dict[str, Any] = json.loads(subset(body, summary, elements))
    assert_valid_r4(resource)
    return resource


ALWAYS = {"resourceType", "id", "meta", "status", "_status", "code"}


@pytest.mark.parametrize(
    ("summary", "elements", "shown"),
    [
        (Summary.TRUE, (), {"subject", "valueQuantity", "contained"}),
        (Summary.TEXT, (), {"text"}),
        (Summary.DATA, (), {"subject", "valueQuantity", "contained", "device", "note"}),
        (Summary.FALSE, ("note",), {"note"}),
        (Summary.FALSE, ("value", "device", "unknown"), {"valueQuantity", "device", "contained"}),
        (Summary.FALSE, ("valueQuantity",), {"valueQuantity"}),
        (Summary.TRUE, ("note",), {"note"}),
    ],
)
def test_as_much_is_shown_as_is_asked_for_and_what_it_must_have(
    summary: Summary, elements: tuple[str, ...], shown: set[str]
) -> None:
    assert part(summary, *elements).keys() == ALWAYS | shown


def test_a_part_is_tagged_as_one_beside_its_other_tags() -> None:
    meta = part(Summary.TRUE)["meta"]
    assert meta == {"versionId": "1", "tag": [{"system": "urn:t", "code": "t"}, TAG]}
    bare = b'{"resourceType":"Patient","id":"p"}'
    assert part(Summary.TEXT, body=bare)["meta"] == {"tag": [TAG]}


def test_a_number_stays_as_it_was_written() -> None:
    assert b'{"value":1.10}' in subset(OBSERVATION, Summary.TRUE)


def test_only_what_is_still_referred_to_is_contained() -> None:
    assert [each["id"] for each in part(Summary.TRUE)["contained"]] == ["p"]
    assert [each["id"] for each in part(Summary.FALSE, "device")["contained"]] == ["d"]
    assert "contained" not in part(Summary.FALSE, "note")


@pytest.mark.parametrize("summary", [Summary.FALSE, Summary.COUNT])
def test_all_of_a_resource_is_its_text(summary: Summary) -> None:
    assert subset(OBSERVATION, summary) is OBSERVATION


@pytest.mark.parametrize("element", ["clinicalStatus", "verificationStatus"])
def test_what_changes_the_meaning_is_never_left_out(element: str) -> None:
    refuted = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted"}]}
    body = json.dumps({"resourceType": "Condition", "subject": {"reference": "Patient/p"}, element: refuted}).encode()
    assert json.loads(subset(body, Summary.TEXT))[element] == refuted
