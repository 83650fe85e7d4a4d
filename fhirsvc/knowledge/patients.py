"""A case as a value: a patient told in days before an evaluation date, what must be said, and the Evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from fhirsvc.domain.evidence import (
    REFLEX_GRADES,
    Certainty,
    ClinicalStatus,
    Evidence,
    Fact,
    Modality,
    Moment,
    Person,
    Presence,
    Qualifier,
    Root,
    Side,
    Source,
    Status,
    Verification,
)
from fhirsvc.domain.protocol import Complaint, Outcome

EXAMINED = 10
"""Days before the evaluation date on which everything was recorded that says nothing else."""

_REFLEX = "achilles-reflex"
_ANSWERS = {
    "present": Presence.PRESENT,
    "weak": Presence.PRESENT,
    "reduced": Presence.PRESENT,
    "contact": Presence.PRESENT,
    "absent": Presence.ABSENT,
    "normal": Presence.ABSENT,
    "no-contact": Presence.ABSENT,
    "unclear": Presence.UNKNOWN,
    "unknown": Presence.UNKNOWN,
}
_GRADED = frozenset({"contact", "no-contact", "unclear"})
_NUMBER = re.compile(r"(\d+)([+-]?)")
_STEP = {"": Fraction(0), "+": Fraction(1, 3), "-": Fraction(-1, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """Born so many years and, further back, days before the evaluation date; or only the calendar year is recorded.

    year_only: that many years before the year of the examination, which is ten days before the evaluation date.
    """

    years: int = 0
    days: int = 0
    year_only: int | None = None

    def moment(self, on: date) -> Moment:
        """The date of birth as far as it is recorded; a birthday on 29 February becomes the 28th."""
        if self.year_only is not None:
            year = (on - timedelta(days=EXAMINED)).year - self.year_only
            return Moment.days(date(year, 1, 1), date(year, 12, 31))
        return Moment.day(_years_before(on, self.years) - timedelta(days=self.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One recorded answer of a case; stretches are (first, last) days before the evaluation date, None = unrecorded."""

    concept: str
    answer: str
    side: Side = Side.UNKNOWN
    days: tuple[int, int] | None = (EXAMINED, EXAMINED)
    time: time | None = None
    received: int = 0
    onset: tuple[int, int] | None = None
    root: Root | None = None
    area: str = ""
    modality: Modality | None = None
    raised: Side = Side.UNKNOWN
    certainty: Certainty = Certainty.AFFIRMED
    status: Status = Status.FINAL
    condition: bool = False
    clinical_status: ClinicalStatus = ClinicalStatus.ACTIVE
    verification: Verification = Verification.CONFIRMED
    family: bool = False
    says: frozenset[Qualifier] = frozenset()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One finding that must be given. complaint and side None = the urgent one, or the patient who gets none.

    missing, noted: what must be said at least; unnoted: what must not be noted; also: exactly these second
    explanations; sentence: "" = not looked at.
    """

    outcome: Outcome
    rule: str
    complaint: Complaint | None = None
    side: Side | None = None
    missing: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    unnoted: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A patient and what must be said of them; expected is in order, urgent first.

    chapter: the heading it stands under; patient: the sentence; because: what the case is there to tell apart.
    """

    name: str
    line: int
    chapter: str
    patient: str
    because: str
    told: tuple[Told, ...]
    expected: tuple[Expected, ...]
    birth: Birth | None = field(default_factory=Birth)
    deceased: bool = False


def evidence_of(case: Case, on: date) -> Evidence:
    """The case as Evidence, dated back from the evaluation date; what has no source of its own gets one."""
    person = Person(
        birth=case.birth.moment(on) if case.birth else None, deceased=case.deceased, reference=f"Patient/{case.name}"
    )
    facts = (_fact(case, number, told, on) for number, told in enumerate(case.told, start=1))
    return Evidence(person=person, facts=tuple(facts))


def answers_to(concept: str) -> tuple[str, ...]:
    """The words that can answer a Concept in cases.yaml; a number can answer any."""
    return tuple(REFLEX_GRADES if concept == _REFLEX else _ANSWERS)


def is_number(answer: str) -> bool:
    """Is it a count, score, angle or MRC grade (4, 4+, 5-)?"""
    return _NUMBER.fullmatch(answer) is not None


def _fact(case: Case, number: int, told: Told, on: date) -> Fact:
    graded = told.answer in _GRADED or (told.concept == _REFLEX and told.answer != "unknown")
    return Fact(
        concept=told.concept,
        presence=_presence(told),
        source=Source(f"Case/{case.name}/{told.source or number}"),
        received=datetime.combine(on - timedelta(days=told.received), time(12), UTC),
        recorded=_recorded(told, on),
        side=told.side,
        root=told.root,
        result=told.answer if graded else "",
        number=_number(told.answer),
        area=told.area,
        onset=_stretch(told.onset, on),
        modality=told.modality,
        raised=told.raised,
        certainty=told.certainty,
        status=told.status,
        problem=told.condition,
        clinical_status=told.clinical_status,
        verification=told.verification,
        family=told.family,
        qualifiers=told.says,
    )


def _presence(told: Told) -> Presence:
    """A bare number leaves it to the protocol's thresholds; "absent" of a reflex is a sign."""
    words = REFLEX_GRADES if told.concept == _REFLEX else _ANSWERS
    return words.get(told.answer, Presence.UNKNOWN)


def _number(answer: str) -> Fraction | None:
    found = _NUMBER.fullmatch(answer)
    return Fraction(found[1]) + _STEP[found[2]] if found else None


def _recorded(told: Told, on: date) -> Moment | None:
    if told.days is not None and told.time is not None:
        return Moment.at(datetime.combine(on - timedelta(days=told.days[0]), told.time, UTC))
    return _stretch(told.days, on)


def _stretch(days: tuple[int, int] | None, on: date) -> Moment | None:
    return days and Moment.days(on - timedelta(days=days[0]), on - timedelta(days=days[1]))


def _years_before(on: date, years: int) -> date:
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)
