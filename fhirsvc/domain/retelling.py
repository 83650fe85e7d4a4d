"""How a change between two assessments is said to a person: what is said now, by which rule, and what came and went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from fhirsvc.domain import phrase, wording
from fhirsvc.domain.difference import Change, Loss, Shift, Sign, Step
from fhirsvc.domain.evidence import Fact, Side
from fhirsvc.domain.protocol import Protocol

_NOT_HELD = "the record does not hold it any more, or not for this complaint"
_REPEAT = "repeat"
_NOTHING = "it counts for nothing here"


def said(step: Step) -> str:
    """ "Left plantar heel pain: consider (C6, weak), before: indicated (I2, moderate)"."""
    now, before = _headline(step, after=True), _headline(step, after=False)
    match step.change:
        case Change.NEW:
            return now
        case Change.GONE:
            return f"{before}: this is said no longer"
        case Change.SAME:
            return f"{now}, as before"
    if now == before:
        return f"{now}, as before, on other grounds"
    return f"{now}, before: {before.rpartition(': ')[2]}"


def _headline(step: Step, *, after: bool) -> str:
    finding = step.after if after else step.before
    return wording.headline(finding) if finding else ""


def reasons(protocol: Protocol, step: Step, on: date) -> tuple[str, ...]:
    """Why, a line each: the rule where it is another one, then what came, counts differently, went, and the gaps.

    on: the day of the later assessment.  A closed word that this protocol does not know stands as it is.
    """
    return (
        *_rule(step),
        *(f"{'Rests on' if step.before is None else 'New'}: {_sign(protocol, each, on)}" for each in step.came),
        *(_shift(protocol, each, on) for each in step.shifted),
        *(f"No longer counts: {_loss(protocol, each, on)}" for each in step.went if step.after),
        *_gaps(protocol, "Now recorded", step.recorded),
        *_gaps(protocol, "Missing or too old now", step.lacking),
    )


def _rule(step: Step) -> Iterator[str]:
    before, after = step.before, step.after
    if after and (before is None or (before.rule, before.strength) != (after.rule, after.strength)):
        yield wording.rule_line(after)


def _sign(protocol: Protocol, sign: Sign, on: date) -> str:
    return f"{_name(protocol, sign)}: {phrase.recorded(sign.fact, on)} ({sign.validity})"


def _name(protocol: Protocol, sign: Sign) -> str:
    """What it speaks of, in the words of the item that it counts for: one Concept may serve two that are opposites."""
    return phrase.sign(protocol, sign.fact, protocol.item(sign.item) if sign.item else None)


def _sign_of(protocol: Protocol, fact: Fact, on: date) -> str:
    return f"{phrase.sign(protocol, fact)}: {phrase.recorded(fact, on)}"


def _shift(protocol: Protocol, shift: Shift, on: date) -> str:
    before, after = shift.before, shift.after
    if before.fact.moment.earliest != after.fact.moment.earliest:
        was = f"{phrase.day(before.fact.moment)}, {before.validity}"
        return f"Another date: {_sign(protocol, after, on)}; before: {was}"
    return f"Another worth: {_sign(protocol, after, on)}; before: {before.validity}"


def _loss(protocol: Protocol, loss: Loss, on: date) -> str:
    """The sign as it was counted, why it counts no more, and what is recorded in its place."""
    lost = loss.sign.fact
    told = (
        phrase.answer(lost),
        phrase.SIDE[lost.side] if lost.side is not Side.UNKNOWN else "",
        phrase.day(lost.moment),
        phrase.quote(lost.source.sentence),
    )
    named = ", ".join((_name(protocol, loss.sign), *filter(None, told)))
    instead = f"now recorded: {_sign_of(protocol, loss.instead.fact, on)}" if loss.instead else ""
    why = "; ".join(wording.grounds(protocol, loss.now)) if loss.now else "" if instead else _NOT_HELD
    return f"{named}: {'; '.join(filter(None, (why, instead))) or _NOTHING}"


def _gaps(protocol: Protocol, title: str, words: Iterable[str]) -> Iterator[str]:
    known = {*protocol.missing, _REPEAT}
    named = [wording.missing_in_words(protocol, each) if each.partition(":")[0] in known else each for each in words]
    if named:
        yield f"{title}: {'; '.join(named)}."
