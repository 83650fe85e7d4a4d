"""Read what is kept: a resource, one of its versions, and what became of a submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.domain.response import Kind
from fhirsvc.fhir.flag import flag_id
from fhirsvc.fhir.history import Past
from fhirsvc.usecases.ports import History, Judged, Store, Touch, Transaction, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One finding in brief; complaint and side are "" for the urgent finding, which has neither."""

    complaint: str
    side: str
    outcome: str
    rule: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A resource version of which something was not understood; why: as in fhir.extract.Unread."""

    reference: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of one patient.

    outcome and rule: of the strongest finding, or not-applicable and its row.  impression and flag: the ids of what
    stood after it, perhaps written for an earlier submission; "" = none did.  not_understood: of all that was held of
    the patient, whichever submission brought it: the answer rests on all of it.  shadow: nothing was written for it and
    nothing is named as standing; would_write: the types of the resources it would have written, and would_change:
    references to those that stand and would have been changed.
    """

    outcome: str
    rule: str
    on: date
    judged: datetime
    findings: tuple[Brief, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    impression: str = ""
    flag: str = ""
    shadow: bool = False
    would_write: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One patient of a submission, and the answer; None = not judged yet.

    survivor: the Patient for whom the answer was written, another one where both are one person; "" = not judged yet.
    """

    patient: str
    answer: Answer | None
    survivor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What became of a submission; digest: SHA-256 of the body as received, in hex."""

    id: str
    state: SubmissionState
    received: datetime
    changed: datetime
    digest: str
    reason: FailureReason | None
    patients: tuple[Told, ...]


def current(tenant: str, type: str, id: str, *, store: Store) -> Version | None:
    """The newest version of a resource, None when there is none."""
    with store.reading() as transaction:
        return transaction.resources.heads(tenant, [(type, id)]).get((type, id))


def version(tenant: str, type: str, id: str, version: int, *, store: Store) -> Version | None:
    """One version of a resource, None when there is none."""
    with store.reading() as transaction:
        return transaction.resources.version(tenant, type, id, version)


def history(tenant: str, past: Past, *, store: Store) -> History | None:
    """One page of a history; None when it is that of a resource which never was."""
    with store.reading() as transaction:
        if past.id and (past.type, past.id) not in transaction.resources.heads(tenant, [(past.type, past.id)]):
            return None
        return transaction.resources.history(tenant, past)


def submission(tenant: str, id: str, *, store: Store) -> Progress | None:
    """What became of a submission, None when there is none of that id."""
    with store.reading() as transaction:
        found = transaction.submissions.get(tenant, id)
        if found is None:
            return None
        kept, touches = found
        return Progress(
            id=kept.id,
            state=kept.state,
            received=kept.received,
            changed=kept.changed,
            digest=kept.digest,
            reason=kept.reason,
            patients=tuple(_told(transaction, tenant, each) for each in touches),
        )


def _told(transaction: Transaction, tenant: str, touch: Touch) -> Told:
    if touch.assessment is None:
        return Told(touch.patient, None)
    judged = transaction.patients.judged(tenant, touch.assessment)
    return Told(touch.patient, _answer(transaction, tenant, judged), judged.patient)


def _answer(transaction: Transaction, tenant: str, judged: Judged) -> Answer:
    decision = transaction.patients.decision(tenant, judged.patient, judged.protocol, judged.ordinal)
    impression = decision.impression if decision and not judged.shadow else ""
    trace = orjson.loads(judged.trace)
    findings = trace["assessment"]["findings"]
    flagged = impression != "" and any(each["flag"] for each in findings)
    silent = flagged and _is_overridden(transaction, tenant, judged, impression)
    withheld = trace.get("withheld", ())
    return Answer(
        outcome=judged.outcome,
        rule=judged.rule,
        on=judged.on,
        judged=judged.made,
        findings=tuple(_brief(each) for each in findings),
        not_understood=_not_understood(trace["unread"]),
        impression=impression,
        flag=flag_id(tenant, judged.patient) if flagged and not silent else "",
        shadow=judged.shadow,
        would_write=tuple(reference.partition("/")[0] for reference, version in withheld if version == 1),
        would_change=tuple(reference for reference, version in withheld if version > 1),
    )


def _is_overridden(transaction: Transaction, tenant: str, judged: Judged, impression: str) -> bool:
    """Had a clinician overridden the impression, and so lowered the Flag, when it was found to stand?"""
    responses = transaction.responses.of(tenant, [judged.patient])
    said = (each for each in responses if each.impression == impression and each.at <= judged.made)
    return any(each.word.kind is Kind.OVERRIDE for each in said)


def _not_understood(unread: Iterable[Mapping[str, str]]) -> tuple[NotUnderstood, ...]:
    """Each resource version once per reason, however many of its parts were not understood."""
    return tuple(dict.fromkeys(NotUnderstood(each["reference"], each["why"]) for each in unread))


def _brief(finding: Mapping[str, Any]) -> Brief:
    return Brief(
        complaint=finding["complaint"] or "",
        side=finding["side"] or "",
        outcome=finding["outcome"],
        rule=finding["rule"],
    )
