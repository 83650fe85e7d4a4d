"""Patient → Person: date of birth of any precision, and whether the person has died."""

from __future__ import annotations

from fhirsvc.domain.evidence import Person
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.record import Record
from fhirsvc.fhir.extract.tree import string


def read_patient(record: Record) -> Person:
    """deceasedDateTime says as much as deceasedBoolean true."""
    node = record.resource
    return Person(
        birth=moment(string(node, "birthDate")),
        deceased=node.get("deceasedBoolean") is True or bool(string(node, "deceasedDateTime")),
        reference=record.reference,
    )
