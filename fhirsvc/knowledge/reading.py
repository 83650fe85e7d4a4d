"""mappings/reading read into the ReadingLexicon, or refused in its authors' language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from fhirsvc.domain.reading import (
    CLINICAL_KINDS,
    CLINICAL_SECTIONS,
    KINDS,
    SECTIONS,
    SHARED,
    STEM,
    ClinicalLexicon,
    ReadingLexicon,
    Term,
    filed,
    pattern,
    spelled,
)
from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text, read_yaml
from fhirsvc.knowledge.fact_rows import FactTable
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.terminology import mappings_root

FOLDER = "reading"
CLINICAL = "clinical"
FACTS = "facts.yaml"
VERSION = "version.yaml"
SECTIONS_FILE = "sections.yaml"
RULE_OUTS = "rule-outs.yaml"


def load_reading(root: Path | None = None) -> ReadingLexicon:
    """The reader's lexicon of a mappings folder; the caller keeps it. Raises Faulty when a file cannot be used."""
    folder = (root or mappings_root()) / FOLDER
    faults: list[Fault] = []
    files = {path.name: _entries(path, faults) for path in _paths(folder)}
    version = files.pop(VERSION, Entries())
    layout = _Layout(SECTIONS_FILE, files.pop(SECTIONS_FILE, Entries()), faults)
    rule_outs = _Sentences(RULE_OUTS, files.pop(RULE_OUTS, Entries()), faults)
    terms = {name: list(_terms(name, entries, KINDS, faults)) for name, entries in files.items()}
    shared = [term for name in sorted(SHARED) for term in terms.get(name, [])]
    reading = ReadingLexicon(
        terms=filed(term for found in terms.values() for term in found),
        sections=layout.sections(),
        abbreviations=layout.abbreviations(),
        spelling=spelled(layout.spelling()),
        limits=layout.limits(),
        rule_outs=rule_outs.listed("rule-outs"),
        beside=rule_outs.listed("beside"),
        clinical=_clinical(folder, shared, layout.abbreviations(), faults),
        version=str(version.get(Text("version"), "")),
        digest=_digest(folder),
    )
    if faults:
        raise Faulty(faults)
    return reading


def _clinical(
    folder: Path, shared: Iterable[Term], abbreviations: frozenset[str], faults: list[Fault]
) -> ClinicalLexicon:
    """The lexicon of clinical prose: the words it shares with reports, and those of its own folder."""
    files = {f"{CLINICAL}/{path.name}": _entries(path, faults, CLINICAL) for path in _paths(folder / CLINICAL)}
    name = f"{CLINICAL}/{SECTIONS_FILE}"
    layout = _Layout(name, files.pop(name, Entries()), faults, CLINICAL_SECTIONS)
    table = FactTable(f"{FOLDER}/{CLINICAL}/{FACTS}", files.pop(f"{CLINICAL}/{FACTS}", Entries()), faults)
    kinds = {**KINDS, **CLINICAL_KINDS}
    own = [term for name, entries in files.items() for term in _terms(name, entries, kinds, faults)]
    return ClinicalLexicon(
        terms=filed({*shared, *own}),
        sections=layout.sections(),
        abbreviations=abbreviations | layout.abbreviations(),
        spelling=spelled(layout.spelling()),
        rows=table.rows(),
        areas=table.areas(),
    )


def reading_faults(root: Path | None = None) -> tuple[Fault, ...]:
    """Everything wrong in the reader's lexicon of a mappings folder, in order of file and line; () = it can be used."""
    try:
        load_reading(root)
    except Faulty as faulty:
        return faulty.faults
    return ()


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.yaml")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _entries(path: Path, faults: list[Fault], below: str = "") -> Entries:
    try:
        return read_yaml(path, "/".join(part for part in (FOLDER, below, path.name) if part))
    except Faulty as faulty:
        faults.extend(faulty.faults)
        return Entries()


