"""What a clinical note says of a patient, as a value: one Remark per thing that a sentence states."""

from __future__ import annotations

from dataclasses import dataclass

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.fhir.notes.began import Began
from fhirsvc.fhir.notes.sentences import Sentence

SPREADING = "spreading"
"""The qualifier of numbness, tingling or burning that is said to go along the leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that one sentence of a note states of the patient or the family, in the words of clinical prose.

    subject: what it speaks of, finer than a Concept of the protocol ("achilles-reflex", "numbness", "toe-walk").
    value: symptoms, diagnoses, signs present | absent; tests positive | negative; functions normal | reduced | absent;
           reflexes absent | reduced | normal | brisk | symmetric; gait normal | abnormal; "unknown" = said to be open.
    roots: those the text names; level: a disc level of a diagnosis or operation ("L5-S1"), "" = none.
    areas: parts of the body in the note's own terms ("buttock", "calf", "lateral-foot", "stocking").
    grade: as written ("1+", "4/5", "60" degrees of a straight-leg raise); reproduces: "back" | "leg" | "" for such.
    weeks: how long, rounded, the middle of a range; chronic: "chronic", "for years".
    began: the day or date since which, where it is told ("for 3 days", "since Monday").
    qualifiers: closed words that a row reads ("new", "worsening", "progressive", "pain-limited", "spreading").
    """

    subject: str
    value: str
    sentence: Sentence
    side: Side = Side.UNKNOWN
    roots: tuple[str, ...] = ()
    level: str = ""
    certainty: Certainty = Certainty.AFFIRMED
    family: bool = False
    areas: tuple[str, ...] = ()
    grade: str = ""
    reproduces: str = ""
    weeks: int | None = None
    began: Began | None = None
    chronic: bool = False
    qualifiers: frozenset[str] = frozenset()
    place: str = ""
