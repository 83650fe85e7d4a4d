"""Every version of every resource, in a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.tables import HEAD, IDENTIFIER, VERSION
from fhirsvc.fhir.search import (
    PARAMETERS,
    Bound,
    Criteria,
    Indexed,
    Place,
    Token,
    indexed,
    place_of,
    token,
)
from fhirsvc.usecases.ports import Page, Version

_IS_HEAD = and_(
    VERSION.c.tenant == HEAD.c.tenant,
    VERSION.c.type == HEAD.c.type,
    VERSION.c.id == HEAD.c.id,
    VERSION.c.version == HEAD.c.version,
)

# Statements are made once: making one costs more than running it.
_OF_TENANT = select(VERSION).join(HEAD, _IS_HEAD).where(HEAD.c.tenant == bindparam("of_tenant"))
_HEADS = _OF_TENANT.where(HEAD.c.type == bindparam("of_type"), HEAD.c.id.in_(bindparam("of_ids", expanding=True)))
_EVIDENCE = _OF_TENANT.where(HEAD.c.patient == bindparam("of_patient"), HEAD.c.evidence)
_VERSION = select(VERSION).where(
    VERSION.c.tenant == bindparam("of_tenant"),
    VERSION.c.type == bindparam("of_type"),
    VERSION.c.id == bindparam("of_id"),
    VERSION.c.version == bindparam("of_version"),
)
_ADD = insert(VERSION)
_NEW_HEAD = upsert(HEAD)
_MOVE = _NEW_HEAD.on_conflict_do_update(
    index_elements=list(HEAD.primary_key.columns),
    set_={column.name: _NEW_HEAD.excluded[column.name] for column in HEAD.columns if not column.primary_key},
)
_FORGET = delete(IDENTIFIER).where(
    IDENTIFIER.c.tenant == bindparam("of_tenant"),
    IDENTIFIER.c.type == bindparam("of_type"),
    IDENTIFIER.c.id == bindparam("of_id"),
)
_IDENTIFY = insert(IDENTIFIER)

_MOST_PARAMETERS = 10_000
"""A statement of SQLite takes 32,766 parameters."""


class DatabaseResources:
    """Versions are added, heads moved; see ports.Resources."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists."""
        ids: dict[str, list[str]] = defaultdict(list)
        for type_, id_ in keys:
            ids[type_].append(id_)
        found: dict[tuple[str, str], Version] = {}
        for type_, wanted in ids.items():
            for start in range(0, len(wanted), _MOST_PARAMETERS):
                some = wanted[start : start + _MOST_PARAMETERS]
                heads = self._versions(_HEADS, of_tenant=tenant, of_type=type_, of_ids=some)
                found |= {(each.type, each.id): each for each in heads}
        return found

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""
        found = self._versions(_VERSION, of_tenant=tenant, of_type=type, of_id=id, of_version=version)
        return next(iter(found), None)

    def evidence(self, tenant: str, patient: str) -> Sequence[Version]:
        """The newest version of each resource received for a patient."""
        return self._versions(_EVIDENCE, of_tenant=tenant, of_patient=patient)

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions and move their heads, the last of one resource winning."""
        if not versions:
            return
        self._connection.execute(_ADD, [_version_row(tenant, each) for each in versions])
        newest = {(each.type, each.id): each for each in versions}.values()
        found = [(each, indexed(each.type, each.body)) for each in newest]
        self._connection.execute(_MOVE, [_head_row(tenant, *each) for each in found])
        self._index(tenant, [each for each in found if each[0].type in PARAMETERS])

    def _index(self, tenant: str, found: Iterable[tuple[Version, Indexed]]) -> None:
        for version, by in found:
            self._connection.execute(_FORGET, {"of_tenant": tenant, "of_type": version.type, "of_id": version.id})
            key = {"tenant": tenant, "type": version.type, "id": version.id}
            rows = [{**key, "system": system, "value": value} for system, value in set(by.identifiers)]
            if rows:
                self._connection.execute(_IDENTIFY, rows)

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of the heads that match, latest date first."""
        conditions = [HEAD.c.tenant == tenant, HEAD.c.type == criteria.type, *_conditions(criteria)]
        total = self._connection.execute(select(func.count()).select_from(HEAD).where(*conditions)).scalar_one()
        query = _OF_TENANT.where(*conditions).order_by(HEAD.c.sorted_by.desc(), HEAD.c.id)
        if criteria.after is not None:
            query = query.where(_after(criteria.after))
        found = self._versions(query.limit(criteria.count + 1), of_tenant=tenant)
        page = tuple(found[: criteria.count])
        more = len(found) > criteria.count and bool(page)
        return Page(page, total, token(_place(page[-1])) if more else None)

    def _versions(self, query: Select[tuple[Any, ...]], **values: object) -> list[Version]:
        return [_version(row) for row in self._connection.execute(query, values)]


def _place(version: Version) -> Place:
    return place_of(version.id, indexed(version.type, version.body))


def _version(row: Row[tuple[Any, ...]]) -> Version:
    return Version(
        type=row.type,
        id=row.id,
        version=row.version,
        received=row.received,
        first_received=row.first_received,
        body=row.body,
        patient=row.patient,
        submission=row.submission,
    )


def _version_row(tenant: str, version: Version) -> dict[str, object]:
    return {
        "tenant": tenant,
        "type": version.type,
        "id": version.id,
        "version": version.version,
        "received": version.received,
        "first_received": version.first_received,
        "patient": version.patient,
        "submission": version.submission,
        "body": version.body,
    }


def _head_row(tenant: str, version: Version, by: Indexed) -> dict[str, object]:
    return {
        "tenant": tenant,
        "type": version.type,
        "id": version.id,
        "version": version.version,
        "patient": version.patient,
        "evidence": version.submission is not None,
        "status": by.status,
        "first_date": by.first,
        "last_date": by.last,
        "sorted_by": place_of(version.id, by).date,
    }


def _after(place: Place) -> ColumnElement[bool]:
    return or_(HEAD.c.sorted_by < place.date, and_(HEAD.c.sorted_by == place.date, HEAD.c.id > place.id))


def _conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    return [
        *(HEAD.c.id.in_(wanted) for wanted in criteria.ids),
        *(HEAD.c.patient.in_(wanted) for wanted in criteria.patients),
        *(HEAD.c.status.in_(wanted) for wanted in criteria.statuses),
        *(_identified(wanted) for wanted in criteria.identifiers),
        *(or_(*map(_dated, wanted)) for wanted in criteria.dates),
    ]


def _identified(wanted: Iterable[Token]) -> ColumnElement[bool]:
    same = and_(IDENTIFIER.c.tenant == HEAD.c.tenant, IDENTIFIER.c.type == HEAD.c.type, IDENTIFIER.c.id == HEAD.c.id)
    return exists().where(same, or_(*map(_named, wanted)))


def _named(wanted: Token) -> ColumnElement[bool]:
    parts = [(IDENTIFIER.c.system, wanted.system), (IDENTIFIER.c.value, wanted.value)]
    return and_(True, *(column == value for column, value in parts if value is not None))


def _dated(bound: Bound) -> ColumnElement[bool]:
    first, last = HEAD.c.first_date, HEAD.c.last_date
    within = and_(first >= bound.first, last <= bound.last)
    return {
        "eq": within,
        "ne": or_(first < bound.first, last > bound.last),
        "gt": last > bound.last,
        "lt": first < bound.first,
        "ge": or_(last > bound.last, within),
        "le": or_(first < bound.first, within),
    }[bound.prefix]
