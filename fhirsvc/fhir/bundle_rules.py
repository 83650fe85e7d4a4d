"""What makes a Bundle one that can be taken: its type, and its entries' addresses and requests (bdl-1 to bdl-8)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, is_fault, refusal_reason
from fhirsvc.fhir import structure
from fhirsvc.fhir.references import Reference
from fhirsvc.fhir.resource_types import is_type

Json = Mapping[str, Any]

MOST_ENTRIES = 5_000
TAKEN = frozenset({"transaction", "batch", "collection"})
"""The Bundle types that are read; R4's others are known and not supported."""

_WITH_REQUEST = frozenset({"transaction", "batch"})
_STAND_IN: Json = {"resourceType": ""}
_CONDITIONS = ("ifMatch", "ifNoneMatch", "ifModifiedSince", "ifNoneExist")
_NO_CONDITIONS = "Conditional requests are not supported."
_UUID = re.compile(r"urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ABSOLUTE = re.compile(r"urn:[a-z0-9][a-z0-9\-]*:\S+|[A-Za-z][A-Za-z0-9+.\-]*://\S+")


def refuse(issues: Sequence[Issue]) -> None:
    """Raise Refused when there is a fault among these issues; warnings alone refuse nothing."""
    if reason := refusal_reason(issues):
        faults_first = sorted(issues, key=is_fault, reverse=True)
        raise Refused(reason, faults_first[: structure.MOST_ISSUES])


def fault(code: IssueCode, text: str, place: str) -> Issue:
    """An issue that refuses what it was found in."""
    return Issue(Severity.ERROR, code, text, place)


def opened(value: object) -> Json:
    """The Bundle that a decoded body is.  Raises Refused when it is none to be taken, whatever its resources are."""
    if not isinstance(value, dict):
        issue = fault(IssueCode.STRUCTURE, "The body is not a JSON object.", "")
        raise Refused(Refusal.UNPARSEABLE, [issue])
    for check in (_is_bundle, _size, _shape, _kind, _envelope):
        refuse(list(check(value)))
    return value


def _is_bundle(value: Json) -> Iterator[Issue]:
    type_ = value.get("resourceType")
    if type_ is None:
        yield fault(IssueCode.REQUIRED, "The resource has no type.", "resourceType")
    elif not is_type(type_):
        yield fault(IssueCode.INVALID, "FHIR R4 has no such resource type.", "resourceType")
    elif type_ != "Bundle":
        yield fault(IssueCode.NOT_SUPPORTED, "Only a Bundle can be posted here.", "resourceType")


def _size(bundle: Json) -> Iterator[Issue]:
    entries = bundle.get("entry")
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        yield fault(IssueCode.TOO_LONG, f"The Bundle has more than {MOST_ENTRIES} entries.", "Bundle.entry")


def _shape(bundle: Json) -> list[Issue]:
    return structure.faults(without_resources(bundle), "Bundle", "Bundle")


def without_resources(bundle: Json) -> Json:
    """The Bundle with a stand-in for every resource: resources are checked one by one, against their own type."""
    entries = bundle.get("entry")
    return {**bundle, "entry": [_without_resource(entry) for entry in entries]} if isinstance(entries, list) else bundle


def _without_resource(entry: object) -> object:
    has_resource = isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    return {**entry, "resource": _STAND_IN} if isinstance(entry, dict) and has_resource else entry


def _kind(bundle: Json) -> Iterator[Issue]:
    if bundle["type"] not in TAKEN:
        text = "Bundles of this type are not taken; transaction, batch and collection are."
        yield fault(IssueCode.NOT_SUPPORTED, text, "Bundle.type")
    elif "entry" not in bundle:
        yield fault(IssueCode.BUSINESS_RULE, "The Bundle has no entries.", "Bundle.entry")


def _envelope(bundle: Json) -> Iterator[Issue]:
    if "total" in bundle:
        yield _invariant("Only a searchset or history has a total (bdl-1).", "Bundle.total")
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(bundle["entry"]):
        yield from _members(entry, bundle["type"], f"Bundle.entry[{index}]")
        if "fullUrl" in entry:
            identity = entry["fullUrl"], _version(entry)
            if identity in seen:
                text = "An earlier entry has the same fullUrl (bdl-7)."
                yield fault(IssueCode.DUPLICATE, text, f"Bundle.entry[{index}].fullUrl")
            seen.add(identity)


def _version(entry: Json) -> str:
    meta = entry.get("resource", {}).get("meta")
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


def _invariant(text: str, place: str) -> Issue:
    return fault(IssueCode.INVARIANT, text, place)


def _members(entry: Json, kind: str, place: str) -> Iterator[Issue]:
    """Which members an entry of this kind of Bundle must and must not have."""
    if "search" in entry:
        yield _invariant("Only an entry of a searchset has search (bdl-2).", f"{place}.search")
    if ("request" in entry) != (kind in _WITH_REQUEST):
        text = "An entry has a request in a transaction and a batch, and only there (bdl-3)."
        yield _invariant(text, f"{place}.request")
    if "response" in entry:
        yield _invariant("Only an entry of a response or history has a response (bdl-4).", f"{place}.response")
    if not ("resource" in entry or "request" in entry or "response" in entry):
        yield _invariant("An entry has a resource, a request or a response (bdl-5).", place)


def method_issue(entry: Json, place: str) -> Issue | None:
    """Why nothing can be done with an entry, whatever its resource is."""
    if entry.get("request", {}).get("method", "POST") not in ("POST", "PUT"):
        text = "Only POST and PUT are supported in a Bundle."
        return fault(IssueCode.NOT_SUPPORTED, text, f"{place}.request.method")
    if "resource" not in entry:
        return fault(IssueCode.REQUIRED, "The entry has no resource.", f"{place}.resource")
    return None


def address_issues(entry: Json, place: str) -> list[Issue]:
    """The faults of the fullUrl and the request of an entry whose method is supported and whose resource has a type."""
    full_url, request = entry.get("fullUrl"), entry.get("request")
    found = (
        full_url and _full_url_issue(full_url, entry["resource"], f"{place}.fullUrl"),
        request and _condition_issue(request, f"{place}.request"),
        request and _target_issue(request, entry["resource"], place),
    )
    return [issue for issue in found if issue]


def _full_url_issue(full_url: str, resource: Json, place: str) -> Issue | None:
    if full_url.startswith("urn:uuid:"):
        return None if _UUID.fullmatch(full_url) else fault(IssueCode.VALUE, "This is not a UUID.", place)
    if not _ABSOLUTE.fullmatch(full_url):
        return fault(IssueCode.INVALID, "A fullUrl is absolute, or a urn:uuid.", place)
    if "/_history/" in full_url:
        return _invariant("A fullUrl names no version (bdl-8).", place)
    if "id" in resource and _names_other(full_url, resource):
        return fault(IssueCode.INVALID, "The fullUrl names another type or id than the resource has.", place)
    return None


def _names_other(full_url: str, resource: Json) -> bool:
    named = Reference.parse(full_url)
    return bool(named.type) and (named.type, named.id) != (resource["resourceType"], resource["id"])


def _condition_issue(request: Json, place: str) -> Issue | None:
    name = next((name for name in _CONDITIONS if name in request), None)
    return fault(IssueCode.NOT_SUPPORTED, _NO_CONDITIONS, f"{place}.{name}") if name else None


def _target_issue(request: Json, resource: Json, place: str) -> Issue | None:
    url, type_ = request["url"], resource["resourceType"]
    if request["method"] == "PUT" and "id" not in resource:
        return fault(IssueCode.REQUIRED, "A resource that is put has the id of its address.", f"{place}.resource.id")
    if url == (type_ if request["method"] == "POST" else f"{type_}/{resource['id']}"):
        return None
    place = f"{place}.request.url"
    if "?" in url:
        return fault(IssueCode.NOT_SUPPORTED, _NO_CONDITIONS, place)
    if "://" in url:
        return fault(IssueCode.NOT_SUPPORTED, "The address of a request is relative to this server.", place)
    return _invariant("POST goes to the type of the resource, PUT to its type and id.", place)


def identity_issues(entries: Sequence[Json]) -> Iterator[Issue]:
    """In a transaction no resource is written twice (http://hl7.org/fhir/R4/http.html#trules)."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        url = entry["request"]["url"]
        if entry["request"]["method"] == "PUT" and url in seen:
            text = "An earlier entry of the transaction writes the same resource."
            yield fault(IssueCode.DUPLICATE, text, f"Bundle.entry[{index}].request.url")
        seen.add(url)
