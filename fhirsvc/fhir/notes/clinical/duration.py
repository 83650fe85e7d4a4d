"""How long a thing in a history has lasted: weeks, and whether it is called chronic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from fhirsvc.fhir.notes.began import Began, Time, Times
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_WEEKS = {"day": Fraction(1, 7), "week": Fraction(1), "month": Fraction(52, 12), "year": Fraction(52)}
_SHORT_UNITS = {"7": "day", "52": "week", "12": "month"}
_DAYS = {"day": 1, "week": 7}
_OPENING = frozenset({"and", "also", "then", "but", "he", "she", "they", "patient", "the", "noticed", "that", "only"})
"""Words before a time that opens a sentence."""
_ANEW = frozenset({"and", "but", "now", "today", "who", "with"})
_ASIDE = frozenset(
    {",", "which", "that", "it", "this", "these", "has", "have", "had", "been", "is", "was", "were", "are", "present"}
    | {
        "unchanged",
        "constant",
        "persistent",
        "persisting",
        "ongoing",
        "continuous",
        "first",
        "he",
        "she",
        "they",
        "the",
    }
    | {"(", "-", ":", "only", "just", "suddenly", "sudden", "gradual", "both", "same", "stable", "all", "his", "her"}
)
_RANGE = frozenset({"-", "to", "or", "/"})
_LONG_YEARS = 2
_MANY = 3
"""Least number of "several" months or years."""
_AHEAD = 8
_LEADING = 3
_BEHIND = 14
_DONE_WITHIN = 5
_ENDING = frozenset({";", "."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time from word `first` to before `after`; weeks None = how many is not said; long: "for years"."""

    first: int
    after: int
    weeks: int | None = None
    days: int | None = None
    long: bool = False
    ahead: bool = False


