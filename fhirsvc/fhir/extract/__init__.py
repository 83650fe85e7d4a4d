"""Resources into Facts, one file per resource type; silence stays silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Evidence, Fact, Presence
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.condition import read_condition
from fhirsvc.fhir.extract.diagnostic_report import read_diagnostic_report
from fhirsvc.fhir.extract.document_reference import read_binary, read_document_reference
from fhirsvc.fhir.extract.dossier import Dossier, dossier_of
from fhirsvc.fhir.extract.encounter import read_encounter
from fhirsvc.fhir.extract.family_member_history import read_family_member_history
from fhirsvc.fhir.extract.language import Language, language_of
from fhirsvc.fhir.extract.medication import read_medication
from fhirsvc.fhir.extract.observation import read_observation
from fhirsvc.fhir.extract.patient import person_of
from fhirsvc.fhir.extract.procedure import read_procedure
from fhirsvc.fhir.extract.questionnaire_response import read_questionnaire_response
from fhirsvc.fhir.extract.record import Extraction, Read, Record, Unread

__all__ = ["Extraction", "Record", "Unread", "extract"]

_READERS: Mapping[str, Callable[[Record, Dossier], Read]] = {
    "Observation": read_observation,
    "Condition": read_condition,
    "DiagnosticReport": read_diagnostic_report,
    "Procedure": read_procedure,
    "FamilyMemberHistory": read_family_member_history,
    "MedicationStatement": read_medication,
    "MedicationAdministration": read_medication,
    "MedicationRequest": read_medication,
    "DocumentReference": read_document_reference,
    "Binary": read_binary,
    "QuestionnaireResponse": read_questionnaire_response,
    "Encounter": read_encounter,
}
"""A type that is not here is never evidence: a ServiceRequest is a question, a Medication a thing, a Goal a wish."""

_UNDERSTOOD = frozenset({"Patient", *_READERS})


def extract(
    records: Iterable[Record], lexicon: Lexicon, reading: ReadingLexicon, spokesmen: Sequence[str] = ()
) -> Extraction:
    """All Facts of one person's records, the same whatever their order.

    records: the current version of each resource of one person.  spokesmen: as for person_of.  Never raises, whatever
    JSON they hold.
    """
    records = sorted(records, key=lambda record: record.reference)
    person = person_of(records, spokesmen)
    language = language_of(lexicon, reading)
    dossier = dossier_of(records, person, language)
    read = Read.all(_READERS[record.type](record, dossier) for record in records if record.type in _READERS)
    facts = dict.fromkeys((*read.facts, *_denied_with(read.facts, language)))
    return Extraction(
        evidence=Evidence(person=person, facts=tuple(sorted(facts, key=_order))),
        unread=tuple(sorted(read.unread)),
        ignored=tuple(record.reference for record in records if record.type not in _UNDERSTOOD),
    )


def _denied_with(facts: Iterable[Fact], language: Language) -> Iterator[Fact]:
    """What a denial of something denies as well: "no back pain" leaves none of the lower back (RULES 3.9 U3)."""
    for each in facts:
        if each.presence is Presence.ABSENT and (other := language.word("denied-with", each.concept)):
            yield replace(each, concept=other)


def _order(fact: Fact) -> tuple[object, ...]:
    return (fact.source, fact.concept, fact.side, fact.root or "", fact.area, fact.presence, fact.result)
