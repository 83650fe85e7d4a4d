"""Procedure → Facts: an operation, or a local treatment with its start and, where stated, its outcome."""

from __future__ import annotations

from dataclasses import replace

from fhirsvc.domain.evidence import Status
from fhirsvc.fhir.extract.answers import Answer, stated
from fhirsvc.fhir.extract.coding import Said, understand
from fhirsvc.fhir.extract.facts import facts_of, present
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment, start_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import Site, site_of
from fhirsvc.fhir.extract.tree import child, codeables, string

_STATUS = {
    "completed": Status.FINAL,
    "in-progress": Status.FINAL,
    "stopped": Status.FINAL,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}


def read_procedure(record: Record, language: Language) -> Read:
    """Facts of a Procedure that was begun; one that was planned, or not done, gives none."""
    node = record.resource
    status = _STATUS.get(string(node, "status"))
    if status is None:
        return NOTHING
    start = start_in(node, "performed")
    setting = Setting(record=record, status=status, recorded=start, onset=start)
    site = site_of(codeables(node, "bodySite"), language)
    understood = understand(child(node, "code"), site, language)
    if not understood.said:
        return setting.missed("code", understood.why, understood.display)
    facts = tuple(
        fact
        for said in understood.said
        for fact in facts_of(setting, said, present(stated(said, language)), site, language)
    )
    return Read.all([Read(facts=facts), _outcome(setting, site, language)])


def _outcome(setting: Setting, site: Site, language: Language) -> Read:
    """What came of it, stated at its end."""
    node = setting.record.resource
    end = moment(string(child(node, "performedPeriod"), "end"))
    said = understand(child(node, "outcome"), site, language).said if "outcome" in node else ()
    told = replace(setting, recorded=end or setting.recorded)
    facts = (
        fact for each in said for fact in facts_of(told, each, _told(each, language), site, language, place="outcome")
    )
    return Read(facts=tuple(facts))


def _told(said: Said, language: Language) -> Answer:
    return present(stated(said, language))
