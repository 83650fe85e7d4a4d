"""Laws of reading: silence, order, one fact for one finding however coded, dates, and no JSON that raises."""

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.evidence import Fact, Moment, Presence, Root, Side
from fhirsvc.domain.lexicon import Concept, Lexicon, Meaning
from fhirsvc.fhir.extract import Record, extract
from fhirsvc.fhir.extract.moments import moment
from tests.unit.fhir.extracting import (
    ICD,
    LEFT,
    LOINC,
    OWN,
    RECEIVED,
    RIGHT,
    SNOMED,
    Json,
    attached,
    coded,
    condition,
    facts,
    lexicon,
    observation,
    own,
    reading,
    record,
    report,
)


def shape(fact: Fact) -> tuple[Any, ...]:
    """Everything of a Fact but where it stands."""
    return (fact.concept, fact.presence, fact.result, fact.number, fact.side, fact.root, fact.area, fact.certainty)


SHAPES: dict[str, list[Json]] = {
    "absent left ankle reflex": [
        observation("Absent left ankle jerk"),
        observation(own("achilles-reflex"), valueString="absent", bodySite=LEFT),
        observation(coded(SNOMED, "366420008"), valueString="0", bodySite={"text": "left Achilles tendon"}),
        observation("Achilles reflex", component=[{"code": {"text": "left"}, "valueInteger": 0}]),
        observation("Achilles reflex", valueString="absent on the left"),
    ],
    "left Achilles tendon tender": [
        observation("Left Achilles tendon tender"),
        observation(own("achilles-tenderness"), valueBoolean=True, bodySite=LEFT),
        observation("Tenderness", bodySite={"text": "left Achilles tendon"}),
        observation("Palpation of Achilles tendon", component=[{"code": LEFT, "valueString": "tender"}]),
    ],
    "straight-leg raise negative on the right": [
        observation("Right straight leg raise negative"),
        observation(own("straight-leg-raise"), valueCodeableConcept=coded(SNOMED, "260385009"), bodySite=RIGHT),
        observation("Straight leg raise", component=[{"code": RIGHT, "valueBoolean": False}]),
    ],
    "reduced sensation at the left lateral foot": [
        observation("Reduced sensation left lateral foot"),
        observation(own("leg-sensation"), valueBoolean=True, bodySite={"text": "left lateral foot"}),
        observation("Sensation lateral foot", valueString="reduced", bodySite=LEFT),
    ],
}


@pytest.mark.parametrize("finding", SHAPES)
def test_one_finding_is_one_fact_however_it_is_coded(finding: str) -> None:
    read = [[shape(fact) for fact in facts(written)] for written in SHAPES[finding]]
    assert all(each == read[0] and len(each) == 1 for each in read)


def test_two_codes_for_one_condition_are_one_fact() -> None:
    both = {
        "coding": [{"system": ICD, "code": "M76.62"}, {"system": OWN, "code": "achilles-pain"}],
        "text": "Achilles pain",
    }
    assert [fact.side for fact in facts(condition(both))] == [Side.LEFT]


def test_two_codes_that_contradict_each_other_are_unknown() -> None:
    both = {"coding": [], "text": "Absent ankle jerk"}
    normal = observation(both, valueString="normal")
    assert [fact.presence for fact in facts(normal)] == [Presence.UNKNOWN]


