"""The lesions of disc and canal that a sentence names: each with the words of its name, its side and its levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.roots import Naming, RootPhrase, side_of
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_GRAVEST = (
    "sequestration", "extrusion", "protrusion", "herniation", "bulge", "spondylolisthesis", "epidural-scar",
    "perineural-cyst", "annular-tear", "disc-height-loss", "disc-degeneration", "desiccation", "facet-arthropathy",
    "osteophyte", "fracture", "mass", "post-operative-change", "context", "disc",
)  # fmt: skip
BESIDE = frozenset(
    {
        "annular-tear", "disc-height-loss", "disc-degeneration", "desiccation", "facet-arthropathy", "osteophyte",
        "fracture", "mass", "post-operative-change", "context",
    }
)  # fmt: skip
"""Lesions that a report records beside those of this protocol; "context" has no name of its own."""
_DISC = frozenset({"sequestration", "extrusion", "protrusion", "herniation", "bulge", "disc"})
_STENOSIS = {"canal": "canal-stenosis", "foramen": "foraminal-stenosis", "recess": "lateral-recess-stenosis"}
_WITHIN_NAME = frozenset({"-", "nucleus", "pulposus"})
_ADJECTIVES = (
    "adjective",
    "size",
    "side",
    "level",
    "position",
    "nerve",
    "midline",
    "more",
    "hedge",
    "stated",
    "region",
)
_JOINTS = frozenset({"and", "or", "nor", "/", "&", "-"})
_LINKS = frozenset({"of", "the", "at", "in", "within", "to", "both", "a", "an"})
_ENDS = frozenset(
    {
        ",", ";", ":", "?", "(", ")", "w", "with",
        "of", "on", "at", "to", "in", "by", "from", "for", "causing", "producing",
        "resulting", "than", "noted", "seen", "is", "are", "as", "which", "that", "without", "there", "due", "toward",
        "towards", "extending",
    }
)  # fmt: skip
_CLOSES = frozenset({".", "and", "or", "side", "aspect", "sided", "narrowing"})
_PLURALS = ("foramina", "foraminae", "foramens", "canals", "recesses")
_REACH = 9
_NEAR = 2
_LIST = 16
_RANGE = 5
_COLUMN = ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1")
_ALSO = frozenset({"L5-L6", "L6-S1", "S1-S2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One lesion named, from word `first` to before `after`; words: those that are its name; verb: what states it.

    open: what is named is said to be open, which denies its narrowing.  bare: narrowing of what is not said.
    plural: both of a pair, as the plural of their name says ("foramina").  verbal: what another lesion does ("narrowing
    the canal"), so that what follows is done by that other one.
    """

    kind: str
    first: int
    after: int
    verb: int
    words: frozenset[int]
    open: bool = False
    bare: bool = False
    plural: bool = False
    verbal: bool = False


