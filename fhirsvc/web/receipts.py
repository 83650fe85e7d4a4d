"""From what the use cases tell to what FHIR's renderers take: entries of a response, and the Task of a submission."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.fhir import task
from fhirsvc.fhir.bundles import Reply
from fhirsvc.usecases.read import Progress, Told
from fhirsvc.usecases.receipt import Change, Receipt, Received
from fhirsvc.web.status import line, line_of_refusal


def replies_of(receipt: Receipt) -> Iterator[Reply]:
    """What became of each entry, in request order."""
    return map(_reply, receipt.entries)


_STATUS = {
    Change.CREATED: 201,
    Change.UPDATED: 200,
    Change.UNCHANGED: 200,
    Change.DELETED: 204,
    Change.FOUND: 200,
    Change.NOT_MODIFIED: 304,
}
_LOCATED = frozenset({Change.CREATED, Change.UPDATED, Change.UNCHANGED})


def _reply(entry: Received) -> Reply:
    if entry.change is Change.REFUSED:
        return Reply(status=line_of_refusal(entry.issues), issues=entry.issues)
    return Reply(
        status=line(_STATUS[entry.change]),
        location=f"{entry.type}/{entry.id}/_history/{entry.version}" if entry.change in _LOCATED else "",
        version=entry.version,
        last_modified=entry.last_modified,
        issues=(*entry.issues, *entry.fates),
        resource=entry.resource,
    )


def receipt_of(progress: Progress) -> task.Receipt:
    """How far a submission has come, for its Task."""
    return task.Receipt(
        id=progress.id,
        state=progress.state,
        received=progress.received,
        changed=progress.changed,
        digest=progress.digest,
        reason=progress.reason,
        answers=tuple(_answer(told) for told in progress.patients),
    )


def _answer(told: Told) -> task.Answer:
    answer = told.answer
    if answer is None:
        return task.Answer(patient=told.patient)
    findings = tuple(
        task.Result(outcome=each.outcome, rule=each.rule, complaint=each.complaint, side=each.side)
        for each in answer.findings
    )
    return task.Answer(
        patient=told.patient,
        survivor=told.survivor,
        results=findings or (task.Result(outcome=answer.outcome, rule=answer.rule),),
        not_understood=tuple(task.NotUnderstood(each.reference, each.why) for each in answer.not_understood),
        impression=answer.impression,
        flag=answer.flag,
        shadow=answer.shadow,
        would_write=answer.would_write,
        would_change=answer.would_change,
    )
