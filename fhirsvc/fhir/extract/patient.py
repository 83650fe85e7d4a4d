"""The Patient resource into a Person: date of birth as precise as recorded, and whether deceased."""

from __future__ import annotations

from collections.abc import Sequence

from fhirsvc.domain.evidence import Moment, Person
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.record import Record
from fhirsvc.fhir.extract.tree import string


def person_of(records: Sequence[Record]) -> Person:
    """The person that all Patient records of one patient describe; dates of birth that differ leave it unknown."""
    patients = sorted((record for record in records if record.type == "Patient"), key=lambda record: record.reference)
    births = {birth for record in patients if (birth := _birth(record)) is not None}
    return Person(
        birth=births.pop() if len(births) == 1 else None,
        deceased=any(_is_deceased(record) for record in patients),
        reference=patients[-1].reference if patients else "",
    )


def _birth(record: Record) -> Moment | None:
    return moment(string(record.resource, "birthDate"))


def _is_deceased(record: Record) -> bool:
    return record.resource.get("deceasedBoolean") is True or bool(string(record.resource, "deceasedDateTime"))
