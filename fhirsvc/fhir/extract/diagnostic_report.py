"""DiagnosticReport: lumbar imaging, ankle and heel imaging, nerve studies; their text and coded conclusions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Fact, Person, Presence, Side, Status
from fhirsvc.fhir.extract.coding import Said, understand
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment_in
from fhirsvc.fhir.extract.observation import STATUSES
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.report_text import read_texts, study_of
from fhirsvc.fhir.extract.sites import NOWHERE
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string
from fhirsvc.fhir.notes import Study
from fhirsvc.fhir.notes.report import study_titled
from fhirsvc.fhir.notes.statement import ACHILLES, CAUDA_EQUINA, CONTACT, EMG_LESION, PLANTAR

_STATUSES = {**STATUSES, "partial": Status.PRELIMINARY, "appended": Status.FINAL}
_RADICULOPATHY = "radiculopathy"
_OF_IMAGING = frozenset({CONTACT, ACHILLES, PLANTAR})
_PLAIN = "text/plain"


def read_diagnostic_report(record: Record, person: Person, language: Language) -> Read:  # noqa: ARG001 (one shape for all readers)
    """Facts of one report of a study this protocol reads; an imaging report never makes a diagnosis (RULES 3.1)."""
    node = record.resource
    status = _STATUSES.get(string(node, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment_in(node, "effective"))
    texts, unread = _texts(node, setting)
    study = study_of(child(node, "code"), language)
    if not study.kind:
        titled = next(
            (found for text in texts.values() if (found := study_titled(text, language.reading)).kind), Study()
        )
        study = replace(titled, region=study.region or titled.region)
    if not study.kind:
        code = child(node, "code")
        return setting.missed("code", "unmapped", string(code, "text"))
    if study.region == "other":
        return NOTHING
    told = read_texts(texts, study, setting, language)
    return Read.all([told, _coded(node, study, setting, language, told), unread])


def _texts(node: Node, setting: Setting) -> tuple[dict[str, str], Read]:
    """Conclusion and attached plain text by place; an attachment of another kind is unread, never silence."""
    texts = {"conclusion": string(node, "conclusion")} if string(node, "conclusion") else {}
    missed: list[Read] = []
    for index, form in enumerate(children(node, "presentedForm")):
        place = f"presentedForm[{index}]"
        if text := _decoded(form):
            texts[place] = text
        else:
            missed.append(setting.missed(place, "unread", string(form, "contentType")))
    return texts, Read.all(missed)


def _decoded(form: Node) -> str:
    """The text of a plain-text attachment; "" for any other, or one that is not UTF-8."""
    if string(form, "contentType").split(";")[0].strip().casefold() != _PLAIN:
        return ""
    try:
        return base64.b64decode(string(form, "data"), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _coded(node: Node, study: Study, setting: Setting, language: Language, told: Read) -> Read:
    facts: list[Fact] = []
    concluded = any(each.concept == EMG_LESION and each.presence is Presence.PRESENT for each in told.facts)
    for index, code in enumerate(codeables(node, "conclusionCode")):
        for said in understand(code, NOWHERE, language).said:
            if study.kind == "EMG":
                facts += _of_nerve_study(said, setting, language, concluded=concluded)
            else:
                facts += _of_imaging(said, study, setting, language, f"conclusionCode[{index}]")
    return Read(tuple(facts))


def _of_nerve_study(said: Said, setting: Setting, language: Language, *, concluded: bool) -> Iterator[Fact]:
    """A coded radiculopathy is the diagnosis, and the study's conclusion where its text gave none: one source."""
    concept = said.meaning.concept
    if concept not in {_RADICULOPATHY, EMG_LESION}:
        return
    for name in dict.fromkeys((EMG_LESION, concept)):
        named = replace(said, meaning=replace(said.meaning, concept=name), own=False)
        found = fact(named, statement(named, language), NOWHERE, setting, language)
        if found is not None and not (concluded and name == EMG_LESION):
            yield found


def _of_imaging(said: Said, study: Study, setting: Setting, language: Language, place: str) -> Iterator[Fact]:
    """Contact, thickening, or the exclusion of a cauda equina syndrome; nothing else is imaging's to say."""
    told = statement(said, language)
    excluded = said.meaning.concept == CAUDA_EQUINA and told.answer.presence is Presence.ABSENT
    if said.meaning.concept not in _OF_IMAGING and not (excluded and study.kind in {"MR", "CT"}):
        return
    found = fact(said, told, NOWHERE, setting, language, place=place)
    if found is not None:
        side = study.side if found.side is Side.UNKNOWN and found.concept != CONTACT else found.side
        yield replace(found, side=side, modality=study.modality)
