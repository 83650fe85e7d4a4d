"""The inbox, in a database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, exists, insert, select, update

from fhirsvc.adapters.database.tables import BODY, PATIENT, SUBMISSION, TOUCH
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState, may_become
from fhirsvc.usecases.ports import Answered, Job, Submission, Touch

_MOST_PARAMETERS = 10_000

# Statements are made once: making one costs more than running it.
_ADD = insert(SUBMISSION)
_ADD_BODY = insert(BODY)
_ADD_TOUCHES = insert(TOUCH)
_GET = (
    select(SUBMISSION, BODY.c.body, BODY.c.answer)
    .join(BODY, (BODY.c.tenant == SUBMISSION.c.tenant) & (BODY.c.submission == SUBMISSION.c.id))
    .where(SUBMISSION.c.tenant == bindparam("of_tenant"), SUBMISSION.c.id == bindparam("of_id"))
)
_EXPECT = (
    update(SUBMISSION)
    .where(SUBMISSION.c.tenant == bindparam("of_tenant"), SUBMISSION.c.id == bindparam("of_id"))
    .values(awaited=bindparam("to_awaited"))
)
_ANSWERED = (
    select(SUBMISSION.c.id, SUBMISSION.c.digest, BODY.c.answer)
    .join(BODY, (BODY.c.tenant == SUBMISSION.c.tenant) & (BODY.c.submission == SUBMISSION.c.id))
    .where(SUBMISSION.c.tenant == bindparam("of_tenant"))
)
_NAMED = _ANSWERED.where(SUBMISSION.c.key == bindparam("of_key"), SUBMISSION.c.key.is_not(None))
_SENT = _ANSWERED.where(SUBMISSION.c.digest == bindparam("of_digest")).order_by(SUBMISSION.c.received.desc()).limit(1)
_TOUCHES = (
    select(TOUCH.c.patient, TOUCH.c.watermark, TOUCH.c.assessment)
    .where(TOUCH.c.tenant == bindparam("of_tenant"), TOUCH.c.submission == bindparam("of_id"))
    .order_by(TOUCH.c.patient)
)
_MEMBERS = select(PATIENT.c.id).where(
    PATIENT.c.tenant == bindparam("of_tenant"), PATIENT.c.person == bindparam("of_person")
)
_IS_OPEN = and_(
    TOUCH.c.tenant == bindparam("of_tenant"),
    TOUCH.c.patient.in_(_MEMBERS),
    TOUCH.c.assessment.is_(None),
    TOUCH.c.watermark <= bindparam("of_watermark"),
)
_WAITING = select(TOUCH.c.submission).where(_IS_OPEN)
_COVER = update(TOUCH).where(_IS_OPEN).values(assessment=bindparam("by_assessment"))
_MOVE = (
    update(SUBMISSION)
    .where(
        SUBMISSION.c.tenant == bindparam("of_tenant"),
        SUBMISSION.c.id.in_(bindparam("of_ids", expanding=True)),
        SUBMISSION.c.state.in_(bindparam("from_states", expanding=True)),
    )
    .values(state=bindparam("to_state"), changed=bindparam("at"), reason=bindparam("because"))
)
_COMPLETE = _MOVE.where(
    ~exists().where(
        TOUCH.c.tenant == SUBMISSION.c.tenant,
        TOUCH.c.submission == SUBMISSION.c.id,
        TOUCH.c.assessment.is_(None),
    )
)


class DatabaseSubmissions:
    """See ports.Submissions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant: str, submission: Submission, touches: Sequence[Touch]) -> None:
        """Keep a submission, its body and what it touched."""
        row = {
            "tenant": tenant,
            "id": submission.id,
            "received": submission.received,
            "changed": submission.changed,
            "digest": submission.digest,
            "state": submission.state,
            "reason": submission.reason,
            "key": submission.key,
        }
        body = {
            "tenant": tenant,
            "submission": submission.id,
            "body": submission.body,
            "answer": submission.answer,
        }
        self._connection.execute(_ADD, row)
        self._connection.execute(_ADD_BODY, body)
        rows = [
            {"tenant": tenant, "submission": submission.id, "patient": each.patient, "watermark": each.watermark}
            for each in touches
        ]
        if rows:
            self._connection.execute(_ADD_TOUCHES, rows)

    def get(self, tenant: str, id: str) -> tuple[Submission, Sequence[Touch]] | None:
        """A submission with its touches in order of patient, or None."""
        named = {"of_tenant": tenant, "of_id": id}
        row = self._connection.execute(_GET, named).first()
        if row is None:
            return None
        kept = Submission(
            id=row.id,
            received=row.received,
            changed=row.changed,
            digest=row.digest,
            body=row.body,
            state=SubmissionState(row.state),
            reason=FailureReason(row.reason) if row.reason else None,
            key=row.key,
            answer=row.answer,
            awaited=row.awaited,
        )
        return kept, [Touch(*touch) for touch in self._connection.execute(_TOUCHES, named)]

    def named(self, tenant: str, key: str) -> Answered | None:
        """What was answered for the submission of this key, or None."""
        return self._answered(_NAMED, of_tenant=tenant, of_key=key)

    def sent(self, tenant: str, digest: str) -> Answered | None:
        """What was answered for the newest submission of the bytes with this SHA-256, or None."""
        return self._answered(_SENT, of_tenant=tenant, of_digest=digest)

    def _answered(self, query: Select[tuple[Any, ...]], **values: str) -> Answered | None:
        row = self._connection.execute(query, values).first()
        return Answered(row.id, row.digest, row.answer) if row else None

    def expect(self, tenant: str, id: str, *, awaited: bool) -> None:
        """Note whether the sender of a submission waits for its answer."""
        self._connection.execute(_EXPECT, {"of_tenant": tenant, "of_id": id, "to_awaited": awaited})

    def start(self, jobs: Collection[Job], at: datetime) -> None:
        """Move the submissions that wait for claimed jobs to processing."""
        for job in jobs:
            waiting = self._waiting(job.tenant, job.patient, job.watermark)
            self._move(_MOVE, job.tenant, waiting, SubmissionState.PROCESSING, at=at)

    def cover(self, tenant: str, person: str, watermark: int, assessment: int, *, at: datetime) -> None:
        """Note the assessment at each open touch of the person; complete the submissions that have none left."""
        waiting = self._waiting(tenant, person, watermark)
        open_touches = {"of_tenant": tenant, "of_person": person, "of_watermark": watermark}
        self._connection.execute(_COVER, {**open_touches, "by_assessment": assessment})
        self._move(_COMPLETE, tenant, waiting, SubmissionState.COMPLETED, at=at)

    def fail(self, job: Job, reason: FailureReason, at: datetime) -> None:
        """End the submissions that waited for a job that died."""
        waiting = self._waiting(job.tenant, job.patient, job.watermark)
        self._move(_MOVE, job.tenant, waiting, SubmissionState.FAILED, at=at, because=reason)

    def _waiting(self, tenant: str, person: str, watermark: int) -> Sequence[str]:
        open_touches = {"of_tenant": tenant, "of_person": person, "of_watermark": watermark}
        return self._connection.execute(_WAITING, open_touches).scalars().all()

    def _move(
        self,
        statement: Update,
        tenant: str,
        submissions: Sequence[str],
        state: SubmissionState,
        *,
        at: datetime,
        because: FailureReason | None = None,
    ) -> None:
        for start in range(0, len(submissions), _MOST_PARAMETERS):
            values = {
                "of_tenant": tenant,
                "of_ids": submissions[start : start + _MOST_PARAMETERS],
                "from_states": sorted(may_become(state)),
                "to_state": state,
                "at": at,
                "because": because,
            }
            self._connection.execute(statement, values)
