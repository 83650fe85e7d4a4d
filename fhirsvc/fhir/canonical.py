"""Canonical resources: what we publish under a url and a version, and how it is found by them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.extract.tree import string
from fhirsvc.fhir.search.control import Summary

PARAMETERS: Mapping[str, str] = {
    "_id": "token",
    "name": "string",
    "status": "token",
    "title": "string",
    "url": "uri",
    "version": "token",
}
"""By what all that is PUBLISHED is searched, with the type of each search parameter; in R4 all types have these."""

LARGEST_PAGE = 100
OFFSET = "_offset"
"""In the address of a further page: how many matches stand before it.  What is published does not change meanwhile."""

_VERSION_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_STATUS = "http://hl7.org/fhir/publication-status"
_FORM = frozenset({"_format", "_pretty"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """One version of a canonical resource, with the bytes that are served for it; "" = it does not say.

    version_id: its version on this server, as in `_history/[version_id]`.
    """

    type: str
    id: str
    version_id: str
    url: str
    version: str
    name: str
    title: str
    status: str
    body: bytes

    @property
    def reference(self) -> str:
        """The relative reference: "ValueSet/achilles-pain"."""
        return f"{self.type}/{self.id}"


def canonical(resource: Mapping[str, Any], *, id: str = "", version_id: str = "") -> Canonical:
    """A canonical resource of which bytes are rendered here; id: in place of its own.

    version_id: "" = its business version, or where that can be none a digest of the resource.
    """
    named = version_id or string(resource, "version")
    if not _VERSION_ID.fullmatch(named):
        named = hashlib.sha256(orjson.dumps(resource)).hexdigest()[:40]
    served = {**resource, "id": id or resource["id"], "meta": {**resource.get("meta", {}), "versionId": named}}
    return Canonical(
        type=resource["resourceType"],
        id=served["id"],
        version_id=named,
        url=string(resource, "url"),
        version=string(resource, "version"),
        name=string(resource, "name"),
        title=string(resource, "title"),
        status=string(resource, "status"),
        body=orjson.dumps({"resourceType": served.pop("resourceType"), "id": served.pop("id"), **served}),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: the parameters that must all hold, each with its alternatives, and the page; count 0 = only the total.

    elements: those that are shown, () = all.  used: the query without what was passed over.
    """

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    count: int = LARGEST_PAGE
    offset: int = 0
    summary: Summary = Summary.FALSE
    elements: tuple[str, ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


def wanted(query: Sequence[tuple[str, str]], *, lenient: bool = False) -> Wanted:
    """What a query of decoded names and values asks for.

    lenient: unknown parameters are passed over and told, else one of them refuses the search.  Raises Refused with an
    issue per parameter that is unknown or cannot be read; none repeats a value.
    """
    asked, issues = Wanted(), []
    for name, value in query:
        if name in _FORM:
            continue
        if name not in PARAMETERS and name not in _RESULTS:
            asked = replace(asked, ignored=(*asked.ignored, name))
            continue
        try:
            asked = _RESULTS[name](asked, value) if name in _RESULTS else _with_value(asked, name, value)
        except ValueError as fault:
            issues.append(Issue(Severity.ERROR, IssueCode.VALUE, str(fault), name))
        asked = replace(asked, used=(*asked.used, (name, value)))
    if not lenient:
        issues += [_unknown(name) for name in asked.ignored]
    if issues:
        raise Refused(Refusal.INVALID, issues)
    return asked


def _unknown(name: str) -> Issue:
    offered = ", ".join((*PARAMETERS, *RESULTS))
    text = f"This type is searched by {offered}, without modifiers, and by nothing else."
    return Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, text, named(name))


def named(name: str) -> str:
    """The name of a parameter, as far as it may be repeated; "" = it may be no name at all."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z_\-]{0,39}", name, re.ASCII) else ""


def _with_value(asked: Wanted, name: str, value: str) -> Wanted:
    values = tuple(filter(None, value.split(",")))
    if not values:
        raise ValueError("The parameter has no value.")
    return replace(asked, values=(*asked.values, (name, values)))


def _with_count(asked: Wanted, value: str) -> Wanted:
    return replace(asked, count=min(_whole(value), LARGEST_PAGE, asked.count))


def _with_offset(asked: Wanted, value: str) -> Wanted:
    return replace(asked, offset=_whole(value))


def _with_summary(asked: Wanted, value: str) -> Wanted:
    if value not in set(Summary):
        raise ValueError(f"_summary is one of {', '.join(Summary)}.")
    return replace(asked, summary=Summary(value), count=0 if value == Summary.COUNT else asked.count)


def _with_elements(asked: Wanted, value: str) -> Wanted:
    if not re.fullmatch(r"[A-Za-z]{1,64}(,[A-Za-z]{1,64})*", value, re.ASCII):
        raise ValueError("_elements names elements of the resource itself.")
    return replace(asked, elements=(*asked.elements, *value.split(",")))


def _whole(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise ValueError("This is not a whole number.")
    return int(value)


_RESULTS: Mapping[str, Callable[[Wanted, str], Wanted]] = {
    "_count": _with_count,
    "_summary": _with_summary,
    "_elements": _with_elements,
    OFFSET: _with_offset,
}
RESULTS = tuple(name for name in _RESULTS if name != OFFSET)
"""The parameters that say how such a search is answered."""


def matching(asked: Wanted, among: Iterable[Canonical]) -> tuple[Canonical, ...]:
    """All that is asked for, whatever the page, in the order in which it comes."""
    return tuple(
        each
        for each in among
        if all(any(_MATCHES[name](each, value) for value in values) for name, values in asked.values)
    )


def _by_url(each: Canonical, value: str) -> bool:
    """`url`, or `url|version` as a canonical reference has it (ClinicalImpression.protocol)."""
    url, bar, version = value.partition("|")
    return each.url != "" and each.url == url and (not bar or each.version == version)


def _begins(text: str, value: str) -> bool:
    """R4 search.html#string: begins with it, whatever the case."""
    return text.casefold().startswith(value.casefold())


def _by_status(each: Canonical, value: str) -> bool:
    return value in {each.status, f"{_STATUS}|{each.status}", f"{_STATUS}|"}


def _by_version(each: Canonical, value: str) -> bool:
    return each.version != "" and value.removeprefix("|") == each.version


_MATCHES: Mapping[str, Callable[[Canonical, str], bool]] = {
    "_id": lambda each, value: each.id == value,
    "name": lambda each, value: _begins(each.name, value),
    "status": _by_status,
    "title": lambda each, value: _begins(each.title, value),
    "url": _by_url,
    "version": _by_version,
}
