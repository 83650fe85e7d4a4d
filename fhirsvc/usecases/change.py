"""What of a chart changes with a decision: superseded, withdrawn or entered in error, the one Flag, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fhirsvc.domain.due import Timely
from fhirsvc.domain.identity import merged_key
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.wording import withdrawal
from fhirsvc.fhir.flag import end_of, lower, prolong
from fhirsvc.fhir.impression import (
    Occasion,
    Rendered,
    impression_id,
    is_withdrawn,
    move,
    render,
    retract,
    supersede,
    withdraw,
)
from fhirsvc.fhir.proposal import revoke
from fhirsvc.fhir.provenance import draw_taking_back
from fhirsvc.fhir.references import serve
from fhirsvc.fhir.resource import Resource
from fhirsvc.fhir.retraction import FIRST, by_error, is_error, rests_on, sources_of, unversioned
from fhirsvc.usecases.known import Known
from fhirsvc.usecases.ports import Decision, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The next link of a patient's chain, None = the decision is the last one again; and the versions to be written."""

    decision: Decision | None = None
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What stood before a decision, sorted by whether it rested on an error.

    retracted: what stood, and before it what it superseded, as far back as each rests on an error.  errors: the exact
    versions of the sources in error.  sound: the newest impression that is and stays completed, None = there is none.
    """

    retracted: tuple[Version, ...]
    errors: tuple[str, ...]
    sound: Version | None


def change(
    known: Known, protocol: Protocol, answer: Timely, key: str, why: str, now: datetime, *, propose: bool
) -> Change:
    """What follows of an answer whose decision_key is `key`; nothing when what stands says the same.

    why: why it is another answer than before, in a sentence, unless a source in error is the reason.
    """
    last = known.last
    if last is not None and last.key == key:
        return Change(versions=_prolonged(known, answer.due, now))
    ordinal = last.ordinal + 1 if last else 1
    if answer.assessment.findings:
        id_ = impression_id(known.tenant, known.patient, protocol.name, ordinal)
        reason = FIRST if last is None and not any(map(stands, known.others)) else why
        versions = _written(known, protocol, answer, id_, reason, now, propose=propose)
        return Change(decision=Decision(ordinal=ordinal, key=key, impression=id_, decided=now), versions=versions)
    if not stands(known):
        return Change()
    reason = f"{withdrawal(protocol, answer.assessment.not_applicable)} {why}"
    return Change(
        decision=Decision(ordinal=ordinal, key=key, impression="", decided=now),
        versions=_withdrawn(known, protocol, reason, now),
    )


def stands(known: Known) -> bool:
    """Did the last decision leave an impression?"""
    return known.last is not None and known.last.impression != ""


def merged(other: Known, protocol: Protocol, survivor: str, now: datetime) -> Change:
    """What stood for a Patient that is one person with the survivor, taken back, and the link that says so."""
    key = merged_key(other.tenant, other.patient, survivor)
    why = f"This is one person with Patient/{survivor}."
    taken = _tagged(other, [other.impression], lambda body: move(body, to=survivor, at=now), now)
    versions = _explained(other, protocol, (*taken, *_lowered(other, why, now)), (), why, now)
    return Change(
        decision=Decision(ordinal=other.chains[other.patient] + 1, key=key, impression="", decided=now),
        versions=(*versions, *_revoked(other, now)),
    )


def next_day(known: Known, due: date | None, versions: Iterable[Version], today: date) -> date | None:
    """When to judge anew: when time changes the answer, or before that when an active Flag ends that may still hold.

    It lies after today, so that who was judged is not judged again at once.
    """
    flags = [each for each in (known.flag, *versions) if each is not None and each.type == "Flag"]
    ends = end_of(flags[-1].body) if flags else None
    return min((day for day in (due, ends) if day is not None and day > today), default=None)


def _prolonged(known: Known, due: date | None, now: datetime) -> tuple[Version, ...]:
    """The Flag, when it would end today although the answer stands, for what came since gave it more time.

    An equal decision writes nothing else, and this only when its day has come: a Flag past its end would be hidden.
    """
    flag = prolong(known.flag.body, today=now.date(), due=due) if known.flag else None
    return (_next(known, known.flag, flag.body, now),) if known.flag and flag else ()


def _before(known: Known) -> _Before:
    line = [each for each in (known.impression, *known.earlier) if each is not None and not is_error(each.body)]
    wrong = frozenset(map(unversioned, known.errors)) if stands(known) else frozenset()
    retracted = tuple(each for each in line if rests_on(each.body, wrong))
    rested = frozenset(source for each in retracted for source in sources_of(each.body))
    return _Before(
        retracted=retracted,
        errors=tuple(sorted(each for each in known.errors if unversioned(each) in rested)),
        sound=next((each for each in line if each not in retracted), None),
    )


def _withdrawn(known: Known, protocol: Protocol, reason: str, now: datetime) -> tuple[Version, ...]:
    """What stands, taken back, with the reason; nothing stands after it, nor what was superseded by an error."""
    before = _before(known)
    why = f"{reason} {by_error(before.errors)}" if before.retracted else reason
    sound = before.sound if before.sound and not is_withdrawn(before.sound.body) else None
    taken = _tagged(known, [sound], lambda body: withdraw(body, reason=why, at=now), now)
    flag = _lowered(known, why, now, error=bool(before.retracted))
    gone = (*_retracted(known, before, why, now), *taken, *flag)
    return (
        *_explained(known, protocol, gone, before.errors, why, now),
        *_revoked(known, now, error=bool(before.retracted)),
    )


def _written(
    known: Known, protocol: Protocol, answer: Timely, id_: str, why: str, now: datetime, *, propose: bool
) -> tuple[Version, ...]:
    """The new impression with its Provenance, proposal and Flag, and what becomes of the one before it."""
    before = _before(known)
    occasion = Occasion(
        tenant=known.tenant,
        patient=known.patient,
        impression_id=id_,
        identifier=id_,
        decided_at=now,
        previous=before.sound.id if before.sound else "",
        why=by_error(before.errors) if before.retracted else why,
        due=answer.due,
        flag=known.flag.body if known.flag else None,
        error=bool(before.retracted),
        propose=propose,
    )
    rendered = render(protocol, answer.assessment, occasion)
    written = [_first_or_next(known, each, now) for each in _resources(rendered)]
    return (*_replaced(known, protocol, before, occasion.why, now), *written)


def _replaced(known: Known, protocol: Protocol, before: _Before, why: str, now: datetime) -> tuple[Version, ...]:
    """What stood, superseded, or entered in error with its Provenance."""
    if not stands(known):
        return ()
    if not before.retracted:
        return (*_tagged(known, [before.sound], supersede, now), *_revoked(known, now))
    gone = _retracted(known, before, why, now)
    return (*_explained(known, protocol, gone, before.errors, why, now), *_revoked(known, now, error=True))


def _retracted(known: Known, before: _Before, why: str, now: datetime) -> tuple[Version, ...]:
    return _tagged(known, before.retracted, lambda body: retract(body, reason=why, at=now), now)


def _tagged(
    known: Known, impressions: Iterable[Version | None], tag: Callable[[bytes], bytes], now: datetime
) -> tuple[Version, ...]:
    return tuple(_next(known, each, tag(each.body), now) for each in impressions if each is not None)


def _lowered(known: Known, why: str, now: datetime, *, error: bool = False) -> tuple[Version, ...]:
    flag = lower(known.flag.body, at=now, why=why, error=error) if known.flag else None
    return (_next(known, known.flag, flag.body, now),) if known.flag and flag else ()


def _revoked(known: Known, now: datetime, *, error: bool = False) -> tuple[Version, ...]:
    """The proposal beside what stood."""
    proposal = revoke(known.proposal.body, error=error) if known.proposal else None
    return (_next(known, known.proposal, proposal.body, now),) if known.proposal and proposal else ()


def _explained(
    known: Known, protocol: Protocol, gone: Sequence[Version], errors: Sequence[str], why: str, now: datetime
) -> tuple[Version, ...]:
    """What is taken back, with the Provenance that says why."""
    if not gone:
        return ()
    targets = [f"{each.reference}/_history/{each.version}" for each in gone]
    return (*gone, _of(known, draw_taking_back(protocol, targets, errors, now, why), 1, now, now))


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
