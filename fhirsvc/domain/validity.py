"""What one Fact is worth for one item on one leg: full, weak or excluded, and why (RULES 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fhirsvc.domain.assessment import Fate, Reason, Weighed
from fhirsvc.domain.evidence import Certainty, ClinicalStatus, Fact, Presence, Side, Status, Verification
from fhirsvc.domain.protocol import Complaint, Confounder, Item, Protocol, SideRule, Validity
from fhirsvc.domain.timeline import age_in_days

_WORTH = {Validity.FULL: 2, Validity.WEAK: 1, Validity.EXCLUDED: 0}

Verdict = tuple[Validity, Reason]


def lowest(*validities: Validity) -> Validity:
    """The lowest of several tests: demotions are not cumulative (RULES 3.1)."""
    return min(validities, key=_WORTH.__getitem__, default=Validity.FULL)


def best(*validities: Validity) -> Validity:
    """The best of several Facts that say the same."""
    return max(validities, key=_WORTH.__getitem__, default=Validity.EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Where an item is read: the complaint, the leg looked at, and what the side rule must know.

    sided: the complaint's own side is recorded.  limbs: how many limbs are affected.  only: this is the only complaint
    of the limb.  confounded: closed patterns of RULES 3.3 that hold for this leg whatever the Fact says.
    """

    kind: Complaint
    side: Side
    sided: bool
    limbs: int
    only: bool
    confounded: frozenset[str] = frozenset()


def weigh(protocol: Protocol, item: Item, fact: Fact, leg: Leg, on: date) -> Weighed:
    """One Fact through every test of RULES 3.1 in its order; its validity is the lowest of them."""
    verdicts = [
        *_admission(fact),
        *_side(item, fact, leg),
        *_root(protocol, item, fact, leg),
        *_clock(protocol, item, fact, on),
    ]
    confounders = confounders_of(protocol, item, fact, leg)
    validity = lowest(*(verdict[0] for verdict in verdicts))
    if validity is not Validity.EXCLUDED and confounders:
        validity = lowest(validity, *(each.effect for each in confounders))
        verdicts.append((validity, Reason.CONFOUNDER))
    return Weighed(
        fact=fact,
        presence=fact.presence,
        validity=validity,
        fate=fate_of(fact.presence, validity),
        reasons=tuple(reason for _, reason in verdicts),
        confounders=tuple(each.name for each in confounders),
    )


def fate_of(presence: Presence, validity: Validity) -> Fate:
    """What became of a Fact of this presence and validity."""
    if validity is Validity.EXCLUDED:
        return Fate.EXCLUDED
    if presence is Presence.ABSENT:
        return Fate.NEGATIVE
    return Fate.USED if validity is Validity.FULL else Fate.DEMOTED


def admission(fact: Fact) -> tuple[Validity, tuple[Reason, ...]]:
    """Whether a Fact may be read at all, before item, side or time: status, experiencer, Condition, certainty."""
    verdicts = list(_admission(fact))
    return lowest(*(verdict[0] for verdict in verdicts)), tuple(reason for _, reason in verdicts)


def admitted(fact: Fact) -> bool:
    """May this Fact be read at all?"""
    return admission(fact)[0] is not Validity.EXCLUDED


def admission_of_red_flag(fact: Fact, *, refuted: bool = False) -> bool:
    """May a red flag be read? Uncertain, preliminary and resolved ones may (RULES 3.9); refuted, family, error may not.

    refuted: also accept a refuted Condition, for a rule-out is one.
    """
    if fact.status in (Status.ENTERED_IN_ERROR, Status.CANCELLED) or fact.family:
        return False
    if fact.certainty in (Certainty.HYPOTHETICAL, Certainty.HISTORICAL):
        return False
    if fact.verification is Verification.ENTERED_IN_ERROR:
        return False
    return refuted or fact.verification is not Verification.REFUTED


_NOT_ACTIVE = (ClinicalStatus.INACTIVE, ClinicalStatus.REMISSION, ClinicalStatus.RESOLVED)


def _admission(fact: Fact) -> Iterator[Verdict]:
    if fact.presence is Presence.UNKNOWN:
        yield Validity.EXCLUDED, Reason.NO_RESULT
    if fact.status in (Status.ENTERED_IN_ERROR, Status.CANCELLED):
        yield Validity.EXCLUDED, Reason.STATUS
    if fact.status is Status.PRELIMINARY:
        yield Validity.WEAK, Reason.PRELIMINARY
    if fact.family:
        yield Validity.EXCLUDED, Reason.FAMILY
    yield from _condition(fact)
    yield from _certainty(fact)


