"""The bad-input catalogue, rows 20 to 56 and 61: how each input is refused, with the twin that is taken."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
import pytest

from fhirsvc.domain.errors import Refusal
from fhirsvc.fhir.parse import parse_bundle
from tests.unit.fhir.parsing import (
    Json,
    batch,
    collection,
    concept,
    condition,
    observation,
    parsed,
    patient,
    post,
    put,
    refusal,
    refusal_by,
    said,
    transaction,
    warnings,
)

NOTE = "http://example.org/note"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
IN_ERROR = concept(VERIFICATION, "entered-in-error")
FIRST = "urn:uuid:0b7cfbf0-1c1c-4c55-9a4c-1c9f2f7a0001"
OTHER = "urn:uuid:0b7cfbf0-1c1c-4c55-9a4c-1c9f2f7a0002"


class Case(NamedTuple):
    """An input, its twin that differs in the fault alone, and what is said of the input."""

    input: Any
    twin: Any
    reason: Refusal
    code: str
    expression: str


def resource_case(input_: Json, twin: Json, code: str, path: str, reason: Refusal = Refusal.INVALID) -> Case:
    place = f"Bundle.entry[0].resource.{path}".removesuffix(".")
    return Case(collection(input_), collection(twin), reason, code, place)


def without(value: Json, name: str) -> Json:
    return {member: each for member, each in value.items() if member != name}


def with_(value: Json, **members: object) -> Json:
    return {**value, **members}


def holding(*contained: Json, **members: object) -> Json:
    return observation(contained=list(contained), **members)


def inner(id_: str, **members: object) -> Json:
    return {"resourceType": "Practitioner", "id": id_, **members}


def to(*references: str) -> list[Json]:
    return [{"reference": reference} for reference in references]


def part(code: Json, **members: object) -> Json:
    return {"code": code, **members}


INVALID, TOO_LARGE = Refusal.INVALID, Refusal.TOO_LARGE
UNPROCESSABLE, NOT_SUPPORTED = Refusal.UNPROCESSABLE, Refusal.NOT_SUPPORTED

SYNTAX = {
    "24 there are more than 5,000 entries": Case(
        collection(*[patient()] * 5001), collection(*[patient()] * 5000), TOO_LARGE, "too-long", "Bundle.entry"
    ),
    "24 a string is longer than 1 MiB": resource_case(
        patient(name=[{"text": "x" * (1024 * 1024 + 1)}]),
        patient(name=[{"text": "x" * (1024 * 1024)}]),
        "too-long",
        "name[0].text",
        TOO_LARGE,
    ),
    "26 the root is an array": Case(
        [collection(patient())], collection(patient()), Refusal.UNPARSEABLE, "structure", ""
    ),
    "26 the root is a string": Case("Bundle", collection(patient()), Refusal.UNPARSEABLE, "structure", ""),
    "26 the root is null": Case(None, collection(patient()), Refusal.UNPARSEABLE, "structure", ""),
    "28 a property is null": resource_case(patient(active=None), patient(active=True), "value", "active"),
    "28 a primitive array holds only null": resource_case(
        patient(name=[{"given": [None]}]), patient(name=[{"given": ["Ada"]}]), "value", "name[0].given"
    ),
    "28 null has no companion": resource_case(
        patient(name=[{"given": ["Ada", None], "_given": [None, None]}]),
        patient(name=[{"given": ["Ada", None], "_given": [None, {"id": "g2"}]}]),
        "value",
        "name[0].given",
    ),
    "29 the root has no type": Case(
        without(collection(patient()), "resourceType"), collection(patient()), INVALID, "required", "resourceType"
    ),
    "29 an entry's resource has no type": resource_case(
        without(patient(), "resourceType"), patient(), "required", "resourceType"
    ),
    "29 a contained resource has no type": resource_case(
        holding(without(inner("a"), "resourceType"), performer=to("#a")),
        holding(inner("a"), performer=to("#a")),
        "required",
        "contained[0]",
    ),
    "30 the root has an unknown type": Case(
        with_(collection(patient()), resourceType="Bundel"), collection(patient()), INVALID, "invalid", "resourceType"
    ),
    "30 a type is in lower case": resource_case(
        with_(patient(), resourceType="patient"), patient(), "invalid", "resourceType"
    ),
    "30 a type is __proto__": resource_case(
        with_(patient(), resourceType="__proto__"), patient(), "invalid", "resourceType"
    ),
    "30 a type is a number": resource_case(with_(patient(), resourceType=7), patient(), "invalid", "resourceType"),
    "30 a type is an array": resource_case(
        with_(patient(), resourceType=["Patient"]), patient(), "invalid", "resourceType"
    ),
    "31 the root is an Observation": Case(
        observation(), collection(observation()), NOT_SUPPORTED, "not-supported", "resourceType"
    ),
    "32 an element is of R5": resource_case(
        observation(triggeredBy=[{"type": "reflex"}]), observation(), "structure", "triggeredBy"
    ),
    "33 a modifier extension is unknown": resource_case(
        observation(modifierExtension=[{"url": NOTE, "valueBoolean": True}]),
        observation(extension=[{"url": NOTE, "valueBoolean": True}]),
        "extension",
        "modifierExtension",
        UNPROCESSABLE,
    ),
    "33 a modifier extension is inside": resource_case(
        patient(contact=[{"name": {"text": "B"}, "modifierExtension": [{"url": NOTE, "valueBoolean": True}]}]),
        patient(contact=[{"name": {"text": "B"}}]),
        "extension",
        "contact[0].modifierExtension",
        UNPROCESSABLE,
    ),
    "33 implicit rules are unknown": resource_case(
        patient(implicitRules=NOTE), patient(), "extension", "implicitRules", UNPROCESSABLE
    ),
    "34 a string is a number": resource_case(
        patient(name=[{"text": 1}]), patient(name=[{"text": "1"}]), "value", "name[0].text"
    ),
    "34 a positive integer is negative": resource_case(
        patient(telecom=[{"rank": -1}]), patient(telecom=[{"rank": 1}]), "value", "telecom[0].rank"
    ),
    "35 a choice has two types": resource_case(
        observation(effectivePeriod={"start": "2026"}), observation(), "invariant", "effective"
    ),
    "35 a choice has a value and another type's companion": resource_case(
        observation(valueString="x", _valueInteger={"id": "v"}),
        observation(valueString="x", _valueString={"id": "v"}),
        "invariant",
        "value",
    ),
    "36 a date is 2024-13-40": resource_case(
        patient(birthDate="2024-13-40"), patient(birthDate="2024-12-30"), "value", "birthDate"
    ),
    "36 a year is 0000": resource_case(patient(birthDate="0000"), patient(birthDate="0001"), "value", "birthDate"),
    "36 a leap day is missing": resource_case(
        patient(birthDate="1900-02-29"), patient(birthDate="2000-02-29"), "value", "birthDate"
    ),
    "36 an hour is 24": resource_case(
        observation(issued="2026-03-01T24:00:00Z"), observation(issued="2026-03-01T23:59:60Z"), "value", "issued"
    ),
    "37 a required binding is not met": resource_case(
        observation(status="banana"), observation(status="corrected"), "code-invalid", "status"
    ),
    "37 a clinical status is foreign": resource_case(
        condition(clinicalStatus=concept(CLINICAL, "banana")),
        condition(clinicalStatus=concept(CLINICAL, "relapse")),
        "code-invalid",
        "clinicalStatus.coding",
    ),
    "37 a verification status is of another system": resource_case(
        condition(verificationStatus=concept(CLINICAL, "confirmed")),
        condition(verificationStatus=concept(VERIFICATION, "differential")),
        "code-invalid",
        "verificationStatus.coding",
    ),
    "39 an Observation has no code": resource_case(without(observation(), "code"), observation(), "required", "code"),
    "39 a Condition has no subject": resource_case(without(condition(), "subject"), condition(), "required", "subject"),
    "39 a status is nothing but an extension": resource_case(
        without(observation(_status={"id": "s"}), "status"), observation(_status={"id": "s"}), "required", "status"
    ),
    "39 a required choice is missing": resource_case(
        {"resourceType": "MedicationStatement", "status": "active", "subject": {"reference": "Patient/p1"}},
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": {"reference": "Patient/p1"},
            "medicationCodeableConcept": {"text": "none"},
        },
        "required",
        "medication",
    ),
    "40 an id climbs": resource_case(patient(id="../p1"), patient(id="..p1"), "value", "id"),
    "40 an id is percent-encoded": resource_case(patient(id="%2e%2e"), patient(id="2e2e"), "value", "id"),
    "40 an id has 65 characters": resource_case(patient(id="a" * 65), patient(id="a" * 64), "value", "id"),
    "40 an id has Arabic digits": resource_case(patient(id="٣"), patient(id="3"), "value", "id"),
    "40 an id ends in a line feed": resource_case(patient(id="p1\n"), patient(id="p1"), "value", "id"),
    "42 base64 is broken": resource_case(
        patient(photo=[{"data": "YWJ"}]), patient(photo=[{"data": "YWJj YQ=="}]), "value", "photo[0].data"
    ),
    "78 a name is __class__": resource_case(patient(__class__="x"), patient(), "structure", ""),
    "78 a name is constructor": resource_case(patient(constructor="x"), patient(), "structure", "constructor"),
}

INVARIANTS = {
    "obs-6 a value stands beside a reason for its absence": resource_case(
        observation(valueString="x", dataAbsentReason={"text": "unknown"}),
        observation(dataAbsentReason={"text": "unknown"}),
        "invariant",
        "dataAbsentReason",
    ),
    "obs-7 a component repeats the code and there is a value": resource_case(
        observation(valueString="x", component=[part(observation()["code"], valueString="y")]),
        observation(valueString="x", component=[part({"text": "other"}, valueString="y")]),
        "invariant",
        "value",
    ),
    "con-4 an abated condition is active": resource_case(
        condition(abatementDateTime="2026"),
        condition(abatementDateTime="2026", clinicalStatus=concept(CLINICAL, "remission")),
        "invariant",
        "abatement",
    ),
    "con-5 an error has a clinical status": resource_case(
        condition(verificationStatus=IN_ERROR),
        without(condition(verificationStatus=IN_ERROR), "clinicalStatus"),
        "invariant",
        "clinicalStatus",
    ),
    "ext-1 an extension has nothing": resource_case(
        patient(extension=[{"url": NOTE, "id": "e"}]),
        patient(extension=[{"url": NOTE, "id": "e", "_valueCode": {"extension": [{"url": NOTE, "valueCode": "u"}]}}]),
        "invariant",
        "extension[0]",
    ),
    "dom-2 a contained resource contains one": resource_case(
        holding(inner("a", contained=[inner("b")]), performer=to("#a")),
        holding(inner("a"), performer=to("#a")),
        "invariant",
        "contained[0].contained",
    ),
    "dom-3 nothing refers to a contained resource": resource_case(
        holding(inner("a")), holding(inner("a"), performer=to("#a")), "invariant", "contained[0]"
    ),
    "dom-4 a contained resource has a version": resource_case(
        holding(inner("a", meta={"versionId": "1"}), performer=to("#a")),
        holding(inner("a", meta={"profile": [NOTE]}), performer=to("#a")),
        "invariant",
        "contained[0].meta",
    ),
    "dom-5 a contained resource has a security label": resource_case(
        holding(inner("a", meta={"security": [{"code": "R"}]}), performer=to("#a")),
        holding(inner("a", meta={"tag": [{"code": "R"}]}), performer=to("#a")),
        "invariant",
        "contained[0].meta.security",
    ),
    "ref-1 a local reference leads nowhere": resource_case(
        observation(performer=to("#a")), holding(inner("a"), performer=to("#a")), "invariant", "performer[0].reference"
    ),
    "50 contained resources refer to each other in a circle": resource_case(
        holding(
            {"resourceType": "Organization", "id": "a", "name": "A", "partOf": {"reference": "#b"}},
            {"resourceType": "Organization", "id": "b", "name": "B", "partOf": {"reference": "#a"}},
            performer=to("#a"),
        ),
        holding(
            {"resourceType": "Organization", "id": "a", "name": "A", "partOf": {"reference": "#b"}},
            {"resourceType": "Organization", "id": "b", "name": "B"},
            performer=to("#a"),
        ),
        "invariant",
        "contained",
    ),
    "50 two contained resources have one id": resource_case(
        holding(inner("a"), inner("a"), performer=to("#a")),
        holding(inner("a"), inner("b"), performer=to("#a", "#b")),
        "invariant",
        "contained",
    ),
    "a contained resource is invalid": resource_case(
        holding(inner("a", gender="M"), performer=to("#a")),
        holding(inner("a", gender="male"), performer=to("#a")),
        "code-invalid",
        "contained[0].gender",
    ),
    "a contained resource of a type without schema has null": resource_case(
        holding({"resourceType": "Group", "id": "g", "name": None}, focus=to("#g")),
        holding({"resourceType": "Group", "id": "g", "name": "G"}, focus=to("#g")),
        "value",
        "contained[0].name",
    ),
    "bdl-1 a collection has a total": Case(
        with_(collection(patient()), total=1), collection(patient()), INVALID, "invariant", "Bundle.total"
    ),
    "bdl-2 a collection's entry has search": Case(
        with_(collection(), entry=[{"resource": patient(), "search": {"mode": "match"}}]),
        collection(patient()),
        INVALID,
        "invariant",
        "Bundle.entry[0].search",
    ),
    "bdl-3 a batch's entry has no request": Case(
        batch({"resource": patient()}), batch(put(patient())), INVALID, "invariant", "Bundle.entry[0].request"
    ),
    "bdl-3 a collection's entry has a request": Case(
        with_(collection(), entry=[put(patient())]),
        collection(patient()),
        INVALID,
        "invariant",
        "Bundle.entry[0].request",
    ),
    "bdl-4 a transaction's entry has a response": Case(
        transaction(put(patient(), response={"status": "200"})),
        transaction(put(patient())),
        INVALID,
        "invariant",
        "Bundle.entry[0].response",
    ),
    "bdl-5 an entry has nothing but an address": Case(
        with_(collection(), entry=[{"fullUrl": FIRST}]), collection(patient()), INVALID, "invariant", "Bundle.entry[0]"
    ),
    "bdl-8 a fullUrl names a version": Case(
        transaction(put(patient(), fullUrl="http://ehr.example/Patient/p1/_history/1")),
        transaction(put(patient(), fullUrl="http://ehr.example/Patient/p1")),
        INVALID,
        "invariant",
        "Bundle.entry[0].fullUrl",
    ),
}

ADDRESS = "Bundle.entry[0].request.url"
SEMANTICS = {
    "43 the type is missing": Case(
        without(collection(patient()), "type"), collection(patient()), INVALID, "required", "Bundle.type"
    ),
    "43 the type is unknown": Case(
        with_(collection(patient()), type="nonsense"), collection(patient()), INVALID, "code-invalid", "Bundle.type"
    ),
    "43 the type is searchset": Case(
        with_(collection(patient()), type="searchset"),
        collection(patient()),
        NOT_SUPPORTED,
        "not-supported",
        "Bundle.type",
    ),
    "44 two entries have one fullUrl": Case(
        transaction(put(patient(), fullUrl=FIRST), put(observation(), fullUrl=FIRST)),
        transaction(put(patient(), fullUrl=FIRST), put(observation(), fullUrl=OTHER)),
        INVALID,
        "duplicate",
        "Bundle.entry[1].fullUrl",
    ),
    "45 a fullUrl names another id": Case(
        transaction(put(patient(), fullUrl="http://ehr.example/fhir/Patient/p2")),
        transaction(put(patient(), fullUrl="http://ehr.example/fhir/Patient/p1")),
        INVALID,
        "invalid",
        "Bundle.entry[0].fullUrl",
    ),
    "45 a fullUrl is relative": Case(
        transaction(put(patient(), fullUrl="Patient/p1")),
        transaction(put(patient(), fullUrl="urn:oid:1.2.3")),
        INVALID,
        "invalid",
        "Bundle.entry[0].fullUrl",
    ),
    "46 two entries of a transaction write one resource": Case(
        transaction(put(patient()), put(patient(active=True))),
        transaction(put(patient()), put(patient(id="p2"))),
        INVALID,
        "duplicate",
        "Bundle.entry[1].request.url",
    ),
    "47 the method is unknown": Case(
        transaction({"resource": patient(), "request": {"method": "MOVE", "url": "Patient/p1"}}),
        transaction(put(patient())),
        INVALID,
        "code-invalid",
        "Bundle.entry[0].request.method",
    ),
    "47 the method is PATCH": Case(
        transaction({"resource": patient(), "request": {"method": "PATCH", "url": "Patient/p1"}}),
        transaction(put(patient())),
        Refusal.NOT_IMPLEMENTED,
        "not-supported",
        "Bundle.entry[0].request.method",
    ),
    "47 what is deleted comes with a resource": Case(
        transaction({"resource": patient(), "request": {"method": "DELETE", "url": "Patient/p1"}}),
        transaction({"request": {"method": "DELETE", "url": "Patient/p1"}}),
        INVALID,
        "invariant",
        "Bundle.entry[0]",
    ),
    "47 a deletion names no resource": Case(
        transaction({"request": {"method": "DELETE", "url": "Patient"}}),
        transaction({"request": {"method": "DELETE", "url": "Patient?identifier=1"}}),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 a deletion names a version": Case(
        transaction({"request": {"method": "DELETE", "url": "Patient/p1/_history/1"}}),
        transaction({"request": {"method": "GET", "url": "Patient/p1/_history/1"}}),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 what is read is no resource type": Case(
        transaction({"request": {"method": "GET", "url": "metadata"}}),
        transaction({"request": {"method": "HEAD", "url": "Patient"}}),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 a resource is deleted and written in one transaction": Case(
        transaction({"request": {"method": "DELETE", "url": "Patient/p1"}}, put(patient())),
        transaction({"request": {"method": "GET", "url": "Patient/p1"}}, put(patient())),
        INVALID,
        "duplicate",
        "Bundle.entry[1].request.url",
    ),
    "47 the address is of another type": Case(
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Observation"}}),
        transaction(post(patient())),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 the address is of another id": Case(
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "Patient/p2"}}),
        transaction(put(patient())),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 the address climbs": Case(
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "Patient/../Observation"}}),
        transaction(put(patient())),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 the address is of another server": Case(
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "https://ehr.example/Patient/p1"}}),
        transaction(put(patient())),
        NOT_SUPPORTED,
        "not-supported",
        ADDRESS,
    ),
    "47 a conditional update asks for nothing": Case(
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "Patient?"}}),
        transaction(
            {"resource": without(patient(), "id"), "request": {"method": "PUT", "url": "Patient?identifier=1"}}
        ),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 a resource is posted to a search": Case(
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Patient?identifier=1"}}),
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Patient", "ifNoneExist": "a=b"}}),
        INVALID,
        "invariant",
        ADDRESS,
    ),
    "47 a conditional creation asks for nothing": Case(
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Patient", "ifNoneExist": "?"}}),
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Patient", "ifNoneExist": "?a=b"}}),
        INVALID,
        "value",
        "Bundle.entry[0].request.ifNoneExist",
    ),
    "47 an entity tag is none": Case(
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "Patient/p1", "ifMatch": "2"}}),
        transaction({"resource": patient(), "request": {"method": "PUT", "url": "Patient/p1", "ifMatch": 'W/"2"'}}),
        INVALID,
        "value",
        "Bundle.entry[0].request.ifMatch",
    ),
    "47 a condition stands beside a method that has none": Case(
        transaction({"resource": patient(), "request": {"method": "POST", "url": "Patient", "ifMatch": 'W/"2"'}}),
        transaction({"request": {"method": "DELETE", "url": "Patient/p1", "ifMatch": 'W/"2", "3"'}}),
        NOT_SUPPORTED,
        "not-supported",
        "Bundle.entry[0].request.ifMatch",
    ),
    "47 what is put has no id": Case(
        transaction(put(without(patient(), "id"))),
        transaction(put(patient())),
        INVALID,
        "required",
        "Bundle.entry[0].resource.id",
    ),
    "47 nothing is posted": Case(
        transaction({"request": {"method": "POST", "url": "Patient"}}),
        transaction(post(patient())),
        INVALID,
        "required",
        "Bundle.entry[0].resource",
    ),
    "48 a urn:uuid has no entry": Case(
        transaction(post(patient(), fullUrl=FIRST), post(observation(subject={"reference": OTHER}))),
        transaction(post(patient(), fullUrl=FIRST), post(observation(subject={"reference": FIRST}))),
        UNPROCESSABLE,
        "not-found",
        "Bundle.entry[1].resource.subject.reference",
    ),
    "48 a urn:uuid is no uuid": resource_case(
        observation(subject={"reference": "urn:uuid:p1"}),
        observation(subject={"reference": FIRST}),
        "value",
        "subject.reference",
    ),
    "48 a fullUrl is no uuid": Case(
        transaction(put(patient(), fullUrl="urn:uuid:p1")),
        transaction(put(patient(), fullUrl=FIRST)),
        INVALID,
        "value",
        "Bundle.entry[0].fullUrl",
    ),
    "49 a conditional reference stands outside a transaction": resource_case(
        observation(subject={"reference": "Patient?identifier=1"}),
        observation(subject={"identifier": {"value": "1"}}),
        "not-supported",
        "subject.reference",
        NOT_SUPPORTED,
    ),
    "52 a subject is a Medication": resource_case(
        observation(subject={"reference": "Medication/m1"}),
        observation(subject={"reference": "Group/g1"}),
        "value",
        "subject.reference",
    ),
    "52 an absolute reference is to a Medication": resource_case(
        observation(subject={"reference": "https://ehr.example/fhir/Medication/m1/_history/2"}),
        observation(subject={"reference": "https://ehr.example/fhir/Patient/p1/_history/2"}),
        "value",
        "subject.reference",
    ),
    "53 the Bundle is empty": Case(
        {"resourceType": "Bundle", "type": "transaction"},
        transaction(put(patient())),
        UNPROCESSABLE,
        "business-rule",
        "Bundle.entry",
    ),
    "55 an entry is a Bundle": resource_case(
        collection(patient()), patient(), "not-supported", "resourceType", NOT_SUPPORTED
    ),
    "55 an entry is Parameters": resource_case(
        {"resourceType": "Parameters"}, patient(), "not-supported", "resourceType", NOT_SUPPORTED
    ),
    "61 a period ends before it starts": resource_case(
        observation(valuePeriod={"start": "2026-03-02T00:30:00+02:00", "end": "2026-03-01T22:00:00Z"}),
        observation(valuePeriod={"start": "2026-03-02T00:30:00+02:00", "end": "2026-03-01T22:45:00Z"}),
        "business-rule",
        "value",
        UNPROCESSABLE,
    ),
}
CASES = SYNTAX | INVARIANTS | SEMANTICS


@pytest.mark.parametrize("row", CASES)
def test_it_is_refused_when(row: str) -> None:
    case = CASES[row]
    refused = refusal(case.input)
    assert (refused.reason, said(refused)) == (case.reason, [(case.code, case.expression)])


@pytest.mark.parametrize("row", CASES)
def test_its_twin_is_taken_although(row: str) -> None:
    assert warnings(parsed(CASES[row].twin)) == []


@pytest.mark.parametrize(
    ("when", "taken"),
    [
        ({"effectiveDateTime": "2026-03-01T12:05:00Z"}, True),
        ({"effectiveDateTime": "2026-03-01T12:05:01Z"}, False),
        ({"effectiveDateTime": "2026-03-02"}, True),
        ({"effectiveDateTime": "2026-03-03"}, False),
        ({"effectiveDateTime": "2026-04"}, False),
        ({"effectivePeriod": {"start": "2026-02-01", "end": "2027"}}, True),
        ({"effectivePeriod": {"start": "2027"}}, False),
        ({"effectiveInstant": "2026-03-01T15:00:00Z"}, False),
    ],
)
def test_row_61_evidence_of_the_future_is_refused(when: Json, *, taken: bool) -> None:
    evidence = without(observation(), "effectiveDateTime") | when
    body = orjson.dumps(collection(evidence))
    latest = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    if taken:
        assert warnings(parse_bundle(body, latest=latest)) == []
    else:
        refused = refusal_by(lambda text: parse_bundle(text, latest=latest), body)
        assert said(refused) == [("business-rule", "Bundle.entry[0].resource.effective")]


def test_row_49_a_conditional_reference_in_a_transaction_is_to_be_resolved() -> None:
    bundle = parsed(transaction(put(observation(subject={"reference": "Patient?identifier=1"}))))
    assert warnings(bundle) == []
    assert bundle.conditional == {"Patient?identifier=1": "Bundle.entry[0].resource.subject.reference"}


def test_row_51_entries_may_refer_to_each_other_in_a_circle() -> None:
    one = observation(hasMember=[{"reference": OTHER}])
    other = observation(id="o2", hasMember=[{"reference": FIRST}])
    assert warnings(parsed(transaction(put(one, fullUrl=FIRST), put(other, fullUrl=OTHER)))) == []


@pytest.mark.parametrize("subject", [{"identifier": {"value": "1"}}, {"display": "A."}, None])
def test_row_56_an_observation_needs_no_subject_that_can_be_resolved(subject: Json | None) -> None:
    evidence = observation(subject=subject) if subject else without(observation(), "subject")
    assert parsed(collection(evidence)).entries[0].issues == ()


def test_a_problem_without_clinical_status_is_taken_with_a_warning() -> None:
    category = concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")
    bundle = parsed(collection(without(condition(category=[category]), "clinicalStatus")))
    (warning,) = warnings(bundle)
    assert (str(warning.severity), warning.expression) == ("warning", "Bundle.entry[0].resource.clinicalStatus")
