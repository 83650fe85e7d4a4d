"""Careful steps into decoded JSON: what is missing or of another type is simply not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Node: TypeAlias = Mapping[str, Any]

_NOTHING: Node = {}


def child(node: Node, name: str) -> Node:
    """The object below a name; empty when there is none."""
    found = node.get(name)
    return found if isinstance(found, Mapping) else _NOTHING


def children(node: Node, name: str) -> tuple[Node, ...]:
    """The objects of the list below a name."""
    found = node.get(name)
    return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()


def string(node: Node, name: str) -> str:
    """The string below a name; "" when there is none."""
    found = node.get(name)
    return found if isinstance(found, str) else ""


def codeables(node: Node, name: str) -> tuple[Node, ...]:
    """One or several CodeableConcepts below a name."""
    found = node.get(name)
    return (found,) if isinstance(found, Mapping) else children(node, name)
