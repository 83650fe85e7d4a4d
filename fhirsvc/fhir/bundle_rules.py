"""What makes a Bundle one that can be taken: its type, and its entries' addresses and requests (bdl-1 to bdl-8)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, is_fault, refusal_reason
from fhirsvc.fhir import structure
from fhirsvc.fhir.references import Reference
from fhirsvc.fhir.requests import WITH_RESOURCE, method_issue, request_issues
from fhirsvc.fhir.resource_types import is_type

Json = Mapping[str, Any]

MOST_ENTRIES = 5_000
MOST_READ = 200
"""So many entries read in a Bundle that does nothing else."""

MOST_READ_BESIDE = 50
"""So many read beside others that write: as long as they do, no other sender can."""

TAKEN = frozenset({"transaction", "batch", "collection"})
"""The Bundle types that are read; R4's others are known and not supported."""

MESSAGE = "message"
"""The Bundle type that $process-message reads, and nothing else does."""

_WITH_REQUEST = frozenset({"transaction", "batch"})
_STAND_IN: Json = {"resourceType": ""}
_WRITING = frozenset({"PUT", "DELETE"})
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


def opened(value: object, *, message: bool = False) -> Json:
    """The Bundle that a decoded body is.  Raises Refused when it is none to be taken, whatever its resources are.

    message: it must be of type message, else of one of those TAKEN.
    """
    if not isinstance(value, dict):
        issue = fault(IssueCode.STRUCTURE, "The body is not a JSON object.", "")
        raise Refused(Refusal.UNPARSEABLE, [issue])
    for check in (_is_bundle, _size, _shape, _message if message else _kind, _envelope):
        refuse(list(check(value)))
    return value


def _is_bundle(value: Json) -> Iterator[Issue]:
    type_ = value.get("resourceType")
    if type_ is None:
        yield fault(IssueCode.REQUIRED, "The resource has no type.", "resourceType")
    elif not is_type(type_):
        yield fault(IssueCode.INVALID, "FHIR R4 has no such resource type.", "resourceType")
    elif type_ != "Bundle":
        yield fault(
            IssueCode.NOT_SUPPORTED,
            "Only a Bundle can be posted here; a single resource goes to [base]/[type].",
            "resourceType",
        )


def _size(bundle: Json) -> Iterator[Issue]:
    entries = bundle.get("entry")
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        yield fault(IssueCode.TOO_LONG, f"The Bundle has more than {MOST_ENTRIES} entries.", "Bundle.entry")
    elif isinstance(entries, list):
        reading = sum(map(_reads, entries))
        most = MOST_READ if reading == len(entries) else MOST_READ_BESIDE
        if reading > most:
            yield fault(IssueCode.TOO_LONG, f"More than {most} entries read. Send them in several.", "Bundle.entry")


def _reads(entry: object) -> bool:
    request = entry.get("request") if isinstance(entry, dict) else None
    return isinstance(request, dict) and request.get("method") in ("GET", "HEAD")


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
        where = " A message is posted to $process-message." if bundle["type"] == MESSAGE else ""
        text = f"Bundles of this type are not taken here; transaction, batch and collection are.{where}"
        yield fault(IssueCode.NOT_SUPPORTED, text, "Bundle.type")
    elif "entry" not in bundle:
        yield fault(IssueCode.BUSINESS_RULE, "The Bundle has no entries.", "Bundle.entry")


def _message(bundle: Json) -> Iterator[Issue]:
    """A message begins with its MessageHeader (bdl-12), by whose id it is told apart from every other."""
    first = bundle["entry"][0].get("resource", {}) if bundle.get("entry") else {}
    place = "Bundle.entry[0].resource"
    if bundle["type"] != MESSAGE:
        yield fault(IssueCode.INVALID, "A Bundle of type message is processed here, and no other.", "Bundle.type")
    elif first.get("resourceType") != "MessageHeader":
        yield _invariant("The first resource of a message is a MessageHeader (bdl-12).", place)
    elif "id" not in first:
        yield fault(IssueCode.REQUIRED, "A message is told apart by the id of its MessageHeader.", f"{place}.id")


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


def hopeless(entry: Json, place: str) -> Issue | None:
    """Why nothing can be done with an entry, whatever its resource is."""
    request = entry.get("request", {})
    unsupported = method_issue(request, f"{place}.request")
    if unsupported:
        return unsupported
    carries = request.get("method", "POST") in WITH_RESOURCE
    if carries and "resource" not in entry:
        return fault(IssueCode.REQUIRED, "The entry has no resource.", f"{place}.resource")
    if not carries and "resource" in entry:
        return _invariant("What is read or deleted is named by the address; no resource comes with it.", place)
    return None


def address_issues(entry: Json, place: str) -> list[Issue]:
    """The faults of the fullUrl and the request of an entry whose method is supported and whose resource has a type."""
    full_url, request, resource = entry.get("fullUrl"), entry.get("request"), entry.get("resource")
    found = _full_url_issue(full_url, resource or {}, f"{place}.fullUrl") if full_url else None
    asked = request_issues(request, resource, f"{place}.request") if request else ()
    return [*([found] if found else []), *asked]


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


def identity_issues(entries: Sequence[Json]) -> Iterator[Issue]:
    """In a transaction no resource is written twice (http://hl7.org/fhir/R4/http.html#trules)."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        url = entry["request"]["url"]
        if entry["request"]["method"] not in _WRITING:
            continue
        if url in seen:
            text = "An earlier entry of the transaction writes the same resource."
            yield fault(IssueCode.DUPLICATE, text, f"Bundle.entry[{index}].request.url")
        seen.add(url)
