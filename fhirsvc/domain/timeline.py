"""Which of several answers stands: latest valid wins, and contradiction at the same time is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fhirsvc.domain.assessment import Weighed
from fhirsvc.domain.evidence import Moment, Presence, Side


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a series of answers to one question: the carriers, and the answers they replaced.

    presence UNKNOWN with contradiction True: answers of the same time disagree and the test is to be repeated.
    """

    presence: Presence
    carriers: tuple[Weighed, ...] = ()
    replaced: tuple[Weighed, ...] = ()
    contradiction: bool = False


_NEVER = datetime.min.replace(tzinfo=UTC)
NOTHING = Standing(Presence.UNKNOWN)


def age_in_days(moment: Moment, on: date) -> int:
    """Whole calendar days from the earliest day a time can mean to `on`; never negative (RULES 3.1 Clocks)."""
    return max((on - moment.earliest).days, 0)


def stand(answers: Iterable[Weighed]) -> Standing:
    """The answers that no certainly later, different answer replaced (RULES 3.4 "Latest valid wins").

    Only PRESENT and ABSENT are answers: "not tested" never replaces a result.
    """
    results = [each for each in answers if each.presence is not Presence.UNKNOWN]
    if not results:
        return NOTHING
    denied_from = {presence: _last_start(results, presence) for presence in (Presence.PRESENT, Presence.ABSENT)}
    current = [each for each in results if not _is_replaced(each, denied_from)]
    replaced = tuple(each for each in results if _is_replaced(each, denied_from))
    current = _sided_first(current)
    presences = {each.presence for each in current}
    if len(presences) > 1:
        return Standing(Presence.UNKNOWN, tuple(current), replaced, contradiction=True)
    return Standing(presences.pop(), tuple(current), replaced)


def _last_start(results: Sequence[Weighed], presence: Presence) -> datetime:
    """When the latest of the results that say otherwise can have been at the earliest."""
    return max((each.fact.moment.first for each in results if each.presence is not presence), default=_NEVER)


def _is_replaced(answer: Weighed, denied_from: Mapping[Presence, datetime]) -> bool:
    """Is there a certainly later result that says otherwise?"""
    return answer.fact.moment.last < denied_from[answer.presence]


def _sided_first(current: list[Weighed]) -> list[Weighed]:
    """Where answers of one time disagree, one that names the side outweighs one that does not."""
    sided = [each for each in current if each.fact.side is not Side.UNKNOWN]
    if sided and len({each.presence for each in current}) > 1 and len({each.presence for each in sided}) == 1:
        return sided
    return current


def newest(answers: Iterable[Weighed]) -> Weighed:
    """The answer of the latest clinical time; ties are broken by source so that order of arrival never matters."""
    return max(answers, key=lambda each: (each.fact.moment, each.fact.source))


def years_between(birth: date, day: date) -> int:
    """Completed years of age on a day; a birthday on 29 February is kept on 28 February in other years."""
    return day.year - birth.year - (day < birthday(birth, day.year))


def birthday(birth: date, year: int) -> date:
    """The day of a year on which a person gets older; one of 29 February is kept on 28 February in other years."""
    try:
        return birth.replace(year=year)
    except ValueError:
        return birth.replace(year=year, day=28)
