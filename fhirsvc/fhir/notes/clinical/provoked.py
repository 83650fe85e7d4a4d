"""What makes a pain worse: bending the back, load, the first steps after rest."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.evidence import Certainty
from fhirsvc.fhir.notes.clinical.feeling import Feeling, Felt
from fhirsvc.fhir.notes.clinical.told import Thing
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_LEADING = frozenset({"with", "when", "on", "upon", "by", "during", "while", "after", "whenever", "if"})
_NO_PAIN = frozenset({"other", "weakness", "numbness", "foot-drop"})
_PAINED = frozenset(
    {"limited", "restricted", "reproduces", "reproduced", "causes", "caused", "provokes", "provoked", "elicits"}
    | {"produces"}
)
_UNPAINED = frozenset({"not", "no", "without", "but", "than", "numbness", "tingling"})
_PAINED_WITHIN = 8
_LINK_WITHIN = 14
_BEHIND_WITHIN = 6
_OF_WITHIN = 4


def read(feeling: Feeling) -> Iterator[Remark]:
    """Everything that one sentence says of what makes a pain worse, each once."""
    yield from _Provoking(feeling).remarks()


class _Provoking:
    def __init__(self, feeling: Feeling) -> None:
        self._feeling = feeling

    def remarks(self) -> Iterator[Remark]:
        loads = self._feeling.scope.cues("load")
        rested = [cue for cue in loads if self._is_after_rest(cue)]
        asked = {
            "worse-on-bending": self._feeling.scope.cues("bend"),
            "worse-on-loading": [cue for cue in loads if cue not in rested],
            "first-step-pain": [*self._feeling.scope.cues("first-step"), *rested],
        }
        for subject, cues in asked.items():
            found = next((remark for cue in cues if (remark := self._worse(cue, subject))), None)
            if found is not None:
                yield found

    def _is_after_rest(self, load: Mention) -> bool:
        """ "After sitting ..., on standing": the pain of the first step, not of load."""
        begin, _ = self._feeling.scope.part(load.first)
        rested = any(begin <= cue.first < load.first for cue in self._feeling.scope.cues("rest"))
        return self._feeling.texts[load.first] in {"standing", "stands", "stand"} and rested

    def _worse(self, cue: Mention, subject: str) -> Remark | None:
        if subject == "worse-on-bending" and self._bends_other(cue):
            return None
        link = self._link(cue)
        if link is None:
            return None
        felt = self._complaint(link)
        if subject != "worse-on-bending" and not self._is_local():
            return None
        told = self._feeling.telling.of(Thing(first=link, after=cue.after, conditional=True))
        if told is None or told.certainty is not Certainty.AFFIRMED:
            return None
        bare = Felt(name="pain", first=cue.first, after=cue.after, begin=cue.first, end=cue.after)
        return self._feeling.said(subject, told, bare, felt.parts if felt else (), None)

    def _bends_other(self, cue: Mention) -> bool:
        """Bending of another joint, or a bend that is not the patient's ("difficulty bending")."""
        before = self._feeling.parts.at(cue.first - 1) if cue.first else None
        if before is not None and before.area not in {"low-back", "back", "trunk"}:
            return True
        near = range(cue.after, min(cue.after + _OF_WITHIN, len(self._feeling.texts)))
        behind = next((part for at in near if (part := self._feeling.parts.at(at)) is not None), None)
        ofs = self._feeling.texts[cue.after : cue.after + 1] in (["of"], ["the"], ["his"], ["her"])
        return behind is not None and ofs and behind.area not in {"low-back", "back", "trunk"}

    def _link(self, cue: Mention) -> int | None:
        """Where the pain or the "worse" stands that bending or loading is said to bring; None = it is not said."""
        begin, _ = self._feeling.scope.clause(cue.first)
        candidates = [
            *self._feeling.scope.cues("worse"),
            *self._feeling.symptoms.values(),
            *self._feeling.scope.cues("spread"),
        ]
        ahead = [each for each in candidates if begin <= each.first < cue.first and each.word not in _NO_PAIN]
        near = max(ahead, key=lambda each: each.first, default=None)
        if near is None or (near.kind, near.word) == ("worse", "better"):
            return self._link_behind(cue)
        gap = self._feeling.texts[near.after : cue.first]
        linked = not _LEADING.isdisjoint(gap) or (not gap and self._feeling.texts[near.first] == "painful")
        began = any(near.after <= onset.first < cue.first for onset in self._feeling.scope.cues("onset"))
        if (
            near.kind == "spread"
            or began
            or not linked
            or len(gap) > _LINK_WITHIN
            or "difficulty" in gap
            or "unable" in gap
        ):
            return self._link_behind(cue)
        return near.first

    def _link_behind(self, cue: Mention) -> int | None:
        """ "Bending makes it worse", "walking hurts"."""
        for worse in self._feeling.scope.cues("worse", "worse"):
            if 0 <= worse.first - cue.after <= _BEHIND_WITHIN and self._feeling.texts[
                worse.first - 1 : worse.first
            ] != ["not"]:
                gap = self._feeling.texts[cue.after : worse.first]
                if "," not in gap and (not gap or {"makes", "make", "causes", "also", "and"} & set(gap)):
                    return cue.first
        return self._link_painful(cue)

    def _link_painful(self, cue: Mention) -> int | None:
        """ "Flexion to 40 degrees, limited by back pain", "bending reproduces his pain"."""
        for felt in self._feeling.felt:
            gap = self._feeling.texts[cue.after : felt.begin]
            painful = felt.name not in _NO_PAIN and not _PAINED.isdisjoint(gap) and _UNPAINED.isdisjoint(gap)
            if cue.after <= felt.begin and painful and len(gap) <= _PAINED_WITHIN:
                return cue.first
        return None

    def _complaint(self, link: int) -> Felt | None:
        """The pain that gets worse: the last one named up to there, with its parts."""
        before = [felt for felt in self._feeling.felt if felt.first <= link]
        return next(
            (felt for felt in reversed(before) if felt.parts or felt.name not in {"pain", "burning"}),
            before[-1] if before else None,
        )

    def _is_local(self) -> bool:
        """Is it the pain of the heel or foot, or an unnamed one, in a sentence that does not speak of the back?"""
        areas = {part.area for part in self._feeling.parts.all}
        local = {"heel", "foot", "achilles", "ankle", "sole", "arch", "plantar-heel", "medial-heel", "toes", "calf"}
        if any(each.name in {"low-back-pain", "back-pain"} for each in self._feeling.felt):
            return False
        return areas <= local | {"lateral-foot", "medial-foot", "dorsal-foot"}
