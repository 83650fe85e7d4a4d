"""One sentence of an examination: its answers as denied or not, its sides, and how surely it speaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from fhirsvc.domain.evidence import Certainty, Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import FOREIGN, Answer
from fhirsvc.fhir.notes.clinical.grades import Grade, grades_of
from fhirsvc.fhir.notes.clinical.parts import Parts
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Telling
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_LETTERS = {"l": "left", "r": "right"}
_NOT = frozenset(
    {"not", "cannot", "never", "unable", "couldn't", "can't", "didn't", "wasn't", "weren't", "isn't", "aren't"}
)
_NO = frozenset({"no", "without", "nor", "neither", "denies", "denied", "nil", "free"})
_PASSED = frozenset(
    {"be", "been", "to", "well", "clearly", "able", "easily", "readily", "of", "any", "evidence", "sign", "signs"}
)
_LIST_ENDS = frozenset({";", "but", "is", "are", "was", "were", "has", "have", "with", "except", "however", ":", "and"})
_LIST_WITHIN = 10
_NEAR = 4
_TWO = 2
_HEADING = 6
_AFTER_TOUCH = frozenset(
    {
        ".",
        ",",
        ";",
        ")",
        "and",
        "/",
        "&",
        "in",
        "bilaterally",
        "bilat",
        "b",
        "over",
        "throughout",
        "at",
        "on",
        "l",
        "r",
        "both",
    }
)
ELSEWHERE = frozenset({"arm", "hand", "head", "neck", "trunk"})
_EXAMINED = ("reflex", "test", "muscle", "movement", "strength", "heel-raise", "gait", "sense", "rectal-tone", "beside")
_OPPOSITE = {
    "present": "absent",
    "positive": "negative",
    "able": "unable",
    "unable": "able",
    "reduced": "normal",
    "brisk": "normal",
    "difficult": "able",
    "abnormal": "normal",
    "normal": "abnormal",
    "absent": "present",
    "symmetric": "unequal",
    "unequal": "symmetric",
    "negative": "open",
}
_LISTED = frozenset({"reduced", "abnormal", "difficult", "unequal", "brisk", "present", "positive"})
_ASSERTED = frozenset({"normal", "negative", "absent", "symmetric", "able"})


class Examined:
    """What the readers of an examination share of one sentence."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.sentence = passage.sentence
        self.words = passage.sentence.words
        self.texts = [word.text for word in self.words]
        self._kinds: dict[str, list[Mention]] = {}
        for mention in passage.sentence.mentions:
            self._kinds.setdefault(mention.kind, []).append(mention)
        self.topics = {mention.kind for mention in passage.topic}

    def mentions(self, kind: str, *names: str) -> list[Mention]:
        """The mentions of a kind, or of some words of it, in the order of the sentence."""
        found = self._kinds.get(kind, [])
        return [mention for mention in found if mention.word in names] if names else found

    def foreign(self, own: Sequence[Mention], *kinds: str) -> list[Mention]:
        """What else the sentence examines, so that it keeps its own answers; not `kinds` nor what overlaps `own`."""
        taken = {index for each in own for index in range(each.first, each.after)}
        others = (mention for kind in _EXAMINED if kind not in kinds for mention in self.mentions(kind))
        found: dict[int, Mention] = {}
        for each in others:
            if taken.isdisjoint(range(each.first, each.after)):
                found.setdefault(each.first, Mention(FOREIGN, FOREIGN, each.first, each.after))
        return list(found.values())

    def named(self, *kinds: str) -> list[Mention]:
        """The mentions of some kinds; where there is none, the one that the heading of the list names, before all."""
        found = [mention for kind in kinds for mention in self.mentions(kind)]
        if found:
            return sorted(found, key=lambda each: each.first)
        heading = {
            (each.kind, each.word) for each in self.passage.topic if each.kind in kinds and each.word != "generic"
        }
        return [Mention(kind, word, 0, 0) for kind, word in heading] if len(heading) == 1 else []

    @cached_property
    def parts(self) -> Parts:
        """The parts of the body that are named here."""
        return Parts(self.passage.scope)

    @cached_property
    def telling(self) -> Telling:
        """How things of this sentence are told that are no function or test but there or not."""
        return Telling(self.passage)

    @cached_property
    def grades(self) -> list[Grade]:
        """Every grade that stands here."""
        return grades_of(self.words)

    @cached_property
    def told(self) -> list[Answer]:
        """Every answer in words, with the "not" before it applied; one that a list leaves doubtful is open."""
        return [
            Answer(value=self._as_stated(mention), first=mention.first, after=mention.after)
            for mention in self.mentions("finding-word")
        ]

    def _as_stated(self, mention: Mention) -> str:
        value = mention.word
        if value == "open":
            return value
        if self.is_denied_at(mention.first) or self._is_answered_none(mention.after):
            return _OPPOSITE[value]
        return self._in_list(mention.first, value) if value in _LISTED else value

    def _is_answered_none(self, index: int) -> bool:
        """ "Sensory deficit: none." denies what stands before the colon."""
        marked = self.texts[index : index + 1] in ([":"], ["-"], ["="])
        closed = self.texts[index + 2 : index + 3] in ([], ["."], [","], [";"])
        return marked and closed and self.texts[index + 1 : index + 2] in (["none"], ["nil"], ["no"])

    def is_denied_at(self, index: int) -> bool:
        """Does a "not" or "no" stand right before a word, or with only "be", "to" between?"""
        index -= 1
        while index >= 0 and self.texts[index] in _PASSED and self.texts[index] not in _NOT:
            index -= 1
        return index >= 0 and self.texts[index] in _NOT | _NO

    def _in_list(self, index: int, value: str) -> str:
        """ "No weakness, numbness or sensory loss" denies them all; without an "or" a comma leaves it open."""
        joints: list[int] = []
        for at in range(index - 1, max(index - _LIST_WITHIN, -1), -1):
            text = self.texts[at]
            if text in _LIST_ENDS:
                return value
            if text in _NO:
                return self._across(joints, index, value)
            if text in {",", "or", "/"}:
                joints.append(at)
        return value

    def _across(self, joints: Sequence[int], index: int, value: str) -> str:
        if not joints or self.texts[joints[0]] in {"or", "/"}:
            return _OPPOSITE[value]
        rest = self.texts[index : index + _LIST_WITHIN]
        closed = next((text for text in rest if text in {"or", "nor", ".", ";", "but", "and"}), "")
        return _OPPOSITE[value] if closed in {"or", "nor"} else "open"

    @cached_property
    def sides(self) -> list[Mention]:
        """The side words that are meant, lone letters among them."""
        orders = [each for each in self.mentions("order") if not self._is_both(each)]
        ordered = {index for each in orders for index in range(each.first, each.after)}
        both = [
            Mention("side", "both", each.first, each.after) for each in self.mentions("order") if each not in orders
        ]
        rejected = self.passage.scope.rejected
        named = [side for side in self.mentions("side") if not self._is_light_touch(side)]
        said = [one for side in named for one in self._apart(side)]
        sides = [side for side in said if side.first not in ordered and side not in rejected]
        inside = {index for each in both for index in range(each.first, each.after)}
        sides = [*(side for side in sides if side.first not in inside and not self._is_bare_both(side)), *both]
        taken = {index for each in sides for index in range(each.first, each.after)} | ordered
        return sorted([*sides, *self._letters(taken)], key=lambda side: side.first)

    def _is_light_touch(self, side: Mention) -> bool:
        """ "Intact to LT", "LT and PP": a way of testing sensation, not the left."""
        if self.texts[side.first : side.after] not in (["lt"], ["lt", "."]):
            return False
        before, behind = self.texts[side.first - 1 : side.first], self.texts[side.first + 1 : side.first + 3]
        paired = before in (["to"], ["/"], ["pp"], ["&"]) and (not behind or behind[0] in _AFTER_TOUCH)
        return paired or behind in (["and", "pp"], ["&", "pp"], ["/", "pp"], [",", "pp"])

    def _apart(self, side: Mention) -> list[Mention]:
        """ "Right and left, respectively" names the two one after the other."""
        texts = self.texts[side.first : side.after]
        if "respectively" not in self.texts or len(texts) < _TWO or not {"left", "right"} <= set(texts):
            return [side]
        return [
            Mention("side", text, at, at + 1) for at, text in enumerate(texts, side.first) if text in _LETTERS.values()
        ]

    def _is_both(self, order: Mention) -> bool:
        """ "2+ R/L" speaks of both; before a colon, in brackets or beside pairs it is the order of the pairs."""
        around = (self.texts[order.first - 1 : order.first], self.texts[order.after : order.after + 1])
        return not any(grade.other for grade in self.grades) and around[0] != ["("] and around[1] not in ([":"], [")"])

    @cached_property
    def rejected_side(self) -> Side | None:
        """ "On the right but not the left": the side that the answer is taken from."""
        for mention in self.mentions("side"):
            before = [
                text for text in self.texts[max(mention.first - 4, 0) : mention.first] if text not in {"on", "the", ","}
            ]
            if before[-1:] == ["not"]:
                return {"left": Side.LEFT, "right": Side.RIGHT}.get(mention.word)
        return None

    def _is_bare_both(self, side: Mention) -> bool:
        """ "Both sitting and lying" speaks of no side."""
        if self.texts[side.first : side.after] != ["both"]:
            return False
        follow = side.after
        while follow < len(self.texts) and self.texts[follow] in {"the", "his", "her", "lower", "of"}:
            follow += 1
        kinds = {"area", "reflex", "reflex-site", "walk", "test", "side", "movement"}
        return (
            not any(m.first == follow for kind in kinds for m in self.mentions(kind)) and follow < len(self.texts) - 1
        )

    def _letters(self, taken: set[int]) -> Iterator[Mention]:
        named = [each for each in self.mentions("segment") if not self._is_graded_letter(each)]
        segments = {index for each in named for index in range(each.first, each.after)}
        for index, text in enumerate(self.texts):
            if text in _LETTERS and index not in taken and index not in segments and not self._is_region(index):
                yield Mention("side", _LETTERS[text], index, index + 1)
            elif self._is_both_letter(index):
                yield Mention("side", "both", index, index + 1)

    def _is_both_letter(self, index: int) -> bool:
        """ "5/5 B", "neg B": the letter B right behind an answer."""
        ends = {*(each.after for each in self.grades), *(each.after for each in self.mentions("finding-word"))}
        return self.texts[index] == "b" and index in ends

    def _is_graded_letter(self, segment: Mention) -> bool:
        """ "R 1+, L 2+": a letter apart from its number is a side where it is graded or stands beside an R."""
        apart = segment.after - segment.first > 1 and self.texts[segment.first] == "l"
        return apart and (self.texts[segment.after : segment.after + 1] in (["+"], ["/"]) or "r" in self.texts)

    def _is_region(self, index: int) -> bool:
        """ "L spine", "L-spine": the lumbar, not the left."""
        behind = self.texts[index + 1 : index + 3]
        return "spine" in behind or (behind[:1] == ["/"] and behind[1:] == ["s"])

    @cached_property
    def default(self) -> Side | None:
        """The side of the heading of the list this stands in ("Left leg:")."""
        return agreed_side([side_of(mention) for mention in self.passage.topic if mention.kind == "side"])

    @cached_property
    def is_elsewhere(self) -> bool:
        """Does the heading of the sentence or its list name only parts far from leg and back ("Upper limbs:")?"""
        colon = next((at for at, text in enumerate(self.texts[:_HEADING]) if text == ":"), 0)
        headed = [area.word for area in self.mentions("area") if area.first < colon]
        listed = [area.word for area in self.passage.topic if area.kind == "area"]
        areas = set(headed or listed)
        return bool(areas) and areas <= ELSEWHERE

    @cached_property
    def order(self) -> str:
        """Which side the first of a pair is, where sentence or heading say so; "" = not said."""
        orders = {mention.word for mention in (*self.mentions("order"), *self.passage.topic) if mention.kind == "order"}
        return orders.pop() if len(orders) == 1 else ""

    def certainty(self, first: int, after: int) -> Certainty | None:
        """How surely the words from `first` to before `after` are stated; None = as a question, or of another."""
        if self.mentions("family") or self.texts[-1:] == ["?"] or self._is_supposed(first):
            return None
        begin, _ = self.passage.scope.clause(first)
        if any(max(begin, first - _NEAR) <= cue.first < after for cue in self.mentions("doubt")):
            return Certainty.UNCERTAIN
        past = (cue for cue in self.mentions("historical") if cue.word == "before" and begin <= cue.first < first)
        if any({",", ":"}.isdisjoint(self.texts[cue.after : first]) for cue in past):
            return Certainty.HISTORICAL
        return Certainty.AFFIRMED

    def _is_supposed(self, first: int) -> bool:
        begin, end = self.passage.scope.clause(first)
        supposed = [*self.mentions("hypothetical", "before", "condition"), *self.mentions("supposed", "forward")]
        if any(begin <= cue.first < first for cue in supposed):
            return True
        aimed = [cue for cue in self.mentions("supposed", "aimed") if begin <= cue.first < end]
        return any(cue.first < first or "," not in self.texts[first : cue.first] for cue in aimed)

    def remark(
        self,
        subject: str,
        value: str,
        span: tuple[int, int],
        *,
        side: Side | None = None,
        grade: str = "",
    ) -> Iterator[Remark]:
        """One Remark on the words of a span (first, after); nothing where they only ask or suppose."""
        certainty = self.certainty(*span)
        if certainty is not None:
            yield Remark(
                subject=subject,
                value=value,
                sentence=self.sentence,
                side=side or Side.UNKNOWN,
                grade=grade,
                certainty=certainty,
            )
