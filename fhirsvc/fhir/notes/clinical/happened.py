"""When a thing of a history happened: so many weeks ago, recently, in an earlier year, or not said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhirsvc.fhir.notes.began import Began, Times
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_BEHIND = 9
_BEFORE = 8
_TIED_WITHIN = 4
_YEAR_WITHIN = 4
_STOPS = frozenset({";", "but", "now", "with", "has", "presents", "seen", "comes", "reports", "started", "began"})
_HURT = frozenset(
    {"hurt", "hit", "landed", "landing", "injured", "struck", "twisted", "broke", "fractured", "bruised", "hurting"}
)
_OF_VISIT = frozenset({"today", "earlier today", "this morning", "this afternoon", "this evening", "this week"})
"""Words of the present day: before a thing they date the visit ("seen today after a fall")."""
_SEEN = frozenset({"seen", "reviewed", "attended", "visit", "clinic", "consultation", "examined"})
_WORSE = frozenset({"worse", "worsened", "worsening", "aggravated", "exacerbated", "increased", "flared"})
_ACUTE = frozenset({"acute", "sudden", "new", "new-onset"})
_CHRONIC = frozenset({"chronic", "longstanding", "long-standing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """weeks: how long ago, None = not in numbers; began: the day or month that is named instead.

    recent: of the last days or weeks; past: of an earlier year.
    """

    weeks: int | None = None
    began: Began | None = None
    recent: bool = False
    past: bool = False

    @property
    def is_dated(self) -> bool:
        """Is it told to be of a day or of late?"""
        return self.weeks is not None or self.began is not None or self.recent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Time:
    """A time from word `first` to before `after`: so many weeks ago, or a day; neither = of late."""

    first: int
    after: int
    weeks: int | None = None
    began: Began | None = None


class Happened:
    """The times that one sentence tells, each for the thing that it stands beside."""

    def __init__(self, scope: Scope, durations: Durations) -> None:
        self._scope = scope
        self._texts = scope.texts(0, len(scope.sentence.words))
        self._durations = durations
        ago = [_Time(first=span.first, after=span.after, weeks=span.weeks) for span in durations.ago()]
        self._times = [*ago, *self._worded(), *self._dates()]

    def of(self, cue: Mention) -> When:
        """When the thing at this cue happened: the nearest time behind it, else before it, else what ties it."""
        for nearest in (self._behind(cue), self._ahead(cue)):
            if nearest is not None:
                late = nearest.weeks is None and nearest.began is None
                return When(weeks=nearest.weeks, began=nearest.began, recent=late)
        if self._is_of_year(cue):
            return When(past=True)
        return When(weeks=self._tied(cue), recent=self._is_called_recent(cue))

    def _dates(self) -> Iterator[_Time]:
        """Weekdays and dates of the calendar; of a year alone see `_is_of_year`."""
        for time in Times(self._scope).all:
            if time.began.days is None and not time.began.is_of_year:
                yield _Time(first=time.first, after=time.after, began=time.began)

    def _worded(self) -> Iterator[_Time]:
        for cue in self._scope.cues("happened"):
            if cue.word.isdigit():
                yield _Time(first=cue.first, after=cue.after, weeks=int(cue.word))

    def _behind(self, cue: Mention) -> _Time | None:
        """ "Fell off his bike onto his back two weeks ago"."""
        later = [each for each in self._times if 0 <= each.first - cue.after <= _BEHIND]
        nearest = min(later, key=lambda each: each.first, default=None)
        return nearest if nearest is not None and self._is_one(cue.after, nearest.first) else None

    def _is_one(self, first: int, after: int) -> bool:
        gap = self._texts[first:after]
        joined = all(self._texts[at + 1] in _HURT for at in range(first, after) if self._texts[at] == "and")
        return joined and _STOPS.isdisjoint(gap) and not self._other(first, after)

    def _other(self, first: int, after: int) -> bool:
        """Does another thing that has its own time stand between?"""
        cues = (
            cue for kind in ("trauma", "risk", "operation") for cue in self._scope.cues(kind) if cue.word != "other"
        )
        return any(first <= cue.first < after for cue in cues)

    def _ahead(self, cue: Mention) -> _Time | None:
        """ "Two weeks ago she slipped and fell"; the day of the visit is none of the thing."""
        earlier = [
            each for each in self._times if 0 <= cue.first - each.after <= _BEFORE and not self._is_of_visit(each)
        ]
        nearest = max(earlier, key=lambda each: each.first, default=None)
        if nearest is None or self._other(nearest.after, cue.first):
            return None
        return nearest if {";", "but"}.isdisjoint(self._texts[nearest.after : cue.first]) else None

    def _is_of_visit(self, time: _Time) -> bool:
        seen = not _SEEN.isdisjoint(self._texts[max(time.first - 3, 0) : time.first])
        return seen or " ".join(self._texts[time.first : time.after]) in _OF_VISIT

    def _is_of_year(self, cue: Mention) -> bool:
        """ "A car accident in 2009"."""
        near = self._texts[cue.after : cue.after + _YEAR_WITHIN]
        return any(len(text) == len("2000") and text.isdigit() and text[:2] in {"19", "20"} for text in near)

    def _tied(self, cue: Mention) -> int | None:
        """ "Back pain for three weeks after a fall": the one duration of the sentence is that of the accident."""
        begin, _ = self._scope.clause(cue.first)
        if not self._follows(cue) or not _WORSE.isdisjoint(self._texts[begin : cue.first]):
            return None
        spans = [span for span in self._durations.spans if span.first < cue.first]
        return spans[0].weeks if len(spans) == 1 else None

    def _follows(self, cue: Mention) -> bool:
        ties = self._scope.cues("following")
        return any(0 <= cue.first - tie.after <= _TIED_WITHIN - 1 for tie in ties)

    def _is_called_recent(self, cue: Mention) -> bool:
        """ "Recent", or the accident that a pain called acute came after."""
        if self._texts[cue.first].startswith("recent"):
            return True
        near = (each for each in self._scope.cues("happened", "recent"))
        if any(max(each.first - cue.after, cue.first - each.after) < _TIED_WITHIN for each in near):
            return True
        begin, _ = self._scope.clause(cue.first)
        before = self._texts[begin : cue.first]
        return self._follows(cue) and not _ACUTE.isdisjoint(before) and _CHRONIC.isdisjoint(before)
