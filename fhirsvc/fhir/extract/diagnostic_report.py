"""DiagnosticReport: lumbar imaging, ankle and heel imaging, nerve studies; their text and coded conclusions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Fact, Presence, Side, Status
from fhirsvc.fhir.extract.attachments import is_english, texts_of
from fhirsvc.fhir.extract.coding import Said, display_of, first_coding, understand
from fhirsvc.fhir.extract.document import is_note, study_in
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment_in
from fhirsvc.fhir.extract.observation import STATUSES, read_contained
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.report_text import read_texts
from fhirsvc.fhir.extract.sites import NOWHERE
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string
from fhirsvc.fhir.notes import Study
from fhirsvc.fhir.notes.statement import ACHILLES, CAUDA_EQUINA, CONTACT, EMG_LESION, PLANTAR

_STATUSES = {**STATUSES, "partial": Status.PRELIMINARY, "appended": Status.FINAL}
_RADICULOPATHY = "radiculopathy"
_OF_IMAGING = frozenset({CONTACT, ACHILLES, PLANTAR})


def read_diagnostic_report(record: Record, dossier: Dossier) -> Read:
    """Facts of one report of a study this protocol reads, or of a note sent as a report, and of contained results.

    An imaging report never makes a diagnosis (RULES 3.1). A result it refers to among the records counts there, once.
    """
    node, language = record.resource, dossier.language
    status = _STATUSES.get(string(node, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment_in(node, "effective"))
    texts, unread = _texts(node, setting, dossier)
    told = _told(node, texts, setting, language)
    return Read.all([told, unread, *read_contained(record, dossier, "result")])


def _told(node: Node, texts: dict[str, str], setting: Setting, language: Language) -> Read:
    """What text and coded conclusions state, by what kind of report it is."""
    code = child(node, "code")
    if is_note([code], language):
        return read_prose(texts, setting, language)
    study = study_in(code, texts, language)
    if not study.kind:
        return setting.missed("code", "unmapped", display_of(code), first_coding(code))
    if study.region == "other":
        return NOTHING
    told = read_texts(texts, study, setting, language)
    return Read.all([told, _coded(node, study, setting, language, told)])


def _texts(node: Node, setting: Setting, dossier: Dossier) -> tuple[dict[str, str], Read]:
    """Conclusion and attached texts by place; what is in another language or format is unread, never silence."""
    forms = [(f"presentedForm[{index}]", form) for index, form in enumerate(children(node, "presentedForm"))]
    texts, unread = texts_of(forms, setting, dossier)
    conclusion = string(node, "conclusion")
    if conclusion and not is_english(node):
        return texts, Read.all([setting.missed("conclusion", "unread", string(node, "language")), unread])
    return ({"conclusion": conclusion} if conclusion else {}) | texts, unread


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
    """The study's conclusion by its code, where its text gave none.

    It is no diagnosis beside it: that would be kept longer than the study itself counts (RULES 3.1 Clocks).
    """
    if concluded or said.meaning.concept not in {_RADICULOPATHY, EMG_LESION}:
        return
    named = replace(said, meaning=replace(said.meaning, concept=EMG_LESION), own=False)
    found = fact(named, statement(named, language), NOWHERE, setting, language)
    if found is not None:
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
