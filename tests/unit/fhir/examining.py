"""Short ways to write down what a reader of clinical prose found, for the tests of it."""

from __future__ import annotations

from fhirsvc.fhir.notes.clinical import read_note
from fhirsvc.fhir.notes.remark import Remark
from tests.unit.fhir.extracting import reading


def remarks(text: str) -> tuple[Remark, ...]:
    """What the shipped lexicon reads in one text."""
    return read_note({"text": text}, reading().clinical).remarks


def said(text: str, *subjects: str) -> set[str]:
    """Each Remark as "subject value side", of some subjects or of all."""
    return {
        f"{each.subject} {each.value} {each.side}" for each in remarks(text) if not subjects or each.subject in subjects
    }
