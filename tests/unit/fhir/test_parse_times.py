"""Dates of every precision are compared without claiming more than they say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, RegexOptions

from fhirsvc.fhir.clinical_time import ends_before_it_starts, is_after
from fhirsvc.fhir.schema.primitives import PRIMITIVES

ENDS_FIRST = [
    ("2026", "2025"),
    ("2026-03", "2026-02"),
    ("2026-03-02", "2026-03-01"),
    ("2026-03-01T10:00:00Z", "2026-03-01T09:59:59Z"),
    ("2026-03-01T10:00:00+02:00", "2026-03-01T09:00:00+03:00"),
    ("2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.25Z"),
    ("2026-03-02T00:00:00Z", "2026-03-01"),
    ("2026-04", "2026-03-31T10:00:00Z"),
]
IN_ORDER = [
    ("2026", "2026"),
    ("2026-03-31", "2026-03"),
    ("2026-03", "2026-03-01"),
    ("2026-03-01T10:00:00Z", "2026-03-01"),
    ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
    ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    ("2026-03-01T10:00:00.1234567890123Z", "2026-03-01T10:00:00.2Z"),
]


@pytest.mark.parametrize(("start", "end"), ENDS_FIRST)
def test_a_period_that_ends_first_is_found(start: str, end: str) -> None:
    assert ends_before_it_starts(start, end)


@pytest.mark.parametrize(("start", "end"), IN_ORDER)
def test_a_period_in_order_is_left_alone(start: str, end: str) -> None:
    assert not ends_before_it_starts(start, end)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)), st.sampled_from([4, 7, 10]))  # noqa: DTZ001
def test_what_has_been_somewhere_is_never_in_the_future(moment: datetime, precision: int) -> None:
    now = moment.replace(tzinfo=UTC)
    easternmost = (moment + timedelta(hours=14)).isoformat()
    assert not is_after(easternmost[:precision], now)
    assert is_after(f"{easternmost[:19]}+13:00", now - timedelta(seconds=1))


def validator(type_: str) -> Draft202012Validator:
    return Draft202012Validator(PRIMITIVES[type_], pattern_options=RegexOptions())


DATE = validator("date")


@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32))
def test_exactly_the_days_that_exist_are_dates(year: int, month: int, day: int) -> None:
    assert DATE.is_valid(f"{year:04}-{month:02}-{day:02}") == exists(year, month, day)


def exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("year", [1900, 1904, 2000, 2023, 2024, 2100, 2400])
def test_leap_days_exist_in_leap_years(year: int) -> None:
    assert DATE.is_valid(f"{year}-02-29") == exists(year, 2, 29)


FOREIGN_DIGITS = "\uff12\uff10\uff12\uff16"
TIMES = {
    "dateTime": (
        ["2026", "2026-03", "2026-03-01", "2026-03-01T10:00:00Z", "2016-12-31T23:59:60.000+14:00"],
        [
            *["0000", "26", "2026-3", " 2026", "2026\n", FOREIGN_DIGITS, "2026-03-01T10:00:00", "2026-03-01T10:00Z"],
            *["2026-03-01T24:00:00Z", "2026-03-01T10:00:00+14:30", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00z"],
        ],
    ),
    "instant": (["2026-03-01T10:00:00.1Z"], ["2026-03-01", "2026-03-01T10:00:00"]),
    "time": (["10:00:00", "23:59:60.5"], ["10:00", "24:00:00", "10:00:00Z"]),
}


@pytest.mark.parametrize("type_", TIMES)
def test_times_are_written_one_way(type_: str) -> None:
    good, bad = TIMES[type_]
    assert [validator(type_).is_valid(text) for text in good] == [True] * len(good)
    assert [validator(type_).is_valid(text) for text in bad] == [False] * len(bad)
