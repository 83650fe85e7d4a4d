"""Search on ClinicalImpression and Flag: from a query to criteria, and from a resource to what it can be found by."""

from __future__ import annotations

import base64
import re
from binascii import Error as Base64Error
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    kind: {
        "_id": "token",
        "patient": "reference",
        "subject": "reference",
        "identifier": "token",
        "status": "token",
        "date": "date",
    }
    for kind in ("ClinicalImpression", "Flag")
}
"""Per resource type: the name and FHIR type of each search parameter."""

STATUS_SYSTEMS: Mapping[str, str] = {
    "ClinicalImpression": "http://hl7.org/fhir/event-status",
    "Flag": "http://hl7.org/fhir/flag-status",
}

PAGE_SIZE = 20
LARGEST_PAGE = 100

ALWAYS = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
"""The end of a period that has none."""

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""Where a resource without a date is sorted: after all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What a resource can be found by: identifiers as (system, value), status, first and last instant of its date."""

    identifiers: tuple[tuple[str, str], ...] = ()
    status: str = ""
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An identifier to look for; None = any system, any value."""

    system: str | None
    value: str | None

    def matches(self, identifier: tuple[str, str]) -> bool:
        """Is this identifier (system, value) one of those looked for?"""
        system, value = identifier
        return self.system in {None, system} and self.value in {None, value}


@dataclass(frozen=True, slots=True)
class Bound:
    """A date to compare with: a prefix (eq ne gt lt ge le) and the first and last instant the given date can mean."""

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
        }[self.prefix]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the date and id of its last resource."""

    date: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What to find: each element of ids, patients, identifiers, statuses and dates must hold, by any of its values."""

    type: str
    ids: tuple[frozenset[str], ...] = ()
    patients: tuple[frozenset[str], ...] = ()
    identifiers: tuple[frozenset[Token], ...] = ()
    statuses: tuple[frozenset[str], ...] = ()
    dates: tuple[frozenset[Bound], ...] = ()
    count: int = PAGE_SIZE
    after: Place | None = None


def matches(criteria: Criteria, id: str, patient: str | None, indexed: Indexed) -> bool:
    """Does a resource of the right type meet the criteria, wherever the page begins?"""
    first, last = indexed.first, indexed.last
    return (
        all(id in wanted for wanted in criteria.ids)
        and all(patient in wanted for wanted in criteria.patients)
        and all(indexed.status in wanted for wanted in criteria.statuses)
        and all(any(t.matches(i) for t in wanted for i in indexed.identifiers) for wanted in criteria.identifiers)
        and all(
            first is not None and last is not None and any(b.matches(first, last) for b in wanted)
            for wanted in criteria.dates
        )
    )


def place_of(id: str, indexed: Indexed) -> Place:
    """Where a resource stands in the order of results: latest date first, then by id."""
    return Place(indexed.first or NEVER, id)


def token(place: Place) -> str:
    """The opaque value of _page that opens the page after a place."""
    return base64.urlsafe_b64encode(orjson.dumps([place.date.isoformat(), place.id])).rstrip(b"=").decode()


def indexed(type: str, body: bytes) -> Indexed:
    """What a ClinicalImpression or Flag (valid R4 JSON) can be found by; nothing for other types."""
    if type not in PARAMETERS:
        return Indexed()
    resource = orjson.loads(body)
    first, last = _span_of(resource)
    identifiers = tuple((each.get("system", ""), each.get("value", "")) for each in resource.get("identifier", ()))
    return Indexed(identifiers=identifiers, status=resource.get("status", ""), first=first, last=last)


