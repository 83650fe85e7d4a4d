"""From what the use cases tell to what FHIR's renderers take: entries of a response, and the Task of a submission."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.fhir import task
from fhirsvc.fhir.bundles import Reply
from fhirsvc.usecases.read import Answer, Progress
from fhirsvc.usecases.receive import Change, Receipt, Received
from fhirsvc.web.status import line, line_of_refusal


def replies_of(receipt: Receipt) -> Iterator[Reply]:
    """What became of each entry, in request order."""
    return map(_reply, receipt.entries)


def _reply(entry: Received) -> Reply:
    if entry.change is Change.REFUSED:
        return Reply(status=line_of_refusal(entry.issues), issues=entry.issues)
    return Reply(
        status=line(201 if entry.change is Change.CREATED else 200),
        location=f"{entry.type}/{entry.id}/_history/{entry.version}",
        version=entry.version,
        last_modified=entry.last_modified,
        issues=entry.issues,
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
        answers=tuple(_answer(told.patient, told.answer) for told in progress.patients),
    )


def _answer(patient: str, answer: Answer | None) -> task.Answer:
    if answer is None:
        return task.Answer(patient=patient)
    findings = tuple(
        task.Result(outcome=each.outcome, rule=each.rule, complaint=each.complaint, side=each.side)
        for each in answer.findings
    )
    return task.Answer(
        patient=patient,
        results=findings or (task.Result(outcome=answer.outcome, rule=answer.rule),),
        not_understood=tuple(task.NotUnderstood(each.reference, each.why) for each in answer.not_understood),
        impression=answer.impression,
        flag=answer.flag,
    )
