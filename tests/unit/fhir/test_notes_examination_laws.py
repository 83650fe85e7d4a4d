"""Laws of the examination reader: what must change with the words, what must not, and what says nothing."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fhir.examining import remarks, said
from tests.unit.fhir.test_notes_examination import OTHERS, POWER, REFLEXES, TESTS, WALKS

SENTENCES = [case[0] for case in (*REFLEXES, *TESTS, *POWER, *WALKS, *OTHERS)]
_SWAP = {"left": "right", "right": "left", "l": "r", "r": "l", "lt": "rt", "rt": "lt"}
_WHOLE = re.compile(r"[A-Za-z]+|[^A-Za-z]+")


def _mirrored(text: str) -> str:
    """The text with left and right, and their letters, exchanged."""
    words = _WHOLE.findall(text)
    return "".join(
        _in_case(word, _SWAP.get(word.lower(), word.lower())) if word.lower() in _SWAP else word for word in words
    )


def _in_case(model: str, word: str) -> str:
    return word.upper() if model.isupper() else word.capitalize() if model[0].isupper() else word


def _exchanged(found: str) -> str:
    return {"left": "right", "right": "left"}.get(found, found)


@pytest.mark.parametrize("text", [each for each in SENTENCES if "b/l" not in each])
def test_exchanging_left_and_right_exchanges_the_sides_and_nothing_else(text: str) -> None:
    expected = {" ".join(map(_exchanged, each.split(" "))) for each in said(text)}
    assert said(_mirrored(text)) == expected


@pytest.mark.parametrize("text", SENTENCES)
def test_upper_case_changes_nothing(text: str) -> None:
    assert said(text.upper()) == said(text)


@pytest.mark.parametrize("text", [each for each in SENTENCES if "Correction" not in each])
def test_a_bullet_and_a_sentence_before_change_nothing(text: str) -> None:
    assert said(f"He looks well.\n\n- {text}") == said(text)


@pytest.mark.parametrize(
    "text",
    [
        "His father had absent ankle jerks.",
        "If the ankle jerk is absent, consider MRI.",
        "Please evaluate for absent ankle reflexes.",
        "Is the left ankle jerk absent?",
        "Plan:\nCheck ankle reflexes. Left SLR positive would change this.",
        "Indication: absent left ankle jerk",
        "Patient instructions:\nReturn if the ankle reflex is absent or plantar flexion is 3/5.",
    ],
)
def test_family_plan_question_and_supposition_state_nothing_of_the_patient(text: str) -> None:
    assert [each for each in remarks(text) if not each.family] == []


def test_a_plan_goes_on_across_blank_lines_and_ends_at_the_next_heading() -> None:
    text = (
        "Plan:\n\n1. Recheck left ankle jerk, absent.\n\n2. Left SLR positive: refer.\n\nExam: right ankle jerk absent."
    )
    assert said(text) == {"achilles-reflex absent right"}


def test_a_family_history_ends_with_its_paragraph() -> None:
    (remark,) = remarks("Family history: no illness.\n\nMotor: left EHL 4/5.")
    assert (remark.subject, remark.family) == ("great-toe-extension-power", False)


def test_possible_is_uncertain() -> None:
    (remark,) = remarks("Possible reduced left ankle jerk.")
    assert (remark.value, str(remark.certainty)) == ("reduced", "uncertain")


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("Left achiles reflex diminshed.", "Left Achilles reflex diminished."),
        ("Straigt leg raise positve on the left.", "Straight leg raise positive on the left."),
        ("Dorsifelxion strenght 4/5 on the left.", "Dorsiflexion strength 4/5 on the left."),
        ("Sensaton decresed over the left lateral foot.", "Sensation decreased over the left lateral foot."),
        ("Planter fascia tendernes on the right.", "Plantar fascia tenderness on the right."),
    ],
)
def test_one_wrong_letter_changes_nothing(slip: str, meant: str) -> None:
    assert said(slip) == said(meant) != set()


def test_a_word_one_letter_from_another_stays_itself() -> None:
    assert said("Facial sensation decreased. The father is deceased, sensation not tested.", "sensation") <= {
        "sensation unknown unknown"
    }


def test_the_sentence_is_kept_with_its_offsets() -> None:
    text = "He looks well. Left ankle jerk absent. He walks."
    (remark,) = remarks(text)
    assert text[remark.sentence.start : remark.sentence.end] == remark.sentence.text == "Left ankle jerk absent."


WORDS = sorted({word for text in SENTENCES for word in re.findall(r"[A-Za-z']+|[0-9]+|[^\sA-Za-z0-9]", text)})


@given(st.lists(st.sampled_from([*WORDS, "\n", "\n\n"]), max_size=40))
def test_no_text_of_an_examination_is_too_much(words: list[str]) -> None:
    for remark in remarks(" ".join(words)):
        assert remark.value


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    remarks(text)


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    text = " ".join(text for text in SENTENCES if text.endswith(".")) + " "
    remarks(text)
    assert _spent(text * 8) < 8 * 3 * _spent(text)


def _spent(text: str) -> float:
    """The least of three, for a collection of garbage may fall into one."""
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    begun = time.process_time()
    remarks(text)
    return time.process_time() - begun
