"""Resources, submissions and patients in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import takewhile

from fhirsvc.adapters.memory.findable import find, note
from fhirsvc.adapters.memory.history import tell
from fhirsvc.adapters.memory.persons import members
from fhirsvc.adapters.memory.shelves import Mark, Shelves
from fhirsvc.domain.joining import Number
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState, may_become
from fhirsvc.fhir.history import Past
from fhirsvc.fhir.references import shared_in
from fhirsvc.fhir.search import Criteria
from fhirsvc.usecases.ports import Answered, Decision, History, Job, Judged, Page, Submission, Touch, Version


class MemoryResources:
    """See ports.Resources."""

    def __init__(self, shelves: Shelves) -> None:
        self._versions = shelves.versions
        self._places = shelves.places
        self._standing = shelves.standing

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists."""
        return {key: self._versions[tenant, *key][-1] for key in keys if (tenant, *key) in self._versions}

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""
        kept = self._versions.get((tenant, type, id), ())
        return next((each for each in kept if each.version == version), None)

    def counted(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The version that counts as evidence of each (type, id) that was received and is not deleted."""
        found = {key: _counted(self._versions.get((tenant, *key), ())) for key in keys}
        return {key: version for key, version in found.items() if version is not None}

    def evidence(self, tenant: str, patients: Collection[str]) -> Sequence[Version]:
        """The version that counts of each resource of any of these Patients."""
        return [each for each in self._counting(tenant) if each.patient in patients]

    def about(self, tenant: str, identifiers: Collection[Number]) -> Sequence[Version]:
        """The versions that count and whose patient is named by one of these identifiers alone."""
        return [each for each in self._counting(tenant) if each.subject is not None and each.subject in identifiers]

    def assign(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note the patient of these versions, which count, anew; nothing else of them changes."""
        for each in versions:
            self._renote(tenant, each)
        note(self._places, self._standing, tenant, [each for each in versions if self._stands(tenant, each)])

    def confirm(self, tenant: str, versions: Sequence[Version]) -> None:
        """Note `updated` of these versions, which are heads and count, anew; nothing else of them changes."""
        for each in versions:
            self._renote(tenant, each)

    def _renote(self, tenant: str, version: Version) -> None:
        key = (tenant, version.type, version.id)
        kept = self._versions[key]
        self._versions[key] = tuple(version if each.version == version.version else each for each in kept)

    def _stands(self, tenant: str, version: Version) -> bool:
        return self._versions[tenant, version.type, version.id][-1].version == version.version

    def mentioning(self, tenant: str, keys: Collection[tuple[str, str]]) -> Collection[str]:
        """The Patients in whose evidence one of these (type, id) is named."""
        wanted = set(keys)
        naming = (each for each in self._counting(tenant) if wanted.intersection(shared_in(each.body)))
        return {each.patient for each in naming if each.patient is not None}

    def naming(self, tenant: str, word: str) -> Collection[str]:
        """The Patients in whose evidence a word of ASCII letters and digits stands anywhere, in either case."""
        named = word.lower().encode()
        found = (each for each in self._counting(tenant) if named in each.body.lower())
        return {each.patient for each in found if each.patient is not None}

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions; each becomes the head of its resource."""
        for each in versions:
            key = (tenant, each.type, each.id)
            self._versions[key] = (*self._versions.get(key, ()), each)
        newest = {(each.type, each.id): each for each in versions}
        note(self._places, self._standing, tenant, list(newest.values()))

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of what met the criteria at their moment."""
        return find(self._places, tenant, criteria)

    def history(self, tenant: str, past: Past) -> History:
        """One page of the versions that are asked for, the last received first."""
        kept = [versions for (owner, *_), versions in self._versions.items() if owner == tenant]
        return tell(kept, past)

    def _counting(self, tenant: str) -> list[Version]:
        found = (_counted(kept) for key, kept in self._versions.items() if key[0] == tenant)
        return [each for each in found if each is not None]


def _counted(versions: Sequence[Version]) -> Version | None:
    """Of all versions of a resource the one that counts as evidence."""
    alive = list(takewhile(lambda each: not each.deleted, reversed(versions)))
    if not alive or alive[0].submission is None:
        return None
    times = [each.updated for each in alive if each.updated is not None]
    return alive[0] if len(times) < len(alive) else max(alive, key=lambda each: (each.updated, each.version))


class MemorySubmissions:
    """See ports.Submissions."""

    def __init__(self, shelves: Shelves) -> None:
        self._submissions = shelves.submissions
        self._touches = shelves.touches
        self._persons = shelves.persons

    def add(self, tenant: str, submission: Submission, touches: Sequence[Touch]) -> None:
        """Keep a submission and what it touched."""
        self._submissions[tenant, submission.id] = submission
        for each in touches:
            self._touches[tenant, submission.id, each.patient] = each

    def get(self, tenant: str, id: str) -> tuple[Submission, Sequence[Touch]] | None:
        """A submission with its touches in order of patient, or None."""
        found = self._submissions.get((tenant, id))
        touches = [each for key, each in self._touches.items() if key[:2] == (tenant, id)]
        return (found, sorted(touches, key=lambda each: each.patient)) if found else None

    def named(self, tenant: str, key: str) -> Answered | None:
        """What was answered for the submission of this key, or None."""
        return self._answered(tenant, lambda each: each.key == key)

    def sent(self, tenant: str, digest: str) -> Answered | None:
        """What was answered for the newest submission of the bytes with this SHA-256, or None."""
        return self._answered(tenant, lambda each: each.digest == digest)

    def _answered(self, tenant: str, is_meant: Callable[[Submission], bool]) -> Answered | None:
        found = [each for key, each in self._submissions.items() if key[0] == tenant and is_meant(each)]
        newest = max(found, key=lambda each: each.received, default=None)
        return Answered(newest.id, newest.digest, newest.answer) if newest else None

    def expect(self, tenant: str, id: str, *, awaited: bool) -> None:
        """Note whether the sender of a submission waits for its answer."""
        self._submissions[tenant, id] = replace(self._submissions[tenant, id], awaited=awaited)

    def start(self, jobs: Collection[Job], at: datetime) -> None:
        """Move the submissions that wait for claimed jobs to processing."""
        for job in jobs:
            for _, submission, _ in self._waiting(job.tenant, job.patient, job.watermark):
                self._move(job.tenant, submission, SubmissionState.PROCESSING, at)

    def cover(self, tenant: str, person: str, watermark: int, assessment: int, *, at: datetime) -> None:
        """Note the assessment at each open touch of the person; complete the submissions that have none left."""
        waiting = self._waiting(tenant, person, watermark)
        for key in waiting:
            self._touches[key] = replace(self._touches[key], assessment=assessment)
        for _, submission, _ in waiting:
            open_ = (key for key, each in self._touches.items() if each.assessment is None)
            if (tenant, submission) not in {key[:2] for key in open_}:
                self._move(tenant, submission, SubmissionState.COMPLETED, at)

    def fail(self, job: Job, reason: FailureReason, at: datetime) -> None:
        """End the submissions that waited for a job that died."""
        for _, submission, _ in self._waiting(job.tenant, job.patient, job.watermark):
            self._move(job.tenant, submission, SubmissionState.FAILED, at, reason)

    def _waiting(self, tenant: str, person: str, watermark: int) -> list[tuple[str, str, str]]:
        patients = members(self._persons, tenant, person)
        return [
            key
            for key, each in self._touches.items()
            if key[0] == tenant and key[2] in patients and each.assessment is None and each.watermark <= watermark
        ]

    def _move(
        self, tenant: str, id_: str, state: SubmissionState, at: datetime, reason: FailureReason | None = None
    ) -> None:
        submission = self._submissions[tenant, id_]
        if submission.state in may_become(state):
            self._submissions[tenant, id_] = replace(submission, state=state, changed=at, reason=reason)


class MemoryPatients:
    """See ports.Patients."""

    def __init__(self, shelves: Shelves) -> None:
        self._marks = shelves.marks
        self._persons = shelves.persons
        self._chains = shelves.chains
        self._judged = shelves.judged

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of the person that each of these Patients is; the new watermark by Patient."""
        touched = {self._persons.setdefault((tenant, patient), patient) for patient in patients}
        members_of: dict[str, list[str]] = defaultdict(list)
        for (owner, patient), person in self._persons.items():
            if owner == tenant and person in touched:
                members_of[person].append(patient)
        for one in members_of.values():
            highest = max(self.watermark(tenant, each) for each in one)
            for each in one:
                mark = self._marks.get((tenant, each), Mark())
                self._marks[tenant, each] = replace(mark, watermark=highest + 1)
        return {patient: self.watermark(tenant, patient) for patient in patients}

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of the person that this Patient is has come; 0 = never."""
        return self._marks.get((tenant, patient), Mark()).watermark

    def last(self, tenant: str, patient: str, protocol: str) -> Decision | None:
        """The last decision of the chain."""
        return next(reversed(self._chain(tenant, patient, protocol)), None)

    def last_impression(self, tenant: str, patient: str, protocol: str) -> str:
        """The id of the last impression written in the chain, withdrawn or not; "" = none."""
        chain = reversed(self._chain(tenant, patient, protocol))
        return next((each.impression for each in chain if each.impression), "")

    def decide(self, tenant: str, patient: str, protocol: str, decision: Decision) -> None:
        """Add a decision to the chain; ValueError when its ordinal is not the next."""
        chain = self._chain(tenant, patient, protocol)
        if decision.ordinal != len(chain) + 1:
            raise ValueError("a decision must continue its chain")
        self._chains[tenant, patient, protocol] = (*chain, decision)

    def judge(self, tenant: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated for the person; the id it was given."""
        id_ = len(self._judged) + 1
        self._judged[id_] = (tenant, judged)
        for patient in members(self._persons, tenant, judged.patient):
            mark = self._marks.get((tenant, patient), Mark())
            self._marks[tenant, patient] = replace(mark, evaluated=max(mark.evaluated, judged.watermark))
        return id_

    def wait(self, tenant: str, person: str, due: date | None) -> None:
        """Keep the day from which the person is to be judged anew, in place of the one that was kept."""
        for patient in members(self._persons, tenant, person):
            self._marks[tenant, patient] = replace(self._marks.get((tenant, patient), Mark()), due=due)

    def judged(self, tenant: str, assessment: int) -> Judged:
        """An assessment that was kept."""
        owner, judged = self._judged[assessment]
        if owner != tenant:
            raise KeyError(assessment)
        return judged

    def decision(self, tenant: str, patient: str, protocol: str, ordinal: int) -> Decision | None:
        """One decision of the chain."""
        chain = self._chain(tenant, patient, protocol)
        return chain[ordinal - 1] if 0 < ordinal <= len(chain) else None

    def told(self, tenant: str, patient: str, protocol: str) -> Sequence[tuple[Decision, Judged | None]]:
        """The chain from its beginning, each decision with the assessment that made it, if one did."""
        made: dict[tuple[int, str], Judged] = {}
        for owner, each in self._judged.values():
            if (owner, each.patient, each.protocol) == (tenant, patient, protocol):
                made.setdefault((each.ordinal, each.key), each)
        return [(each, made.get((each.ordinal, each.key))) for each in self._chain(tenant, patient, protocol)]

    def newest(self, tenant: str, patient: str) -> Judged | None:
        """The newest assessment in which this Patient was the survivor."""
        theirs = (each for owner, each in reversed(self._judged.values()) if (owner, each.patient) == (tenant, patient))
        return next(theirs, None)

    def latest(self) -> Iterator[tuple[str, Judged]]:
        """The newest assessment of each person, with its tenant, sorted by tenant."""
        newest = {(tenant, each.patient): each for tenant, each in self._judged.values()}
        survivors = (key for key in sorted(newest) if self._persons.get(key, key[1]) == key[1])
        return ((key[0], newest[key]) for key in survivors)

    def in_shadow(self) -> Mapping[str, Collection[str]]:
        """By tenant the persons whose newest assessment was made in shadow."""
        found: dict[str, set[str]] = {}
        for tenant, each in self.latest():
            if each.shadow:
                found.setdefault(tenant, set()).add(each.patient)
        return found

    def _chain(self, tenant: str, patient: str, protocol: str) -> tuple[Decision, ...]:
        return self._chains.get((tenant, patient, protocol), ())
