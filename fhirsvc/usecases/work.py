"""Work off the jobs: claim, decide, finish under the fence, and sweep; one loop for threads, processes and Celery."""

from __future__ import annotations

import logging
import threading
import time
import traceback
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from fhirsvc.domain.errors import Unreachable
from fhirsvc.domain.lifecycle import FailureReason
from fhirsvc.usecases.decide import Judge, Verdict, decide, known
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
    """Work until told to stop; a store that cannot be reached is tried again."""
    while not orders.stopped:
        try:
            idle = run_ready(worker) == 0
        except Unreachable:
            _log.warning("the store cannot be reached; trying again")
            idle = True
        if idle:
            orders.wait(IDLE_SECONDS)


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


def _verdicts(worker: Worker, jobs: Sequence[Job]) -> dict[int, Verdict]:
    """The verdict of each job by its id; a job whose evaluation broke off has none."""
    verdicts = {}
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


def _verdict(worker: Worker, job: Job) -> Verdict | None:
    try:
        with worker.store.reading() as transaction:
            patient = known(transaction, job.tenant, job.patient, worker.judge)
        worker.failpoint("work.evaluate")
        return decide(patient, worker.judge, worker.clock.now())
    except Unreachable:
        raise
    except Exception as fault:  # noqa: BLE001 - one patient's fault must not hold up the others; it is counted
        _log.error("evaluation broke off", extra={"job": job.id, "fault": type(fault).__name__, "where": _place(fault)})
        return None


def _place(fault: Exception) -> str:
    """Where a fault arose, as module:line; its text may quote what was read, and stays out of the log."""
    innermost = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{PurePath(innermost.filename).stem}:{innermost.lineno}"


def _settle(worker: Worker, transaction: Transaction, job: Job, verdict: Verdict | None) -> None:
    if verdict is not None:
        if transaction.jobs.finish(job):
            _keep(transaction, job, verdict)
    elif job.attempts < MOST_CLAIMS:
        transaction.jobs.postpone(job, RETRY_SECONDS)
    elif transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED):
        transaction.submissions.fail(job, FailureReason.EVALUATION_FAILED, worker.clock.now())


def _keep(transaction: Transaction, job: Job, verdict: Verdict) -> None:
    """The verdict of a claim that still counts: its resources, its link of the chain, its assessment."""
    judged = verdict.judged
    transaction.resources.add(job.tenant, verdict.versions)
    if verdict.decision is not None:
        transaction.patients.decide(job.tenant, job.patient, judged.protocol, verdict.decision)
    assessment = transaction.patients.judge(job.tenant, job.patient, judged)
    transaction.submissions.cover(job.tenant, job.patient, judged.watermark, assessment, at=judged.made)


def sweep(store: Store, queue: Queue, clock: Clock) -> None:
    """Mend what hints and workers left behind: give up hopeless jobs, schedule forgotten patients, hint again."""
    with store.writing() as transaction:
        swept = transaction.jobs.sweep()
        for job in swept.lost:
            transaction.submissions.fail(job, FailureReason.WORKER_LOST, clock.now())
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
