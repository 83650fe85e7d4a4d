"""A protocol version of mappings/protocols read into a Protocol, or refused with everything that is wrong in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from fhirsvc.domain.protocol import Protocol
from fhirsvc.knowledge import closed, protocol_parts
from fhirsvc.knowledge.authored import Entries, Text, read_yaml
from fhirsvc.knowledge.entry import Entry
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.lock import read_seals, version_key
from fhirsvc.knowledge.protocol_rows import rules
from fhirsvc.knowledge.protocol_texts import Question, check_uses, questions, texts
from fhirsvc.knowledge.terminology import mappings_root

PROTOCOL, CONCEPTS, TEXTS = "protocol.yaml", "concepts.yaml", "texts.yaml"
HEEL_PAIN = "heel-pain-origin"
_FOLDER = "protocols"
_SECTIONS = (
    "protocol",
    "thresholds",
    "clocks",
    "roots",
    "complaints",
    "measures",
    "history",
    "items",
    "confounders",
    "urgent",
    "missing",
    "rules",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A protocol version as far as it can be read: its value, its clinical questions, and what is wrong in it."""

    protocol: Protocol
    questions: tuple[Question, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Pages:
    """The three files that make a version; cases and the drawn page are not part of it."""

    protocol: Entries
    concepts: Entries
    texts: Entries
    folder: str = ""
    faults: list[Fault] = field(default_factory=list)

    def page(self, file: str, entries: Entries) -> Entry:
        """One file as the outermost Entry."""
        return Entry(f"{self.folder}/{file}", file, entries, self.faults)

    @property
    def digest(self) -> str:
        """SHA-256 over what the files say: order of rows counts, comments, layout and the signature do not."""
        said = {**self.protocol, Text("protocol"): self._unsigned()}
        canonical = json.dumps([said, self.concepts, self.texts], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _unsigned(self) -> object:
        named = self.protocol.get(Text("protocol"))
        if not isinstance(named, Entries):
            return named
        return {name: said for name, said in named.items() if name != "signature"}


def load_protocol(folder: Path | None = None, version: str | None = None) -> Protocol:
    """The Protocol of one version's folder; without one, of the shipped `version` or of the newest sealed one.

    Raises Faulty when a file cannot be read, when there is no such version, or when a sealed version was changed.
    """
    chosen = folder or shipped_folder(mappings_root(), version)
    draft = read_draft(chosen)
    faults = (*draft.faults, *seal_faults(chosen, draft))
    if faults:
        raise Faulty(faults)
    return draft.protocol


def protocol_faults(folder: Path) -> tuple[Fault, ...]:
    """Everything wrong in one version's folder, in order of file and line; () = it can be used."""
    try:
        return tuple(sorted(read_draft(folder).faults))
    except Faulty as faulty:
        return faulty.faults


def read_draft(folder: Path) -> Draft:
    """A version with its faults; raises Faulty only for files that are no YAML at all."""
    return draft_of(read_pages(folder))


def read_pages(folder: Path) -> Pages:
    """The files of a version as written; raises Faulty for files that are no YAML."""
    name = _name_of(folder)
    read: list[Entries] = []
    faults: list[Fault] = []
    for file in (PROTOCOL, CONCEPTS, TEXTS):
        try:
            read.append(_read(folder / file, f"{name}/{file}"))
        except Faulty as faulty:
            faults.extend(faulty.faults)
    if faults:
        raise Faulty(faults)
    protocol, concepts, said = read
    return Pages(protocol, concepts, said, name)


def _name_of(folder: Path) -> str:
    """How Faults call the folder: relative to mappings/."""
    return "/".join(folder.absolute().parts[-3:])


def _read(path: Path, name: str) -> Entries:
    if not path.is_file():
        raise Faulty([Fault(name, 0, "The file is not there.", "Copy it from the version before.")])
    return read_yaml(path, name)


def draft_of(pages: Pages) -> Draft:
    """The values of a version's pages, with the faults found on the way."""
    protocol_page = pages.page(PROTOCOL, pages.protocol)
    concepts_page = pages.page(CONCEPTS, pages.concepts)
    asked = questions(concepts_page)
    protocol = _protocol(protocol_page, frozenset(question.concept for question in asked), pages.digest)
    check_uses(concepts_page, asked, protocol)
    said = texts(pages.page(TEXTS, pages.texts), protocol)
    missing = {word: said.get(f"missing.{word}", "") for word in protocol.missing}
    faults = (*pages.faults, *_misplaced(protocol, pages.folder))
    return Draft(replace(protocol, texts=said, missing=missing), asked, faults)


def _protocol(page: Entry, concepts: frozenset[str], digest: str) -> Protocol:
    page.closes(_SECTIONS)
    about, urgent = page.under("protocol", "Protocol"), page.under("urgent", "Urgent")
    about.closes(["name", "version", "url", "title", "signature"])
    urgent.closes(["features", "risks"])
    thresholds = protocol_parts.thresholds(page.under("thresholds", "Thresholds"))
    named = protocol_parts.Named(thresholds, concepts)
    items = protocol_parts.items(page, named)
    return Protocol(
        name=about.text("name"),
        version=about.text("version"),
        url=about.text("url"),
        title=about.text("title"),
        digest=digest,
        signature=protocol_parts.signature(about),
        thresholds=thresholds,
        clocks=protocol_parts.clocks(page.under("clocks", "Clocks"), named),
        roots=protocol_parts.roots(page.under("roots", "Roots")),
        measures=protocol_parts.measures(page, named),
        items=items,
        confounders=protocol_parts.confounders(page, [item.name for item in items]),
        features=protocol_parts.features(urgent, named),
        risks=protocol_parts.risks(urgent, named),
        rules=rules(page.under("rules", "Rules"), {item.name: item.tier for item in items}),
        complaints=protocol_parts.complaints(page.under("complaints", "Complaints"), named),
        history=protocol_parts.history(page.under("history", "History"), named),
        missing=dict.fromkeys(page.words("missing", closed.MISSING), ""),
    )


def _misplaced(protocol: Protocol, folder: str) -> Iterator[Fault]:
    """A folder says what stands in it: protocols/name/version."""
    if folder != f"{_FOLDER}/{protocol.name}/{protocol.version}":
        says = f"The folder is {folder}, the file says {protocol.name} {protocol.version}."
        yield Fault(f"{folder}/{PROTOCOL}", 0, says, "Make name and version the names of the folders.")


def seal_faults(folder: Path, draft: Draft) -> tuple[Fault, ...]:
    """A sealed version that no longer is what was sealed, and one that was signed before it was sealed."""
    protocol, file = draft.protocol, f"{_name_of(folder)}/{PROTOCOL}"
    sealed = read_seals(folder.absolute().parents[2]).get((protocol.name, protocol.version))
    if sealed is None and protocol.signature is not None:
        return (Fault(file, 0, f"{protocol.version} is signed and not sealed.", "Seal it first: `fhirsvc seal`."),)
    if sealed is not None and sealed != protocol.digest:
        says = f"{protocol.version} is sealed and was changed."
        return (Fault(file, 0, says, "Undo the change, or copy the folder to a new version and change that."),)
    return ()


def versions(root: Path, name: str = HEEL_PAIN) -> tuple[str, ...]:
    """The versions of a protocol that a mappings folder holds, oldest first."""
    folders = (path for path in (root / _FOLDER / name).glob("*") if (path / PROTOCOL).is_file())
    return tuple(sorted((path.name for path in folders), key=version_key))


def version_folders(root: Path) -> tuple[Path, ...]:
    """The folder of every version of every protocol of a mappings folder."""
    names = sorted(path.name for path in (root / _FOLDER).glob("*") if path.is_dir())
    return tuple(root / _FOLDER / name / version for name in names for version in versions(root, name))


def shipped_folder(root: Path, version: str | None = None) -> Path:
    """The folder of a version; the newest sealed one where none is named, the newest of all where none is sealed."""
    known = versions(root)
    sealed = [each for each in known if (HEEL_PAIN, each) in read_seals(root)]
    chosen = version or next(reversed(sealed or known), "")
    if chosen not in known:
        says = f"There is no version {chosen or 'at all'} here."
        raise Faulty([Fault(f"{_FOLDER}/{HEEL_PAIN}", 0, says, f"Name one of: {', '.join(known)}.")])
    return root / _FOLDER / HEEL_PAIN / chosen
