"""The Parameters of $respond: what is read, what is refused and where, and the words it becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.domain.errors import Refusal, Refused
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.fhir.response import LONGEST, OVERRIDE_REASON, answer, draw_word, read_word, reasons_of, said
from fhirsvc.knowledge.terminology import mappings_root
from tests.answers import DECIDED
from tests.fhir_checks import assert_valid_r4

REASONS = reasons_of((mappings_root() / "code-systems" / "override-reason.json").read_bytes())
WHO = {"name": "who", "valueReference": {"reference": "Practitioner/7", "display": "Dr. Seven"}}
CODED = {
    "name": "reason",
    "valueCodeableConcept": {"coding": [{"system": OVERRIDE_REASON, "code": "record-wrong"}]},
}
OVERRIDE = {"name": "response", "valueCode": "override"}
AGREE = {"name": "response", "valueCode": "agree"}


def reading(*parameters: Any, **more: Any) -> Word:
    return read_word(
        json.dumps({"resourceType": "Parameters", "parameter": list(parameters), **more}).encode(), REASONS
    )


def refusal(*parameters: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        reading(*parameters, **more)
    return refused.value


def places(*parameters: Any) -> list[tuple[str, str]]:
    return [(issue.code.value, issue.expression) for issue in refusal(*parameters).issues]


def test_an_override_is_read_with_its_reason_who_and_comment() -> None:
    word = reading(OVERRIDE, CODED, WHO, {"name": "comment", "valueString": " Checked by phone. "})
    assert word == Word(
        kind=Kind.OVERRIDE,
        who=Clinician(reference="Practitioner/7", name="Dr. Seven"),
        why=Why(code="record-wrong", text="Record is wrong"),
        comment="Checked by phone.",
    )


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ({"valueString": "Seen today"}, Why(text="Seen today")),
        ({"valueCodeableConcept": {"text": "Seen today"}}, Why(text="Seen today")),
        (
            {"valueCodeableConcept": {**CODED["valueCodeableConcept"], "text": "Wrong leg"}},  # type: ignore[dict-item]
            Why(code="record-wrong", text="Wrong leg"),
        ),
    ],
)
def test_a_reason_may_be_said_in_words(reason: dict[str, Any], why: Why) -> None:
    assert reading(OVERRIDE, {"name": "reason", **reason}, WHO).why == why


@pytest.mark.parametrize(
    ("who", "clinician"),
    [
        ({"valueString": "Dr. Eight"}, Clinician(name="Dr. Eight")),
        ({"valueReference": {"display": "Dr. Eight"}}, Clinician(name="Dr. Eight")),
        (
            {"valueReference": {"identifier": {"system": "urn:staff", "value": "8"}}},
            Clinician(system="urn:staff", value="8"),
        ),
        (
            {"valueReference": {"reference": "https://ehr.example/fhir/PractitionerRole/8"}},
            Clinician(reference="https://ehr.example/fhir/PractitionerRole/8"),
        ),
    ],
)
def test_a_clinician_is_named_by_reference_identifier_or_words(who: dict[str, Any], clinician: Clinician) -> None:
    word = reading(AGREE, {"name": "who", **who})
    assert word.who == clinician
    assert_valid_r4(json.loads(draw_word("r1", word, ["ClinicalImpression/i/_history/1"], DECIDED).body))


def test_agreement_needs_no_reason_and_may_have_one() -> None:
    assert reading(AGREE, WHO).why is None
    assert reading(AGREE, WHO, CODED).why == Why(code="record-wrong", text="Record is wrong")


@pytest.mark.parametrize(
    ("parameters", "code", "place"),
    [
        ([WHO], "required", "Parameters.parameter.where(name='response')"),
        ([OVERRIDE, WHO], "required", "Parameters.parameter.where(name='reason')"),
        ([AGREE], "required", "Parameters.parameter.where(name='who')"),
        ([{"name": "response", "valueCode": "maybe"}, WHO], "code-invalid", "Parameters.parameter[0].value"),
        ([{"name": "response", "valueString": "agree"}, WHO], "value", "Parameters.parameter[0]"),
        ([AGREE, WHO, WHO], "structure", "Parameters.parameter[2]"),
        ([AGREE, WHO, {"name": "color", "valueCode": "red"}], "not-supported", "Parameters.parameter[2].name"),
        (
            [AGREE, WHO, {"name": "comment", "valueString": "x" * (LONGEST + 1)}],
            "value",
            "Parameters.parameter[2].value",
        ),
        (
            [AGREE, WHO, {"name": "comment", "valueString": "x", "valueCode": "x"}],
            "structure",
            "Parameters.parameter[2]",
        ),
        (
            [AGREE, {"name": "who", "valueReference": {"reference": "Patient/p1"}}],
            "value",
            "Parameters.parameter[1].value.reference",
        ),
        (
            [AGREE, {"name": "who", "valueReference": {"type": "Practitioner"}}],
            "required",
            "Parameters.parameter[1].value",
        ),
        (
            [
                OVERRIDE,
                WHO,
                {
                    "name": "reason",
                    "valueCodeableConcept": {"coding": [{"system": OVERRIDE_REASON, "code": "nonsense"}]},
                },
            ],
            "code-invalid",
            "Parameters.parameter[2].value.coding[0]",
        ),
        (
            [
                OVERRIDE,
                WHO,
                {
                    "name": "reason",
                    "valueCodeableConcept": {"coding": [{"system": "urn:other", "code": "record-wrong"}]},
                },
            ],
            "code-invalid",
            "Parameters.parameter[2].value.coding[0]",
        ),
    ],
)
def test_what_is_missing_unknown_or_wrong_is_refused_with_its_place(
    parameters: list[Any], code: str, place: str
) -> None:
    assert (code, place) in places(*parameters)
    assert refusal(*parameters).reason is Refusal.INVALID


@pytest.mark.parametrize("body", [b"[]", b'{"resourceType": "Patient"}', b'"x"', b'{"resourceType": "Parameters"}'])
def test_what_is_no_parameters_resource_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_word(body, REASONS)


@pytest.mark.parametrize("parameter", [None, 3, "x", [3], [None], [{"name": 3}], {"name": "who"}, [{"name": ["who"]}]])
@pytest.mark.parametrize("name", ["parameter", "value"])
def test_whatever_stands_there_is_refused_and_breaks_nothing(name: str, parameter: Any) -> None:
    if name == "parameter":
        body = {"resourceType": "Parameters", "parameter": parameter}
    else:
        body = {
            "resourceType": "Parameters",
            "parameter": [
                OVERRIDE,
                {"name": "who", "valueReference": parameter},
                {**CODED, "valueCodeableConcept": {"coding": parameter}},
            ],
        }
    with pytest.raises(Refused):
        read_word(json.dumps(body).encode(), REASONS)


def test_a_word_is_said_in_a_sentence() -> None:
    assert said(reading(AGREE, WHO)) == "Agreed by a clinician."
    assert said(reading(OVERRIDE, WHO, CODED)) == "Overridden by a clinician: Record is wrong."
    comment = {"name": "comment", "valueString": "Why? The other leg!"}
    assert said(reading(OVERRIDE, WHO, CODED, comment)).endswith("Record is wrong. Why? The other leg!")


def test_the_answer_names_every_version_it_is_about() -> None:
    word = reading(OVERRIDE, WHO, CODED)
    targets = ["ClinicalImpression/i/_history/2", "Flag/f/_history/2"]
    drawn = draw_word("r1", word, targets, DECIDED)
    told = answer(drawn.body)
    assert_valid_r4(told)
    assert [each["name"] for each in told["parameter"]] == ["response", "recorded", "impression", "flag", "provenance"]
    assert told["parameter"][2]["valueReference"] == {"reference": targets[0]}


def test_text_that_is_markup_stays_text() -> None:
    word = reading(
        OVERRIDE, {"name": "who", "valueString": "<script>x</script>"}, {"name": "reason", "valueString": "<b>"}
    )
    provenance = json.loads(draw_word("r1", word, ["ClinicalImpression/i/_history/2"], DECIDED).body)
    assert_valid_r4(provenance)
    assert "<script>" not in provenance["text"]["div"]
