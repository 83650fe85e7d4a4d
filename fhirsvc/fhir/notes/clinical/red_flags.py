"""Disturbance of bladder, bowel and sexual function as a history tells it; what else the words mean is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhirsvc.domain.evidence import Certainty
from fhirsvc.fhir.notes.began import Began
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Kind, Telling, Thing
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.scope import Denied
from fhirsvc.fhir.notes.words import Mention

_JOINTS = frozenset({"or", "and", "/", "&", ",", "and/or", "nor"})
_WITHIN = frozenset(
    {
        "of",
        "both",
        "when",
        "she",
        "he",
        "needs",
        "need",
        "that",
        "in",
        "with",
        "to",
        "his",
        "her",
        "the",
        "their",
        "my",
        "any",
        "over",
        "controlling",
        "for",
        "about",
        "regarding",
        "involving",
        "recent",
        "new",
    }
)
_ORGANS = {
    "bladder": ("bladder",), "urine": ("bladder",), "bowel": ("bowel",), "stool": ("bowel",), "sexual": ("sexual",),
    "both": ("bladder", "bowel"),
}  # fmt: skip
_JOINED_WITHIN = 4
_ACUTE = frozenset({"urinary-retention", "overflow-incontinence"})
_FINER = {
    ("bladder", "loss"): "urinary-incontinence",
    ("bladder", "retention"): "urinary-retention",
    ("bladder", "start"): "urinary-hesitancy",
    ("bowel", "loss"): "bowel-incontinence",
}
"""Organ and disturbance → subject; any other disturbance is a dysfunction at large."""
_NAMED = {"double-incontinence": ("urinary-incontinence", "bowel-incontinence")}
_LIQUID = frozenset({"urine", "stool"})
_CONTROL = frozenset({"control", "continence"})
_QUALITIES = frozenset({"voluntary", "conscious", "longer", "more", "proper", "real", "normal"})
_WITHOUT = frozenset({"no", "without"})
_UNTIL = frozenset({"until", "till"})
_LATELY = frozenset({"yesterday", "today", "last", "this", "recently", "now"})
_NEVER = frozenset({"no", "never", "without", "not"})
_DENIED_WITHIN = 4
_TWO = 2
_ALTERNATIVES = frozenset({"or", "nor", "/"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told of: subjects, where it stands, and well = the words say that it works."""

    subjects: tuple[str, ...]
    first: int
    after: int
    well: bool = False


def read(passage: Passage) -> Iterator[Remark]:
    """Every statement of one sentence on bladder, bowel or sexual function."""
    scope = passage.scope
    if scope.cues("organ") or scope.cues("sphincter"):
        yield from _Reading(passage).remarks()


