"""Observations into Facts: values, sides, components, interpretation, and every trap of RULES 3.8."""

from fractions import Fraction
from typing import Any

import pytest

from fhirsvc.domain.evidence import Certainty, Presence, Qualifier, Root, Side, Status
from tests.unit.fhir.extracting import (
    INTERPRETATION,
    LEFT,
    LOINC,
    RIGHT,
    SNOMED,
    coded,
    fact,
    facts,
    observation,
    own,
    read,
    why,
)

REFLEX = own("achilles-reflex")
POWER = "Plantar flexion power"


def interpretation(code: str) -> list[dict[str, Any]]:
    return [coded(INTERPRETATION, code)]


@pytest.mark.parametrize(
    ("value", "result", "presence"),
    [
        ({"valueString": "0"}, "absent", Presence.PRESENT),
        ({"valueInteger": 0}, "absent", Presence.PRESENT),
        ({"valueQuantity": {"value": 0}}, "absent", Presence.PRESENT),
        ({"valueString": "0/4"}, "absent", Presence.PRESENT),
        ({"valueString": "Absent"}, "absent", Presence.PRESENT),
        ({"valueCodeableConcept": coded(SNOMED, "2667000")}, "absent", Presence.PRESENT),
        ({"valueBoolean": False}, "absent", Presence.PRESENT),
        ({"valueString": "trace"}, "reduced", Presence.PRESENT),
        ({"valueString": "1+"}, "reduced", Presence.PRESENT),
        ({"valueString": "+/-"}, "reduced", Presence.PRESENT),
        ({"valueString": "diminished"}, "reduced", Presence.PRESENT),
        ({"valueString": "2+"}, "normal", Presence.ABSENT),
        ({"valueInteger": 2}, "normal", Presence.ABSENT),
        ({"valueCodeableConcept": {"text": "normal"}}, "normal", Presence.ABSENT),
        ({"valueString": "3+"}, "brisk", Presence.ABSENT),
        ({"valueString": "4+"}, "brisk", Presence.ABSENT),
        ({"valueString": "not tested"}, "", Presence.UNKNOWN),
        ({"valueString": "unable, oedema"}, "", Presence.UNKNOWN),
        ({"valueBoolean": True}, "", Presence.UNKNOWN),
        ({"dataAbsentReason": {"text": "not performed"}}, "", Presence.UNKNOWN),
        ({"_valueString": {"extension": []}}, "", Presence.UNKNOWN),
        ({}, "", Presence.UNKNOWN),
        ({"interpretation": interpretation("N")}, "normal", Presence.ABSENT),
        ({"interpretation": interpretation("A")}, "", Presence.UNKNOWN),
    ],
)
def test_no_reflex_is_a_finding_and_not_tested_is_none(value: Any, result: str, presence: Presence) -> None:
    read_fact = fact(observation(REFLEX, bodySite=LEFT, **value))
    assert (read_fact.result, read_fact.presence, read_fact.side) == (result, presence, Side.LEFT)
    assert read_fact.root is Root.S1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5/5", Fraction(5)),
        ("4+/5", Fraction(13, 3)),
        ("5-/5", Fraction(14, 3)),
        ("4-", Fraction(11, 3)),
        ("3/5", Fraction(3)),
        ("0", Fraction(0)),
        ("4 out of 5", Fraction(4)),
        ("MRC grade 4", Fraction(4)),
        ("6/5", None),
        ("4-5/5", None),
        ("0-", None),
    ],
)
def test_power_grades_keep_their_plus_and_minus(text: str, number: Fraction | None) -> None:
    read_fact = fact(observation(POWER, bodySite=LEFT, valueString=text))
    assert (read_fact.number, read_fact.presence) == (number, Presence.UNKNOWN)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({"valueInteger": 4}, Fraction(4)),
        ({"valueQuantity": {"value": 4.5}}, Fraction(9, 2)),
        ({"valueQuantity": {"value": 4, "code": "{score}"}}, Fraction(4)),
        ({"valueQuantity": {"value": 4, "unit": "kg"}}, None),
        ({"valueQuantity": {"value": 4, "comparator": "<"}}, None),
        ({"valueInteger": 7}, None),
        ({"valueInteger": -1}, None),
        ({"valueInteger": True}, None),
    ],
)
def test_a_number_counts_only_in_the_unit_of_the_question(value: Any, number: Fraction | None) -> None:
    assert fact(observation(POWER, **value)).number == number