def _condition(fact: Fact) -> Iterator[Verdict]:
    if fact.clinical_status in _NOT_ACTIVE:
        yield Validity.EXCLUDED, Reason.NOT_ACTIVE
    if fact.clinical_status is ClinicalStatus.MISSING:
        yield Validity.WEAK, Reason.CLINICAL_STATUS_MISSING
    if fact.verification in (Verification.REFUTED, Verification.ENTERED_IN_ERROR):
        yield Validity.EXCLUDED, Reason.REFUTED
    if fact.verification is Verification.PROVISIONAL:
        yield Validity.WEAK, Reason.PROVISIONAL


def _certainty(fact: Fact) -> Iterator[Verdict]:
    if fact.certainty is Certainty.HYPOTHETICAL:
        yield Validity.EXCLUDED, Reason.HYPOTHETICAL
    if fact.certainty is Certainty.HISTORICAL:
        yield Validity.EXCLUDED, Reason.HISTORICAL
    if fact.certainty is Certainty.UNCERTAIN:
        yield Validity.WEAK, Reason.UNCERTAIN


def _side(item: Item, fact: Fact, leg: Leg) -> Iterator[Verdict]:
    if item.side is SideRule.NONE:
        return
    if fact.side is Side.UNKNOWN and item.side is SideRule.INHERITS:
        yield from _inherited(item, leg)
    elif fact.side not in (leg.side, Side.BOTH, Side.UNKNOWN):
        yield Validity.EXCLUDED, Reason.OTHER_SIDE
    elif not leg.sided:
        yield Validity.WEAK, Reason.COMPLAINT_SIDE_NOT_RECORDED
    elif fact.side is Side.UNKNOWN and fact.presence is Presence.PRESENT:
        yield Validity.WEAK, Reason.SIDE_NOT_RECORDED


def _inherited(item: Item, leg: Leg) -> Iterator[Verdict]:
    """A statement without a side belongs to the only affected limb; with two it is weak, and for LOCAL unknown."""
    if leg.limbs > 1:
        yield (Validity.EXCLUDED if item.tier == "local" else Validity.WEAK), Reason.SIDE_NOT_RECORDED


def _root(protocol: Protocol, item: Item, fact: Fact, leg: Leg) -> Iterator[Verdict]:
    """Only a present sign has to match the root; a normal result was examined whatever its root."""
    if item.root_unrecorded is None or fact.presence is not Presence.PRESENT:
        return
    if fact.root is None:
        if item.root_unrecorded is not Validity.FULL:
            yield item.root_unrecorded, Reason.ROOT_NOT_RECORDED
        return
    worth = protocol.roots[leg.kind][fact.root]
    if worth is not Validity.FULL:
        yield worth, Reason.ADJACENT_ROOT if worth is Validity.WEAK else Reason.OTHER_ROOT


def _clock(protocol: Protocol, item: Item, fact: Fact, on: date) -> Iterator[Verdict]:
    clock = protocol.clocks[item.problem_clock if fact.problem else item.clock]
    age = age_in_days(fact.moment, on)
    if clock.weak is not None and age > clock.weak:
        yield Validity.EXCLUDED, Reason.EXPIRED
    elif age > clock.full and fact.presence is Presence.PRESENT:
        yield Validity.WEAK, Reason.AGE
    if fact.recorded is None:
        yield Validity.WEAK, Reason.UNDATED


def confounders_of(protocol: Protocol, item: Item, fact: Fact, leg: Leg) -> tuple[Confounder, ...]:
    """The rows of RULES 3.3 that act on a present sign because of what the Fact itself or the leg says."""
    if fact.presence is not Presence.PRESENT:
        return ()
    patterns = leg.confounded | _own_patterns(fact)
    return tuple(each for each in protocol.confounders if item.name in each.items and each.pattern in patterns)


_AREAS = {
    "stocking": "stocking",
    "foot-only": "foot-only",
    "heel-only": "heel-or-sole-only",
    "sole-only": "heel-or-sole-only",
}


def _own_patterns(fact: Fact) -> frozenset[str]:
    """Patterns written in the Fact: its area, unless a dermatome is stated (E21b), and pain that limits power."""
    pattern = _AREAS.get(fact.area, "")
    if pattern == "heel-or-sole-only" and fact.root is not None:
        pattern = ""
    limited = {"pain-limited"} if "pain-limited" in fact.qualifiers else set()
    return frozenset(limited | ({pattern} if pattern else set()))