def _span_of(resource: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    if resource["resourceType"] == "ClinicalImpression":
        return _span(resource["date"]) if resource.get("date") else (None, None)
    period = resource.get("period", {})
    if not period.get("start") and not period.get("end"):
        return None, None
    first = _span(period["start"])[0] if period.get("start") else NEVER
    last = _span(period["end"])[1] if period.get("end") else ALWAYS
    return first, last


def criteria(type: str, query: Sequence[tuple[str, str]], *, base: str = "") -> Criteria:
    """The criteria of a query, given as decoded names and values; `base` is how absolute references may begin.

    Raises Refused with one issue per parameter that is unknown or cannot be read; _format and _pretty are passed over.
    """
    found = Criteria(type=type)
    issues: list[Issue] = []
    for name, value in query:
        if name in {"_format", "_pretty"}:
            continue
        try:
            found = _with(found, name, value.removeprefix(base + "/") if base else value)
        except _UnreadableError as fault:
            issues.append(Issue(Severity.ERROR, fault.code, str(fault), fault.parameter))
    if issues:
        raise Refused(Refusal.INVALID, issues)
    return found


class _UnreadableError(Exception):
    """A parameter that cannot be taken: says why, repeats nothing of it but the name of a known parameter."""

    def __init__(self, code: IssueCode, text: str, parameter: str = "") -> None:
        self.code = code
        self.parameter = parameter
        super().__init__(text)


def _with(found: Criteria, name: str, value: str) -> Criteria:
    plain = name.removesuffix(":Patient") if name in {"subject:Patient", "patient:Patient"} else name
    reader = _READERS.get(plain)
    if reader is None:
        raise _UnreadableError(IssueCode.NOT_SUPPORTED, "The query has a parameter that cannot be searched by.")
    if not value:
        raise _UnreadableError(IssueCode.VALUE, f"The parameter {plain} has no value.", plain)
    return reader(found, value)


def _alternatives(value: str) -> list[str]:
    """The values between commas; a backslash takes the comma, pipe or backslash after it as it stands."""
    return re.findall(r"((?:\\.|[^,\\])+)", value)


def _with_ids(found: Criteria, value: str) -> Criteria:
    return replace(found, ids=(*found.ids, frozenset(_alternatives(value))))


def _with_patients(found: Criteria, value: str) -> Criteria:
    patients = frozenset(each.removeprefix("Patient/") for each in _alternatives(value))
    if any("/" in each for each in patients):
        raise _UnreadableError(IssueCode.VALUE, "Name the patient by id or as Patient/id, on this server.", "patient")
    return replace(found, patients=(*found.patients, patients))


def _with_identifiers(found: Criteria, value: str) -> Criteria:
    tokens = frozenset(_token(each) for each in _alternatives(value))
    return replace(found, identifiers=(*found.identifiers, tokens))


def _token(value: str) -> Token:
    """system|value, |value (no system), value (any system) or system| (any value)."""
    system, pipe, code = (_plain(each) for each in re.match(r"((?:\\.|[^|\\])*)(\|?)(.*)", value, re.S).groups())  # type: ignore[union-attr]
    return Token(system, code or None) if pipe else Token(None, system)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _with_statuses(found: Criteria, value: str) -> Criteria:
    tokens = [_token(each) for each in _alternatives(value)]
    systems = {None, "", STATUS_SYSTEMS[found.type]}
    statuses = frozenset(each.value or "" for each in tokens if each.system in systems)
    return replace(found, statuses=(*found.statuses, statuses))


def _with_dates(found: Criteria, value: str) -> Criteria:
    return replace(found, dates=(*found.dates, frozenset(_bound(each) for each in _alternatives(value))))


def _with_count(found: Criteria, value: str) -> Criteria:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise _UnreadableError(IssueCode.VALUE, "_count is not a whole number.", "_count")
    return replace(found, count=min(int(value), LARGEST_PAGE))


def _with_place(found: Criteria, value: str) -> Criteria:
    try:
        instant, id_ = orjson.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        return replace(found, after=Place(datetime.fromisoformat(instant).astimezone(UTC), str(id_)))
    except (Base64Error, ValueError, TypeError, OverflowError):
        raise _UnreadableError(IssueCode.VALUE, "_page is not an address that this server gave.", "_page") from None


_READERS: Mapping[str, Callable[[Criteria, str], Criteria]] = {
    "_id": _with_ids,
    "patient": _with_patients,
    "subject": _with_patients,
    "identifier": _with_identifiers,
    "status": _with_statuses,
    "date": _with_dates,
    "_count": _with_count,
    "_page": _with_place,
}

_PREFIXED = re.compile(r"(eq|ne|gt|lt|ge|le)?([0-9].*)", re.S)


def _bound(value: str) -> Bound:
    found = _PREFIXED.fullmatch(value)
    if found is None:
        raise _UnreadableError(IssueCode.VALUE, "A date begins with eq, ne, gt, lt, ge, le or its year.", "date")
    try:
        first, last = _span(found[2].replace(" ", "+"))  # an unescaped + of a time zone arrives as a space
    except (ValueError, OverflowError):
        raise _UnreadableError(IssueCode.VALUE, "A date is not a FHIR date or dateTime.", "date") from None
    return Bound(found[1] or "eq", first, last)


_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_TICK = timedelta(microseconds=1)


def _span(text: str) -> tuple[datetime, datetime]:
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
