"""Watermarks, chains of decisions and assessments of patients, in a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Row, Select, and_, bindparam, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.persons import in_parts
from fhirsvc.adapters.database.tables import ASSESSMENT, DECISION, PATIENT
from fhirsvc.adapters.database.upsert import compiled
from fhirsvc.usecases.ports import Decision, Judged

_AT_ONCE = 200
"""Assessments that are held at once while all of them are read."""

# Statements are made once: making one costs more than running it.
_OF_TENANT = PATIENT.c.tenant == bindparam("of_tenant")
_TOUCHED = select(PATIENT.c.person).where(_OF_TENANT, PATIENT.c.id.in_(bindparam("of_ids", expanding=True)))
_MEMBERS = select(PATIENT.c.id, PATIENT.c.person, PATIENT.c.watermark).where(_OF_TENANT, PATIENT.c.person.in_(_TOUCHED))
_MARK = upsert(PATIENT)
_TOUCH = compiled(
    _MARK.on_conflict_do_update(
        index_elements=[PATIENT.c.tenant, PATIENT.c.id], set_={"watermark": _MARK.excluded.watermark}
    ),
    *("tenant", "id", "person", "watermark", "evaluated"),
)
_WATERMARK = select(PATIENT.c.watermark).where(_OF_TENANT, PATIENT.c.id == bindparam("of_patient"))
_EVALUATED = (
    update(PATIENT)
    .where(_OF_TENANT, PATIENT.c.person == bindparam("of_person"), PATIENT.c.evaluated < bindparam("up_to"))
    .values(evaluated=bindparam("up_to"))
)
_WAIT = (
    update(PATIENT)
    .where(_OF_TENANT, PATIENT.c.person == bindparam("of_person"))
    .values(due=bindparam("until", type_=Date))
)
_CHAIN = and_(
    DECISION.c.tenant == bindparam("of_tenant"),
    DECISION.c.patient == bindparam("of_patient"),
    DECISION.c.protocol == bindparam("of_protocol"),
)
_LAST = select(DECISION).where(_CHAIN).order_by(DECISION.c.ordinal.desc()).limit(1)
_LAST_WRITTEN = _LAST.where(DECISION.c.impression != "")
_DECISION = select(DECISION).where(_CHAIN, DECISION.c.ordinal == bindparam("of_ordinal"))
_WHOLE = select(DECISION).where(_CHAIN).order_by(DECISION.c.ordinal)
_DECIDE = insert(DECISION)
_JUDGE = insert(ASSESSMENT).returning(ASSESSMENT.c.id)
_SURVIVOR = and_(
    PATIENT.c.tenant == ASSESSMENT.c.tenant, PATIENT.c.id == ASSESSMENT.c.patient, PATIENT.c.person == PATIENT.c.id
)
_NEWEST = select(func.max(ASSESSMENT.c.id)).group_by(ASSESSMENT.c.tenant, ASSESSMENT.c.patient)
_LATEST = (
    select(ASSESSMENT)
    .join(PATIENT, _SURVIVOR)
    .where(ASSESSMENT.c.id.in_(_NEWEST))
    .order_by(ASSESSMENT.c.tenant, ASSESSMENT.c.patient)
)
_OF_PATIENT = and_(ASSESSMENT.c.tenant == bindparam("of_tenant"), ASSESSMENT.c.patient == bindparam("of_patient"))
_NEWEST_OF = select(ASSESSMENT).where(_OF_PATIENT).order_by(ASSESSMENT.c.id.desc()).limit(1)
_FIRST = (
    select(func.min(ASSESSMENT.c.id))
    .where(_OF_PATIENT, ASSESSMENT.c.protocol == bindparam("of_protocol"))
    .group_by(ASSESSMENT.c.ordinal, ASSESSMENT.c.key)
)
_MADE = select(ASSESSMENT).where(ASSESSMENT.c.id.in_(_FIRST))
_LATER = ASSESSMENT.alias("later")
_IN_SHADOW = (
    select(ASSESSMENT.c.tenant, ASSESSMENT.c.patient)
    .join(PATIENT, _SURVIVOR)
    .where(
        ASSESSMENT.c.shadow,
        ~exists().where(
            _LATER.c.tenant == ASSESSMENT.c.tenant,
            _LATER.c.patient == ASSESSMENT.c.patient,
            _LATER.c.id > ASSESSMENT.c.id,
        ),
    )
)
_JUDGED = select(ASSESSMENT).where(ASSESSMENT.c.tenant == bindparam("of_tenant"), ASSESSMENT.c.id == bindparam("of_id"))


class DatabasePatients:
    """See ports.Patients."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of the person that each of these Patients is; the new watermark by Patient."""
        persons = {each: each for each in patients}
        marks: dict[str, int] = defaultdict(int)
        for some in in_parts(patients):
            for row in self._connection.execute(_MEMBERS, {"of_tenant": tenant, "of_ids": some}):
                persons[row.id] = row.person
                marks[row.person] = max(marks[row.person], row.watermark)
        rows = [
            {"tenant": tenant, "id": each, "person": person, "watermark": marks[person] + 1, "evaluated": 0}
            for each, person in sorted(persons.items())
        ]
        if rows:
            self._connection.execute(_TOUCH, rows)
        return {each: marks[persons[each]] + 1 for each in patients}

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of the person that this Patient is has come; 0 = never."""
        found = self._connection.execute(_WATERMARK, {"of_tenant": tenant, "of_patient": patient})
        return found.scalar_one_or_none() or 0

    def last(self, tenant: str, patient: str, protocol: str) -> Decision | None:
        """The last decision of the chain."""
        return self._decision(_LAST, _chain(tenant, patient, protocol))

    def last_impression(self, tenant: str, patient: str, protocol: str) -> str:
        """The id of the last impression written in the chain, withdrawn or not; "" = none."""
        written = self._decision(_LAST_WRITTEN, _chain(tenant, patient, protocol))
        return written.impression if written else ""

    def decide(self, tenant: str, patient: str, protocol: str, decision: Decision) -> None:
        """Add a decision to the chain; ValueError when its ordinal is not the next."""
        last = self.last(tenant, patient, protocol)
        if decision.ordinal != (last.ordinal if last else 0) + 1:
            raise ValueError("a decision must continue its chain")
        row = {
            "tenant": tenant,
            "patient": patient,
            "protocol": protocol,
            "ordinal": decision.ordinal,
            "key": decision.key,
            "impression": decision.impression,
            "decided": decision.decided,
        }
        self._connection.execute(_DECIDE, row)

    def decision(self, tenant: str, patient: str, protocol: str, ordinal: int) -> Decision | None:
        """One decision of the chain."""
        return self._decision(_DECISION, {**_chain(tenant, patient, protocol), "of_ordinal": ordinal})

    def _decision(self, query: Select[tuple[Any, ...]], values: Mapping[str, object]) -> Decision | None:
        row = self._connection.execute(query, values).first()
        return _decision(row) if row else None

    def judge(self, tenant: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated for the person; the id it was given."""
        row = {
            "tenant": tenant,
            "patient": judged.patient,
            "protocol": judged.protocol,
            "ordinal": judged.ordinal,
            "watermark": judged.watermark,
            "on": judged.on,
            "key": judged.key,
            "outcome": judged.outcome,
            "rule": judged.rule,
            "made": judged.made,
            "trace": judged.trace,
            "shadow": judged.shadow,
        }
        kept = self._connection.execute(_JUDGE, row).scalar_one()
        evaluated = {"of_tenant": tenant, "of_person": judged.patient, "up_to": judged.watermark}
        self._connection.execute(_EVALUATED, evaluated)
        return int(kept)

    def wait(self, tenant: str, person: str, due: date | None) -> None:
        """Keep the day from which the person is to be judged anew, in place of the one that was kept."""
        self._connection.execute(_WAIT, {"of_tenant": tenant, "of_person": person, "until": due})

    def judged(self, tenant: str, assessment: int) -> Judged:
        """An assessment that was kept."""
        return _judged(self._connection.execute(_JUDGED, {"of_tenant": tenant, "of_id": assessment}).one())

    def told(self, tenant: str, patient: str, protocol: str) -> Sequence[tuple[Decision, Judged | None]]:
        """The chain from its beginning, each decision with the assessment that made it, if one did."""
        chain = _chain(tenant, patient, protocol)
        made = {(row.ordinal, row.key): _judged(row) for row in self._connection.execute(_MADE, chain)}
        decisions = [_decision(row) for row in self._connection.execute(_WHOLE, chain)]
        return [(each, made.get((each.ordinal, each.key))) for each in decisions]

    def newest(self, tenant: str, patient: str) -> Judged | None:
        """The newest assessment in which this Patient was the survivor."""
        row = self._connection.execute(_NEWEST_OF, {"of_tenant": tenant, "of_patient": patient}).first()
        return _judged(row) if row else None

    def latest(self) -> Iterator[tuple[str, Judged]]:
        """The newest assessment of each person, with its tenant, sorted by tenant."""
        rows = self._connection.execute(_LATEST, execution_options={"yield_per": _AT_ONCE})
        return ((row.tenant, _judged(row)) for row in rows)

    def in_shadow(self) -> Mapping[str, Collection[str]]:
        """By tenant the persons whose newest assessment was made in shadow."""
        found: dict[str, set[str]] = defaultdict(set)
        for tenant, patient in self._connection.execute(_IN_SHADOW):
            found[tenant].add(patient)
        return found


def _decision(row: Row[tuple[Any, ...]]) -> Decision:
    return Decision(ordinal=row.ordinal, key=row.key, impression=row.impression, decided=row.decided)


def _judged(row: Row[tuple[Any, ...]]) -> Judged:
    return Judged(
        patient=row.patient,
        protocol=row.protocol,
        ordinal=row.ordinal,
        watermark=row.watermark,
        on=row.on,
        key=row.key,
        outcome=row.outcome,
        rule=row.rule,
        made=row.made,
        trace=row.trace,
        shadow=row.shadow,
    )


def _chain(tenant: str, patient: str, protocol: str) -> dict[str, object]:
    return {"of_tenant": tenant, "of_patient": patient, "of_protocol": protocol}
