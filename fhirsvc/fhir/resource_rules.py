"""Everything that is checked of one resource of a Bundle, in the order in which it makes sense to be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir import companions, contained, invariants, modifiers, structure
from fhirsvc.fhir.clinical_time import is_after
from fhirsvc.fhir.resource_types import ACCEPTED, is_type

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Marks:
    """Which rare things the text of a Bundle can hold at all, so that the others need not be looked for."""

    companions: bool
    modifiers: bool
    local_references: bool

    @classmethod
    def of(cls, body: bytes) -> "Marks":
        """body: a JSON text whose names have no escapes."""
        return cls(
            companions=b"null" in body or (b"_" in body and b'"_' in body),
            modifiers=b'"modifierExtension"' in body or b'mplicitRules"' in body,
            local_references=b"#" in body or (b"\\" in body and b"\\u0023" in body),
        )


def type_issue(resource: Resource, place: str) -> Issue | None:
    """Why a resource is of no type that may be posted; None when it is."""
    type_ = resource.get("resourceType")
    if isinstance(type_, str) and type_ in ACCEPTED:
        return None
    place = f"{place}.resourceType"
    if type_ is None:
        return Issue(Severity.ERROR, IssueCode.REQUIRED, "The resource has no type.", place)
    if is_type(type_):
        text = f"The service takes no {type_}; its CapabilityStatement says which types it takes."
        return Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, text, place)
    return Issue(Severity.ERROR, IssueCode.INVALID, "FHIR R4 has no such resource type.", place)


def issues(resource: Resource, place: str, marks: Marks, latest: datetime | None) -> list[Issue]:
    """The faults and warnings of a resource of an accepted type; rules are read only where the structure is sound."""
    type_ = resource["resourceType"]
    return structure.faults(resource, type_, place) or list(_rules(resource, type_, place, marks, latest))


def _rules(resource: Resource, type_: str, place: str, marks: Marks, latest: datetime | None) -> Iterator[Issue]:
    yield from invariants.broken(resource, type_, place)
    if marks.local_references or "contained" in resource:
        yield from contained.broken(resource, place)
    if marks.companions:
        yield from companions.misplaced(resource, place)
    if marks.modifiers:
        yield from modifiers.unknown(resource, place)
    if latest and type_ in _CLINICAL_TIME:
        yield from _in_future(resource, _CLINICAL_TIME[type_], place, latest)


_CLINICAL_TIME = {"Observation": "effective", "DiagnosticReport": "effective", "Condition": "onset"}
"""When evidence holds, by type."""


def _in_future(resource: Resource, element: str, place: str, latest: datetime) -> Iterator[Issue]:
    period = resource.get(f"{element}Period", {})
    times = (resource.get(f"{element}DateTime"), resource.get(f"{element}Instant"), period.get("start"))
    if any(time and is_after(time, latest) for time in times):
        text = "The clinical time lies in the future."
        yield Issue(Severity.ERROR, IssueCode.BUSINESS_RULE, text, f"{place}.{element}")