class Heads:
    """Finds the lesions of one sentence and what belongs to each."""

    def __init__(self, scope: Scope, naming: Naming, roots: Sequence[RootPhrase], earlier: tuple[str, ...]) -> None:
        self._scope = scope
        self._naming = naming
        self._roots = roots
        goes_on = any(cue.first == 0 or _means_level(scope, cue) for cue in scope.cues("again"))
        self._around = scope.sentence.under or (earlier if goes_on else ())
        self._texts = scope.texts(0, len(scope.sentence.words))
        found = [*self._named(), *self._narrowed(), *self._opened()]
        self.heads = sorted(found, key=lambda head: (head.first, head.kind))
        self._owned = {index: head for head in self.heads for index in head.words}
        self._sides = list(self._placed())
        self._levels = self._grouped()

    def side(self, head: Head) -> Side | None:
        """The side said beside a lesion; None = none was said."""
        own = {side for owner, side, beside in self._sides if owner is head and beside}
        later = [side for owner, side, beside in self._sides if owner is head and not beside]
        if own == {Side.LEFT, Side.RIGHT}:
            return Side.BOTH
        return agreed_side(own) or agreed_side(later) or (Side.BOTH if head.plural else None)

    def is_central(self, head: Head) -> bool:
        """Is a lesion of a disc said to lie in the midline?"""
        if head.kind.endswith("stenosis"):
            return False
        cues = self._scope.cues("midline")
        return any(self._forward(cue) is head or self._is_said_of(cue, head) for cue in cues)

    def _is_said_of(self, cue: Mention, head: Head) -> bool:
        """ "The protrusion is central"."""
        return 0 < cue.first - head.after <= _NEAR and self._is_be(cue.first - 1)

    def levels(self, first: int, last: int) -> tuple[str, ...]:
        """The discs of a lesion named from `first` to before `last`; where none is named, those of the heading."""
        if not self._levels:
            return tuple(level for heading in self._around for level in _discs(heading, range_=True))
        before = [group for group in self._levels if group[0].first < last]
        behind = [group for group in self._levels if group[0].first >= last]
        leads = not self.heads or self._levels[0][0].first < min(self.heads[0].after, first + 1)
        chosen = before[-1] if before and (leads or not behind) else behind[0]
        return tuple(level for mention in chosen for level in self._discs_of(mention))

    def reached(self, head: Head) -> Side | None:
        """The side of the foramen or recess that a lesion is said to reach, before the next lesion is named."""
        if head.kind not in _DISC:
            return None
        behind = [other.first for other in self.heads if other.first > head.first]
        sides = [
            side_of(side)
            for space in self._scope.cues("space")
            if head.after <= space.first < min(behind, default=len(self._texts)) and space.first not in self._owned
            if not self._is_adjective(space) and (side := self._side_before(space.first)) is not None
        ]
        return agreed_side(sides)

    def _side_before(self, index: int) -> Mention | None:
        index -= 1
        while self._naming.of(index, "nerve") or self._naming.of(index, "position"):
            index -= 1
        return self._naming.of(index, "side")

    def _named(self) -> Iterator[Head]:
        groups: list[list[Mention]] = []
        for mention in self._scope.cues("lesion"):
            if groups and self._goes_on(groups[-1][-1], mention):
                groups[-1].append(mention)
            else:
                groups.append([mention])
        for group in groups:
            if kind := self._kind(group):
                words = frozenset(at for each in group for at in range(each.first, each.after))
                yield Head(kind=kind, first=group[0].first, after=group[-1].after, verb=group[0].first, words=words)

    def _goes_on(self, one: Mention, other: Mention) -> bool:
        between = self._texts[one.after : other.first]
        if one.word == "recurrent":
            return len(between) <= _RANGE and _ENDS.isdisjoint(between)
        return _WITHIN_NAME.issuperset(between)

    def _kind(self, group: Sequence[Mention]) -> str:
        """The gravest name of a group; a disc alone is a lesion where it is said to lie beside the midline."""
        names = {mention.word for mention in group}
        kind = next((each for each in _GRAVEST if each in names), "")
        if "recurrent" in names and kind in _DISC:
            return "recurrent-herniation"
        if kind != "disc":
            return kind
        placed = self._naming.of(group[0].first - 1, "position")
        part = self._naming.of(group[-1].after, "part")
        return "herniation" if placed and not part else ""

    def _narrowed(self) -> Iterator[Head]:
        for narrow in self._scope.cues("narrow"):
            found = self._spaces_of(narrow)
            if found:
                yield from self._stenoses(narrow, found, open_=False)
            elif self._texts[narrow.first].startswith("steno") and not self._naming.of(narrow.first - 1, "part"):
                words = frozenset(range(narrow.first, narrow.after))
                first, after = narrow.first, narrow.after
                yield Head(kind="canal-stenosis", first=first, after=after, verb=first, words=words, bare=True)

    def _opened(self) -> Iterator[Head]:
        for cue in self._scope.cues("open"):
            found = self._spaces_before(cue.first, verbal=True) if self._is_predicate(cue) else []
            if not found and cue.word == "open":
                found = self._spaces_after(cue.after)
            yield from self._stenoses(cue, found, open_=True)

    def _stenoses(self, cue: Mention, spaces: Sequence[Mention], *, open_: bool) -> Iterator[Head]:
        for kind in dict.fromkeys(space.word for space in spaces):
            own = [space for space in spaces if space.word == kind]
            words = frozenset(at for each in (*own, cue) for at in range(each.first, each.after))
            yield Head(
                kind=_STENOSIS[kind],
                first=min(own[0].first, cue.first),
                after=max(own[-1].after, cue.after),
                verb=cue.first,
                words=words,
                open=open_,
                verbal=not open_ and cue.after <= own[0].first and self._texts[cue.after] != "of",
                plural=kind != "canal" and any(self._texts[each.after - 1] in _PLURALS for each in own),
            )

    def _spaces_of(self, narrow: Mention) -> list[Mention]:
        """What a word of narrowing speaks of: what it is said of, what follows an "of", else what is in its name."""
        carried = self._texts[narrow.first].endswith(("ed", "ic", "narrow")) and self._is_predicate(narrow)
        if not carried and (self._texts[narrow.after : narrow.after + 1] == ["of"] or self._begins(narrow)):
            return self._spaces_after(narrow.after)
        return self._spaces_before(narrow.first, verbal=carried) or self._spaces_after(narrow.after)

    def _begins(self, narrow: Mention) -> bool:
        """Does a word of narrowing begin anew behind a joint ("..., and narrowed the canal")?"""
        return self._texts[max(narrow.first - 1, 0)] in {",", "and", "or", "&", ";"}

    def _is_predicate(self, cue: Mention) -> bool:
        """Is a word said of what stands before it ("are widely patent", "canal: normal")?"""
        if self._naming.of(cue.after, "lesion"):
            return False
        before = range(max(cue.first - 3, 0), cue.first)
        return any(self._texts[at] == ":" or self._is_be(at) for at in before)

    def _is_be(self, at: int) -> bool:
        word = self._naming.of(at, "grammar")
        return (word is not None and word.word == "be") or self._is_denied_be(at)

    def _is_denied_be(self, at: int) -> bool:
        """ "is not", "are not": one denial, and a predicate behind it."""
        denial = self._naming.of(at, "negation")
        return denial is not None and self._texts[denial.after - 1] == "not"

    def _spaces_before(self, index: int, *, verbal: bool) -> list[Mention]:
        """Spaces listed before a word of narrowing, in order."""
        found: list[Mention] = []
        joined = verbal
        at = index - 1
        while at >= 0 and index - at <= _LIST:
            space = self._naming.of(at, "space")
            if space is not None and not self._is_adjective(space):
                found.append(space)
                at = space.first - 1
                continue
            text = self._texts[at]
            if not (self._is_adjectival(at) or (verbal and self._is_carried(at)) or (text == "," and joined)):
                break
            joined = joined or text in {"and", "or"}
            at -= 1
        return found[::-1]

    def _spaces_after(self, index: int) -> list[Mention]:
        found: list[Mention] = []
        at = index
        while at < len(self._texts) and at - index <= _LIST:
            space = self._naming.of(at, "space")
            if space is not None and not self._is_adjective(space):
                found.append(space)
                at = space.after
                continue
            listed = bool(found) and self._texts[at] == "," and self._naming.of(at + 1, "space") is not None
            if not (self._is_adjectival(at) or self._texts[at] in _LINKS or listed):
                break
            if found and self._texts[at] in {"and", "or", "&"} and not self._leads_to_space(at + 1):
                break
            at += 1
        return found

    def _leads_to_space(self, at: int) -> bool:
        while at < len(self._texts) and (self._is_adjectival(at) or self._texts[at] in _LINKS):
            if self._naming.of(at, "space"):
                return True
            at += 1
        return at < len(self._texts) and self._naming.of(at, "space") is not None

    def _is_adjectival(self, at: int) -> bool:
        if self._naming.of(at, "lesion"):
            return False
        return self._texts[at] in _JOINTS or any(self._naming.of(at, kind) for kind in _ADJECTIVES)

    def _is_carried(self, at: int) -> bool:
        """ "are", "remain", and an adverb before a predicate."""
        carried = self._naming.of(at, "grammar") is not None or self._is_denied_be(at)
        return carried or self._texts[at].endswith("ly") or self._texts[at] == ":"

    def _is_adjective(self, space: Mention) -> bool:
        """Does a space only say where a lesion lies ("foraminal disc protrusion")?"""
        at = space.after
        end = min(at + _REACH, len(self._texts))
        while at < end and (self._naming.of(at, "position") or self._texts[at] in {"and", "-", "/", "zone"}):
            at += 1
        mention = self._naming.of(at, "lesion") if at < len(self._texts) else None
        return mention is not None and mention.word in _DISC

    def _placed(self) -> Iterator[tuple[Head | None, Side, bool]]:
        """Each side that belongs to a lesion: the lesion, the side, and whether it stands in its name."""
        for cue in self._scope.cues("side"):
            if cue in self._scope.rejected or self._in_root(cue) or self._is_compared(cue):
                continue
            owner = self._forward(cue)
            if owner is not None:
                yield owner, side_of(cue), True
            elif not self._is_of_other(cue) and self._is_behind(cue):
                yield self._last_before(cue), side_of(cue), False

    def _forward(self, cue: Mention) -> Head | None:
        """The lesion whose name a word stands in, before its noun."""
        at = cue.after
        while at < min(cue.after + _REACH, len(self._texts)):
            if at in self._owned:
                return self._owned[at]
            if self._stops(at):
                return None
            at += 1
        return None

    def _stops(self, at: int) -> bool:
        if self._texts[at] in {"and", "or", "&"}:
            after = at + 2 if self._naming.of(at + 1, "stated") or self._naming.of(at + 1, "hedge") else at + 1
            return not any(self._naming.of(after, kind) for kind in ("position", "space", "side", "midline"))
        space = self._naming.of(at, "space")
        if space is not None and self._is_adjective(space):
            return False
        ends = self._texts[at] in _ENDS or space is not None
        return ends or any(self._naming.of(at, kind) for kind in ("contact", "sac", "root"))

    def _is_of_other(self, cue: Mention) -> bool:
        """Does a side describe a sac or root that follows it?"""
        at = cue.after
        while at < len(self._texts) and any(self._naming.of(at, kind) for kind in ("nerve", "position", "segment")):
            at += 1
        return at < len(self._texts) and any(self._naming.of(at, kind) for kind in ("sac", "root", "structure"))

    def _is_behind(self, cue: Mention) -> bool:
        """Is a side said of what stands before it ("on the left", "bilaterally", ", left"), not of a noun behind it?"""
        after = self._texts[cue.after : cue.after + 1]
        adverb = self._texts[cue.after - 1].endswith("ly") or cue.after - cue.first > 1
        ends = not after or after[0] in _ENDS or after[0] in _CLOSES
        return adverb or ends or self._naming.of(cue.after, "contact") is not None

    def _last_before(self, cue: Mention) -> Head | None:
        """The lesion that a side behind it belongs to: the last one named before it in its part of the sentence."""
        begin, _ = self._scope.part(cue.first)
        before = [head for head in self.heads if begin <= head.first and head.after <= cue.first]
        if before:
            return None if before[-1].kind in BESIDE else before[-1]
        behind = [head for head in self.heads if head.first > cue.first and head.kind not in BESIDE]
        return behind[0] if len(behind) == 1 else None

    def _is_compared(self, cue: Mention) -> bool:
        """ "More on the right than on the left" speaks of the first."""
        return "than" in self._texts[max(cue.first - 3, 0) : cue.first]

    def _in_root(self, cue: Mention) -> bool:
        return any(root.first <= cue.first < root.after for root in self._roots)

    def _grouped(self) -> list[list[Mention]]:
        """Levels named together ("L3-L4 and L5-S1") speak of the same lesions."""
        groups: list[list[Mention]] = []
        for level in self._scope.cues("level"):
            if any(root.first <= level.first < root.after for root in self._roots):
                continue
            if groups and self._are_listed(groups[-1][-1], level):
                groups[-1].append(level)
            else:
                groups.append([level])
        return groups

    def _are_listed(self, one: Mention, other: Mention) -> bool:
        between = self._texts[one.after : other.first]
        return len(between) <= _RANGE and {",", "and", "or", "&", "/", "level", "levels", "the", "at", "+"}.issuperset(
            between
        )

    def _discs_of(self, level: Mention) -> tuple[str, ...]:
        joint = self._texts[level.first + 1 : level.after - 1] if level.after - level.first > 1 else []
        return _discs(level.word, range_="-" in joint)


def _means_level(scope: Scope, cue: Mention) -> bool:
    """ "At this level", "the same level": one that the text named before."""
    return scope.texts(cue.after, cue.after + 1) in (["level"], ["segment"], ["interspace"])


def _discs(level: str, *, range_: bool) -> tuple[str, ...]:
    """A level as discs: itself, those of a range ("L4-S1"), or ("",) where no such disc exists."""
    upper, _, lower = level.partition("-")
    if level in _ALSO:
        return (level,)
    if upper not in _COLUMN or lower not in _COLUMN:
        return ("",)
    first, last = _COLUMN.index(upper), _COLUMN.index(lower)
    if last - first == 1:
        return (level,)
    if not (range_ and first < last):
        return ("",)
    return tuple(f"{one}-{other}" for one, other in pairwise(_COLUMN[first : last + 1]))
