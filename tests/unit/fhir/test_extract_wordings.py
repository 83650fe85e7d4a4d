"""The ordinary wordings of a clinic: scores of pain, answers said twice, ticks, and short forms without small words."""

from fractions import Fraction
from typing import Any

import pytest

from fhirsvc.domain.evidence import Presence, Qualifier, Side
from tests.unit.fhir.extracting import (
    ICD,
    LEFT,
    LOINC,
    SNOMED,
    coded,
    condition,
    fact,
    facts,
    observation,
    own,
    read,
    report,
    why,
)

REFLEX = own("achilles-reflex")


@pytest.mark.parametrize("code", ["Heel pain", "Achilles tendon pain", own("achilles-pain"), "Low back pain"])
@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "8/10"},
        {"valueString": "8 out of 10"},
        {"valueString": "VAS 7-8/10"},
        {"valueInteger": 1},
        {"valueQuantity": {"value": 8, "code": "{score}"}},
        {"valueQuantity": {"value": 0.5, "unit": "/10"}},
    ],
)
def test_pain_of_any_score_is_present(code: Any, value: Any) -> None:
    assert fact(observation(code, bodySite=LEFT, **value)).presence is Presence.PRESENT


@pytest.mark.parametrize("value", [{"valueString": "0/10"}, {"valueInteger": 0}, {"valueQuantity": {"value": 0}}])
def test_pain_of_score_zero_is_absent(value: Any) -> None:
    assert fact(observation("Heel pain", **value)).presence is Presence.ABSENT


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "12/10"},
        {"valueString": "8-12/10"},
        {"valueString": "0-3/10"},
        {"valueInteger": 11},
        {"valueInteger": -1},
        {"valueQuantity": {"value": 8, "unit": "kg"}},
        {"valueQuantity": {"value": 8, "code": "{score}", "comparator": ">"}},
    ],
)
def test_a_score_beyond_its_scale_or_of_another_kind_is_unknown(value: Any) -> None:
    assert fact(observation("Heel pain", **value)).presence is Presence.UNKNOWN


def test_a_score_against_what_the_text_states_is_unknown() -> None:
    assert fact(observation("No heel pain", valueString="8/10")).presence is Presence.UNKNOWN
    assert fact(observation("No heel pain", valueString="0/10")).presence is Presence.ABSENT


def test_a_score_of_a_red_flag_or_a_sign_is_unread() -> None:
    for code in (own("saddle-sensation"), own("achilles-tenderness")):
        asked = observation(code, valueInteger=0)
        assert (fact(asked).presence, why(asked)) == (Presence.UNKNOWN, ["unread"])


@pytest.mark.parametrize("text", ["0 (absent)", "0 - absent", "Absent (0)", "zero"])
@pytest.mark.parametrize("field", ["valueString", "valueCodeableConcept"])
def test_an_absent_reflex_said_twice_is_one_absent_reflex(text: str, field: str) -> None:
    value = {field: text if field == "valueString" else {"text": text}}
    read_fact = fact(observation(REFLEX, bodySite=LEFT, **value))
    assert (read_fact.result, read_fact.presence, read_fact.side) == ("absent", Presence.PRESENT, Side.LEFT)


@pytest.mark.parametrize("text", ["0 (normal)", "2+, 1+", "0 - 2+"])
def test_two_answers_that_differ_are_no_answer(text: str) -> None:
    asked = observation(REFLEX, bodySite=LEFT, valueString=text)
    assert (fact(asked).presence, why(asked)) == (Presence.UNKNOWN, ["unread"])


@pytest.mark.parametrize(
    "text", ["Pain-limited effort", "Testing was limited by pain today.", "Power testing limited by pain"]
)
def test_a_note_that_pain_limited_the_test_says_so(text: str) -> None:
    weak = observation("Plantar flexion power", valueString="2/5", bodySite=LEFT, note=[{"text": text}])
    assert fact(weak).qualifiers == {Qualifier.PAIN_LIMITED}


@pytest.mark.parametrize(
    "text", ["Testing was not limited by pain.", "Possibly limited by pain", "Effort full, no pain on testing"]
)
def test_a_note_that_denies_or_doubts_it_limits_nothing(text: str) -> None:
    weak = observation("Plantar flexion power", valueString="2/5", bodySite=LEFT, note=[{"text": text}])
    assert fact(weak).qualifiers == frozenset()


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("Sensation lateral foot", False),
        ("Sensation lateral foot", True),
        ("Saddle sensation", False),
        (REFLEX, True),
        ("No low back pain", False),
    ],
)
def test_a_tick_that_says_too_little_is_unknown_and_reported_as_unread(code: Any, value: bool) -> None:
    ticked = observation(code, valueBoolean=value, bodySite=LEFT)
    assert (fact(ticked).presence, why(ticked)) == (Presence.UNKNOWN, ["unread"])


