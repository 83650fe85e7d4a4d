"""The `_name` companions of primitives, and null, which stands only where a companion speaks for a value.

http://hl7.org/fhir/R4/json.html#primitive and #null
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir.places import element_of, objects


def misplaced(resource: Mapping[str, Any], place: str) -> Iterator[Issue]:
    """Nulls that stand for nothing, and choices of which a value and a companion claim different types."""
    type_ = str(resource.get("resourceType"))
    for there, members in objects(resource, place):
        for name, value in members.items():
            paired = name.startswith("_") and name[1:] in members  # then it is looked at from the other side
            if not paired and not _whole(value, members.get(f"_{name}")):
                text = "null stands only in an array, where the other array has something."
                yield Issue(Severity.ERROR, IssueCode.VALUE, text, f"{there}.{element_of(name, type_)}")
        for element in _torn_choices(members, type_):
            text = "The element has a value in more than one of its types."
            yield Issue(Severity.ERROR, IssueCode.INVARIANT, text, f"{there}.{element}")


def _whole(value: object, other: object) -> bool:
    """Is there something for every place of a value, in itself or in its companion?"""
    if not isinstance(value, list):
        return value is not None
    rest = other if isinstance(other, list) else []
    filled = [item is not None or (index < len(rest) and rest[index] is not None) for index, item in enumerate(value)]
    return all(filled) and (not rest or len(rest) == len(value))


def _torn_choices(members: Mapping[str, Any], type_: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in members:
        form, element = name.removeprefix("_"), element_of(name, type_)
        if form != element and seen.setdefault(element, form) != form:
            yield element
