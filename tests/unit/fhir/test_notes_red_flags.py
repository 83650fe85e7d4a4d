"""Lost function in prose: a "no" before control or sensation is the disturbance, and an untested reflex is unknown."""

import pytest

from fhirsvc.domain.evidence import Side
from fhirsvc.fhir.notes.clinical import read_note
from tests.unit.fhir.extracting import reading


def _values(text: str, subject: str) -> set[str]:
    remarks = read_note({"text": text}, reading().clinical).remarks
    return {remark.value for remark in remarks if remark.subject == subject}


def _sides(text: str, subject: str) -> dict[Side, str]:
    remarks = read_note({"text": text}, reading().clinical).remarks
    return {remark.side: remark.value for remark in remarks if remark.subject == subject}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("He has no bowel control.", "bowel-incontinence"),
        ("No control over his bladder since Sunday.", "urinary-incontinence"),
        ("No continence of bowels.", "bowel-incontinence"),
        ("Not able to control bowels.", "bowel-incontinence"),
        ("No rectal tone, perineal numbness.", "saddle-sensation-change"),
        ("No sensation of filling, overflow incontinence.", "overflow-incontinence"),
        ("No warning before he lost control of his bowels.", "bowel-incontinence"),
        ("No urinary retention until last night, now cannot pass urine.", "urinary-retention"),
        ("Never had urinary retention until this morning.", "urinary-retention"),
        ("There is no perianal sensation.", "saddle-sensation-change"),
        ("Without genital sensation since Tuesday.", "saddle-sensation-change"),
        ("She is no longer able to feel her genitals.", "saddle-sensation-change"),
    ],
)
def test_a_function_that_is_denied_is_the_disturbance_itself(text: str, subject: str) -> None:
    assert _values(text, subject) == {"present"}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("No loss of bowel control.", "bowel-incontinence"),
        ("No bladder control problems.", "bladder-dysfunction"),
        ("No loss of perianal sensation.", "saddle-sensation-change"),
        ("No perianal sensation loss.", "saddle-sensation-change"),
        ("No feeling of weakness, perineal numbness.", "saddle-sensation-change"),
        ("Good bladder control.", "bladder-dysfunction"),
    ],
)
def test_a_disturbance_that_is_denied_stays_absent(text: str, subject: str) -> None:
    assert _values(text, subject) == {"absent"}


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Denies bowel or bladder control.", {"bowel-incontinence", "bowel-dysfunction", "bladder-dysfunction"}),
        ("No anal tone or perineal numbness.", {"saddle-sensation-change"}),
        ("No saddle sensation or bladder trouble.", {"saddle-sensation-change", "bladder-dysfunction"}),
    ],
)
def test_shorthand_that_may_mean_either_tells_nothing(text: str, subjects: set[str]) -> None:
    assert {value for subject in subjects for value in _values(text, subject)} == set()


@pytest.mark.parametrize(
    "text",
    [
        "Right ankle jerk could not be elicited due to oedema.",
        "Right ankle jerk not elicited because of a plaster.",
        "Right Achilles reflex unobtainable, he was unable to relax.",
        "Right ankle jerk not obtained because of pain.",
    ],
)
def test_a_reflex_that_the_examination_could_not_bring_out_is_unknown(text: str) -> None:
    assert _sides(text, "achilles-reflex") == {Side.RIGHT: "unknown"}


@pytest.mark.parametrize(
    "text",
    [
        "Right ankle jerk not elicited.",
        "Right Achilles reflex unobtainable.",
        "Right ankle jerk not elicited, no swelling.",
        "Right ankle jerk not elicited despite a dressing.",
        "Right ankle jerk absent due to the S1 root.",
        "Right ankle jerk not elicited, leg raise gave leg pain.",
    ],
)
def test_a_reflex_not_elicited_without_a_hindrance_is_absent(text: str) -> None:
    assert _sides(text, "achilles-reflex") == {Side.RIGHT: "absent"}


def test_a_grade_beside_a_foot_drop_is_that_of_dorsiflexion() -> None:
    assert _sides("Right foot drop since Monday, power 2/5.", "ankle-dorsiflexion-power") == {Side.RIGHT: "reduced"}
    assert _sides("No foot drop, power 5/5.", "ankle-dorsiflexion-power") == {}


def test_weakness_that_progresses_and_a_raise_that_pain_stops_say_so() -> None:
    remarks = read_note(
        {"text": "Weakness of right dorsiflexion, progressive over 2 weeks. Right heel raise: 2 because of pain."},
        reading().clinical,
    ).remarks
    assert [remark.qualifiers for remark in remarks] == [{"worsening"}, {"pain-limited"}]


def test_a_test_negative_on_both_sides_except_one_tells_of_the_other() -> None:
    assert _sides("SLR negative bilaterally except on the right.", "straight-leg-raise") == {Side.LEFT: "negative"}