def _terms(name: str, entries: Entries, kinds: Mapping[str, frozenset[str]], faults: list[Fault]) -> Iterator[Term]:
    file = f"{FOLDER}/{name}"
    for kind, words in entries.items():
        if kind not in kinds:
            faults.append(Fault(file, kind.line, f"'{kind}' is no kind of word.", f"Use one of: {', '.join(kinds)}."))
        elif not isinstance(words, Entries):
            faults.append(
                Fault(file, kind.line, f"'{kind}' holds no words.", "Write `word: [phrase, phrase]` below it.")
            )
        else:
            for word, phrases in words.items():
                closed = ", ".join(sorted(kinds[kind]))
                if word not in kinds[kind]:
                    says = f"'{word}' is no word of '{kind}'."
                    faults.append(Fault(file, word.line, says, f"Use one of: {closed}."))
                yield from _terms_of(file, kind, word, phrases, faults)


def _terms_of(file: str, kind: Text, word: Text, phrases: Authored, faults: list[Fault]) -> Iterator[Term]:
    for phrase in _texts(phrases):
        words = pattern(phrase)
        if words and not any(each.endswith("*") and len(each) <= STEM for each in words):
            yield Term(str(kind), str(word), words)
        else:
            says = f"'{phrase}' cannot be looked for."
            faults.append(Fault(file, phrase.line, says, f"Write at least {STEM} letters before a star."))


def _texts(rows: Authored | None) -> list[Text]:
    return [row for row in rows if isinstance(row, Text)] if isinstance(rows, Rows) else []


class _Sentences:
    """The file of whole sentences that exclude compression of the cauda equina, and of those that may stand beside."""

    def __init__(self, name: str, entries: Entries, faults: list[Fault]) -> None:
        self._file = f"{FOLDER}/{name}"
        self._entries = entries
        self._faults = faults

    def listed(self, name: str) -> frozenset[tuple[str, ...]]:
        """The sentences of one list, word by word; a star has no meaning here, for each is whole."""
        found: set[tuple[str, ...]] = set()
        for sentence in _texts(self._entries.get(Text(name))):
            words = pattern(sentence)
            if not words or any(word.endswith("*") for word in words):
                says = f"'{sentence}' is no whole sentence."
                self._faults.append(Fault(self._file, sentence.line, says, "Write its words out, without a star."))
            found.add(words)
        return frozenset(found)


class _Layout:
    """The file of headings, abbreviations and limits."""

    def __init__(self, name: str, entries: Entries, faults: list[Fault], kinds: frozenset[str] = SECTIONS) -> None:
        self._file = f"{FOLDER}/{name}"
        self._entries = entries
        self._faults = faults
        self._kinds = kinds

    def sections(self) -> dict[str, str]:
        """Heading in lower case → what it opens."""
        found: dict[str, str] = {}
        for section, headings in self._below("sections").items():
            if section not in self._kinds:
                do = f"Use one of: {', '.join(sorted(self._kinds))}."
                self._faults.append(Fault(self._file, section.line, f"'{section}' is no kind of section.", do))
            found |= {" ".join(pattern(heading)): str(section) for heading in _texts(headings)}
        return found

    def abbreviations(self) -> frozenset[str]:
        """Words whose full stop does not end a sentence."""
        return frozenset(_texts(self._entries.get(Text("abbreviations"))))

    def spelling(self) -> list[Text]:
        """Words that are read with one letter wrong as well."""
        return _texts(self._entries.get(Text("spelling")))

    def limits(self) -> dict[str, Fraction]:
        """Name → number, each marked proposed in the file."""
        found: dict[str, Fraction] = {}
        for name, limit in self._below("limits").items():
            above = limit.get(Text("above")) if isinstance(limit, Entries) else None
            try:
                found[str(name)] = Fraction(str(above))
            except ValueError:
                says = f"The limit '{name}' is no number."
                self._faults.append(Fault(self._file, name.line, says, 'Write `above: "4"` below it.'))
        return found

    def _below(self, name: str) -> Entries:
        entries = self._entries.get(Text(name))
        return entries if isinstance(entries, Entries) else Entries()
