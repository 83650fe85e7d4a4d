"""The next day on which time alone changes the answer, and the answer of a day that has passed already."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fhirsvc.domain import due
from fhirsvc.domain.assess import assess
from fhirsvc.domain.due import MOST_TRIED, days_of_change, said, timely
from fhirsvc.domain.evidence import Certainty, Evidence, Fact, Moment, Person, Presence, Root, Side, Source
from fhirsvc.domain.identity import decision_key
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.load import HEEL_PAIN, load_protocol
from fhirsvc.knowledge.terminology import mappings_root

PROTOCOL = load_protocol()
CASES = load_cases(mappings_root() / "protocols" / HEEL_PAIN / PROTOCOL.version)
ON = date(2027, 1, 1)
DAY = timedelta(days=1)


def fact(concept: str, on: date, number: int = 1, **more: Any) -> Fact:
    known = Fact(
        concept=concept,
        presence=Presence.PRESENT,
        source=Source(f"Observation/{concept}-{number}/_history/1"),
        received=datetime(2027, 1, 1, 12, tzinfo=UTC),
        recorded=Moment.day(on),
        side=Side.LEFT,
    )
    return replace(known, **more)


def heel(on: date = ON, **more: Any) -> Fact:
    return fact("plantar-heel-pain", on, **more)


def evidence(*facts: Fact, person: Person | None = None) -> Evidence:
    return Evidence(person=person or Person(birth=Moment.day(date(1980, 1, 1))), facts=facts)


def test_nothing_recorded_is_never_due() -> None:
    found = timely(PROTOCOL, evidence(), ON, ON)
    assert (found.due, found.assessment.on) == (None, ON)


def test_a_complaint_is_due_on_the_day_after_its_window() -> None:
    found = timely(PROTOCOL, evidence(heel()), ON, ON)
    assert found.due == ON + timedelta(days=PROTOCOL.days("complaint-active") + 1)


def test_a_partial_date_counts_from_its_earliest_day() -> None:
    told = evidence(heel(recorded=Moment.days(date(2026, 12, 1), date(2026, 12, 31))))
    found = timely(PROTOCOL, told, ON, ON)
    assert found.due == date(2026, 12, 1) + timedelta(days=PROTOCOL.days("complaint-active") + 1)


def test_what_has_no_date_counts_from_its_receipt() -> None:
    found = timely(PROTOCOL, evidence(heel(recorded=None)), ON, ON)
    assert found.due == ON + timedelta(days=PROTOCOL.days("complaint-active") + 1)


def test_a_minor_is_due_on_the_eighteenth_birthday_and_one_of_29_february_on_the_28th() -> None:
    told = evidence(heel(date(2025, 12, 1)), person=Person(birth=Moment.day(date(2008, 2, 29))))
    assert timely(PROTOCOL, told, date(2025, 12, 1), date(2025, 12, 1)).due == date(2026, 2, 28)


def test_the_dead_are_due_no_more() -> None:
    told = evidence(heel(), person=Person(deceased=True))
    assert days_of_change(PROTOCOL, told) == []
    assert timely(PROTOCOL, told, ON, ON).due is None


def test_dates_at_the_end_of_time_are_never_reached_and_break_nothing() -> None:
    born = Person(birth=Moment.day(date(9990, 1, 1)))
    told = evidence(heel(date(9999, 12, 30)), heel(number=2, side=Side.RIGHT), person=born)
    assert ON + timedelta(days=366) in days_of_change(PROTOCOL, told)


def test_the_answer_is_never_of_a_day_before_the_receipt() -> None:
    told = evidence(heel(ON - timedelta(days=400)), heel(ON - timedelta(days=300), number=2))
    assert timely(PROTOCOL, told, ON, ON - timedelta(days=90)).assessment.on == ON


@pytest.mark.parametrize(
    ("answers", "settled"), [("a", 0), ("aa", 0), ("ab", 1), ("aba", 2), ("abb", 1), ("aab", 2), ("abaa", 2)]
)
def test_an_answer_stands_since_the_day_on_which_it_last_changed(answers: str, settled: int) -> None:
    days = [ON + timedelta(days=each) for each in range(len(answers))]
    told = dict(zip(days, answers, strict=True))
    assert due._settled(days[1:], ON, told.__getitem__) == days[settled]


def test_a_search_without_end_stops_and_goes_on_another_day() -> None:
    """Signs of the other leg never count, so that the end of none of their windows changes the answer."""
    other = [
        fact("straight-leg-raise", ON - timedelta(days=number), number, side=Side.RIGHT, area=f"area {number}")
        for number in range(1, 2 * MOST_TRIED)
    ]
    told = evidence(heel(ON + timedelta(days=3000)), *other)
    days = [day for day in days_of_change(PROTOCOL, told) if day > ON]
    assert timely(PROTOCOL, told, ON, ON).due == days[MOST_TRIED - 1]


@pytest.mark.parametrize("case", CASES[::4], ids=lambda case: case.name)
def test_asked_late_it_is_the_answer_of_the_day_it_was_due(case: Case) -> None:
    told = evidence_of(case, ON)
    shuffle = random.Random(case.name)
    standing = timely(PROTOCOL, told, ON, ON)
    while standing.due is not None:
        late = min(standing.due + timedelta(days=shuffle.randrange(40)), date(2040, 1, 1))
        on_time = timely(PROTOCOL, told, ON, standing.due)
        assert on_time.assessment.on == standing.due
        if on_time.due is None or late < on_time.due:
            assert timely(PROTOCOL, told, ON, late) == on_time
        standing = on_time
    last = timely(PROTOCOL, told, ON, date(2040, 1, 1)).assessment
    assert said(last) == said(standing.assessment)
    assert said(last) == said(assess(PROTOCOL, told, date(2040, 1, 1)))


@pytest.mark.parametrize("case", CASES[::4], ids=lambda case: case.name)
def test_what_came_on_the_day_is_judged_as_on_that_day(case: Case) -> None:
    told = evidence_of(case, ON)
    answer = timely(PROTOCOL, told, ON, ON).assessment
    assert decision_key("t", "p", answer) == decision_key("t", "p", assess(PROTOCOL, told, ON))


def test_what_is_said_again_lasts_for_itself_where_the_later_source_serves_another_item() -> None:
    """Both symptom and sign count while the symptom has a source of its own (RULES 3.1)."""
    both = Source("QuestionnaireResponse/both/_history/1")
    earlier = fact("radiating-leg-symptoms", ON - timedelta(days=60))
    later = fact("radiating-leg-symptoms", ON - timedelta(days=10), source=both)
    sign = fact("straight-leg-raise", ON - timedelta(days=10), source=both)
    due_on = earlier.moment.earliest + timedelta(days=PROTOCOL.days("symptom-full") + 1)
    assert timely(PROTOCOL, evidence(heel(), earlier, later, sign), ON, ON).due == due_on


def test_what_is_said_again_by_a_source_of_its_own_is_waited_for_once() -> None:
    earlier = fact("radiating-leg-symptoms", ON - timedelta(days=60))
    later = fact("radiating-leg-symptoms", ON - timedelta(days=10), 2)
    assert days_of_change(PROTOCOL, evidence(earlier, later)) == days_of_change(PROTOCOL, evidence(later))


def anyone(chance: random.Random) -> Evidence:
    """A patient of whom much is told, often twice, by few sources."""
    concepts = [concept for item in PROTOCOL.items for concept in item.concepts]
    asked = chance.sample(concepts, 6)
    facts = [heel(ON - timedelta(days=chance.randrange(300)), side=chance.choice([Side.LEFT, Side.BOTH]))]
    for number in range(25):
        concept = chance.choice([*asked, "peripheral-neuropathy", "tarsal-tunnel-sign"])
        presence = chance.choice([Presence.PRESENT, Presence.PRESENT, Presence.ABSENT, Presence.UNKNOWN])
        told = fact(
            concept,
            ON - timedelta(days=chance.randrange(900)),
            number,
            presence=presence,
            side=chance.choice([Side.LEFT, Side.LEFT, Side.RIGHT, Side.BOTH, Side.UNKNOWN]),
            root=chance.choice([None, None, Root.S1, Root.L5]),
            problem=chance.random() < 0.2,
            certainty=chance.choice([Certainty.AFFIRMED] * 4 + [Certainty.UNCERTAIN, Certainty.HISTORICAL]),
            source=Source(f"Observation/{chance.randrange(15)}/_history/1"),
        )
        undated = chance.random() < 0.1
        facts.append(replace(told, recorded=None) if undated else told)
    return evidence(*facts)


def every_edge(told: Evidence) -> list[date]:
    """The day after the end of every window, whether it can be of any consequence or not."""
    lengths = {days for clock in PROTOCOL.clocks.values() for days in (clock.full, clock.weak) if days is not None}
    edges = {each.moment.earliest + timedelta(days=days + 1) for each in told.facts for days in lengths}
    return sorted(day for day in edges if day > ON)


@pytest.mark.parametrize("seed", range(24))
def test_no_day_is_left_out_however_much_is_told(seed: int) -> None:
    told = anyone(random.Random(seed))
    expected = set(days_of_change(PROTOCOL, told))
    standing = said(assess(PROTOCOL, told, ON))
    for day in every_edge(told):
        answer = said(assess(PROTOCOL, told, day))
        assert answer == standing or day in expected
        standing = answer
