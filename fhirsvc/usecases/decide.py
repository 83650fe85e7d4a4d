"""Decide for one patient: read all evidence, take it to the table, and say what of the chart has to change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction

import orjson

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.evidence import Evidence
from fhirsvc.domain.identity import decision_key
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.domain.wording import withdrawal
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.fhir.flag import flag_id, lower
from fhirsvc.fhir.impression import Occasion, Rendered, impression_id, render, supersede, withdraw
from fhirsvc.fhir.proposal import revoke
from fhirsvc.fhir.references import serve
from fhirsvc.fhir.resource import Resource, digest_id
from fhirsvc.usecases.ports import Decision, Judged, Transaction, Version


@dataclass(frozen=True, slots=True)
class Judge:
    """What it takes to judge: the protocol, what codes and phrases mean, how reports are read.

    propose: write a ServiceRequest (intent proposal) beside an impression that suggests an evaluation.
    """

    protocol: Protocol
    lexicon: Lexicon
    reading: ReadingLexicon
    propose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store holds of one patient at one instant.

    last: the end of the chain.  impression: the newest version of the last one written, even if it was withdrawn, and
    proposal that of the ServiceRequest beside it.
    """

    tenant: str
    patient: str
    watermark: int
    evidence: Sequence[Version]
    last: Decision | None
    impression: Version | None
    proposal: Version | None
    flag: Version | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows: the assessment to keep, and, when the decision changed, the link of the chain and its resources."""

    judged: Judged
    decision: Decision | None = None
    versions: tuple[Version, ...] = ()


def known(transaction: Transaction, tenant: str, patient: str, judge: Judge) -> Known:
    """All that a decision for this patient rests on, of one instant."""
    protocol = judge.protocol.name
    written = transaction.patients.last_impression(tenant, patient, protocol)
    impression, flag = ("ClinicalImpression", written), ("Flag", flag_id(tenant, patient))
    proposal = ("ServiceRequest", digest_id("proposal", f"ClinicalImpression/{written}/_history/1"))
    heads = transaction.resources.heads(tenant, [impression, proposal, flag])
    return Known(
        tenant=tenant,
        patient=patient,
        watermark=transaction.patients.watermark(tenant, patient),
        evidence=transaction.resources.evidence(tenant, patient),
        last=transaction.patients.last(tenant, patient, protocol),
        impression=heads.get(impression),
        proposal=heads.get(proposal),
        flag=heads.get(flag),
    )


def decide(known: Known, judge: Judge, now: datetime) -> Verdict:
    """The verdict on what is known; pure: the same arguments give the same verdict, byte for byte.

    now: UTC, the time of the decision; it stands on what is written and is no part of the reasoning.
    """
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # a FHIR instant carries milliseconds
    extraction = extract(_records(known.evidence), judge.lexicon, judge.reading)
    on = evaluation_day(known.evidence, extraction.evidence)
    assessment = assess(judge.protocol, extraction.evidence, on)
    key = decision_key(known.tenant, known.patient, assessment)
    decision, versions = _change(known, judge, assessment, key, now)
    standing = decision or known.last
    judged = _judged(known, judge, assessment, extraction, key=key, ordinal=standing.ordinal if standing else 0, at=now)
    return Verdict(judged=judged, decision=decision, versions=versions)


def _records(evidence: Iterable[Version]) -> list[Record]:
    return [
        Record(
            type=each.type,
            id=each.id,
            version=each.version,
            received=each.first_received,
            resource=orjson.loads(each.body),
        )
        for each in evidence
    ]


def evaluation_day(versions: Iterable[Version], evidence: Evidence) -> date:
    """The day windows are counted from: of the newest receipt that a Fact rests on, else of the newest receipt, in UTC.

    So a resource that says nothing the protocol knows moves no window (ARCHITECTURE 5.4 and 5.6).
    """
    received = {f"{each.reference}/_history/{each.version}": each.received for each in versions}
    telling = {fact.source.resource for fact in evidence.facts}
    relevant = [at for reference, at in received.items() if reference in telling]
    return max(relevant or received.values()).astimezone(UTC).date()


def _change(
    known: Known, judge: Judge, assessment: Assessment, key: str, now: datetime
) -> tuple[Decision | None, tuple[Version, ...]]:
    """The next link of the chain and the versions that go with it; nothing when what stands says the same."""
    last = known.last
    ordinal = last.ordinal + 1 if last else 1
    if last is not None and last.key == key:
        return None, ()
    if not assessment.findings:
        if last is None or not last.impression:
            return None, ()
        return Decision(ordinal=ordinal, key=key, impression="", decided=now), _withdrawn(known, judge, assessment, now)
    id_ = impression_id(known.tenant, known.patient, judge.protocol.name, ordinal)
    versions = _written(known, judge, assessment, id_, now)
    return Decision(ordinal=ordinal, key=key, impression=id_, decided=now), versions


def _withdrawn(known: Known, judge: Judge, assessment: Assessment, now: datetime) -> tuple[Version, ...]:
    """What stands, taken back: the impression tagged withdrawn with the reason, the Flag inactive."""
    reason = withdrawal(judge.protocol, assessment.not_applicable)
    flag = lower(known.flag.body, at=now) if known.flag else None
    return (
        *_retired(known, lambda body: withdraw(body, reason=reason, at=now), now),
        *([_next(known, known.flag, flag.body, now)] if known.flag and flag else []),
    )


def _written(known: Known, judge: Judge, assessment: Assessment, id_: str, now: datetime) -> tuple[Version, ...]:
    """The new impression with its Provenance, proposal and Flag, and the tag on the one it supersedes."""
    occasion = Occasion(
        tenant=known.tenant,
        patient=known.patient,
        impression_id=id_,
        identifier=id_,
        decided_at=now,
        previous=known.impression.id if known.impression else "",
        flag=known.flag.body if known.flag else None,
        propose=judge.propose,
    )
    rendered = render(judge.protocol, assessment, occasion)
    stands = known.last is not None and known.last.impression != ""
    superseded = _retired(known, supersede, now) if stands else []
    return (*superseded, *(_first_or_next(known, each, now) for each in _resources(rendered)))


def _retired(known: Known, tag: Callable[[bytes], bytes], now: datetime) -> list[Version]:
    """The impression that stands, tagged, and its proposal revoked."""
    retired = [_next(known, known.impression, tag(known.impression.body), now)] if known.impression else []
    revoked = revoke(known.proposal.body) if known.proposal else None
    return [*retired, *([_next(known, known.proposal, revoked.body, now)] if known.proposal and revoked else [])]


def _resources(rendered: Rendered) -> list[Resource]:
    every = (rendered.impression, rendered.provenance, rendered.flag, rendered.proposal)
    return [each for each in every if each is not None]


def _first_or_next(known: Known, resource: Resource, now: datetime) -> Version:
    if known.flag is not None and known.flag.reference == resource.reference:
        return _next(known, known.flag, resource.body, now)
    return _of(known, resource, 1, now, now)


def _next(known: Known, head: Version, body: bytes, now: datetime) -> Version:
    return _of(known, Resource(head.type, head.id, body), head.version + 1, head.first_received, now)


def _of(known: Known, resource: Resource, version: int, first: datetime, now: datetime) -> Version:
    body = serve(resource.body, id=resource.id, version_id=str(version), last_updated=now, references={})
    return Version(
        type=resource.type,
        id=resource.id,
        version=version,
        received=now,
        first_received=first,
        body=body,
        patient=known.patient,
    )


def _judged(
    known: Known,
    judge: Judge,
    assessment: Assessment,
    extraction: Extraction,
    *,
    key: str,
    ordinal: int,
    at: datetime,
) -> Judged:
    strongest = _strongest(assessment)
    return Judged(
        protocol=judge.protocol.name,
        ordinal=ordinal,
        watermark=known.watermark,
        on=assessment.on,
        key=key,
        outcome=str(assessment.strongest),
        rule=strongest.rule if strongest else assessment.not_applicable,
        made=at,
        trace=_trace(judge, assessment, extraction),
    )


def _strongest(assessment: Assessment) -> Finding | None:
    """The finding a reader should see first; of two alike, the one that raises the Flag."""
    alike = [each for each in assessment.findings if each.outcome is assessment.strongest]
    return min(alike, key=lambda each: not each.flag, default=None)


def _trace(judge: Judge, assessment: Assessment, extraction: Extraction) -> bytes:
    """Everything that explains the answer, as JSON: what was read, its fate, what was not read, and by which words."""
    trace = {
        "terminology": {"version": judge.lexicon.version, "digest": judge.lexicon.digest},
        "reading": {"version": judge.reading.version, "digest": judge.reading.digest},
        "assessment": assessment,
        "unread": extraction.unread,
    }
    return orjson.dumps(trace, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
