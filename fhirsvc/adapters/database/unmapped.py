"""What was not understood of the records as they stand, in a database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.persons import in_parts
from fhirsvc.adapters.database.tables import MISSED, MISSED_PLACES
from fhirsvc.adapters.database.upsert import compiled
from fhirsvc.usecases.ports import MOST_LISTED, MOST_MISSED, Missed, Sighting, Tally

_OF_TENANT = MISSED.c.tenant == bindparam("of_tenant")

# Statements are made once: making one costs more than running it.
_NOTED = select(MISSED).where(_OF_TENANT, MISSED.c.person.in_(bindparam("of_persons", expanding=True)))
_FORGET = delete(MISSED).where(MISSED.c.id == bindparam("of_id"))
_NOTE = insert(MISSED)
_ASSIGN = (
    MISSED.update()
    .where(_OF_TENANT, MISSED.c.person.in_(bindparam("of_persons", expanding=True)))
    .values(person=bindparam("to_person"))
)
_PLACES = select(MISSED_PLACES.c.places).where(MISSED_PLACES.c.tenant == bindparam("of_tenant"))
_MORE = upsert(MISSED_PLACES)
_COUNT = compiled(
    _MORE.on_conflict_do_update(
        index_elements=[MISSED_PLACES.c.tenant], set_={"places": MISSED_PLACES.c.places + _MORE.excluded.places}
    )
)
_SAME = [MISSED.c.why, MISSED.c.system, MISSED.c.code, MISSED.c.phrase]
_COUNTED = (
    select(
        func.count().label("places"),
        func.count(MISSED.c.person.distinct()).label("persons"),
        func.min(MISSED.c.since).label("first"),
        func.max(MISSED.c.since).label("last"),
        func.max(MISSED.c.id).label("newest"),
    )
    .where(_OF_TENANT)
    .group_by(*_SAME)
    .subquery()
)
_TALLIES = (
    select(_COUNTED, MISSED)
    .join(MISSED, MISSED.c.id == _COUNTED.c.newest)
    .order_by(_COUNTED.c.places.desc(), *_SAME)
    .limit(MOST_LISTED)
)
_IS_SAID = and_(
    MISSED.c.system == bindparam("of_system"),
    MISSED.c.code == bindparam("of_code"),
    MISSED.c.phrase == bindparam("of_phrase"),
)
_PERSONS = select(MISSED.c.person).where(_OF_TENANT, _IS_SAID).distinct()


class DatabaseMisses:
    """See ports.Misses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(
        self, tenant: str, person: str, patients: Collection[str], sightings: Collection[Sighting], at: datetime
    ) -> None:
        """Note what is not understood now of a person, in place of what was noted of these Patients."""
        wanted = set(sightings)
        noted = self._noted(tenant, {person, *patients})
        stay: dict[Sighting, Row[tuple[Any, ...]]] = {}
        gone = []
        for row in noted:
            sighting = _sighting(row)
            if sighting in wanted and sighting not in stay:
                stay[sighting] = row
            else:
                gone.append({"of_id": row.id})
        if gone:
            self._connection.execute(_FORGET, gone)
        others = sorted({row.person for row in stay.values()} - {person})
        if others:
            self._connection.execute(_ASSIGN, {"of_tenant": tenant, "of_persons": others, "to_person": person})
        new = sorted(wanted - stay.keys(), key=lambda each: (each.reference, each.place))
        new = new[: self._room(tenant) + len(gone)] if new else []
        if new:
            self._connection.execute(_NOTE, [_row(tenant, person, each, at) for each in new])
        if len(new) != len(gone):
            self._connection.execute(_COUNT, {"tenant": tenant, "places": len(new) - len(gone)})

    def _noted(self, tenant: str, persons: Collection[str]) -> list[Row[tuple[Any, ...]]]:
        return [
            row
            for some in in_parts(persons)
            for row in self._connection.execute(_NOTED, {"of_tenant": tenant, "of_persons": some})
        ]

    def _room(self, tenant: str) -> int:
        return max(MOST_MISSED - (self._connection.execute(_PLACES, {"of_tenant": tenant}).scalar() or 0), 0)

    def tallies(self, tenant: str) -> Sequence[Tally]:
        """What a sender sent and was not understood, the most frequent first, MOST_LISTED at most."""
        return [_tally(row) for row in self._connection.execute(_TALLIES, {"of_tenant": tenant})]

    def persons(self, tenant: str, system: str, code: str, phrase: str) -> Collection[str]:
        """The persons in whose records this code, or this phrase without one, is not understood."""
        said = {"of_tenant": tenant, "of_system": system, "of_code": code, "of_phrase": phrase}
        return self._connection.execute(_PERSONS, said).scalars().all()

    def is_full(self, tenant: str) -> bool:
        """Are MOST_MISSED places of the sender noted?"""
        return self._room(tenant) == 0


def _row(tenant: str, person: str, sighting: Sighting, at: datetime) -> dict[str, object]:
    missed = sighting.missed
    return {
        "tenant": tenant,
        "person": person,
        "reference": sighting.reference,
        "place": sighting.place,
        "why": missed.why,
        "system": missed.system,
        "code": missed.code,
        "phrase": missed.phrase,
        "text": missed.text,
        "since": at,
    }


def _sighting(row: Row[tuple[Any, ...]]) -> Sighting:
    missed = Missed(why=row.why, system=row.system, code=row.code, phrase=row.phrase, text=row.text)
    return Sighting(missed, row.reference, row.place)


def _tally(row: Row[tuple[Any, ...]]) -> Tally:
    example = _sighting(row)
    return Tally(
        missed=example.missed,
        places=row.places,
        persons=row.persons,
        first=row.first,
        last=row.last,
        example=example,
    )
