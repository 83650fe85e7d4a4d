"""DiagnosticReport → Facts: the prose and the conclusion codes of imaging and nerve studies."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Fact, Presence, Side, Source, Status
from fhirsvc.fhir.extract.answers import stated
from fhirsvc.fhir.extract.coding import Said, understand
from fhirsvc.fhir.extract.facts import facts_of, present
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE, one_of
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string
from fhirsvc.fhir.notes import Report, Statement, Study, read_report
from fhirsvc.fhir.notes.statement import CONTACT, EMG_LESION
from fhirsvc.fhir.notes.words import mentions_of, words_of

_STATUS = {
    "final": Status.FINAL,
    "amended": Status.FINAL,
    "corrected": Status.FINAL,
    "appended": Status.FINAL,
    "partial": Status.PRELIMINARY,
    "preliminary": Status.PRELIMINARY,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
_REGIONS = {"lumbar": "lumbar", "spine": "", "ankle": "ankle", "foot": "ankle", "heel": "ankle", "leg": ""}
_DIAGNOSIS = "radiculopathy"


def read_diagnostic_report(record: Record, language: Language) -> Read:
    """Facts of a report's text and codes; an imaging report never sets a named radiculopathy (RULES 3.1)."""
    node = record.resource
    status = _STATUS.get(string(node, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment_in(node, "effective"))
    texts, unread = _texts(setting)
    report = read_report(texts, study_of(child(node, "code"), language), language.reading)
    facts = tuple(_fact(setting, each, report) for each in report.statements)
    missed = [setting.missed(place, "unread") for place in report.unread]
    return Read.all([Read(facts=facts), *unread, *missed, _coded(setting, report, facts, language)])


def study_of(code: Node, language: Language) -> Study:
    """What was done, as far as the code of the report and its words tell."""
    keys = [f"{string(each, 'system')}|{string(each, 'code')}" for each in children(code, "coding")]
    texts = [string(code, "text"), *(string(each, "display") for each in children(code, "coding"))]
    kind = next((word for key in (*keys, *texts) if key and (word := language.word("modality", key))), "")
    region = next(
        (_REGIONS.get(word, "other") for key in (*keys, *texts) if key and (word := language.word("region", key))), ""
    )
    mentions = [mention for text in texts for mention in mentions_of(words_of(text), language.reading)]
    kind = kind or next((each.word for each in mentions if each.kind == "modality"), "")
    region = region or next((each.word for each in mentions if each.kind == "region"), "")
    sides = [Side(word) for key in keys if (word := language.word("side", key))]
    sides += [side for text in texts for side in language.sides_in(text)]
    return Study(kind=kind, region=region, side=one_of(sides) or Side.UNKNOWN)


def _texts(setting: Setting) -> tuple[dict[str, str], list[Read]]:
    """The texts that can be read, by place; and a note of each attached form that cannot."""
    node = setting.record.resource
    texts = {"conclusion": string(node, "conclusion")} if string(node, "conclusion") else {}
    unread = []
    for number, form in enumerate(children(node, "presentedForm")):
        text = attached_text(form)
        if text is None:
            unread.append(setting.missed(f"presentedForm[{number}]", "unread", string(form, "contentType")))
        else:
            texts[f"presentedForm[{number}]"] = text
    return texts, unread


def attached_text(form: Node) -> str | None:
    """The plain text of an Attachment; None when it is of another type, only linked, or not UTF-8."""
    if string(form, "contentType").split(";")[0].strip().casefold() != "text/plain" or not string(form, "data"):
        return None
    try:
        return base64.b64decode(string(form, "data"), validate=False).decode()
    except (binascii.Error, ValueError):
        return None


def _fact(setting: Setting, statement: Statement, report: Report) -> Fact:
    sentence = statement.sentence
    return Fact(
        concept=statement.concept,
        presence=statement.presence,
        source=Source(
            setting.record.reference,
            statement.numbered,
            sentence.text,
            sentence.start,
            sentence.start + len(sentence.text),
        ),
        received=setting.record.received,
        recorded=setting.recorded,
        side=statement.side,
        root=statement.root,
        result=statement.result,
        modality=report.study.modality,
        certainty=statement.certainty,
        status=setting.status,
    )


def _coded(setting: Setting, report: Report, told: tuple[Fact, ...], language: Language) -> Read:
    """Conclusion codes. A radiculopathy concluded by a nerve study is that study's lesion and shares its source."""
    parts = []
    for number, code in enumerate(codeables(setting.record.resource, "conclusionCode")):
        understood = understand(code, NOWHERE, language)
        if not understood.said:
            parts.append(setting.missed(f"conclusionCode[{number}]", understood.why, understood.display))
        for said in understood.said:
            parts.append(Read(facts=tuple(_concluded(setting, said, number, report, told, language))))
    return Read.all(parts)


def _concluded(
    setting: Setting, said: Said, number: int, report: Report, told: tuple[Fact, ...], language: Language
) -> Iterator[Fact]:
    electric = report.study.kind == "EMG"
    if said.meaning.concept == _DIAGNOSIS and not electric:
        return
    lesion = next((fact for fact in told if fact.concept == EMG_LESION and fact.presence is Presence.PRESENT), None)
    place = f"conclusionCode[{number}]"
    for fact in facts_of(setting, said, present(stated(said, language)), NOWHERE, language, place=place):
        if said.meaning.concept == _DIAGNOSIS and lesion is None:
            yield replace(fact, concept=EMG_LESION)
        elif said.meaning.concept == _DIAGNOSIS and lesion is not None:
            yield replace(fact, source=lesion.source, certainty=Certainty.AFFIRMED)
        elif said.meaning.concept != CONTACT or report.study.region in ("lumbar", ""):
            yield replace(fact, modality=report.study.modality)
