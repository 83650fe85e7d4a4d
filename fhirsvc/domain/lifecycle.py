"""Which state may follow which, for a submission and for a job, and the closed list of reasons why one failed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class SubmissionState(StrEnum):
    """How far a received Bundle has come; completed and failed are final."""

    RECEIVED = "received"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class JobState(StrEnum):
    """Where a job stands; done and dead are final."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class FailureReason(StrEnum):
    """Why a job died, and with it the submissions that waited for it.

    worker-lost: its worker ended without a word each time.  evaluation-failed: its evaluation broke off each time.
    """

    WORKER_LOST = "worker-lost"
    EVALUATION_FAILED = "evaluation-failed"


_STEPS: Mapping[SubmissionState | JobState, frozenset[SubmissionState | JobState]] = {
    SubmissionState.RECEIVED: frozenset(
        {SubmissionState.PROCESSING, SubmissionState.COMPLETED, SubmissionState.FAILED}
    ),
    SubmissionState.PROCESSING: frozenset({SubmissionState.COMPLETED, SubmissionState.FAILED}),
    SubmissionState.COMPLETED: frozenset(),
    SubmissionState.FAILED: frozenset(),
    JobState.READY: frozenset({JobState.LEASED}),
    JobState.LEASED: frozenset({JobState.LEASED, JobState.DONE, JobState.DEAD}),
    JobState.DONE: frozenset(),
    JobState.DEAD: frozenset(),
}


def may_become(state: SubmissionState | JobState) -> frozenset[SubmissionState | JobState]:
    """The states from which this one may follow."""
    return frozenset(before for before, after in _STEPS.items() if state in after)
