"""Condition → Facts: a finding, symptom or diagnosis on the problem list, with its status, onset and side."""

from __future__ import annotations

from dataclasses import replace

from fhirsvc.domain.evidence import ClinicalStatus, Moment, Qualifier, Verification
from fhirsvc.fhir.extract.answers import Answer, qualifiers_in, stated
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.facts import facts_of, present
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import at_age, moment, start_in
from fhirsvc.fhir.extract.record import Read, Record, Setting
from fhirsvc.fhir.extract.sites import site_of
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string

_CLINICAL = {
    "active": ClinicalStatus.ACTIVE,
    "recurrence": ClinicalStatus.ACTIVE,
    "relapse": ClinicalStatus.ACTIVE,
    "inactive": ClinicalStatus.INACTIVE,
    "remission": ClinicalStatus.REMISSION,
    "resolved": ClinicalStatus.RESOLVED,
}
_VERIFICATION = {
    "confirmed": Verification.CONFIRMED,
    "provisional": Verification.PROVISIONAL,
    "differential": Verification.PROVISIONAL,
    "unconfirmed": Verification.PROVISIONAL,
    "refuted": Verification.REFUTED,
    "entered-in-error": Verification.ENTERED_IN_ERROR,
}


def read_condition(record: Record, language: Language, birth: Moment | None) -> Read:
    """Facts of a Condition: what its code names is there, unless the code or text denies it."""
    node = record.resource
    site = site_of(codeables(node, "bodySite"), language)
    understood = understand(child(node, "code"), site, language)
    setting = Setting(
        record=record,
        recorded=moment(string(node, "recordedDate")),
        onset=start_in(node, "onset") or at_age(child(node, "onsetAge"), birth),
        problem=True,
        clinical_status=_CLINICAL.get(_code(node, "clinicalStatus"), ClinicalStatus.MISSING),
        verification=_VERIFICATION.get(_code(node, "verificationStatus"), Verification.CONFIRMED),
    )
    if not understood.said:
        return setting.missed("code", understood.why, understood.display)
    noted = frozenset(word for note in children(node, "note") for word in qualifiers_in(string(note, "text"), language))
    facts = (
        fact
        for said in understood.said
        for fact in facts_of(setting, said, _noted(present(stated(said, language)), noted), site, language)
    )
    return Read(facts=tuple(facts))


def _noted(answer: Answer, qualifiers: frozenset[Qualifier]) -> Answer:
    return replace(answer, qualifiers=answer.qualifiers | qualifiers)


def _code(node: Node, name: str) -> str:
    """The first code of a status; the parser has bound it already."""
    return next((string(coding, "code") for coding in children(child(node, name), "coding")), "")
