"""How far a submission has come, as a FHIR Task, with the answer for each patient it touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhirsvc.domain import phrase
from fhirsvc.domain.evidence import Side
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.domain.protocol import Complaint
from fhirsvc.domain.wording import limb
from fhirsvc.fhir import narrative
from fhirsvc.fhir.resource import OUTCOME, RULE, concept, device, instant

_STATUS = {
    SubmissionState.RECEIVED: "received",
    SubmissionState.PROCESSING: "in-progress",
    SubmissionState.COMPLETED: "completed",
    SubmissionState.FAILED: "failed",
}
_REASON = {
    FailureReason.WORKER_LOST: "The process that worked on it ended early each time; what was sent is kept.",
    FailureReason.EVALUATION_FAILED: "Its evaluation broke off each time; what was sent is kept.",
}

_SHADOW = "Shadow mode: decided, and nothing was written to the chart."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One outcome code with its row; complaint and side in the domain's words, "" for what stands without a limb."""

    outcome: str
    rule: str
    complaint: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A versioned reference to a resource of which something was not understood; why: as in extract.Unread."""

    reference: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one patient: the results, none until judged, and the ids of what stands ("" = nothing).

    survivor: the Patient for whom it was written, where that is another one of the same person; "" = it is not judged.
    shadow: nothing was written for it.  would_write: the types of what it would have written; would_change: references
    to what stands and would have been changed.
    """

    patient: str
    survivor: str = ""
    results: tuple[Result, ...] = ()
    impression: str = ""
    flag: str = ""
    not_understood: tuple[NotUnderstood, ...] = ()
    shadow: bool = False
    would_write: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A submission as its sender asks after it; digest: SHA-256 of the body as received, in hex."""

    id: str
    state: SubmissionState
    received: datetime
    changed: datetime
    digest: str = ""
    reason: FailureReason | None = None
    answers: tuple[Answer, ...] = ()


def task(receipt: Receipt) -> dict[str, Any]:
    """The Task at [base]/Task/{id}. Outputs stand patient by patient, told by element ids: "1.outcome.2"."""
    status = _STATUS[receipt.state]
    shadow = _SHADOW if any(each.shadow for each in receipt.answers) else ""
    outputs = [output for number, answer in enumerate(receipt.answers, 1) for output in _outputs(number, answer)]
    return {
        "resourceType": "Task",
        "id": receipt.id,
        "text": narrative.narrative(narrative.paragraph(f"Submission {receipt.id}: {status}. {shadow}".rstrip())),
        "status": status,
        **({"statusReason": {"text": _REASON[receipt.reason]}} if receipt.reason else {}),
        **({"businessStatus": {"text": shadow}} if shadow else {}),
        "intent": "order",
        "code": {"text": "Assess a submitted Bundle"},
        "focus": _focus(receipt),
        **_patient(receipt.answers),
        "authoredOn": instant(receipt.received),
        "lastModified": instant(max(receipt.received, receipt.changed)),
        "owner": device(),
        **({"output": outputs} if outputs else {}),
    }


def _focus(receipt: Receipt) -> dict[str, Any]:
    """The Bundle, by the digest of its bytes: it is kept as received and is no resource with an address."""
    digest = {"identifier": {"value": f"sha256:{receipt.digest}"}} if receipt.digest else {}
    return {"type": "Bundle", **digest, "display": f"Bundle of submission {receipt.id}"}


def _patient(answers: tuple[Answer, ...]) -> dict[str, Any]:
    return {"for": {"reference": f"Patient/{answers[0].patient}"}} if len(answers) == 1 else {}


def _outputs(number: int, answer: Answer) -> Iterator[dict[str, Any]]:
    yield _output(f"{number}.patient", "patient", valueReference={"reference": f"Patient/{answer.patient}"})
    if answer.survivor not in {"", answer.patient}:
        survivor = {"reference": f"Patient/{answer.survivor}"}
        yield _output(f"{number}.merged-into", "merged-into", valueReference=survivor)
    for index, result in enumerate(answer.results, 1):
        code = concept(OUTCOME, result.outcome, _said(result))
        yield _output(f"{number}.outcome.{index}", "outcome", valueCodeableConcept=code)
        yield _output(f"{number}.rule.{index}", "rule", valueCoding={"system": RULE, "code": result.rule})
    if answer.impression:
        standing = {"reference": f"ClinicalImpression/{answer.impression}"}
        yield _output(f"{number}.impression", "impression", valueReference=standing)
    if answer.flag:
        yield _output(f"{number}.flag", "flag", valueReference={"reference": f"Flag/{answer.flag}"})
    for index, kind in enumerate(answer.would_write, 1):
        yield _output(f"{number}.would-write.{index}", "would-write", valueCode=kind)
    for index, reference in enumerate(answer.would_change, 1):
        yield _output(f"{number}.would-change.{index}", "would-change", valueReference={"reference": reference})
    for index, missed in enumerate(answer.not_understood, 1):
        place = {"reference": missed.reference}
        yield _output(f"{number}.not-understood.{index}", "not-understood", valueReference=place)
        yield _output(f"{number}.why.{index}", "why", valueCode=missed.why)


def _output(id: str, name: str, **value: Any) -> dict[str, Any]:
    return {"id": id, "type": {"text": name}, **value}


def _said(result: Result) -> str:
    """ "Left Achilles tendon pain: indicated (I2)"; without a limb "Urgent (U1)"."""
    if not result.complaint:
        return f"{phrase.capital(result.outcome)} ({result.rule})"
    where = limb(Complaint(result.complaint), Side(result.side))
    return f"{phrase.capital(where)}: {result.outcome} ({result.rule})"
