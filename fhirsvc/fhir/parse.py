"""Bytes to a Bundle whose resources are valid FHIR R4, or Refused with what is wrong and where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from fhirsvc.domain.errors import Issue, IssueCode, Severity, is_fault
from fhirsvc.fhir import bundle_rules, modifiers, resource_rules, strict_json
from fhirsvc.fhir.bundle_rules import refuse
from fhirsvc.fhir.places import objects
from fhirsvc.fhir.references import Kind, Reference, references_in
from fhirsvc.fhir.resource_rules import Marks
from fhirsvc.fhir.resource_types import is_type
from fhirsvc.fhir.structure import MOST_ISSUES

Method = Literal["POST", "PUT"]


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One entry of a Bundle.

    method: None in a collection (PUT if the resource has an id, else POST). type and id: of the resource, "" and None
    where it has none that can be taken. raw: the resource exactly as it was received. issues: warnings, and in a batch
    the faults for which this entry, and only this one, is refused.
    """

    index: int
    full_url: str | None
    method: Method | None
    type: str
    id: str | None
    resource: Mapping[str, Any]
    raw: bytes
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class ParsedBundle:
    """A Bundle that is taken. type: transaction, batch or collection. identifier: "system|value"."""

    type: str
    identifier: str | None
    entries: tuple[ParsedEntry, ...]


def parse_bundle(body: bytes, *, latest: datetime | None = None) -> ParsedBundle:
    """The Bundle in the body of a request, of at most 10 MiB and 5,000 entries.

    latest: evidence of a later instant is refused; None = time is not looked at. Raises Refused with at most 20
    issues: a transaction or collection for any fault, a batch only for those of the Bundle itself.
    """
    bundle = bundle_rules.opened(strict_json.decoded(body))
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
    return ParsedBundle(bundle["type"], _identifier(bundle.get("identifier", {})), tuple(entries))


def _identifier(identifier: Mapping[str, Any]) -> str | None:
    return f"{identifier.get('system', '')}|{identifier['value']}" if "value" in identifier else None


class _EntryText(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw()


class _BundleText(msgspec.Struct):
    entry: list[_EntryText]


_ENVELOPE = msgspec.json.Decoder(_BundleText)

_Doubt = tuple[Severity, IssueCode, str]
_NOWHERE = Severity.ERROR, IssueCode.NOT_FOUND, "No entry of the transaction has this fullUrl."
_CONDITIONAL = Severity.WARNING, IssueCode.NOT_FOUND, "The conditional reference is kept as it is, unresolved."
_CONDITIONAL_OUTSIDE = (
    Severity.ERROR,
    IssueCode.NOT_SUPPORTED,
    "A conditional reference can stand in a transaction only.",
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of a whole Bundle when one of its entries is read; doubtful: references that cannot be kept."""

    marks: Marks
    doubtful: Mapping[str, _Doubt]
    latest: datetime | None

    @classmethod
    def of(cls, bundle: Mapping[str, Any], body: bytes, latest: datetime | None) -> "_Reading":
        return cls(Marks.of(body), dict(_doubts(body, bundle)), latest)

    def entry(self, index: int, entry: Mapping[str, Any], raw: bytes) -> ParsedEntry:
        issues = tuple(self._issues(entry, f"Bundle.entry[{index}]"))
        sound = not (issues and any(map(is_fault, issues)))
        resource, request = entry.get("resource", {}), entry.get("request", {})
        type_ = resource.get("resourceType")
        return ParsedEntry(
            index=index,
            full_url=entry.get("fullUrl"),
            method=request.get("method") if sound else None,
            type=type_ if is_type(type_) else "",
            id=resource.get("id") if sound else None,
            resource=resource,
            raw=raw,
            issues=issues,
        )

    def _issues(self, entry: Mapping[str, Any], place: str) -> list[Issue]:
        there = f"{place}.resource"
        hopeless = bundle_rules.method_issue(entry, place) or resource_rules.type_issue(entry["resource"], there)
        if hopeless:
            return [hopeless]
        issues = bundle_rules.address_issues(entry, place)
        issues += resource_rules.issues(entry["resource"], there, self.marks, self.latest)
        if self.doubtful:
            issues += self._doubtful_references(entry["resource"], there)
        return issues

    def _doubtful_references(self, resource: Mapping[str, Any], place: str) -> Iterator[Issue]:
        for there, members in objects(resource, place):
            reference = members.get("reference")
            if isinstance(reference, str) and (doubt := self.doubtful.get(reference)):
                yield Issue(*doubt, f"{there}.reference")


def _doubts(body: bytes, bundle: Mapping[str, Any]) -> Iterator[tuple[str, _Doubt]]:
    """Of a Bundle's references those that it should resolve itself and does not, and conditional ones.

    A conditional reference is legal in a transaction alone (http://hl7.org/fhir/R4/http.html#trules).
    """
    transaction = bundle["type"] == "transaction"
    if not (b"?" in body or b"\\" in body or (transaction and b"urn:" in body)):
        return
    urls = {entry.get("fullUrl") for entry in bundle["entry"]}
    for reference in references_in(body):
        if "?" in reference and Reference.parse(reference).kind is Kind.CONDITIONAL:
            yield reference, _CONDITIONAL if transaction else _CONDITIONAL_OUTSIDE
        elif transaction and reference.startswith("urn:") and reference not in urls:
            yield reference, _NOWHERE
