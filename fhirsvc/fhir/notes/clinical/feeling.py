"""The symptoms that one sentence names, each with its words, its parts of the body, its side and its roots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from fhirsvc.domain.evidence import Side
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.clinical.parts import LEG, Part, Parts
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Telling, Thing, Told
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

LUMBAR = frozenset({"L1", "L2", "L3", "L4", "L5", "S1", "S2", "S3"})
"""Roots that leave the lumbar spine and the sacrum."""
FOOT = frozenset(
    {"heel", "medial-heel", "plantar-heel", "foot", "sole", "arch", "toes", "great-toe", "little-toe", "achilles"}
    | {"dorsal-foot", "lateral-foot", "medial-foot", "first-web-space", "ankle"}
)
"""Areas of the foot: what is felt there alone does not go down the leg."""
ELSEWHERE = frozenset({"arm", "hand", "neck", "head", "trunk", "upper-back"})
"""Areas that are neither back nor leg."""
_LIST = frozenset({"and", "or", "/", "&", "and/or", ","})
_LINKS = frozenset(
    {
        "have",
        "had",
        "being",
        "started",
        "feeling",
        "getting",
        "is",
        "are",
        "was",
        "were",
        "feels",
        "feel",
        "felt",
        "becomes",
        "became",
        "gets",
        "get",
        "has",
        "been",
        "remains",
        "remain",
        "remained",
        "still",
        "stays",
    }
)
_BESIDE_NUMB = frozenset({"cold", "heavy", "swollen", "tight", "dead"})
"""What a part may feel as well ("the foot is cold and numb")."""
_SITED = frozenset({"low-back-pain", "back-pain", "heel-pain", "achilles-pain"})
"""Symptoms whose name says where they are."""
_ROOTED = frozenset({"distribution", "dermatome", "dermatomes", "dermatomal", "pattern", "nerve", "root"})
_LISTED_WITHIN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """A symptom as a sentence names it: its words with all that belongs to it, and the parts before and behind it."""

    name: str
    first: int
    after: int
    begin: int
    end: int
    before: tuple[Part, ...] = ()
    behind: tuple[Part, ...] = ()
    side: Side | None = None
    roots: tuple[str, ...] = ()
    shared: tuple[Part, ...] = field(default=())

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of the body that it is felt in, in the order of the text."""
        return self.before + self.behind or self.shared


