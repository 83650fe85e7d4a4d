"""Resources, submissions and patients in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fhirsvc.adapters.memory.shelves import Mark, Shelves
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState, may_become
from fhirsvc.fhir.search import Criteria, Indexed, Place, indexed, matches, place_of, token
from fhirsvc.usecases.ports import Decision, Job, Judged, Page, Submission, Touch, Version


class MemoryResources:
    """See ports.Resources."""

    def __init__(self, shelves: Shelves) -> None:
        self._versions = shelves.versions

    def heads(self, tenant: str, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Version]:
        """The newest version of each (type, id) that exists."""
        return {key: self._versions[tenant, *key][-1] for key in keys if (tenant, *key) in self._versions}

    def version(self, tenant: str, type: str, id: str, version: int) -> Version | None:
        """One version, or None."""
        kept = self._versions.get((tenant, type, id), ())
        return next((each for each in kept if each.version == version), None)

    def evidence(self, tenant: str, patient: str) -> Sequence[Version]:
        """The newest version of each resource received for a patient."""
        return [each for each in self._heads(tenant) if each.patient == patient and each.submission is not None]

    def add(self, tenant: str, versions: Sequence[Version]) -> None:
        """Keep versions; each becomes the head of its resource."""
        for each in versions:
            key = (tenant, each.type, each.id)
            self._versions[key] = (*self._versions.get(key, ()), each)

    def search(self, tenant: str, criteria: Criteria) -> Page:
        """One page of the heads that match, latest date first."""
        found = [(each, indexed(each.type, each.body)) for each in self._heads(tenant) if each.type == criteria.type]
        found = [(each, by) for each, by in found if matches(criteria, each.id, each.patient, by)]
        ordered = sorted(found, key=lambda each: each[0].id)
        ordered.sort(key=lambda each: _place(*each).date, reverse=True)
        rest = [each for each in ordered if criteria.after is None or _is_after(_place(*each), criteria.after)]
        page = rest[: criteria.count]
        more = len(rest) > len(page) > 0
        return Page(tuple(each for each, _ in page), len(found), token(_place(*page[-1])) if more else None)

    def _heads(self, tenant: str) -> list[Version]:
        return [kept[-1] for key, kept in self._versions.items() if key[0] == tenant]


def _place(version: Version, by: Indexed) -> Place:
    return place_of(version.id, by)


def _is_after(place: Place, other: Place) -> bool:
    return place.date < other.date or (place.date == other.date and place.id > other.id)


class MemorySubmissions:
    """See ports.Submissions."""

    def __init__(self, shelves: Shelves) -> None:
        self._submissions = shelves.submissions
        self._touches = shelves.touches

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

    def start(self, jobs: Collection[Job], at: datetime) -> None:
        """Move the submissions that wait for claimed jobs to processing."""
        for job in jobs:
            for submission in self._waiting(job.tenant, job.patient, job.watermark):
                self._move(job.tenant, submission, SubmissionState.PROCESSING, at)

    def cover(self, tenant: str, patient: str, watermark: int, assessment: int, *, at: datetime) -> None:
        """Note the assessment at each open touch up to the watermark; complete the submissions that have none left."""
        for submission in self._waiting(tenant, patient, watermark):
            key = (tenant, submission, patient)
            self._touches[key] = replace(self._touches[key], assessment=assessment)
            if all(each.assessment is not None for other, each in self._touches.items() if other[:2] == key[:2]):
                self._move(tenant, submission, SubmissionState.COMPLETED, at)

    def fail(self, job: Job, reason: FailureReason, at: datetime) -> None:
        """End the submissions that waited for a job that died."""
        for submission in self._waiting(job.tenant, job.patient, job.watermark):
            self._move(job.tenant, submission, SubmissionState.FAILED, at, reason)

    def _waiting(self, tenant: str, patient: str, watermark: int) -> list[str]:
        return [
            key[1]
            for key, each in self._touches.items()
            if (key[0], key[2]) == (tenant, patient) and each.assessment is None and each.watermark <= watermark
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
        self._chains = shelves.chains
        self._judged = shelves.judged

    def touch(self, tenant: str, patients: Collection[str]) -> Mapping[str, int]:
        """Raise the watermark of each by one; the new watermarks."""
        for patient in patients:
            mark = self._marks.get((tenant, patient), Mark())
            self._marks[tenant, patient] = replace(mark, watermark=mark.watermark + 1)
        return {patient: self.watermark(tenant, patient) for patient in patients}

    def watermark(self, tenant: str, patient: str) -> int:
        """How often evidence of this patient has come; 0 = never."""
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

    def judge(self, tenant: str, patient: str, judged: Judged) -> int:
        """Keep an assessment, note its watermark as evaluated; the id it was given."""
        id_ = len(self._judged) + 1
        self._judged[id_] = (tenant, judged)
        mark = self._marks.get((tenant, patient), Mark())
        self._marks[tenant, patient] = replace(mark, evaluated=max(mark.evaluated, judged.watermark))
        return id_

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

    def _chain(self, tenant: str, patient: str, protocol: str) -> tuple[Decision, ...]:
        return self._chains.get((tenant, patient, protocol), ())
