"""From a resource to what it can be found by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson

from fhirsvc.fhir.references import Reference
from fhirsvc.fhir.search.dates import NEVER, span_of
from fhirsvc.fhir.search.parameters import PARAMETERS, Parameter, Type, parameters

_CHOICES = ("", "DateTime", "Period", "Instant", "Timing", "Date")


class Key(NamedTuple):
    """One token or reference of a resource: the parameter, and system and value; of a reference its type and id.

    "" = it has none; of an address elsewhere the value is the whole address.  A tuple, for many are made.
    """

    name: str
    system: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What a resource can be found by beside what the store knows: its keys, first and last instant of its date."""

    keys: frozenset[Key] = frozenset()
    first: datetime | None = None
    last: datetime | None = None

    @property
    def sorted_by(self) -> datetime:
        """Where it stands among others by date."""
        return self.first or NEVER


def indexed(type: str, body: bytes) -> Indexed:
    """What a resource (valid R4 JSON) can be found by; nothing for other types and for what was deleted (b"")."""
    if type not in PARAMETERS or not body:
        return Indexed()
    resource = orjson.loads(body)
    first, last = _dated(type, resource) or (None, None)
    return Indexed(keys=frozenset(_keys(type, resource)), first=first, last=last)


def _dated(type: str, resource: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    spans = (_span(value) for element in _dates(type) for value in _values(resource, element))
    return next((each for each in spans if each is not None), None)


@cache
def _dates(type: str) -> tuple[str, ...]:
    """Where a type's date may stand, in all forms of a choice."""
    dates = (each for each in PARAMETERS[type].values() if each.kind is Type.DATE)
    return tuple(element + choice for each in dates for element in each.elements for choice in _CHOICES)


def _span(value: object) -> tuple[datetime, datetime] | None:
    try:
        return span_of(value)
    except (ValueError, OverflowError):  # of a year that cannot be reckoned with
        return None


def _keys(type: str, resource: Mapping[str, Any]) -> Iterator[Key]:
    for name, parameter in _keyed(type):
        for value in _looked_at(parameter, resource):
            if parameter.kind is Type.TOKEN:
                yield from (Key(name, *token) for token in _tokens(value, parameter.systems))
            elif (reference := _reference(value)) is not None:
                yield _referring(name, reference)


@cache
def _keyed(type: str) -> tuple[tuple[str, Parameter], ...]:
    """The parameters of a type that are tokens or references in the resource itself."""
    named = parameters(type).items()
    return tuple((name, each) for name, each in named if each.elements and each.kind is not Type.DATE)


def references_of(type: str, name: str, body: bytes) -> list[Reference]:
    """What a resource refers to by a parameter, as written, without what it contains or names by identifier alone."""
    values = _looked_at(PARAMETERS[type][name], orjson.loads(body))
    found = (_reference(each) for each in values)
    return [each for each in found if each is not None]


def _looked_at(parameter: Parameter, resource: Mapping[str, Any]) -> Iterator[Any]:
    for element in parameter.elements:
        yield from _values(resource, element)


def _values(value: Any, path: str) -> Iterator[Any]:
    """The values at a dotted path, in however many repetitions."""
    name, _, rest = path.partition(".")
    found = value.get(name) if isinstance(value, dict) else None
    for each in found if isinstance(found, list) else [found]:
        if each is not None:
            yield from _values(each, rest) if rest else [each]


def _tokens(value: Any, systems: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """System and value of each coding, of an identifier, or of a code with every system it may be asked for with."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, str):
        yield from ((system, value) for system in systems)
    elif isinstance(value, dict):
        for each in value.get("coding", (value,)):
            token = each.get("system", ""), each.get("code") or each.get("value", "")
            if any(token) and isinstance(token[1], str):
                yield token


def _reference(value: Any) -> Reference | None:
    written = value.get("reference") if isinstance(value, dict) else None
    return Reference.parse(written) if written and not written.startswith("#") else None


def _referring(name: str, reference: Reference) -> Key:
    is_local = reference.type and reference.text.startswith(f"{reference.type}/")
    return Key(name, reference.type, reference.id) if is_local else Key(name, "", reference.text)
