"""The files of mappings/terminology read as one value, with the faults found on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fhirsvc.domain.evidence import Root
from fhirsvc.domain.lexicon import Concept
from fhirsvc.knowledge.authored import Entries, Text, read_yaml
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.terminology_rows import CodeRow, PhraseRow, Sheet, WordRow

CONCEPTS = "code-systems/concept.json"
SYSTEMS = "terminology/systems.yaml"
VERSION = "terminology/version.yaml"
VALUE_SETS = "terminology/value-sets"
PHRASES = "terminology/phrases"
WORDS = "terminology/words"

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Terminology:
    """Everything the authors wrote, the generated expansions, and what could not be read.

    version, date: of the whole. systems: short name → URI. expansions: (concept, system URI, header) → member codes.
    """

    version: str = ""
    date: str = ""
    systems: Mapping[str, str] = field(default_factory=dict)
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    codes: tuple[CodeRow, ...] = ()
    phrases: tuple[PhraseRow, ...] = ()
    words: tuple[WordRow, ...] = ()
    expansions: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read_terminology(root: Path) -> Terminology:
    """Reads the terminology below a mappings folder; what cannot be read leaves a fault and is left out."""
    faults: list[Fault] = []
    version = _sheet(root, VERSION, {}, faults)
    systems = _systems(_sheet(root, SYSTEMS, {}, faults).entries)
    return Terminology(
        version=str(version.text(version.entries, "version")),
        date=str(version.text(version.entries, "date")),
        systems=systems,
        concepts=_concepts(root, faults),
        codes=_rows(root, VALUE_SETS, systems, faults, Sheet.code_rows),
        phrases=_rows(root, PHRASES, systems, faults, Sheet.phrase_rows),
        words=_rows(root, WORDS, systems, faults, Sheet.word_rows),
        expansions=_expansions(root, faults),
        faults=tuple(faults),
    )


def terminology_paths(root: Path) -> list[Path]:
    """Every file whose content is part of the terminology, in the order of their paths."""
    below = (path for path in (root / "terminology").rglob("*") if path.suffix in {".yaml", ".json"})
    return sorted([root / CONCEPTS, *below], key=lambda path: path.relative_to(root).as_posix())


def _rows(
    root: Path,
    folder: str,
    systems: Mapping[str, str],
    faults: list[Fault],
    read: Callable[[Sheet], Iterator[_Row]],
) -> tuple[_Row, ...]:
    names = sorted(path.relative_to(root).as_posix() for path in (root / folder).glob("*.yaml"))
    return tuple(row for name in names for row in read(_sheet(root, name, systems, faults)))


def _sheet(root: Path, name: str, systems: Mapping[str, str], faults: list[Fault]) -> Sheet:
    entries = Entries()
    try:
        entries = read_yaml(root / name, name)
    except FileNotFoundError:
        faults.append(Fault(name, 0, "The file is missing.", "Bring it back from the last version."))
    except Faulty as faulty:
        faults.extend(faulty.faults)
    return Sheet(name, entries, systems, faults)


def _systems(entries: Entries) -> dict[str, str]:
    systems = entries.get(Text("systems"))
    if not isinstance(systems, Entries):
        return {}
    return {str(name): str(uri) for name, uri in systems.items() if isinstance(uri, Text)}


def _concepts(root: Path, faults: list[Fault]) -> dict[str, Concept]:
    try:
        rows = json.loads((root / CONCEPTS).read_bytes())["concept"]
        return {row["code"]: _concept(row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        do = "Give every concept code, display, definition and the property `reads`."
        faults.append(Fault(CONCEPTS, 0, "The CodeSystem of concepts cannot be read.", do))
        return {}


def _concept(row: Mapping[str, str | list[dict[str, str]]]) -> Concept:
    listed = row["property"]
    properties = {each["code"]: each["valueCode"] for each in listed if isinstance(each, dict)}
    root = properties.get("root")
    return Concept(
        code=str(row["code"]),
        display=str(row["display"]),
        definition=str(row["definition"]),
        reads=properties["reads"],
        root=Root(root) if root else None,
    )


def _expansions(root: Path, faults: list[Fault]) -> dict[tuple[str, str, str], tuple[str, ...]]:
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for path in sorted((root / VALUE_SETS).glob("*.json")):
        try:
            found.update(_headers(path))
        except (OSError, ValueError, KeyError, TypeError):
            name = path.relative_to(root).as_posix()
            faults.append(Fault(name, 0, "The expansion cannot be read.", "Run `python -m fhirsvc.knowledge.expand`."))
    return found


def _headers(path: Path) -> Iterator[tuple[tuple[str, str, str], tuple[str, ...]]]:
    for entry in json.loads(path.read_bytes())["expansion"]["contains"]:
        if "contains" in entry:
            yield (path.stem, entry["system"], entry["code"]), tuple(child["code"] for child in entry["contains"])