RESOURCES = [
    {"resourceType": "Patient", "id": "p", "birthDate": "1970-01-02"},
    *(dict(each, id=f"o{index}") for index, each in enumerate(itertools.chain(*SHAPES.values()))),
    dict(condition(coded(ICD, "M54.42")), id="c9"),
    dict(report("Left S1 root contact. No L5 root contact."), id="d9"),
    {
        "resourceType": "DocumentReference",
        "id": "n9",
        "status": "current",
        "docStatus": "final",
        "type": coded(LOINC, "11506-3"),
        "category": [{"text": "Clinical note"}],
        "language": "en",
        "date": "2026-02-20T10:00:00Z",
        "context": {"period": {"start": "2026-02-20"}},
        "content": [{"attachment": attached("Left ankle jerk absent.")}, {"attachment": {"url": "Binary/b9"}}],
        "relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/n8"}}],
    },
    {"resourceType": "Binary", "id": "b9", **attached("Right ankle jerk absent.")},
    {
        "resourceType": "QuestionnaireResponse",
        "id": "q9",
        "status": "completed",
        "authored": "2026-02-20",
        "item": [
            {
                "linkId": "1",
                "text": "Heel pain",
                "definition": f"{OWN}#heel-pain",
                "answer": [
                    {"valueBoolean": True, "item": [{"text": "Which side?", "answer": [{"valueString": "left"}]}]}
                ],
            }
        ],
    },
    {
        "resourceType": "Encounter",
        "id": "e9",
        "status": "finished",
        "period": {"start": "2026-02-20"},
        "reasonCode": [{"text": "Left heel pain for 8 weeks"}],
    },
    {
        "resourceType": "MedicationStatement",
        "id": "m9",
        "status": "active",
        "effectivePeriod": {"start": "2025-06-01"},
        "dateAsserted": "2026-02-20",
        "medicationCodeableConcept": {"text": "Prednisolone 5 mg tablets"},
        "dosage": [{"route": {"text": "oral"}, "site": {"text": "heel"}}],
    },
    {
        "resourceType": "MedicationRequest",
        "id": "m8",
        "status": "active",
        "intent": "order",
        "doNotPerform": False,
        "authoredOn": "2026-02-20",
        "medicationReference": {"reference": "#x", "display": "Ciprofloxacin"},
        "dosageInstruction": [{"route": {"text": "oral"}}],
        "contained": [{"resourceType": "Medication", "id": "x", "code": {"text": "Ciprofloxacin"}}],
    },
]


@given(order=st.permutations(RESOURCES))
def test_the_order_of_records_never_matters(order: list[Json]) -> None:
    records = [record(each) for each in RESOURCES]
    assert extract([record(each) for each in order], lexicon(), reading()) == extract(records, lexicon(), reading())


def test_silence_gives_no_fact() -> None:
    assert facts() == ()
    assert facts(observation(""), observation({}), condition(""), report(), {"resourceType": "Observation"}) == ()
    assert facts({"resourceType": "Patient", "id": "p"}) == ()


def test_every_fact_cites_the_exact_version_and_the_first_receipt() -> None:
    sent = record(observation(own("achilles-reflex"), valueString="0"), version=3, received=RECEIVED)
    (fact,) = extract([sent], lexicon(), reading()).evidence.facts
    assert (fact.source.reference, fact.received) == ("Observation/o1/_history/3", RECEIVED)


def test_a_hand_made_lexicon_is_all_that_extract_knows() -> None:
    tiny = Lexicon(
        codes={("urn:test", "x"): (Meaning(concept="sign-x", answer="present", side=Side.RIGHT, root=Root.L5),)},
        concepts={"sign-x": Concept(code="sign-x", display="X", definition="X", reads="sign")},
    )
    (fact,) = extract([record(observation(coded("urn:test", "x")))], tiny, reading()).evidence.facts
    assert (fact.concept, fact.side, fact.root) == ("sign-x", Side.RIGHT, Root.L5)
    assert extract([record(observation("Achilles reflex"))], tiny, reading()).evidence.facts == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", Moment.days(date(2026, 1, 1), date(2026, 12, 31))),
        ("2024-02", Moment.days(date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-03-01", Moment.day(date(2026, 3, 1))),
        ("2026-03-01T10:00:00+02:00", Moment.at(datetime(2026, 3, 1, 8, tzinfo=UTC))),
        ("2026-03-01T10:00:00.1234567Z", Moment.at(datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC))),
        ("2026-03-01T10:00:60Z", Moment.at(datetime(2026, 3, 1, 10, 0, 59, tzinfo=UTC))),
        ("2026-03-01T10:00:00", Moment.at(datetime(2026, 3, 1, 10, tzinfo=UTC))),
        ("2026-02-30", None),
        ("2026-13", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-03-01T25:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_as_precise_as_written(text: str, expected: Moment | None) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"effectiveDateTime": "2026-02-01"}, date(2026, 2, 1)),
        ({"effectiveInstant": "2026-02-01T00:00:00Z"}, date(2026, 2, 1)),
        ({"effectivePeriod": {"start": "2026-02-01", "end": "2026-02-03"}}, date(2026, 2, 1)),
        ({"effectivePeriod": {"end": "2026-02-03"}}, date(2026, 2, 3)),
        ({"effectivePeriod": {"start": "2026-02-05", "end": "2026-02-03"}}, date(2026, 2, 5)),
        ({"issued": "2026-02-01T00:00:00Z"}, None),
        ({}, None),
    ],
)
def test_the_clinical_time_is_the_effective_one_and_never_issued(members: Json, expected: date | None) -> None:
    base = {
        key: value
        for key, value in observation(own("achilles-reflex"), valueString="0").items()
        if key[:9] != "effective"
    }
    (fact,) = facts(base | members)
    assert (fact.recorded.earliest if fact.recorded else None) == expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = sorted({key for resource in RESOURCES for key in resource} - {"resourceType", "id"})
