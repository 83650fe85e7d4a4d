"""Nerve roots as a sentence names them: which, on which side, and how surely it is a root that is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "both": Side.BOTH, "neither": Side.BOTH}
_JOINTS = frozenset({",", "and", "&", "or", "nor", "/", "versus", "vs"})
_DOUBT = frozenset({"or", "versus", "vs"})
_OF = frozenset({"of", "(", "the", "at", "involving", "affecting"})
_NAMED = frozenset({"segment", "side", "level"})
_DISC = frozenset({"bulge", "protrusion", "extrusion", "sequestration", "herniation"})
_OF_BONE = ("compres", "deform", "distort", "flatten", "displac", "effac", "indent", "reach", "retract")
"""What may be said of a vertebra as well as of a root."""
_CAUDA_WITHIN = 3
_ASIDE = 5
_SEVERAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPhrase:
    """One naming of roots, from word `first` to before `after`.

    named: each segment as written, with the side that belongs to it; () = the roots are not named.
    side: of roots that are not named.  A side of None was not said beside the root.
    levels: discs named beside it, which never name the root.  many: the plural was used of one name or of none.
    doubtful: named as alternatives ("L5 or S1").
    """

    first: int
    after: int
    named: tuple[tuple[str, Side | None], ...] = ()
    side: Side | None = None
    levels: tuple[str, ...] = ()
    many: bool = False
    doubtful: bool = False

    @property
    def is_particular(self) -> bool:
        """Is a root or side named? Things denied in a list name neither."""
        return bool(self.named) or self.side is not None


def side_of(mention: Mention) -> Side:
    """The side that a side word means; neither speaks of both."""
    return _SIDES[mention.word]


class Naming:
    """Finds root phrases in one sentence."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._kinds: dict[int, dict[str, Mention]] = {}
        for mention in scope.sentence.mentions:
            for index in range(mention.first, mention.after):
                self._kinds.setdefault(index, {})[mention.kind] = mention
        self._texts = scope.texts(0, len(scope.sentence.words))

    def roots(self) -> list[RootPhrase]:
        """Every naming of roots, in the order of the sentence; roots of the cauda equina are not among them."""
        phrases = [self.phrase(mention) for mention in self._heads() if not self._of_cauda(mention)]
        return [phrase for phrase in phrases if not self._within_other(phrase, phrases)]

    def phrase(self, head: Mention) -> RootPhrase:
        """The phrase around its head word: sides, names and adjectives before it, a name behind it."""
        walked = list(self._walk_back(head.first))
        first = min((mention.first for mention in walked), default=head.first)
        after = head.after
        names = [mention for mention in (head, *walked) if mention.kind == "segment"]
        if not names and (behind := self._segment_behind(head.after)):
            walked, names, after = [behind, *walked], [behind], behind.after
        alternatives = len(names) > 1 and not _DOUBT.isdisjoint(self._texts[first:after])
        return RootPhrase(
            first=first,
            after=after,
            named=self._with_sides([head, *walked]) if names else (),
            side=None if names else agreed_side([side_of(side) for side in walked if self._is_side(side)]),
            levels=tuple(mention.word for mention in walked if mention.kind == "level"),
            many=head.word == "many" and len(names) < _SEVERAL,
            doubtful=alternatives,
        )

    def _with_sides(self, walked: Sequence[Mention]) -> tuple[tuple[str, Side | None], ...]:
        """A side belongs to the names between it and the head, up to the next side ("L5 and left S1 roots")."""
        named: list[tuple[str, Side | None]] = []
        open_names: list[str] = []
        several = sum(mention.kind == "segment" for mention in walked) >= _SEVERAL
        for mention in walked:
            if mention.kind == "segment":
                open_names.append(mention.word)
            elif self._is_side(mention) and not (several and self._texts[mention.first] == "both"):
                named += [(name, side_of(mention)) for name in open_names]
                open_names = []
        return tuple(dict.fromkeys([*named, *((name, None) for name in open_names)]))

    def _is_side(self, mention: Mention) -> bool:
        return mention.kind == "side" and mention not in self._scope.rejected

    def of(self, index: int, kind: str) -> Mention | None:
        """The mention of a kind that covers a word."""
        return self._kinds.get(index, {}).get(kind)

    def _heads(self) -> Iterator[Mention]:
        for mention in self._scope.sentence.mentions:
            adjective = mention.kind == "neural" and self.of(mention.after, "contact") is not None
            if mention.kind == "root" or adjective or (mention.kind == "segment" and self._is_root(mention)):
                yield mention

    def _is_root(self, segment: Mention) -> bool:
        """A bare segment is a root before a word of contact ("S1 compression") or behind one of its course."""
        if self.of(segment.after, "bone") or self.of(segment.after, "root"):
            return False
        contact = self.of(segment.after, "contact")
        if contact is not None and contact.word == "contact" and not self._texts[segment.after].endswith(("ing", "ed")):
            return True
        index = segment.first - 1
        while self.of(index, "side"):
            index -= 1
        if self._is_touched(index, segment):
            return True
        return self.of(index, "nerve") is not None and self._texts[index].endswith(("ing", "exit", "budding"))

    def _is_touched(self, index: int, segment: Mention) -> bool:
        """ "A herniation abutting left S1", "with compression of S1": what a disc touches is the root, not the bone."""
        while index >= 0 and (self._texts[index] == "of" or self._is_article(index)):
            index -= 1
        touching = self.of(index, "contact")
        if touching is None or touching.word != "contact" or self._opens_level(segment):
            return False
        herniated = any(cue.first < segment.first and cue.word in _DISC for cue in self._scope.cues("lesion"))
        return herniated or not self._texts[touching.first].startswith(_OF_BONE)

    def _is_article(self, index: int) -> bool:
        word = self.of(index, "grammar")
        return word is not None and word.word == "article"

    def _opens_level(self, segment: Mention) -> bool:
        return self._texts[segment.after : segment.after + 1] in (["-"], ["/"])

    def _walk_back(self, index: int) -> Iterator[Mention]:
        """The sides, segments and adjectives that stand before a head, across "and" only towards another of them."""
        index -= 1
        while index >= 0:
            mention = self._part_of_phrase(index)
            if mention is not None:
                yield mention
                index = mention.first - 1
            elif self._texts[index] == ")":
                index = self._before_bracket(index)
            elif self._joins(index):
                index -= 1
            else:
                return

    def _part_of_phrase(self, index: int) -> Mention | None:
        kinds = self._kinds.get(index, {})
        found = next((kinds[kind] for kind in ("side", "segment", "level", "nerve", "root") if kind in kinds), None)
        if found is None and (word := kinds.get("grammar")) and word.word == "article":
            return word
        return found

    def _joins(self, index: int) -> bool:
        """A joint holds a phrase together only between names or sides ("L5 and S1", "left, right")."""
        before = self._kinds.get(index - 1, {})
        after = self._kinds.get(index + 1, {})
        if self._texts[index] == "nor" and (word := after.get("grammar")) and word.word == "article":
            after = self._kinds.get(word.after, {})
        named = not _NAMED.isdisjoint(before) and ("segment" in after or "side" in after or "nerve" in after)
        return self._texts[index] in _JOINTS and named and not ("side" in before and self._is_placed(before["side"]))

    def _is_placed(self, side: Mention) -> bool:
        """ "On the left" is said of what stands before it, not of what an "and" adds."""
        return "on" in self._texts[max(side.first - 2, 0) : side.first]

    def _before_bracket(self, index: int) -> int:
        """The word before a pair of brackets: what stands inside is an aside ("S1 (L5)")."""
        opening = next((back for back in range(index, max(index - _ASIDE, -1), -1) if self._texts[back] == "("), 0)
        return opening - 1

    def _segment_behind(self, index: int) -> Mention | None:
        while index < len(self._texts) and self._texts[index] in _OF:
            index += 1
        return self.of(index, "segment")

    def _of_cauda(self, head: Mention) -> bool:
        sacs = self._scope.cues("sac", "cauda")
        return any(0 <= head.first - sac.after <= 1 or 0 <= sac.first - head.after < _CAUDA_WITHIN for sac in sacs)

    def _within_other(self, phrase: RootPhrase, phrases: Sequence[RootPhrase]) -> bool:
        return any(
            other is not phrase and other.first <= phrase.first and phrase.after <= other.after for other in phrases
        )
