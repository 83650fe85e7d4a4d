"""From recorded heel complaints to limbs: which complaint, on which side, since when (RULES 3, Complaints)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhirsvc.domain.assessment import Fate, Note, Reason, Weighed
from fhirsvc.domain.evidence import ClinicalStatus, Fact, Moment, Presence, Side
from fhirsvc.domain.protocol import Complaint, Protocol, Validity
from fhirsvc.domain.timeline import age_in_days
from fhirsvc.domain.validity import admission, admitted

_SPECIFIC = (Complaint.ACHILLES, Complaint.PLANTAR)
_ORDER = tuple(Complaint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """One complaint on one side; side UNKNOWN when the record gives none. onset: the earliest known."""

    kind: Complaint
    side: Side
    facts: tuple[Fact, ...]

    @property
    def onset(self) -> Moment | None:
        """The earliest recorded onset of this complaint, absorbed ones included; None = not recorded."""
        return min((fact.onset for fact in self.facts if fact.onset), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """The limbs to assess, in a fixed order, and the complaints that are printed but not answered."""

    limbs: tuple[Limb, ...]
    set_aside: tuple[Weighed, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def count(self) -> int:
        """How many limbs are affected; a complaint without a side counts as one of its own."""
        return len({limb.side for limb in self.limbs})

    def kinds_on(self, side: Side) -> frozenset[Complaint]:
        """The complaint kinds that are, or may be, on this side."""
        either = (side, Side.UNKNOWN) if side is not Side.UNKNOWN else tuple(Side)
        return frozenset(limb.kind for limb in self.limbs if limb.side in either)


def complaints_of(protocol: Protocol, facts: Iterable[Fact], on: date) -> Complaints:
    """The active, non-refuted complaints of the patient, absorbed into limbs."""
    told = sorted((fact for fact in facts if fact.concept in protocol.complaints), key=lambda fact: fact.source)
    denials = [fact for fact in told if fact.presence is Presence.ABSENT and admitted(fact)]
    weighed = [_weigh(protocol, fact, denials, on) for fact in told]
    active = [each.fact for each in weighed if each.fate is Fate.USED]
    limbs = _absorb(_limbs(protocol, active))
    return Complaints(
        limbs=tuple(sorted(limbs, key=lambda limb: (_ORDER.index(limb.kind), limb.side))),
        set_aside=tuple(each for each in weighed if each.fate is Fate.EXCLUDED),
        notes=_notes(protocol, weighed),
    )


def _weigh(protocol: Protocol, fact: Fact, denials: Sequence[Fact], on: date) -> Weighed:
    """USED when it makes a limb; a missing clinicalStatus is read as active, a provisional complaint counts."""
    validity, reasons = admission(fact)
    if fact.presence is not Presence.PRESENT:
        validity, reasons = Validity.EXCLUDED, (Reason.NO_RESULT,)
    elif age_in_days(fact.moment, on) > protocol.days("complaint-active"):
        validity, reasons = Validity.EXCLUDED, (*reasons, Reason.EXPIRED)
    elif not fact.problem and any(_denies(other, fact) for other in denials):
        validity, reasons = Validity.EXCLUDED, (*reasons, Reason.REPLACED)
    fate = Fate.EXCLUDED if validity is Validity.EXCLUDED else Fate.USED
    return Weighed(fact=fact, presence=fact.presence, validity=validity, fate=fate, reasons=reasons)


def _denies(other: Fact, fact: Fact) -> bool:
    """A later statement of the same complaint and side that it is gone; it does not deny an active problem."""
    return (
        other.concept == fact.concept
        and other.side in (fact.side, Side.BOTH, Side.UNKNOWN)
        and fact.moment.before(other.moment)
    )


def _limbs(protocol: Protocol, facts: Iterable[Fact]) -> list[Limb]:
    """One limb per kind and side; bilateral is two."""
    grouped: dict[tuple[Complaint, Side], list[Fact]] = {}
    for fact in facts:
        for side in (Side.LEFT, Side.RIGHT) if fact.side is Side.BOTH else (fact.side,):
            grouped.setdefault((protocol.complaints[fact.concept], side), []).append(fact)
    return [Limb(kind=kind, side=side, facts=tuple(told)) for (kind, side), told in grouped.items()]


def _absorb(limbs: list[Limb]) -> list[Limb]:
    """Absorb the unsided into the sided and the unspecified into the specific; facts, and so onsets, are kept."""
    limbs = _unsided_into_same_kind(limbs)
    limbs = _unsided_specific_takes_side_of_heel(limbs)
    limbs = _into(limbs, lambda heel: [each for each in limbs if each.kind in _SPECIFIC and each.side is heel.side])
    return _into(
        limbs,
        lambda heel: (
            [each for each in limbs if each is not heel and each.side is not Side.UNKNOWN]
            if heel.side is Side.UNKNOWN
            else []
        ),
    )


def _into(limbs: list[Limb], absorbers: Callable[[Limb], list[Limb]]) -> list[Limb]:
    """Move each unspecified complaint into the limbs that absorb it; one that nothing absorbs stays."""
    kept = list(limbs)
    for heel in [limb for limb in limbs if limb.kind is Complaint.HEEL]:
        takers = [taker for taker in absorbers(heel) if taker in limbs]
        if takers:
            kept = [_with(limb, heel) if limb in takers else limb for limb in kept if limb is not heel]
    return kept


def _with(limb: Limb, absorbed: Limb) -> Limb:
    return replace(limb, facts=limb.facts + tuple(fact for fact in absorbed.facts if fact not in limb.facts))


def _unsided_into_same_kind(limbs: list[Limb]) -> list[Limb]:
    kept = list(limbs)
    for unsided in [limb for limb in limbs if limb.side is Side.UNKNOWN]:
        takers = [limb for limb in kept if limb.kind is unsided.kind and limb.side is not Side.UNKNOWN]
        if takers:
            kept = [_with(limb, unsided) if limb in takers else limb for limb in kept if limb is not unsided]
    return kept


def _unsided_specific_takes_side_of_heel(limbs: list[Limb]) -> list[Limb]:
    """ICD-10-CM M72.2 carries no side: beside plain heel pain on a side it takes that side."""
    heels = [limb for limb in limbs if limb.kind is Complaint.HEEL and limb.side is not Side.UNKNOWN]
    kept: list[Limb] = []
    for limb in limbs:
        if limb.kind in _SPECIFIC and limb.side is Side.UNKNOWN and heels:
            kept.extend(replace(limb, side=heel.side) for heel in heels)
        else:
            kept.append(limb)
    return kept


def _notes(protocol: Protocol, weighed: Iterable[Weighed]) -> tuple[Note, ...]:
    told = tuple(weighed)
    unstated = tuple(each.fact for each in told if each.fate is Fate.USED and _status_missing(each.fact))
    old = tuple(each.fact for each in told if each.reasons[-1:] == (Reason.EXPIRED,))
    found = (("clinical-status-missing", unstated), ("complaint-old", old))
    return tuple(Note(code=code, text=protocol.texts[f"note.{code}"], facts=facts) for code, facts in found if facts)


def _status_missing(fact: Fact) -> bool:
    return fact.problem and fact.clinical_status is ClinicalStatus.MISSING