@pytest.mark.parametrize(
    "text",
    [
        "Numbness of saddle area",
        "Numbness in saddle area",
        "Numbness saddle area",
        "Numbness of the saddle region",
        "Saddle region numbness",
        "Numbness between legs",
        "Numbness in groin and genitals",
        "Numbness of buttocks and perineum",
        "Numbness in her genital area",
        "Numbness in saddle distribution",
        "Loss of feeling between legs",
    ],
)
def test_numbness_of_the_saddle_is_read_however_short_it_is_written(text: str) -> None:
    for written in (condition(text), observation(text, valueBoolean=True)):
        assert (fact(written).concept, fact(written).presence) == ("saddle-sensation", Presence.PRESENT)
    denied = fact(condition(f"No {text[0].lower()}{text[1:]}"))
    assert (denied.concept, denied.presence) == ("saddle-sensation", Presence.ABSENT)


@pytest.mark.parametrize("text", ["Numbness of the groin", "Numbness of buttock", "Numbness of the legs"])
def test_numbness_beside_the_saddle_is_no_loss_of_saddle_sensation(text: str) -> None:
    assert all(each.concept != "saddle-sensation" for each in facts(condition(text)))


@pytest.mark.parametrize("text", ["Cannot urinate", "Bladder retention", "Can't pass urine"])
def test_urine_that_cannot_be_passed_is_retention(text: str) -> None:
    assert (fact(condition(text)).concept, fact(condition(text)).presence) == ("urinary-retention", Presence.PRESENT)


@pytest.mark.parametrize("text", ["New urinary incontinence", "Decreased rectal tone"])
def test_what_the_closed_list_of_red_flags_does_not_name_is_unmapped(text: str) -> None:
    assert (facts(condition(text)), why(condition(text))) == ((), ["unmapped"])


@pytest.mark.parametrize(
    "text", ["Yes - since 3 days", "Yes, since yesterday", "Present for 2 weeks", "yes for the last 12 hours"]
)
def test_a_red_flag_that_is_there_since_days_is_there(text: str) -> None:
    asked = fact(observation("Saddle numbness", valueString=text))
    assert (asked.presence, asked.source.sentence) == (Presence.PRESENT, text)


@pytest.mark.parametrize("text", ["No - since 3 days", "None for 2 days", "Yes - for 3 whiles"])
def test_a_duration_that_could_change_the_answer_leaves_it_unread(text: str) -> None:
    asked = observation("Saddle numbness", valueString=text)
    assert (fact(asked).presence, why(asked)) == (Presence.UNKNOWN, ["unread"])


@pytest.mark.parametrize("text", ["Saddle numbness since yesterday", "Cannot pass urine for 12 hours"])
def test_a_red_flag_is_read_with_the_days_it_has_lasted(text: str) -> None:
    assert fact(condition(text)).presence is Presence.PRESENT


@pytest.mark.parametrize(
    "text",
    [
        "No saddle numbness for 3 days",
        "Sciatica none for 3 weeks",
        "No numbness between the legs since yesterday",
    ],
)
def test_a_text_whose_duration_could_change_it_is_unmapped(text: str) -> None:
    assert (facts(condition(text)), why(condition(text))) == ((), ["unmapped"])


def test_a_numb_skin_code_is_at_the_place_that_its_text_names() -> None:
    numb = fact(condition(coded(ICD, "R20.0", "perineal region")))
    assert (numb.concept, numb.presence) == ("saddle-sensation", Presence.PRESENT)
    foot = fact(condition(coded(ICD, "R20.0", "left lateral foot")))
    assert (foot.concept, foot.side, foot.area) == ("leg-sensation", Side.LEFT, "lateral-foot")
    assert why(condition(coded(ICD, "R20.0", "not the perineal region"))) == ["needs-site"]
    assert why(condition(coded(ICD, "R20.0", "L"))) == ["needs-site"]


def test_a_body_site_beats_the_place_in_the_text() -> None:
    elsewhere = condition(coded(ICD, "R20.0", "perineal region"), bodySite=[{"text": "forearm"}])
    assert why(elsewhere) == ["needs-site"]


