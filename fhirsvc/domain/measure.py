"""Numbers into presence: where thresholds turn a grade, count, score or angle into a sign or its absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from fhirsvc.domain.evidence import Fact, Moment, Presence, Side
from fhirsvc.domain.protocol import Measure, Protocol
from fhirsvc.domain.validity import admitted


def measured(protocol: Protocol, facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The same facts, those with a number given the presence that the protocol's thresholds say (RULES 3.2)."""
    known = tuple(facts)
    if all(fact.number is None for fact in known):
        return known
    measures = {each.concept: each for each in protocol.measures}
    last = _last_counts(fact for fact in known if fact.concept in measures)
    return tuple(_measure(protocol, measures.get(fact.concept), fact, last) for fact in known)


Counts = Mapping[tuple[str, Side], tuple[Moment, Fraction]]


def _last_counts(facts: Iterable[Fact]) -> Counts:
    """The newest number of each Concept on each side."""
    last: dict[tuple[str, Side], tuple[Moment, Fraction]] = {}
    for fact in facts:
        if fact.number is not None and admitted(replace(fact, presence=Presence.PRESENT)):
            place = (fact.concept, fact.side)
            last[place] = max(last.get(place, (fact.moment, fact.number)), (fact.moment, fact.number))
    return last


def _measure(protocol: Protocol, measure: Measure | None, fact: Fact, last: Counts) -> Fact:
    if measure is None or fact.number is None:
        return fact
    limit = protocol.thresholds[measure.threshold].value
    beyond = fact.number < limit if measure.sign == "below" else fact.number >= limit
    sign = beyond or _less_than_share(protocol, measure, fact, fact.number, last)
    return replace(fact, presence=Presence.PRESENT if sign else Presence.ABSENT)


def _less_than_share(protocol: Protocol, measure: Measure, fact: Fact, number: Fraction, last: Counts) -> bool:
    """Single-leg heel raises: at most half of what the other side last managed is weakness too."""
    if not measure.share_of_other_side or fact.side not in (Side.LEFT, Side.RIGHT):
        return False
    other = last.get((fact.concept, fact.side.other))
    return other is not None and number <= protocol.thresholds[measure.share_of_other_side].value * other[1]
