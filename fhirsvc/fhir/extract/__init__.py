"""Resources of one patient → Evidence: one file per resource type; silence stays silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fhirsvc.domain.evidence import Evidence, Person
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.condition import read_condition
from fhirsvc.fhir.extract.diagnostic_report import read_diagnostic_report
from fhirsvc.fhir.extract.family_member_history import read_family_member_history
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.observation import read_observation
from fhirsvc.fhir.extract.patient import read_patient
from fhirsvc.fhir.extract.procedure import read_procedure
from fhirsvc.fhir.extract.record import Extraction, Read, Record, Unread

__all__ = ["Extraction", "Record", "Unread", "extract"]

_READERS: Mapping[str, Callable[[Record, Language, Person], Read]] = {
    "Condition": lambda record, language, person: read_condition(record, language, person.birth),
    "DiagnosticReport": lambda record, language, _: read_diagnostic_report(record, language),
    "FamilyMemberHistory": lambda record, language, _: read_family_member_history(record, language),
    "Observation": lambda record, language, _: read_observation(record, language),
    "Procedure": lambda record, language, _: read_procedure(record, language),
}


def extract(records: Iterable[Record], lexicon: Lexicon, reading: ReadingLexicon) -> Extraction:
    """Everything that the records of one patient say, as Facts; what is of another type says nothing.

    A ServiceRequest in particular is never evidence: an indication is a question.
    """
    known = sorted(records, key=lambda record: (record.type, record.id, record.version))
    language = Language(lexicon, reading)
    person = next((read_patient(record) for record in known if record.type == "Patient"), Person())
    read = Read.all(_READERS[record.type](record, language, person) for record in known if record.type in _READERS)
    return Extraction(Evidence(person=person, facts=read.facts), tuple(sorted(set(read.unread))))
