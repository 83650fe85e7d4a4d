"""The Patient resource into a Person: date of birth as precise as recorded, and whether deceased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fhirsvc.domain.evidence import Moment, Person
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.record import Record
from fhirsvc.fhir.extract.tree import string


def person_of(records: Sequence[Record], spokesmen: Sequence[str] = ()) -> Person:
    """The person that all Patient records of one person describe.

    spokesmen: ids of the Patients that count first, the survivor before all; () = all count alike.  Dates of birth that
    cannot be one leave it unknown, and one that is said to live is not taken for deceased.
    """
    patients = sorted((record for record in records if record.type == "Patient"), key=lambda record: record.reference)
    first = [record for name in spokesmen for record in patients if record.id == name] or patients
    rest = [record for record in patients if record not in first]
    return Person(
        birth=_agreed(_births(first) or _births(rest)),
        deceased=_are_deceased(_told(first) or _told(rest)),
        reference=first[0 if spokesmen else -1].reference if first else "",
    )


def _births(records: Iterable[Record]) -> list[Moment]:
    found = (moment(string(record.resource, "birthDate")) for record in records)
    return [birth for birth in found if birth is not None]


def _agreed(births: Sequence[Moment]) -> Moment | None:
    """The most precise, when it lies within all others."""
    closest = min(births, key=lambda birth: birth.last - birth.first, default=None)
    agreed = closest is not None and all(each.first <= closest.first and closest.last <= each.last for each in births)
    return closest if agreed else None


def _told(records: Iterable[Record]) -> list[bool]:
    """Whether each that says so is deceased or lives."""
    return [_is_deceased(each) for each in records if {"deceasedBoolean", "deceasedDateTime"} & each.resource.keys()]


def _are_deceased(told: Sequence[bool]) -> bool:
    return bool(told) and all(told)


def _is_deceased(record: Record) -> bool:
    return record.resource.get("deceasedBoolean") is True or bool(string(record.resource, "deceasedDateTime"))
