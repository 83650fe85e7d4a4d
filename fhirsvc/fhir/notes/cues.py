"""The cues of one sentence by kind, after each denial that faces the wrong way, or denies nothing, was set right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fhirsvc.fhir.notes.words import Mention, Word

_COURSE_WITHIN = 3
_CLOSING = frozenset({".", ",", ";", ")", "!"})
_MARKS = frozenset({":", "-", "=", "("})
_BEEN = frozenset({"be", "been"})
_NOTHING = frozenset({"none", "nil"})
_BARE = frozenset({"not", "cannot", "never", "none", "nil"})
_RULING = frozenset({"study", "studies", "has", "have", "which"})
_THINGS = frozenset(
    {"contact", "root", "segment", "side", "radiculopathy", "structure", "thickening", "sac", "level", "finding"}
)
_NOUNS = frozenset({"contact", "finding", "radiculopathy", "thickening"})


def cues_of(words: Sequence[Word], mentions: Sequence[Mention]) -> dict[str, list[Mention]]:
    """Kind → mentions, where a denial may have become one that acts backwards, or one of the course alone.

    "left S1 root contact: none" acts backwards; "no improvement of" becomes a cue of kind `undenied`, for what it
    speaks of stays.
    """
    turning = _Turning(words, mentions)
    cues: dict[str, list[Mention]] = {}
    for mention in map(turning.turned, mentions):
        cues.setdefault(mention.kind, []).append(mention)
    return cues


class _Turning:
    def __init__(self, words: Sequence[Word], mentions: Sequence[Mention]) -> None:
        self._texts = [word.text for word in words]
        self._mentions = mentions
        self._starting: dict[int, set[str]] = {}
        self._covering: dict[int, set[str]] = {}
        for mention in mentions:
            self._starting.setdefault(mention.first, set()).add(mention.kind)
            for index in range(mention.first, mention.after):
                self._covering.setdefault(index, set()).add(mention.kind)
        self._seen = {mention.first for mention in mentions if (mention.kind, mention.word) == ("stated", "seen")}
        self._hedged = {at for m in mentions if m.kind == "hedge" for at in range(m.first, m.after)}
        self._undone = [mention for mention in mentions if self._denies_course(mention)]

    def turned(self, mention: Mention) -> Mention:
        """The mention as it acts."""
        if mention in self._undone:
            return mention._replace(kind="undenied")
        if mention.kind == "ended" and self._is_undone(mention):
            return mention._replace(kind="unchanged")
        if mention.kind == "negation" and mention.word == "before":
            return self._backwards(mention)
        if mention.kind == "negation" and self._is_active(mention):
            return mention._replace(word="before")
        return mention

    def _is_active(self, denial: Mention) -> bool:
        """ "The EMG ruled out ..." denies what follows; "... is ruled out" what stands before it."""
        if self._texts[denial.first : denial.after] != ["ruled", "out"]:
            return False
        before = denial.first - 1
        return "modality" in self._covering.get(before, ()) or self._texts[max(before, 0)] in _RULING

    def _denies_course(self, mention: Mention) -> bool:
        """ "No improvement", "not resolved": a denial with a word of course close behind and no finding between."""
        if mention.kind != "negation" or mention.word != "before":
            return False
        for index in range(mention.after, min(mention.after + _COURSE_WITHIN, len(self._texts))):
            kinds = self._starting.get(index, set())
            if not kinds.isdisjoint({"course", "ended"}):
                return True
            if self._texts[index] in _CLOSING or not kinds.isdisjoint(_NOUNS):
                return False
        return False

    def _is_undone(self, ended: Mention) -> bool:
        return any(0 <= ended.first - denial.after < _COURSE_WITHIN for denial in self._undone)

    def _backwards(self, denial: Mention) -> Mention:
        """A denial with nothing behind it, or only "seen", speaks of what stands before it."""
        backwards = denial._replace(word="after")
        text = self._texts[denial.after - 1]
        behind = self._stated_behind(denial.after) if text in _BARE else 0
        if behind:
            hedged = not self._hedged.isdisjoint(range(denial.after, behind))
            return backwards._replace(kind="uncertain" if hedged else "negation", after=behind)
        before = denial.first - 1
        if text in _NOTHING and before >= 0 and self._texts[before] in _MARKS:
            return backwards
        closed = denial.after == len(self._texts) or self._texts[denial.after] in _CLOSING
        return backwards if closed and before >= 0 and self._answers(before) else denial

    def _stated_behind(self, index: int) -> int:
        """Where the "seen" behind a "not" or "not clearly" ends; 0 = none stands there."""
        while index < len(self._texts) and (index in self._hedged or self._texts[index] in _BEEN):
            index += 1
        return index + 1 if index in self._seen else 0

    def _answers(self, before: int) -> bool:
        """Does a denial answer what stands right before it: a mark, a form of "be", or the thing itself?"""
        return self._texts[before] in _MARKS or not _THINGS.isdisjoint(self._covering.get(before, ()))


def first_of(cues: Iterable[Mention], first: int, after: int) -> Mention | None:
    """The first cue that begins within a stretch."""
    return min((cue for cue in cues if first <= cue.first < after), default=None, key=lambda cue: cue.first)
