"""The texts of one document, read by what its type says it is: the report of a study, or a clinical note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fhirsvc.fhir.extract.coding import display_of, first_coding
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import NOTHING, Read, Setting
from fhirsvc.fhir.extract.report_text import read_texts, study_of
from fhirsvc.fhir.extract.tree import Node, children, string, system
from fhirsvc.fhir.notes import Study
from fhirsvc.fhir.notes.report import study_titled

_NOTE = "note"
_ELSEWHERE = "other"


def is_note(types: Iterable[Node], language: Language) -> bool:
    """Does any of these types or categories say that the document is a clinical note?"""
    return any(language.word("document", key) == _NOTE for each in types for key in _keys(each))


def study_in(code: Node, texts: Mapping[str, str], language: Language) -> Study:
    """The study that a code names, else the one that a text says at its beginning that it is of."""
    study = study_of(code, language)
    if study.kind:
        return study
    titled = (study_titled(text, language.reading) for text in texts.values())
    found = next((each for each in titled if each.kind), Study())
    return replace(found, region=study.region or found.region)


def read_document(
    code: Node, categories: Iterable[Node], texts: Mapping[str, str], setting: Setting, language: Language
) -> Read:
    """Facts of the texts of a document that is all text; one whose type is not understood is not read."""
    note = is_note([code], language) or (not study_of(code, language).kind and is_note(categories, language))
    study = Study() if note else study_in(code, texts, language)
    if study.region == _ELSEWHERE or not texts:
        return NOTHING
    if study.kind:
        return read_texts(texts, study, setting, language)
    if note:
        return read_prose(texts, setting, language)
    return setting.missed("type", "unmapped", display_of(code), first_coding(code))


def _keys(code: Node) -> Iterable[str]:
    """Its codes as "system|code", its text and displays."""
    yield string(code, "text")
    for coding in children(code, "coding"):
        yield f"{system(coding)}|{string(coding, 'code')}"
        yield string(coding, "display")
