"""The texts of a study, read by fhir/notes, as Facts of the resource they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fhirsvc.domain.evidence import Fact, Side, Source
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Read, Setting
from fhirsvc.fhir.extract.tongue import english
from fhirsvc.fhir.extract.tree import Node, children, string, system
from fhirsvc.fhir.notes import Statement, Study, read_report
from fhirsvc.fhir.notes.findings import in_words
from fhirsvc.fhir.notes.report import study_named
from fhirsvc.fhir.notes.statement import EMG_LESION

_REGIONS = {"lumbar": "lumbar", "ankle": "ankle", "other": "other"}


def study_of(code: Node, language: Language) -> Study:
    """The study that a CodeableConcept names: by its codes, else by its text."""
    keys = [f"{system(coding)}|{string(coding, 'code')}" for coding in children(code, "coding")]
    kind = next((word for key in keys if (word := language.word("modality", key))), "")
    region = next((_REGIONS.get(word, "") for key in keys if (word := language.word("region", key))), "")
    side = next((word for key in keys if (word := language.word("side", key))), "")
    texts = [string(code, "text"), *(string(coding, "display") for coding in children(code, "coding"))]
    named = [study_named(text, language.reading) for text in texts if text] if not (kind and region) else []
    return Study(
        kind=kind or next((each.kind for each in named if each.kind), ""),
        region=region or next((each.region for each in named if each.kind and each.region), ""),
        side=Side(side) if side else next((e.side for e in named if e.side is not Side.UNKNOWN), Side.UNKNOWN),
    )


def read_texts(texts: Mapping[str, str], study: Study, setting: Setting, language: Language) -> Read:
    """Facts of every statement in the texts of one study; a text in another language is unread."""
    texts, foreign = english(texts, setting, language)
    report = read_report(texts, study, language.reading)
    named = {key: "; ".join(map(in_words, found)) for key, found in report.by_sentence().items()}
    facts = tuple(
        _fact(statement, report.study, _source(statement, named, setting), setting) for statement in report.statements
    )
    return Read.all([Read(facts), foreign, *(setting.missed(place, "unread") for place in report.unread)])


def _fact(statement: Statement, study: Study, source: Source, setting: Setting) -> Fact:
    return Fact(
        concept=statement.concept,
        presence=statement.presence,
        source=source,
        received=setting.record.received,
        recorded=setting.recorded,
        side=statement.side,
        root=statement.root,
        result=statement.result,
        modality=study.modality,
        certainty=statement.certainty,
        status=setting.status,
    )


def _source(statement: Statement, named: Mapping[tuple[str, int], str], setting: Setting) -> Source:
    """The sentence and what it names; a nerve study is one source as a whole, however coded and worded (RULES 3.1)."""
    sentence = statement.sentence
    source = Source(
        setting.record.reference,
        statement.numbered,
        sentence.text,
        start=sentence.start,
        end=sentence.end,
        named=named.get((statement.place, sentence.number), ""),
    )
    return replace(source, place="") if statement.concept == EMG_LESION else source
