"""How a search is to be answered: how much of each resource, and what is to come with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fhirsvc.fhir.search.parameters import PARAMETERS, including, including_back

ALL = "*"


class Summary(StrEnum):
    """How much of each resource is shown (FHIR R4 search.html#summary)."""

    TRUE = "true"
    TEXT = "text"
    DATA = "data"
    COUNT = "count"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Include:
    """What else is shown: what a match refers to by a parameter, or with `back` what refers to a match by it.

    source: the type that refers.  target: the type referred to, "" = any.
    """

    source: str
    name: str
    target: str = ""
    back: bool = False


def includes(type: str, value: str, *, back: bool) -> tuple[Include, ...]:
    """The Includes that one value of `_include` or `_revinclude` names; none when it names none that is offered."""
    if value == ALL and not back:
        value = f"{type}:{ALL}"
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    offered = including_back(type) if back else including(type)
    names = [each.partition(":")[2] for each in offered if each.partition(":")[0] == source]
    if back and target not in {"", type}:
        return ()
    if target and target not in PARAMETERS:
        return ()
    return tuple(Include(source, each, target, back) for each in names if name in {each, ALL})
