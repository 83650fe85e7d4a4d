"""From the elements of a FHIR type to its JSON Schema definition, as a pure function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fhirsvc.fhir.schema.bindings import NOT_IN_R4, NOT_REQUIRED, ONLY_IN_R4, REFERENCE_TARGETS, REQUIRED, Binding
from fhirsvc.fhir.schema.primitives import NAMES_A_TYPE, PRIMITIVES, REFERENCE, Schema, or_null, reference_to

OR_NULL = "-or-null"
ANYTHING: Schema = {
    "type": ["array", "boolean", "null", "number", "object", "string"],
    "minItems": 1,
    "minProperties": 1,
    "pattern": r"[^ \t\r\n]",
    "items": {"$ref": "#/$defs/anything"},
    "additionalProperties": {"$ref": "#/$defs/anything"},
}
"""What FHIR's JSON rules say of every element whose type has no schema here (http://hl7.org/fhir/R4/json.html)."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type, as its model describes it.

    type: a primitive, a complex type or "Resource".  choice: the `x` of an `x[x]` that it is one form of, "" = none.
    companion: whether `_name` may stand beside it.  codes, targets: empty = not restricted.
    """

    name: str
    type: str
    many: bool = False
    required: bool = False
    choice: str = ""
    companion: bool = False
    codes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def primitive(self) -> bool:
        return self.type in PRIMITIVES


def as_in_r4(owner: str, elements: Iterable[Element]) -> tuple[Element, ...]:
    """The elements with what R4 says otherwise than the models."""
    kept = [element for element in elements if (owner, element.name) not in NOT_IN_R4]
    added = [Element(name, type_, choice="value") for (of, name), type_ in ONLY_IN_R4.items() if of == owner]
    return tuple(_corrected(owner, element) for element in [*kept, *added])


def _corrected(owner: str, element: Element) -> Element:
    place = (owner, element.name)
    return replace(
        element,
        codes=() if place in NOT_REQUIRED else element.codes,
        targets=REFERENCE_TARGETS.get(place, element.targets),
        companion=element.companion or (owner == "Extension" and element.primitive and bool(element.choice)),
    )


def definition(owner: str, elements: Sequence[Element], *, resource: bool) -> Schema:
    """The JSON Schema of one complex type or resource; the elements are R4's."""
    properties: dict[str, object] = {"resourceType": {"const": owner}} if resource else {}
    for element in elements:
        properties[element.name] = _property(owner, element)
        if element.companion:
            properties[f"_{element.name}"] = _listed(_ref("Element", nullable=element.many), many=element.many)
    required = [element.name for element in elements if element.required and not element.choice]
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    made |= {"required": [*["resourceType"] * resource, *required]} if resource or required else {"minProperties": 1}
    return made | _rules(owner, elements)


def _property(owner: str, element: Element) -> Schema:
    return _listed(_single(owner, element), many=element.many)


def _listed(schema: Schema, *, many: bool) -> Schema:
    return {"type": "array", "minItems": 1, "items": schema} if many else schema


def _single(owner: str, element: Element) -> Schema:
    nullable = element.many and element.primitive
    if element.type == "Resource":
        return {"type": "object"}
    if element.type == "Reference" and element.targets:
        return reference_to(element.targets)
    if (owner, element.name) == ("Reference", "reference"):
        return _ref("reference")
    binding = REQUIRED.get((owner, element.name), Binding("", element.codes))
    if binding.system:
        return _coded(binding)
    if not binding.codes:
        return _ref(element.type, nullable=nullable)
    codes: Schema = {"enum": sorted(binding.codes)}
    return or_null(codes) if nullable else codes


def _ref(name: str, *, nullable: bool = False) -> Schema:
    return {"$ref": f"#/$defs/{name}{OR_NULL if nullable else ''}"}


def _coded(binding: Binding) -> Schema:
    """A CodeableConcept of which one coding must come from the value set."""
    coding = {"system": {"const": binding.system}, "code": {"enum": sorted(binding.codes)}}
    one = {"contains": {"properties": coding, "required": ["system", "code"]}}
    return {"$ref": "#/$defs/CodeableConcept", "properties": {"coding": one}, "required": ["coding"]}


def _rules(owner: str, elements: Sequence[Element]) -> Schema:
    """Which elements exclude each other: one form of each choice; in an Extension a value or extensions (ext-1)."""
    if owner == "Extension":
        return _value_or_extensions(elements)
    names = dict.fromkeys(element.choice for element in elements if element.choice)
    choices = [_one_form([element for element in elements if element.choice == name]) for name in names]
    period: Schema = {"period": True} if owner == "Period" else {}  # a keyword of ours: per-1
    return period | (choices[0] if len(choices) == 1 else {"allOf": choices} if choices else {})


def _one_form(forms: Sequence[Element]) -> Schema:
    options: list[Schema] = [{"required": [form.name]} for form in forms]
    if not any(form.required for form in forms):
        options.append({"properties": {form.name: False for form in forms}})
    return {"oneOf": options}


def _value_or_extensions(elements: Sequence[Element]) -> Schema:
    """ext-1; beside the url, an Extension of two members has exactly one of them unless the other is its id."""
    plain: Schema = {"maxProperties": 2, "minProperties": 2, "properties": {"id": False}}
    values = [_with_companion(element) for element in elements if element.choice == "value"]
    return {"anyOf": [plain, {"oneOf": [{"required": ["extension"]}, *values]}]}


def _with_companion(element: Element) -> Schema:
    present: Schema = {"required": [element.name]}
    return {"anyOf": [present, {"required": [f"_{element.name}"]}]} if element.companion else present


def shared_definitions() -> dict[str, Schema]:
    """The definitions that are no type of FHIR's: nullable primitives and the companion of a primitive."""
    extension = {"type": "array", "minItems": 1, "items": _ref("Extension")}
    companion: Schema = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {"id": _ref("string"), "extension": extension},
    }
    nullable = {f"{name}{OR_NULL}": or_null(schema) for name, schema in PRIMITIVES.items()}
    own = {"names-a-type": NAMES_A_TYPE, "reference": REFERENCE}
    return {"Element": companion, f"Element{OR_NULL}": or_null(companion)} | nullable | own | dict(PRIMITIVES)


def untyped_resource() -> Schema:
    """The schema of a contained resource whose type has none of its own: FHIR's JSON rules alone."""
    named: Schema = {"resourceType": {"type": "string"}, "id": _ref("id")}
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": named,
        "additionalProperties": _ref("anything"),
    }
