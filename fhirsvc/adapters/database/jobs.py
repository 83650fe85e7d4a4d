"""The queue that is the truth, in a database: leases, fences, attempts and the sweep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Double,
    Row,
    Update,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from fhirsvc.adapters.database.persons import DatabasePersons
from fhirsvc.adapters.database.tables import JOB, PATIENT
from fhirsvc.adapters.database.upsert import compiled
from fhirsvc.domain.lifecycle import FailureReason, JobState, may_become
from fhirsvc.usecases.ports import HINT_SECONDS, LEASE_SECONDS, MOST_CLAIMS, MOST_DUE, Job, Swept


def _word(state: JobState) -> ColumnElement[str]:
    """The word itself, not a parameter: only so does a database see that a partial index applies."""
    return literal_column(f"'{state.value}'")


_NOW = bindparam("now", type_=Double)
_OTHER = JOB.alias("other")


def _holds(lease_until: ColumnElement[float]) -> ColumnElement[bool]:
    """A lease is held from its end minus LEASE_SECONDS to its end and at no other time.

    So after the clock began anew (the machine was started again) an old lease does not hold for days.
    """
    return and_(lease_until > _NOW, lease_until <= _NOW + LEASE_SECONDS)


# Statements are made once: making one costs more than running it.
_READY = JOB.c.state == _word(JobState.READY)
_LEASED = JOB.c.state == _word(JobState.LEASED)
_LIVE = JOB.c.state.in_([_word(JobState.READY), _word(JobState.LEASED)])
_SCHEDULE = compiled(
    upsert(JOB)
    .on_conflict_do_update(index_elements=[JOB.c.tenant, JOB.c.patient], index_where=_READY, set_={"hinted": _NOW})
    .returning(JOB.c.id),
    *("tenant", "patient", "state", "attempts", "fence", "lease_until", "hinted", "watermark"),
)
# A claim that ran out counts until the job is claimed anew or buried: until then no other job of the patient is free.
_IS_BUSY = exists().where(
    _OTHER.c.tenant == JOB.c.tenant,
    _OTHER.c.patient == JOB.c.patient,
    _OTHER.c.state == _word(JobState.LEASED),
    or_(_OTHER.c.id != JOB.c.id, _holds(_OTHER.c.lease_until)),
)
_FREE = (
    select(JOB.c.id, JOB.c.attempts)
    .where(_LIVE, JOB.c.attempts < MOST_CLAIMS, ~_IS_BUSY)
    .order_by(JOB.c.id)
    .limit(bindparam("most"))
)
_LEASE = (
    update(JOB)
    .where(JOB.c.id == bindparam("of_id"))
    .values(
        state=JobState.LEASED,
        lease_until=_NOW + LEASE_SECONDS,
        fence=JOB.c.fence + 1,
        attempts=JOB.c.attempts + 1,
        watermark=select(PATIENT.c.watermark)
        .where(PATIENT.c.tenant == JOB.c.tenant, PATIENT.c.id == JOB.c.patient)
        .scalar_subquery(),
    )
    .returning(JOB)
)
_MINE = update(JOB).where(
    JOB.c.id == bindparam("of_id"),
    JOB.c.fence == bindparam("of_fence"),
    JOB.c.state.in_(bindparam("from_states", expanding=True)),
)
_HOLD = _MINE.values(state=bindparam("to_state"), lease_until=_NOW + bindparam("seconds", type_=Double))
_END = _MINE.values(state=bindparam("to_state"), reason=bindparam("because"))
_DEALT_WITH = (
    update(PATIENT)
    .where(
        PATIENT.c.tenant == bindparam("of_tenant"),
        PATIENT.c.person == bindparam("of_person"),
        PATIENT.c.evaluated < bindparam("up_to"),
    )
    .values(evaluated=bindparam("up_to"))
)
_LOST = select(JOB).where(_LEASED, JOB.c.attempts >= MOST_CLAIMS, ~_holds(JOB.c.lease_until))
_FORGOTTEN = select(PATIENT.c.tenant, PATIENT.c.person).where(
    PATIENT.c.watermark > PATIENT.c.evaluated,
    ~exists().where(JOB.c.tenant == PATIENT.c.tenant, JOB.c.patient == PATIENT.c.person, _LIVE),
)
_DUE = (
    select(PATIENT.c.tenant, PATIENT.c.person)
    .where(
        PATIENT.c.due <= bindparam("today", type_=Date),
        PATIENT.c.id == PATIENT.c.person,
        ~exists().where(JOB.c.tenant == PATIENT.c.tenant, JOB.c.patient == PATIENT.c.person, _LIVE),
    )
    .order_by(PATIENT.c.due, PATIENT.c.tenant, PATIENT.c.person)
    .limit(MOST_DUE)
)
_IS_QUIET = ~and_(JOB.c.hinted > _NOW - HINT_SECONDS, JOB.c.hinted <= _NOW)
_RAN_OUT = and_(_LEASED, ~_holds(JOB.c.lease_until))
_IS_DUE = or_(and_(_READY, _IS_QUIET), and_(_RAN_OUT, or_(_IS_QUIET, JOB.c.hinted < JOB.c.lease_until)))
_HINT = update(JOB).where(_LIVE, _IS_DUE).values(hinted=_NOW).returning(JOB.c.id)


class DatabaseJobs:
    """See ports.Jobs.  `now`: seconds on the store's own clock when the transaction began."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._now = now

    def schedule(self, tenant: str, patients: Collection[str]) -> Sequence[int]:
        """One ready job for each person that these Patients are, the existing one where one waits already."""
        persons = set(DatabasePersons(self._connection).of(tenant, patients).values())
        rows = (_new(tenant, each, self._now) for each in sorted(persons))
        return [self._connection.execute(_SCHEDULE, row).scalar_one() for row in rows]

    def claim(self, limit: int) -> Sequence[Job]:
        """Lease up to `limit` jobs, each of another person that nobody works for; one claimed before goes alone."""
        free = self._connection.execute(_FREE, {"now": self._now, "most": limit}).all()
        alone = free and free[0].attempts > 0
        chosen = free[:1] if alone else [row for row in free if row.attempts == 0]
        return [self._lease(row.id) for row in chosen]

    def _lease(self, job: int) -> Job:
        return _job(self._connection.execute(_LEASE, {"now": self._now, "of_id": job}).one())

    def renew(self, jobs: Collection[Job]) -> None:
        """Extend the leases that are still held."""
        for job in jobs:
            self.postpone(job, LEASE_SECONDS)

    def postpone(self, job: Job, seconds: float) -> bool:
        """Let a lease run out after `seconds`; False as for finish."""
        return self._become(_HOLD, job, JobState.LEASED, now=self._now, seconds=seconds)

    def finish(self, job: Job) -> bool:
        """Mark a job done; False = the claim no longer counts and nothing was changed."""
        return self._become(_END, job, JobState.DONE, because=None)

    def bury(self, job: Job, reason: FailureReason) -> bool:
        """Mark a job dead and its evidence as dealt with; False as for finish."""
        buried = self._become(_END, job, JobState.DEAD, because=reason)
        if buried:
            evidence = {"of_tenant": job.tenant, "of_person": job.patient, "up_to": job.watermark}
            self._connection.execute(_DEALT_WITH, evidence)
        return buried

    def _become(self, statement: Update, job: Job, state: JobState, **values: object) -> bool:
        mine = {"of_id": job.id, "of_fence": job.fence, "from_states": sorted(may_become(state)), "to_state": state}
        return self._connection.execute(statement, {**mine, **values}).rowcount == 1

    def sweep(self, today: date) -> Swept:
        """Bury what was claimed MOST_CLAIMS times in vain, schedule who is left behind or due, tell what to hint."""
        # First, while the jobs of the lost still live: whose day broke off is not tried again at once.
        by_time = [
            job
            for tenant, person in self._connection.execute(_DUE, {"today": today}).all()
            for job in self.schedule(tenant, [person])
        ]
        lost = [_job(row) for row in self._connection.execute(_LOST, {"now": self._now})]
        for job in lost:
            self.bury(job, FailureReason.WORKER_LOST)
        for tenant, person in self._connection.execute(_FORGOTTEN).all():
            self.schedule(tenant, [person])
        quiet = self._connection.execute(_HINT, {"now": self._now}).scalars()
        return Swept(tuple(sorted({*quiet, *by_time})), tuple(lost))


def _new(tenant: str, patient: str, now: float) -> dict[str, object]:
    return {
        "tenant": tenant,
        "patient": patient,
        "state": JobState.READY,
        "attempts": 0,
        "fence": 0,
        "lease_until": 0.0,
        "hinted": now,
        "watermark": 0,
        "now": now,
    }


def _job(row: Row[tuple[Any, ...]]) -> Job:
    return Job(
        id=row.id,
        tenant=row.tenant,
        patient=row.patient,
        watermark=row.watermark,
        fence=row.fence,
        attempts=row.attempts,
    )
