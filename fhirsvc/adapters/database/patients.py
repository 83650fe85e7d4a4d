"""Watermarks, chains of decisions and assessments of patients, in a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.tables import ASSESSMENT, DECISION, PATIENT
from fhirsvc.usecases.ports import Decision, Judged

# Statements are made once: making one costs more than running it.
_TOUCH = (
    upsert(PATIENT)
    .on_conflict_do_update(index_elements=[PATIENT.c.tenant, PATIENT.c.id], set_={"watermark": PATIENT.c.watermark + 1})
    .returning(PATIENT.c.id, PATIENT.c.watermark)
)
_IS_PATIENT = and_(PATIENT.c.tenant == bindparam("of_tenant"), PATIENT.c.id == bindparam("of_patient"))
_WATERMARK = select(PATIENT.c.watermark).where(_IS_PATIENT)
_EVALUATED = (
    update(PATIENT).where(_IS_PATIENT, PATIENT.c.evaluated < bindparam("up_to")).values(evaluated=bindparam("up_to"))
)
_CHAIN = and_(
    DECISION.c.tenant == bindparam("of_tenant"),
    DECISION.c.patient == bindparam("of_patient"),
    DECISION.c.protocol == bindparam("of_protocol"),
)
_LAST = select(DECISION).where(_CHAIN).order_by(DECISION.c.ordinal.desc()).limit(1)
_LAST_WRITTEN = _LAST.where(DECISION.c.impression != "")
_DECISION = select(DECISION).where(_CHAIN, DECISION.c.ordinal == bindparam("of_ordinal"))
_DECIDE = insert(DECISION)
_JUDGE = insert(ASSESSMENT).returning(ASSESSMENT.c.id)
_JUDGED = select(ASSESSMENT).where(ASSESSMENT.c.tenant == bindparam("of_tenant"), ASSESSMENT.c.id == bindparam("of_id"))


class DatabasePatients:
    """See ports.Patients."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of each by one; the new watermarks."""
        rows = [{"tenant": tenant, "id": each, "watermark": 1, "evaluated": 0} for each in sorted(patients)]
        returned = self._connection.execute(_TOUCH, rows) if rows else ()
        return {row.id: row.watermark for row in returned}

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of this patient has come; 0 = never."""
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
        if row is None:
            return None
        return Decision(ordinal=row.ordinal, key=row.key, impression=row.impression, decided=row.decided)

    def judge(self, tenant: str, patient: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated; the id it was given."""
        row = {
            "tenant": tenant,
            "patient": patient,
            "protocol": judged.protocol,
            "ordinal": judged.ordinal,
            "watermark": judged.watermark,
            "on": judged.on,
            "key": judged.key,
            "outcome": judged.outcome,
            "rule": judged.rule,
            "made": judged.made,
            "trace": judged.trace,
        }
        kept = self._connection.execute(_JUDGE, row).scalar_one()
        evaluated = {"of_tenant": tenant, "of_patient": patient, "up_to": judged.watermark}
        self._connection.execute(_EVALUATED, evaluated)
        return int(kept)

    def judged(self, tenant: str, assessment: int) -> Judged:
        """An assessment that was kept."""
        row = self._connection.execute(_JUDGED, {"of_tenant": tenant, "of_id": assessment}).one()
        return Judged(
            protocol=row.protocol,
            ordinal=row.ordinal,
            watermark=row.watermark,
            on=row.on,
            key=row.key,
            outcome=row.outcome,
            rule=row.rule,
            made=row.made,
            trace=row.trace,
        )


def _chain(tenant: str, patient: str, protocol: str) -> dict[str, object]:
    return {"of_tenant": tenant, "of_patient": patient, "of_protocol": protocol}
