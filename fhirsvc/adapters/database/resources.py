"""Every version of every resource, in a database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as inserted

from fhirsvc.adapters.database.findable import find, note
from fhirsvc.adapters.database.history import tell
from fhirsvc.adapters.database.persons import in_parts, written
from fhirsvc.adapters.database.tables import HEAD, MENTION, VERSION
from fhirsvc.adapters.database.upsert import compiled
from fhirsvc.adapters.database.versions import read_version
from fhirsvc.domain.joining import Number
from fhirsvc.fhir.history import Past
from fhirsvc.fhir.references import shared_in
from fhirsvc.fhir.search import Criteria
from fhirsvc.usecases.ports import History, Page, Version

_OF_HEAD = and_(VERSION.c.tenant == HEAD.c.tenant, VERSION.c.type == HEAD.c.type, VERSION.c.id == HEAD.c.id)
_IS_HEAD = and_(_OF_HEAD, VERSION.c.version == HEAD.c.version)
_COUNTS = and_(_OF_HEAD, VERSION.c.version == HEAD.c.counted)

# Statements are made once: making one costs more than running it.
_OF_TENANT = HEAD.c.tenant == bindparam("of_tenant")
_THESE = and_(
    _OF_TENANT,
    HEAD.c.type.in_(bindparam("of_types", expanding=True)),
    HEAD.c.id.in_(bindparam("of_ids", expanding=True)),
)
_HEADS = select(VERSION).join(HEAD, _IS_HEAD).where(_THESE)
_COUNTED = select(VERSION).join(HEAD, _COUNTS).where(_OF_TENANT)
_COUNTED_THESE = _COUNTED.where(_THESE)
_EVIDENCE = _COUNTED.where(HEAD.c.patient.in_(bindparam("of_patients", expanding=True)))
_ABOUT = _COUNTED.where(HEAD.c.subject.in_(bindparam("of_subjects", expanding=True)), HEAD.c.subject.is_not(None))
_NAMING = (
    select(HEAD.c.patient)
    .join(VERSION, _COUNTS)
    .where(
        _OF_TENANT,
        HEAD.c.patient.is_not(None),
        func.instr(func.lower(cast(VERSION.c.body, String)), bindparam("of_word")) > 0,
    )
    .distinct()
)
_THIS_COUNTS = and_(
    _OF_TENANT,
    HEAD.c.type == bindparam("of_type"),
    HEAD.c.id == bindparam("of_id"),
    HEAD.c.counted == bindparam("of_version"),
)
_ASSIGN_HEAD = update(HEAD).where(_THIS_COUNTS).values(patient=bindparam("to_patient"))
_CONFIRM_HEAD = update(HEAD).where(_THIS_COUNTS, HEAD.c.updated.is_not(None)).values(updated=bindparam("to_updated"))
_THIS = and_(
    VERSION.c.tenant == bindparam("of_tenant"),
    VERSION.c.type == bindparam("of_type"),
    VERSION.c.id == bindparam("of_id"),
    VERSION.c.version == bindparam("of_version"),
)
_VERSION = select(VERSION).where(_THIS)
_ASSIGN = update(VERSION).where(_THIS).values(patient=bindparam("to_patient"))
_CONFIRM = update(VERSION).where(_THIS).values(updated=bindparam("to_updated"))
_ADD = insert(VERSION)
_HEAD = inserted(HEAD)
_NEW = _HEAD.excluded
_LATE = and_(_NEW.counted.is_not(None), HEAD.c.counted.is_not(None), HEAD.c.updated > _NEW.updated)
"""The version that counts is of a later time than the new one; NULL, and so not true, when one of them says none."""

_UNDATED = and_(HEAD.c.counted.is_not(None), HEAD.c.updated.is_(None))
_MOVE = compiled(
    _HEAD.on_conflict_do_update(
        index_elements=list(HEAD.primary_key.columns),
        set_={
            "version": _NEW.version,
            **{name: case((_LATE, HEAD.c[name]), else_=_NEW[name]) for name in ("patient", "subject", "counted")},
            "updated": case((_LATE, HEAD.c.updated), (_UNDATED, None), else_=_NEW.updated),
        },
    )
)
_MENTION = compiled(inserted(MENTION).on_conflict_do_nothing())
_MENTIONING = (
    select(HEAD.c.patient)
    .join(
        MENTION,
        and_(MENTION.c.tenant == HEAD.c.tenant, MENTION.c.by_type == HEAD.c.type, MENTION.c.by_id == HEAD.c.id),
    )
    .where(
        MENTION.c.tenant == bindparam("of_tenant"),
        MENTION.c.type == bindparam("of_type"),
        MENTION.c.id.in_(bindparam("of_ids", expanding=True)),
        HEAD.c.counted.is_not(None),
        HEAD.c.patient.is_not(None),
    )
    .distinct()
)


class DatabaseResources:
    """Versions are added, heads moved; see ports.Resources."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists."""
        return self._of_these(_HEADS, tenant, keys)

    def counted(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The version that counts as evidence of each (type, id) that was received and is not deleted."""
        return self._of_these(_COUNTED_THESE, tenant, keys)

    def _of_these(
        self, query: Select[tuple[Any, ...]], tenant: str, keys: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Version]:
        """All types at once: what is found beside the keys, because another type has the same id, is left out."""
        found: dict[tuple[str, str], Version] = {}
        types = sorted({type_ for type_, _ in keys})
        for some in in_parts({id_ for _, id_ in keys}):
            versions = self._versions(query, of_tenant=tenant, of_types=types, of_ids=some)
            found |= {(each.type, each.id): each for each in versions}
        wanted = set(keys)
        return {key: version for key, version in found.items() if key in wanted}

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""
        found = self._versions(_VERSION, of_tenant=tenant, of_type=type, of_id=id, of_version=version)
        return next(iter(found), None)

    def evidence(self, tenant: str, patients: Collection[str]) -> Sequence[Version]:
        """The version that counts of each resource of any of these Patients."""
        found: list[Version] = []
        for some in in_parts(patients):
            found += self._versions(_EVIDENCE, of_tenant=tenant, of_patients=some)
        return found

    def about(self, tenant: str, identifiers: Collection[Number]) -> Sequence[Version]:
        """The versions that count and whose patient is named by one of these identifiers alone."""
        found: list[Version] = []
        for some in in_parts(identifiers):
            found += self._versions(_ABOUT, of_tenant=tenant, of_subjects=[written(each) for each in some])
        return found

    def assign(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note the patient of these versions, which count, anew; nothing else of them changes."""
        rows = [{**_address(tenant, each), "to_patient": each.patient} for each in versions]
        if rows:
            self._connection.execute(_ASSIGN, rows)
            self._connection.execute(_ASSIGN_HEAD, rows)
            heads = self.heads(tenant, [(each.type, each.id) for each in versions])
            standing = [each for each in versions if heads[each.type, each.id].version == each.version]
            note(self._connection, tenant, standing, again=True)

    def confirm(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note `updated` of these versions, which are heads and count, anew; nothing else of them changes."""
        rows = [{**_address(tenant, each), "to_updated": each.updated} for each in versions]
        if rows:
            self._connection.execute(_CONFIRM, rows)
            self._connection.execute(_CONFIRM_HEAD, rows)

    def mentioning(self, tenant: str, keys: Collection[tuple[str, str]]) -> Collection[str]:
        """The Patients in whose evidence one of these (type, id) is named."""
        found: set[str] = set()
        for type_ in {type_ for type_, _ in keys}:
            for some in in_parts([id_ for each, id_ in keys if each == type_]):
                asked = {"of_tenant": tenant, "of_type": type_, "of_ids": some}
                found.update(self._connection.execute(_MENTIONING, asked).scalars())
        return found

    def naming(self, tenant: str, word: str) -> Collection[str]:
        """The Patients in whose evidence a word of ASCII letters and digits stands anywhere, in either case."""
        found = self._connection.execute(_NAMING, {"of_tenant": tenant, "of_word": word.lower()}).scalars()
        return [each for each in found if each is not None]

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions and move their heads, the last of one resource winning."""
        if not versions:
            return
        self._connection.execute(_ADD, [_version_row(tenant, each) for each in versions])
        self._connection.execute(_MOVE, [_head_row(tenant, each) for each in versions])
        mentions = [row for each in versions if each.submission is not None for row in _mention_rows(tenant, each)]
        if mentions:
            self._connection.execute(_MENTION, mentions)
        note(self._connection, tenant, list({(each.type, each.id): each for each in versions}.values()))

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of what met the criteria at their moment."""
        return find(self._connection, tenant, criteria)

    def history(self, tenant: str, past: Past) -> History:
        """One page of the versions that are asked for, the last received first."""
        return tell(self._connection, tenant, past)

    def _versions(self, query: Select[tuple[Any, ...]], **values: object) -> list[Version]:
        return [read_version(row) for row in self._connection.execute(query, values)]


def _address(tenant: str, version: Version) -> dict[str, object]:
    return {"of_tenant": tenant, "of_type": version.type, "of_id": version.id, "of_version": version.version}


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
        "subject": written(version.subject) if version.subject else None,
        "updated": version.updated,
    }


def _head_row(tenant: str, version: Version) -> dict[str, object]:
    return {
        "tenant": tenant,
        "type": version.type,
        "id": version.id,
        "version": version.version,
        "patient": version.patient,
        "subject": written(version.subject) if version.subject else None,
        "counted": None if version.deleted or version.submission is None else version.version,
        "updated": version.updated,
    }


def _mention_rows(tenant: str, version: Version) -> Iterator[dict[str, object]]:
    for type_, id_ in shared_in(version.body):
        yield {"tenant": tenant, "type": type_, "id": id_, "by_type": version.type, "by_id": version.id}
