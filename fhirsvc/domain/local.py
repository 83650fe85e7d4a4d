"""Local signs of the complaint's structure, their absence on palpation, and compensation (LOCAL, NOTEND, COMP)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fhirsvc.domain.assessment import Fate, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Presence
from fhirsvc.domain.history import Chart
from fhirsvc.domain.protocol import Complaint, Item, Validity
from fhirsvc.domain.standing import gather
from fhirsvc.domain.validity import Leg, best, weigh

_OPPOSITE = {Presence.PRESENT: Presence.ABSENT, Presence.ABSENT: Presence.PRESENT}


def read_local(chart: Chart, item: Item, leg: Leg) -> Reading:
    """Present if any sign is; absent only if palpation is negative and none of the others is present; else unknown."""
    tests = {concept: _test(chart, item, leg, concept) for concept in item.concepts}
    present = [each for each in tests.values() if each.present]
    palpation = [tests[concept] for concept in item.concepts if concept in item.palpation]
    untender = any(each.presence is Presence.ABSENT for each in palpation)
    together = _together(item, tests.values())
    if present:
        return replace(together, presence=Presence.PRESENT, validity=best(*(each.validity for each in present)))
    return replace(together, presence=Presence.ABSENT if untender else Presence.UNKNOWN)


def read_untender(chart: Chart, item: Item, leg: Leg) -> Reading:
    """Palpation recorded and not tender, read as a sign of its own: the negative is what is present."""
    facts = [replace(fact, presence=_OPPOSITE.get(fact.presence, fact.presence)) for fact in chart.of(item.concepts)]
    return gather(item, _weigh_all(chart, item, leg, facts))


def read_compensation(chart: Chart, item: Item, leg: Leg) -> Reading:
    """Any recorded sign of altered gait or posture; a newer result replaces only the same sign."""
    tests = [_test(chart, item, leg, concept) for concept in item.concepts]
    together = _together(item, tests)
    present = [each for each in tests if each.present]
    if present:
        return replace(together, presence=Presence.PRESENT, validity=best(*(each.validity for each in present)))
    absent = any(each.presence is Presence.ABSENT for each in tests)
    return replace(together, presence=Presence.ABSENT if absent else Presence.UNKNOWN)


def _test(chart: Chart, item: Item, leg: Leg, concept: str) -> Reading:
    return gather(item, _weigh_all(chart, item, leg, chart.of((concept,))))


def _together(item: Item, tests: Iterable[Reading]) -> Reading:
    each_test = tuple(tests)
    return Reading(
        item=item.name,
        presence=Presence.UNKNOWN,
        validity=Validity.FULL,
        tier="",
        weighed=tuple(each for test in each_test for each in test.weighed),
        examined=any(test.examined for test in each_test),
        repeat=any(test.repeat for test in each_test),
    )


def _weigh_all(chart: Chart, item: Item, leg: Leg, facts: Iterable[Fact]) -> tuple[Weighed, ...]:
    return tuple(_weigh(chart, item, leg, fact) for fact in facts)


def _weigh(chart: Chart, item: Item, leg: Leg, fact: Fact) -> Weighed:
    weighed = weigh(chart.protocol, item, fact, leg, chart.on)
    if item.structure and not _speaks_for(item.structure.get(fact.concept, frozenset()), leg):
        reasons = (*weighed.reasons, Reason.OTHER_STRUCTURE)
        return replace(weighed, validity=Validity.EXCLUDED, fate=Fate.EXCLUDED, reasons=reasons)
    return weighed


def _speaks_for(kinds: frozenset[Complaint], leg: Leg) -> bool:
    """Tendon signs for the tendon, fascia signs for the fascia; "heel tender" for the only complaint of the limb."""
    unspecific = {Complaint.ACHILLES, Complaint.PLANTAR} <= kinds
    return leg.kind in kinds and (not unspecific or leg.only)