def test_power_in_words_is_weak_or_normal() -> None:
    assert fact(observation(POWER, valueString="weak")).presence is Presence.PRESENT
    assert fact(observation(POWER, valueString="normal")).presence is Presence.ABSENT
    assert fact(observation(POWER, valueString="absent")).presence is Presence.UNKNOWN


@pytest.mark.parametrize(
    "members",
    [
        {"valueString": "4/5, limited by pain"},
        {"valueString": "4/5 (limited by pain)"},
        {"valueString": "4/5 limited by pain"},
        {"valueString": "4/5", "note": [{"text": "Limited by pain."}]},
    ],
)
def test_power_limited_by_pain_says_so(members: Any) -> None:
    read_fact = fact(observation(POWER, **members))
    assert (read_fact.number, read_fact.qualifiers) == (Fraction(4), frozenset({Qualifier.PAIN_LIMITED}))


def test_pain_that_a_note_speaks_of_elsewhere_limits_nothing() -> None:
    note = [{"text": "Came because of pain. Power not limited by pain."}]
    assert fact(observation(POWER, valueString="4/5", note=note)).qualifiers == frozenset()


def test_a_stated_weakness_that_progresses_is_present_and_progressive() -> None:
    read_fact = fact(observation("Leg weakness", valueString="progressive", bodySite=LEFT))
    assert (read_fact.presence, read_fact.qualifiers) == (Presence.PRESENT, frozenset({Qualifier.PROGRESSIVE}))


@pytest.mark.parametrize(
    ("code", "value", "number"),
    [
        (own("single-leg-heel-raise"), {"valueInteger": 3}, Fraction(3)),
        (own("single-leg-heel-raise"), {"valueString": "12"}, Fraction(12)),
        (own("foot-posture-index"), {"valueInteger": 7}, Fraction(7)),
        (own("ankle-dorsiflexion-range"), {"valueQuantity": {"value": 8, "code": "deg"}}, Fraction(8)),
        (own("ankle-dorsiflexion-range"), {"valueQuantity": {"value": 8, "unit": "cm"}}, None),
        (own("straight-leg-raise"), {"valueQuantity": {"value": 40, "unit": "deg"}}, None),
    ],
)
def test_counts_scores_and_degrees_are_numbers_without_a_verdict(
    code: Any, value: Any, number: Fraction | None
) -> None:
    read_fact = fact(observation(code, **value))
    assert (read_fact.number, read_fact.presence) == (number, Presence.UNKNOWN)


def test_an_interpretation_adds_its_verdict_to_a_number() -> None:
    quantity = {"value": 8, "code": "deg"}
    read_fact = fact(
        observation(own("ankle-dorsiflexion-range"), valueQuantity=quantity, interpretation=interpretation("A"))
    )
    assert (read_fact.number, read_fact.presence) == (Fraction(8), Presence.PRESENT)


def test_a_value_and_an_interpretation_that_disagree_are_unknown() -> None:
    disagreeing = observation(own("straight-leg-raise"), valueString="positive", interpretation=interpretation("NEG"))
    assert fact(disagreeing).presence is Presence.UNKNOWN


@pytest.mark.parametrize(
    ("code", "members", "presence"),
    [
        ("Tingling down the leg", {}, Presence.PRESENT),
        ("Sciatica", {"valueBoolean": False}, Presence.ABSENT),
        ("Sciatica", {"valueString": "absent"}, Presence.ABSENT),
        ("Sciatica", {"valueString": "no"}, Presence.ABSENT),
        ("Sciatica", {"valueBoolean": True}, Presence.PRESENT),
        ("Sciatica", {"dataAbsentReason": {"text": "asked but unknown"}}, Presence.UNKNOWN),
        ("Sciatica", {"valueString": "see letter of the orthopaedic clinic"}, Presence.UNKNOWN),
        ("No sciatica", {}, Presence.ABSENT),
        ("No low back pain", {"valueBoolean": True}, Presence.ABSENT),
        ("No low back pain", {"valueBoolean": False}, Presence.UNKNOWN),
        (own("heel-pain"), {}, Presence.UNKNOWN),
        (own("heel-pain"), {"valueBoolean": True}, Presence.PRESENT),
        (own("straight-leg-raise"), {}, Presence.UNKNOWN),
        ("Straight leg raise positive", {}, Presence.PRESENT),
        ("Positive straight leg raise", {}, Presence.PRESENT),
        ("Achilles tendon tenderness", {"valueString": "none"}, Presence.ABSENT),
    ],
)
def test_a_finding_is_present_unless_its_value_says_otherwise_and_a_question_waits_for_its_value(
    code: Any, members: Any, presence: Presence
) -> None:
    assert fact(observation(code, **members)).presence is presence


