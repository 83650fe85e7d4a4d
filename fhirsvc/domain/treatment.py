"""Local treatment that has not helped: a start, and weeks later a statement that it did not help (RULES 3.2 FAILTX)."""

from __future__ import annotations

from dataclasses import replace

from fhirsvc.domain.assessment import Fate, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Moment, Presence, Side
from fhirsvc.domain.history import Chart
from fhirsvc.domain.protocol import Item, Validity
from fhirsvc.domain.standing import gather
from fhirsvc.domain.validity import Leg, weigh


def read_failed_treatment(chart: Chart, item: Item, leg: Leg) -> Reading:
    """Present only where the statement follows the start by the protocol's weeks; without a start it is unknown."""
    return gather(item, tuple(_weigh(chart, item, leg, fact) for fact in chart.of(item.concepts)))


def _weigh(chart: Chart, item: Item, leg: Leg, fact: Fact) -> Weighed:
    weighed = weigh(chart.protocol, item, fact, leg, chart.on)
    if fact.presence is not Presence.PRESENT:
        return weighed
    start = fact.onset or _recorded_start(chart, fact, leg)
    if start is None:
        return _set_aside(weighed, Reason.NO_RESULT)
    tried = (fact.moment.earliest - start.earliest).days
    return weighed if tried >= chart.protocol.days("treatment-failure") else _set_aside(weighed, Reason.TOO_SHORT)


def _set_aside(weighed: Weighed, reason: Reason) -> Weighed:
    return replace(weighed, validity=Validity.EXCLUDED, fate=Fate.EXCLUDED, reasons=(*weighed.reasons, reason))


def _recorded_start(chart: Chart, fact: Fact, leg: Leg) -> Moment | None:
    """The earliest recorded start of a local treatment of this leg before the statement."""
    starts = [
        treatment.onset
        for treatment in chart.history("treatment")
        if treatment.onset and treatment.side in (leg.side, Side.BOTH, Side.UNKNOWN)
    ]
    return min((start for start in starts if start.first <= fact.moment.last), default=None)
