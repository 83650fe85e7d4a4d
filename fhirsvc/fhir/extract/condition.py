"""Condition: complaints, symptoms, diagnoses and history of the problem list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import ClinicalStatus, Moment, Presence, Status, Verification
from fhirsvc.fhir.extract.coding import display_of, first_coding, understand
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import at_age, between_ages, moment, moment_in
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import Site, body_sites, site_beside
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string

_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_SENTENCE = 4
"""Words from which on a text is read as prose where it is no phrase."""
_CLINICAL = {
    "active": ClinicalStatus.ACTIVE,
    "recurrence": ClinicalStatus.ACTIVE,
    "relapse": ClinicalStatus.ACTIVE,
    "inactive": ClinicalStatus.INACTIVE,
    "remission": ClinicalStatus.REMISSION,
    "resolved": ClinicalStatus.RESOLVED,
}
_VERIFICATIONS = {
    "confirmed": Verification.CONFIRMED,
    "unconfirmed": Verification.PROVISIONAL,
    "provisional": Verification.PROVISIONAL,
    "differential": Verification.PROVISIONAL,
    "refuted": Verification.REFUTED,
    "entered-in-error": Verification.ENTERED_IN_ERROR,
}


def read_condition(record: Record, dossier: Dossier) -> Read:
    """Facts of one Condition, of the manifestations it rests on, and of its notes; its stage says nothing.

    A code of family history makes them the family's (RULES 3.6).
    """
    return _of(_setting(record), dossier)


def condition_within(record: Record, node: Node, place: str, stated: Moment | None, dossier: Dossier) -> Read:
    """The same of a Condition contained at a place of a record, which was stated then where it has no date itself."""
    setting = _setting(replace(record, resource=node))
    return _of(replace(setting, within=place, recorded=setting.recorded or stated), dossier)


def _of(setting: Setting, dossier: Dossier) -> Read:
    """Facts of the Condition that a Setting is of."""
    node, language = setting.record.resource, dossier.language
    began = _onset(node, setting, dossier)
    unread = setting.missed("onsetString", "unread") if "onsetString" in node and began is None else NOTHING
    site = site_beside(child(node, "code"), body_sites(node, dossier, node), language)
    told = _stated(child(node, "code"), "code", site, replace(setting, onset=began), language)
    return Read.all([told, unread, *_evidence(node, setting, language), _notes(node, setting, language)])


def _stated(code: Node, place: str, site: Site, setting: Setting, language: Language) -> Read:
    """What a CodeableConcept states. It stands for the whole resource, which counts once (RULES 3.1)."""
    understood = understand(code, site, language)
    if not understood.said:
        told = _told(code, place, setting, language) if understood.why == "unmapped" else NOTHING
        return told if told.facts else setting.missed(place, understood.why, understood.display, understood.coding)
    stated = [(said, statement(said, language)) for said in understood.said]
    facts = (fact(said, each, site, setting, language) for said, each in stated)
    unread = not all(each.understood for _, each in stated)
    missed = setting.missed(place, "unread", display_of(code), first_coding(code)) if unread else NOTHING
    return Read.all([Read(tuple(each for each in facts if each is not None)), missed])


def _told(code: Node, place: str, setting: Setting, language: Language) -> Read:
    """What a text without a code, which is no phrase, states in prose; but not what it denies, lest it only doubt it.

    The text beside a code is the name of that code, in words of which one may well mean something else alone.
    """
    text = string(code, "text")
    if children(code, "coding") or len(text.split(None, _SENTENCE)) < _SENTENCE:
        return NOTHING
    read = read_prose({f"{place}.text": text}, setting, language)
    return replace(read, facts=tuple(each for each in read.facts if each.presence is Presence.PRESENT))


def _evidence(node: Node, setting: Setting, language: Language) -> Iterator[Read]:
    for number, evidence in enumerate(children(node, "evidence")):
        for index, code in enumerate(codeables(evidence, "code")):
            yield _stated(code, f"evidence[{number}].code[{index}]", site_beside(code, (), language), setting, language)


def _notes(node: Node, setting: Setting, language: Language) -> Read:
    """A note is as old as it says of itself, and as current as the Condition it stands at."""
    notes = [(f"note[{index}].text", note) for index, note in enumerate(children(node, "note"))]
    read = [
        read_prose({place: string(note, "text")}, _written(setting, note), language)
        for place, note in notes
        if string(note, "text")
    ]
    return Read.all(read)


def _written(setting: Setting, note: Node) -> Setting:
    return replace(setting, problem=False, recorded=moment(string(note, "time")) or setting.recorded)


def _setting(record: Record) -> Setting:
    node = record.resource
    verification = _verification(node)
    in_error = verification is Verification.ENTERED_IN_ERROR
    return Setting(
        record=record,
        status=Status.ENTERED_IN_ERROR if in_error else Status.FINAL,
        recorded=_recorded(node),
        problem=True,
        clinical_status=_clinical_status(node),
        verification=verification,
    )


def _recorded(node: Node) -> Moment | None:
    """The last assertion: when it was recorded, or when it was asserted where a sender keeps that apart."""
    asserted = (
        moment(string(each, "valueDateTime"))
        for each in children(node, "extension")
        if string(each, "url") == _ASSERTED
    )
    return moment(string(node, "recordedDate")) or next((each for each in asserted if each), None)


def _onset(node: Node, setting: Setting, dossier: Dossier) -> Moment | None:
    """When it began, by date, by age, or in words counted from the statement ("8 weeks ago")."""
    birth = dossier.person.birth
    aged = at_age(child(node, "onsetAge"), birth) or between_ages(child(node, "onsetRange"), birth)
    lasting = dossier.language.durations.alone(string(node, "onsetString"), ago=True)
    return moment_in(node, "onset") or aged or (lasting.began(setting.stated) if lasting else None)


def _clinical_status(node: Node) -> ClinicalStatus:
    """Missing stays missing, unless the condition is recorded as abated (con-4)."""
    status = _CLINICAL.get(_code(node, "clinicalStatus"), ClinicalStatus.MISSING)
    abated = any(name.startswith("abatement") for name in node)
    return ClinicalStatus.RESOLVED if abated and status is ClinicalStatus.MISSING else status


def _verification(node: Node) -> Verification:
    """Missing is read as confirmed (RULES 3.1)."""
    return _VERIFICATIONS.get(_code(node, "verificationStatus"), Verification.CONFIRMED)


def _code(node: Node, name: str) -> str:
    """The code of a status, else its text."""
    coded = next((string(coding, "code") for coding in children(child(node, name), "coding")), "")
    return coded or string(child(node, name), "text").strip().casefold()
