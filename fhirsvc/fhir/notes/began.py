"""The day on which a thing in a history began, as a note words it: days ago, a weekday, or a date of the calendar."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_WEEK = 7
_MONTHS = 12
_YEARS = 140
_OLDEST_YEAR = 1960
"""What reads as an earlier year may be a time of the clock ("since 1930")."""
_HOURS = frozenset({"h", "hr", "hrs", "hours", "am", "pm"})
_ORDINALS = frozenset({"st", "nd", "rd", "th", ","})
_SIGNS = frozenset({"/", "-", "."})
_LIGHT = frozenset(
    {"on", "the", "at", "about", "around", "approximately", "in", "early", "late", "last", "this", "of", ":", "~"}
)
"""Words between "since" or "began" and the time itself."""
_LIGHT_WITHIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """When something began: so many days before the note, on a weekday (Monday = 0), or in a year, month or day."""

    days: int | None = None
    weekday: int | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def is_of_year(self) -> bool:
        """Is no more than a year named?"""
        return self.year is not None and self.month is None

    def on(self, noted: date) -> tuple[date, date] | None:
        """The first and last day that it may mean in a note of this day; None = no such day, or one still to come."""
        try:
            return self._stretch(noted)
        except (ValueError, OverflowError):
            return None

    def _stretch(self, noted: date) -> tuple[date, date] | None:
        if self.days is not None:
            return noted - timedelta(self.days), noted - timedelta(self.days)
        if self.weekday is not None:
            return self._last_weekday(noted)
        year = self.year if self.year is not None else noted.year
        first, last = self._of_year(year)
        if first > noted and self.year is None:
            first, last = self._of_year(year - 1)
        return None if first > noted else (first, min(last, noted))

    def _last_weekday(self, noted: date) -> tuple[date, date]:
        """The last such day; a note of that same day may mean it or the one of the week before."""
        ago = (noted.weekday() - (self.weekday or 0)) % _WEEK
        return noted - timedelta(ago or _WEEK), noted - timedelta(ago)

    def _of_year(self, year: int) -> tuple[date, date]:
        if self.month is None:
            return date(year, 1, 1), date(year, _MONTHS, 31)
        if self.day is None:
            return date(year, self.month, 1), date(year, self.month, calendar.monthrange(year, self.month)[1])
        return date(year, self.month, self.day), date(year, self.month, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A time named in a sentence from word `first` to before `after`; marked: "since" or "began" stands before it."""

    first: int
    after: int
    began: Began
    marked: bool


class Times:
    """The days and dates of one sentence."""

    def __init__(self, scope: Scope) -> None:
        self._texts = scope.texts(0, len(scope.sentence.words))
        self._months = {cue.first: cue for cue in scope.cues("month-name")}
        self._named = [*scope.cues("day-ago"), *scope.cues("weekday")]
        self._marks = scope.cues("beginning")
        self._worse = {cue.after for cue in scope.cues("trend", "worsening")}
        self._worse |= {cue.after for cue in scope.cues("course-word")}
        self.all = sorted(self._times(), key=lambda time: time.first)

    def _times(self) -> Iterator[Time]:
        for cue in self._named:
            yield from self._time(cue.first, cue.after, _named(cue))
        index = 0
        while index < len(self._texts):
            began, after = self._date(index)
            if began is not None:
                yield from self._time(index, after, began)
            index = max(after, index + 1)

    def _time(self, first: int, after: int, began: Began) -> Iterator[Time]:
        """The time with the "since" or "began" before it; one since which it grew worse is no beginning."""
        begin = first
        while begin and first - begin < _LIGHT_WITHIN and self._texts[begin - 1] in _LIGHT:
            begin -= 1
        mark = next((cue for cue in self._marks if cue.after in range(begin, first + 1)), None)
        if mark is None:
            yield Time(first=begin, after=after, began=began, marked=False)
        elif mark.first not in self._worse:
            yield Time(first=mark.first, after=after, began=began, marked=True)

    def _date(self, index: int) -> tuple[Began | None, int]:
        """The date that stands at a word, and the index behind it: of one day, of a month, or of a year."""
        for read in (self._in_signs, self._day_first, self._month_first, self._year_alone):
            began, after = read(index)
            if began is not None:
                return began, after
        return None, index

    def _in_signs(self, index: int) -> tuple[Began | None, int]:
        """ "2026-11-25", and "25/11/2026" where no other order of day and month is possible."""
        parts = self._texts[index : index + 5]
        if len(parts) < len("d/m/y") or parts[1] not in _SIGNS or parts[3] != parts[1]:
            return None, index
        first, second, third = (int(text) if _is_short(text) else None for text in parts[::2])
        year = self._year(index) or self._year(index + 4)
        if year and self._year(index) and second and third:
            return Began(year=year, month=second, day=third), index + 5
        if year and first and second and (first == second or max(first, second) > _MONTHS):
            return Began(year=year, month=min(first, second), day=max(first, second)), index + 5
        return None, index + 5 if year else index

    def _day_first(self, index: int) -> tuple[Began | None, int]:
        """ "25 November 2026", "25th of November"."""
        behind = index + 1
        while behind < len(self._texts) and self._texts[behind] in {*_ORDINALS, "of"}:
            behind += 1
        month = self._months.get(behind)
        if month is None or not _is_short(self._texts[index]):
            return None, index
        year, after = self._year_behind(month.after)
        return Began(year=year, month=int(month.word), day=int(self._texts[index])), after

    def _month_first(self, index: int) -> tuple[Began | None, int]:
        """ "November 25, 2026", "November 2026"; a bare name of a month is read only where a year follows."""
        month = self._months.get(index)
        if month is None:
            return None, index
        if month.after < len(self._texts) and _is_short(self._texts[month.after]):
            year, after = self._year_behind(month.after + 1)
            return Began(year=year, month=int(month.word), day=int(self._texts[month.after])), after
        year, after = self._year_behind(month.after)
        return (Began(year=year, month=int(month.word)), after) if year else (None, index)

    def _year_behind(self, index: int) -> tuple[int | None, int]:
        behind = index
        while behind < len(self._texts) and self._texts[behind] in _ORDINALS:
            behind += 1
        year = self._year(behind)
        return (year, behind + 1) if year else (None, index)

    def _year_alone(self, index: int) -> tuple[Began | None, int]:
        year = self._year(index)
        return (Began(year=year), index + 1) if year else (None, index)

    def _year(self, index: int) -> int | None:
        text = self._texts[index] if index < len(self._texts) else ""
        clock = not _HOURS.isdisjoint(self._texts[index + 1 : index + 2])
        year = int(text) if len(text) == len("2000") and text.isdigit() and not clock else 0
        return year if _OLDEST_YEAR <= year < _OLDEST_YEAR + _YEARS else None


def _named(cue: Mention) -> Began:
    return Began(weekday=int(cue.word)) if cue.kind == "weekday" else Began(days=int(cue.word))


def _is_short(text: str) -> bool:
    return text.isdigit() and 0 < len(text) <= len("31")
