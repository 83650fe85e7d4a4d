"""Assess a patient on what is known now, and on a Bundle in addition: a dry run of which nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.due import Timely, timely
from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.domain.identity import decision_key
from fhirsvc.fhir.dry_run import only_shown
from fhirsvc.fhir.extract import Unread, extract
from fhirsvc.fhir.parse import ParsedBundle
from fhirsvc.fhir.retraction import BY_RECORD
from fhirsvc.usecases import change
from fhirsvc.usecases.arrival import Addressed, Arrival
from fhirsvc.usecases.consult import opened
from fhirsvc.usecases.decide import Judge, day_of_receipt, records_of
from fhirsvc.usecases.entries import take
from fhirsvc.usecases.known import Known, known
from fhirsvc.usecases.ports import Clock, Store, Transaction
from fhirsvc.usecases.receipt import Change, Received
from fhirsvc.usecases.receive import CLOCK_TOLERANCE
from fhirsvc.usecases.targets import find_targets

_NOT_THEIRS = "It speaks of nobody known or of another patient, and was passed over."
_DELETED = "The Patient was deleted."


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would be said of a patient.

    patient: for whom, the survivor of the person.  changes: it is another decision than the one that stands, so that
    something would be written.  impression: as it would be written and told to be none, b"" = not-applicable.  issues:
    what of the Bundle in addition was passed over.
    """

    patient: str
    assessment: Assessment
    changes: bool
    impression: bytes
    unread: tuple[Unread, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known, and what of the Bundle in addition is no part of it."""

    known: Known
    issues: tuple[Issue, ...] = ()


def assess_now(
    tenant: str, patient: str, *, store: Store, clock: Clock, judge: Judge, addition: bytes = b"", base: str = ""
) -> DryRun | None:
    """What would be said of a patient now; None when nothing is known of that id.

    addition: a Bundle that is read as if it had come just now, b"" = none.  base: as for receive.  Raises Refused when
    anything in the Bundle is faulty or the Patient was deleted, Unreachable as the store does.
    """
    now = clock.now()
    if addition:
        held = _with(opened(addition, now + CLOCK_TOLERANCE), tenant, patient, store, judge, now, base)
    else:
        with store.reading() as transaction:
            held = _held(transaction, tenant, patient, judge)
    return _answer(held, judge.of(tenant), now) if held else None


class _UndoneError(Exception):
    """Ends a transaction that must leave no trace, and carries what was seen in it."""

    def __init__(self, held: _Held | None) -> None:
        self.held = held
        super().__init__()


def _with(
    bundle: ParsedBundle, tenant: str, patient: str, store: Store, judge: Judge, now: datetime, base: str
) -> _Held | None:
    """What would be known had the Bundle been received: it is, and the transaction is undone."""
    arrival = Arrival.of(bundle, tenant, now, now + CLOCK_TOLERANCE, base)
    try:
        with store.writing() as transaction:
            kept = take(find_targets(Addressed.of(arrival, arrival.ids()), transaction), transaction)
            _undo(_held(transaction, tenant, patient, judge, kept.entries))
    except _UndoneError as undone:
        return undone.held


def _undo(held: _Held | None) -> NoReturn:
    raise _UndoneError(held)


def _held(
    transaction: Transaction, tenant: str, patient: str, judge: Judge, entries: tuple[Received, ...] = ()
) -> _Held | None:
    key = ("Patient", patient)
    head = transaction.resources.heads(tenant, [key]).get(key)
    if head is not None and head.deleted:
        raise Refused(Refusal.GONE, [Issue(Severity.ERROR, IssueCode.DELETED, _DELETED)])
    person = transaction.persons.of(tenant, [patient])[patient]
    found = known(transaction, tenant, person, judge.protocol.name)
    if found is None:
        return None
    return _Held(found, tuple(_passed_over(transaction, found, entries)))


def _passed_over(transaction: Transaction, found: Known, entries: tuple[Received, ...]) -> Iterator[Issue]:
    """An issue for each entry that is no part of what is known of the person, unless it need not be anyone's."""
    heads = transaction.resources.heads(found.tenant, {(each.type, each.id) for each in entries if each.id})
    for index, each in enumerate(entries):
        head = heads.get((each.type, each.id))
        if each.change is Change.REFUSED:
            yield from each.issues
        elif head is None or head.deleted or head.patient in found.chains:
            continue
        elif head.patient is not None or each.issues:
            place = f"Bundle.entry[{index}].resource"
            yield Issue(Severity.WARNING, IssueCode.BUSINESS_RULE, _NOT_THEIRS, place)


def _answer(held: _Held, judge: Judge, now: datetime) -> DryRun:
    """As usecases.decide has it, up to where something would be written."""
    known = held.known
    extraction = extract(records_of(known.evidence), judge.lexicon, judge.reading, known.spokesmen)
    since = day_of_receipt(known.evidence, extraction.evidence, now)
    answer = timely(judge.protocol, extraction.evidence, since, now.date())
    changed = _change(known, judge, answer, now)
    return DryRun(
        patient=known.patient,
        assessment=answer.assessment,
        changes=changed.decision is not None,
        impression=_impression(changed if changed.decision else _change(_unjudged(known), judge, answer, now)),
        unread=extraction.unread,
        issues=held.issues,
    )


def _change(known: Known, judge: Judge, answer: Timely, now: datetime) -> change.Change:
    key = decision_key(known.tenant, known.patient, answer.assessment)
    return change.change(known, judge.protocol, answer, key, BY_RECORD, now, propose=False)


def _unjudged(known: Known) -> Known:
    """The same evidence, of whose person nothing was said before: an equal decision is shown as a first one."""
    return replace(known, last=None, impression=None, proposal=None, flag=None, errors=(), earlier=())


def _impression(changed: change.Change) -> bytes:
    """The impression that would be written, told to be none; b"" when there is none to write."""
    written = changed.decision.impression if changed.decision else ""
    bodies = (each.body for each in changed.versions if each.reference == f"ClinicalImpression/{written}")
    return next((only_shown(body) for body in bodies), b"")
