"""Root power of each leg for the urgent row U2: severe, falling, long unchanged, or explained otherwise (RULES 3.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from fhirsvc.domain.assessment import Note
from fhirsvc.domain.evidence import Fact, Presence, Qualifier, Side, Source
from fhirsvc.domain.history import Chart, for_leg, is_sure, rupture_suspected
from fhirsvc.domain.validity import admitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """The power of one leg: the Facts that make it urgent, or the notes that say why it is not."""

    side: Side
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def urgent(self) -> bool:
        """Severe or falling, painless, inside its window, and not otherwise explained."""
        return bool(self.facts)


def weaknesses(chart: Chart) -> tuple[Weakness, ...]:
    """One per side for which power is recorded; power without a side is a leg of its own."""
    concepts = [
        each.concept for each in chart.protocol.measures if each.concept in chart.protocol.item("MOTOR").concepts
    ]
    graded = [concept for concept in concepts if not _is_count(chart, concept)]
    results = tuple(fact for fact in chart.of(graded) if _is_result(fact))
    return tuple(_leg(chart, side, results) for side in (Side.LEFT, Side.RIGHT, Side.UNKNOWN))


def _is_count(chart: Chart, concept: str) -> bool:
    """Heel raises are counted, not graded: a count is never a grade of severe weakness."""
    return any(each.concept == concept and each.share_of_other_side for each in chart.protocol.measures)


def _is_result(fact: Fact) -> bool:
    return fact.presence is not Presence.UNKNOWN and admitted(fact)


def _leg(chart: Chart, side: Side, results: Sequence[Fact]) -> Weakness:
    found = [_judge(chart, side, series) for series in _series(side, results)]
    return Weakness(
        side=side,
        facts=tuple(fact for facts, _ in found for fact in facts),
        notes=tuple(note for _, notes in found for note in notes),
    )


def _series(side: Side, results: Sequence[Fact]) -> list[list[Fact]]:
    """For each muscle found weak in this leg its results and the normals that cover it, oldest first.

    A normal of the same test, or of the power of the leg in general, covers it; without a side it covers both legs.
    """
    weak = [fact for fact in results if fact.presence is Presence.PRESENT and _is_of(fact, side)]
    normals = [fact for fact in results if fact.presence is Presence.ABSENT and _covers(fact, side)]
    series = []
    for concept in sorted({fact.concept for fact in weak}):
        own = [fact for fact in weak if fact.concept == concept]
        covering = [each for each in normals if each.concept == concept or each.root is None]
        series.append(sorted([*own, *covering], key=_by_time))
    return series


def _is_of(fact: Fact, side: Side) -> bool:
    return fact.side is side or (fact.side is Side.BOTH and side is not Side.UNKNOWN)


def _covers(fact: Fact, side: Side) -> bool:
    return fact.side in (side, Side.BOTH, Side.UNKNOWN)


def _by_time(fact: Fact) -> tuple[datetime, Source]:
    """A partial date counts as its latest day (RULES 3.4 urgent rows)."""
    return (fact.moment.last, fact.source)


Verdict = tuple[tuple[Fact, ...], tuple[Note, ...]]


def _judge(chart: Chart, side: Side, series: Sequence[Fact]) -> Verdict:
    """The newest result of a test; results of that time that contradict each other are unknown."""
    readable = [fact for fact in series if _can_replace(fact)]
    if not readable:
        return (), _limited(chart, series)
    together = [fact for fact in readable if fact.moment.overlaps(readable[-1].moment)]
    weak = [fact for fact in together if fact.presence is Presence.PRESENT]
    if not weak or any(_contradicts(fact, weak) for fact in together):
        return (), ()
    worst = min(weak, key=lambda fact: (_grade(chart, fact), fact.source))
    falling = any(_falling(chart, fact, readable) for fact in weak)
    if not falling and not _severe(chart, worst):
        return (), _limited(chart, series)
    code = _why_not(chart, side, worst, readable, falling=falling)
    return ((), (_note(chart, code, worst),)) if code else ((worst,), ())


def _contradicts(fact: Fact, weak: Sequence[Fact]) -> bool:
    """A normal result of the same test that names the side; a general one of the same time does not outweigh it."""
    same_test = any(fact.concept == each.concept for each in weak)
    return fact.presence is Presence.ABSENT and fact.side is not Side.UNKNOWN and same_test


def _can_replace(fact: Fact) -> bool:
    """Is it a result that can stand for the power of a muscle, and end an earlier one?

    Weakness that pain explains is none (RULES 3.3), "weak" without a grade says nothing of severity, and a normal that
    is preliminary, uncertain or undated ends no alarm.
    """
    if Qualifier.PAIN_LIMITED in fact.qualifiers:
        return False
    if fact.presence is Presence.ABSENT:
        return is_sure(fact)
    return fact.number is not None or Qualifier.PROGRESSIVE in fact.qualifiers


def _limited(chart: Chart, series: Sequence[Fact]) -> tuple[Note, ...]:
    limited = [fact for fact in series if Qualifier.PAIN_LIMITED in fact.qualifiers and _severe(chart, fact)]
    return (_note(chart, "power-pain-limited", limited[-1]),) if limited else ()


def _note(chart: Chart, code: str, fact: Fact) -> Note:
    return Note(code=code, text=chart.protocol.texts[f"note.{code}"], facts=(fact,))


def _grade(chart: Chart, fact: Fact) -> Fraction:
    """The MRC grade; normal without a number is full power, and so is weakness that gives none."""
    return chart.protocol.thresholds["full-power"].value if fact.number is None else fact.number


def _severe(chart: Chart, fact: Fact) -> bool:
    return fact.number is not None and fact.number <= chart.protocol.thresholds["severe-power"].value


def _falling(chart: Chart, fact: Fact, series: Sequence[Fact]) -> bool:
    """At least one whole grade lower than a result in the window before it, or recorded as progressive."""
    if Qualifier.PROGRESSIVE in fact.qualifiers:
        return True
    drop = chart.protocol.thresholds["falling-grades"].value
    window = chart.protocol.days("falling-window")
    return fact.number is not None and any(
        _grade(chart, earlier) - fact.number >= drop
        and _came_before(earlier, fact)
        and (fact.moment.latest - earlier.moment.latest).days <= window
        for earlier in series
        if earlier.number is not None or earlier.presence is Presence.ABSENT
    )


def _came_before(earlier: Fact, fact: Fact) -> bool:
    """Is it the result of another, earlier time? Two of one examination tell no course."""
    return earlier.moment.before(fact.moment) or earlier.moment.latest < fact.moment.latest


def _why_not(chart: Chart, side: Side, fact: Fact, series: Sequence[Fact], *, falling: bool) -> str:
    """The closed word of the note that stands in place of the alarm; "" = it is urgent."""
    if (fact.received.astimezone(UTC).date() - fact.moment.latest).days > chart.protocol.days("power-receipt"):
        return "urgent-past"
    if rupture_suspected(chart, side):
        return "power-rupture"
    if any(is_sure(cause) for cause in for_leg(chart.history("non-root-cause"), side)):
        return "power-non-root"
    return "power-unchanged" if not falling and _long_unchanged(chart, fact, series) else ""


def _long_unchanged(chart: Chart, fact: Fact, series: Sequence[Fact]) -> bool:
    """An equal or lower result, or the onset, more than a year before, and no better result since (RULES 3.9 U2)."""
    window = chart.protocol.days("unchanged-power")
    if fact.onset and (fact.moment.latest - fact.onset.latest).days > window:
        return True
    now = _grade(chart, fact)
    as_low = [each for each in series if each.number is not None and each.number <= now and is_sure(each)]
    return any(
        (fact.moment.latest - early.moment.latest).days > window
        and not any(_grade(chart, later) > now and early.moment.before(later.moment) for later in series)
        for early in as_low
    )
