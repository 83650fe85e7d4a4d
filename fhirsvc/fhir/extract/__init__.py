"""Resources into Facts, one file per resource type; silence stays silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fhirsvc.domain.evidence import Evidence, Fact, Person
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.condition import read_condition
from fhirsvc.fhir.extract.diagnostic_report import read_diagnostic_report
from fhirsvc.fhir.extract.family_member_history import read_family_member_history
from fhirsvc.fhir.extract.language import Language, language_of
from fhirsvc.fhir.extract.observation import read_observation
from fhirsvc.fhir.extract.patient import person_of
from fhirsvc.fhir.extract.procedure import read_procedure
from fhirsvc.fhir.extract.record import Extraction, Read, Record, Unread

__all__ = ["Extraction", "Record", "Unread", "extract"]

_READERS: Mapping[str, Callable[[Record, Person, Language], Read]] = {
    "Observation": read_observation,
    "Condition": read_condition,
    "DiagnosticReport": read_diagnostic_report,
    "Procedure": read_procedure,
    "FamilyMemberHistory": read_family_member_history,
}
"""A type that is not here is never evidence: a ServiceRequest is a question, an Encounter a circumstance."""


def extract(records: Iterable[Record], lexicon: Lexicon, reading: ReadingLexicon) -> Extraction:
    """All Facts of one patient's records, the same whatever their order.

    records: the current version of each resource of one patient. Never raises, whatever JSON they hold.
    """
    records = sorted(records, key=lambda record: record.reference)
    person = person_of(records)
    language = language_of(lexicon, reading)
    read = Read.all(_READERS[record.type](record, person, language) for record in records if record.type in _READERS)
    return Extraction(
        evidence=Evidence(person=person, facts=tuple(sorted(read.facts, key=_order))),
        unread=tuple(sorted(read.unread)),
    )


def _order(fact: Fact) -> tuple[object, ...]:
    return (fact.source, fact.concept, fact.side, fact.root or "", fact.area, fact.presence, fact.result)
