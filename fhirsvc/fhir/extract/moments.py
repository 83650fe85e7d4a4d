"""FHIR dates of any precision as Moments; a time that cannot be read is none."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta

from fhirsvc.domain.evidence import Moment
from fhirsvc.fhir.extract.tree import Node, child, string

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_LEAP = "60"
_AGES = {"a": "years", "mo": "months", "wk": "weeks", "d": "days"}
_AGE_WORDS = {
    "year": "a",
    "years": "a",
    "month": "mo",
    "months": "mo",
    "week": "wk",
    "weeks": "wk",
    "day": "d",
    "days": "d",
}
_OLDEST = 150


def moment(text: str) -> Moment | None:
    """A date, dateTime or instant; one without a zone is read as UTC."""
    try:
        if instant := _INSTANT.fullmatch(text):
            return Moment.at(_instant(instant))
        if day := _DATE.fullmatch(text):
            return _days(int(day[1]), day[2], day[3])
    except (ValueError, OverflowError):
        return None
    return None


def moment_in(node: Node, stem: str) -> Moment | None:
    """What stands below a choice of types: effectiveDateTime, effectiveInstant or effectivePeriod for "effective"."""
    for suffix in ("DateTime", "Instant"):
        if found := moment(string(node, stem + suffix)):
            return found
    return period(child(node, stem + "Period"))


def period(node: Node) -> Moment | None:
    """A Period from its first to its last moment; an open one is known by the end that is there."""
    start, end = moment(string(node, "start")), moment(string(node, "end"))
    if start and end and start.first <= end.last:
        return Moment(start.first, end.last)
    return start or end


def start_in(node: Node, stem: str) -> Moment | None:
    """When something began: its dateTime, or the start of its Period."""
    return moment(string(node, stem + "DateTime")) or moment(string(child(node, stem + "Period"), "start"))


def between_ages(ages: Node, birth: Moment | None) -> Moment | None:
    """From the first day of the lower age of a Range to the last day of the higher one."""
    low, high = at_age(child(ages, "low"), birth), at_age(child(ages, "high"), birth)
    if low and high:
        return Moment(low.first, high.last) if low.first <= high.last else None
    return low or high


def at_age(age: Node, birth: Moment | None) -> Moment | None:
    """The days on which a person of exactly known date of birth had this age; None otherwise."""
    if birth is None or birth.earliest != birth.latest:
        return None
    value = age.get("value")
    unit = _AGES.get(string(age, "code") or _AGE_WORDS.get(string(age, "unit").casefold(), ""))
    if unit is None or isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _OLDEST * 366:
        return None
    try:
        first = _later(birth.earliest, value, unit)
        return Moment.days(first, _later(birth.earliest, value + 1, unit) - timedelta(days=1))
    except (ValueError, OverflowError):
        return None


def _instant(found: re.Match[str]) -> datetime:
    seconds = "59" if found[3] == _LEAP else found[3] or "00"
    zone = "+00:00" if found[5] in {None, "Z"} else found[5]
    fraction = (found[4] or "").ljust(6, "0")
    return datetime.fromisoformat(f"{found[1]}T{found[2]}:{seconds}.{fraction}{zone}").astimezone(UTC)


def _days(year: int, month: str | None, day: str | None) -> Moment:
    if day:
        return Moment.day(date(year, int(month or 1), int(day)))
    if month:
        last = calendar.monthrange(year, int(month))[1]
        return Moment.days(date(year, int(month), 1), date(year, int(month), last))
    return Moment.days(date(year, 1, 1), date(year, 12, 31))


def earlier(day: date, count: int, unit: str) -> date:
    """The day so many units (UCUM: d, wk, mo, a) before; raises ValueError or OverflowError before the calendar."""
    return _later(day, -count, _AGES[unit])


def _later(day: date, count: int, unit: str) -> date:
    if unit in {"weeks", "days"}:
        return day + timedelta(**{unit: count})
    months = day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
