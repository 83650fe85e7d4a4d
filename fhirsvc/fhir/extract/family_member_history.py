"""FamilyMemberHistory: what relatives had, never evidence of the patient, kept so that the trace can say so."""

from __future__ import annotations

from fhirsvc.domain.evidence import Status
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE
from fhirsvc.fhir.extract.tree import child, children, string

_STATUSES = {"partial": Status.FINAL, "completed": Status.FINAL, "entered-in-error": Status.ENTERED_IN_ERROR}


def read_family_member_history(record: Record, dossier: Dossier) -> Read:
    """Facts of the family for those conditions that are Concepts; nothing of the others."""
    status = _STATUSES.get(string(record.resource, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment(string(record.resource, "date")), family=True)
    facts = [
        fact(said, statement(said, dossier.language), NOWHERE, setting, dossier.language, place=f"condition[{index}]")
        for index, condition in enumerate(children(record.resource, "condition"))
        for said in understand(child(condition, "code"), NOWHERE, dossier.language).said
    ]
    return Read(tuple(each for each in facts if each is not None))
