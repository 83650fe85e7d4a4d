"""What the verbs need of the outside world, in their words: Store, Queue, Clock, Failpoint, and the records kept."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime

from fhirsvc.domain.joining import Identity, Joined, Number
from fhirsvc.domain.lexicon import Lexicon, normalise
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.domain.response import Kind, Word
from fhirsvc.fhir.history import Past
from fhirsvc.fhir.search import Criteria

MOST_CLAIMS = 5
"""How often a job is claimed before it is given up (RELIABILITY 1.2 F13)."""

LEASE_SECONDS = 8.0
"""How long a worker may go without a sign of life before its jobs are given to another (RELIABILITY 2.2)."""

MOST_DUE = 500
"""Persons that one sweep schedules because their day has come: a long downtime must not hold up the store."""

HINT_SECONDS = 20.0
"""How long after a hint a job that still waits gets another: with the sweep's interval, what a lost hint costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one resource, with the bytes that are served for it.

    version counts from 1.  received: when this version came or was written; first_received: when the resource first
    came.  patient: Patient.id within the tenant, None = nobody's or unresolved.  submission: the Bundle that brought
    it, None = written by this service.  subject: the identifier that alone names its patient, None = there is no such.
    updated: meta.lastUpdated as its sender gave it, None = it gave none.  body: b"" of a version that deletes.
    """

    type: str
    id: str
    version: int
    received: datetime
    first_received: datetime
    body: bytes
    patient: str | None = None
    submission: str | None = None
    subject: Number | None = None
    updated: datetime | None = None

    @property
    def reference(self) -> str:
        """The relative reference of the resource: "Flag/abc"."""
        return f"{self.type}/{self.id}"

    @property
    def deleted(self) -> bool:
        """Does this version say that the resource is no more?"""
        return not self.body


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search.

    total: of all matches, None = not asked for.  at: the moment of the store that was searched, in which every page of
    the search is the same however much is written meanwhile.  more: whether more matches follow.
    """

    versions: tuple[Version, ...]
    total: int | None
    at: int
    more: bool


@dataclass(frozen=True, slots=True)
class History:
    """One page of a history; total: of all its pages; more: whether more versions follow."""

    versions: tuple[Version, ...]
    total: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One Bundle received once: its bytes as received, their SHA-256, and how far it has come.

    key: what its sender names it by, the same for every repetition, None = nothing.  answer: what was answered for its
    entries, as usecases.dedupe writes it.  awaited: its sender was told where to ask for that answer.
    """

    id: str
    received: datetime
    changed: datetime
    digest: str
    body: bytes
    state: SubmissionState
    reason: FailureReason | None = None
    key: str | None = None
    answer: bytes = b""
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered for a submission, and the SHA-256 of its bytes."""

    submission: str
    digest: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class Touch:
    """A Patient whose evidence a submission changed: the watermark after it, and the assessment that covers it."""

    patient: str
    watermark: int
    assessment: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The row kept of one assessment: the answer in brief, and the trace as JSON.

    patient: the survivor of its person at the time, in whose chain it stands.  outcome and rule: of the strongest
    finding, or not-applicable and its row.  ordinal: the decision that stood after it, 0 = none.  watermark: the
    evidence it covers.  shadow: nothing was written for it.
    """

    patient: str
    protocol: str
    ordinal: int
    watermark: int
    on: date
    key: str
    outcome: str
    rule: str
    made: datetime
    trace: bytes
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One change in a patient's chain: its ordinal (from 1), its key and the impression it wrote, "" = it withdrew."""

    ordinal: int
    key: str
    impression: str
    decided: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A clinician's word as it is kept: on which impression, which wrote a decision of this key, and when.

    id: the same for the same word of the same clinician on the same impression.  rule: of the strongest finding.
    """

    id: str
    patient: str
    impression: str
    key: str
    rule: str
    word: Word
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job: decide for one person, named by its survivor when the job was scheduled.

    fence rises with each claim; attempts counts the claims, this one too.

    watermark: the person's at the claim, so the least that the claim covers.
    """

    id: int
    tenant: str
    patient: str
    watermark: int
    fence: int
    attempts: int


LONGEST_SHOWN = 120
"""Characters of a text that was not understood which are kept."""

MOST_MISSED = 200_000
"""Places with something not understood that are noted of one sender; what comes beyond them is not noted."""

