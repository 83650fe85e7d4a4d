"""Root power of each leg for the urgent row U2: severe, falling, long unchanged, or explained otherwise (RULES 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction

from fhirsvc.domain.assessment import Note
from fhirsvc.domain.evidence import Fact, Moment, Presence, Qualifier, Side, Source
from fhirsvc.domain.history import Chart, for_leg, rupture_suspected
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
    own = (
        [fact for fact in results if fact.side is Side.UNKNOWN]
        if side is Side.UNKNOWN
        else list(for_leg(results, side))
    )
    found = [_judge(chart, side, series) for series in _series(own)]
    return Weakness(
        side=side,
        facts=tuple(fact for facts, _ in found for fact in facts),
        notes=tuple(note for _, notes in found for note in notes),
    )


def _series(results: Iterable[Fact]) -> list[list[Fact]]:
    """Results of the same test of a leg, oldest first; of one time the lowest grade last, for that one is judged."""
    by_test: dict[str, list[Fact]] = {}
    for fact in results:
        by_test.setdefault(fact.concept, []).append(fact)
    return [sorted(series, key=_oldest_and_best_first) for series in by_test.values()]


def _oldest_and_best_first(fact: Fact) -> tuple[Moment, Fraction, Source]:
    return (fact.moment, -fact.number if fact.number is not None else Fraction(0), fact.source)


Verdict = tuple[tuple[Fact, ...], tuple[Note, ...]]


def _judge(chart: Chart, side: Side, series: Sequence[Fact]) -> Verdict:
    """The newest result of a test, or nothing when results of that time contradict each other."""
    newest = series[-1]
    if _contradicted(series) or newest.presence is not Presence.PRESENT:
        return (), ()
    falling = _falling(chart, series)
    if not falling and not _severe(chart, newest):
        return (), ()
    note = _why_not(chart, side, series, falling=falling)
    if note:
        return (), (Note(code=note, text=chart.protocol.texts[f"note.{note}"], facts=(newest,)),)
    return (newest,), ()


def _contradicted(series: Sequence[Fact]) -> bool:
    newest = series[-1]
    together = [fact for fact in series if fact.moment.overlaps(newest.moment)]
    return len({fact.presence for fact in together}) > 1


def grade_of(fact: Fact, full: Fraction) -> Fraction | None:
    """The MRC grade; a result in words: normal is full power, weak without a grade is unknown."""
    if fact.number is not None:
        return fact.number
    return full if fact.presence is Presence.ABSENT else None


def _severe(chart: Chart, fact: Fact) -> bool:
    return fact.number is not None and fact.number <= chart.protocol.thresholds["severe-power"].value


def _falling(chart: Chart, series: Sequence[Fact]) -> bool:
    """At least one whole grade lower than a result in the window before it, or recorded as progressive."""
    newest = series[-1]
    if Qualifier.PROGRESSIVE in newest.qualifiers:
        return True
    full = chart.protocol.thresholds["full-power"].value
    now, window = grade_of(newest, full), chart.protocol.days("falling-window")
    drop = chart.protocol.thresholds["falling-grades"].value
    return now is not None and any(
        before is not None and before - now >= drop and (newest.moment.latest - earlier.moment.latest).days <= window
        for earlier in series[:-1]
        for before in (grade_of(earlier, full),)
    )


def _why_not(chart: Chart, side: Side, series: Sequence[Fact], *, falling: bool) -> str:
    """The closed word of the note that stands in place of the alarm; "" = it is urgent."""
    newest = series[-1]
    if Qualifier.PAIN_LIMITED in newest.qualifiers:
        return "power-pain-limited"
    if (newest.received.astimezone(UTC).date() - newest.moment.latest).days > chart.protocol.days("power-receipt"):
        return "urgent-past"
    if rupture_suspected(chart, side):
        return "power-rupture"
    if for_leg(chart.history("non-root-cause"), side):
        return "power-non-root"
    return "power-unchanged" if not falling and _long_unchanged(chart, series) else ""


def _long_unchanged(chart: Chart, series: Sequence[Fact]) -> bool:
    """An equal or lower result, or the onset, more than a year before, and no better result since (RULES 3.9 U2)."""
    newest, window = series[-1], chart.protocol.days("unchanged-power")
    if newest.onset and (newest.moment.latest - newest.onset.latest).days > window:
        return True
    full = chart.protocol.thresholds["full-power"].value
    now = grade_of(newest, full)
    grades = [(fact, grade_of(fact, full)) for fact in series]
    known = [(fact, grade) for fact, grade in grades if grade is not None and now is not None]
    as_low = [fact for fact, grade in known if now is not None and grade <= now]
    return any(
        (newest.moment.latest - early.moment.latest).days > window
        and not any(now is not None and grade > now and early.moment.before(later.moment) for later, grade in known)
        for early in as_low
    )
