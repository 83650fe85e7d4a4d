"""Tell what was said of a patient and when, why it changed, what was taken back, and what clinicians said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec
import orjson

from fhirsvc.domain import retelling, wording
from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.difference import Step, difference
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.response import Kind, Word
from fhirsvc.fhir.impression import is_withdrawn
from fhirsvc.fhir.resource import digest_id, instant
from fhirsvc.fhir.retraction import BY_RECORD, is_error
from fhirsvc.usecases.ports import Decision, Judged, Response, Store, Transaction, Version


class What(StrEnum):
    """What happened.  merged: what was said stands for another Patient, who is the same person."""

    SAID = "said"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    AGREED = "agreed"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One complaint and side in words: what is said, and line by line why; outcome and rule "" = nothing any more."""

    complaint: str
    side: str
    change: str
    outcome: str
    rule: str
    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to what is said of a Patient.

    impression: the id of the one that was written, answered or taken back.  before: of the one it took the place of,
    "" = of none.  state: of the impression now, as docs/states has it.  why: a sentence, "" = nothing more is known
    than the answers say.  protocol, terminology and on: under and for which it was judged.  word: of a clinician.
    """

    at: datetime
    patient: str
    what: What
    impression: str = ""
    before: str = ""
    state: str = ""
    why: str = ""
    answers: tuple[Answer, ...] = ()
    protocol: str = ""
    terminology: str = ""
    on: date | None = None
    word: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that happened, the oldest first.

    survivor: the Patient for whom is written whatever is said of the person; patients: all that are this person.
    newest: the newest judgement, whether or not it changed anything; None = there was none.  cautions: what every
    output says.
    """

    patient: str
    survivor: str
    patients: tuple[str, ...]
    events: tuple[Event, ...]
    newest: Judged | None
    cautions: tuple[str, ...]


def history(tenant: str, patient: str, *, store: Store, protocol: Protocol) -> History | None:
    """The history of the person that a Patient is, None when nothing is known of it.

    It is told in the words of `protocol`; what was judged under a version of other words is told in theirs as far as
    these know them.
    """
    with store.reading() as transaction:
        survivor = transaction.persons.of(tenant, [patient])[patient]
        patients = tuple(transaction.persons.members(tenant, survivor))
        if not patients:
            return None
        newest = transaction.patients.newest(tenant, survivor)
        judged = _read(newest)
        events = [event for each in patients for event in _Chain(transaction, tenant, each, protocol).events()]
        return History(
            patient=patient,
            survivor=survivor,
            patients=patients,
            events=tuple(sorted(events, key=lambda event: event.at)),
            newest=newest,
            cautions=wording.cautions(protocol, judged.assessment) if judged else (),
        )


@dataclass(frozen=True, slots=True)
class _Terminology:
    version: str


@dataclass(frozen=True, slots=True)
class _Trace:
    """What of a kept trace is told again."""

    assessment: Assessment
    terminology: _Terminology


def _read(judged: Judged | None) -> _Trace | None:
    """The trace of an assessment; None = there is none, or it is of another shape than this version writes."""
    if judged is None:
        return None
    try:
        return msgspec.json.decode(judged.trace, type=_Trace, dec_hook=_plain)
    except msgspec.ValidationError:
        return None


def _plain(type_: type, value: object) -> object:
    if type_ is Fraction:
        return Fraction(str(value))
    raise NotImplementedError(type_.__name__)


