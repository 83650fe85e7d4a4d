"""Bundle.entry.request: what is asked for, of which resource and under which conditions, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Severity
from fhirsvc.fhir.clinical_time import moment
from fhirsvc.fhir.resource_types import is_type

Json = Mapping[str, Any]
Method = Literal["DELETE", "POST", "PUT", "GET", "HEAD"]
Query = tuple[tuple[str, str], ...]

METHODS: tuple[str, ...] = get_args(Method)
READING = frozenset({"GET", "HEAD"})
WITH_RESOURCE = frozenset({"POST", "PUT"})

_CONDITIONS: Mapping[str, frozenset[str]] = {
    "ifMatch": frozenset({"PUT", "DELETE"}),
    "ifNoneMatch": frozenset({"GET", "HEAD", "PUT"}),
    "ifModifiedSince": READING,
    "ifNoneExist": frozenset({"POST"}),
}
"""The conditions of a request, and the methods that each may stand beside (http://hl7.org/fhir/R4/http.html)."""

_URL = re.compile(
    r"(?P<type>[A-Za-z]+)(?:/(?P<id>[A-Za-z0-9.\-]{1,64})(?:/_history/(?P<version>[A-Za-z0-9.\-]{1,64}))?|\?(?P<query>.*))?"
)
_TAG = r'(?:W/)?"([^"\x00-\x20\x7f]*)"'
_TAGS = re.compile(rf"{_TAG}(?:\s*,\s*{_TAG})*")


@dataclass(frozen=True, slots=True)
class Tags:
    """ETags as If-Match and If-None-Match list them; versions: their insides; any: `*`, whatever stands."""

    versions: frozenset[str] = frozenset()
    any: bool = False

    @classmethod
    def parse(cls, text: str) -> Tags:
        """Read `W/"2"`, a list of such, or `*`; ValueError for anything else."""
        if text.strip() == "*":
            return cls(any=True)
        if not _TAGS.fullmatch(text.strip()):
            raise ValueError("no entity tags")
        return cls(frozenset(re.findall(_TAG, text)))

    def match(self, version: int | None) -> bool:
        """Is this version, None = nothing stands, one of them? Weak and strong tags are alike, as FHIR has them."""
        return version is not None and (self.any or str(version) in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an entry asks for: a method on type/id, on type/id/_history/version, on type?query, or on the type.

    id and version are "" and query is None where the address does not have them.  query and none_exist: names and
    values, decoded.
    """

    method: Method
    type: str
    id: str = ""
    version: str = ""
    query: Query | None = None
    match: Tags | None = None
    none_match: Tags | None = None
    modified_since: datetime | None = None
    none_exist: Query | None = None


def method_issue(request: Json, place: str) -> Issue | None:
    """Why nothing can be done with a request, whatever its resource is."""
    if request.get("method", "POST") == "PATCH":
        text = "PATCH is not offered; send the whole resource with PUT."
        return _fault(IssueCode.NOT_SUPPORTED, text, f"{place}.method", Refusal.NOT_IMPLEMENTED)
    return None


def request_issues(request: Json, resource: Json | None, place: str) -> Iterator[Issue]:
    """The faults of a request that has a method of METHODS; resource: what it carries, None = nothing."""
    method = request["method"]
    for name, methods in _CONDITIONS.items():
        if name in request and method not in methods:
            text = f"{name} cannot stand beside {method}."
            yield _fault(IssueCode.NOT_SUPPORTED, text, f"{place}.{name}")
    yield from _tag_issues(request, place)
    if "ifNoneExist" in request and not query_of(_asked(request["ifNoneExist"])):
        yield _fault(IssueCode.VALUE, "ifNoneExist is a search: name=value.", f"{place}.ifNoneExist")
    issue = _address_issue(request, resource, f"{place}.url")
    if issue:
        yield issue


def _tag_issues(request: Json, place: str) -> Iterator[Issue]:
    for name in ("ifMatch", "ifNoneMatch"):
        try:
            Tags.parse(request.get(name, "*"))
        except ValueError:
            yield _fault(IssueCode.VALUE, f'{name} is an entity tag: W/"2".', f"{place}.{name}")


def _address_issue(request: Json, resource: Json | None, place: str) -> Issue | None:
    url, method = request["url"], request["method"]
    if "://" in url.partition("?")[0]:
        return _fault(IssueCode.NOT_SUPPORTED, "The address of a request is relative to this server.", place)
    if method == "PUT" and resource is not None and "?" not in url and "id" not in resource:
        text = "A resource that is put has the id of its address."
        return _fault(IssueCode.REQUIRED, text, place.replace("request.url", "resource.id"))
    found = _URL.fullmatch(url)
    if found and is_type(found["type"]) and _fits(found, method, resource or {}):
        return None
    return _fault(IssueCode.INVARIANT, _ADDRESSES, place)


def _fits(address: re.Match[str], method: str, resource: Json) -> bool:
    """Can this method be asked for at an address, with this resource or, for others than POST and PUT, without one?"""
    if resource and address["type"] != resource["resourceType"]:
        return False
    if method in READING:
        return True
    if method == "POST" or address["version"]:
        return method == "POST" and not address["id"] and address["query"] is None
    if address["query"] is not None:
        return bool(query_of(address["query"]))
    return bool(address["id"]) and (method == "DELETE" or address["id"] == resource["id"])


_ADDRESSES = (
    "POST goes to the type of the resource, PUT to its type and id or to a search of its type, DELETE to a type and id "
    "or to a search, GET and HEAD to a resource, to one of its versions or to a search."
)


def request_of(request: Json) -> Request:
    """The Request that a Bundle.entry.request without faults is."""
    address = _URL.fullmatch(request["url"])
    if address is None:
        raise ValueError("a request with faults asks for nothing")
    since = request.get("ifModifiedSince")
    return Request(
        method=request["method"],
        type=address["type"],
        id=address["id"] or "",
        version=address["version"] or "",
        query=None if address["query"] is None else query_of(address["query"]),
        match=Tags.parse(request["ifMatch"]) if "ifMatch" in request else None,
        none_match=Tags.parse(request["ifNoneMatch"]) if "ifNoneMatch" in request else None,
        modified_since=moment(since) if since else None,
        none_exist=query_of(_asked(request["ifNoneExist"])) if "ifNoneExist" in request else None,
    )


def _asked(text: str) -> str:
    """The query alone: a search may be written with what stands before it (`Patient?…`, `?…`)."""
    return text.rpartition("?")[2]


def query_of(text: str) -> Query:
    """The names and values of a query, decoded."""
    return tuple(parse_qsl(text, keep_blank_values=True))


def _fault(code: IssueCode, text: str, place: str, refusal: Refusal | None = None) -> Issue:
    return Issue(Severity.ERROR, code, text, place, refusal=refusal)
