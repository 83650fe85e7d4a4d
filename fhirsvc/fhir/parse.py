"""Bytes to a Bundle whose resources are valid FHIR R4, or Refused with what is wrong and where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from fhirsvc.domain.errors import Issue, IssueCode, Severity, is_fault
from fhirsvc.fhir import bundle_rules, modifiers, resource_rules, strict_json
from fhirsvc.fhir.bundle_rules import refuse
from fhirsvc.fhir.places import objects
from fhirsvc.fhir.references import Kind, Reference, references_in
from fhirsvc.fhir.requests import Method, Request, request_of
from fhirsvc.fhir.resource_rules import Marks
from fhirsvc.fhir.resource_types import is_type
from fhirsvc.fhir.structure import MOST_ISSUES


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry of a Bundle.

    request: None in a collection (PUT if the resource has an id, else POST), and of an entry that is refused.  type
    and id: of the resource, or of what is read or deleted by its address; "" and None where there is none that can be
    taken.  resource and raw: empty where none came; raw is exactly what was received.  issues: warnings, and in a batch
    the faults for which this entry, and only this one, is refused.
    """

    index: int
    full_url: str | None
    request: Request | None
    type: str
    id: str | None
    resource: Mapping[str, Any]
    raw: bytes
    issues: tuple[Issue, ...]

    @property
    def method(self) -> Method | None:
        """What is asked for, None in a collection."""
        return self.request.method if self.request else None


@dataclass(frozen=True, slots=True)
class ParsedBundle:
    """A Bundle that is taken. type: transaction, batch, collection or message. identifier: "system|value".

    conditional: the conditional references of a transaction, each with the first place where it stands.  header: the
    MessageHeader of a message, which is no entry then; else empty.
    """

    type: str
    identifier: str | None
    entries: tuple[ParsedEntry, ...]
    conditional: Mapping[str, str]
    header: Mapping[str, Any] = field(default_factory=dict)


def parse_bundle(body: bytes, *, latest: datetime | None = None, message: bool = False) -> ParsedBundle:
    """The Bundle in the body of a request, of at most 10 MiB and 5,000 entries.

    latest: evidence of a later instant is refused; None = time is not looked at.  message: it must be a message, which
    is read as a collection is.  Raises Refused with at most 20 issues: a batch only for those of the Bundle itself, any
    other for any fault.
    """
    bundle = bundle_rules.opened(strict_json.decoded(body), message=message)
    reading = _Reading.of(bundle, body, latest)
    if reading.marks.modifiers:
        refuse(list(modifiers.unknown(bundle_rules.without_resources(bundle), "Bundle")))
    entries: list[ParsedEntry] = []
    issues = list(bundle_rules.identity_issues(bundle["entry"])) if bundle["type"] == "transaction" else []
    for entry, text in zip(bundle["entry"], _ENVELOPE.decode(body).entry, strict=True):
        entries.append(reading.entry(len(entries), entry, bytes(text.resource)))
        issues += entries[-1].issues
        if bundle["type"] != "batch" and sum(map(is_fault, issues)) >= MOST_ISSUES:
            break
    if bundle["type"] != "batch":
        refuse(issues)
    identifier = _identifier(bundle.get("identifier", {}))
    header = entries.pop(0).resource if message else {}
    return ParsedBundle(bundle["type"], identifier, tuple(entries), reading.conditional, header)


def _identifier(identifier: Mapping[str, Any]) -> str | None:
    return f"{identifier.get('system', '')}|{identifier['value']}" if "value" in identifier else None


class _EntryText(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()


class _BundleText(msgspec.Struct):
    entry: list[_EntryText]


_ENVELOPE = msgspec.json.Decoder(_BundleText)

_Doubt = tuple[Severity, IssueCode, str]
_NOWHERE = Severity.ERROR, IssueCode.NOT_FOUND, "No entry of the transaction has this fullUrl."
_CONDITIONAL_OUTSIDE = (
    Severity.ERROR,
    IssueCode.NOT_SUPPORTED,
    "A conditional reference can stand in a transaction only.",
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of a whole Bundle when one of its entries is read.

    doubtful: references that cannot be kept, or None for a conditional one that can.  conditional: as ParsedBundle has
    it, as far as it is read.
    """

    marks: Marks
    doubtful: Mapping[str, _Doubt | None]
    latest: datetime | None
    message: bool
    conditional: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, bundle: Mapping[str, Any], body: bytes, latest: datetime | None) -> "_Reading":
        return cls(Marks.of(body), dict(_doubts(body, bundle)), latest, bundle["type"] == bundle_rules.MESSAGE)

    def entry(self, index: int, entry: Mapping[str, Any], raw: bytes) -> ParsedEntry:
        issues = tuple(self._issues(entry, f"Bundle.entry[{index}]", header=self.message and index == 0))
        sound = not (issues and any(map(is_fault, issues)))
        resource = entry.get("resource", {})
        request = request_of(entry["request"]) if sound and "request" in entry else None
        named = resource.get("resourceType") or (request.type if request else "")
        return ParsedEntry(
            index=index,
            full_url=entry.get("fullUrl"),
            request=request,
            type=named if is_type(named) else "",
            id=(resource.get("id") or (request.id if request else "") or None) if sound else None,
            resource=resource,
            raw=raw,
            issues=issues,
        )

    def _issues(self, entry: Mapping[str, Any], place: str, *, header: bool) -> list[Issue]:
        there = f"{place}.resource"
        hopeless = bundle_rules.hopeless(entry, place)
        if not hopeless and not header and "resource" in entry:
            hopeless = resource_rules.type_issue(entry["resource"], there)
        if hopeless:
            return [hopeless]
        issues = bundle_rules.address_issues(entry, place)
        if "resource" in entry:
            issues += resource_rules.issues(entry["resource"], there, self.marks, self.latest)
            if self.doubtful:
                issues += self._doubtful_references(entry["resource"], there)
        return issues

    def _doubtful_references(self, resource: Mapping[str, Any], place: str) -> Iterator[Issue]:
        for there, members in objects(resource, place):
            reference = members.get("reference")
            if isinstance(reference, str) and reference in self.doubtful:
                doubt = self.doubtful[reference]
                if doubt:
                    yield Issue(*doubt, f"{there}.reference")
                else:
                    self.conditional.setdefault(reference, f"{there}.reference")


def _doubts(body: bytes, bundle: Mapping[str, Any]) -> Iterator[tuple[str, _Doubt | None]]:
    """Of a Bundle's references those that it should resolve itself and does not, and conditional ones.

    A conditional reference is legal in a transaction alone (http://hl7.org/fhir/R4/http.html#trules).
    """
    transaction = bundle["type"] == "transaction"
    if not (b"?" in body or b"\\" in body or (transaction and b"urn:" in body)):
        return
    urls = {entry.get("fullUrl") for entry in bundle["entry"]}
    for reference in references_in(body):
        if "?" in reference and Reference.parse(reference).kind is Kind.CONDITIONAL:
            yield reference, None if transaction else _CONDITIONAL_OUTSIDE
        elif transaction and reference.startswith("urn:") and reference not in urls:
            yield reference, _NOWHERE
