"""The same said in prose and in short phrases comes to the same fact, and a note tells each thing once and no more."""

from __future__ import annotations

from typing import Any

import pytest

from fhirsvc.domain.evidence import Certainty, Fact, Presence, Side
from tests.unit.fhir.extracting import INTERPRETATION, SNOMED, coded, condition, fact, facts, observation, read, report
from tests.unit.fhir.test_extract_documents import document


def _short(found: Fact) -> str:
    answer = found.result or (str(found.number) if found.number is not None else str(found.presence))
    past = "past" if found.certainty is Certainty.HISTORICAL else ""
    return " ".join(each for each in (found.concept, answer, found.side, found.root or "", found.area, past) if each)


def told(text: str) -> set[str]:
    return {_short(each) for each in facts(document(text))}


@pytest.mark.parametrize(
    "area",
    [
        "medial shin",
        "lateral foot",
        "posterior calf",
        "little toe",
        "big toe",
        "dorsum of the foot",
        "first web space",
        "medial heel",
        "sole",
    ],
)
def test_a_numb_area_is_the_same_loss_of_sensation_in_a_sentence_and_as_a_phrase(area: str) -> None:
    (sentence,) = facts(document(f"He has numbness over the left {area}."))
    phrase = fact(condition(f"Numbness left {area}"))
    assert (sentence.concept, sentence.area, sentence.root, sentence.side) == (
        "leg-sensation",
        phrase.area,
        phrase.root,
        Side.LEFT,
    )
    assert phrase.concept == "leg-sensation"


@pytest.mark.parametrize(
    "text",
    [
        "Tingling down the left leg.",
        "Numbness along the left calf.",
        "Burning that spreads from the left thigh to the foot.",
        "Numbness of the left leg and foot.",
        "Tingling in the left S1 dermatome.",
        "Tingling in the left leg from the knee down.",
        "Tingling radiating from the back to the left little toe.",
        "Pain radiating from the back to the left foot.",
    ],
)
def test_what_goes_along_the_leg_is_a_symptom_of_it(text: str) -> None:
    (found,) = facts(document(text))
    assert (found.concept, found.presence, found.area) == ("radiating-leg-symptoms", Presence.PRESENT, "")


@pytest.mark.parametrize(
    "text",
    [
        "Numbness on the outside of the left calf.",
        "Numb patch on the left shin.",
        "Tingling over the left medial shin.",
        "Tingling in the left calf.",
    ],
)
def test_an_area_of_the_leg_that_is_not_said_to_spread_is_no_radiating_symptom(text: str) -> None:
    assert told(text) == set()


def test_a_numb_root_is_a_loss_of_sensation_and_a_numb_foot_is_of_the_foot_alone() -> None:
    assert told("Numbness in the left S1 dermatome.") == {"leg-sensation present left S1"}
    assert told("Numbness of the left foot.") == {"radiating-leg-symptoms present left foot-only"}


@pytest.mark.parametrize("question", ["Saddle sensation", "Leg sensation", "Bowel control", "Plantar flexion power"])
@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "absent"},
        {"valueString": "present"},
        {"valueString": "no"},
        {"valueBoolean": True},
        {"valueCodeableConcept": coded(SNOMED, "2667000")},
        {"interpretation": [coded(INTERPRETATION, "POS")]},
    ],
)
def test_a_bare_yes_or_no_to_a_function_is_unknown_and_reported(question: str, value: dict[str, Any]) -> None:
    found = read(observation(question, **value))
    assert [each.presence for each in found.evidence.facts] == [Presence.UNKNOWN]
    assert [(each.place, each.why) for each in found.unread] == [("value", "unread")]


def test_a_function_that_was_not_tested_or_is_told_in_full_is_read() -> None:
    for value, presence in (("not tested", Presence.UNKNOWN), ("normal", Presence.ABSENT), ("lost", Presence.PRESENT)):
        found = read(observation("Saddle sensation", valueString=value))
        assert [each.presence for each in found.evidence.facts] == [presence]
        assert found.unread == ()


def test_a_condition_that_names_a_function_and_a_bare_answer_is_reported() -> None:
    assert [each.why for each in read(condition("Leg sensation absent")).unread] == ["unread"]


@pytest.mark.parametrize(
    "resource",
    [
        document("No back pain."),
        document("Back pain: denied."),
        condition("No back pain"),
        observation("Back pain", valueString="denied"),
        observation("Back pain", valueBoolean=False),
        observation("No back pain", valueBoolean=True),
    ],
)
def test_who_denies_pain_of_the_back_denies_that_of_the_lower_back(resource: dict[str, Any]) -> None:
    assert {each.concept: each.presence for each in facts(resource)} == {
        "back-pain": Presence.ABSENT,
        "low-back-pain": Presence.ABSENT,
    }


