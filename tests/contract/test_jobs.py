"""What every store promises of jobs: one writer per patient, leases and fences, and nothing left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.usecases.ports import (
    HINT_SECONDS,
    LEASE_SECONDS,
    MOST_CLAIMS,
    Decision,
    Job,
    Judged,
    Store,
    Submission,
    Swept,
    Touch,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TODAY = NOON.date()
TODAY = NOON.date()


class Ticks:
    """The clock of the fixture."""

    seconds: float


def touch(store: Store, *patients: str, submission: str = "", tenant: str = "t") -> Sequence[int]:
    """Evidence of these patients comes; the ids of their jobs."""
    with store.writing() as transaction:
        marks = transaction.patients.touch(tenant, patients)
        if submission:
            touches = [Touch(patient, marks[patient]) for patient in patients]
            transaction.submissions.add(tenant, received(submission), touches)
        return transaction.jobs.schedule(tenant, patients)


def received(id_: str) -> Submission:
    return Submission(id=id_, received=NOON, changed=NOON, digest="d", body=b"{}", state=SubmissionState.RECEIVED)


def claim(store: Store, limit: int = 64) -> Sequence[Job]:
    with store.writing() as transaction:
        return transaction.jobs.claim(limit)


def finish(store: Store, job: Job) -> bool:
    with store.writing() as transaction:
        return transaction.jobs.finish(job)


def sweep(store: Store) -> Swept:
    with store.writing() as transaction:
        return transaction.jobs.sweep(TODAY)


def judged(watermark: int, ordinal: int = 1, patient: str = "p1") -> Judged:
    return Judged(
        patient=patient,
        protocol="heel",
        ordinal=ordinal,
        watermark=watermark,
        on=date(2026, 5, 1),
        key="k",
        outcome="consider",
        rule="C1",
        made=NOON,
        trace=b"{}",
    )


def state(store: Store, submission: str) -> SubmissionState:
    with store.reading() as transaction:
        found = transaction.submissions.get("t", submission)
        assert found is not None
        return found[0].state


def test_a_burst_for_one_patient_becomes_one_job(store: Store) -> None:
    first = touch(store, "p1", "p2")
    assert touch(store, "p1") == first[:1]
    jobs = claim(store)
    assert [(job.patient, job.watermark) for job in jobs] == [("p1", 2), ("p2", 1)]
    assert claim(store) == []


def test_a_patient_at_work_is_left_to_its_worker(store: Store) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    touch(store, "p1", "p2")
    (other,) = claim(store)
    assert other.patient == "p2"
    assert finish(store, job)
    (again,) = claim(store)
    assert (again.patient, again.watermark) == ("p1", 2)
    assert again.id != job.id


def test_no_more_are_claimed_than_were_asked_for_and_the_oldest_come_first(store: Store) -> None:
    touch(store, *(f"p{number}" for number in range(5)))
    assert [job.patient for job in claim(store, 2)] == ["p0", "p1"]
    assert [job.patient for job in claim(store, 2)] == ["p2", "p3"]


def test_patients_of_the_same_id_at_two_tenants_are_two(store: Store) -> None:
    touch(store, "p1", tenant="one")
    touch(store, "p1", tenant="two")
    assert [job.tenant for job in claim(store)] == ["one", "two"]


def test_a_lease_that_ran_out_is_claimed_anew_and_the_old_claim_counts_no_more(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    (lost,) = claim(store)
    ticks.seconds += LEASE_SECONDS - 1
    assert claim(store) == []
    ticks.seconds += 1
    (again,) = claim(store)
    assert again.id == lost.id
    assert again.fence > lost.fence
    assert again.attempts == lost.attempts + 1
    with store.writing() as transaction:
        assert not transaction.jobs.finish(lost)
        assert not transaction.jobs.postpone(lost, 1)
        assert not transaction.jobs.bury(lost, FailureReason.EVALUATION_FAILED)
        transaction.jobs.renew([lost])
    assert finish(store, again)
    assert not finish(store, again)


def test_a_claim_whose_lease_ran_out_still_counts_while_nobody_else_took_the_job(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    ticks.seconds += 2 * LEASE_SECONDS
    assert finish(store, job)


def test_a_renewed_lease_holds(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    ticks.seconds += LEASE_SECONDS - 1
    with store.writing() as transaction:
        transaction.jobs.renew([job])
    ticks.seconds += LEASE_SECONDS - 1
    assert claim(store) == []


def test_a_lease_of_before_the_machine_was_started_holds_nobody_up(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    claim(store)
    ticks.seconds = 3.0
    (again,) = claim(store)
    assert again.attempts == 2


def test_a_job_that_was_lost_once_is_claimed_alone(store: Store, ticks: Ticks) -> None:
    touch(store, "p1", "p2")
    assert len(claim(store)) == 2
    touch(store, "p3")
    ticks.seconds += LEASE_SECONDS
    assert [job.patient for job in claim(store)] == ["p1"]
    assert [job.patient for job in claim(store)] == ["p2"]
    assert [job.patient for job in claim(store)] == ["p3"]


def test_a_job_that_loses_every_worker_is_given_up_with_what_waited_for_it(store: Store, ticks: Ticks) -> None:
    touch(store, "p1", submission="s1")
    claims: list[Job] = []
    for _ in range(MOST_CLAIMS):
        claims += claim(store)
        ticks.seconds += LEASE_SECONDS
    assert [job.attempts for job in claims] == list(range(1, MOST_CLAIMS + 1))
    assert claim(store) == []
    swept = sweep(store)
    assert [(each.id, each.watermark) for each in swept.lost] == [(claims[0].id, 1)]
    assert swept.waiting == ()
    assert sweep(store) == Swept((), ())
    with store.writing() as transaction:
        transaction.submissions.fail(swept.lost[0], FailureReason.WORKER_LOST, NOON)
    assert state(store, "s1") is SubmissionState.FAILED


def test_while_a_lost_claim_may_still_come_back_nobody_else_decides_for_its_patient(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    claims: list[Job] = []
    for _ in range(MOST_CLAIMS):
        claims += claim(store)
        touch(store, "p1")
        ticks.seconds += LEASE_SECONDS
    assert {job.id for job in claims} == {claims[0].id}
    assert claim(store) == []
    assert [each.id for each in sweep(store).lost] == [claims[0].id]
    (next_,) = claim(store)
    assert (next_.id != claims[0].id, next_.watermark) == (True, MOST_CLAIMS + 1)
    assert not finish(store, claims[-1])


def test_new_evidence_gives_a_patient_whose_job_died_another_chance(store: Store) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    with store.writing() as transaction:
        assert transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED)
    touch(store, "p1")
    (again,) = claim(store)
    assert (again.attempts, again.watermark) == (1, 2)


def test_a_postponed_job_rests_and_comes_back(store: Store, ticks: Ticks) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    with store.writing() as transaction:
        assert transaction.jobs.postpone(job, 2)
    ticks.seconds += 1
    assert claim(store) == []
    ticks.seconds += 1
    assert [each.id for each in claim(store)] == [job.id]


def test_a_patient_left_behind_without_a_job_is_scheduled_by_the_sweep(store: Store) -> None:
    with store.writing() as transaction:
        transaction.patients.touch("t", ["p1"])
    touch(store, "p2")
    assert [job.patient for job in claim(store)] == ["p2"]
    sweep(store)
    assert [job.patient for job in claim(store)] == ["p1"]


def test_a_patient_whose_evidence_was_judged_is_left_alone_by_the_sweep(store: Store) -> None:
    touch(store, "p1")
    (job,) = claim(store)
    with store.writing() as transaction:
        transaction.jobs.finish(job)
        transaction.patients.judge("t", judged(1))
    sweep(store)
    assert claim(store) == []


def test_a_hint_is_due_again_when_a_job_waits_long_or_its_lease_ran_out(store: Store, ticks: Ticks) -> None:
    waiting, leased = touch(store, "p1", "p2")
    claim(store, 1)
    assert sweep(store).waiting == ()
    ticks.seconds += LEASE_SECONDS
    assert sweep(store).waiting == (waiting,)
    assert sweep(store).waiting == ()
    ticks.seconds += HINT_SECONDS
    assert sweep(store).waiting == (waiting, leased)
    assert sweep(store).waiting == ()


def test_a_claim_moves_the_submissions_that_wait_and_no_others(store: Store) -> None:
    touch(store, "p1", submission="s1")
    (job,) = claim(store)
    touch(store, "p1", submission="s2")
    with store.writing() as transaction:
        transaction.submissions.start([job], NOON)
    assert state(store, "s1") is SubmissionState.PROCESSING
    assert state(store, "s2") is SubmissionState.RECEIVED


def test_a_submission_is_complete_when_each_of_its_patients_is_covered(store: Store) -> None:
    touch(store, "p1", "p2", submission="s1")
    touch(store, "p1", submission="s2")
    with store.writing() as transaction:
        assessment = transaction.patients.judge("t", judged(1))
        transaction.submissions.cover("t", "p1", 1, assessment, at=NOON)
    assert state(store, "s1") is SubmissionState.RECEIVED
    with store.writing() as transaction:
        other = transaction.patients.judge("t", judged(1, patient="p2"))
        transaction.submissions.cover("t", "p2", 1, other, at=NOON)
    assert state(store, "s1") is SubmissionState.COMPLETED
    assert state(store, "s2") is SubmissionState.RECEIVED
    with store.reading() as transaction:
        found = transaction.submissions.get("t", "s1")
    assert found is not None
    assert found[1] == [Touch("p1", 1, assessment), Touch("p2", 1, other)]


def test_what_is_final_stays(store: Store) -> None:
    touch(store, "p1", submission="s1")
    (job,) = claim(store)
    with store.writing() as transaction:
        transaction.submissions.fail(job, FailureReason.EVALUATION_FAILED, NOON)
        assessment = transaction.patients.judge("t", judged(1))
        transaction.submissions.cover("t", "p1", 1, assessment, at=NOON)
        transaction.submissions.start([job], NOON)
    assert state(store, "s1") is SubmissionState.FAILED


def test_a_submission_is_kept_as_it_came(store: Store) -> None:
    touch(store, "p1", submission="s1")
    with store.reading() as transaction:
        assert transaction.submissions.get("t", "s1") == (received("s1"), [Touch("p1", 1)])
        assert transaction.submissions.get("t", "unknown") is None
        assert transaction.submissions.get("other", "s1") is None


def test_a_chain_is_continued_by_its_next_link_only(store: Store) -> None:
    def link(ordinal: int, impression: str) -> Decision:
        return Decision(ordinal=ordinal, key=f"k{ordinal}", impression=impression, decided=NOON)

    with store.writing() as transaction:
        patients = transaction.patients
        assert patients.last("t", "p1", "heel") is None
        assert patients.last_impression("t", "p1", "heel") == ""
        patients.decide("t", "p1", "heel", link(1, "i1"))
        patients.decide("t", "p1", "heel", link(2, ""))
        with pytest.raises(ValueError, match="continue"):
            patients.decide("t", "p1", "heel", link(2, "i2"))
        with pytest.raises(ValueError, match="continue"):
            patients.decide("t", "p1", "heel", link(4, "i4"))
        patients.decide("t", "p1", "other", link(1, "o1"))
    with store.reading() as transaction:
        patients = transaction.patients
        assert patients.last("t", "p1", "heel") == link(2, "")
        assert patients.last_impression("t", "p1", "heel") == "i1"
        assert patients.decision("t", "p1", "heel", 1) == link(1, "i1")
        assert patients.decision("t", "p1", "heel", 3) is None
        assert patients.last("t", "p2", "heel") is None


def test_an_assessment_is_kept_as_it_was_made(store: Store) -> None:
    with store.writing() as transaction:
        transaction.patients.touch("t", ["p1"])
        first = transaction.patients.judge("t", judged(1))
        second = transaction.patients.judge("t", judged(1, ordinal=2))
    with store.reading() as transaction:
        assert transaction.patients.judged("t", first) == judged(1)
        assert transaction.patients.judged("t", second) == judged(1, ordinal=2)
        assert transaction.patients.watermark("t", "p1") == 1
        assert transaction.patients.watermark("t", "p2") == 0
