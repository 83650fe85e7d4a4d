"""Contained resources: each valid in itself, used, and pointed to (dom-2 to dom-5, ref-1)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir import invariants, structure
from fhirsvc.fhir.places import objects
from fhirsvc.fhir.resource_types import is_type

Resource = Mapping[str, Any]


def broken(resource: Resource, place: str) -> Iterator[Issue]:
    """What is wrong with the contained resources of a resource of valid structure, and with its references to them."""
    contained: Sequence[Resource] = resource.get("contained", ())
    faults = [issue for index, each in enumerate(contained) for issue in _own(each, f"{place}.contained[{index}]")]
    yield from faults
    if not faults:
        yield from _ties({name: value for name, value in resource.items() if name != "contained"}, contained, place)


def _own(contained: Resource, place: str) -> Iterator[Issue]:
    type_ = contained.get("resourceType", "")
    if not is_type(type_):
        code = IssueCode.INVALID if "resourceType" in contained else IssueCode.REQUIRED
        yield Issue(Severity.ERROR, code, "A contained resource has no resource type of FHIR R4.", place)
        return
    yield from structure.faults(contained, type_, place) or invariants.broken(contained, type_, place)
    meta = contained.get("meta", {})
    if "contained" in contained:
        yield _invariant("A contained resource contains none itself (dom-2).", f"{place}.contained")
    if isinstance(meta, Mapping) and {"versionId", "lastUpdated"} & meta.keys():
        yield _invariant("A contained resource has no version and no last update (dom-4).", f"{place}.meta")
    if isinstance(meta, Mapping) and "security" in meta:
        yield _invariant("A contained resource has no security label (dom-5).", f"{place}.meta.security")


def _invariant(text: str, place: str) -> Issue:
    return Issue(Severity.ERROR, IssueCode.INVARIANT, text, place)


def _ties(container: Resource, contained: Sequence[Resource], place: str) -> Iterator[Issue]:
    """Local references that lead nowhere or in a circle, and contained resources that nothing leads to."""
    ids = [str(each.get("id", "")) for each in contained]
    wholes = [container, *contained]
    places = [place, *(f"{place}.contained[{index}]" for index in range(len(contained)))]
    for whole, there in zip(wholes, places, strict=True):
        yield from _dangling(whole, there, {*ids, *[""] * (whole is not container)})
    if len(set(ids)) < len(ids):
        yield _invariant("Two contained resources have the same id, or none.", f"{place}.contained")
    uses = [_local_names(whole) for whole in wholes]
    for index, (id_, used) in enumerate(zip(ids, uses[1:], strict=True)):
        if not any(id_ in names for names in uses[: index + 1] + uses[index + 2 :]) and "" not in used:
            text = "A contained resource is referred to from within the resource (dom-3)."
            yield _invariant(text, f"{place}.contained[{index}]")
    if _circular(dict(zip(ids, uses[1:], strict=True))):
        yield _invariant("Contained resources refer to each other in a circle.", f"{place}.contained")


def _dangling(resource: Resource, place: str, ids: set[str]) -> Iterator[Issue]:
    for there, members in objects(resource, place):
        reference = members.get("reference")
        if isinstance(reference, str) and reference.startswith("#") and reference[1:] not in ids:
            yield _invariant("No resource of this id is contained (ref-1).", f"{there}.reference")


def _local_names(resource: Resource) -> set[str]:
    """The ids behind every `#`, in references as in URIs."""
    strings = [value for _, members in objects(resource, "") for value in members.values()]
    return {value[1:] for value in strings if isinstance(value, str) and value.startswith("#")}


def _circular(uses: Mapping[str, set[str]]) -> bool:
    """Take away what leads to nothing that is left, until nothing goes; a circle stays."""
    left = {id_: names & uses.keys() for id_, names in uses.items()}
    while ends := [id_ for id_, names in left.items() if not names & left.keys()]:
        for id_ in ends:
            del left[id_]
    return bool(left)