def test_pain_of_the_back_is_not_said_to_be_of_the_lower_back() -> None:
    assert [each.concept for each in facts(observation("Back pain", valueString="yes"))] == ["back-pain"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Strength 5/5 in the left lower extremity.", {"leg-power 5 left"}),
        ("Motor: 5/5 RLE, 4/5 LLE.", {"leg-power 5 right", "leg-power 4 left"}),
        ("Strength is full in both legs.", {"leg-power absent both"}),
        ("Strength 5/5 in the upper extremities.", set()),
        ("Strength 5/5 in both legs except left EHL 4/5.", {"great-toe-extension-power 4 left L5"}),
        ("Leg strengthening exercises daily.", set()),
        ("Goal: left leg strength 5/5 by discharge.", set()),
        ("Denies leg symptoms on the left.", {"radiating-leg-symptoms absent left"}),
        ("The stride is shortened.", {"shortened-stride present unknown"}),
        ("No shortened stride.", {"shortened-stride absent unknown"}),
    ],
)
def test_a_leg_as_a_whole_is_read(text: str, expected: set[str]) -> None:
    assert told(text) == expected


def test_a_weak_muscle_is_not_contradicted_by_what_the_same_note_says_of_the_whole_leg() -> None:
    text = "ROS: negative for weakness.\nStrength 5/5 in the lower extremities.\nLeft EHL 4/5."
    assert told(text) == {"great-toe-extension-power 4 left L5"}
    assert "leg-power 5 left" in told("Strength 5/5 in the left leg.\nRight EHL 4/5.")


def test_a_found_loss_narrows_intact_sensation_and_a_felt_one_contradicts_it() -> None:
    found = told("Sensation intact in both legs. Decreased pinprick over the left lateral foot.")
    assert found == {"leg-sensation present left S1 lateral-foot"}
    felt = told("Numbness over the left lateral foot.\nExam: sensation intact in both legs.")
    assert felt == {"leg-sensation present left S1 lateral-foot", "leg-sensation absent both"}


def test_a_study_quoted_in_a_note_makes_no_diagnosis_and_no_complaint() -> None:
    assert told("EMG showed left S1 radiculopathy.") == set()
    assert told("MRI lumbar spine: left S1 radiculopathy.") == set()
    assert told("MRI ankle: left Achilles tendinosis.") == set()
    assert told("Left S1 radiculopathy, MRI requested.") == {"radiculopathy present left S1"}


def test_a_study_and_the_note_that_quotes_it_count_once() -> None:
    study = report("Consistent with left S1 radiculopathy.", code={"text": "EMG left leg"})
    both = facts(study, document("EMG: left S1 radiculopathy."))
    assert [each.concept for each in both] == ["emg-root-lesion"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 2019 the left ankle jerk was absent.", {"achilles-reflex absent left S1 past"}),
        ("Prior exam: left ankle jerk absent.", {"achilles-reflex absent left S1 past"}),
        ("Urinary retention in 2018.", {"urinary-retention present unknown past"}),
        ("Urinary retention in 2026.", {"urinary-retention present unknown"}),
        ("Saddle numbness began in 2025.", {"saddle-sensation present unknown"}),
        ("Prostate cancer in 2016.", {"cancer-history present unknown"}),
    ],
)
def test_what_was_found_in_an_earlier_year_is_past(text: str, expected: set[str]) -> None:
    assert told(text) == expected


def test_a_side_that_opens_a_line_holds_for_its_sentences_and_no_longer() -> None:
    text = "Right ankle: healed scar. Achilles tendon thickened.\nLeft ankle: no scar. Achilles tendon tender."
    assert told(text) == {"achilles-swelling present right", "achilles-tenderness present left"}
    assert told("Left lower extremity: skin intact. Strength 5/5.") == {"leg-power 5 left"}
    assert told("Right ankle: healed scar.\nAchilles tendon tender.") == {"achilles-tenderness present unknown"}


def test_a_correction_that_says_it_again_voids_the_other_side() -> None:
    assert told("Left ankle jerk absent. Correction: right ankle jerk absent.") == {"achilles-reflex absent right S1"}
    announced = "Left ankle jerk absent.\n\nAddendum: the side was dictated in error. The right ankle jerk is absent."
    assert told(announced) == {"achilles-reflex absent right S1"}


@pytest.mark.parametrize("heading", ["Red flags discussed", "Advice given", "Patient counselled on"])
def test_what_a_heading_only_warns_of_is_no_finding(heading: str) -> None:
    assert facts(observation(heading, valueString="saddle numbness, urinary retention, left heel pain")) == ()


def test_weakness_of_both_legs_that_gets_worse_is_a_deficit_of_both() -> None:
    assert "both-legs-deficit present both" in told("Weakness of both legs is getting worse.")
    assert "both-legs-deficit present both" not in told("Weakness of both legs.")


def test_an_angle_needs_no_unit_beside_a_straight_leg_raise() -> None:
    raised = facts(observation("Straight leg raise", valueString="positive on left at 40, negative on right"))
    assert {each.side: each.presence for each in raised} == {Side.LEFT: Presence.PRESENT, Side.RIGHT: Presence.ABSENT}
