"""Decide for one patient: read all evidence, take it to the table, and say what of the chart has to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction

import orjson

from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.due import timely
from fhirsvc.domain.evidence import Evidence
from fhirsvc.domain.identity import decision_key
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract import Extraction, Record, Unread, extract
from fhirsvc.fhir.retraction import BY_RECORD, by_time
from fhirsvc.usecases.change import change, merged, next_day, stands
from fhirsvc.usecases.known import Known
from fhirsvc.usecases.ports import Decision, Judged, Lexicons, Missed, Sighting, Version


@dataclass(frozen=True, slots=True)
class Judge:
    """What it takes to judge: the protocol, what codes and phrases mean, how reports are read.

    propose: write a ServiceRequest (intent proposal) beside an impression that suggests an evaluation.  senders: what
    the codes and texts of each sender mean; None = all of them speak as the lexicon has it.  shadow: tenants for whom
    is decided and nothing written.
    """

    protocol: Protocol
    lexicon: Lexicon
    reading: ReadingLexicon
    propose: bool = False
    senders: Lexicons | None = None
    shadow: frozenset[str] = frozenset()

    def of(self, tenant: str) -> Judge:
        """The judge of one sender at this instant: its ConceptMap is in the lexicon, and nothing changes any more."""
        return self if self.senders is None else replace(self, lexicon=self.senders.of(tenant), senders=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows: the assessment to keep, and, when the decision changed, the link of the chain and its resources.

    In shadow only the assessment follows.  moved: the links that withdraw what stood for another Patient of the person,
    by Patient.  chains: as in Known, on which all of it rests.  missed: what was not understood.  due: the day on which
    the person is to be judged anew even if nothing comes, None = there is none.
    """

    judged: Judged
    decision: Decision | None = None
    versions: tuple[Version, ...] = ()
    moved: Mapping[str, Decision] = field(default_factory=dict)
    chains: Mapping[str, int] = field(default_factory=dict)
    missed: frozenset[Sighting] = frozenset()
    due: date | None = None


def decide(known: Known, judge: Judge, now: datetime) -> Verdict:
    """The verdict on what is known; pure: the same arguments give the same verdict, byte for byte.

    now: UTC, the time of the decision; it stands on what is written.  The answer is of the day of the newest receipt it
    rests on, or of the last day up to now on which time alone changed it: however late it is given, it is the same, and
    what changed twice meanwhile is told once (ARCHITECTURE 5.6).
    """
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # a FHIR instant carries milliseconds
    extraction = extract(records_of(known.evidence), judge.lexicon, judge.reading, known.spokesmen)
    since = day_of_receipt(known.evidence, extraction.evidence, now)
    answer = timely(judge.protocol, extraction.evidence, since, now.date())
    assessment = answer.assessment
    key = decision_key(known.tenant, known.patient, assessment)
    why = by_time(assessment.on) if known.last and assessment.on > since else BY_RECORD
    own = change(known, judge.protocol, answer, key, why, now, propose=judge.propose)
    ended = {each.patient: merged(each, judge.protocol, known.patient, now) for each in known.others if stands(each)}
    versions = (*(version for each in ended.values() for version in each.versions), *own.versions)
    shadow = known.tenant in judge.shadow
    standing = known.last if own.decision is None or shadow else own.decision
    trace = _trace(judge, assessment, extraction, versions if shadow else None)
    judged = _judged(known, judge, assessment, trace, key=key, ordinal=standing.ordinal if standing else 0, at=now)
    verdict = Verdict(
        judged=replace(judged, shadow=shadow),
        chains=known.chains,
        missed=frozenset(_sighting(each) for each in extraction.unread),
        due=next_day(known, answer.due, () if shadow else own.versions, now.date()),
    )
    if shadow:
        return verdict
    moved = {patient: each.decision for patient, each in ended.items() if each.decision}
    return replace(verdict, decision=own.decision, versions=versions, moved=moved)


def records_of(evidence: Iterable[Version]) -> list[Record]:
    """Versions as they are read."""
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


def day_of_receipt(versions: Iterable[Version], evidence: Evidence, now: datetime) -> date:
    """The day from which windows are counted: the newest receipt that a Fact rests on, else the newest receipt, in UTC.

    So a resource that says nothing the protocol knows moves no window (ARCHITECTURE 5.4 and 5.6).  now: stands in when
    nothing is held any more, because all of it went to another person.
    """
    received = {f"{each.reference}/_history/{each.version}": each.received for each in versions}
    telling = {fact.source.resource for fact in evidence.facts}
    relevant = [at for reference, at in received.items() if reference in telling]
    return max(relevant or received.values(), default=now).astimezone(UTC).date()


def _judged(
    known: Known,
    judge: Judge,
    assessment: Assessment,
    trace: bytes,
    *,
    key: str,
    ordinal: int,
    at: datetime,
) -> Judged:
    strongest = _strongest(assessment)
    return Judged(
        patient=known.patient,
        protocol=judge.protocol.name,
        ordinal=ordinal,
        watermark=known.watermark,
        on=assessment.on,
        key=key,
        outcome=str(assessment.strongest),
        rule=strongest.rule if strongest else assessment.not_applicable,
        made=at,
        trace=trace,
    )


def _sighting(unread: Unread) -> Sighting:
    missed = Missed.of(unread.why, unread.system, unread.code, unread.display)
    return Sighting(missed, unread.reference, unread.place)


def _strongest(assessment: Assessment) -> Finding | None:
    """The finding a reader should see first; of two alike, the one that raises the Flag."""
    alike = [each for each in assessment.findings if each.outcome is assessment.strongest]
    return min(alike, key=lambda each: not each.flag, default=None)


def _trace(judge: Judge, assessment: Assessment, extraction: Extraction, withheld: Iterable[Version] | None) -> bytes:
    """Everything that explains the answer, as JSON: what was read, its fate, what was not read, and by which words.

    withheld: what was not written because it was decided in shadow; None = it was not.
    """
    trace = {
        "terminology": {"version": judge.lexicon.version, "digest": judge.lexicon.digest},
        "reading": {"version": judge.reading.version, "digest": judge.reading.digest},
        "assessment": assessment,
        "unread": extraction.unread,
        **({} if withheld is None else {"withheld": [(each.reference, each.version) for each in withheld]}),
    }
    return orjson.dumps(trace, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
