"""Take a clinician's word on an impression, with who and when; an override lowers the Flag until the answer changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from fhirsvc.domain.errors import Issue, IssueCode, NotFound, Refusal, Refused, Severity
from fhirsvc.domain.response import Kind, Word
from fhirsvc.fhir.flag import flag_id, lower
from fhirsvc.fhir.impression import is_withdrawn
from fhirsvc.fhir.proposal import revoke
from fhirsvc.fhir.references import serve
from fhirsvc.fhir.resource import Resource, digest_id
from fhirsvc.fhir.response import draw_word, override, provenance_id, said
from fhirsvc.fhir.retraction import is_error
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.ports import Clock, Decision, Judged, Response, Store, Transaction, Version

IMPRESSION = "ClinicalImpression"


def respond(tenant: str, impression: str, word: Word, *, store: Store, clock: Clock, judge: Judge) -> Version:
    """The Provenance that keeps the word; the one of before when the same clinician said the same of it before.

    Raises NotFound when there is no such impression, and Refused when it is not current any more.  Agreement changes
    nothing of the chart.  An override changes it in this one transaction; a decision that was under way meanwhile is
    made anew (work).
    """
    id_ = _response_id(tenant, impression, word)
    kept = ("Provenance", provenance_id(id_))
    with store.writing() as transaction:
        if transaction.responses.get(tenant, id_) is None:
            _keep(transaction, tenant, _current(transaction, tenant, impression, judge), id_, word, clock.now())
        return transaction.resources.heads(tenant, [kept])[kept]


def _response_id(tenant: str, impression: str, word: Word) -> str:
    who, why = word.who, word.why
    named = (who.reference, who.system, who.value, who.name)
    reason = (why.code, why.text) if why else ("", "")
    return digest_id("response", tenant, impression, word.kind, *named, *reason, word.comment)


@dataclass(frozen=True, slots=True)
class _SaidOf:
    """The impression that a word is about, with the decision that wrote it."""

    impression: Version
    patient: str
    decision: Decision
    judged: Judged


def _current(transaction: Transaction, tenant: str, impression: str, judge: Judge) -> _SaidOf:
    """The impression, when it is current."""
    key = (IMPRESSION, impression)
    head = transaction.resources.heads(tenant, [key]).get(key)
    if head is None or head.patient is None:
        raise NotFound
    if tenant in judge.shadow:
        _refuse("This sender is in shadow: what stands in its charts stays as it is until it is live again.")
    told = transaction.patients.told(tenant, head.patient, judge.protocol.name)
    last, judged = told[-1] if told else (None, None)
    if last is None or judged is None or last.impression != impression:
        _refuse(_not_current(head, last))
    return _SaidOf(head, head.patient, last, judged)


def _not_current(head: Version, last: Decision | None) -> str:
    """Why an impression is not current any more, and what stands in its place."""
    stands = f"{IMPRESSION}/{last.impression} stands in its place" if last and last.impression else "nothing stands now"
    if is_error(head.body):
        return f"This impression is entered in error, because a source of it is; {stands}."
    if is_withdrawn(head.body):
        return f"This impression is withdrawn, its note says why; {stands}."
    return f"This impression is superseded; {stands}."


def _refuse(text: str) -> NoReturn:
    issue = Issue(Severity.ERROR, IssueCode.CONFLICT, text, refusal=Refusal.CONFLICT)
    raise Refused(Refusal.CONFLICT, [issue])


def _keep(transaction: Transaction, tenant: str, said_of: _SaidOf, id_: str, word: Word, now: datetime) -> None:
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # a FHIR instant carries milliseconds
    changed = tuple(_overridden(transaction, tenant, said_of, word, now)) if word.kind is Kind.OVERRIDE else ()
    targets = [f"{each.reference}/_history/{each.version}" for each in changed or (said_of.impression,)]
    provenance = _served(draw_word(id_, word, targets, now), 1, now, now, said_of.patient)
    transaction.resources.add(tenant, (*changed, provenance))
    response = Response(
        id=id_,
        patient=said_of.patient,
        impression=said_of.impression.id,
        key=said_of.decision.key,
        rule=said_of.judged.rule,
        word=word,
        at=now,
    )
    transaction.responses.add(tenant, response)


def _overridden(
    transaction: Transaction, tenant: str, said_of: _SaidOf, word: Word, now: datetime
) -> Iterator[Version]:
    """The impression with its note, the Flag lowered and the proposal revoked, where there are such."""
    impression = said_of.impression
    yield _next(impression, Resource(impression.type, impression.id, override(impression.body, word, at=now)), now)
    flag = ("Flag", flag_id(tenant, said_of.patient))
    proposal = ("ServiceRequest", digest_id("proposal", f"{impression.reference}/_history/1"))
    heads = transaction.resources.heads(tenant, [flag, proposal])
    if flag in heads and (lowered := lower(heads[flag].body, at=now, why=said(word))):
        yield _next(heads[flag], lowered, now)
    if proposal in heads and (revoked := revoke(heads[proposal].body)):
        yield _next(heads[proposal], revoked, now)


def _next(head: Version, resource: Resource, now: datetime) -> Version:
    return _served(resource, head.version + 1, head.first_received, now, head.patient)


def _served(resource: Resource, version: int, first: datetime, now: datetime, patient: str | None) -> Version:
    body = serve(resource.body, id=resource.id, version_id=str(version), last_updated=now, references={})
    return Version(
        type=resource.type,
        id=resource.id,
        version=version,
        received=now,
        first_received=first,
        body=body,
        patient=patient,
    )