MOST_LISTED = 1_000
"""How many different things that were not understood are listed of one sender, the most frequent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Something that was not understood, the same wherever it stands.

    why: as in fhir.extract.Unread.  system, code: as sent; where there is a code it alone says what it is.  phrase:
    without a code the normalised text, cut short.  text: what the sender called it, cut short.
    """

    why: str
    system: str
    code: str
    phrase: str
    text: str = field(compare=False)

    @classmethod
    def of(cls, why: str, system: str, code: str, text: str) -> typing.Self:
        """Without a code the text says what it is."""
        return cls(
            why=why,
            system=system if code else "",
            code=code,
            phrase="" if code else normalise(text)[:LONGEST_SHOWN],
            text=text[:LONGEST_SHOWN],
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something not understood at a place of a resource version ("Observation/x/_history/1")."""

    missed: Missed
    reference: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often something is not understood in the records as they stand, of how many persons, and since when.

    first, last: when the longest known and the newest of its places was first read.  example: one of them.
    """

    missed: Missed
    places: int
    persons: int
    first: datetime
    last: datetime
    example: Sighting


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: jobs that need a hint, and jobs given up because their workers were lost each time."""

    waiting: tuple[int, ...]
    lost: tuple[Job, ...]


class Resources(typing.Protocol):
    """Every version of every resource, received or written; the newest version of each is its head."""

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists; it may say that the resource was deleted."""

    def counted(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The version that counts as evidence of each (type, id) that was received and is not deleted.

        Of the versions since it was created the one with the greatest `updated` when all of them have one, else the
        newest; of several alike the newest.
        """

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""

    def evidence(self, tenant: str, patients: Collection[str]) -> Sequence[Version]:
        """The version that counts, as `counted` has it, of each resource of any of these Patients, in no order."""

    def about(self, tenant: str, identifiers: Collection[Number]) -> Sequence[Version]:
        """The versions that count and whose patient is named by one of these identifiers alone."""

    def assign(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note the patient of these versions, which count, anew; nothing else of them changes."""

    def confirm(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note `updated` of these versions, which are heads and count, anew; nothing else of them changes."""

    def mentioning(self, tenant: str, keys: Collection[tuple[str, str]]) -> Collection[str]:
        """The Patients in whose evidence one of these (type, id) is named, as references.shared_in finds it."""

    def naming(self, tenant: str, word: str) -> Collection[str]:
        """The Patients in whose evidence a word of ASCII letters and digits stands anywhere, in either case."""

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions; each becomes the head of its resource, and can be found by search.indexed of it.

        A deleted one has no body and is not found.
        """

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of what met the criteria at their moment, which is now when they name none.

        Raises Refused when that moment is known no more.
        """

    def history(self, tenant: str, past: Past) -> History:
        """One page of the versions that are asked for, the last received first."""


class Submissions(typing.Protocol):
    """The inbox."""

    def add(self, tenant: str, submission: Submission, touches: Sequence[Touch]) -> None:
        """Keep a submission and what it touched."""

    def get(self, tenant: str, id: str) -> tuple[Submission, Sequence[Touch]] | None:
        """A submission with its touches in order of patient, or None."""

    def named(self, tenant: str, key: str) -> Answered | None:
        """What was answered for the submission of this key, or None."""

    def sent(self, tenant: str, digest: str) -> Answered | None:
        """What was answered for the newest submission of the bytes with this SHA-256, or None."""

    def expect(self, tenant: str, id: str, *, awaited: bool) -> None:
        """Note whether the sender of a submission waits for its answer."""

    def start(self, jobs: Collection[Job], at: datetime) -> None:
        """Move the submissions that wait for claimed jobs to processing."""

    def cover(self, tenant: str, person: str, watermark: int, assessment: int, *, at: datetime) -> None:
        """Note the assessment at each open touch of the person up to the watermark.

        Completes the submissions that have no open touch left.
        """

    def fail(self, job: Job, reason: FailureReason, at: datetime) -> None:
        """End the submissions that waited for a job that died."""


class Persons(typing.Protocol):
    """Who is one person.  It is named by its survivor, one of its Patients; a Patient that nobody joined is its own."""

    def identities(self, tenant: str, patients: Collection[str]) -> Mapping[str, Identity]:
        """Who these Patients were last said to be, for each that was received."""

    def identify(self, tenant: str, identities: Collection[Identity]) -> None:
        """Keep who each of these Patients is, in place of who it was said to be; of one not received, nothing."""

    def tied(self, tenant: str, identities: Collection[Identity]) -> Collection[str]:
        """The Patients that bear a number of one of these or link to one, perhaps they themselves."""

    def bearers(self, tenant: str, identifiers: Collection[Number]) -> Mapping[Number, Collection[str]]:
        """The Patients that bear each of these identifiers, where there are any."""

    def join(self, tenant: str, persons: Collection[Joined]) -> None:
        """Make each of these a person; their members leave the persons they were."""

    def of(self, tenant: str, patients: Collection[str]) -> Mapping[str, str]:
        """The survivor of the person that each of these Patients is."""

    def members(self, tenant: str, person: str) -> Sequence[str]:
        """The Patients that are this person, in order; none when nothing came of it, or it was joined to another."""


class Patients(typing.Protocol):
    """How much evidence came and was judged, the same for all Patients of a person, and each Patient's own chain."""

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of the person that each of these Patients is; the new watermark by Patient."""

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of the person that this Patient is has come; 0 = never."""

    def last(self, tenant: str, patient: str, protocol: str) -> Decision | None:
        """The last decision of the chain."""

    def last_impression(self, tenant: str, patient: str, protocol: str) -> str:
        """The id of the last impression written in the chain, withdrawn or not; "" = none."""

    def decide(self, tenant: str, patient: str, protocol: str, decision: Decision) -> None:
        """Add a decision to the chain; its ordinal must be the next."""

    def judge(self, tenant: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated for the person; the id it was given."""

    def wait(self, tenant: str, person: str, due: date | None) -> None:
        """Keep the day from which the person is to be judged anew, in place of the one that was kept.

        None = time alone changes nothing any more.
        """

    def judged(self, tenant: str, assessment: int) -> Judged:
        """An assessment that was kept."""

    def decision(self, tenant: str, patient: str, protocol: str, ordinal: int) -> Decision | None:
        """One decision of the chain."""

    def told(self, tenant: str, patient: str, protocol: str) -> Sequence[tuple[Decision, Judged | None]]:
        """The chain from its beginning, each decision with the assessment that made it.

        None = none did: what stood was taken back because its Patient is one person with another.
        """

    def newest(self, tenant: str, patient: str) -> Judged | None:
        """The newest assessment in which this Patient was the survivor, None = there is none."""

    def latest(self) -> Iterator[tuple[str, Judged]]:
        """The newest assessment of each person, with its tenant, sorted by tenant; one by one, for they may be many."""

    def in_shadow(self) -> Mapping[str, Collection[str]]:
        """By tenant the persons whose newest assessment was made in shadow."""


class Responses(typing.Protocol):
    """What clinicians said of impressions."""

    def add(self, tenant: str, response: Response) -> None:
        """Keep a response; its id must be new."""

    def get(self, tenant: str, id: str) -> Response | None:
        """A response, or None."""

    def of(self, tenant: str, patients: Collection[str]) -> Sequence[Response]:
        """The responses to what was written for these Patients, in order of time."""

    def tallies(self) -> Mapping[str, Mapping[str, Mapping[Kind, int]]]:
        """How many of each kind there are, by tenant and rule."""


class Jobs(typing.Protocol):
    """The queue that is the truth: leases, fences and attempts, on the store's own clock."""

    def schedule(self, tenant: str, patients: Collection[str]) -> Sequence[int]:
        """One ready job for each person that these Patients are, the existing one where one waits already.

        Their ids, to be hinted at once.
        """

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

    def sweep(self, today: date) -> Swept:
        """Bury what was claimed MOST_CLAIMS times in vain, schedule persons left behind, tell what is to be hinted.

        Left behind is who has evidence that no job waits for, and who is to be judged anew from `today` on or before;
        of the latter at most MOST_DUE at once, the longest due first.  A hint is due for who was scheduled by time,
        when a lease ran out since the last one, or when a job waits HINT_SECONDS after it.
        """


class Misses(typing.Protocol):
    """What of the records as they stand was not understood; texts of patients are in it, and in no log."""

    def keep(
        self, tenant: str, person: str, patients: Collection[str], sightings: Collection[Sighting], at: datetime
    ) -> None:
        """Note what is not understood now of a person, who is these Patients, in place of what was noted of them.

        A place that was noted keeps its time.  Once MOST_MISSED places of the sender are noted, new ones are left out.
        """

    def tallies(self, tenant: str) -> Sequence[Tally]:
        """What a sender sent and was not understood, the most frequent first, MOST_LISTED at most."""

    def persons(self, tenant: str, system: str, code: str, phrase: str) -> Collection[str]:
        """The persons in whose records this code, or this phrase without one, is not understood."""

    def is_full(self, tenant: str) -> bool:
        """Are MOST_MISSED places of the sender noted?"""


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
    def persons(self) -> Persons:
        """Who is one person."""

    @property
    def responses(self) -> Responses:
        """What clinicians said."""

    @property
    def misses(self) -> Misses:
        """What was not understood."""

    @property
    def jobs(self) -> Jobs:
        """The queue."""


class Store(typing.Protocol):
    """Inbox, queue, outbox and ledger.  Raises domain.errors.Unreachable when it cannot be read or written now."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """The one writer; durable when the block ends, undone when it raises."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """A consistent view; writing in it is an error."""


class Lexicons(typing.Protocol):
    """What codes and texts mean, sender by sender."""

    def of(self, tenant: str) -> Lexicon:
        """The Lexicon of a sender as it stands now; the same object until it changes."""


class ConceptMaps(Lexicons, typing.Protocol):
    """The ConceptMap of each sender, which adds its own codes and texts to the shipped terminology."""

    def get(self, tenant: str) -> bytes | None:
        """The map of a sender as it stands; None = it has none."""

    def put(self, tenant: str, body: bytes) -> None:
        """Put a map in the place of the one that stands, whole or not at all; it counts from the next `of` on."""


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