@pytest.mark.parametrize(
    ("code", "value", "presence"),
    [
        ("Sensation lateral foot", {"valueString": "reduced"}, Presence.PRESENT),
        ("Sensation lateral foot", {"valueString": "intact"}, Presence.ABSENT),
        ("Sensation lateral foot", {"valueString": "absent"}, Presence.UNKNOWN),
        ("Sensation lateral foot", {"valueString": "present"}, Presence.UNKNOWN),
        ("Sensation lateral foot", {"valueBoolean": False}, Presence.UNKNOWN),
        ("Numbness of the lateral foot", {"valueString": "absent"}, Presence.ABSENT),
        (own("leg-sensation"), {"valueBoolean": True}, Presence.PRESENT),
        (own("leg-sensation"), {"valueBoolean": False}, Presence.ABSENT),
        ("Saddle sensation", {"valueString": "normal"}, Presence.ABSENT),
        ("Saddle sensation", {"valueString": "absent"}, Presence.UNKNOWN),
    ],
)
def test_absent_sensation_could_mean_lost_or_no_loss_and_is_unknown(code: Any, value: Any, presence: Presence) -> None:
    assert fact(observation(code, **value)).presence is presence


@pytest.mark.parametrize(
    "text",
    [
        "absent on the left, 2+ on the right",
        "2+ right, absent left",
        "left absent and right normal",
        "left: absent; right: normal",
        "L 0, R 2+",
        "R 2+ / L 0",
        "Left absent.\nRight 2+.",
    ],
)
def test_a_value_for_each_side_gives_a_fact_for_each_side(text: str) -> None:
    found = {(each.side, each.result) for each in facts(observation("Achilles reflex", valueString=text))}
    assert found == {(Side.LEFT, "absent"), (Side.RIGHT, "normal")}


def test_each_answer_of_a_value_stands_at_a_place_of_its_own_with_its_text() -> None:
    text = "L 0, R 2+"
    found = facts(observation("Achilles reflex", valueString=text))
    assert len({each.source.key for each in found}) == len(found)
    assert {(each.source.sentence, each.source.start, each.source.end) for each in found} == {(text, 0, len(text))}


@pytest.mark.parametrize(
    "text", ["absent, absent on the left", "2+, not the left", "left 2+, left 0", "roughly normal"]
)
def test_one_piece_of_a_value_that_is_not_understood_leaves_all_unknown(text: str) -> None:
    extraction = read(observation("Achilles reflex", valueString=text))
    assert {each.presence for each in extraction.evidence.facts} == {Presence.UNKNOWN}
    assert [each.why for each in extraction.unread] == ["unread"]


@pytest.mark.parametrize(
    "members",
    [
        {"bodySite": LEFT},
        {"bodySite": {"text": "left"}},
        {"bodySite": {"text": "L"}},
        {"bodySite": {"text": "Left ankle"}},
        {"bodySite": coded(SNOMED, "344001", text="left ankle region")},
    ],
)
def test_the_side_is_read_from_the_body_site(members: Any) -> None:
    assert fact(observation(REFLEX, valueString="0", **members)).side is Side.LEFT


@pytest.mark.parametrize(
    "text",
    [
        "Left Achilles reflex",
        "Achilles reflex, left",
        "Achilles reflex (left)",
        "L Achilles reflex",
        "Lt. Achilles reflex",
        "Achilles reflex on the left side",
        "Achilles reflex L",
    ],
)
def test_the_side_is_read_from_the_text(text: str) -> None:
    assert fact(observation(text, valueString="0")).side is Side.LEFT


