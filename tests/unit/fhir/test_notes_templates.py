"""Forms inside a note: the answer cell decides, and advice or another person's trouble is nothing of the patient."""

import pytest

from fhirsvc.domain.evidence import Certainty
from tests.unit.fhir.test_notes_history import one, says

SADDLE = "saddle-sensation-change"


@pytest.mark.parametrize(
    "text",
    [
        "Saddle numbness (Y/N): N",
        "Saddle numbness (yes/no): No",
        "Saddle numbness: N",
        "Saddle numbness = N",
        "Saddle numbness [N]",
        "Saddle numbness: [N]",
        "Saddle numbness: 0",
        "Saddle numbness: false",
        "Saddle numbness .... none",
        "Saddle numbness........No",
        "Saddle numbness |No|",
        "| Saddle numbness | No |",
        "Saddle numbness\tNo",
        "Saddle numbness          No",
        "Saddle numbness\nNo",
        "Saddle numbness:\nNo",
        "Saddle numbness No",
        "Saddle numbness - N",
        "Saddle numbness? N",
        "Saddle numbness [ ] yes [x] no",
        "[N] Saddle numbness",
        "- Saddle numbness (Y/N): N\n- Fever: Y",
        "Red flags: saddle numbness: N, fever: N",
    ],
)
def test_a_clear_no_in_the_cell_denies_the_label(text: str) -> None:
    assert says(text)[SADDLE] == "absent"


@pytest.mark.parametrize(
    "text",
    [
        "Saddle numbness: N/A",
        "Saddle numbness: not assessed",
        "Saddle numbness: not asked",
        "Saddle numbness:",
        "Saddle numbness:\n\nHeel tender.",
        "Saddle numbness: ___",
        "Saddle numbness ______",
        "Saddle numbness (Y/N):",
        "Saddle numbness (Y/N): see overleaf",
        "Saddle numbness Y/N",
        "Saddle numbness: ?",
        "Saddle numbness: N (by telephone)",
        "[ ] Saddle numbness",
        "☐ Saddle numbness",
        "Saddle numbness [ ]",
        "[ ] Saddle numbness [x] Fever",
        "Saddle numbness [ ] yes [ ] no",
        "Saddle numbness [x] yes [x] no",
        "Saddle numbness: yes [x] no [ ]",
        "New saddle numbness: N",
    ],
)
def test_a_cell_without_a_clear_answer_says_nothing(text: str) -> None:
    assert SADDLE not in says(text)


@pytest.mark.parametrize(
    "text",
    [
        "Saddle numbness (Y/N): Y",
        "Saddle numbness: yes",
        "[x] Saddle numbness",
        "[X] Saddle numbness\n[ ] Fever",
        "☒ Saddle numbness",
        "☑ Saddle numbness",
        "✓ Saddle numbness",
        "Saddle numbness [x] yes [ ] no",
        "Saddle numbness: true",
        "Saddle numbness\nYes",
        "Saddle numbness: since this morning, spreading to both thighs",
    ],
)
def test_a_clear_yes_or_prose_behind_the_label_states_it(text: str) -> None:
    assert says(text)[SADDLE] == "present"


def test_any_subject_is_answered_by_its_cell() -> None:
    assert says("Cancer (Y/N): N")["cancer-history"] == "absent"
    assert "cancer-history" not in says("[ ] Cancer")
    assert says("Achilles tenderness left: N")["tenderness-achilles"] == "absent"
    assert says("No saddle numbness (Y/N): N") == {}
    assert says("Achilles reflex: absent") == {"achilles-reflex": "absent"}
    assert says("Fever: N\nSaddle numbness: Y")[SADDLE] == "present"


@pytest.mark.parametrize(
    "text",
    [
        "Please return if:\n\n1. Saddle numbness\n2. Urinary retention",
        "Discussed with patient cauda equina syndrome symptoms: saddle numbness, urinary retention.",
        "Emergency signs explained - saddle numbness, urinary retention.",
        "He knows to come back with saddle numbness.",
        "She asked what saddle numbness means.",
    ],
)
def test_advice_and_questions_state_nothing(text: str) -> None:
    assert says(text) == {}


def test_none_present_closes_the_list_above_it() -> None:
    text = "Left heel pain.\nRed flags:\n- Saddle numbness\n- Urinary retention\nNone present."
    assert says(text) == {"heel-pain": "present", SADDLE: "absent", "urinary-retention": "absent"}
    assert says("Red flags:\n- Saddle numbness\nAll present.")[SADDLE] == "present"


def test_another_patient_and_what_is_gone_are_not_the_patient_now() -> None:
    assert one("The patient in the next bed has saddle numbness.", SADDLE).family
    assert one("Saddle numbness improved and is now gone.", SADDLE).certainty is Certainty.HISTORICAL
    assert not one("Mother of two with saddle numbness.", SADDLE).family
    assert one("Mother with saddle numbness.", SADDLE).family


@pytest.mark.parametrize(
    "text",
    [
        "Denied saddle numbness last week, now reports it.",
        "Initially denied saddle numbness but on further questioning admits to it.",
        "He does not deny saddle numbness.",
    ],
)
def test_a_denial_taken_back_denies_nothing(text: str) -> None:
    assert says(text).get(SADDLE) != "absent"


def test_a_plain_denial_with_another_statement_behind_it_still_denies() -> None:
    assert says("Denies saddle numbness but reports left heel pain.")[SADDLE] == "absent"


def test_an_answer_below_belongs_to_a_label_and_not_to_prose() -> None:
    assert says("Pain in the left heel, worse in the morning\n\nNone")["heel-pain"] == "present"
    assert says("Plantar fasciitis left:\nContinue the stretches every day.")["plantar-fasciitis"] == "present"
    assert says("Saddle numbness: Y - since Monday")[SADDLE] == "present"
