"""The Bundle of a dry run is taken as it was sent, and its answer holds what its OperationDefinition says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity
from fhirsvc.fhir.dry_run import bundle_in, parameters, placed
from fhirsvc.fhir.operations import ASSESS_HEEL_PAIN, OPERATIONS, Parameter, operation_definition
from fhirsvc.usecases.assess_now import assess_now
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, judge, patient, reflex

BUNDLE = b'{"resourceType": "Bundle",  "type":"collection" }'
ISSUE = Issue(Severity.WARNING, IssueCode.BUSINESS_RULE, "No.", "Bundle.entry[1].resource")


def asked(resource: bytes, name: str = "bundle") -> bytes:
    return b'{"resourceType":"Parameters","parameter":[{"name":"%b","resource":%b}]}' % (name.encode(), resource)


@pytest.mark.parametrize(
    ("body", "bundle", "place"),
    [
        (b"", b"", ""),
        (b" \n", b"", ""),
        (b'{"resourceType":"Parameters"}', b"", ""),
        (BUNDLE, BUNDLE, "Bundle"),
        (asked(BUNDLE), BUNDLE, "Parameters.parameter[0].resource"),
    ],
)
def test_the_bundle_of_a_request_is_what_was_sent(body: bytes, bundle: bytes, place: str) -> None:
    assert bundle_in(body) == (bundle, place)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"null",
        b'{"resourceType":"Patient"}',
        b'{"resourceType":"Parameters","parameter":{}}',
        b'{"resourceType":"Parameters","parameter":[1]}',
        b'{"resourceType":"Parameters","parameter":[{}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"bundle"}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"bundle","valueString":"x"}]}',
        b'{"resourceType":"Parameters","parameter":[{"name":"bundle","resource":[]}]}',
        asked(BUNDLE, "on"),
        asked(b'{"resourceType":"Patient"}'),
        b'{"resourceType":"Parameters","parameter":[{"name":"bundle","resource":%b},{"name":"bundle","resource":%b}]}'
        % (BUNDLE, BUNDLE),
    ],
)
def test_what_is_no_such_request_is_refused_and_never_passed_over(body: bytes) -> None:
    with pytest.raises(Refused):
        bundle_in(body)


def test_issues_keep_their_place_in_the_body_that_was_sent() -> None:
    [moved] = placed([ISSUE], "Parameters.parameter[0].resource")
    assert moved.expression == "Parameters.parameter[0].resource.entry[1].resource"
    assert placed([ISSUE], "Bundle") == [ISSUE]


def answer(*resources: dict[str, Any]) -> dict[str, Any]:
    """The whole answer for a patient, with everything that it can hold."""
    clinic = Clinic()
    clinic.post(*resources)
    found = assess_now(TENANT, "p1", store=clinic.store, clock=clinic, judge=judge())
    assert found is not None
    said = parameters(found.patient, found.assessment, found.impression, found.unread, [ISSUE], changes=found.changes)
    whole: dict[str, Any] = json.loads(said)
    assert_valid_r4(whole)
    return whole


def is_of(given: dict[str, Any], parameter: Parameter) -> bool:
    """Does a parameter of an answer hold what its row of the table says?"""
    if parameter.parts:
        parts = {each.name: each for each in parameter.parts}
        assert {name for name, each in parts.items() if each.least} <= {each["name"] for each in given["part"]}
        return all(is_of(each, parts[each["name"]]) for each in given["part"])
    if "resource" in given:
        return bool(given["resource"]["resourceType"] == parameter.type)
    return f"value{parameter.type[0].upper()}{parameter.type[1:]}" in given


def test_an_answer_holds_what_its_definition_says_and_nothing_else() -> None:
    told = {each.name: each for each in ASSESS_HEEL_PAIN.parameters if each.use == "out"}
    odd = {**reflex(id_="odd"), "code": {"text": "Something unheard of"}}
    full, empty = answer(*indicated(), odd), answer(patient())
    assert {each["name"] for each in full["parameter"]} == told.keys()
    assert {each["name"] for each in empty["parameter"]} == told.keys() - {"impression", "not-understood"}
    for given in (*full["parameter"], *empty["parameter"]):
        assert is_of(given, told[given["name"]]), given
    for name, each in told.items():
        found = [given for given in full["parameter"] if given["name"] == name]
        assert len(found) >= each.least
        assert len(found) == 1 or each.most == "*"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.code)
def test_every_operation_is_defined(operation: Any) -> None:
    definition = operation_definition(operation)
    assert_valid_r4(definition)
    assert definition["system"] != definition["instance"]
    assert definition["affectsState"] == operation.changes
    for each in definition["parameter"]:
        assert ("type" in each) != ("part" in each)
