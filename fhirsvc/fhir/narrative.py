"""The readable part of a resource: escaped text as the XHTML that FHIR allows, generated from the same words."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

_OPEN = '<div xmlns="http://www.w3.org/1999/xhtml">'
_CLOSE = "</div>"


def narrative(*blocks: str) -> dict[str, str]:
    """A generated Narrative of finished blocks (see `paragraph`, `heading`, `bullets`); "" is left out."""
    return {"status": "generated", "div": f"{_OPEN}{''.join(blocks)}{_CLOSE}"}


def heading(text: str) -> str:
    """A line in bold."""
    return f"<p><b>{_escaped(text)}</b></p>"


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{_escaped(text)}</p>"


def bullets(title: str, lines: Iterable[str]) -> str:
    """A title and its list; nothing at all for no lines."""
    items = "".join(f"<li>{_escaped(line)}</li>" for line in lines)
    return f"{paragraph(title)}<ul>{items}</ul>" if items else ""


def put_first(resource: dict[str, Any], text: str) -> None:
    """Put a line in bold in front of a generated Narrative, in place."""
    div: str = resource["text"]["div"]
    resource["text"]["div"] = f"{_OPEN}{heading(text)}{div.removeprefix(_OPEN)}"


def _escaped(text: str) -> str:
    return escape(text, quote=False)