class Durations:
    """The stretches of time of one sentence, each given to the one thing that stands nearest."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._texts = scope.texts(0, len(scope.sentence.words))
        self._counts = {cue.first: cue for cue in scope.cues("count")}
        self._modifiers = {
            at for kind in ("filler", "side", "area", "aspect", "trend") for cue in scope.cues(kind)
            for at in range(cue.first, cue.after)
        }  # fmt: skip
        kinds = ("symptom", "sphincter", "diagnosis", "operation")
        self._things = [(cue.first, cue.after) for kind in kinds for cue in scope.cues(kind) if cue.word != "other"]
        self._named = [*Times(scope).all, *self._days_ago()]
        self.spans = [span for unit in scope.cues("unit") if (span := self._span(unit)) is not None]

    def ago(self) -> list[Span]:
        """The times before now ("three weeks ago", "in the past two weeks"); one of no number is of late."""
        named = [span for unit in self._scope.cues("unit") if (span := self._ago(unit)) is not None]
        return [*named, *self._short()]

    def _short(self) -> Iterator[Span]:
        """ "2/52 ago": so many sevenths, fifty-seconds or twelfths are days, weeks or months."""
        for at in range(len(self._texts) - 3):
            count, slash, unit, ago = self._texts[at : at + 4]
            if count.isdigit() and slash == "/" and unit in _SHORT_UNITS and ago == "ago":
                yield Span(first=at, after=at + 3, weeks=round(int(count[:3]) * _WEEKS[_SHORT_UNITS[unit]]))

    def _days_ago(self) -> Iterator[Time]:
        """ "Two days ago he lost ..."; with a word of beginning before it, it is a duration like any other."""
        for unit in self._scope.cues("unit"):
            number, index = self._counted(unit)
            if number is not None and self._texts[unit.after : unit.after + 1] == ["ago"] and unit.word in _DAYS:
                began = Began(days=round(number * _DAYS[unit.word]))
                yield Time(first=index + 1, after=unit.after + 1, began=began, marked=False)

    def _ago(self, unit: Mention) -> Span | None:
        number, index = self._counted(unit)
        counted = index != unit.first - 1
        behind = any(cue.first == unit.after for cue in self._scope.cues("happened", "ago"))
        within = any(cue.after in {index + 1, index + 2} for cue in self._scope.cues("happened", "within"))
        tied = any(cue.first == unit.after for cue in self._scope.cues("following")) and not self._scope.cues("onset")
        if not counted or not (behind or within or tied):
            return None
        if number is None and unit.word in {"month", "year"}:
            number = Fraction(_MANY)
        weeks = None if number is None else round(number * _WEEKS[unit.word])
        return Span(first=index + 1, after=unit.after, weeks=weeks)

    def of(self, first: int, after: int, others: list[tuple[int, int]]) -> tuple[int | None, bool]:
        """Weeks and chronicity of the thing at these words; others: where the other things of the sentence stand."""
        spans = [span for span in self.spans if self._owns(span, first, after, others)]
        weeks = next((span.weeks for span in spans if span.weeks is not None), None)
        chronic = any(span.long for span in spans) or self._is_called_chronic(first, after, others)
        return weeks, chronic

    def began(self, first: int, after: int, others: list[tuple[int, int]]) -> Began | None:
        """The day or date on which the thing at these words began: told in days, or named; None = neither."""
        days = (span.days for span in self.spans if self._owns(span, first, after, others))
        told = next((count for count in days if count is not None), None)
        if told is not None:
            return Began(days=told)
        named = (time.began for time in self._named if self._is_of(time, first, after, others))
        return next(named, None)

    def done_in(self, first: int, after: int) -> Began | None:
        """The date on which a thing that is done once, as an operation, was done ("discectomy in March 2019")."""
        end = min((begin for begin, _ in self._things if begin >= after), default=len(self._texts))
        begin = max((close for _, close in self._things if close <= first), default=0)
        ahead = (time for time in self._named if max(begin, first - _DONE_WITHIN) <= time.first < time.after <= first)
        near = (time for time in self._named if after <= time.first <= min(end, after + _DONE_WITHIN))
        told = (time.began for time in (*near, *ahead) if not time.marked and time.began.year is not None)
        return next(told, None)

    def _is_of(self, time: Time, first: int, after: int, others: list[tuple[int, int]]) -> bool:
        """Is it the beginning of the thing: before it ("since Monday he ...") or behind it ("..., began yesterday")?"""
        things = [*others, *(thing for thing in self._things if not first <= thing[0] < after)]
        if time.after <= first:
            between = range(time.after, first)
            lost = any(time.after <= cue.first < after for cue in self._scope.cues("losing"))
            nearer = any(begin < first for begin, _ in things)
            opens = _OPENING.issuperset(self._texts[: time.first]) and _ANEW.isdisjoint(self._texts[time.after : first])
            return (time.marked or lost) and opens and len(between) <= _AHEAD and not nearer and not self._ends(between)
        between = range(after, time.first)
        return time.marked and after <= time.first and all(map(self._is_aside, between)) and not self._ends(between)

    def _is_aside(self, at: int) -> bool:
        """Does a word between a thing and its beginning say nothing of another thing?"""
        return at in self._modifiers or self._texts[at] in _ASIDE

    def _span(self, unit: Mention) -> Span | None:
        """The number before a unit, with what makes it a duration: "for 8 weeks", "8-week history of", "x 3 months"."""
        number, index = self._counted(unit)
        if number is None and index == unit.first - 1:
            return None
        weeks = None if number is None else round(number * _WEEKS[unit.word])
        long = unit.word == "year" and (number is None or number >= _LONG_YEARS)
        times = self._texts[index + 1][:1] == "x"
        behind = times or any(
            cue.word == "behind" and cue.after in {index + 1, index} for cue in self._scope.cues("span")
        )
        ahead = any(cue.word == "ahead" and 0 <= cue.first - unit.after <= 1 for cue in self._scope.cues("span"))
        ago = self._texts[unit.after : unit.after + 1] == ["ago"] and bool(self._scope.cues("onset"))
        lasted = "duration" in self._texts[unit.after : unit.after + 1]
        if not (behind or ahead or ago or lasted):
            return None
        days = round(number) if number is not None and unit.word == "day" else None
        return Span(first=index + 1, after=unit.after, weeks=weeks, days=days, long=long and not ago, ahead=ahead)

    def _counted(self, unit: Mention) -> tuple[Fraction | None, int]:
        """The number that stands before a unit, and the index before it; none stands where that is the unit's own."""
        index = unit.first - 1
        if index > 0 and self._texts[index] == "+":
            index -= 1
        if index >= 0 and self._texts[index] == "-":
            index -= 1
        return self._number(index)

    def _number(self, index: int) -> tuple[Fraction | None, int]:
        """The number that ends at a word, the middle of a range; and the index before it."""
        last, before = self._value(index)
        if last is None:
            return None, before
        joint = self._texts[before] if before >= 0 else ""
        if joint in _RANGE:
            first, begin = self._value(before - 1)
            if first is not None:
                return (first + last) / 2, begin
        return last, before

    def _value(self, index: int) -> tuple[Fraction | None, int]:
        if index < 0:
            return None, index
        text = self._texts[index]
        if text[:1] == "x" and text[1:].isdigit():
            return Fraction(text[1:]), index - 1
        if text.replace(".", "", 1).isdigit():
            return Fraction(text), index - 1
        for first in range(index, max(index - 3, -1), -1):
            count = self._counts.get(first)
            if count is not None and count.after == index + 1:
                return (None if count.word == "many" else Fraction(count.word)), first - 1
        return None, index

    def _owns(self, span: Span, first: int, after: int, others: list[tuple[int, int]]) -> bool:
        if span.ahead:
            between = range(span.after, first)
            nearer = any(span.after <= other < first for other, _ in others)
            return span.after <= first and len(between) <= _AHEAD and not nearer and not self._ends(between)
        if span.after <= first and span.first <= _LEADING:  # "For six months he has had ..."
            nearer = any(span.after <= other < first for other, _ in others)
            nearer = nearer or any(other < span.first for other, _ in self._things)  # "sciatica for 6 months, now numb"
            return not nearer and first - span.after <= _AHEAD and not self._ends(range(span.after, first))
        between = range(after, span.first)
        nearer = any(after <= other < span.first for other, _ in others)
        return after <= span.first and len(between) <= _BEHIND and not nearer and not self._ends(between)

    def _ends(self, between: range) -> bool:
        turned = any(cue.first in between for cue in self._scope.cues("turn"))
        return turned or any(self._texts[at] in _ENDING for at in between)

    def _is_called_chronic(self, first: int, after: int, others: list[tuple[int, int]]) -> bool:
        for cue in self._scope.cues("lasting"):
            before = range(cue.after, first)
            light = all(at in self._modifiers or self._texts[at] == "," for at in before)
            if cue.word == "before" and ((cue.after <= first and light) or first <= cue.first < after):
                return True
            behind = range(after, cue.first)
            nearer = any(after <= other < cue.first for other, _ in others)
            if cue.word == "after" and after <= cue.first and len(behind) <= _BEHIND and not nearer:
                return not self._ends(behind) and (cue.after - cue.first > 1 or self._closes(cue, after))
        return False

    def _closes(self, cue: Mention, after: int) -> bool:
        """Does a bare "chronic" behind a thing end what is said of it ("low back pain, chronic")?"""
        following = self._texts[cue.after : cue.after + 1]
        return cue.first - after <= 1 and following in ([], ["."], [";"], [")"], [","])
