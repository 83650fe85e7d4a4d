"""Work off the jobs: claim, decide, finish under the fence, and sweep; one loop for threads, processes and Celery."""

from __future__ import annotations

import logging
import threading
import time
import traceback
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

from fhirsvc.domain.errors import Unreachable
from fhirsvc.domain.lifecycle import FailureReason
from fhirsvc.usecases.decide import Judge, Verdict, decide
from fhirsvc.usecases.known import chains, known
from fhirsvc.usecases.ports import (
    LEASE_SECONDS,
    MOST_CLAIMS,
    Clock,
    Failpoint,
    Job,
    Queue,
    Store,
    Transaction,
    passing,
)

_log = logging.getLogger(__name__)

LARGEST_CLAIM = 64
"""Jobs, each of another patient, that are claimed and finished together."""

IDLE_SECONDS = 1.0
"""How long an idle worker waits before it looks for itself: the most a lost hint costs where a worker polls."""

SWEEP_SECONDS = 5.0

DRAIN_SECONDS = 30.0
"""How long one hint may keep a worker busy; it bounds a Celery task well below its time limit."""

RENEW_SECONDS = LEASE_SECONDS / 3
"""How often the leases of jobs under evaluation are renewed: two renewals may fail before one is lost."""

LONGEST_JOB_SECONDS = 60.0
"""How long one evaluation keeps its leases: one that takes longer hangs, and losing its lease counts against it."""

RETRY_SECONDS = 1.0
"""How long a job rests after its evaluation broke off."""


class Orders(typing.Protocol):
    """What a worker is told from outside."""

    @property
    def stopped(self) -> bool:
        """Is it time to end?"""

    def wait(self, seconds: float) -> None:
        """Rest until there is work or an order to stop, at most for `seconds`."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works: on which store, by which knowledge and which clock."""

    store: Store
    clock: Clock
    judge: Judge
    failpoint: Failpoint = passing


def run(worker: Worker, orders: Orders) -> None:
    """Work until told to stop, first for who has left shadow; a store that cannot be reached is tried again."""
    begun = False
    while not orders.stopped:
        try:
            if not begun:
                leave_shadow(worker)
                begun = True
            idle = run_ready(worker) == 0
        except Unreachable:
            _log.warning("the store cannot be reached; trying again")
            idle = True
        if idle:
            orders.wait(IDLE_SECONDS)


def leave_shadow(worker: Worker) -> None:
    """Schedule everyone whom a sender that is live now left in shadow, so that what the evidence says is written.

    Done once when a worker starts: it alone knows in which mode it will decide.
    """
    with worker.store.writing() as transaction:
        for tenant, persons in transaction.patients.in_shadow().items():
            if tenant not in worker.judge.shadow:
                transaction.jobs.schedule(tenant, persons)


def wake(worker: Worker, jobs: Sequence[int]) -> None:
    """Work off the jobs that were hinted at and whatever else is ready, for DRAIN_SECONDS at most."""
    _log.debug("woken", extra={"count": len(jobs)})
    end = time.monotonic() + DRAIN_SECONDS
    while run_ready(worker) and time.monotonic() < end:
        pass


def run_ready(worker: Worker) -> int:
    """Claim jobs that are ready, decide them and keep the verdicts in one transaction; how many were claimed."""
    with worker.store.writing() as transaction:
        jobs = transaction.jobs.claim(LARGEST_CLAIM)
        if jobs:
            transaction.submissions.start(jobs, worker.clock.now())
    worker.failpoint("work.after-claim")
    if jobs:
        verdicts = _verdicts(worker, jobs)
        worker.failpoint("work.before-transaction")
        with worker.store.writing() as transaction:
            for job in jobs:
                _settle(worker, transaction, job, verdicts.get(job.id))
            worker.failpoint("work.before-commit")
        worker.failpoint("work.after-commit")
    return len(jobs)


@dataclass(frozen=True, slots=True)
class Moot:
    """There is nothing to decide: the person of the job was joined to another, which has a job of its own."""


def _verdicts(worker: Worker, jobs: Sequence[Job]) -> dict[int, Verdict | Moot]:
    """The verdict of each job by its id; a job whose evaluation broke off has none."""
    verdicts: dict[int, Verdict | Moot] = {}
    with _Renewal(worker.store, jobs) as renewal:
        for job in jobs:
            renewal.begin_job()
            verdict = _verdict(worker, job)
            if verdict is not None:
                verdicts[job.id] = verdict
    return verdicts


