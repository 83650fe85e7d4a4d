"""mappings/reading/clinical/facts.yaml: every row speaks of a Concept that exists, or its fault is said."""

import shutil
from pathlib import Path

import pytest

from fhirsvc.knowledge.reading import load_reading, reading_faults
from fhirsvc.knowledge.terminology import load_lexicon, mappings_root

FACTS = Path("reading") / "clinical" / "facts.yaml"
_ANSWERS = {"present", "absent", "unknown"}
_GRADES = {"absent", "reduced", "normal", "brisk", "unknown"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(mappings_root() / "reading", tmp_path / "reading")
    return tmp_path


def test_every_row_names_a_known_concept_and_a_closed_answer() -> None:
    concepts = load_lexicon().concepts
    for rows in load_reading().clinical.rows.values():
        for row in rows:
            closed = _GRADES if concepts[row.concept].reads == "reflex" else _ANSWERS
            assert set(row.answers.values()) <= closed, row


def test_every_area_is_one_of_the_terminology() -> None:
    known = set(load_lexicon().words["area"].values())
    assert set(load_reading().clinical.areas.values()) <= known


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "{subject: gait, concept: antalgic-gait, answers: {present: present}, colour: red}",
            "'colour' is no part of a row.",
        ),
        ("{subject: gait, answers: {present: present}}", "The row has no 'concept'."),
        (
            "{subject: gait, concept: antalgic-gait, answers: {present: present}, quoted: perhaps}",
            "'quoted' is neither yes nor no.",
        ),
    ],
)
def test_a_faulty_row_is_said_with_its_line(root: Path, row: str, says: str) -> None:
    (root / FACTS).write_text(f"areas:\n  foot: foot-only\nrows:\n  - {row}\n", encoding="utf-8")
    (fault,) = [fault for fault in reading_faults(root) if fault.file == FACTS.as_posix()]
    assert (fault.says, fault.line) == (says, 4)
