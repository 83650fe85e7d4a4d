"""Dates as FHIR searches them: the instants that a date of any precision leaves open, and how one stands to another."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

ALWAYS = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
"""The end of a period that has none."""

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""The start of a period that has none; where a resource without a date is sorted: before all others."""

_APPROXIMATELY = 10
"""`ap` reaches this fraction, a tenth, of the way from a date to now on either side (FHIR R4 search.html#prefix)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A date to compare with: one of PREFIXES, and the first and last instant the given date can mean."""

    prefix: str
    first: datetime
    last: datetime

    def matches(self, first: datetime, last: datetime) -> bool:
        """Does a time from first to last stand to the given one as the prefix says (FHIR R4 search.html#prefix)?"""
        within = self.first <= first and last <= self.last
        return {
            "eq": within,
            "ne": not within,
            "gt": last > self.last,
            "lt": first < self.first,
            "ge": last > self.last or within,
            "le": first < self.first or within,
            "sa": first > self.last,
            "eb": last < self.first,
            "ap": first <= self.last and last >= self.first,
        }[self.prefix]


_PREFIXED = re.compile(rf"({'|'.join(PREFIXES)})?([0-9].*)", re.DOTALL)


def bound(value: str, now: datetime) -> Bound:
    """A date with or without prefix; ValueError or OverflowError when it is none. now: what `ap` is measured from."""
    found = _PREFIXED.fullmatch(value)
    if found is None:
        raise ValueError("neither prefix nor date")
    prefix = found[1] or "eq"
    first, last = span(found[2].replace(" ", "+"))  # an unescaped + of a time zone arrives as a space
    return Bound(prefix, *_widened(first, last, now)) if prefix == "ap" else Bound(prefix, first, last)


def _widened(first: datetime, last: datetime, now: datetime) -> tuple[datetime, datetime]:
    gap = max(first - now, now - last, timedelta()) / _APPROXIMATELY
    return first - min(gap, first - NEVER), last + min(gap, ALWAYS - last)


_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_TICK = timedelta(microseconds=1)


def span(text: str) -> tuple[datetime, datetime]:
    """The first and last instant a FHIR date, dateTime or instant can mean; ValueError if it is none of them.

    A time without zone is taken as UTC, and a leap second as the second before it.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    if found["hour"] is None:
        return _days(found["year"], found["month"], found["day"])
    fraction = (found["fraction"] or "")[:6]
    second = min(int(found["second"] or 0), 59)
    start = datetime.fromisoformat(
        f"{text[:16]}:{second:02}.{fraction:0<6}{(found['zone'] or 'Z').replace('Z', '+00:00')}"
    ).astimezone(UTC)
    length = timedelta(minutes=1) if found["second"] is None else timedelta(microseconds=10 ** (6 - len(fraction)))
    return start, start + length - _TICK


def _days(year: str, month: str | None, day: str | None) -> tuple[datetime, datetime]:
    first = date(int(year), int(month or 1), int(day or 1))
    last_month = int(month or 12)
    last = first if day else date(first.year, last_month, monthrange(first.year, last_month)[1])
    return datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)


def span_of(value: object) -> tuple[datetime, datetime] | None:
    """The first and last instant of a date, dateTime, instant, Period or Timing; None when it says no time.

    ValueError or OverflowError for a time beyond the years 1 to 9999.
    """
    if isinstance(value, str):
        return span(value)
    if not isinstance(value, Mapping):
        return None
    if "event" in value or "repeat" in value:
        return _of_timing(value)
    start, end = value.get("start"), value.get("end")
    if not start and not end:
        return None
    return span(start)[0] if start else NEVER, span(end)[1] if end else ALWAYS


def _of_timing(timing: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """From the first of its events to the last, else the period it is bound to."""
    events = [span(each) for each in timing.get("event", ()) if each]
    if not events:
        return span_of(timing.get("repeat", {}).get("boundsPeriod"))
    return min(first for first, _ in events), max(last for _, last in events)
