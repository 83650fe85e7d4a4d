"""The search index in a database: one row per version for as long as it stood, and its tokens and references."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import count, islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import sqlite

from fhirsvc.adapters.database.tables import FINDABLE, FOUND_BY, HEAD, VERSION
from fhirsvc.adapters.database.versions import read_version
from fhirsvc.fhir.search.criteria import By, Clause, Criteria, Order, Token
from fhirsvc.fhir.search.dates import Bound
from fhirsvc.fhir.search.index import Indexed, indexed
from fhirsvc.fhir.search.query import expired
from fhirsvc.usecases.ports import Page, Version

# Statements are made once: making one costs more than running it.
_LAST = select(func.max(FINDABLE.c.id))
_KNOWN = select(FINDABLE.c.id).where(FINDABLE.c.id == bindparam("of_moment"))
_END = (
    update(FINDABLE)
    .where(
        FINDABLE.c.tenant == bindparam("of_tenant"),
        FINDABLE.c.type == bindparam("of_type"),
        FINDABLE.c.resource == bindparam("of_resource"),
        FINDABLE.c.until.is_(None),
    )
    .values(until=bindparam("to_until"))
)
_STAND = insert(FINDABLE)
_FIND_BY = str(insert(FOUND_BY).compile(dialect=sqlite.dialect()))
"""As text, because its rows are many and need nothing done to them; they give the columns in their order."""

_SHOWN = (
    select(FINDABLE.c.id.label("place"), VERSION)
    .join(
        VERSION,
        and_(
            VERSION.c.tenant == FINDABLE.c.tenant,
            VERSION.c.type == FINDABLE.c.type,
            VERSION.c.id == FINDABLE.c.resource,
            VERSION.c.version == FINDABLE.c.version,
        ),
    )
    .where(FINDABLE.c.id.in_(bindparam("of_places", expanding=True)))
)
_EVERY_HEAD = select(VERSION).join(
    HEAD,
    and_(
        VERSION.c.tenant == HEAD.c.tenant,
        VERSION.c.type == HEAD.c.type,
        VERSION.c.id == HEAD.c.id,
        VERSION.c.version == HEAD.c.version,
    ),
)

_AT_ONCE = 500
"""Heads that are held at once while all of them are indexed anew."""


def note(connection: Connection, tenant: str, versions: Sequence[Version], *, again: bool = False) -> None:
    """Let these versions be found from now on, in place of what stood of the same resources; again: they stood already.

    Places count what was ever noted, so that a moment of the store is the last place there was; one writer counts them.
    """
    after = connection.execute(_LAST).scalar() or 0
    found = [(place, each, indexed(each.type, each.body)) for place, each in enumerate(versions, start=after + 1)]
    ended = [
        {"of_tenant": tenant, "of_type": each.type, "of_resource": each.id, "to_until": place}
        for place, each, _ in found
        if again or each.version > 1
    ]
    if ended:
        connection.execute(_END, ended)
    if found:
        connection.execute(_STAND, [_row(tenant, *each) for each in found])
    keys = [row for place, each, by in found for row in _keys(tenant, place, each.type, by)]
    if keys:
        connection.exec_driver_sql(_FIND_BY, keys)


def rebuild(connection: Connection) -> None:
    """Index every head anew; links to pages of earlier searches are known no more."""
    last = connection.execute(_LAST).scalar() or 0
    connection.execute(delete(FOUND_BY))
    connection.execute(delete(FINDABLE))
    places = count(last + 1)
    rows = iter(connection.execute(_EVERY_HEAD, execution_options={"yield_per": _AT_ONCE}))
    while some := list(islice(rows, _AT_ONCE)):
        found = [(next(places), row.tenant, read_version(row)) for row in some]
        known = [(place, tenant, each, indexed(each.type, each.body)) for place, tenant, each in found]
        connection.execute(_STAND, [_row(tenant, place, each, by) for place, tenant, each, by in known])
        keys = [row for place, tenant, each, by in known for row in _keys(tenant, place, each.type, by)]
        if keys:
            connection.exec_driver_sql(_FIND_BY, keys)


def find(connection: Connection, tenant: str, criteria: Criteria) -> Page:
    """One page of what met the criteria at their moment; raises Refused when that is known no more."""
    at = _moment(connection, criteria)
    conditions = [*_standing(at), *_conditions(tenant, criteria)]
    total = None
    if criteria.counted:
        total = connection.execute(select(func.count()).select_from(FINDABLE).where(*conditions)).scalar_one()
    if criteria.count == 0 or total == 0:
        return Page((), total, at, more=False)
    query = select(FINDABLE.c.id).where(*conditions).order_by(*_order(criteria))
    places = connection.execute(query.limit(criteria.count + 1).offset(criteria.offset)).scalars().all()
    page = places[: criteria.count]
    shown = {row.place: read_version(row) for row in connection.execute(_SHOWN, {"of_places": page})}
    return Page(tuple(shown[place] for place in page), total, at, more=len(places) > len(page))


def _moment(connection: Connection, criteria: Criteria) -> int:
    if criteria.at is None:
        return connection.execute(_LAST).scalar() or 0
    if criteria.at and connection.execute(_KNOWN, {"of_moment": criteria.at}).first() is None:
        raise expired()
    return criteria.at


def _standing(at: int) -> Iterator[ColumnElement[bool]]:
    yield FINDABLE.c.id + 0 <= at  # an expression, so that no index is chosen for it: it leaves almost everything
    yield or_(FINDABLE.c.until.is_(None), FINDABLE.c.until > at)
    yield ~FINDABLE.c.deleted


# SQLite chooses an index by the columns that are compared and sorted by, not by what they hold. So it is led: to the
# ids or patients where they are given, else to the tokens. Only where none of these lead do dates and the order.
def _is_led(criteria: Criteria) -> bool:
    return bool(criteria.ids or criteria.patients or _leader(criteria))


def _not_leading(column: ColumnElement[Any], criteria: Criteria) -> ColumnElement[Any]:
    """A column, as an expression where something else leads, so that no index is chosen for it."""
    return func.coalesce(column, None) if _is_led(criteria) else column


def _leader(criteria: Criteria) -> Clause | None:
    """The clause that leads to what is found: an identifier before any other; None where ids or patients lead."""
    leading = [each for each in criteria.keys if not each.negated]
    if criteria.ids or criteria.patients:
        return None
    return min(leading, key=lambda each: each.name != "identifier", default=None)


def _conditions(tenant: str, criteria: Criteria) -> Iterator[ColumnElement[bool]]:
    leader = _leader(criteria)
    if leader is None:
        yield FINDABLE.c.tenant == tenant
        yield FINDABLE.c.type == criteria.type
    else:  # its keys are of this tenant and type, and so is what they lead to
        yield FINDABLE.c.id.in_(select(FOUND_BY.c.place).where(_keyed(tenant, criteria.type, leader)))
    for clause in criteria.keys:
        if clause is not leader:
            found = exists().where(FOUND_BY.c.place == FINDABLE.c.id, _keyed(tenant, criteria.type, clause))
            yield ~found if clause.negated else found
    yield from (FINDABLE.c.resource.in_(wanted) for wanted in criteria.ids)
    yield from (FINDABLE.c.patient.in_(wanted) for wanted in criteria.patients)
    yield from _compared(criteria.dates, _not_leading(FINDABLE.c.sorted_by, criteria), FINDABLE.c.last_date)
    received = _not_leading(FINDABLE.c.received, criteria)
    yield from _compared(criteria.updated, received, received)


def _keyed(tenant: str, type: str, clause: Clause) -> ColumnElement[bool]:
    return and_(
        FOUND_BY.c.tenant == tenant,
        FOUND_BY.c.type == type,
        FOUND_BY.c.name == clause.name,
        or_(*map(_named, clause.tokens)),
    )


def _named(wanted: Token) -> ColumnElement[bool]:
    parts = [(FOUND_BY.c.system, wanted.system), (FOUND_BY.c.value, wanted.value)]
    return and_(True, *(column == value for column, value in parts if value is not None))


_Instants = ColumnElement[datetime]


def _compared(wanted: Sequence[Collection[Bound]], first: _Instants, last: _Instants) -> Iterator[ColumnElement[bool]]:
    """Each of the conditions, by any of its bounds; what has no last instant has no date and meets none."""
    for bounds in wanted:
        yield and_(last.is_not(None), or_(*(_stands(bound, first, last) for bound in bounds)))


def _stands(bound: Bound, first: _Instants, last: _Instants) -> ColumnElement[bool]:
    """As Bound.matches."""
    within = and_(first >= bound.first, first <= bound.last, last <= bound.last)
    return {
        "eq": within,
        "ne": or_(first < bound.first, last > bound.last),
        "gt": last > bound.last,
        "lt": first < bound.first,
        "ge": or_(last > bound.last, within),
        "le": or_(first < bound.first, within),
        "sa": first > bound.last,
        "eb": and_(first < bound.first, last < bound.first),
        "ap": and_(first <= bound.last, last >= bound.first),
    }[bound.prefix]


_SORTED_BY: dict[By, Any] = {
    By.DATE: FINDABLE.c.sorted_by,
    By.LAST_UPDATED: FINDABLE.c.received,
    By.ID: FINDABLE.c.resource,
}


def _order(criteria: Criteria) -> Iterator[ColumnElement[Any]]:
    for step in (*criteria.order, Order(By.ID)):
        column = _not_leading(_SORTED_BY[step.by], criteria)
        yield column.desc() if step.descending else column


def _row(tenant: str, place: int, version: Version, by: Indexed) -> dict[str, object]:
    return {
        "id": place,
        "tenant": tenant,
        "type": version.type,
        "resource": version.id,
        "version": version.version,
        "patient": version.patient,
        "received": version.received,
        "sorted_by": by.sorted_by,
        "last_date": by.last,
        "deleted": version.deleted,
        "until": None,
    }


def _keys(tenant: str, place: int, type: str, by: Indexed) -> Iterator[tuple[str | int, ...]]:
    return ((tenant, type, key.name, key.value, place, key.system) for key in by.keys)
