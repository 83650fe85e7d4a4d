"""A history in a database: the versions themselves, for none is ever changed or thrown away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, select, tuple_

from fhirsvc.adapters.database.tables import VERSION
from fhirsvc.adapters.database.versions import read_version
from fhirsvc.fhir.history import Past
from fhirsvc.usecases.ports import History

_PLACE = (VERSION.c.received, VERSION.c.type, VERSION.c.id, VERSION.c.version)
_LATER = VERSION.alias("later")


def tell(connection: Connection, tenant: str, past: Past) -> History:
    """One page of the versions that are asked for, the last received first."""
    asked = [VERSION.c.tenant == tenant, *_conditions(past)]
    total = past.total
    if total is None:
        total = connection.execute(select(func.count()).select_from(VERSION).where(*asked)).scalar_one()
    query = select(VERSION).where(*asked, *_beyond(past)).order_by(*(column.desc() for column in _place(past)))
    found = [read_version(row) for row in connection.execute(query.limit(past.count + 1))]
    return History(tuple(found[: past.count]), total, more=len(found) > past.count)


def _place(past: Past) -> Sequence[ColumnElement[Any]]:
    """The order; of one resource as expressions, so that SQLite is led to its few versions and to no other index."""
    return [func.coalesce(column, None) for column in _PLACE] if past.id else _PLACE


def _conditions(past: Past) -> Iterator[ColumnElement[bool]]:
    if past.type:
        yield VERSION.c.type == past.type
    if past.id:
        yield VERSION.c.id == past.id
    if past.since is not None:
        yield VERSION.c.received >= past.since
    if past.last is not None:
        yield VERSION.c.received <= past.last
    if past.first is not None:
        yield ~_ended_by(past)


def _ended_by(past: Past) -> ColumnElement[bool]:
    """Did another version follow before the first instant that is asked for, or just then?"""
    followed = and_(
        _LATER.c.tenant == VERSION.c.tenant,
        _LATER.c.type == VERSION.c.type,
        _LATER.c.id == VERSION.c.id,
        _LATER.c.version == VERSION.c.version + 1,
        _LATER.c.received <= past.first,
    )
    return exists().where(followed)


def _beyond(past: Past) -> Iterator[ColumnElement[bool]]:
    if past.after is not None:
        after = past.after
        values = (after.received, after.type, after.id, after.version)
        yield tuple_(*_place(past)) < tuple_(*map(literal, values, (column.type for column in _PLACE)))
