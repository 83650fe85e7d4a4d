"""The 50 probes of conformance: what is invalid is refused, what is valid taken, what exceeds a limit refused by it."""

from typing import Any

import orjson
import pytest

from fhirsvc.domain.errors import IssueCode
from fhirsvc.fhir.parse import parse_bundle
from tests.unit.fhir.parsing import (
    Json,
    collection,
    condition,
    is_clean,
    observation,
    only,
    parsed,
    patient,
    refusal,
    transaction,
    warnings,
)

QUANTITY = {"value": 7.1, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"}


def without(resource: Json, name: str) -> Json:
    return {member: value for member, value in resource.items() if member != name}


def text_of(resource: Json, written: str, instead: str) -> bytes:
    """A collection of one resource, with part of its text written another way."""
    body = orjson.dumps(collection(resource)).decode()
    assert written in body
    return body.replace(written, instead).encode("utf-8", "surrogateescape")


def extension(**members: object) -> Json:
    return {"url": "http://example.org/note", **members}


def narrative(inner: str) -> Json:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'}


def nested(depth: int) -> Json:
    inner: Json = extension(valueString="end")
    for _ in range(depth):
        inner = extension(extension=[inner])
    return inner


INVALID: dict[str, Any] = {
    "an Observation has a status outside its required binding": observation(status="finished"),
    "a Patient has a gender outside its required binding": patient(gender="M"),
    "a code has a space around it": observation(status=" final"),
    "a subject is a Medication": observation(subject={"reference": "Medication/1"}),
    "a reference is no reference": observation(subject={"reference": "not a ref !!"}),
    "a Condition has no subject": without(condition(), "subject"),
    "an Observation has no code": without(observation(), "code"),
    "an Observation has no status": without(observation(), "status"),
    "a date is in month 13": patient(birthDate="2024-13-45"),
    "a date does not exist": patient(birthDate="2023-02-30"),
    "a dateTime has no time zone": observation(effectiveDateTime="2024-01-01T10:00:00"),
    "a dateTime has no minutes": observation(effectiveDateTime="2024-01-01T10Z"),
    "a date is a number": patient(birthDate=0),
    "an element is unknown": patient(favouriteColour="blue"),
    "an element is spelt as a Python name": patient(birth_date="1970-01-01"),
    "a string is empty": patient(name=[{"family": ""}]),
    "a string is white space": patient(name=[{"family": "  "}]),
    "an array is empty": patient(name=[]),
    "an object is empty": observation(code={}),
    "a single element is an array": patient(gender=["female"]),
    "a repeating element is an object": patient(name={"family": "Rossi"}),
    "a choice has two types": observation(valueQuantity=QUANTITY, valueString="x"),
    "a number is a string": observation(valueQuantity={**QUANTITY, "value": "7.1"}),
    "a boolean is a string": patient(active="true"),
    "a boolean is a number": patient(active=1),
    "an integer has a fraction": patient(multipleBirthInteger=2.5),
    "an object is the JSON of an object": observation(subject='{"reference":"Patient/p1"}'),
    "a code system is no URI": observation(code={"coding": [{"system": "lo inc", "code": "1"}]}),
    "an id has spaces": patient(id="p 1"),
    "an id is too long": patient(id="p" * 70),
    "a value is null": patient(gender=None),
    "an item is null": patient(name=[None]),
    "a resource type is unknown": {"resourceType": "Nope", "id": "n1"},
    "a resource type is missing": {"id": "n1", "status": "final"},
    "an extension has a value and extensions": patient(
        extension=[extension(valueString="x", extension=[extension(valueString="y")])]
    ),
    "an extension has no url": patient(extension=[{"valueString": "x"}]),
    "a narrative has a script": patient(text=narrative("<script>alert(1)</script>")),
    "a period ends before it starts": observation(
        effectivePeriod={"start": "2026-03-02", "end": "2026-03-01"}, effectiveDateTime=None
    ),
}
INVALID["a period ends before it starts"].pop("effectiveDateTime")

INVALID_TEXTS = {
    "a transaction's entry has no request": orjson.dumps(transaction({"resource": patient()})),
    "a name stands twice": text_of(observation(), '"status":"final"', '"status":"final","status":"amended"'),
    "a string is not UTF-8": text_of(patient(), "Rossi", "Ross\udce9"),
    "a surrogate is alone": text_of(patient(), "Rossi", "\\ud800"),
    "a string has a NUL": text_of(patient(), "Rossi", "Ro\\u0000ssi"),
    "the body starts with a byte order mark": b"\xef\xbb\xbf" + orjson.dumps(collection(patient())),
    "a number is NaN": text_of(observation(valueQuantity=QUANTITY), "7.1", "NaN"),
}

VALID = {
    "an Observation": observation(),
    "a Condition": condition(),
}

VALID_TEXTS = {
    "a decimal has 30 digits": text_of(observation(valueQuantity=QUANTITY), "7.1", "7.12345678901234567890123456789"),
    "a decimal ends in zero": text_of(observation(valueQuantity=QUANTITY), "7.1", "1.10"),
}


@pytest.mark.parametrize("sentence", INVALID)
def test_it_is_refused_that(sentence: str) -> None:
    refused = refusal(collection(INVALID[sentence]))
    assert is_clean(refused)
    assert all(issue.expression.startswith("Bundle.entry[0].resource") for issue in refused.issues)


@pytest.mark.parametrize("sentence", INVALID_TEXTS)
def test_it_is_refused_as_text_that(sentence: str) -> None:
    assert is_clean(refusal(INVALID_TEXTS[sentence]))


def test_the_probes_are_the_45_invalid_ones() -> None:
    assert len(INVALID) + len(INVALID_TEXTS) == 45


@pytest.mark.parametrize("sentence", VALID)
def test_it_is_taken_that_it_is(sentence: str) -> None:
    assert warnings(parsed(collection(VALID[sentence]))) == []


@pytest.mark.parametrize("sentence", VALID_TEXTS)
def test_it_is_taken_as_text_that(sentence: str) -> None:
    body = VALID_TEXTS[sentence]
    assert parse_bundle(body).entries[0].raw in body


def test_a_number_beyond_a_double_is_refused_by_limit() -> None:
    refused = refusal(text_of(observation(valueQuantity=QUANTITY), "7.1", "1e400"))
    assert only(refused).code == IssueCode.VALUE
    assert "beyond the range" in only(refused).text


def test_nesting_150_deep_is_refused_by_limit() -> None:
    refused = refusal(collection(patient(extension=[nested(73)])))
    assert only(refused).code == IssueCode.TOO_COSTLY
    assert "64 levels" in only(refused).text


@pytest.mark.parametrize("depth", [0, 10, 28])
def test_extensions_nest_as_deep_as_the_limit_allows(depth: int) -> None:
    assert len(parsed(collection(patient(extension=[nested(depth)]))).entries) == 1
