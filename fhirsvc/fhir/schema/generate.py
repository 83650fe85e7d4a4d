"""Builds the schema files of this folder from the FHIR models: `python -m fhirsvc.fhir.schema.generate [--check]`."""

import json
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from fhir.resources import R4B

from fhirsvc.fhir.resource_types import ACCEPTED, ANSWERED, AUTHORED, PUBLISHED
from fhirsvc.fhir.schema import definitions
from fhirsvc.fhir.schema.definitions import Element, as_in_r4, definition
from fhirsvc.fhir.schema.primitives import PRIMITIVES, Schema

HERE = Path(__file__).parent
TYPES = sorted(ACCEPTED | ANSWERED | AUTHORED)
_PRIMITIVE = {name.lower(): name for name in PRIMITIVES} | {"uuidversion": "uuid"}


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say whether they are what would be written."""
    files = built()
    if arguments == ["--check"]:
        return _report(stale(files))
    for name, text in files.items():
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


def stale(files: Mapping[str, str]) -> list[str]:
    """The names of the files here that are missing, differ, or should not be here."""
    found = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.json")}
    return sorted(name for name in {*files, *found} if files.get(name) != found.get(name))


def _report(names: list[str]) -> int:
    if names:
        sys.stderr.write(f"Stale: {', '.join(names)}; run python -m fhirsvc.fhir.schema.generate.\n")
    return 1 if names else 0


def built() -> dict[str, str]:
    """File name → text: one schema per resource type, the data types they share, and the forms of every choice."""
    types = {name: _Definitions(resource=name) for name in TYPES}
    published = {name: _Definitions(resource=name) for name in PUBLISHED}
    shared = _Definitions()
    shared.add({name for made in types.values() for name in made.outside})
    schemas = {name: {"$ref": f"#/$defs/{name}", "$defs": made.found} for name, made in types.items()}
    untyped = {"$ref": "#/$defs/untyped", "$defs": {"untyped": definitions.untyped_resource()}}
    files: dict[str, object] = {f"{name}.json": schema for name, schema in schemas.items()}
    files |= {
        "untyped.json": untyped,
        "datatypes.json": shared.found | {"anything": definitions.ANYTHING},
        "choices.json": _choices(types.values(), shared),
        "summary.json": {name: _shown(name, made.elements[name]) for name, made in (types | published).items()},
    }
    return {name: _text(content) for name, content in files.items()}


def _text(content: object) -> str:
    return json.dumps(content, separators=(",", ":"), sort_keys=True) + "\n"


class _Definitions:
    """Definitions by name: of a resource with its own nested elements, or of data types with all they refer to."""

    def __init__(self, resource: str = "") -> None:
        self.resource = resource
        self.found: dict[str, Schema] = {}
        self.elements: dict[str, tuple[Element, ...]] = {}
        self.outside: set[str] = set()
        if resource:
            self.add({resource})

    def add(self, names: Iterable[str]) -> None:
        ready = definitions.shared_definitions()
        waiting = sorted(names)
        while waiting:
            name = waiting.pop()
            if name in self.found or name in self.outside:
                continue
            if not name.startswith(self.resource):
                self.outside.add(name)
                continue
            self.found[name] = ready.get(name) or self._made(name)
            waiting += sorted(_referred(self.found[name]))

    def plain_names(self) -> set[str]:
        """The names of the elements that are no form of a choice."""
        return {element.name for group in self.elements.values() for element in group if not element.choice}

    def _made(self, name: str) -> Schema:
        self.elements[name] = as_in_r4(name, _elements(name))
        return definition(name, self.elements[name], resource=name == self.resource)


def _referred(schema: object) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.rpartition("/")[2]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _referred(part)


def _elements(name: str) -> Iterator[Element]:
    """The elements that the R4B model of this name has."""
    fields: Mapping[str, typing.Any] = R4B.get_fhir_model_class(name).model_fields
    companions = {field.alias for field in fields.values() if field.alias.startswith("_")}
    for field in fields.values():
        if field.alias not in companions | {"fhir_comments", "resource_type"}:
            yield _element(field, companion=f"_{field.alias}" in companions)


def _element(field: typing.Any, *, companion: bool) -> Element:
    says = field.json_schema_extra or {}
    targets = tuple(says.get("enum_reference_types", ()))
    return Element(
        name=field.alias,
        type=_type(field.annotation),
        many=_is_list(field.annotation),
        required=bool(field.is_required() or says.get("element_required") or says.get("one_of_many_required")),
        choice=says.get("one_of_many", ""),
        companion=companion,
        codes=tuple(says.get("enum_values", ())),
        targets=() if "Resource" in targets else targets,
    )


def _type(annotation: object) -> str:
    """The FHIR type that an annotation names: bool, a model's place-holder, or a primitive's mark in Annotated."""
    if annotation is bool:
        return "boolean"
    if callable(model := getattr(annotation, "get_model_klass", None)):
        return str(model().__name__)
    marks = [type(mark).__name__.lower() for mark in getattr(annotation, "__metadata__", ())]
    named = [_PRIMITIVE[mark] for mark in marks if mark in _PRIMITIVE]
    inner = [part for part in typing.get_args(annotation) if part is not type(None)]
    return named[0] if named else _type(inner[0])


def _is_list(annotation: object) -> bool:
    return any(typing.get_origin(part) is list for part in [annotation, *typing.get_args(annotation)])


def _choices(types: Iterable[_Definitions], shared: _Definitions) -> dict[str, object]:
    """Every form of a choice → its element (valueQuantity → value), and by type the names that are no choice there."""
    groups = [group for made in [*types, shared] for group in made.elements.values()]
    forms = {element.name: element.choice for group in groups for element in group if element.choice}
    plain = {made.resource: sorted(made.plain_names() & forms.keys()) for made in types}
    return {"forms": forms, "plain": {name: names for name, names in plain.items() if names}}


def _shown(name: str, elements: Iterable[Element]) -> dict[str, list[str]]:
    """What is shown of a type in any case, of a choice all its forms, and what its summary shows (isSummary in R4)."""
    known = [element for element in elements if element.name != "resourceType"]
    summary = set(R4B.get_fhir_model_class(name).summary_elements_sequence())
    return {
        "mandatory": sorted(element.name for element in known if element.required),
        "summary": sorted(element.name for element in known if element.name in summary),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
