"""Pain that spreads: down the leg, up from the heel, or said to stay where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.fhir.notes.clinical.feeling import FOOT, LUMBAR, Feeling, Felt, side_of_parts
from fhirsvc.fhir.notes.clinical.parts import LEG, Part
from fhirsvc.fhir.notes.clinical.told import Thing, Told
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_FELT = frozenset({"numbness", "tingling", "burning", "saddle", "sensation"})
_RELATIVES = frozenset(
    {"that", "which", "and", "also", "usually", "sometimes", "occasionally", "often", "now", "will", "does"}
)
_RELATED = _RELATIVES | {
    ",",
    "with",
    "as",
    "in",
    "some",
    "then",
    "can",
    "is",
    "of",
    "the",
    "it",
    "intermittently",
    "but",
    "beginning",
    "to",
    "starting",
    "associated",
    "any",
    "at",
    "times",
}
_OWNER_WITHIN = 16
_BEHIND_WITHIN = 2


class Spreading:
    """What one sentence says of pain that radiates. owners: the pains that do.

    reached: the parts that numbness, tingling or burning spreads to, by its first word.
    """

    def __init__(self, feeling: Feeling) -> None:
        self._feeling = feeling
        self.reached: dict[int, tuple[Part, ...]] = {}
        spreads = list(self._spreads())
        self.owners = [owner for _, owner, _ in spreads if owner is not None]
        self.remarks = _merged([found for found, _, _ in spreads if found is not None])

    def _spreads(self) -> Iterator[tuple[Remark | None, Felt | None, int]]:
        """What radiates, with the pain that does."""
        last = -1
        for cue in self._feeling.scope.cues("spread"):
            if cue.word == "other" or cue.first < last or self._feeling.is_of_test(cue.first):
                continue
            if self._is_of_other(cue):
                continue
            owner = self._owner(cue)
            if cue.word == "stays":
                yield self._staying(cue, owner), owner, cue.after
                continue
            if not self._is_spread(cue, owner):
                continue
            parts, end, roots = self._feeling.walk_on(cue.after)
            if not parts and self._feeling.texts[cue.first] == "radiation":  # "right leg radiation"
                parts, _ = self._feeling.walk_back(cue)
            if owner is not None and owner.first >= cue.first and self._is_of_foot(owner):
                continue
            last = end
            if owner is not None and owner.name in _FELT | {"weakness", "radicular-symptoms"}:
                if not self._is_upward(cue, parts, end):
                    self.reached.setdefault(owner.first, tuple(parts))
                continue
            remark = self._radiating(cue, owner, parts, end, roots)
            yield remark, owner if remark is not None else None, end

    def _is_of_other(self, cue: Mention) -> bool:
        """Is the last pain named before it one of another part ("knee pain radiating to the calf")?"""
        begin, _ = self._feeling.scope.part(cue.first)
        before = [each for each in self._feeling.symptoms.values() if begin <= each.first and each.after <= cue.first]
        return bool(before) and max(before, key=lambda each: each.first).word == "other"

    def _is_of_foot(self, felt: Felt) -> bool:
        """A "shooting pain" of the heel or foot stays there."""
        return bool(felt.parts) and all(part.area in FOOT for part in felt.parts)

    def _owner(self, cue: Mention) -> Felt | None:
        """The pain that a spreading verb speaks of: the last one before it in its part."""
        begin, _ = self._feeling.scope.part(cue.first)
        within = [felt for felt in self._feeling.felt if cue.first <= felt.first < cue.after]
        if within:
            return within[0]
        before = [felt for felt in self._feeling.felt if begin <= felt.first and felt.after <= cue.first]
        near = [felt for felt in before if cue.first - felt.end <= _OWNER_WITHIN]
        if near:
            return near[-1]
        behind = [
            felt for felt in self._feeling.felt if felt.name == "pain" and 0 <= felt.first - cue.after <= _BEHIND_WITHIN
        ]
        return behind[0] if behind else None

    def _is_spread(self, cue: Mention, owner: Felt | None) -> bool:
        """A word of direction alone ("down", "into", "up") spreads only right behind a pain."""
        text = self._feeling.texts[cue.first]
        if self._feeling.texts[cue.after : cue.after + 1] == ["of"] and text not in {"radiation"}:
            return False
        if text in {"down", "up", "into", "upward", "upwards", "proximally", "cephalad", "superiorly", "all"}:
            return owner is not None and all(
                at in self._feeling.filler
                or self._feeling.texts[at] in {"going", ",", "that", "is", "from"}
                or self._feeling.parts.at(at)
                for at in range(owner.after, cue.first)
            )
        if text[:3] in {"rad", "sho"}:
            return True
        return owner is not None and self._relates(owner, cue)

    def _relates(self, owner: Felt, cue: Mention) -> bool:
        gap = range(owner.end, cue.first)
        return all(
            self._feeling.texts[at] in _RELATED or at in self._feeling.filler or self._feeling.parts.at(at)
            for at in gap
        )

    def _radiating(
        self, cue: Mention, owner: Felt | None, parts: Sequence[Part], end: int, roots: tuple[str, ...]
    ) -> Remark | None:
        up = self._is_upward(cue, parts, end)
        reached = [part for part in parts if part.area in LEG or part.area == "groin"]
        if parts and not any(part.area in LEG for part in reached):
            return None
        if not parts and not self._may_stand_alone(owner, roots):
            return None
        if owner is not None and not up and self._stays_in_foot(owner, reached):
            return None
        if up:
            reached = [part for part in reached if not self._is_origin(part)]
        reached = [part for part in reached if part.area in LEG]
        if owner is not None and not up:
            origin = [part for part in owner.behind if part.area in LEG and self._is_origin(part)]
            reached = [*origin, *reached]
        felt = owner or Felt(name="pain", first=cue.first, after=cue.after, begin=cue.first, end=end)
        side = side_of_parts(reached)
        if side is None and owner is not None:
            own = [part for part in owner.parts if part.area in LEG]
            side = side_of_parts(own) or owner.side
            reached = reached or own
        told = self._told_spread(cue, owner, end)
        if told is None:
            return None
        both = replace(felt, roots=tuple(dict.fromkeys((*felt.roots, *roots))))
        return self._feeling.said("proximal-radiation" if up else "radiating-pain", told, both, reached, side)

    def _is_upward(self, cue: Mention, parts: Sequence[Part], end: int) -> bool:
        goals = [part for part in parts if not self._is_origin(part)]
        words = self._feeling.texts[cue.first : goals[0].first if goals else min(end + 2, len(self._feeling.texts))]
        return cue.word == "up" or not {"up", "proximally", "upward", "upwards", "superiorly"}.isdisjoint(words)

    def _stays_in_foot(self, owner: Felt, reached: Sequence[Part]) -> bool:
        """Heel pain that spreads into the arch or the toes does not go down the leg, nor does that of a joint."""
        if owner.parts and all(part.area in {"knee", "ankle"} for part in owner.parts):
            return True
        local = owner.name in {"heel-pain", "achilles-pain"} or self._is_of_foot(owner)
        return local and bool(reached) and all(part.area in FOOT for part in reached)

    def _may_stand_alone(self, owner: Felt | None, roots: tuple[str, ...]) -> bool:
        """Radiation without a place counts beside a pain of the back or leg, or with a root."""
        if roots:
            return all(root in LUMBAR for root in roots)
        if owner is None:
            return False
        areas = {part.area for part in owner.parts}
        return bool(areas & (LEG | {"back", "low-back"})) or owner.name in {"low-back-pain", "back-pain"}

    def _is_origin(self, part: Part) -> bool:
        return self._feeling.texts[part.first - 1 : part.first] == ["from"]

    def _told_spread(self, cue: Mention, owner: Felt | None, end: int) -> Told | None:
        """Denied where the pain that radiates is denied as one phrase, or the radiating itself."""
        own = self._feeling.telling.of(Thing(first=cue.first, after=end))
        if owner is None or owner.first > cue.first:
            return own
        whole = self._feeling.telling.of(Thing(first=owner.first, after=max(end, owner.end)))
        if whole is None or own is None:
            return None
        if whole.absent or own.absent:
            return own if own.absent else whole
        return own if own.certainty is not Certainty.AFFIRMED else whole

    def _staying(self, cue: Mention, owner: Felt | None) -> Remark | None:
        """Pain that is said not to radiate."""
        parts, end, roots = self._feeling.walk_on(cue.after)
        reached = [part for part in parts if part.area in LEG]
        if (parts and not reached) or (owner is not None and self._is_of_foot(owner)):
            return None
        if not parts and not self._may_stand_alone(owner, roots):
            return None
        told = self._feeling.telling.of(Thing(first=cue.first, after=cue.after))
        if told is None or told.absent or told.certainty is not Certainty.AFFIRMED:
            return None
        felt = Felt(name="pain", first=cue.first, after=cue.after, begin=cue.first, end=end)
        return self._feeling.said("radiating-pain", replace(told, absent=True), felt, reached, side_of_parts(reached))


def _merged(remarks: Sequence[Remark]) -> list[Remark]:
    """What one sentence says twice of the same pain is told once, with all the parts that it reaches."""
    merged: list[Remark] = []
    for remark in remarks:
        same = next((at for at, other in enumerate(merged) if _is_same(other, remark)), None)
        if same is None:
            merged.append(remark)
        else:
            other = merged[same]
            side = other.side if remark.side is Side.UNKNOWN else remark.side
            roots, areas = (
                tuple(dict.fromkeys(pair)) for pair in ((*other.roots, *remark.roots), (*other.areas, *remark.areas))
            )
            merged[same] = replace(other, side=side, roots=roots, areas=areas)
    return merged


def _is_same(one: Remark, other: Remark) -> bool:
    alike = (one.subject, one.value, one.certainty, one.family) == (
        other.subject,
        other.value,
        other.certainty,
        other.family,
    )
    return alike and (one.side is other.side or Side.UNKNOWN in {one.side, other.side})