def test_a_side_of_the_code_against_one_of_the_body_site_is_unknown() -> None:
    assert fact(observation("Left heel pain", bodySite=RIGHT)).side is Side.UNKNOWN
    assert fact(observation("Achilles reflex", bodySite=RIGHT, valueString="absent left")).side is Side.UNKNOWN


def test_components_per_side_answer_the_question_of_the_observation() -> None:
    parts = [
        {"code": {"text": "left"}, "valueString": "1+"},
        {"code": RIGHT, "valueString": "2+"},
    ]
    found = facts(observation("Achilles reflex", component=parts))
    assert [(each.side, each.result, each.source.place) for each in found] == [
        (Side.LEFT, "reduced", "component[0]"),
        (Side.RIGHT, "normal", "component[1]"),
    ]


def test_components_with_questions_of_their_own_inherit_site_status_and_time() -> None:
    parts = [
        {"code": own("straight-leg-raise"), "valueString": "negative"},
        {"code": own("plantar-flexion-power"), "valueString": "5/5"},
        {"code": own("achilles-reflex"), "dataAbsentReason": {"text": "not done"}},
    ]
    panel = observation("Neurological examination", bodySite=LEFT, component=parts, status="preliminary")
    found = facts(panel)
    assert {each.concept for each in found} == {"straight-leg-raise", "plantar-flexion-power", "achilles-reflex"}
    assert {(each.side, each.status, str(each.recorded and each.recorded.earliest)) for each in found} == {
        (Side.LEFT, Status.PRELIMINARY, "2026-02-20")
    }


def test_a_finding_that_only_its_components_answer_is_not_stated_for_an_unknown_side() -> None:
    parts = [{"code": {"text": "left"}, "valueBoolean": True}, {"code": {"text": "right"}, "valueBoolean": False}]
    found = {(each.side, each.presence) for each in facts(observation("Achilles tendon tenderness", component=parts))}
    assert found == {(Side.LEFT, Presence.PRESENT), (Side.RIGHT, Presence.ABSENT)}


def test_a_component_of_the_other_side_than_the_body_site_is_unknown() -> None:
    parts = [{"code": {"text": "right"}, "valueString": "1+"}]
    assert fact(observation("Achilles reflex", bodySite=LEFT, component=parts)).side is Side.UNKNOWN


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("final", Status.FINAL),
        ("amended", Status.FINAL),
        ("corrected", Status.FINAL),
        ("preliminary", Status.PRELIMINARY),
        ("cancelled", Status.CANCELLED),
        ("entered-in-error", Status.ENTERED_IN_ERROR),
    ],
)
def test_the_status_is_kept(status: str, expected: Status) -> None:
    assert fact(observation(REFLEX, valueString="0", status=status)).status is expected


@pytest.mark.parametrize("status", ["registered", "unknown", "", None])
def test_what_is_only_registered_or_of_unknown_status_is_no_fact(status: Any) -> None:
    assert facts(observation(REFLEX, valueString="0", status=status)) == ()


def test_a_general_code_counts_only_with_a_site_that_gives_it_a_meaning() -> None:
    general = coded(SNOMED, "366420008")
    assert why(observation(general, valueString="1+")) == ["needs-site"]
    assert why(observation(general, valueString="1+", bodySite={"text": "left knee"})) == ["needs-site"]
    assert fact(observation(general, valueString="1+", bodySite={"text": "left Achilles tendon"})).result == "reduced"


def test_a_root_named_as_the_site_of_a_general_sensory_finding_is_its_root() -> None:
    read_fact = fact(observation("Sensation", valueString="reduced", bodySite={"text": "left L5 dermatome"}))
    assert (read_fact.concept, read_fact.root, read_fact.side) == ("leg-sensation", Root.L5, Side.LEFT)


@pytest.mark.parametrize(
    ("area", "root"),
    [("lateral foot", Root.S1), ("dorsum of the foot", Root.L5), ("medial shin", Root.L4), ("sole of the foot", None)],
)
def test_the_root_of_a_sensory_loss_comes_from_its_area(area: str, root: Root | None) -> None:
    numb = observation(own("leg-sensation"), valueBoolean=True, bodySite={"text": f"left {area}"})
    assert fact(numb).root is root


