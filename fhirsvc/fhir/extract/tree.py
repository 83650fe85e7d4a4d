"""Careful steps into decoded JSON: what is missing or of another type is simply not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Node: TypeAlias = Mapping[str, Any]
"""An object of decoded JSON, which is a dict all the way down; read, never written."""

_NOTHING: Node = {}
_OIDS = {
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
}
"""The other name that HL7 registers for these code systems: records converted from CDA carry it."""


def child(node: Node, name: str) -> Node:
    """The object below a name; empty when there is none."""
    found = node.get(name)
    return found if isinstance(found, dict) else _NOTHING


def children(node: Node, name: str) -> tuple[Node, ...]:
    """The objects of the list below a name."""
    found = node.get(name)
    return tuple([each for each in found if isinstance(each, dict)]) if isinstance(found, list) else ()


def string(node: Node, name: str) -> str:
    """The string below a name; "" when there is none."""
    found = node.get(name)
    return found if isinstance(found, str) else ""


def system(coding: Node) -> str:
    """The code system of a Coding by its URI in FHIR; "" when there is none."""
    named = string(coding, "system")
    return _OIDS.get(named, named)


def codeables(node: Node, name: str) -> tuple[Node, ...]:
    """One or several CodeableConcepts below a name."""
    found = node.get(name)
    return (found,) if isinstance(found, dict) else children(node, name)
