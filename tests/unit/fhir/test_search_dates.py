"""Dates as FHIR R4 compares them: http://hl7.org/fhir/R4/search.html#prefix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.fhir.search.dates import ALWAYS, NEVER, PREFIXES, Bound, bound, span_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", utc(2026, 1, 1), utc(2026, 12, 31, 23, 59, 59, 999999)),
        ("2024-02", utc(2024, 2, 1), utc(2024, 2, 29, 23, 59, 59, 999999)),
        ("9999-12", utc(9999, 12, 1), utc(9999, 12, 31, 23, 59, 59, 999999)),
        ("2026-05-02", utc(2026, 5, 2), utc(2026, 5, 2, 23, 59, 59, 999999)),
        ("2026-05-02T10:30Z", utc(2026, 5, 2, 10, 30), utc(2026, 5, 2, 10, 30, 59, 999999)),
        ("2026-05-02T10:30:05", utc(2026, 5, 2, 10, 30, 5), utc(2026, 5, 2, 10, 30, 5, 999999)),
        ("2026-05-02T10:30:05.12Z", utc(2026, 5, 2, 10, 30, 5, 120000), utc(2026, 5, 2, 10, 30, 5, 129999)),
        ("2026-05-02T00:30:00+02:00", utc(2026, 5, 1, 22, 30), utc(2026, 5, 1, 22, 30, 0, 999999)),
        ("2026-05-02T00:30:00 02:00", utc(2026, 5, 1, 22, 30), utc(2026, 5, 1, 22, 30, 0, 999999)),
    ],
)
def test_a_date_means_every_instant_it_leaves_open(text: str, first: datetime, last: datetime) -> None:
    assert bound(f"ge{text}", NOW) == Bound("ge", first, last)


TARGETS = {
    "before": ("2026-04-01", "2026-04-30"),
    "into": ("2026-04-20", "2026-05-10"),
    "same": ("2026-05-01", "2026-05-31"),
    "inside": ("2026-05-10", "2026-05-20"),
    "around": ("2026-04-01", "2026-06-30"),
    "out-of": ("2026-05-20", "2026-06-10"),
    "after": ("2026-06-01", "2026-06-30"),
}
"""Periods that stand to May 2026 in each possible way."""


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("eq", "same inside"),
        ("ne", "before into around out-of after"),
        ("gt", "around out-of after"),
        ("lt", "before into around"),
        ("ge", "same inside around out-of after"),
        ("le", "before into same inside around"),
        ("sa", "after"),
        ("eb", "before"),
        ("ap", "into same inside around out-of"),
    ],
)
def test_each_prefix_compares_ranges_as_r4_says(prefix: str, expected: str) -> None:
    may = bound(f"{prefix}2026-05", utc(2026, 5, 15))
    spans = {how: span_of({"start": start, "end": end}) for how, (start, end) in TARGETS.items()}
    assert [how for how, target in spans.items() if target and may.matches(*target)] == expected.split()


def test_approximately_reaches_a_tenth_of_the_way_to_now() -> None:
    near = bound("ap2026-04-21", NOW)
    assert near.first == utc(2026, 4, 21) - (NOW - utc(2026, 4, 21, 23, 59, 59, 999999)) / 10
    assert bound("ap2016-05-01", NOW).matches(utc(2015, 5, 3), utc(2015, 5, 3))
    assert not bound("ap2026-04-21", NOW).matches(utc(2026, 4, 19), utc(2026, 4, 19))
    assert bound("ap2026-05-01", NOW) == Bound("ap", utc(2026, 5, 1), utc(2026, 5, 1, 23, 59, 59, 999999))


@pytest.mark.parametrize("text", ["ap0001", "ap9999-12-31", "ap2026"])
def test_approximately_never_leaves_the_calendar(text: str) -> None:
    found = bound(text, utc(5000, 1, 1))
    assert NEVER <= found.first <= found.last <= ALWAYS


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2026-05", utc(2026, 5, 1), utc(2026, 5, 31, 23, 59, 59, 999999)),
        ({"start": "2026-05-01"}, utc(2026, 5, 1), ALWAYS),
        ({"end": "2026"}, NEVER, utc(2026, 12, 31, 23, 59, 59, 999999)),
        ({"event": ["2026-05-02", "2026-05-01"]}, utc(2026, 5, 1), utc(2026, 5, 2, 23, 59, 59, 999999)),
        ({"repeat": {"boundsPeriod": {"start": "2026-05"}}}, utc(2026, 5, 1), ALWAYS),
    ],
)
def test_a_resource_says_its_time_in_several_ways(value: object, first: datetime, last: datetime) -> None:
    assert span_of(value) == (first, last)


@pytest.mark.parametrize(
    "value", [None, {}, {"extension": []}, {"repeat": {"frequency": 2}}, {"code": {"text": "daily"}}]
)
def test_what_says_no_time_has_none(value: object) -> None:
    assert span_of(value) is None


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS, st.sampled_from(["2010", "2015-06", "2020-02-29", "2020-02-29T10:00Z"]))
def test_the_prefixes_agree_with_each_other(one: datetime, other: datetime, text: str) -> None:
    first, last = min(one, other), max(one, other)
    says = {prefix: bound(prefix + text, NOW).matches(first, last) for prefix in PREFIXES}
    assert says["ne"] is not says["eq"]
    assert says["ge"] is (says["gt"] or says["eq"])
    assert says["le"] is (says["lt"] or says["eq"])
    assert not (says["sa"] and not says["gt"])
    assert not (says["eb"] and not says["lt"])
    assert not (says["eq"] and not says["ap"])


def test_a_tick_decides() -> None:
    may = bound("sa2026-05", NOW)
    assert may.matches(may.last + timedelta(microseconds=1), ALWAYS)
    assert not may.matches(may.last, ALWAYS)
