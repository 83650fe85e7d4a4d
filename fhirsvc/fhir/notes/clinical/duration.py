"""How long a thing in a history has lasted: weeks, and whether it is called chronic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_WEEKS = {"day": Fraction(1, 7), "week": Fraction(1), "month": Fraction(52, 12), "year": Fraction(52)}
_RANGE = frozenset({"-", "to", "or", "/"})
_LONG_YEARS = 2
_AHEAD = 8
_LEADING = 3
_BEHIND = 14
_ENDING = frozenset({";", "."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time from word `first` to before `after`; weeks None = how many is not said; long: "for years"."""

    first: int
    after: int
    weeks: int | None = None
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
        self._spans = [span for unit in scope.cues("unit") if (span := self._span(unit)) is not None]

    def of(self, first: int, after: int, others: list[tuple[int, int]]) -> tuple[int | None, bool]:
        """Weeks and chronicity of the thing at these words; others: where the other things of the sentence stand."""
        spans = [span for span in self._spans if self._owns(span, first, after, others)]
        weeks = next((span.weeks for span in spans if span.weeks is not None), None)
        chronic = any(span.long for span in spans) or self._is_called_chronic(first, after, others)
        return weeks, chronic

    def _span(self, unit: Mention) -> Span | None:
        """The number before a unit, with what makes it a duration: "for 8 weeks", "8-week history of", "x 3 months"."""
        index = unit.first - 1
        if index > 0 and self._texts[index] == "+":
            index -= 1
        if index >= 0 and self._texts[index] == "-":
            index -= 1
        number, index = self._number(index)
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
        return Span(first=index + 1, after=unit.after, weeks=weeks, long=long and not ago, ahead=ahead)

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