@pytest.mark.parametrize("text", ["Tingling down left leg", "Numbness radiating down left leg to foot"])
def test_symptoms_down_a_leg_are_read_without_articles(text: str) -> None:
    read_fact = fact(condition(text))
    assert (read_fact.concept, read_fact.side) == ("radiating-leg-symptoms", Side.LEFT)


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [
        ("L+ R-", Presence.PRESENT, Presence.ABSENT),
        ("L-/R+", Presence.ABSENT, Presence.PRESENT),
        ("-ve left; +ve right", Presence.ABSENT, Presence.PRESENT),
        ("left +ve, right -ve", Presence.PRESENT, Presence.ABSENT),
        ("Left positive at 45 degrees, right negative to 80°", Presence.PRESENT, Presence.ABSENT),
    ],
)
def test_a_straight_leg_raise_of_both_legs_is_read_for_each(text: str, left: Presence, right: Presence) -> None:
    found = {each.side: each.presence for each in facts(observation("SLR", valueString=text))}
    assert found == {Side.LEFT: left, Side.RIGHT: right}


def test_an_angle_beside_the_answer_changes_nothing_and_alone_is_no_answer() -> None:
    positive = observation("SLR", valueString="positive at 45 degrees", bodySite=LEFT)
    assert (fact(positive).presence, fact(positive).side) == (Presence.PRESENT, Side.LEFT)
    assert why(observation("SLR", valueString="45 degrees", bodySite=LEFT)) == ["unread"]


def test_a_plus_beside_the_side_of_a_reflex_is_a_grade_and_no_tick() -> None:
    assert {each.result for each in facts(observation(REFLEX, valueString="L +, R ++"))} == {"reduced", "normal"}
    assert why(observation(REFLEX, valueString="L+ R-")) == ["unread"]


@pytest.mark.parametrize(("letters", "side"), [("LLE", Side.LEFT), ("RLE", Side.RIGHT)])
def test_a_lower_extremity_in_letters_names_its_side(letters: str, side: Side) -> None:
    assert fact(observation(f"Achilles reflex {letters}", valueString="absent")).side is side


@pytest.mark.parametrize("code", ["Reflexes", coded(LOINC, "10194-9")])
@pytest.mark.parametrize(
    "text", ["Left ankle jerk absent, right ankle jerk 2+", "No left ankle jerk, right ankle jerk normal"]
)
def test_a_finding_for_each_side_under_one_heading_is_read_for_each(code: Any, text: str) -> None:
    found = {each.side: each.result for each in facts(observation(code, valueString=text))}
    assert found == {Side.LEFT: "absent", Side.RIGHT: "normal"}


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("Left ankle jerk absent, right ankle jerk", ("achilles-reflex", Side.RIGHT)),
        ("Left ankle jerk absent, ankle jerk 2+", ("achilles-reflex", Side.BOTH)),
        ("Left ankle jerk absent, left ankle jerk 2+", ("achilles-reflex", Side.RIGHT)),
        ("Left ankle jerk absent, right knee jerk 2+", ("achilles-reflex", Side.RIGHT)),
        ("No left heel tenderness, right heel pain", ("heel-tenderness", Side.RIGHT)),
    ],
)
def test_findings_that_do_not_stand_for_left_and_right_say_nothing_of_the_side_that_is_open(
    text: str, never: tuple[str, Side]
) -> None:
    found = {(each.concept, each.side) for each in facts(observation("Reflexes", valueString=text))}
    assert never not in found


@pytest.mark.parametrize(
    ("oid", "uri", "code"),
    [
        ("urn:oid:2.16.840.1.113883.6.90", ICD, "M76.62"),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED, "44077006"),
    ],
)
def test_a_code_system_named_by_its_oid_is_the_same_code_system(oid: str, uri: str, code: str) -> None:
    saddle = {"bodySite": [{"text": "perineum"}]}
    by_oid, by_uri = (read(condition(coded(system, code), **saddle)) for system in (oid, uri))
    assert by_oid == by_uri
    assert by_oid.evidence.facts
    assert why(condition(coded("urn:oid:1.2.3", code))) == ["unmapped"]


def test_a_study_coded_by_the_oid_of_loinc_is_the_same_study() -> None:
    text = "Disc extrusion compressing the left S1 root."
    assert facts(report(text, coded("urn:oid:2.16.840.1.113883.6.1", "24968-0"))) == facts(report(text))
    assert facts(report(text))


@pytest.mark.parametrize(
    "text",
    ["5/5 except 4/5 left plantarflexion", "5/5 throughout except left plantarflexion 4/5", "Left calf power 4/5"],
)
def test_the_one_weak_movement_of_a_strength_examination_is_read(text: str) -> None:
    weak = fact(observation("Strength", valueString=text))
    assert (weak.concept, weak.number, weak.side) == ("plantar-flexion-power", Fraction(4), Side.LEFT)


def test_a_grade_of_power_answers_nothing_but_power() -> None:
    assert why(condition("4/5 heel tenderness")) == ["unmapped"]
