"""A history in prose as Facts: the same Concepts that the coded record gives, and nothing that a row does not count."""

from datetime import UTC, datetime

import pytest

from fhirsvc.domain.evidence import Certainty, Fact, Presence, Qualifier, Root, Side
from tests.unit.fhir.extracting import facts
from tests.unit.fhir.test_extract_documents import document


def about(text: str, concept: str) -> list[Fact]:
    return [each for each in facts(document(text)) if each.concept == concept]


def concepts(text: str) -> dict[str, Presence]:
    return {each.concept: each.presence for each in facts(document(text))}


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Pain shoots down the left leg.", "radiating-leg-symptoms"),
        ("Tingling along the left calf.", "radiating-leg-symptoms"),
        ("Left sciatica.", "radiating-leg-symptoms"),
        ("Left lumbar radiculopathy.", "radiculopathy"),
        ("Left heel pain.", "heel-pain"),
        ("Left Achilles tendinopathy.", "achilles-pain"),
        ("Left plantar fasciitis.", "plantar-heel-pain"),
        ("Left heel pain is worse on bending forward.", "worse-on-bending"),
        ("Her left leg is weak.", "leg-power"),
        ("Left foot drop.", "ankle-dorsiflexion-power"),
    ],
)
def test_what_is_told_of_a_side_becomes_a_fact_of_it(text: str, concept: str) -> None:
    (found, *_) = about(text, concept)
    assert found.presence is Presence.PRESENT
    assert found.side is (Side.LEFT if concept != "worse-on-bending" else Side.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Low back pain.", "low-back-pain"),
        ("Back pain.", "back-pain"),
        ("Prostate cancer in 2016.", "cancer-history"),
        ("Peripheral neuropathy.", "peripheral-neuropathy"),
        ("Status post L4-L5 laminectomy.", "lumbar-surgery"),
        ("Stretching has not helped.", "treatment-failure"),
        ("Numbness around the anus.", "saddle-sensation"),
        ("He is unable to void.", "urinary-retention"),
        ("Overflow incontinence.", "overflow-incontinence"),
        ("Difficulty starting to pass urine.", "urinary-hesitancy"),
        ("Incontinence of stool.", "bowel-control"),
        ("Sexual dysfunction.", "sexual-dysfunction"),
        ("Severe weakness of both legs.", "both-legs-deficit"),
    ],
)
def test_what_is_told_of_the_patient_becomes_a_fact(text: str, concept: str) -> None:
    assert concepts(text)[concept] is Presence.PRESENT


@pytest.mark.parametrize(
    "text",
    [
        "Stress incontinence.",
        "Urinary incontinence.",
        "New urinary incontinence.",
        "Bladder problems.",
        "Bowel complaints.",
        "Difficulty voiding from an enlarged prostate.",
        "Type 2 diabetes.",
        "Numbness.",
        "Low back pain that radiates to the left buttock.",
        "Low back pain is worse on bending.",
        "Radiculopathy.",
    ],
)
def test_what_no_row_counts_becomes_no_such_fact(text: str) -> None:
    uncounted = {"radiating-leg-symptoms", "radiculopathy", "worse-on-bending"}
    features = {"urinary-retention", "overflow-incontinence", "urinary-hesitancy", "bowel-control", "saddle-sensation"}
    assert set(concepts(text)) & (uncounted | features) == set()


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Numbness of the left foot.", "foot-only"),
        ("Tingling in the toes.", "foot-only"),
        ("Burning in a stocking distribution.", "stocking"),
        ("Numbness of the left calf and foot.", ""),
        ("Tingling from the left hip to the toes.", ""),
    ],
)
def test_a_symptom_of_the_foot_alone_is_told_from_one_of_the_leg(text: str, area: str) -> None:
    assert [each.area for each in about(text, "radiating-leg-symptoms")] == [area]


def test_a_named_root_goes_into_the_fact_and_a_level_does_not() -> None:
    assert [each.root for each in about("Left S1 radiculopathy.", "radiculopathy")] == [Root.S1]
    assert [each.root for each in about("Left L5-S1 radiculopathy.", "radiculopathy")] == [None]


def test_a_denied_red_flag_is_absent_and_an_advised_one_is_nothing() -> None:
    denied = concepts("Denies saddle numbness and urinary retention.")
    assert denied == {"saddle-sensation": Presence.ABSENT, "urinary-retention": Presence.ABSENT}
    assert concepts("Advised to return for saddle numbness and urinary retention.") == {}


def test_weeks_of_a_duration_are_counted_back_from_the_note() -> None:
    (found,) = about("Low back pain for 2 weeks.", "low-back-pain")
    assert found.onset is not None
    assert found.onset.first == datetime(2026, 2, 6, 10, tzinfo=UTC)


def test_words_of_the_course_go_into_the_fact() -> None:
    (found,) = about("Chronic low back pain.", "low-back-pain")
    assert Qualifier.CHRONIC in found.qualifiers
    (worse,) = about("Worsening low back pain.", "low-back-pain")
    assert Qualifier.WORSENING in worse.qualifiers


def test_what_a_relative_has_is_marked_and_what_is_over_is_past() -> None:
    (cancer,) = about("Her mother had breast cancer.", "cancer-history")
    assert cancer.family
    (past,) = about("Left sciatica has resolved.", "radiating-leg-symptoms")
    assert past.certainty is Certainty.HISTORICAL


def test_a_denied_symptom_does_not_take_back_another_of_the_same_concept() -> None:
    found = about("Pain shoots down the right leg. No numbness in the right leg.", "radiating-leg-symptoms")
    assert [each.presence for each in found] == [Presence.PRESENT]
    left = about("Pain shoots down the right leg. No numbness in the left leg.", "radiating-leg-symptoms")
    assert {each.side: each.presence for each in left} == {Side.RIGHT: Presence.PRESENT, Side.LEFT: Presence.ABSENT}
