"""Condition: complaints, symptoms, diagnoses and history of the problem list."""

from __future__ import annotations

from fhirsvc.domain.evidence import ClinicalStatus, Moment, Person, Status, Verification
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import at_age, moment, moment_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import site_beside
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string

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


def read_condition(record: Record, person: Person, language: Language) -> Read:
    """Facts of one Condition; a code of family history makes them the family's (RULES 3.6)."""
    node = record.resource
    site = site_beside(child(node, "code"), codeables(node, "bodySite"), language)
    understood = understand(child(node, "code"), site, language)
    setting = _setting(record, person)
    onset = setting.missed("onsetString", "unread") if "onsetString" in node else NOTHING
    if not understood.said:
        return Read.all([setting.missed("code", understood.why, understood.display), onset])
    facts = (fact(said, statement(said, language), site, setting, language) for said in understood.said)
    return Read.all([Read(tuple(each for each in facts if each is not None)), onset])


def _setting(record: Record, person: Person) -> Setting:
    node = record.resource
    verification = _verification(node)
    in_error = verification is Verification.ENTERED_IN_ERROR
    return Setting(
        record=record,
        status=Status.ENTERED_IN_ERROR if in_error else Status.FINAL,
        recorded=moment(string(node, "recordedDate")),
        onset=_onset(node, person),
        problem=True,
        clinical_status=_clinical_status(node),
        verification=verification,
    )


def _onset(node: Node, person: Person) -> Moment | None:
    return moment_in(node, "onset") or at_age(child(node, "onsetAge"), person.birth)


def _clinical_status(node: Node) -> ClinicalStatus:
    """Missing stays missing."""
    return _CLINICAL.get(_code(node, "clinicalStatus"), ClinicalStatus.MISSING)


def _verification(node: Node) -> Verification:
    """Missing is read as confirmed (RULES 3.1)."""
    return _VERIFICATIONS.get(_code(node, "verificationStatus"), Verification.CONFIRMED)


def _code(node: Node, name: str) -> str:
    return next((string(coding, "code") for coding in children(child(node, name), "coding")), "")
