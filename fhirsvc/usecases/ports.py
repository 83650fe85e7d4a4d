"""What the verbs need of the outside world, in their words: Store, Queue, Clock, Failpoint, and the records kept."""

from __future__ import annotations

import typing
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime

from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.fhir.search import Criteria

MOST_CLAIMS = 5
"""How often a job is claimed before it is given up (RELIABILITY 1.2 F13)."""

LEASE_SECONDS = 8.0
"""How long a worker may go without a sign of life before its jobs are given to another (RELIABILITY 2.2)."""

HINT_SECONDS = 20.0
"""How long after a hint a job that still waits gets another: with the sweep's interval, what a lost hint costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one resource, with the bytes that are served for it.

    version counts from 1.  received: when this version came or was written; first_received: when the resource first
    came.  patient: Patient.id within the tenant, None = nobody's or unresolved.  submission: the Bundle that brought
    it, None = written by this service.
    """

    type: str
    id: str
    version: int
    received: datetime
    first_received: datetime
    body: bytes
    patient: str | None = None
    submission: str | None = None

    @property
    def reference(self) -> str:
        """The relative reference of the resource: "Flag/abc"."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: `token` opens the next page, None = this is the last; total counts all matches."""

    versions: tuple[Version, ...]
    total: int
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One Bundle received once: its bytes as received, their SHA-256, and how far it has come."""

    id: str
    received: datetime
    changed: datetime
    digest: str
    body: bytes
    state: SubmissionState
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A patient whose evidence a submission changed: the watermark after it, and the assessment that covers it."""

    patient: str
    watermark: int
    assessment: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The row kept of one assessment: the answer in brief, and the trace as JSON.

    outcome and rule: of the strongest finding, or not-applicable and its row.  ordinal: the decision that stood after
    it, 0 = none.  watermark: the evidence it covers.
    """

    protocol: str
    ordinal: int
    watermark: int
    on: date
    key: str
    outcome: str
    rule: str
    made: datetime
    trace: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One change in a patient's chain: its ordinal (from 1), its key and the impression it wrote, "" = it withdrew."""

    ordinal: int
    key: str
    impression: str
    decided: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job: decide for one patient.  fence rises with each claim; attempts counts the claims, this one too.

    watermark: the patient's at the claim, so the least that the claim covers.
    """

    id: int
    tenant: str
    patient: str
    watermark: int
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: jobs that need a hint, and jobs given up because their workers were lost each time."""

    waiting: tuple[int, ...]
    lost: tuple[Job, ...]


class Resources(typing.Protocol):
    """Every version of every resource, received or written; the newest version of each is its head."""

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists."""

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""

    def evidence(self, tenant: str, patient: str) -> Sequence[Version]:
        """The newest version of each resource received for a patient, in no particular order."""

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions; each becomes the head of its resource, and can be found by search.indexed of it."""

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of the heads that match, latest date first."""


class Submissions(typing.Protocol):
    """The inbox."""

    def add(self, tenant: str, submission: Submission, touches: Sequence[Touch]) -> None:
        """Keep a submission and what it touched."""

    def get(self, tenant: str, id: str) -> tuple[Submission, Sequence[Touch]] | None:
        """A submission with its touches in order of patient, or None."""

    def start(self, jobs: Collection[Job], at: datetime) -> None:
        """Move the submissions that wait for claimed jobs to processing."""

    def cover(self, tenant: str, patient: str, watermark: int, assessment: int, *, at: datetime) -> None:
        """Note the assessment at each open touch up to the watermark; complete the submissions that have none left."""

    def fail(self, job: Job, reason: FailureReason, at: datetime) -> None:
        """End the submissions that waited for a job that died."""


class Patients(typing.Protocol):
    """Per patient: how much evidence has come, how much was judged, and the chain of decisions."""

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of each by one; the new watermarks."""

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of this patient has come; 0 = never."""

    def last(self, tenant: str, patient: str, protocol: str) -> Decision | None:
        """The last decision of the chain."""

    def last_impression(self, tenant: str, patient: str, protocol: str) -> str:
        """The id of the last impression written in the chain, withdrawn or not; "" = none."""

    def decide(self, tenant: str, patient: str, protocol: str, decision: Decision) -> None:
        """Add a decision to the chain; its ordinal must be the next."""

    def judge(self, tenant: str, patient: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated; the id it was given."""

    def judged(self, tenant: str, assessment: int) -> Judged:
        """An assessment that was kept."""

    def decision(self, tenant: str, patient: str, protocol: str, ordinal: int) -> Decision | None:
        """One decision of the chain."""


class Jobs(typing.Protocol):
    """The queue that is the truth: leases, fences and attempts, on the store's own clock."""

    def schedule(self, tenant: str, patients: Collection[str]) -> Sequence[int]:
        """One ready job per patient, the existing one where one waits already; their ids, to be hinted at once."""

    def claim(self, limit: int) -> Sequence[Job]:
        """Lease up to `limit` ready jobs, none of a patient at work, so at most one per patient; the fence rises.

        A job whose lease ran out is ready again; until it is claimed anew or buried, its last claim counts and no other
        job of its patient is ready.  One that was claimed before is leased alone, so that a job that kills its worker
        takes no other with it; one that was claimed MOST_CLAIMS times is left to the sweep.
        """

    def renew(self, jobs: Collection[Job]) -> None:
        """Extend the leases that are still held."""

    def finish(self, job: Job) -> bool:
        """Mark a job done; False = the claim no longer counts and nothing was changed."""

    def postpone(self, job: Job, seconds: float) -> bool:
        """Let a lease run out after `seconds`, to be claimed again then; False as for finish."""

    def bury(self, job: Job, reason: FailureReason) -> bool:
        """Mark a job dead and its evidence as dealt with; False as for finish."""

    def sweep(self) -> Swept:
        """Bury what was claimed MOST_CLAIMS times in vain, schedule patients left behind, tell what is to be hinted.

        A hint is due when a lease ran out since the last one, or when a job waits HINT_SECONDS after it.
        """


class Transaction(typing.Protocol):
    """All of the store in one transaction: everything in it happens, or nothing."""

    @property
    def resources(self) -> Resources:
        """Every version of every resource."""

    @property
    def submissions(self) -> Submissions:
        """The inbox."""

    @property
    def patients(self) -> Patients:
        """Watermarks, chains and assessments."""

    @property
    def jobs(self) -> Jobs:
        """The queue."""


class Store(typing.Protocol):
    """Inbox, queue, outbox and ledger.  Raises domain.errors.Unreachable when it cannot be read or written now."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """The one writer; durable when the block ends, undone when it raises."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """A consistent view; writing in it is an error."""


class Queue(typing.Protocol):
    """The way to tell a worker that jobs wait.  A hint may be lost; the jobs may not."""

    def hint(self, jobs: Sequence[int]) -> None:
        """Say that these jobs wait.  Returns at once and never raises."""


class Clock(typing.Protocol):
    """The one that knows what time it is."""

    def now(self) -> datetime:
        """The present instant in UTC."""


class Failpoint(typing.Protocol):
    """A named place where a test may stop, delay or kill the process."""

    def __call__(self, name: str, /) -> None:
        """Pass the place called `name`."""


def passing(_name: str) -> None:
    """The Failpoint of everyday: nothing happens."""
