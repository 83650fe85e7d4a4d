"""mappings/terminology and CodeSystem/concept read into the Lexicon."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from fhirsvc.domain.lexicon import Lexicon, Meaning, normalise
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.terminology_checks import check
from fhirsvc.knowledge.terminology_files import Terminology, read_terminology, terminology_paths
from fhirsvc.knowledge.terminology_rows import CHILDREN, TWO_DIGITS, CodeRow, WordRow

_PACKAGE = Path(__file__).resolve().parents[1]
_CLASS_MEMBERS = tuple(f"{number:02}" for number in range(1, 100))


def mappings_root() -> Path:
    """The folder `mappings`: inside the package when installed from a wheel, beside it in the source tree."""
    inside = _PACKAGE / "mappings"
    return inside if inside.is_dir() else _PACKAGE.parent / "mappings"


def load_lexicon(root: Path | None = None) -> Lexicon:
    """The Lexicon of a mappings folder; the caller keeps it. Raises Faulty when a file cannot be read."""
    folder = root or mappings_root()
    terminology = read_terminology(folder)
    if terminology.faults:
        raise Faulty(terminology.faults)
    return Lexicon(
        codes=_codes(terminology),
        phrases=_phrases(terminology),
        words=_words(terminology),
        concepts=terminology.concepts,
        version=terminology.version,
        digest=_digest(folder),
    )


def code_systems(root: Path | None = None) -> dict[str, str]:
    """The short names of code systems, each with its URI."""
    return dict(read_terminology(root or mappings_root()).systems)


def terminology_faults(root: Path | None = None) -> tuple[Fault, ...]:
    """Everything wrong in the terminology of a mappings folder, in order of file and line; () = it can be used."""
    terminology = read_terminology(root or mappings_root())
    return tuple(sorted({*terminology.faults, *check(terminology)}))


def _codes(terminology: Terminology) -> dict[tuple[str, str], tuple[Meaning, ...]]:
    own = terminology.systems["concept"]
    codes: dict[tuple[str, str], tuple[Meaning, ...]] = {
        (own, concept): (Meaning(concept=concept),) for concept in terminology.concepts
    }
    named = {(row.meaning.concept, row.code.system, row.code.code) for row in terminology.codes}
    for row in terminology.codes:
        concept, system = row.meaning.concept, row.code.system
        for code in _members(row, terminology):
            if code == row.code.code or (concept, system, code) not in named:
                codes[system, code] = (*codes.get((system, code), ()), row.meaning)
    return codes


def _members(row: CodeRow, terminology: Terminology) -> Iterator[str]:
    """The code itself and what its expansion adds; a member with a row of its own is read there, not here."""
    yield row.code.code
    if row.expand == CHILDREN:
        yield from terminology.expansions.get((row.meaning.concept, row.code.system, row.code.code), ())
    elif row.expand == TWO_DIGITS:
        yield from (row.code.code + member for member in _CLASS_MEMBERS)


def _phrases(terminology: Terminology) -> dict[str, tuple[Meaning, ...]]:
    phrases: dict[str, tuple[Meaning, ...]] = {}
    for row in terminology.phrases:
        text = normalise(row.text)
        phrases[text] = (*phrases.get(text, ()), row.meaning)
    return phrases


def _words(terminology: Terminology) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for row in terminology.words:
        words.setdefault(row.vocabulary, {})[_key(row)] = row.word
    return words


def _key(row: WordRow) -> str:
    return f"{row.code.system}|{row.code.code}" if row.code else normalise(row.text)


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in terminology_paths(folder):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
