"""What is known of one patient: Facts, each with its presence, side, root, time, certainty and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from fractions import Fraction


class Presence(StrEnum):
    """Whether the sign or symptom a Concept asks after is there; silence is UNKNOWN, never ABSENT (RULES 3.1)."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


REFLEX_GRADES: Mapping[str, Presence] = {
    "absent": Presence.PRESENT,
    "reduced": Presence.PRESENT,
    "normal": Presence.ABSENT,
    "brisk": Presence.ABSENT,
    "unknown": Presence.UNKNOWN,
}
"""The grades of a reflex, and whether each is the sign: no reflex is a finding (RULES 3.8)."""


class Side(StrEnum):
    """The side of the body a Fact or complaint is recorded for; UNKNOWN = not recorded, or recorded in conflict."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    UNKNOWN = "unknown"

    @property
    def other(self) -> Side:
        """The opposite leg; BOTH and UNKNOWN have none and stay what they are."""
        return {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}.get(self, self)


def agreed_side(sides: Iterable[Side]) -> Side | None:
    """The side that all agree on; None = none was named; UNKNOWN = they contradict each other (RULES 3.8)."""
    distinct = set(sides)
    if not distinct:
        return None
    return distinct.pop() if len(distinct) == 1 else Side.UNKNOWN


class Root(StrEnum):
    """A lumbosacral nerve root that the two source articles name (S-A7, S-P17)."""

    L4 = "L4"
    L5 = "L5"
    S1 = "S1"


class Certainty(StrEnum):
    """How surely the record states a Fact (RULES 3.1)."""

    AFFIRMED = "affirmed"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    HYPOTHETICAL = "hypothetical"


class Status(StrEnum):
    """What the status of the resource means for its Facts: amended and corrected are FINAL (RULES 3.1)."""

    FINAL = "final"
    PRELIMINARY = "preliminary"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class ClinicalStatus(StrEnum):
    """Condition.clinicalStatus, folded: recurrence and relapse are ACTIVE; remission stays apart from RESOLVED."""

    ACTIVE = "active"
    MISSING = "missing"
    INACTIVE = "inactive"
    REMISSION = "remission"
    RESOLVED = "resolved"


class Verification(StrEnum):
    """Condition.verificationStatus, folded: provisional, differential and unconfirmed are PROVISIONAL."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"


class Modality(StrEnum):
    """The kind of study, in the order in which one can overturn another: XR < CT < MR (RULES 3.4)."""

    XR = "XR"
    CT = "CT"
    MR = "MR"


class Qualifier(StrEnum):
    """A word the record adds to a Fact and that a row of RULES 3.2, 3.3 or 3.9 reads."""

    PAIN_LIMITED = "pain-limited"
    PROGRESSIVE = "progressive"
    WORSENING = "worsening"
    CHRONIC = "chronic"
    NEW = "new"
    UNEQUAL = "unequal"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A point or stretch of time as far as the record knows it: first and last instant it can mean, both in UTC.

    A full dateTime has first == last; "2026-03" runs from the first to the last instant of March.
    """

    first: datetime
    last: datetime

    @classmethod
    def day(cls, day: date) -> Moment:
        """The whole of one calendar day."""
        return cls(datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC))

    @classmethod
    def days(cls, first: date, last: date) -> Moment:
        """A stretch of calendar days, both ends included: how a partial date ("2026", "2026-03") is known."""
        return cls(datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC))

    @classmethod
    def at(cls, instant: datetime) -> Moment:
        """One instant; it must carry its zone."""
        return cls(instant.astimezone(UTC), instant.astimezone(UTC))

    @property
    def earliest(self) -> date:
        """The first calendar day it can mean: how every window but the urgent ones counts (RULES 3.1 Clocks)."""
        return self.first.date()

    @property
    def latest(self) -> date:
        """The last calendar day it can mean: how the urgent rows count (RULES 3.4)."""
        return self.last.date()

    def overlaps(self, other: Moment) -> bool:
        """Could both be the same time? (RULES 3.4: a date-only value equals the whole day)."""
        return self.first <= other.last and other.first <= self.last

    def before(self, other: Moment) -> bool:
        """Certainly earlier than the other."""
        return self.last < other.first


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a Fact stands: the exact resource version, the place inside it, and the sentence if it was read from text.

    reference: "Observation/abc/_history/2"; place: "" or "component[1]" or "conclusion[sentence 2]"; sentence: as
    written, with start and end as offsets in code points into the text it stands in; named: what a report's sentence
    was understood to name ("protrusion at L5-S1, left"). Two Facts of one `key` are one source and count once (RULES
    3.1 "One source counts once").
    """

    reference: str
    place: str = ""
    sentence: str = ""
    start: int = 0
    end: int = 0
    named: str = ""

    @property
    def key(self) -> str:
        """The identity of the source for counting: resource version and, inside it, component or sentence."""
        return f"{self.reference}#{self.place}" if self.place else self.reference

    @property
    def resource(self) -> str:
        """The versioned reference without the place."""
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One recorded answer to one Concept.

    presence  of the sign or symptom; UNKNOWN when only a number was recorded (the protocol's thresholds decide) or
              when the answer is "not tested".
    result    closed word of a graded Concept; achilles-reflex: absent | reduced | normal | brisk. Lumbar imaging:
              contact | no-contact | unclear.
    number    MRC grade with n+ = n + 1/3 and n- = n - 1/3, a count, a score or degrees, as the Concept says.
    area      closed word of RULES 3.1 (lateral-foot ...) or pattern (stocking, heel-only, sole-only, foot-only).
    recorded  clinical time: effective[x], else recordedDate; None = neither was given (ordered by receipt, weak).
    received  when this service first received it.
    onset     of the symptom; for a treatment its start.
    problem   recorded as a Condition: symptoms and diagnoses then use clock P.
    raised    crossed straight-leg raise: the leg that was raised, when known.
    """

    concept: str
    presence: Presence
    source: Source
    received: datetime
    recorded: Moment | None = None
    side: Side = Side.UNKNOWN
    root: Root | None = None
    result: str = ""
    number: Fraction | None = None
    area: str = ""
    onset: Moment | None = None
    modality: Modality | None = None
    raised: Side = Side.UNKNOWN
    certainty: Certainty = Certainty.AFFIRMED
    status: Status = Status.FINAL
    problem: bool = False
    clinical_status: ClinicalStatus = ClinicalStatus.ACTIVE
    verification: Verification = Verification.CONFIRMED
    family: bool = False
    qualifiers: frozenset[Qualifier] = frozenset()

    @property
    def moment(self) -> Moment:
        """The time it is ordered and aged by: clinical time, else receipt (RULES 3.1 Clocks)."""
        return self.recorded or Moment.day(self.received.astimezone(UTC).date())


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What of the Patient resource the protocol reads; birth None = no date of birth recorded."""

    birth: Moment | None = None
    deceased: bool = False
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All Facts known of one patient, from all submissions, in no particular order."""

    person: Person = field(default_factory=Person)
    facts: tuple[Fact, ...] = ()
