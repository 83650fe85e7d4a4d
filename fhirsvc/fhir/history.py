"""A history: which versions are asked for, the opaque link to its next page, and the Bundle that tells it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.bundles import etag
from fhirsvc.fhir.resource import instant
from fhirsvc.fhir.search.criteria import LARGEST_PAGE
from fhirsvc.fhir.search.dates import span
from fhirsvc.fhir.search.query import FORM, PAGE

USUAL_PAGE = 50
"""Versions on a page when _count does not say."""

_MOST = 2**62


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a version stands in a history, which goes from the greatest place to the least."""

    received: datetime
    type: str
    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Which versions a history tells: of one resource, of a type (id ""), or of everything (type "").

    since: received then or later.  first, last: those that stood at some instant from first to last, both inclusive.
    after: those beyond this place alone; total: of all pages together, told by the first and carried by links, None =
    it is to be counted.
    """

    type: str = ""
    id: str = ""
    since: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    count: int = USUAL_PAGE
    after: Place | None = None
    total: int | None = None


def past(query: Iterable[tuple[str, str]], *, type: str = "", id: str = "") -> Past:
    """What a query of _count, _since and _at asks for, or the page that its _page links to.

    Raises Refused with one issue per parameter that is unknown or cannot be read.
    """
    asked, issues = Past(type=type, id=id), []
    for name, value in query:
        if name in FORM:
            continue
        try:
            asked = _READERS[name](asked, value)
        except KeyError:
            text = "A history knows _count, _since and _at, and no other parameter."
            issues.append(Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, text))
        except (ValueError, TypeError, OverflowError):
            issues.append(Issue(Severity.ERROR, IssueCode.VALUE, _UNREADABLE[name], name))
    if issues:
        raise Refused(Refusal.INVALID, issues)
    return asked


_UNREADABLE = {
    "_count": "_count is not a whole number.",
    "_since": "_since is not a FHIR instant or date.",
    "_at": "_at is not a FHIR dateTime.",
    PAGE: "_page is not an address that this server gave.",
}


def _with_count(asked: Past, value: str) -> Past:
    if not re.fullmatch("[0-9]{1,9}", value, re.ASCII):
        raise ValueError("no count")
    return replace(asked, count=min(int(value), LARGEST_PAGE))


def _with_since(asked: Past, value: str) -> Past:
    return replace(asked, since=span(value.replace(" ", "+"))[0])


def _with_at(asked: Past, value: str) -> Past:
    first, last = span(value.replace(" ", "+"))
    return replace(asked, first=first, last=last)


def _with_page(asked: Past, value: str) -> Past:
    """The rest of a history, as `link` wrote it."""
    told = orjson.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    count, total, since, first, last, (received, type_, id_, version) = told
    numbers = (count, total, version)
    if not all(isinstance(each, int) and 0 <= each < _MOST for each in numbers) or count > LARGEST_PAGE:
        raise ValueError("no link of this service")
    return replace(
        asked,
        count=count,
        total=total,
        since=_moment(since),
        first=_moment(first),
        last=_moment(last),
        after=Place(datetime.fromisoformat(received).astimezone(UTC), str(type_), str(id_), version),
    )


_READERS = {"_count": _with_count, "_since": _with_since, "_at": _with_at, PAGE: _with_page}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def link(asked: Past, after: Place, total: int) -> str:
    """The value of _page that opens what comes after a place; it is no secret."""
    place = (after.received, after.type, after.id, after.version)
    told = [asked.count, total, asked.since, asked.first, asked.last, place]
    return base64.urlsafe_b64encode(orjson.dumps(told)).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One version of a history; address: of its resource, absolute; body: b"" when it was deleted then."""

    address: str
    type: str
    id: str
    version: int
    received: datetime
    body: bytes


def bundle(changes: Sequence[Change], *, total: int, links: Mapping[str, str]) -> bytes:
    """A Bundle of type history, newest first; each body stands in it byte for byte."""
    told = [{"relation": relation, "url": address} for relation, address in links.items()]
    head = orjson.dumps({"resourceType": "Bundle", "type": "history", "total": total, "link": told})
    return head[:-1] + b',"entry":[' + b",".join(map(_entry, changes)) + b"]}" if changes else head


def _entry(change: Change) -> bytes:
    """How it came is told in the simplest way that gives the same: by POST at first, then by PUT, or by DELETE."""
    request, status = _request(change)
    response = {"status": status, "etag": etag(change.version), "lastModified": instant(change.received)}
    entry: dict[str, Any] = {"fullUrl": change.address, "request": request, "response": response}
    resource = b',"resource":' + change.body if change.body else b""
    return orjson.dumps(entry)[:-1] + resource + b"}"


def _request(change: Change) -> tuple[dict[str, str], str]:
    address = f"{change.type}/{change.id}"
    if not change.body:
        return {"method": "DELETE", "url": address}, "204 No Content"
    if change.version == 1:
        return {"method": "POST", "url": change.type}, "201 Created"
    return {"method": "PUT", "url": address}, "200 OK"
