"""Treatment that is said to have failed, or not to have been exhausted."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.evidence import Certainty
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Kind, Telling, Thing
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_AHEAD = 7
_BEHIND = 14
_STOPS = frozenset({";", "."})


def read(passage: Passage) -> Iterator[Remark]:
    """What one sentence says of treatment that failed: once."""
    scope = passage.scope
    if scope.cues("failed") and scope.cues("treatment"):
        yield from _Reading(passage).remarks()


class _Reading:
    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._scope = passage.scope
        self._texts = passage.scope.texts(0, len(passage.sentence.words))
        self._telling = Telling(passage)
        self._durations = Durations(passage.scope)

    def remarks(self) -> Iterator[Remark]:
        """The first failure that names its treatment."""
        for cue in self._scope.cues("failed"):
            treatment = self._treatment(cue)
            if treatment is None:
                continue
            told = self._telling.of(Thing(first=cue.first, after=cue.after, kind=Kind.LASTING))
            if told is None or told.absent or told.certainty is not Certainty.AFFIRMED:
                continue
            first, after = min(cue.first, treatment.first), max(cue.after, treatment.after)
            weeks, _ = self._durations.of(first, after, [])
            yield Remark(
                subject="failed-treatment",
                value="absent" if cue.word == "not-yet" else "present",
                sentence=self._passage.sentence,
                family=told.family,
                weeks=weeks,
            )
            return

    def _treatment(self, cue: Mention) -> Mention | None:
        """The treatment that a word of failure speaks of, before or behind it in its clause."""
        begin, end = self._scope.clause(cue.first)
        named = [each for each in self._scope.cues("treatment") if each.word != "other" and begin <= each.first < end]
        if cue.word == "other" or (cue.word == "after" and self._texts[cue.after : cue.after + 1] == ["to"]):
            return None
        if cue.word == "after":
            before = [each for each in named if each.after <= cue.first and cue.first - each.after <= _BEHIND]
            return before[-1] if before and self._is_whole(before[-1].after, cue.first) else None
        behind = [each for each in named if cue.after <= each.first and each.first - cue.after <= _AHEAD]
        return behind[0] if behind and self._is_whole(cue.after, behind[0].first) else None

    def _is_whole(self, first: int, after: int) -> bool:
        return _STOPS.isdisjoint(self._texts[first:after])
