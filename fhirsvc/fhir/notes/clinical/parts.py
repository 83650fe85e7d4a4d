"""Parts of the body as a sentence names them: which area, on which face and side of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Side
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

LEG = frozenset(
    {"buttock", "hip", "thigh", "anterior-thigh", "lateral-thigh", "posterior-thigh", "leg", "posterior-leg"}
    | {"distal-leg", "calf", "lateral-calf", "posterior-calf", "shin", "medial-shin", "ankle", "foot", "lateral-foot"}
    | {"medial-foot", "dorsal-foot", "sole", "heel", "medial-heel", "plantar-heel", "arch", "toes", "great-toe"}
    | {"little-toe", "first-web-space", "stocking", "knee", "all-limbs"}
)
"""Areas of the lower limb and the buttock."""

_FACES = {
    ("posterior", "thigh"): "posterior-thigh",
    ("anterior", "thigh"): "anterior-thigh",
    ("lateral", "thigh"): "lateral-thigh",
    ("posterior", "leg"): "posterior-leg",
    ("distal", "leg"): "distal-leg",
    ("posterior", "distal-leg"): "posterior-calf",
    ("posterior", "calf"): "posterior-calf",
    ("lateral", "calf"): "lateral-calf",
    ("lateral", "distal-leg"): "lateral-calf",
    ("medial", "shin"): "medial-shin",
    ("medial", "distal-leg"): "medial-shin",
    ("medial", "calf"): "medial-shin",
    ("lateral", "foot"): "lateral-foot",
    ("medial", "foot"): "medial-foot",
    ("dorsal", "foot"): "dorsal-foot",
    ("plantar", "foot"): "sole",
    ("medial", "heel"): "medial-heel",
    ("plantar", "heel"): "plantar-heel",
}
_PIECES = frozenset({"toes", "great-toe", "little-toe", "sole", "arch", "heel", "first-web-space"})
_JOINTS = frozenset({",", "and", "&", "or", "/"})
_BEFORE_SIDE = frozenset({"on", "in", "the", ",", "-", "(", ":", "of", "his", "her", "side"})
_BEHIND = 4
_CLOSING = frozenset(
    {".", ",", ";", ")", "for", "x", "since", "with", "and", "greater", "more", "worse", "which", "that"}
)
_MORE = (["greater", "than"], ["more", "than"], ["worse", "than"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the body and all that belongs to it, from word `first` to before `after`; side None = none is named."""

    area: str
    first: int
    after: int
    side: Side | None = None


class Parts:
    """Finds the parts of the body in one sentence."""

    def __init__(self, scope: Scope) -> None:
        self._texts = scope.texts(0, len(scope.sentence.words))
        self._kinds: dict[int, dict[str, Mention]] = {}
        for mention in scope.sentence.mentions:
            for index in range(mention.first, mention.after):
                self._kinds.setdefault(index, {}).setdefault(mention.kind, mention)
        self._rejected = scope.rejected
        self.all = list(self._merged())
        self._at = {index: part for part in self.all for index in range(part.first, part.after)}

    def at(self, index: int) -> Part | None:
        """The part that a word belongs to."""
        return self._at.get(index)

    def kind(self, index: int, kind: str) -> Mention | None:
        """The mention of a kind that covers a word."""
        return self._kinds.get(index, {}).get(kind)

    def side_behind(self, index: int) -> tuple[Side, int] | None:
        """A side right behind a thing ("on the left", "(R)", ", right foot" not), and the word after it."""
        at = index
        while at < len(self._texts) and at - index < _BEHIND and self._texts[at] in _BEFORE_SIDE:
            at += 1
        side = self._side(at)
        if side is None or self._names_part(side.after):
            return None
        if self._texts[index : index + 1] == [","] and not self.closes(side.after):
            return None
        return side_of(side), side.after

    def closes(self, index: int) -> bool:
        """Does nothing follow that a side behind a comma could belong to (", left inguinal hernia")?"""
        return index >= len(self._texts) or self._texts[index] in _CLOSING

    def _names_part(self, index: int) -> bool:
        """Does a part of the body follow, which the side before it belongs to?"""
        while self.kind(index, "filler") or self.kind(index, "aspect"):
            index += 1
        return self.kind(index, "area") is not None

    def _side(self, index: int) -> Mention | None:
        side = self.kind(index, "side")
        return None if side is None or side in self._rejected else side

    def _merged(self) -> Iterator[Part]:
        """Every part; "toes of the right foot" and "calf of the left leg" are one."""
        whole: Part | None = None
        for part in self._named():
            if whole is not None and self._is_of(whole, part):
                whole = replace(whole, after=part.after, side=whole.side or part.side)
                continue
            if whole is not None:
                yield whole
            whole = self._inheriting(whole, part)
        if whole is not None:
            yield whole

    def _named(self) -> Iterator[Part]:
        last = -1
        for index in sorted(self._kinds):
            area = self.kind(index, "area")
            if area is not None and area.word != "other" and area.first == index and index > last:
                last = area.after - 1
                yield self._part(area)

    def _part(self, area: Mention) -> Part:
        first, side, face = self._before(area)
        after = area.after
        if side is None and (behind := self.side_behind(after)) is not None:
            side, after = behind
        if side is not None and (end := self._less_than(after)):
            side, after = Side.BOTH, end
        if side is None and self.kind(area.first, "pair"):
            side = Side.BOTH
        return Part(area=_FACES.get((face, area.word), area.word), first=first, after=after, side=side)

    def _less_than(self, index: int) -> int:
        """Where "... greater than right" ends, which names the other side as well; 0 = it does not stand here."""
        words = self._texts[index : index + 2]
        behind = index + len(words) + (self._texts[index + 2 : index + 3] == ["the"])
        side = self._side(behind)
        return side.after if side is not None and words in _MORE else 0

    def _before(self, area: Mention) -> tuple[int, Side | None, str]:
        """Where the words that belong to the area begin, the side among them and the face."""
        within = (self._side(at) for at in range(area.first, area.after))
        own = next((each for each in within if each is not None), None)
        side, face, first = side_of(own) if own else None, "", area.first
        while first > 0:
            index = first - 1
            if aspect := self.kind(index, "aspect"):
                face, first = face or aspect.word, aspect.first
            elif named := self._side(index):
                side, first = side or side_of(named), named.first
            elif filler := self.kind(index, "filler"):
                first = filler.first
            elif self._texts[index] == "-" and self._side(index - 1):
                first = index
            else:
                break
        return first, side, face

    def _is_of(self, whole: Part, part: Part) -> bool:
        """Is a part named as that of which another is a piece? Nothing but "of" stands between."""
        between = self._texts[whole.after : part.first]
        within = self._texts[part.first : part.first + 1]
        piece = whole.area in _PIECES and part.area == "foot" and between in (["on"], ["in"])
        return piece or between == ["of"] or (not between and within in (["of"], ["primarily"]))

    def _inheriting(self, before: Part | None, part: Part) -> Part:
        """ "Left hand and leg": a part joined to one before it takes its side, when it names none."""
        if before is None or part.side is not None or before.side is None:
            return part
        joined = self._texts[before.after : part.first]
        if len(joined) == 1 and joined[0] in _JOINTS and self._texts[part.first] not in {"his", "her", "the"}:
            return replace(part, side=before.side)
        return part
