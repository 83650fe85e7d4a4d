"""What changed between two assessments: findings new, changed and gone, and the signs and gaps that made the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fhirsvc.domain.assessment import Assessment, Fate, Finding, Weighed
from fhirsvc.domain.evidence import Fact, Presence, Root, Side
from fhirsvc.domain.identity import counted, decided
from fhirsvc.domain.protocol import Complaint, Validity


class Change(StrEnum):
    """What became of the finding of one complaint and side."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Sign:
    """A Fact that counts in a finding, for which item (None = an urgent row) and for how much."""

    fact: Fact
    validity: Validity
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """The same sign, counted by another date or for another worth."""

    before: Sign
    after: Sign


@dataclass(frozen=True, slots=True)
class Loss:
    """A sign that counts no more.

    now: what the same entry of the record is worth, None = the record does not hold it, or not for this complaint.
    instead: the newest other answer to the same question, as new or newer and read; None = there is none.
    """

    sign: Sign
    now: Weighed | None
    instead: Weighed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What changed for one complaint and side; both are None for the urgent finding.

    before, after: the findings, None = there was or is none.  recorded: what was missing and is not any more; lacking:
    what is missing and was not; both closed words in the order of RULES 3.8.
    """

    complaint: Complaint | None
    side: Side | None
    change: Change
    before: Finding | None
    after: Finding | None
    came: tuple[Sign, ...] = ()
    went: tuple[Loss, ...] = ()
    shifted: tuple[Shift, ...] = ()
    recorded: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def difference(before: Assessment | None, after: Assessment) -> tuple[Step, ...]:
    """One Step per complaint and side, in the order of `after`, those that are gone behind.

    Where both have findings, all are SAME exactly when the decision keys are equal.  before None: nothing was said yet.
    """
    earlier = {_limb(each): each for each in before.findings} if before else {}
    later = {_limb(each): each for each in after.findings}
    gone = [limb for limb in earlier if limb not in later]
    return tuple(_step(limb, earlier.get(limb), later.get(limb), after) for limb in (*later, *gone))


_Limb = tuple[Complaint | None, Side | None]


def _limb(finding: Finding) -> _Limb:
    return finding.complaint, finding.side


def _step(limb: _Limb, before: Finding | None, after: Finding | None, now: Assessment) -> Step:
    old, new = _signs(before), _signs(after)
    lost = {key: sign for key, sign in old.items() if key not in new}
    gained = {key: sign for key, sign in new.items() if key not in old}
    shifted = tuple(_shifts(lost, gained))
    moved = {id(each.before) for each in shifted} | {id(each.after) for each in shifted}
    missed, missing = before.missing if before else (), after.missing if after else ()
    return Step(
        complaint=limb[0],
        side=limb[1],
        change=_change(before, after),
        before=before,
        after=after,
        came=tuple(each for each in gained.values() if id(each) not in moved),
        went=tuple(_loss(each, after, now) for each in lost.values() if id(each) not in moved),
        shifted=shifted,
        recorded=tuple(word for word in missed if word not in missing) if after else (),
        lacking=tuple(word for word in missing if word not in missed) if before else (),
    )


def _change(before: Finding | None, after: Finding | None) -> Change:
    if before is None:
        return Change.NEW
    if after is None:
        return Change.GONE
    return Change.SAME if decided(before) == decided(after) else Change.CHANGED


_What = tuple[str | None, str, Presence, Side, Root | None]
_Key = tuple[str | None, str, Presence, Side, Root | None, date, Validity]


def _signs(finding: Finding | None) -> Mapping[_Key, Sign]:
    """What the decision key names of the signs of a finding, each with the item that it counts for."""
    if finding is None:
        return {}
    counting = [Sign(each.fact, each.validity, of.item) for of in finding.readings for each in counted([of])]
    urgent = [Sign(each, Validity.FULL) for each in finding.urgent_facts]
    return {(*_what(each), each.fact.moment.earliest, each.validity): each for each in (*urgent, *counting)}


def _what(sign: Sign) -> _What:
    fact = sign.fact
    return sign.item, fact.concept, fact.presence, fact.side, fact.root


def _shifts(lost: Mapping[_Key, Sign], gained: Mapping[_Key, Sign]) -> Iterator[Shift]:
    """Each sign that was lost beside the one of the same kind that was gained, one by one."""
    open_ = list(gained.values())
    for before in lost.values():
        after = next((each for each in open_ if _what(each) == _what(before)), None)
        if after is not None:
            open_.remove(after)
            yield Shift(before, after)


def _loss(sign: Sign, after: Finding | None, now: Assessment) -> Loss:
    readings = after.readings if after else ()
    weighed = [each for reading in readings for each in reading.weighed] + list(now.excluded)
    alike = [each for each in weighed if each.fact.concept == sign.fact.concept]
    same = (each for each in alike if _entry(each.fact) == _entry(sign.fact))
    read = (each for each in alike if each.fate is not Fate.EXCLUDED and _covers(each.fact.side, sign.fact.side))
    others = (
        each
        for each in read
        if _entry(each.fact) != _entry(sign.fact) and not each.fact.moment.before(sign.fact.moment)
    )
    newest = max(others, key=lambda each: each.fact.moment, default=None)
    return Loss(sign, next(same, None), newest)


def _covers(side: Side, of: Side) -> bool:
    return of in (side, Side.UNKNOWN) or side in (Side.BOTH, Side.UNKNOWN)


def _entry(fact: Fact) -> tuple[str, str, Side, Presence]:
    """Where a Fact stands, whichever version of the resource it was read from, and what it says."""
    return fact.source.reference.partition("/_history/")[0], fact.source.place, fact.side, fact.presence
