"""MedicationStatement, MedicationAdministration and MedicationRequest: what was taken, and what was only ordered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Fact, Moment, Status
from fhirsvc.domain.lexicon import normalise
from fhirsvc.fhir.extract.coding import Understood, understand
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language, splits
from fhirsvc.fhir.extract.moments import moment, start_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE, Site, site_of
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string, system

_REQUEST = "MedicationRequest"
_IN_ERROR = {"entered-in-error": Status.ENTERED_IN_ERROR}
_STATUSES: Mapping[str, Mapping[str, Status]] = {
    "MedicationStatement": dict.fromkeys(("active", "completed", "stopped", "on-hold"), Status.FINAL) | _IN_ERROR,
    "MedicationAdministration": dict.fromkeys(("in-progress", "completed", "stopped", "on-hold"), Status.FINAL)
    | _IN_ERROR,
    _REQUEST: dict.fromkeys(("active", "completed", "stopped", "on-hold"), Status.FINAL)
    | {"cancelled": Status.CANCELLED}
    | _IN_ERROR,
}
"""What was on hold or stopped was begun. What was not taken, not done, intended, a draft or in doubt is no fact."""

_ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""The intents of a MedicationRequest that somebody is to act on; a proposal or plan is nothing yet."""

_DOSAGES = ("dosage", "dosageInstruction")
_ORAL = "oral"
_DAYS = " d: "
"""Between the days and what they come to, in the words of the vocabulary "long-term"."""

_TOLD = frozenset({"medication", "treatment", "feature"})
_STRENGTH = re.compile(r"\b\d+(?:[.,]\d+)?\s?(?:mg|mcg|micrograms?|g|ml|units?)(?:/\d*\s?(?:mg|ml|hr|h))?\b")


def read_medication(record: Record, dossier: Dossier) -> Read:
    """Facts of one medication record; never of its dosage text. An order is no proof that anything was taken."""
    node = record.resource
    status = _STATUSES[record.type].get(string(node, "status"))
    if status is None or not _is_meant(record):
        return NOTHING
    setting = _setting(record, status)
    site = site_of(_given_at(node), dossier.language)
    place, medication = _medication(node, dossier)
    understood = _understand(medication, site, dossier.language)
    if understood.said:
        return Read(tuple(_facts(understood, site, setting, dossier.language)))
    if kind := next(_kinds(medication, dossier.language), None):
        return Read(tuple(_long_term(*kind, setting, dossier.language)))
    why = understood.why if medication else "unread"
    display = understood.display or string(child(node, "medicationReference"), "reference")
    return setting.missed(place, why, display, understood.coding)


def _is_meant(record: Record) -> bool:
    node = record.resource
    return record.type != _REQUEST or (string(node, "intent") in _ORDERS and node.get("doNotPerform") is not True)


def _setting(record: Record, status: Status) -> Setting:
    """Recorded at the end of the taking, or while it goes on when it was last said; an order begins no treatment."""
    node = record.resource
    if record.type == _REQUEST:
        return Setting(record=record, status=status, recorded=moment(string(node, "authoredOn")))
    began, asserted = start_in(node, "effective"), moment(string(node, "dateAsserted"))
    ended = moment(string(child(node, "effectivePeriod"), "end"))
    goes_on = string(node, "status") in {"active", "in-progress"} and "effectiveDateTime" not in node
    return Setting(
        record=record, status=status, recorded=ended or (asserted if goes_on else began or asserted), onset=began
    )


def _given_at(node: Node) -> Iterator[Node]:
    for name in _DOSAGES:
        for dosage in codeables(node, name):
            yield from codeables(dosage, "site")


def _medication(node: Node, dossier: Dossier) -> tuple[str, Node]:
    """What was taken, with its place: a CodeableConcept, the code of the Medication referred to, or its display."""
    if coded := child(node, "medicationCodeableConcept"):
        return "medicationCodeableConcept", coded
    reference = child(node, "medicationReference")
    found = dossier.resource(string(reference, "reference"), node) or {}
    code = child(found, "code") if string(found, "resourceType") == "Medication" else {}
    display = string(reference, "display")
    return "medicationReference", code or ({"text": display} if display else {})


def _understand(medication: Node, site: Site, language: Language) -> Understood:
    """The medicine by its codes and name, else by its name without strength and form ("500 mg oral tablet")."""
    understood = understand(medication, site, language)
    if understood.said:
        return understood
    bare = (understand({"text": name}, site, language) for name, _ in _names(medication, language))
    return next((each for each in bare if each.said), understood)


def _facts(understood: Understood, site: Site, setting: Setting, language: Language) -> Iterator[Fact]:
    for said in understood.said:
        found = fact(said, statement(said, language), site, setting, language)
        if found is not None and language.reads(found.concept) in _TOLD:
            yield _as_ordered(found, setting)


def _as_ordered(found: Fact, setting: Setting) -> Fact:
    unsure = setting.record.type == _REQUEST and found.certainty is Certainty.AFFIRMED
    return replace(found, certainty=Certainty.UNCERTAIN) if unsure else found


def _long_term(word: str, form: str, setting: Setting, language: Language) -> Iterator[Fact]:
    """What a medicine comes to that has long been taken by mouth; where no route is recorded, only possibly."""
    days, _, phrase = word.partition(_DAYS)
    routes = _routes(setting.record.resource, language) | ({form} - {""})
    if _days_taken(setting) < int(days) or not routes <= {_ORAL}:
        return
    for found in _facts(understand({"text": phrase}, NOWHERE, language), NOWHERE, setting, language):
        yield found if routes else replace(found, certainty=Certainty.UNCERTAIN)


def _kinds(medication: Node, language: Language) -> Iterator[tuple[str, str]]:
    """The word of a medicine that matters when it is taken for long, with the form that its name tells."""
    named = sorted(_names(medication, language), key=lambda each: not each[1])
    keys = [*named, *((f"{system(each)}|{string(each, 'code')}", "") for each in children(medication, "coding"))]
    return ((word, form) for key, form in keys if (word := language.word("long-term", key)))


def _days_taken(setting: Setting) -> int:
    """For how many days it has been taken at least, and still is; -1 = not known, or not any more."""
    node = setting.record.resource
    began = setting.onset or (setting.recorded if setting.record.type == _REQUEST else None)
    if began is None or string(node, "status") != "active":
        return -1
    until = Moment.at(setting.record.received) if setting.record.type == _REQUEST else setting.stated
    return (until.earliest - began.latest).days


def _routes(node: Node, language: Language) -> set[str]:
    """The routes recorded, "other" for one that is not the oral one."""
    dosages = [dosage for name in _DOSAGES for dosage in codeables(node, name)]
    return {_route(route, language) for dosage in dosages for route in codeables(dosage, "route")}


def _route(route: Node, language: Language) -> str:
    texts = [string(route, "text"), *(string(coding, "display") for coding in children(route, "coding"))]
    return next((word for text in texts if (word := language.word("route", text))), "other")


def _names(medication: Node, language: Language) -> Iterator[tuple[str, str]]:
    """Text and displays without strength, with the form that was taken off ("oral", "systemic", "" = none)."""
    texts = [string(medication, "text"), *(string(each, "display") for each in children(medication, "coding"))]
    for text in texts:
        plain = normalise(_STRENGTH.sub("", text.casefold()))
        if plain:
            yield plain, ""
        for given, rest in splits(plain):
            if form := language.word("dose-form", given):
                yield normalise(rest), form
