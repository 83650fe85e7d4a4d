"""Working off jobs: whatever breaks off is done again, what was fenced off writes nothing, what is hopeless ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from fhirsvc.adapters.clock import uptime
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.errors import Unreachable
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.usecases import work
from fhirsvc.usecases.decide import Judge, Verdict, decide
from fhirsvc.usecases.known import Known
from fhirsvc.usecases.ports import HINT_SECONDS, LEASE_SECONDS, MOST_CLAIMS, Transaction
from tests.servers import awaited
from tests.unit.usecases.clinic import Clinic, indicated, pain, patient

PLACES = [
    "work.after-claim",
    "work.evaluate",
    "work.before-transaction",
    "work.before-commit",
    "work.after-commit",
]


@dataclass
class Ticks:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def clinic(ticks: Ticks) -> Clinic:
    return Clinic(MemoryStore(ticks))


def killed_at(place: str) -> Callable[[str], None]:
    def pass_by(name: str) -> None:
        if name == place:
            raise KilledError

    return pass_by


def work_off(clinic: Clinic) -> None:
    while work.run_ready(clinic.worker()):
        pass


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_anywhere_leaves_its_job_to_the_next_and_nothing_twice(
    clinic: Clinic, ticks: Ticks, place: str
) -> None:
    submission = clinic.post(*indicated())
    with pytest.raises(KilledError):
        work.run_ready(clinic.worker(killed_at(place)))
    ticks.seconds += LEASE_SECONDS
    work_off(clinic)
    assert clinic.progress(submission).state is SubmissionState.COMPLETED
    (impression,) = clinic.impressions()
    assert impression["meta"]["versionId"] == "1"
    assert len(clinic.flags()) == 1


def test_a_worker_that_was_away_too_long_writes_nothing(clinic: Clinic, ticks: Ticks) -> None:
    clinic.post(*indicated())

    def another_takes_over(name: str) -> None:
        if name == "work.before-transaction":
            ticks.seconds += LEASE_SECONDS
            clinic.later(hours=1)
            work_off(clinic)

    work.run_ready(clinic.worker(another_takes_over))
    (impression,) = clinic.impressions()
    assert impression["meta"]["versionId"] == "1"
    assert impression["date"].startswith("2026-05-01T13:00")
    assert len(clinic.flags()) == 1


def test_evidence_that_comes_during_the_work_is_judged_after_it(clinic: Clinic) -> None:
    first = clinic.post(patient(), pain())
    later: list[str] = []

    def more_comes(name: str) -> None:
        if name == "work.before-transaction" and not later:
            later.append(clinic.post(*indicated()))

    work.run_ready(clinic.worker(more_comes))
    assert clinic.progress(first).state is SubmissionState.COMPLETED
    assert clinic.progress(later[0]).state is SubmissionState.RECEIVED
    work_off(clinic)
    assert clinic.progress(later[0]).state is SubmissionState.COMPLETED
    assert len(clinic.impressions()) == 2


def test_a_submission_is_in_progress_while_it_is_worked_on(clinic: Clinic) -> None:
    submission = clinic.post(*indicated())
    states = []

    def look(name: str) -> None:
        states.append((name, clinic.progress(submission).state))

    assert clinic.progress(submission).state is SubmissionState.RECEIVED
    work.run_ready(clinic.worker(look))
    assert states == [(place, SubmissionState.PROCESSING) for place in PLACES[:-1]] + [
        (PLACES[-1], SubmissionState.COMPLETED)
    ]


def test_an_evaluation_that_always_breaks_off_ends_its_submission_and_no_other(
    clinic: Clinic, ticks: Ticks, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = clinic.post(*indicated("p1")), clinic.post(*indicated("p2"))

    def broken_for_one(known: Known, judge: Judge, now: datetime) -> Verdict:
        if known.patient == "p1":
            raise ZeroDivisionError("Patient Jane Doe")
        return decide(known, judge, now)

    monkeypatch.setattr(work, "decide", broken_for_one)
    work_off(clinic)
    assert clinic.progress(good).state is SubmissionState.COMPLETED
    for _ in range(MOST_CLAIMS - 1):
        assert clinic.progress(bad).state is SubmissionState.PROCESSING
        ticks.seconds += work.RETRY_SECONDS
        work_off(clinic)
    failed = clinic.progress(bad)
    assert (failed.state, failed.reason) == (SubmissionState.FAILED, FailureReason.EVALUATION_FAILED)
    assert len(caplog.records) == MOST_CLAIMS
    assert "Jane" not in caplog.text


def test_a_job_that_kills_every_worker_ends_its_submission_and_no_other(
    clinic: Clinic, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = clinic.post(*indicated("p1")), clinic.post(*indicated("p2"))

    def deadly_for_one(known: Known, judge: Judge, now: datetime) -> Verdict:
        if known.patient == "p1":
            raise KilledError
        return decide(known, judge, now)

    monkeypatch.setattr(work, "decide", deadly_for_one)
    for _ in range(2 * MOST_CLAIMS):
        with suppress(KilledError):
            work_off(clinic)
        ticks.seconds += LEASE_SECONDS
    assert clinic.progress(bad).state is SubmissionState.PROCESSING
    work.sweep(clinic.store, clinic, clinic)
    failed = clinic.progress(bad)
    assert (failed.state, failed.reason) == (SubmissionState.FAILED, FailureReason.WORKER_LOST)
    assert clinic.progress(good).state is SubmissionState.COMPLETED


class Watched(MemoryStore):
    """A store that counts how often leases were renewed by a thread of their own."""

    renewals = 0

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with super().writing() as transaction:
            yield transaction
        if threading.current_thread().name == "renewal":
            self.renewals += 1

    def await_renewal(self) -> None:
        """Until one that began after this call has ended: the next to end may have begun before it."""
        seen = self.renewals
        awaited(lambda: self.renewals >= seen + 2)


def test_a_job_that_takes_longer_than_a_lease_is_finished_once_and_claimed_by_nobody_else(
    ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "RENEW_SECONDS", 0.01)
    store = Watched(ticks)
    clinic = Clinic(store)
    submissions = [clinic.post(*indicated(f"p{number}")) for number in range(2)]
    claimed_by_another = []

    def takes_three_leases(name: str) -> None:
        if name == "work.evaluate":
            for _ in range(4):
                ticks.seconds += LEASE_SECONDS * 3 / 4
                store.await_renewal()
                claimed_by_another.append(work.run_ready(clinic.worker()))

    assert work.run_ready(clinic.worker(takes_three_leases)) == 2
    assert claimed_by_another == [0] * 8
    assert {clinic.progress(each).state for each in submissions} == {SubmissionState.COMPLETED}
    assert [each["meta"]["versionId"] for each in clinic.impressions()] == ["1", "1"]
    assert not renewing()


def test_a_job_that_hangs_loses_its_lease_to_another_worker(
    clinic: Clinic, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "RENEW_SECONDS", 0.01)
    monkeypatch.setattr(work, "LONGEST_JOB_SECONDS", 0.0)
    submission = clinic.post(*indicated())
    states = []

    def hangs(name: str) -> None:
        if name == "work.evaluate":
            awaited(lambda: not renewing())
            ticks.seconds += LEASE_SECONDS
            work_off(clinic)
            states.append(clinic.progress(submission).state)

    work.run_ready(clinic.worker(hangs))
    assert states == [SubmissionState.COMPLETED]
    (impression,) = clinic.impressions()
    assert impression["meta"]["versionId"] == "1"


def renewing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "renewal"]


def test_leases_are_renewed_again_once_the_store_is_back(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "RENEW_SECONDS", 0.01)
    store = Away(0, ticks)
    clinic = Clinic(store)
    submission = clinic.post(*indicated())
    claimed_by_another = []

    def store_is_away(name: str) -> None:
        if name == "work.evaluate":
            ticks.seconds += LEASE_SECONDS / 2
            store.times = 2
            awaited(lambda: store.times < -1)
            ticks.seconds += LEASE_SECONDS * 3 / 4
            claimed_by_another.append(work.run_ready(clinic.worker()))

    assert work.run_ready(clinic.worker(store_is_away)) == 1
    assert claimed_by_another == [0]
    assert clinic.progress(submission).state is SubmissionState.COMPLETED


def test_a_sweep_hints_again_at_what_waits_too_long(clinic: Clinic, ticks: Ticks) -> None:
    clinic.post(*indicated())
    assert clinic.hints == [[1]]
    work.sweep(clinic.store, clinic, clinic)
    ticks.seconds += HINT_SECONDS
    work.sweep(clinic.store, clinic, clinic)
    work.sweep(clinic.store, clinic, clinic)
    assert clinic.hints == [[1], (1,)]


@dataclass
class Orders:
    """Stops after so many rests."""

    rests: int
    waited: list[float] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        return len(self.waited) >= self.rests

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def test_a_worker_rests_only_when_nothing_is_ready(clinic: Clinic) -> None:
    submissions = [clinic.post(*indicated(f"p{number}")) for number in range(3)]
    orders = Orders(1)
    work.run(clinic.worker(), orders)
    assert orders.waited == [work.IDLE_SECONDS]
    assert {clinic.progress(each).state for each in submissions} == {SubmissionState.COMPLETED}


class Away(MemoryStore):
    """A store that cannot be reached for the first few times."""

    def __init__(self, times: int, ticks: Callable[[], float] = uptime) -> None:
        super().__init__(ticks)
        self.times = times

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.times -= 1
        if self.times >= 0:
            raise Unreachable("away")
        with super().writing() as transaction:
            yield transaction


def test_a_worker_outlives_a_store_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    store = Away(0)
    clinic = Clinic(store)
    submission = clinic.post(*indicated())
    store.times = 2
    with caplog.at_level(logging.CRITICAL):
        work.run(clinic.worker(), Orders(3))
    assert clinic.progress(submission).state is SubmissionState.COMPLETED


def test_a_sweeper_sweeps_until_it_is_stopped(clinic: Clinic, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SWEEP_SECONDS", 0.01)
    clinic.post(*indicated())
    ticks.seconds += HINT_SECONDS
    hinted = threading.Event()

    class Queue:
        def hint(self, _jobs: Sequence[int]) -> None:
            hinted.set()

    sweeper = work.Sweeper(clinic.store, Queue(), clinic)
    sweeper.start()
    awaited(hinted.is_set)
    sweeper.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "sweeper"]