_TYPES = [
    *("Patient", "Observation", "Condition", "DiagnosticReport", "Procedure", "FamilyMemberHistory", "Encounter"),
    *("MedicationStatement", "MedicationRequest", "MedicationAdministration", "Medication", "Binary"),
    *("DocumentReference", "QuestionnaireResponse", "ServiceRequest"),
]


@given(type_=st.sampled_from(_TYPES), resource=st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=8), _JSON))
def test_no_json_raises(type_: str, resource: Json) -> None:
    extract([_record(type_, resource)], lexicon(), reading())


@given(original=st.sampled_from(RESOURCES), data=st.data())
def test_no_json_in_any_field_of_a_good_resource_raises(original: Json, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(set(original) - {"resourceType", "id"})))
    extract([_record(original["resourceType"], {**original, field: data.draw(_JSON)})], lexicon(), reading())


@given(text=st.text(max_size=80), kind=st.sampled_from(["code", "valueString", "bodySite", "note", "conclusion"]))
def test_no_text_raises(text: str, kind: str) -> None:
    resources = {
        "code": observation(text, valueString="absent"),
        "valueString": observation(own("achilles-reflex"), valueString=text),
        "bodySite": observation(own("achilles-reflex"), bodySite={"text": text}),
        "note": observation(own("plantar-flexion-power"), note=[{"text": text}]),
        "conclusion": report(text, presentedForm=[attached(text)]),
    }
    facts(resources[kind])


@pytest.mark.parametrize("filler", [" ", ",", "(", "- ", "/A", "for ", "left ", "1 "])
def test_a_text_of_any_length_is_read_in_linear_time(filler: str) -> None:
    text = f"left {filler * (60_000 // len(filler))} x"
    asked = [{"linkId": "1", "text": text, "answer": [{"valueString": text}]}]
    resources = [
        observation(text, bodySite={"text": text}, valueString=text, note=[{"text": text}]),
        condition(text, onsetString=text),
        {"resourceType": "QuestionnaireResponse", "status": "completed", "item": asked},
        {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": text}},
        {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {"url": text}}]},
        {"resourceType": "Encounter", "status": "finished", "reasonCode": [{"coding": [{"display": text}]}]},
    ]
    started = time.process_time()
    extract([record(dict(each, id=f"r{index}")) for index, each in enumerate(resources)], lexicon(), reading())
    assert time.process_time() - started < 5, "far more than it takes, for a busy machine"


@given(data=st.data())
def test_no_json_anywhere_inside_a_good_resource_raises(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(RESOURCES))
    name = data.draw(st.sampled_from(sorted(original)))
    spoilt = {**original, name: _spoilt(original[name], data, data.draw(_JSON))}
    extract([_record(original["resourceType"], spoilt)], lexicon(), reading())


def _spoilt(node: Any, data: st.DataObject, instead: Any) -> Any:
    """A resource in which something, however deep, is something else."""
    if not node or not isinstance(node, dict | list) or data.draw(st.integers(0, 4)) == 0:
        return instead
    if isinstance(node, list):
        at = data.draw(st.integers(0, len(node) - 1))
        return [_spoilt(each, data, instead) if index == at else each for index, each in enumerate(node)]
    name = data.draw(st.sampled_from(sorted(node)))
    return {**node, name: _spoilt(node[name], data, instead)}


def _record(type_: str, resource: Json) -> Record:
    return Record(type=type_, id="x", version=1, received=RECEIVED, resource=resource)


def test_a_patient_of_sixty_resources_is_read_in_milliseconds() -> None:
    laboratory = observation(coded(LOINC, "718-7", text="Haemoglobin"), valueQuantity={"value": 13.2, "unit": "g/dL"})
    resources = [*RESOURCES, *(laboratory for _ in range(60 - len(RESOURCES)))]
    records = [record(dict(each, id=f"r{index}")) for index, each in enumerate(resources)]
    extract(records, lexicon(), reading())
    taken = timedelta(seconds=min(_spent(records) for _ in range(10)))  # the least: a collection of garbage takes long
    assert taken < timedelta(milliseconds=30), "ten times the goal, for a busy machine"


def _spent(records: list[Record]) -> float:
    started = time.process_time()
    extract(records, lexicon(), reading())
    return time.process_time() - started