def test_a_code_that_never_decides_alone_needs_a_voice_that_agrees() -> None:
    absent = coded(SNOMED, "274818004")
    assert why(observation(absent)) == ["corroborate"]
    assert fact(observation(absent | {"text": "Absent Achilles reflex"})).result == "absent"
    assert fact(observation(coded(SNOMED, "274818004", display="Absent ankle jerk"))).result == "absent"
    assert why(observation(absent | {"text": "Heel pain"})) == []
    assert [each.concept for each in facts(observation(absent | {"text": "Heel pain"}))] == ["heel-pain"]


def test_a_precoordinated_finding_may_stand_in_the_value() -> None:
    assert fact(observation(REFLEX, valueCodeableConcept={"text": "Absent left ankle jerk"})).result == "absent"
    stated = observation(coded(SNOMED, "366420008"), valueString="absent left ankle jerk")
    assert (fact(stated).result, fact(stated).side) == ("absent", Side.LEFT)


@pytest.mark.parametrize("question", ["Family history", "Indication", "Reason for referral", "Clinical question"])
def test_what_answers_a_question_about_others_or_a_suspicion_is_no_fact(question: str) -> None:
    assert facts(observation(question, valueString="antalgic gait")) == ()


def test_an_unknown_code_is_unmapped_and_never_absent() -> None:
    extraction = read(
        observation(coded(LOINC, "718-7", text="Haemoglobin"), valueQuantity={"value": 13.2, "unit": "g/dL"})
    )
    assert extraction.evidence.facts == ()
    assert [(each.why, each.display) for each in extraction.unread] == [("unmapped", "Haemoglobin")]


def test_the_raised_leg_of_a_crossed_test_is_not_the_side_of_the_symptom() -> None:
    raised = observation("Crossed straight leg raise", valueString="positive", bodySite={"text": "right leg raised"})
    assert (fact(raised).side, fact(raised).raised) == (Side.UNKNOWN, Side.RIGHT)
    for site in (LEFT, {"text": "left leg"}, {"text": "left"}):
        plain = observation("Crossed straight leg raise", valueString="positive", bodySite=site)
        assert (fact(plain).side, fact(plain).raised) == (Side.LEFT, Side.UNKNOWN)


def test_the_letters_of_a_code_are_no_side() -> None:
    site = {"coding": [{"system": "http://hospital.example/codes", "code": "RT-ANKLE"}], "text": "left"}
    assert fact(observation("Achilles reflex", valueString="absent", bodySite=site)).side is Side.LEFT


def test_an_answer_that_names_area_root_or_qualifier_brings_them_along() -> None:
    stocking = fact(observation("Leg sensation", valueString="Reduced sensation in a stocking distribution"))
    assert (stocking.presence, stocking.area, stocking.root) == (Presence.PRESENT, "stocking", None)
    dorsum = fact(observation("Leg sensation", valueString="Numbness of the left dorsum of the foot"))
    assert (dorsum.area, dorsum.root, dorsum.side) == ("dorsum-of-foot", Root.L5, Side.LEFT)
    limited = fact(observation("Ankle dorsiflexion power", valueString="ankle dorsiflexion weak due to pain"))
    assert limited.qualifiers == {Qualifier.PAIN_LIMITED}


def test_areas_of_question_and_answer_that_differ_are_none() -> None:
    differing = observation("Sensation lateral foot", valueString="Numbness of the dorsum of the foot")
    assert (fact(differing).area, fact(differing).root) == ("", None)


def test_a_suspected_finding_is_uncertain() -> None:
    assert fact(observation("Possible left S1 radiculopathy")).certainty is Certainty.UNCERTAIN


def test_text_of_a_study_sent_as_an_observation_is_read_as_a_report() -> None:
    sent = observation(coded(LOINC, "24968-0"), valueString="Right S1 root contact.")
    assert (fact(sent).concept, fact(sent).side, fact(sent).source.place) == (
        "nerve-root-contact",
        Side.RIGHT,
        "valueString[sentence 1]",
    )


def test_text_under_a_heading_of_the_examination_is_read_where_it_is_a_known_statement() -> None:
    heading = coded(LOINC, "10194-9")
    assert fact(observation(heading, valueString="Absent left ankle jerk")).result == "absent"
    assert why(observation(heading, valueString="Reflexes were discussed with the patient")) == ["unread"]
