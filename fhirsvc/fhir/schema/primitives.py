"""JSON Schemas of FHIR R4's primitive types, and of the shapes that a reference may have.

Patterns follow http://hl7.org/fhir/R4/datatypes.html; dates must also exist, and base64 must be complete. They are
anchored and free of look-around, for a regular-expression engine that runs in linear time.
"""

from collections.abc import Iterable, Mapping

from fhirsvc.fhir.resource_types import R4

Schema = dict[str, object]

LONGEST_STRING = 1024 * 1024
"""Characters; FHIR R4: strings SHALL NOT exceed 1 MB. It says so of text; a base64Binary may be as long as a body."""

_LARGEST_INTEGER = 2**31 - 1
_ID = r"[A-Za-z0-9.\-]{1,64}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OID = r"[0-2](?:\.(?:0|[1-9][0-9]*))+"
_YEAR = r"(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTH = r"(?:0[1-9]|1[0-2])"
_LONG_MONTH = r"(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = r"(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_DAY_OF_YEAR = rf"(?:{_LONG_MONTH}|{_SHORT_MONTH}|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_DAY = rf"(?:{_YEAR}-{_DAY_OF_YEAR}|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+\-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_BASE64 = r"\s*(?:[A-Za-z0-9+/]{4}\s*)*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*"


def _text(pattern: str) -> Schema:
    return {"type": "string", "maxLength": LONGEST_STRING, "pattern": pattern}


def _integer(least: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": _LARGEST_INTEGER}


_ADDRESS = {"type": "string", "minLength": 1, "maxLength": LONGEST_STRING, "pattern": r"^\S*$"}  # faster than ^\S+$

PRIMITIVES: Mapping[str, Schema] = {
    "base64Binary": {"type": "string", "minLength": 1, "pattern": f"^{_BASE64}$"},
    "boolean": {"type": "boolean"},
    "canonical": _ADDRESS,
    "code": _text(r"^\S+(?:\s\S+)*$"),
    "date": _text(f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY})$"),
    "dateTime": _text(f"^(?:{_YEAR}(?:-{_MONTH})?|{_DAY}(?:T{_TIME}{_ZONE})?)$"),
    "decimal": {"type": "number"},
    "id": _text(f"^{_ID}$"),
    "instant": _text(f"^{_DAY}T{_TIME}{_ZONE}$"),
    "integer": _integer(-_LARGEST_INTEGER - 1),
    "markdown": _text(r"[^ \t\r\n]"),
    "oid": _text(f"^urn:oid:{_OID}$"),
    "positiveInt": _integer(1),
    "string": _text(r"[^ \t\r\n]"),
    "time": _text(f"^{_TIME}$"),
    "unsignedInt": _integer(0),
    "uri": _ADDRESS,
    "url": _ADDRESS,
    "uuid": _text(f"^urn:uuid:{_UUID}$"),
    "xhtml": {"type": "string", "maxLength": LONGEST_STRING, "xhtml": True},
}
"""Schema by FHIR primitive type; `xhtml` is a keyword of ours, checked by fhirsvc.fhir.xhtml."""


def or_null(schema: Schema) -> Schema:
    """The same for a place in an array, where null stands for a value that only its `_` companion describes."""
    if "enum" in schema:
        return {"enum": [*_listed(schema["enum"]), None]}
    return {**schema, "type": [schema["type"], "null"]}


def _listed(values: object) -> list[object]:
    return list(values) if isinstance(values, list) else []


def _typed(types: Iterable[str]) -> str:
    return rf"(?:{'|'.join(sorted(types))})(?:/{_ID}(?:/_history/{_ID})?|\?\S*)"


REFERENCE: Schema = _text(rf"^(?:{_typed(R4)}|urn:uuid:{_UUID}|urn:oid:{_OID}|#(?:{_ID})?|[a-z][a-z0-9+.\-]*://\S+)$")
"""What Reference.reference may be: relative, conditional, urn:uuid, urn:oid, contained or absolute."""

NAMES_A_TYPE: Schema = {"pattern": rf"(?:^|/){_typed(R4)}$"}
"""A reference that says which type it points to."""


def reference_to(types: Iterable[str]) -> Schema:
    """A Reference that points to one of these types, or does not say to which type it points."""
    allowed = {"pattern": rf"^(?:#|urn:|(?:\S*/)?{_typed(types)}$)"}
    return {
        "$ref": "#/$defs/Reference",
        "properties": {
            "reference": {"anyOf": [allowed, {"not": {"$ref": "#/$defs/names-a-type"}}]},
            "type": {"enum": sorted(types)},
        },
    }
