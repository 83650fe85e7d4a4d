"""What changes the meaning of a resource in a way that this service does not know: it is refused, never ignored."""

from collections.abc import Iterator, Mapping
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir.places import objects

_TEXTS = {
    "modifierExtension": "The service knows no modifier extension, and so not what the resource means.",
    "implicitRules": "The service knows no implicit rules, and so not what the resource means.",
    "_implicitRules": "The service knows no implicit rules, and so not what the resource means.",
}


def unknown(resource: Mapping[str, Any], place: str) -> Iterator[Issue]:
    """Every modifier extension and set of implicit rules (http://hl7.org/fhir/R4/extensibility.html#modifier)."""
    for there, members in objects(resource, place):
        for name in (name for name in _TEXTS if name in members):
            yield Issue(Severity.ERROR, IssueCode.EXTENSION, _TEXTS[name], f"{there}.{name.removeprefix('_')}")
