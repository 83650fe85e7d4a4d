"""Where in a resource something stands, as the FHIRPath of the place."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from fhirsvc.fhir import schema


def place_of(root: str, path: Sequence[str | int], type_: str) -> str:
    """The FHIRPath of a JSON path below `root`, the place of a resource of this type.

    FHIRPath knows `value`, not `valueQuantity`, and no `_birthDate`: what stands there belongs to `birthDate`.
    """
    return root + "".join(_step(step, type_) for step in path)


def _step(step: str | int, type_: str) -> str:
    return f"[{step}]" if isinstance(step, int) else f".{element_of(step, type_)}"


def element_of(name: str, type_: str) -> str:
    """The element that a JSON member holds: valueQuantity and _valueString both hold a form of `value`."""
    forms, plain = _choices()
    form = name.removeprefix("_")
    return form if form in plain.get(type_, ()) else forms.get(form, form)


@cache
def _choices() -> tuple[Mapping[str, str], Mapping[str, Sequence[str]]]:
    known = schema.read("choices")
    return known["forms"], known["plain"]


def objects(resource: Mapping[str, Any], root: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of a resource, itself first and contained resources included, with its place."""
    yield from _objects(resource, root, str(resource.get("resourceType")))


def _objects(value: object, place: str, type_: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield place, value
        for name, member in value.items():
            yield from _objects(member, f"{place}.{element_of(name, type_)}", type_)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, f"{place}[{index}]", type_)