class _Chain:
    """What happened to one Patient's chain of decisions."""

    def __init__(self, transaction: Transaction, tenant: str, patient: str, protocol: Protocol) -> None:
        self._patient = patient
        self._protocol = protocol
        self._told = transaction.patients.told(tenant, patient, protocol.name)
        self._responses = transaction.responses.of(tenant, [patient])
        ids = [decision.impression for decision, _ in self._told if decision.impression]
        written = [("ClinicalImpression", each) for each in ids]
        grounds = [("Provenance", _provenance(each)) for each in ids]
        self._heads = transaction.resources.heads(tenant, [*written, *grounds])

    def events(self) -> Iterator[Event]:
        """All of them, the words of clinicians behind the decisions."""
        before: Decision | None = None
        earlier: _Trace | None = None
        for decision, judged in self._told:
            trace = _read(judged)
            yield self._decided(decision, judged, trace, before, earlier)
            before, earlier = decision, trace
        yield from map(self._answered, self._responses)

    def _decided(
        self,
        decision: Decision,
        judged: Judged | None,
        trace: _Trace | None,
        before: Decision | None,
        earlier: _Trace | None,
    ) -> Event:
        replaced = before.impression if before else ""
        event = Event(
            at=decision.decided,
            patient=self._patient,
            what=_what(decision, judged, replaced),
            impression=decision.impression or replaced,
            before=replaced if decision.impression else "",
            state=self._state(decision.impression or replaced),
            answers=_brief(judged) if judged else (),
        )
        if trace is not None:
            steps = difference(earlier.assessment if earlier else None, trace.assessment)
            event = replace(
                event,
                answers=tuple(_answer(self._protocol, each, trace.assessment.on) for each in steps),
                protocol=trace.assessment.protocol,
                terminology=trace.terminology.version,
                on=trace.assessment.on,
            )
        return replace(event, why=self._why(event) if before else "")

    def _why(self, event: Event) -> str:
        """Why what stood was taken back or replaced, as the chart says it."""
        notes = self._resource("ClinicalImpression", event.before or event.impression).get("note", ())
        taken_back = [str(note["text"]) for note in notes if note.get("time") == instant(event.at)]
        if taken_back or event.what in (What.WITHDRAWN, What.MERGED):
            return " ".join(taken_back)
        reasons = self._resource("Provenance", _provenance(event.impression)).get("reason", ())
        return " ".join(each["text"] for each in reasons if each["text"] != BY_RECORD)

    def _resource(self, type_: str, id_: str) -> Mapping[str, Any]:
        head = self._heads.get((type_, id_))
        resource: Mapping[str, Any] = orjson.loads(head.body) if head else {}
        return resource

    def _state(self, impression: str) -> str:
        head = self._heads.get(("ClinicalImpression", impression))
        return _state(head, self._last_written()) if head else ""

    def _last_written(self) -> str:
        return self._told[-1][0].impression if self._told else ""

    def _answered(self, response: Response) -> Event:
        return Event(
            at=response.at,
            patient=self._patient,
            what=What.OVERRIDDEN if response.word.kind is Kind.OVERRIDE else What.AGREED,
            impression=response.impression,
            state=self._state(response.impression),
            word=response.word,
        )


def _provenance(impression: str) -> str:
    return digest_id("provenance", f"ClinicalImpression/{impression}/_history/1")


def _what(decision: Decision, judged: Judged | None, replaced: str) -> What:
    if decision.impression:
        return What.CHANGED if replaced else What.SAID
    return What.WITHDRAWN if judged else What.MERGED


def _state(impression: Version, current: str) -> str:
    if is_error(impression.body):
        return "entered-in-error"
    if is_withdrawn(impression.body):
        return "withdrawn"
    return "current" if impression.id == current else "superseded"


def _answer(protocol: Protocol, step: Step, on: date) -> Answer:
    return Answer(
        complaint=step.complaint or "",
        side=step.side or "",
        change=step.change,
        outcome=step.after.outcome if step.after else "",
        rule=step.after.rule if step.after else "",
        text=retelling.said(step),
        reasons=retelling.reasons(protocol, step, on),
    )


def _brief(judged: Judged) -> tuple[Answer, ...]:
    """The strongest finding alone, of an assessment whose trace cannot be told again."""
    text = f"{judged.outcome} ({judged.rule})"
    return (Answer(complaint="", side="", change="", outcome=judged.outcome, rule=judged.rule, text=text, reasons=()),)
