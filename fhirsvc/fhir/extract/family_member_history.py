"""FamilyMemberHistory → Facts of the family, which are printed as excluded and never count."""

from __future__ import annotations

from fhirsvc.fhir.extract.answers import stated
from fhirsvc.fhir.extract.coding import understand
from fhirsvc.fhir.extract.facts import facts_of, present
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.record import Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE
from fhirsvc.fhir.extract.tree import child, children, string


def read_family_member_history(record: Record, language: Language) -> Read:
    """One Fact per condition of the relative that is one of our Concepts; others are of no interest here."""
    setting = Setting(record=record, recorded=moment(string(record.resource, "date")), family=True)
    facts = (
        fact
        for number, each in enumerate(children(record.resource, "condition"))
        for said in understand(child(each, "code"), NOWHERE, language).said
        for fact in facts_of(
            setting, said, present(stated(said, language)), NOWHERE, language, place=f"condition[{number}]"
        )
    )
    return Read(facts=tuple(facts))
