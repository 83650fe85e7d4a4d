"""Who is one person, in a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.tables import KNOWN_BY, PATIENT
from fhirsvc.adapters.database.upsert import compiled
from fhirsvc.domain.joining import Identity, Joined, Link, LinkType, Number

_MOST_PARAMETERS = 10_000

_T = TypeVar("_T")

# Statements are made once: making one costs more than running it.
_THESE = and_(PATIENT.c.tenant == bindparam("of_tenant"), PATIENT.c.id.in_(bindparam("of_ids", expanding=True)))
_IDENTITIES = select(PATIENT.c.id, PATIENT.c.identity).where(_THESE, PATIENT.c.identity.is_not(None))
_PERSONS = select(PATIENT.c.id, PATIENT.c.person).where(_THESE)
_MEMBERS = (
    select(PATIENT.c.id)
    .where(PATIENT.c.tenant == bindparam("of_tenant"), PATIENT.c.person == bindparam("of_person"))
    .order_by(PATIENT.c.id)
)
_KEY = [PATIENT.c.tenant, PATIENT.c.id]
_FIRST = ("tenant", "id", "person", "watermark", "evaluated")
_NEW = upsert(PATIENT)
_IDENTIFY = compiled(
    _NEW.on_conflict_do_update(index_elements=_KEY, set_={"identity": _NEW.excluded.identity}), *_FIRST, "identity"
)
_JOIN = compiled(_NEW.on_conflict_do_update(index_elements=_KEY, set_={"person": _NEW.excluded.person}), *_FIRST)
_FORGET = delete(KNOWN_BY).where(
    KNOWN_BY.c.tenant == bindparam("of_tenant"), KNOWN_BY.c.patient == bindparam("of_patient")
)
_KNOW_BY = insert(KNOWN_BY)
_TIED = select(KNOWN_BY.c.patient).where(
    KNOWN_BY.c.tenant == bindparam("of_tenant"),
    or_(
        and_(KNOWN_BY.c.name == "number", KNOWN_BY.c.value.in_(bindparam("of_numbers", expanding=True))),
        and_(KNOWN_BY.c.name == "link", KNOWN_BY.c.value.in_(bindparam("of_ids", expanding=True))),
    ),
)
_BEARERS = select(KNOWN_BY.c.value, KNOWN_BY.c.patient).where(
    KNOWN_BY.c.tenant == bindparam("of_tenant"),
    KNOWN_BY.c.name == "identifier",
    KNOWN_BY.c.value.in_(bindparam("of_identifiers", expanding=True)),
)


class DatabasePersons:
    """See ports.Persons."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def identities(self, tenant: str, patients: Collection[str]) -> Mapping[str, Identity]:
        """Who these Patients were last said to be, for each that was received."""
        found: dict[str, Identity] = {}
        for some in in_parts(patients):
            rows = self._connection.execute(_IDENTITIES, {"of_tenant": tenant, "of_ids": some})
            found |= {row.id: _identity(row.id, row.identity) for row in rows}
        return found

    def identify(self, tenant: str, identities: Collection[Identity]) -> None:
        """Keep who each of these Patients is, in place of who it was said to be."""
        rows = [{**_first_row(tenant, each.patient), "identity": _kept(each)} for each in identities]
        if not rows:
            return
        self._connection.execute(_IDENTIFY, rows)
        self._connection.execute(_FORGET, [{"of_tenant": tenant, "of_patient": each.patient} for each in identities])
        known = [
            {"tenant": tenant, "name": name, "value": value, "patient": each.patient}
            for each in identities
            for name, value in _known_by(each)
        ]
        if known:
            self._connection.execute(_KNOW_BY, known)

    def tied(self, tenant: str, identities: Collection[Identity]) -> Collection[str]:
        """The Patients that bear a number of one of these or link to one, perhaps they themselves."""
        numbers = {written(number) for each in identities for number in each.numbers}
        named = [*((number, True) for number in numbers), *((each.patient, False) for each in identities)]
        found: set[str] = set()
        for some in in_parts(named):
            asked = {
                "of_tenant": tenant,
                "of_numbers": [value for value, is_number in some if is_number],
                "of_ids": [value for value, is_number in some if not is_number],
            }
            found.update(self._connection.execute(_TIED, asked).scalars())
        return found

    def bearers(self, tenant: str, identifiers: Collection[Number]) -> Mapping[Number, Collection[str]]:
        """The Patients that bear each of these identifiers, where there are any."""
        by_text = {written(each): each for each in identifiers}
        found: dict[Number, set[str]] = defaultdict(set)
        for some in in_parts(by_text):
            rows = self._connection.execute(_BEARERS, {"of_tenant": tenant, "of_identifiers": some})
            for value, patient in rows:
                found[by_text[value]].add(patient)
        return found

    def join(self, tenant: str, persons: Collection[Joined]) -> None:
        """Make each of these a person; their members leave the persons they were."""
        rows = [
            {**_first_row(tenant, member), "person": person.survivor} for person in persons for member in person.members
        ]
        if rows:
            self._connection.execute(_JOIN, rows)

    def of(self, tenant: str, patients: Collection[str]) -> Mapping[str, str]:
        """The survivor of the person that each of these Patients is."""
        found = {each: each for each in patients}
        for some in in_parts(patients):
            rows = self._connection.execute(_PERSONS, {"of_tenant": tenant, "of_ids": some})
            found |= {row.id: row.person for row in rows}
        return found

    def members(self, tenant: str, person: str) -> Sequence[str]:
        """The Patients that are this person, in order; none when nothing came of it, or it was joined to another."""
        return self._connection.execute(_MEMBERS, {"of_tenant": tenant, "of_person": person}).scalars().all()


def written(number: Number) -> str:
    """An identifier as one text; a system is a URI and so holds no space."""
    return " ".join(number)


def read_number(text: str) -> Number:
    """An identifier from its text."""
    system, _, value = text.partition(" ")
    return system, value


def in_parts(values: Collection[_T]) -> Iterator[list[_T]]:
    """All values, as many at once as a statement of SQLite takes."""
    every = list(values)
    for start in range(0, len(every), _MOST_PARAMETERS):
        yield every[start : start + _MOST_PARAMETERS]


def _first_row(tenant: str, patient: str) -> dict[str, object]:
    """A Patient of whom nothing has come yet."""
    return {"tenant": tenant, "id": patient, "person": patient, "watermark": 0, "evaluated": 0}


def _known_by(identity: Identity) -> Iterator[tuple[str, str]]:
    yield from {("identifier", written(number)) for number in identity.identifiers}
    yield from {("number", written(number)) for number in identity.numbers}
    yield from {("link", link.patient) for link in identity.links}


def _kept(identity: Identity) -> bytes | None:
    if not identity.received:
        return None
    return orjson.dumps(
        {
            "identifiers": sorted(identity.identifiers),
            "numbers": sorted(identity.numbers),
            "links": sorted((link.type, link.patient) for link in identity.links),
            "birth": identity.birth,
            "gender": identity.gender,
            "active": identity.active,
        }
    )


def _identity(patient: str, kept: bytes) -> Identity:
    told = orjson.loads(kept)
    return Identity(
        patient=patient,
        identifiers=frozenset((system, value) for system, value in told["identifiers"]),
        numbers=frozenset((system, value) for system, value in told["numbers"]),
        links=frozenset(Link(LinkType(type_), other) for type_, other in told["links"]),
        birth=told["birth"],
        gender=told["gender"],
        active=told["active"],
    )
