"""protocols.lock: one line per sealed protocol version, with the digest that it must keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fhirsvc.knowledge.faults import Fault, Faulty

LOCK = "protocols.lock"
_PARTS = 3

Seals = Mapping[tuple[str, str], str]
"""(protocol name, version) → digest."""


def read_seals(root: Path) -> Seals:
    """The sealed versions of a mappings folder; none without a lock. Raises Faulty for a line that is no seal."""
    path = root / LOCK
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    split = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    wrong = [number for number, parts in split if len(parts) != _PARTS]
    if wrong:
        do = "Restore the line from the history of the file; `fhirsvc seal` writes it, nobody else."
        raise Faulty(Fault(LOCK, number, "This is not `name version digest`.", do) for number in wrong)
    return {(name, version): digest for _, (name, version, digest) in split}


def write_seals(root: Path, seals: Seals) -> None:
    """The lock with exactly these seals, in order of name and version."""
    lines = [f"{name} {version} {digest}\n" for (name, version), digest in sorted(seals.items(), key=_order)]
    (root / LOCK).write_text("".join(lines), encoding="utf-8")


def _order(seal: tuple[tuple[str, str], str]) -> tuple[str, tuple[int, ...]]:
    (name, version), _ = seal
    return name, version_key(version)


def version_key(version: str) -> tuple[int, ...]:
    """How versions are ordered: 1.10.0 comes after 1.9.0; what is no version comes first."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
