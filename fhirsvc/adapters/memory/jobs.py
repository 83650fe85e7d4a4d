"""The queue in memory: the same rules as in the database, written a second time and plainly."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from fhirsvc.adapters.memory.persons import members
from fhirsvc.adapters.memory.shelves import KeptJob, Mark, Shelves
from fhirsvc.domain.lifecycle import FailureReason, JobState, may_become
from fhirsvc.usecases.ports import HINT_SECONDS, LEASE_SECONDS, MOST_CLAIMS, MOST_DUE, Job, Swept


class MemoryJobs:
    """See ports.Jobs.  `now`: seconds on the store's own clock when the transaction began."""

    def __init__(self, shelves: Shelves, now: float) -> None:
        self._jobs = shelves.jobs
        self._marks = shelves.marks
        self._persons = shelves.persons
        self._now = now

    def schedule(self, tenant: str, patients: Collection[str]) -> Sequence[int]:
        """One ready job for each person that these Patients are, the existing one where one waits already."""
        persons = {self._persons.get((tenant, patient), patient) for patient in patients}
        return [self._schedule(tenant, person) for person in sorted(persons)]

    def _schedule(self, tenant: str, patient: str) -> int:
        waiting = (each for each in self._of(tenant, patient) if each.state is JobState.READY)
        job = next(waiting, KeptJob(id=len(self._jobs) + 1, tenant=tenant, patient=patient))
        self._jobs[job.id] = replace(job, hinted=self._now)
        return job.id

    def claim(self, limit: int) -> Sequence[Job]:
        """Lease up to `limit` jobs, each of another person that nobody works for; one claimed before goes alone."""
        free = [each for each in self._live() if each.attempts < MOST_CLAIMS and not self._is_busy(each)]
        alone = free and free[0].attempts > 0
        chosen = free[:1] if alone else [each for each in free if each.attempts == 0][:limit]
        return [self._lease(each) for each in chosen]

    def _is_busy(self, job: KeptJob) -> bool:
        leased = (each for each in self._of(job.tenant, job.patient) if each.state is JobState.LEASED)
        return any(each.id != job.id or self._holds(each) for each in leased)

    def _lease(self, job: KeptJob) -> Job:
        leased = replace(
            job,
            state=JobState.LEASED,
            lease_until=self._now + LEASE_SECONDS,
            fence=job.fence + 1,
            attempts=job.attempts + 1,
            watermark=self._marks.get((job.tenant, job.patient), Mark()).watermark,
        )
        self._jobs[job.id] = leased
        return _job(leased)

    def renew(self, jobs: Collection[Job]) -> None:
        """Extend the leases that are still held."""
        for job in jobs:
            self._become(job, JobState.LEASED, seconds=LEASE_SECONDS)

    def finish(self, job: Job) -> bool:
        """Mark a job done; False = the claim no longer counts and nothing was changed."""
        return self._become(job, JobState.DONE)

    def postpone(self, job: Job, seconds: float) -> bool:
        """Let a lease run out after `seconds`; False as for finish."""
        return self._become(job, JobState.LEASED, seconds=seconds)

    def bury(self, job: Job, reason: FailureReason) -> bool:
        """Mark a job dead and its evidence as dealt with; False as for finish."""
        buried = self._become(job, JobState.DEAD, reason=reason)
        if buried:
            for patient in members(self._persons, job.tenant, job.patient):
                mark = self._marks.get((job.tenant, patient), Mark())
                self._marks[job.tenant, patient] = replace(mark, evaluated=max(mark.evaluated, job.watermark))
        return buried

    def sweep(self, today: date) -> Swept:
        """Bury what was claimed MOST_CLAIMS times in vain, schedule who is left behind or due, tell what to hint."""
        by_time = {self._schedule(tenant, person) for tenant, person in self._due(today)}
        lost = [_job(each) for each in self._live() if each.attempts >= MOST_CLAIMS and self._ran_out(each)]
        for job in lost:
            self.bury(job, FailureReason.WORKER_LOST)
        for (tenant, patient), mark in self._marks.items():
            person = self._persons.get((tenant, patient), patient)
            if mark.watermark > mark.evaluated and not self._is_live(tenant, person):
                self._schedule(tenant, person)
        overdue = {each.id for each in self._live() if self._is_overdue(each)}
        for id_ in overdue:
            self._jobs[id_] = replace(self._jobs[id_], hinted=self._now)
        return Swept(tuple(sorted(overdue | by_time)), tuple(lost))

    def _due(self, today: date) -> list[tuple[str, str]]:
        due = [
            (mark.due, tenant, patient)
            for (tenant, patient), mark in self._marks.items()
            if mark.due is not None and mark.due <= today
            if self._persons.get((tenant, patient), patient) == patient and not self._is_live(tenant, patient)
        ]
        return [(tenant, person) for _, tenant, person in sorted(due)[:MOST_DUE]]

    def _is_live(self, tenant: str, person: str) -> bool:
        return any(each.state in {JobState.READY, JobState.LEASED} for each in self._of(tenant, person))

    def _is_overdue(self, job: KeptJob) -> bool:
        quiet = not self._now - HINT_SECONDS < job.hinted <= self._now
        if job.state is JobState.READY:
            return quiet
        return self._ran_out(job) and (quiet or job.hinted < job.lease_until)

    def _ran_out(self, job: KeptJob) -> bool:
        return job.state is JobState.LEASED and not self._holds(job)

    def _holds(self, job: KeptJob) -> bool:
        return self._now < job.lease_until <= self._now + LEASE_SECONDS

    def _live(self) -> list[KeptJob]:
        return [each for _, each in sorted(self._jobs.items()) if each.state in {JobState.READY, JobState.LEASED}]

    def _of(self, tenant: str, patient: str) -> list[KeptJob]:
        return [each for each in self._jobs.values() if (each.tenant, each.patient) == (tenant, patient)]

    def _become(self, job: Job, state: JobState, *, seconds: float = 0.0, reason: FailureReason | None = None) -> bool:
        kept = self._jobs[job.id]
        mine = kept.fence == job.fence and kept.state in may_become(state)
        if mine:
            self._jobs[job.id] = replace(kept, state=state, lease_until=self._now + seconds, reason=reason)
        return mine


def _job(kept: KeptJob) -> Job:
    return Job(
        id=kept.id,
        tenant=kept.tenant,
        patient=kept.patient,
        watermark=kept.watermark,
        fence=kept.fence,
        attempts=kept.attempts,
    )
