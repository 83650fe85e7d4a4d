"""What a terminology must hold to: sound codes with a source, known words, nothing with two meanings by accident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from fhirsvc.domain.evidence import Modality, Qualifier, Root, Side
from fhirsvc.domain.lexicon import Meaning, normalise
from fhirsvc.knowledge.check_digits import is_loinc, is_snomed
from fhirsvc.knowledge.faults import Fault
from fhirsvc.knowledge.terminology_files import SYSTEMS, VERSION, Terminology
from fhirsvc.knowledge.terminology_rows import CHILDREN, Code, CodeRow, PhraseRow, Place, WordRow

_SIDES = (Side.LEFT, Side.RIGHT, Side.BOTH)
_VOCABULARIES: Mapping[str, Sequence[str]] = {
    "side": _SIDES,
    "side-letter": _SIDES,
    "root": tuple(Root),
    "reflex-grade": ("absent", "reduced", "normal", "brisk", "unknown"),
    "answer": ("present", "absent", "unknown"),
    "modality": (*Modality, "US", "EMG"),
    "region": ("lumbar", "spine", "ankle", "leg"),
    "qualifier": tuple(Qualifier),
    "function": ("function",),
    "family": ("family",),
}
_COPY_AGAIN = "Copy the code again from its source, between quotation marks."


def check(terminology: Terminology) -> Iterator[Fault]:
    """Every fault of a terminology that could be read."""
    yield from _version(terminology)
    for code in _all_codes(terminology):
        yield from _code(code, terminology)
    for row in terminology.codes:
        yield from _row(row, terminology)
    for place, meaning in _meanings(terminology):
        yield from _meaning(place, meaning, terminology)
    yield from _ambiguous_codes(terminology.codes)
    yield from _phrases(terminology.phrases)
    yield from _words(terminology.words)


def _version(terminology: Terminology) -> Iterator[Fault]:
    if not (terminology.version and terminology.date):
        yield Fault(VERSION, 0, "The terminology has no version or no date.", 'Write `version: "1.0.0"` and a date.')
    if "concept" not in terminology.systems:
        yield Fault(SYSTEMS, 0, "The code system `concept` has no address.", "Give it its canonical URL.")


def _all_codes(terminology: Terminology) -> Iterator[Code]:
    yield from (row.code for row in terminology.codes)
    yield from (row.code for row in terminology.words if row.code)


def _code(code: Code, terminology: Terminology) -> Iterator[Fault]:
    place, systems = code.place, terminology.systems
    if not code.quoted:
        yield place.fault(f"The code {code.code} is written as a number.", "Put it between quotation marks.")
    if not code.display:
        yield place.fault(f"The code {code.code} has no display.", "Write the words its code system gives it.")
    if not code.source:
        yield place.fault(f"The code {code.code} has no source.", "Say where it was seen together with its display.")
    if not code.strength:
        yield place.fault(f"The code {code.code} has no strength.", "Say how well its source is trusted.")
    if code.system == systems.get("snomed") and not is_snomed(code.code):
        yield place.fault(f"{code.code} is no SNOMED CT identifier: its check digit is wrong.", _COPY_AGAIN)
    if code.system == systems.get("loinc") and not is_loinc(code.code):
        yield place.fault(f"{code.code} is no LOINC code: its check digit is wrong.", _COPY_AGAIN)


def _row(row: CodeRow, terminology: Terminology) -> Iterator[Fault]:
    place, code = row.code.place, row.code.code
    if row.code.strength == "XREF" and not row.meaning.corroborate:
        says = f"{code} was seen as a cross-reference only, and would decide alone."
        yield place.fault(says, "Add `corroborate: yes`.")
    if row.expand == CHILDREN and (row.meaning.concept, row.code.system, code) not in terminology.expansions:
        yield place.fault(f"{code} has not been expanded.", "Run `python -m fhirsvc.knowledge.expand`.")
    if row.without and row.expand != CHILDREN:
        yield place.fault(
            f"{code} leaves codes out but is not expanded.", "Add `expand: children` or take `except` away."
        )


def _meanings(terminology: Terminology) -> Iterator[tuple[Place, Meaning]]:
    yield from ((row.code.place, row.meaning) for row in terminology.codes)
    yield from ((row.place, row.meaning) for row in terminology.phrases)


def _meaning(place: Place, meaning: Meaning, terminology: Terminology) -> Iterator[Fault]:
    if meaning.concept not in terminology.concepts:
        says = f"'{meaning.concept}' is no concept of CodeSystem/concept."
        yield place.fault(says, "Correct `concept:` at the top of the file.")
    elif PurePosixPath(place.file).stem != meaning.concept:
        says = f"The file speaks of '{meaning.concept}' and is named otherwise."
        yield place.fault(says, "Name it after its concept.")
    if meaning.area and meaning.area not in _vocabulary("area", terminology):
        yield place.fault(f"'{meaning.area}' is no area.", "Write a word of words/area.yaml.")
    for site in meaning.needs_site:
        if site not in _vocabulary("site", terminology):
            yield place.fault(f"'{site}' is no site.", "Write words of words/site.yaml.")


def _vocabulary(name: str, terminology: Terminology) -> set[str]:
    return {row.word for row in terminology.words if row.vocabulary == name}


def _ambiguous_codes(rows: Sequence[CodeRow]) -> Iterator[Fault]:
    same: defaultdict[tuple[str, str], list[CodeRow]] = defaultdict(list)
    for row in rows:
        for earlier in same[row.code.system, row.code.code]:
            if not _together(earlier.meaning, row.meaning, combined=earlier.combined and row.combined):
                yield row.code.place.fault(
                    f"The code {row.code.code} already means '{earlier.meaning.concept}' "
                    f"({earlier.code.place.file}:{earlier.code.place.line}).",
                    "Take one of the two away, give them different sites, or say `combined: yes` in both.",
                )
        same[row.code.system, row.code.code].append(row)


def _phrases(rows: Sequence[PhraseRow]) -> Iterator[Fault]:
    same: defaultdict[str, list[PhraseRow]] = defaultdict(list)
    for row in rows:
        plain = normalise(row.text)
        if plain != row.text or not plain:
            yield row.place.fault(f"The phrase '{row.text}' is not written as it is compared.", f"Write '{plain}'.")
        for earlier in same[plain]:
            if not _together(earlier.meaning, row.meaning, combined=earlier.combined and row.combined):
                yield row.place.fault(
                    f"The phrase '{plain}' already means '{earlier.meaning.concept}' "
                    f"({earlier.place.file}:{earlier.place.line}).",
                    "Take one of the two away, or say `combined: yes` in both.",
                )
        same[plain].append(row)


def _together(one: Meaning, other: Meaning, *, combined: bool) -> bool:
    """May one code or phrase mean both? Two Concepts said to be combined, or two sites that cannot both be named."""
    if one.needs_site and other.needs_site and not set(one.needs_site) & set(other.needs_site):
        return True
    return combined and one.concept != other.concept


def _words(rows: Sequence[WordRow]) -> Iterator[Fault]:
    same: dict[tuple[str, str, str], WordRow] = {}
    for row in rows:
        plain = normalise(row.text)
        allowed = _VOCABULARIES.get(row.vocabulary, (row.word,))
        if row.word not in allowed:
            says = f"'{row.word}' is no word of the vocabulary '{row.vocabulary}'."
            yield row.place.fault(says, f"Write one of: {', '.join(allowed)}.")
        if not row.code and (plain != row.text or not plain):
            yield row.place.fault(f"The text '{row.text}' is not written as it is compared.", f"Write '{plain}'.")
        key = (row.vocabulary, row.code.system if row.code else "", row.code.code if row.code else plain)
        if key in same:
            says = f"'{key[2]}' already means '{same[key].word}' in the vocabulary '{row.vocabulary}'."
            yield row.place.fault(says, "Take one of the two away.")
        same[key] = row
