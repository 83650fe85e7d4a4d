"""Numbers into presence: where thresholds turn a grade, count, score or angle into a sign or its absence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from fhirsvc.domain.evidence import Fact, Presence, Side
from fhirsvc.domain.protocol import Measure, Protocol
from fhirsvc.domain.validity import admitted


def measured(protocol: Protocol, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same facts, those with a number given the presence that the protocol's thresholds say (RULES 3.2)."""
    known = tuple(facts)
    measures = {each.concept: each for each in protocol.measures}
    return tuple(_measure(protocol, measures.get(fact.concept), fact, known) for fact in known)


def _measure(protocol: Protocol, measure: Measure | None, fact: Fact, facts: tuple[Fact, ...]) -> Fact:
    if measure is None or fact.number is None:
        return fact
    limit = protocol.thresholds[measure.threshold].value
    beyond = fact.number < limit if measure.sign == "below" else fact.number >= limit
    sign = beyond or _less_than_share(protocol, measure, fact, fact.number, facts)
    return replace(fact, presence=Presence.PRESENT if sign else Presence.ABSENT)


def _may_be_read(fact: Fact) -> bool:
    return admitted(replace(fact, presence=Presence.PRESENT))


def _less_than_share(
    protocol: Protocol, measure: Measure, fact: Fact, number: Fraction, facts: tuple[Fact, ...]
) -> bool:
    """Single-leg heel raises: at most half of what the other side last managed is weakness too."""
    if not measure.share_of_other_side or fact.side not in (Side.LEFT, Side.RIGHT):
        return False
    share = protocol.thresholds[measure.share_of_other_side].value
    others = [other for other in facts if other.concept == fact.concept and other.side is fact.side.other]
    counted = [(other.moment, other.number) for other in others if other.number is not None and _may_be_read(other)]
    return bool(counted) and number <= share * max(counted)[1]
