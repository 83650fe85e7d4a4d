"""Grades as an examination writes them: "2+", "+1", "trace", "4/5", "3 to 4 out of 5", the pair "1+/2+"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fhirsvc.fhir.notes.words import Word

_DIGITS = frozenset({"0", "1", "2", "3", "4", "5"})
_TRACES = frozenset({"trace", "traces", "tr"})
_SIGNS = frozenset({"+", "-"})
_SPOKEN_SIGNS = {"plus": "+", "minus": "-"}
_NUMBERS = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_BEGINNING = frozenset({*_DIGITS, *_TRACES, *_SIGNS, *_NUMBERS})
_UNITS = frozenset(
    {"degree", "degrees", "deg", "%", "mm", "cm", "weeks", "days", "months", "years", "times", "x", "beats"}
)
_RANGE = frozenset({"-", "to"})
_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A grade from word `first` to before `after`.

    one: as written ("2+", "trace"); other: what stands behind the slash, "" = nothing; upto: the end of a range.
    """

    first: int
    after: int
    one: str
    other: str = ""
    upto: str = ""

    @property
    def written(self) -> str:
        """The grade as a whole, without spaces: "3-4/5"."""
        base = f"{self.one}-{self.upto}" if self.upto else self.one
        return f"{base}/{self.other}" if self.other else base


def grades_of(words: Sequence[Word]) -> list[Grade]:
    """Every grade of a sentence, in its order; an angle, a count of beats, a size or a date is none."""
    found: list[Grade] = []
    index = 0
    while index < len(words):
        grade = _grade_at(words, index) if words[index].text in _BEGINNING else None
        if grade is not None and not _is_measure(words, grade):
            found.append(grade)
        index = grade.after if grade is not None else index + 1
    return found


def _grade_at(words: Sequence[Word], index: int) -> Grade | None:
    one, after = _single(words, index)
    if not one:
        return None
    upto, other = "", ""
    if _text(words, after) in _RANGE and words[after].start >= words[after - 1].end:
        upto, end = _single(words, after + 1)
        after = end if upto else after
    behind = _out_of(words, after)
    if behind:
        other, end = _single(words, behind)
        if not other and not one.strip("+") and _text(words, behind) in _SIGNS:
            other, end = _text(words, behind), behind + 1  # "++/-"
        after = end if other else after
    return Grade(first=index, after=after, one=one, other=other, upto=upto)


def _single(words: Sequence[Word], index: int) -> tuple[str, int]:
    """One grade and the index behind it; ("", index) = none stands here."""
    text = _text(words, index)
    if text == "+" and (plusses := _plusses(words, index)):
        return "+" * plusses, index + plusses
    if text in _TRACES:
        return "trace", index + 1
    if text in _SIGNS and _text(words, index + 1) in _DIGITS and _is_sign(words, index):
        return text + words[index + 1].text, index + 2
    digit = text if text in _DIGITS else _number(words, index)
    if not digit:
        return "", index
    after = index + 1
    if _text(words, after) in _SPOKEN_SIGNS:
        return digit + _SPOKEN_SIGNS[words[after].text], after + 1
    while _text(words, after) in _SIGNS and words[after].start == words[after - 1].end and not _joins(words, after):
        digit, after = digit + words[after].text, after + 1
    return digit, after


def _plusses(words: Sequence[Word], index: int) -> int:
    """ "++", "+++": how many plus signs stand together as a grade of their own; 0 = one alone, or one of a number."""
    after = index
    while _text(words, after) == "+" and (after == index or words[after].start == words[after - 1].end):
        after += 1
    before = index and words[index - 1].end == words[index].start and words[index - 1].text not in {"/", "(", ":"}
    return 0 if before or after - index < _TWO or _text(words, after) in _DIGITS else after - index


def _is_sign(words: Sequence[Word], index: int) -> bool:
    """Does a plus or minus belong to the digit behind it, and not to a word before it ("Rt-2")?"""
    glued = index > 0 and words[index - 1].end == words[index].start and words[index - 1].text[-1].isalpha()
    return words[index].end == words[index + 1].start and not glued


def _number(words: Sequence[Word], index: int) -> str:
    """ "Four out of five": a number in words counts only before its scale."""
    digit = _NUMBERS.get(_text(words, index), "")
    return digit if digit and _text(words, index + 1) in {"out", "plus", "over", "/"} else ""


def _joins(words: Sequence[Word], index: int) -> bool:
    """Is a hyphen the middle of a range ("3-4") rather than a sign ("4-")?"""
    after = index + 1
    return words[index].text == "-" and _text(words, after) in _DIGITS and words[after].start == words[index].end


def _out_of(words: Sequence[Word], index: int) -> int:
    """The index behind "/" or "out of"; 0 = neither stands here."""
    if _text(words, index) in {"/", "over"}:
        return index + 1
    return index + 2 if [_text(words, index), _text(words, index + 1)] == ["out", "of"] else 0


def _is_measure(words: Sequence[Word], grade: Grade) -> bool:
    text = _text(words, grade.after)
    before = _text(words, grade.first - 1) if grade.first else ""
    return text in _UNITS or text == "°" or before in {"x", "#"} or (text == "/" and grade.other != "")


def _text(words: Sequence[Word], index: int) -> str:
    return words[index].text if 0 <= index < len(words) else ""