class _Reading:
    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._scope = passage.scope
        self._texts = passage.scope.texts(0, len(passage.sentence.words))
        self._telling = Telling(passage)
        self._durations = Durations(passage.scope)
        self._kinds: dict[int, dict[str, Mention]] = {}
        for mention in passage.sentence.mentions:
            for index in range(mention.first, mention.after):
                self._kinds.setdefault(index, {}).setdefault(mention.kind, mention)

    def remarks(self) -> Iterator[Remark]:
        """Each subject once, in the order of the text; a whole name counts before what is put together."""
        found: list[_Told] = [*self._whole(), *self._clusters()]
        said: set[str] = set()
        for each in sorted(found, key=lambda told: told.first):
            for remark in self._of(each):
                if remark.subject not in said:
                    said.add(remark.subject)
                    yield remark

    def _of(self, thing: _Told) -> Iterator[Remark]:
        weeks, chronic = self._durations.of(thing.first, thing.after, self._others(thing))
        began = self._durations.began(thing.first, thing.after, self._others(thing))
        first = self._ended_denial(thing)
        told = self._telling.of(Thing(first=first, after=thing.after, kind=Kind.EPISODE, chronic=chronic))
        if told is None or (thing.well and (told.absent or told.certainty is not Certainty.AFFIRMED)):
            return
        subjects = (self._in_context(subject, chronic=chronic) for subject in thing.subjects)
        for subject in dict.fromkeys(subjects):
            yield Remark(
                subject=subject,
                value="absent" if told.absent or thing.well else "present",
                sentence=self._passage.sentence,
                certainty=told.certainty,
                family=told.family,
                weeks=None if told.absent or thing.well else weeks,
                began=None if told.absent or thing.well or self._is_of_clock(subject, began) else began,
                chronic=chronic and not (told.absent or thing.well),
                qualifiers=self._trend(thing),
            )

    def _ended_denial(self, thing: _Told) -> int:
        """Where a thing begins: "no retention until yesterday" tells with its denial that it is there since then."""
        until = self._texts[thing.after : thing.after + 2]
        if len(until) < _TWO or until[0] not in _UNTIL or until[1] not in _LATELY:
            return thing.first
        near = range(thing.first - 1, max(thing.first - _DENIED_WITHIN, 0) - 1, -1)
        return next((at for at in near if self._texts[at] in _NEVER), thing.first)

    def _is_of_clock(self, subject: str, began: Began | None) -> bool:
        """What is acute does not last for years: four digits behind it may be a time of the day."""
        return subject in _ACUTE and began is not None and began.is_of_year

    def _in_context(self, subject: str, *, chronic: bool) -> str:
        """Chronic retention, and hesitancy put down to the prostate, are disturbances of another kind (RULES 3.9)."""
        prostatic = subject == "urinary-hesitancy" and self._scope.cues("prostate")
        return "bladder-dysfunction" if prostatic or (chronic and subject in _ACUTE) else subject

    def _others(self, thing: _Told) -> list[tuple[int, int]]:
        return [
            (cue.first, cue.after)
            for kind in ("symptom", "sphincter", "diagnosis")
            for cue in self._scope.cues(kind)
            if not thing.first <= cue.first < thing.after
        ]

    def _trend(self, thing: _Told) -> frozenset[str]:
        return frozenset(
            cue.word
            for cue in self._scope.cues("trend")
            if 0 <= thing.first - cue.after <= 1 or thing.first <= cue.first < thing.after
        )

    def _of_kind(self, index: int, kind: str) -> Mention | None:
        return self._kinds.get(index, {}).get(kind)

    # -- whole names

    def _whole(self) -> Iterator[_Told]:
        for cue in self._scope.cues("sphincter"):
            organ = next(
                (self._of_kind(at, "organ") for at in range(cue.first, cue.after) if self._of_kind(at, "organ")), None
            )
            if organ is not None and organ.word == "other":
                continue
            if cue.word in {"incontinence", "urinary-incontinence", "bowel-incontinence"} and self._is_in_cluster(cue):
                continue
            yield _Told(subjects=_NAMED.get(cue.word, (cue.word,)), first=cue.first, after=cue.after)

    def _is_in_cluster(self, cue: Mention) -> bool:
        """ "Bowel or bladder incontinence", "incontinence of urine or stool": read as what it says of both."""
        return any(
            (len(cluster) > 1 or cluster[0].word == "both")
            and cluster[0].first - 3 <= cue.after
            and cue.first <= cluster[-1].after + 2
            for cluster in self._organs()
        )

    # -- organs and what is said of them

    def _clusters(self) -> Iterator[_Told]:
        for cluster in self._organs():
            told = self._disturbed(cluster)
            if told is not None:
                yield told

    def _organs(self) -> list[list[Mention]]:
        """Organs joined in one phrase ("bowel and bladder")."""
        clusters: list[list[Mention]] = []
        for organ in self._scope.cues("organ"):
            if organ.word == "other":
                continue
            joined = clusters and self._are_joined(clusters[-1][-1], organ)
            if joined:
                clusters[-1].append(organ)
            else:
                clusters.append([organ])
        return clusters

    def _are_joined(self, first: Mention, second: Mention) -> bool:
        gap = range(first.after, second.first)
        light = all(
            self._texts[at] in _JOINTS | {"his", "her", "of", "the", "any", "in", "both"}
            or self._of_kind(at, "function")
            for at in gap
        )
        return len(gap) <= _JOINED_WITHIN and light and any(self._texts[at] in _JOINTS for at in gap)

    def _disturbed(self, cluster: Sequence[Mention]) -> _Told | None:
        first, after = cluster[0].first, cluster[-1].after
        words = {organ.word for organ in cluster}
        end, habit = self._past_function(after)
        if habit and not words & {"bladder", "urine", "both"}:
            return None
        behind = self._of_kind(end, "disturbance")
        if behind is not None and behind.first == end and self._is_noun(behind) and self._fits(behind, words, cluster):
            named = self._joined_on(behind)
            subjects = [subject for cue in named for subject in self._subjects(cluster, cue.word)]
            return _Told(subjects=tuple(dict.fromkeys(subjects)), first=first, after=named[-1].after)
        before = self._disturbance_before(first)
        if before is not None and self._fits(before, words, cluster):
            return _Told(subjects=self._subjects(cluster, before.word), first=before.first, after=end)
        if self._texts[after : after + 1] and self._texts[after] in _CONTROL:
            return self._without_control(cluster, end)
        return self._unqualified(cluster, end, words)

    def _unqualified(self, cluster: Sequence[Mention], end: int, words: set[str]) -> _Told | None:
        """Organs that no disturbance is named of: they work, or are denied as such."""
        first = cluster[0].first
        if self._works(first, end):
            return _Told(subjects=self._subjects(cluster), first=first, after=end, well=True)
        if not words & _LIQUID and self._is_bare(first, end):
            return _Told(subjects=self._subjects(cluster), first=first, after=end)
        return None

    def _without_control(self, cluster: Sequence[Mention], end: int) -> _Told | None:
        """ "No bowel control" is the disturbance itself; in a list with "or" it may be short for its loss: untold."""
        first, after = cluster[0].first, cluster[-1].after
        if self._works(first, end) or self._works(first, after):
            return _Told(subjects=self._subjects(cluster), first=first, after=end, well=True)
        index = first - 1
        while index >= 0 and self._texts[index] in _WITHIN | _QUALITIES:
            index -= 1
        _, last = self._scope.part(first)
        plain = _ALTERNATIVES.isdisjoint(self._texts[end:last])
        if index < 0 or self._texts[index] not in _WITHOUT or not plain:
            return None
        return _Told(subjects=self._subjects(cluster, "loss"), first=index, after=end)

    def _is_noun(self, cue: Mention) -> bool:
        """ "Bladder retention", but not "bladder function could not be assessed"."""
        return cue.word != "retention" or self._texts[cue.first].startswith("ret")

    def _joined_on(self, first: Mention) -> list[Mention]:
        """Disturbances joined to the first ("hesitancy, retention or incontinence")."""
        found = [first]
        index = first.after
        while index < len(self._texts) and self._texts[index] in _JOINTS:
            following = index + 1
            while following < len(self._texts) and self._texts[following] in _JOINTS:
                following += 1
            cue = self._of_kind(following, "disturbance")
            if cue is None or cue.first != following or self._followed_by_organ(cue.after):
                break
            found.append(cue)
            index = cue.after
        return found

    def _followed_by_organ(self, index: int) -> bool:
        while index < len(self._texts) and self._texts[index] in _WITHIN:
            index += 1
        return self._of_kind(index, "organ") is not None

    def _past_function(self, index: int) -> tuple[int, bool]:
        habit = False
        while (function := self._of_kind(index, "function")) is not None:
            habit = habit or function.word == "habit"
            index = function.after
        return index, habit

    def _disturbance_before(self, first: int) -> Mention | None:
        index = first - 1
        while (
            index >= 0
            and (self._texts[index] in _WITHIN or self._of_kind(index, "function"))
            and not self._of_kind(index, "disturbance")
        ):
            index -= 1
        cue = self._of_kind(index, "disturbance")
        while cue is not None and (earlier := self._of_kind(cue.first - 1, "disturbance")) is not None:
            cue = earlier
        return cue

    def _fits(self, cue: Mention, words: set[str], cluster: Sequence[Mention]) -> bool:
        """Of urine or stool only loss, retention or difficulty is meant; a change of it is not one of control."""
        if words <= _LIQUID:
            return (cue.word in {"loss", "retention", "start"} and "stool" not in words) or cue.word == "loss"
        if words == {"sexual"}:
            return cue.word in {"any", "loss", "retention", "start"}
        adjective = (
            self._texts[cluster[0].first] in {"urinary", "rectal", "genitourinary", "fecal", "faecal"}
            and len(cluster) == 1
        )
        return (
            not adjective
            or cue.word in {"loss", "retention"}
            or self._texts[cue.first] in {"dysfunction", "disturbance", "hesitancy", "control"}
        )

    def _subjects(self, cluster: Sequence[Mention], disturbance: str = "any") -> tuple[str, ...]:
        """Retention, hesitancy and loss of control keep their own names."""
        organs = dict.fromkeys(organ for mention in cluster for organ in _ORGANS[mention.word])
        return tuple(_FINER.get((organ, disturbance), f"{organ}-dysfunction") for organ in organs)

    def _works(self, first: int, end: int) -> bool:
        """ "Normal bowel and bladder function", "bladder and bowel are intact", "continent of bowel"."""
        index = end
        while index < len(self._texts) and self._texts[index] in {
            "is",
            "are",
            "remain",
            "remains",
            "has",
            "been",
            "both",
            ":",
            "were",
            "was",
            "have",
        }:
            index += 1
        behind = self._of_kind(index, "kept")
        if behind is not None and behind.first == index:
            return True
        before = first - 1
        while before >= 0 and self._texts[before] in {"of", "the", "his", "her"}:
            before -= 1
        cue = self._of_kind(before, "kept")
        return cue is not None

    def _is_bare(self, first: int, end: int) -> bool:
        """ "Denies bowel or bladder", "bowel/bladder: negative": denied as such, with nothing said of them."""
        closed = end >= len(self._texts) or self._texts[end] in {".", ",", ":", "-", ";"}
        return closed and self._telling.denied(Thing(first=first, after=end)) is Denied.YES