class _Renewal:
    """The thread that renews the leases of jobs while they are evaluated, until one takes LONGEST_JOB_SECONDS."""

    def __init__(self, store: Store, jobs: Sequence[Job]) -> None:
        self._store = store
        self._jobs = jobs
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def begin_job(self) -> None:
        """Count the time of the next job from now."""
        self._began = time.monotonic()

    def __enter__(self) -> typing.Self:
        self.begin_job()
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        """End; no lease is renewed after it, so that none outlives its job."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(RENEW_SECONDS) and time.monotonic() - self._began < LONGEST_JOB_SECONDS:
            try:
                with self._store.writing() as transaction:
                    transaction.jobs.renew(self._jobs)
            except Unreachable:
                _log.warning("the store cannot be reached; leases are renewed later")


def _verdict(worker: Worker, job: Job) -> Verdict | Moot | None:
    try:
        with worker.store.reading() as transaction:
            patient = known(transaction, job.tenant, job.patient, worker.judge.protocol.name)
        if patient is None:
            return Moot()
        worker.failpoint("work.evaluate")
        return decide(patient, worker.judge.of(job.tenant), worker.clock.now())
    except Unreachable:
        raise
    except Exception as fault:  # noqa: BLE001 - one patient's fault must not hold up the others; it is counted
        _log.error("evaluation broke off", extra={"job": job.id, "fault": type(fault).__name__, "where": _place(fault)})
        return None


def _place(fault: Exception) -> str:
    """Where a fault arose, as module:line; its text may quote what was read, and stays out of the log."""
    innermost = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{PurePath(innermost.filename).stem}:{innermost.lineno}"


def _settle(worker: Worker, transaction: Transaction, job: Job, verdict: Verdict | Moot | None) -> None:
    if verdict is not None and not _is_overtaken(transaction, job, verdict):
        if transaction.jobs.finish(job) and isinstance(verdict, Verdict) and _still_rests(transaction, job, verdict):
            _keep(transaction, job, verdict)
    elif job.attempts < MOST_CLAIMS:
        transaction.jobs.postpone(job, RETRY_SECONDS if verdict is None else 0.0)
    elif transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED):
        _give_up(transaction, job, FailureReason.EVALUATION_FAILED, worker.clock.now())


def _give_up(transaction: Transaction, job: Job, reason: FailureReason, at: datetime) -> None:
    """Tell who waited for a job that died; the person is judged anew the next day, for time goes on all the same."""
    transaction.submissions.fail(job, reason, at)
    transaction.patients.wait(job.tenant, job.patient, at.date() + timedelta(days=1))


def _still_rests(transaction: Transaction, job: Job, verdict: Verdict) -> bool:
    """Is who the person is, and what was decided for each of its Patients, as it was when it was read?

    If not, whoever changed it scheduled everyone concerned anew.
    """
    return chains(transaction, job.tenant, job.patient, verdict.judged.protocol) == verdict.chains


def _is_overtaken(transaction: Transaction, job: Job, verdict: Verdict | Moot) -> bool:
    """Is something to be written that is not the version after the one that stands?

    A clinician may have answered meanwhile, which changes the Flag and no chain; then is decided anew at once.
    """
    if isinstance(verdict, Moot) or not _still_rests(transaction, job, verdict):
        return False
    heads = transaction.resources.heads(job.tenant, [(each.type, each.id) for each in verdict.versions])
    standing = {key: head.version for key, head in heads.items()}
    return any(each.version != standing.get((each.type, each.id), 0) + 1 for each in verdict.versions)


def _keep(transaction: Transaction, job: Job, verdict: Verdict) -> None:
    """The verdict of a claim that still counts: its resources, its links of the chains, its assessment."""
    judged = verdict.judged
    transaction.resources.add(job.tenant, verdict.versions)
    if verdict.decision is not None:
        transaction.patients.decide(job.tenant, job.patient, judged.protocol, verdict.decision)
    for patient, decision in verdict.moved.items():
        transaction.patients.decide(job.tenant, patient, judged.protocol, decision)
    transaction.misses.keep(job.tenant, job.patient, verdict.chains.keys(), verdict.missed, judged.made)
    assessment = transaction.patients.judge(job.tenant, judged)
    transaction.submissions.cover(job.tenant, job.patient, judged.watermark, assessment, at=judged.made)
    transaction.patients.wait(job.tenant, job.patient, verdict.due)


def sweep(store: Store, queue: Queue, clock: Clock) -> None:
    """Mend what hints and workers left behind, and see whose day has come.

    Gives up hopeless jobs, schedules forgotten persons and those whose answer time alone changes today (a day in UTC),
    and hints again.  Whichever process sweeps first schedules them; while a job of theirs waits no other is made.
    """
    now = clock.now()
    with store.writing() as transaction:
        swept = transaction.jobs.sweep(now.date())
        for job in swept.lost:
            _give_up(transaction, job, FailureReason.WORKER_LOST, now)
    if swept.waiting:
        queue.hint(swept.waiting)


class Sweeper:
    """The thread that sweeps every few seconds; every long-lived process has one, and all are alike."""

    def __init__(self, store: Store, queue: Queue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin to sweep, now and every SWEEP_SECONDS."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when the sweep under way is over."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                sweep(self._store, self._queue, self._clock)
            except Unreachable:
                _log.warning("the store cannot be reached; sweeping later")
            self._stop.wait(SWEEP_SECONDS)