class Feeling:
    """What one sentence says is felt, and how each of it is told."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.scope = passage.scope
        self.texts = passage.scope.texts(0, len(passage.sentence.words))
        self.parts = Parts(passage.scope)
        self.telling = Telling(passage)
        self.durations = Durations(passage.scope)
        self.symptoms = {cue.first: cue for cue in self.scope.cues("symptom")}
        self._covered = {at: cue for cue in self.symptoms.values() for at in range(cue.first, cue.after)}
        self._toward = {at for cue in self.scope.cues("toward") for at in range(cue.first, cue.after)}
        self.filler = {at for kind in ("filler", "trend", "lasting") for cue in self.scope.cues(kind)
                        for at in range(cue.first, cue.after)}  # fmt: skip
        self.felt = self._shared([self._named(cue) for cue in self.scope.cues("symptom") if cue.word != "other"])

    def _named(self, cue: Mention) -> Felt:
        before, begin = self.walk_back(cue)
        behind, end, roots = self.walk_on(cue.after)
        side = self._side_on(end) if not behind else None
        own = self.parts.kind(begin - 1, "side") if not before else None
        named = side[0] if side else None
        if own is not None and named is None and own not in self.scope.rejected:
            named, begin = _side(own), own.first
        if named is None and roots and not behind:
            named = self._side_within(cue.after, end)
        earlier = self._roots_before(begin)
        return Felt(
            name=cue.word, first=cue.first, after=cue.after, begin=begin, end=side[1] if side else end,
            before=before, behind=behind, side=named, roots=roots or earlier,
        )  # fmt: skip

    def _side_on(self, index: int) -> tuple[Side, int] | None:
        """A side behind the root that a symptom follows ("in the S1 dermatome on the right")."""
        while self.texts[index : index + 1] and self.texts[index] in _ROOTED:
            index += 1
        return self.parts.side_behind(index)

    def _side_within(self, first: int, after: int) -> Side | None:
        """ "Pain in a right L5 distribution": the side stands before the root."""
        sides = {_side(side) for at in range(first, after) if (side := self.parts.kind(at, "side")) is not None}
        return sides.pop() if len(sides) == 1 else None

    def walk_back(self, cue: Mention) -> tuple[tuple[Part, ...], int]:
        """The parts right before a symptom ("low back and left leg pain", "his left foot is numb")."""
        found: list[Part] = []
        index, joined = cue.first - 1, False
        while index >= 0:
            part = self.parts.at(index)
            if part is not None:
                found.insert(0, part)
                index, joined = part.first - 1, False
            elif self._is_link(index, found):
                index -= 1
            elif found and self.texts[index] in _LIST and self._joins_parts(index):
                index, joined = index - 1, True
            else:
                break
        return tuple(found), found[0].first if found else index + 1 + joined

    def _is_link(self, index: int, found: Sequence[Part]) -> bool:
        if found:
            return False
        joined = self.texts[index] == "and" and self.texts[max(index - 1, 0)] in _BESIDE_NUMB
        return joined or index in self.filler or self.texts[index] in _LINKS | _BESIDE_NUMB | {"-"}

    def _joins_parts(self, joint: int) -> bool:
        """Is a joint between two parts that name one symptom? Not where the first belongs to another symptom."""
        part = self.parts.at(joint - 1)
        if part is None:
            return False
        ahead = self.texts[part.first - 1] if part.first else ""
        return part.first == 0 or part.first - 1 not in self._toward or ahead in {"has", "is"}

    def walk_on(self, index: int) -> tuple[tuple[Part, ...], int, tuple[str, ...]]:
        """The parts and roots that follow a symptom ("in both feet and up the calves"), and where they end."""
        found: list[Part] = []
        roots: list[str] = []
        end = index
        if self.texts[index : index + 1] == [":"]:  # a label ("Numbness: left foot")
            index += 1
        if self.texts[index + 1 : index + 3] == ["/", "10"]:  # a score ("pain 7/10 in the heel")
            index += 3
        if self.texts[index + 1 : index + 4] == ["out", "of", "10"]:
            index += 4
        while index < len(self.texts):
            part = self.parts.at(index)
            root = self.parts.kind(index, "segment")
            if part is not None:
                if self._is_of_next(part):
                    break
                found.append(part)
                index = end = max(part.after, index + 1)
            elif root is not None:
                roots.append(root.word)
                index = end = root.after
            elif self._leads(index) or self._goes_on(index, bool(found or roots)):
                index += 1
            else:
                break
        return tuple(found), end, tuple(dict.fromkeys(roots))

    def _leads(self, index: int) -> bool:
        if index in self._covered:
            return False
        return index in self._toward or index in self.filler or self.parts.kind(index, "side") is not None

    def _goes_on(self, index: int, found: bool) -> bool:
        """A joint or comma leads on only to another part, face, side or way there."""
        if self.texts[index] not in _LIST or not found:
            return False
        following = index + 1
        while following < len(self.texts) and (following in self.filler or self.texts[following] in _LIST):
            following += 1
        if following >= len(self.texts) or following in self._covered:
            return False
        nexts = ("side", "aspect", "area", "segment", "toward")
        return any(self.parts.kind(following, kind) for kind in nexts)

    def _is_of_next(self, part: Part) -> bool:
        """Does the part belong to a symptom that follows it ("numbness, left leg pain")?"""
        index = part.after
        while index in self.filler and index not in self._covered:
            index += 1
        cue = self.symptoms.get(index)
        return (cue is not None and cue.word != "other") or self.parts.kind(index, "diagnosis") is not None

    def _roots_before(self, begin: int) -> tuple[str, ...]:
        """ "S1 numbness", "S1 distribution pain"."""
        index = begin - 1
        while index >= 0 and (self.texts[index] in {"distribution", "dermatome", "dermatomal", "nerve", "root"}):
            index -= 1
        root = self.parts.kind(index, "segment")
        return (root.word,) if root is not None else ()

    def _shared(self, felt: list[Felt]) -> list[Felt]:
        """Symptoms joined in a list share the parts behind the last, or those before the first."""
        for index in range(len(felt) - 2, -1, -1):
            if not felt[index].parts and felt[index].side is None and self._are_listed(felt[index], felt[index + 1]):
                following = felt[index + 1]
                if not following.before:
                    felt[index] = self._sharing(felt[index], following, following.behind or following.shared)
        for index in range(1, len(felt)):
            if felt[index].name in _SITED:
                continue
            if not felt[index].parts and felt[index].side is None and self._are_listed(felt[index - 1], felt[index]):
                leading = felt[index - 1]
                parts = tuple(part for part in leading.before or leading.shared if part.area in LEG)
                if parts and leading.name != "low-back-pain":
                    felt[index] = self._sharing(felt[index], leading, parts)
        return felt

    def _sharing(self, felt: Felt, other: Felt, parts: tuple[Part, ...]) -> Felt:
        return replace(felt, shared=parts, side=felt.side or other.side, roots=felt.roots or other.roots)

    def _are_listed(self, first: Felt, second: Felt) -> bool:
        if first.first == second.first:  # "N/T" names two at once
            return True
        gap = range(first.after, second.first)
        if len(gap) > _LISTED_WITHIN + sum(part.after - part.first for part in second.before):
            return False
        if any(at in self._covered for at in gap):
            return False
        joined = any(self.texts[at] in _LIST for at in gap)
        return joined and all(self.texts[at] in _LIST | {"even", "with"} or at in self.filler or
                              any(part.first <= at < part.after for part in second.before) for at in gap)  # fmt: skip

    def names_elsewhere(self) -> bool:
        """Does the sentence speak of the arm, neck or head and not of the back or leg?"""
        areas = {part.area for part in self.parts.all}
        return bool(areas & ELSEWHERE) and not areas & (LEG | {"back", "low-back", "saddle"})

    def is_of_test(self, first: int) -> bool:
        """Does a test of the leg stand before it in its part, whose answer it is?"""
        begin, _ = self.scope.part(first)
        tests = (cue for cue in self.scope.cues("test") if cue.word not in {"other", "exercise"})
        return any(begin <= cue.first < first for cue in tests)

    def remark(self, subject: str, felt: Felt, parts: Sequence[Part], *, sited: bool = True) -> Iterator[Remark]:
        """The Remark of a symptom in these parts; nothing where it is not told. sited: the Remark names the parts."""
        side = side_of_parts(parts) or (felt.side if not parts or all(part.side is None for part in parts) else None)
        weeks, chronic = self.durations.of(felt.begin, felt.after, self._others(felt))
        detailed = weeks is not None or side in {Side.LEFT, Side.RIGHT}
        told = self.telling.of(Thing(first=felt.first, after=felt.end, chronic=chronic, detailed=detailed))
        if told is not None:
            said = self.said(subject, told, felt, parts if sited else (), side, weeks=weeks, chronic=chronic)
            began = self.durations.began(felt.begin, felt.end, self._others(felt))
            yield said if told.absent else replace(said, began=began)

    def _others(self, felt: Felt) -> list[tuple[int, int]]:
        return [(other.first, other.after) for other in self.felt if other is not felt]

    def said(
        self, subject: str, told: Told, felt: Felt, parts: Sequence[Part], side: Side | None, *,
        weeks: int | None = None, chronic: bool = False,
    ) -> Remark:  # fmt: skip
        return Remark(
            subject=subject,
            value="absent" if told.absent else "present",
            sentence=self.passage.sentence,
            side=side or Side.UNKNOWN,
            roots=tuple(root for root in felt.roots if root in LUMBAR),
            certainty=told.certainty,
            family=told.family,
            areas=tuple(dict.fromkeys(part.area for part in parts)),
            weeks=None if told.absent else weeks,
            chronic=chronic and not told.absent,
            qualifiers=self._trend(felt) if not told.absent else frozenset(),
        )

    def _trend(self, felt: Felt) -> frozenset[str]:
        """ "new", "worsening": said of it right before."""
        found = set()
        for cue in self.scope.cues("trend"):
            if cue.after <= felt.first and all(
                at in self.filler or self.parts.at(at) for at in range(cue.after, felt.first)
            ):
                found.add(cue.word)
        return frozenset(found)


def _side(mention: Mention) -> Side:
    return {"left": Side.LEFT, "right": Side.RIGHT}.get(mention.word, Side.BOTH)


def side_of_parts(parts: Sequence[Part]) -> Side | None:
    """The side of what is felt in several parts: left and right together are both; None = none is named."""
    sides = {part.side for part in parts if part.side is not None}
    if not sides:
        return None
    return sides.pop() if len(sides) == 1 else Side.BOTH if sides >= {Side.LEFT, Side.RIGHT} else Side.UNKNOWN
