"""The shell blocks of a document, each with the output that the document says it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "mappings").glob("*.md")),
)

_FENCE = re.compile(r"^```(?P<kind>\S*)\n(?P<inside>.*?)^```$", re.MULTILINE | re.DOTALL)
_CHANGING = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "DATE"),
    (re.compile(r"\b[0-9a-f]{32,40}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{8}…"), "ID"),
    (re.compile(r"\bborn \d{4}\b"), "born YEAR"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
)


@dataclass(frozen=True)
class Block:
    """Commands as written, and the lines that the block below says they print; "…" is what is left out."""

    commands: str
    printed: tuple[str, ...] = ()

    @property
    def serves(self) -> bool:
        """Does it start the service and stay?"""
        return self.commands.strip() == "make serve"


def blocks(document: Path) -> list[Block]:
    """All shell blocks in order; a text block directly below one is what it prints."""
    fences = list(_FENCE.finditer(document.read_text(encoding="utf-8")))
    followed = zip_longest(fences, fences[1:])
    return [Block(fence["inside"], _printed(fence, below)) for fence, below in followed if fence["kind"] == "sh"]


def _printed(fence: re.Match[str], below: re.Match[str] | None) -> tuple[str, ...]:
    if below is None or below["kind"] != "text":
        return ()
    between = fence.string[fence.end() : below.start()]
    told = below["inside"].splitlines() if "```" not in between and "\n#" not in between else []
    return tuple(line for line in map(steady, told) if line and line != "…")


def steady(line: str) -> str:
    """A line without what differs from day to day and run to run."""
    for pattern, name in _CHANGING:
        line = pattern.sub(name, line)
    return line.strip()
