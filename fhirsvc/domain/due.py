"""When time alone changes the answer: the days on which a window or an age can flip, and the first that does."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, timedelta

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.evidence import Evidence, Fact, Moment, Presence, Source
from fhirsvc.domain.identity import decision_key
from fhirsvc.domain.measure import measured
from fhirsvc.domain.protocol import Clock, Item, Outcome, Protocol
from fhirsvc.domain.timeline import birthday
from fhirsvc.domain.validity import admitted

MOST_TRIED = 64
"""Days that are tried for a change; after so many the next one is due, changed or not, and the search goes on then."""


Kind = tuple[str, bool, Presence]
"""What decides which windows a Fact has: its Concept, whether it is a problem, and what it says."""


@dataclass(frozen=True, slots=True)
class Timely:
    """The answer of a day, and the next day on which time alone changes it; None = it never does."""

    assessment: Assessment
    due: date | None


def timely(protocol: Protocol, evidence: Evidence, since: date, today: date) -> Timely:
    """What the protocol says today, as of the last day up to today on which time alone changed it.

    since: the day of the newest receipt the evidence rests on; the answer is never of an earlier day.  A function of
    its arguments alone: asked late or again, it gives the same answer as asked on the day the answer changed.
    """
    days = days_of_change(protocol, evidence)
    until = max(since, today)
    passed = days[bisect_right(days, since) : bisect_right(days, until)]
    on = _settled(passed, since, lambda day: said(assess(protocol, evidence, day)))
    assessment = assess(protocol, evidence, on)
    return Timely(assessment, _first_change(protocol, evidence, assessment, days[bisect_right(days, until) :]))


def _settled(days: list[date], since: date, said_on: Callable[[date], str]) -> date:
    """The day from which the answer is the one of the last of these days, `since` being the earliest it can be."""
    if not days:
        return since
    last = said_on(days[-1])
    for later, earlier in zip(reversed(days), [*reversed(days[:-1]), since], strict=True):
        if said_on(earlier) != last:
            return later
    return since


def _first_change(protocol: Protocol, evidence: Evidence, now: Assessment, days: list[date]) -> date | None:
    standing = said(now)
    for day in days[: MOST_TRIED - 1]:
        if said(assess(protocol, evidence, day)) != standing:
            return day
    return days[MOST_TRIED - 1] if len(days) >= MOST_TRIED else None


def said(assessment: Assessment) -> str:
    """The decision as far as passing time is asked after: which urgent row leads is left out.

    The step from an emergency to an urgent review follows the evaluation date but needs no re-evaluation of its own,
    and no urgent finding ends by time (RULES 3.4).
    """
    return decision_key("", "", replace(assessment, findings=tuple(map(_unled, assessment.findings))))


def _unled(finding: Finding) -> Finding:
    return replace(finding, rule="") if finding.outcome is Outcome.URGENT else finding


def days_of_change(protocol: Protocol, evidence: Evidence) -> list[date]:
    """Every day on which time alone can change the decision on this evidence, in order; often nothing changes on one.

    A window of n days holds on the n-th day after the earliest day of its Fact (RULES 3.1 Clocks) and no longer on the
    next; one that is a note only, or is measured at receipt or between two recorded dates, never changes by time.
    """
    if evidence.person.deceased:
        return []
    windows = _windows(protocol)
    told = [fact for fact in measured(protocol, evidence.facts) if admitted(fact)]
    edges = {day for fact in _outlasting(told) for day in _ends(windows[_kind(fact)], fact)}
    return sorted(edges | set(_comes_of_age(protocol, evidence)))


def _kind(fact: Fact) -> Kind:
    return fact.concept, fact.problem, fact.presence


def _outlasting(facts: Sequence[Fact]) -> Iterator[Fact]:
    """The Facts whose ends can matter: not of those that are said again, alike in everything, certainly later.

    What is said again holds longer and is worth as much. It takes the place of the earlier one only where its source
    says nothing else, for one source counts once (RULES 3.1).
    """
    shared = _shared_sources(facts)
    again: dict[Fact, datetime] = {}
    for fact in facts:
        if fact.source.key not in shared:
            alike = _undated(fact)
            again[alike] = max(again.get(alike, fact.moment.first), fact.moment.first)
    for fact in facts:
        if fact.recorded is None or fact.moment.last >= again.get(_undated(fact), fact.moment.first):
            yield fact


def _shared_sources(facts: Iterable[Fact]) -> frozenset[str]:
    """The sources that answer more than one question."""
    asked: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        asked[fact.source.key].add(fact.concept)
    return frozenset(key for key, concepts in asked.items() if len(concepts) > 1)


_SOMEWHERE, _SOME_DAY = Source(""), datetime.min.replace(tzinfo=UTC)


def _undated(fact: Fact) -> Fact:
    """What a Fact says, whoever said it and when."""
    recorded = fact.recorded and Moment(_SOME_DAY, _SOME_DAY)
    return replace(fact, source=_SOMEWHERE, received=_SOME_DAY, recorded=recorded)


def _windows(protocol: Protocol) -> Mapping[Kind, set[int]]:
    """By kind of Fact the lengths of its windows in days."""
    found: dict[Kind, set[int]] = defaultdict(set)
    for item in protocol.items:
        for concept in item.concepts:
            for problem, clock in ((False, item.clock), (True, item.problem_clock)):
                found[concept, problem, Presence.PRESENT].update(_lengths(protocol.clocks[clock]))
                found[concept, problem, Presence.ABSENT].update(_lengths_of_denial(item, protocol.clocks[clock]))
            if item.name in _BY_ITS_OWN_CLOCK:
                for presence in (Presence.PRESENT, Presence.ABSENT):
                    found[concept, True, presence].add(protocol.clocks[item.clock].full)
    for concept in protocol.history["tarsal-tunnel-sign"]:
        found[concept, False, Presence.PRESENT].update(_lengths(protocol.clocks["examination"]))
    for concept in protocol.complaints:
        for problem in (False, True):
            found[concept, problem, Presence.PRESENT].add(protocol.days("complaint-active"))
    return found


_BY_ITS_OWN_CLOCK = ("RUPTURE", "REFLEX")
"""A suspected rupture acts by its own clock, and the other reflex of a pair, however either was recorded."""

_WORTH_OF_DENIAL = ("NOTEND", "REFLEX")
"""Where a denial can be weak: palpation without tenderness is a sign, a pair is as old as its older reflex."""


def _lengths(clock: Clock) -> Iterator[int]:
    yield clock.full
    if clock.weak is not None:
        yield clock.weak


def _lengths_of_denial(item: Item, clock: Clock) -> Iterator[int]:
    """A denial holds for the whole of its window (RULES 3.1), which only some items read otherwise."""
    if item.name in _WORTH_OF_DENIAL:
        yield clock.full
    if clock.weak is not None:
        yield clock.weak


def _ends(lengths: Iterable[int], fact: Fact) -> Iterator[date]:
    last = (date.max - fact.moment.earliest).days
    for length in lengths:
        if length < last:
            yield fact.moment.earliest + timedelta(days=length + 1)


def _comes_of_age(protocol: Protocol, evidence: Evidence) -> Iterator[date]:
    """The birthday from which the patient may be an adult (RULES 3, Population)."""
    birth = evidence.person.birth
    if birth is not None and birth.earliest.year + protocol.days("adult-age") <= MAXYEAR:
        yield birthday(birth.earliest, birth.earliest.year + protocol.days("adult-age"))
