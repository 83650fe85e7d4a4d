"""What of mappings/ is published: canonical resources as they stand, vocabularies, every version of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fhirsvc.domain.protocol import Protocol
from fhirsvc.knowledge.authored import Entries, Text, read_yaml
from fhirsvc.knowledge.cells import row_in_words
from fhirsvc.knowledge.concept_maps import VOCABULARIES
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import load_protocol, version_folders
from fhirsvc.knowledge.lock import read_seals
from fhirsvc.knowledge.sheet import ROWS_ARE_READ, SETS
from fhirsvc.knowledge.terminology import mappings_root
from fhirsvc.knowledge.terminology_files import VERSION, WORDS

_FOLDERS = ("code-systems", "structure-definitions", "terminology/value-sets")
_READ_AS = {"patient": ROWS_ARE_READ, "limb": SETS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a protocol as it is published.

    sealed: its digest is frozen.  replaced: a newer version is sealed, and judges instead.  conditions: those of each
    row in words, by the row's name.  read_as: how the rows of a level are read, by level.
    """

    protocol: Protocol
    sealed: bool
    replaced: bool
    conditions: Mapping[str, str]
    read_as: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """A closed vocabulary that a sender's codes may be mapped to; version and date are those of the terminology."""

    name: str
    about: str
    words: tuple[str, ...]
    version: str
    date: str


def vocabularies(root: Path | None = None) -> tuple[Vocabulary, ...]:
    """The vocabularies of a mappings folder, in order of their names; raises Faulty when one cannot be read."""
    folder = root or mappings_root()
    release = read_yaml(folder / VERSION, VERSION)
    return tuple(
        _vocabulary(folder, name, version=str(release[Text("version")]), date=str(release[Text("date")]))
        for name in sorted(VOCABULARIES)
    )


def _vocabulary(root: Path, name: str, *, version: str, date: str) -> Vocabulary:
    path = f"{WORDS}/{name}.yaml"
    written = read_yaml(root / path, path)
    words = written[Text("words")]
    return Vocabulary(
        name=name,
        about=str(written[Text("about")]),
        words=tuple(map(str, words)) if isinstance(words, Entries) else (),
        version=version,
        date=date,
    )


def resource_files(root: Path | None = None) -> tuple[bytes, ...]:
    """Our CodeSystems, StructureDefinitions and ValueSets, each as it is written, in order of their paths."""
    folder = root or mappings_root()
    return tuple(path.read_bytes() for name in _FOLDERS for path in sorted((folder / name).glob("*.json")))


def editions(root: Path | None = None) -> tuple[Edition, ...]:
    """Every version of every protocol, newest first; a draft that cannot be read yet is left out.

    Raises Faulty when a sealed version cannot be read or was changed.
    """
    folder = root or mappings_root()
    sealed = read_seals(folder)
    found: list[Edition] = []
    for path in reversed(version_folders(folder)):
        name = path.parent.name
        replaced = any(each.sealed and each.protocol.name == name for each in found)
        edition = _edition(path, sealed=(name, path.name) in sealed, replaced=replaced)
        found += [edition] if edition else []
    return tuple(found)


def _edition(folder: Path, *, sealed: bool, replaced: bool) -> Edition | None:
    protocol = _protocol(folder, sealed=sealed)
    if protocol is None:
        return None
    conditions = {rule.name: row_in_words(rule.cells) for rule in protocol.rules}
    return Edition(protocol=protocol, sealed=sealed, replaced=replaced, conditions=conditions, read_as=_READ_AS)


def _protocol(folder: Path, *, sealed: bool) -> Protocol | None:
    """The version of a folder; None for a draft with faults."""
    try:
        return load_protocol(folder)
    except Faulty:
        if sealed:
            raise
        return None
