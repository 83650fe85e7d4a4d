"""Procedure: operations on the lumbar spine, and local treatments with the day they began."""

from __future__ import annotations

from fhirsvc.domain.evidence import Status
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import at_age, between_ages, start_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import body_sites, site_of
from fhirsvc.fhir.extract.tree import child, string

_STATUSES = {
    "completed": Status.FINAL,
    "in-progress": Status.FINAL,
    "stopped": Status.FINAL,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
"""What was not done, is only prepared, or is in doubt is no fact."""


def read_procedure(record: Record, dossier: Dossier) -> Read:
    """Facts of one Procedure: treatments only, dated by their start."""
    node = record.resource
    status = _STATUSES.get(string(node, "status"))
    if status is None:
        return NOTHING
    language = dossier.language
    start = start_in(node, "performed") or at_age(child(node, "performedAge"), dossier.person.birth)
    start = start or between_ages(child(node, "performedRange"), dossier.person.birth)
    setting = Setting(record=record, status=status, recorded=start, onset=start)
    site = site_of(body_sites(node, dossier, node), language)
    understood = understand(child(node, "code"), site, language)
    if not understood.said:
        return setting.missed("code", understood.why, understood.display, understood.coding)
    facts = (
        fact(said, statement(said, language), site, setting, language)
        for said in understood.said
        if _is_treatment(said.meaning.concept, language)
    )
    return Read(tuple(each for each in facts if each is not None))


def _is_treatment(concept: str, language: Language) -> bool:
    known = language.lexicon.concepts.get(concept)
    return known is not None and known.reads in {"treatment", "medication"}
