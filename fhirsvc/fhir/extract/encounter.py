"""Encounter: the reasons for which the patient came, as far as they are complaints or symptoms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Fact, Moment, Status
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.condition import condition_within
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import site_beside
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string

_STATUSES = {
    "planned": Status.PRELIMINARY,
    "arrived": Status.FINAL,
    "triaged": Status.FINAL,
    "in-progress": Status.FINAL,
    "onleave": Status.FINAL,
    "finished": Status.FINAL,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
"""What is told when a visit is booked is told before anybody has seen the patient."""

_TOLD = frozenset({"complaint", "symptom", "feature"})
"""What a patient can tell by coming: a diagnosis or a sign named as the reason may be what the visit is to find out."""

_NOTHING_OF = frozenset({"treatment", "response", "medication", "study"})
"""What a visit for it does not say was ever given, or what came of it."""


def read_encounter(record: Record, dossier: Dossier) -> Read:
    """Facts of the reasons of one visit, stated when it began; a planned one, when it was received."""
    node = record.resource
    status = _STATUSES.get(string(node, "status"))
    if status is None:
        return NOTHING
    recorded = None if status is Status.PRELIMINARY else _began(node)
    setting = Setting(record=record, status=status, recorded=recorded)
    reasons = enumerate(codeables(node, "reasonCode"))
    coded = [_reason(each, f"reasonCode[{index}]", setting, dossier.language) for index, each in reasons]
    return Read.all([*coded, *(_conditions(setting, dossier) if status is Status.FINAL else ())])


def _conditions(setting: Setting, dossier: Dossier) -> Iterator[Read]:
    """Conditions contained in the visit as its reason or diagnosis; those among the records count there."""
    node = setting.record.resource
    named = [*children(node, "reasonReference"), *(child(each, "condition") for each in children(node, "diagnosis"))]
    listed = {string(each, "reference") for each in named} - {"#"}
    for index, inside in enumerate(children(node, "contained")):
        if string(inside, "resourceType") == "Condition" and f"#{string(inside, 'id')}" in listed:
            yield condition_within(setting.record, inside, f"contained[{index}]", setting.recorded, dossier)


def _began(node: Node) -> Moment | None:
    told = child(node, "period")
    return moment(string(told, "start")) or moment(string(told, "end"))


def _reason(code: Node, place: str, setting: Setting, language: Language) -> Read:
    site = site_beside(code, (), language)
    understood = understand(code, site, language)
    told = (fact(said, statement(said, language), site, setting, language, place=place) for said in understood.said)
    facts = tuple(_as_reason(each, language) for each in told if each and _counts(each, language))
    if understood.said:
        return Read(facts)
    prose = read_prose({f"{place}.text": string(code, "text")}, setting, language)
    facts = tuple(_as_reason(each, language) for each in prose.facts if _counts(each, language))
    if facts:
        return replace(prose, facts=facts)
    return setting.missed(place, understood.why, understood.display, understood.coding)


def _counts(found: Fact, language: Language) -> bool:
    return language.reads(found.concept) not in _NOTHING_OF


def _as_reason(found: Fact, language: Language) -> Fact:
    unsure = found.certainty is Certainty.AFFIRMED and language.reads(found.concept) not in _TOLD
    return replace(found, certainty=Certainty.UNCERTAIN) if unsure else found
