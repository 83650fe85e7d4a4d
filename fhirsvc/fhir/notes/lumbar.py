"""A sentence of a lumbar imaging report: does something touch a nerve root, which, and on which side?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhirsvc.domain.evidence import Certainty, Presence, Root, Side, agreed_side
from fhirsvc.fhir.notes.cues import first_of
from fhirsvc.fhir.notes.roots import Naming, RootPhrase, side_of
from fhirsvc.fhir.notes.scope import Denied, Scope, Standing
from fhirsvc.fhir.notes.statement import CONTACT, Statement
from fhirsvc.fhir.notes.words import Mention, levels_of

_OPPOSITE = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}
_LOW_ENOUGH = frozenset({"L5", "S1", "S2", "L6"})
_BEFORE_VERB = 4
_LEVEL_WORDS = (["level"], ["segment"], ["disc"], ["disk"], ["space"], ["interspace"])
"""Behind "this" or "the same" they stand for a level named before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Words of contact that act together ("touching and pushing"), and the roots they speak of.

    objects: roots, sac and passages that stand where they act on them. sides: of what acts.
    """

    word: str
    first: int
    after: int
    roots: tuple[RootPhrase, ...]
    objects: tuple[Mention, ...]
    sides: tuple[Side, ...]
    doubtful: bool


class Lumbar:
    """What one sentence says of contact: as Contacts, and as the Statements that are evidence."""

    def __init__(self, scope: Scope) -> None:
        self._sentence = sentence = scope.sentence
        self.scope = self._scope = scope
        self.naming = self._naming = Naming(self._scope)
        self.roots = self._roots = self._naming.roots()
        self._levels = [mention for mention in sentence.mentions if mention.kind == "level"]
        self.contacts = list(self._grouped())
        self._standings: dict[int, Standing] = {}

    def statements(self) -> list[Statement]:
        """Statements on root contact; [] = the sentence does not say."""
        return [*self._stated_contacts(), *self._correlates()]

    def _stated_contacts(self) -> Iterator[Statement]:
        """What the sentence says of contact, one Statement per root."""
        for contact in self.contacts:
            standing = self.standing(contact)
            if not standing.supposed:
                for root in contact.roots:
                    yield from self._of_root(contact, root, standing)

    def _correlates(self) -> Iterator[Statement]:
        """ "Suspected on the right, no correlate": the study denies the root that was asked after."""
        cues = self._scope.cues("no-correlate")
        asked = [*self._scope.cues("radiculopathy"), *self._scope.cues("contact", "contact")]
        if not cues or self._scope.cues("family"):
            return
        for mention in asked:
            if mention.first < cues[0].first:
                phrase = self._naming.phrase(mention)
                for name, side in phrase.named or [("", phrase.side)]:
                    yield from self._of_name(name, Presence.ABSENT, Certainty.AFFIRMED, side or Side.UNKNOWN)

    def _grouped(self) -> Iterator[Contact]:
        """Words of contact of one clause with nothing named between them act together."""
        groups: list[list[Mention]] = []
        for mention in self._scope.cues("contact"):
            if groups and self._together(groups[-1][-1], mention):
                groups[-1].append(mention)
            else:
                groups.append([mention])
        bounds = [(group[0].first, group[-1].after) for group in groups]
        for order, group in enumerate(groups):
            earlier = bounds[order - 1][1] if order else 0
            later = bounds[order + 1][0] if order + 1 < len(groups) else len(self._sentence.words)
            yield self._contact(group, earlier, later)

    def _together(self, one: Mention, other: Mention) -> bool:
        same = self._scope.clause(one.first) == self._scope.clause(other.first)
        kinds = {"root", "sac", "passage", "finding", "segment"}
        between = any(one.after <= m.first < other.first for m in self._sentence.mentions if m.kind in kinds)
        return same and one.word == other.word and not between

    def _contact(self, group: Sequence[Mention], earlier: int, later: int) -> Contact:
        word, first, after = group[0].word, group[0].first, group[-1].after
        begin, end = self._scope.clause(first)
        end = min(end, self._denied_anew(after, later))
        objects = behind = self._objects(after, min(later, end))
        direct = [mention for mention in behind if not self._is_oblique(mention)]
        roots = [root for root in self._roots if after <= root.first < min(later, end)]
        roots = [root for root in roots if not self._is_oblique_at(root.first)]
        roots = [root for root in roots if root.after < later or not self._is_noun(later)]
        roots = [root for root in roots if not self._is_subject(root, later)]
        if word == "clear" or not direct or self._is_passive(first):
            roots = self._roots_before(first, max(earlier, begin)) or ([] if word == "clear" else roots)
            objects = self._objects(max(earlier, begin), first) or behind
        if not roots and word == "contact" and not behind:
            roots = self._roots_shared(after, end)
        return Contact(
            word=word,
            first=first,
            after=after,
            roots=tuple(roots),
            objects=tuple(objects),
            sides=tuple(self._loose_sides(first, after, earlier, min(later, end))),
            doubtful=bool(roots) and self._alternatives(roots, objects, first, after),
        )

    def _denied_anew(self, after: int, later: int) -> int:
        """Where a denial before the next word of contact begins: what follows is its own ("no root compression")."""
        denial = first_of(self._scope.cues("negation", "before"), after, later)
        return denial.first if denial else len(self._sentence.words)

    def _is_noun(self, index: int) -> bool:
        """Is a word of contact the noun of what stands right before it ("left S1 root compression")?"""
        text = self._scope.texts(index, index + 1)
        return bool(text) and not text[0].endswith(("ing", "ed"))

    def _is_subject(self, root: RootPhrase, later: int) -> bool:
        """Is a root what the next word of contact is said of ("indents the sac, the S1 roots not displaced")?"""
        gap = range(root.after, later)
        joined = self._scope.texts(root.first - 1, root.first) in ([","], ["and"], ["&"], ["with"])
        return bool(gap) and joined and all(self._carries(at) for at in gap)

    def _carries(self, index: int) -> bool:
        """Does a word only carry a predicate: a form of "be", a "not", or how surely it is meant?"""
        word = self._naming.of(index, "grammar")
        carried = word is not None and word.word == "be"
        return carried or any(self._naming.of(index, kind) for kind in ("negation", "hedge"))

    def _roots_before(self, first: int, start: int) -> list[RootPhrase]:
        """Roots before a word of contact; behind a "but" without a subject of its own, those of the clause before."""
        within = [root for root in self._roots if start <= root.first and root.after <= first]
        turned = any(cue.first < start <= cue.after for cue in self._scope.cues("turn"))
        if within or not turned or self._objects(start, first):
            return within
        begin, _ = self._scope.part(first)
        return [root for root in self._roots if begin <= root.first and root.after <= first]

    def _roots_shared(self, after: int, end: int) -> list[RootPhrase]:
        """ "Contacts but does not displace the root", "contact with but no compression of": both speak of one root."""
        turn = next((cue for cue in self._scope.cues("turn") if cue.first == end), None)
        denial = next((cue for cue in self._scope.cues("negation") if turn and cue.first == turn.after), None)
        if turn is None or denial is None:
            return []
        linked = self._scope.texts(after, end) in (["with"], ["to"], ["of"])
        verbal = after == end and self._scope.texts(denial.after - 1, denial.after) in (["not"], ["without"])
        _, stop = self._scope.clause(denial.first)
        return [root for root in self._roots if end < root.first < stop] if linked or verbal else []

    def _objects(self, first: int, after: int) -> list[Mention]:
        kinds = {"root", "sac", "passage", "segment"}
        return [
            mention for mention in self._sentence.mentions if mention.kind in kinds and first <= mention.first < after
        ]

    def _is_oblique(self, mention: Mention) -> bool:
        """Behind "in", "within", "by" it is a place or a cause, not what is touched."""
        return self._is_oblique_at(mention.first)

    def _is_oblique_at(self, index: int) -> bool:
        index -= 1
        while index >= 0 and any(self._naming.of(index, kind) for kind in ("side", "nerve", "position", "segment")):
            index -= 1
        word = self._naming.of(index, "grammar")
        if word and word.word == "article":
            word = self._naming.of(index - 1, "grammar")
        return word is not None and word.word == "oblique"

    def _is_passive(self, first: int) -> bool:
        carried = [cue for cue in self._scope.cues("grammar", "be") if 0 < first - cue.first <= _BEFORE_VERB]
        text = self._scope.texts(first, first + 1)[0]
        elliptic = text.endswith("ed") and any(root.after == first for root in self._roots)
        return elliptic or (bool(carried) and not text.endswith("ing"))

    def _alternatives(self, roots: Sequence[RootPhrase], objects: Sequence[Mention], first: int, after: int) -> bool:
        """Does an "or" stand among what is touched and the word of contact?"""
        first = min(first, roots[0].first, *(each.first for each in objects))
        after = max(after, roots[-1].after)
        return any(first <= cue.first < after for cue in self._scope.cues("grammar", "or"))

    def _loose_sides(self, first: int, after: int, earlier: int, later: int) -> Iterator[Side]:
        """Sides of what acts: before the first word of contact (this one where a new finding begins), and behind it."""
        begin, _ = self._scope.part(first)
        turned, _ = self._scope.clause(first)
        if any(turned <= root.first and root.after <= first for root in self._roots):
            begin = turned
        anew = any(earlier <= cue.first < first for cue in self._scope.cues("finding"))
        start = max(begin, earlier) if anew else begin
        stop = first if anew else min(first, self._first_contact(begin))
        for mention in self._scope.cues("side"):
            inside = start <= mention.first < stop or (after <= mention.first < later and not self._belongs(mention))
            if inside and mention not in self._scope.rejected and not self._in_root(mention):
                yield side_of(mention)

    def _first_contact(self, begin: int) -> int:
        return next(cue.first for cue in self._scope.cues("contact") if cue.first >= begin)

    def _in_root(self, mention: Mention) -> bool:
        return any(root.first <= mention.first < root.after for root in self._roots)

    def _belongs(self, side: Mention) -> bool:
        """Does a side behind the contact describe something else that stands right after it ("the right foramen")?"""
        index = side.after
        while self._naming.of(index, "nerve") or self._naming.of(index, "position") or self._naming.of(index, "side"):
            index += 1
        return any(self._naming.of(index, kind) for kind in ("passage", "sac", "bone"))

    def standing(self, contact: Contact) -> Standing:
        """How the contact is stated."""
        if contact.first not in self._standings:
            self._standings[contact.first] = self._stands(contact)
        return self._standings[contact.first]

    def _stands(self, contact: Contact) -> Standing:
        """The standing as read from the root that stands before the contact, or from the word of contact itself."""
        named = any(root.is_particular for root in contact.roots)
        first = min([contact.first, *(root.first for root in contact.roots if root.after <= contact.first)])
        return self._scope.standing(first, contact.after, verb=contact.first, named=named)

    def _of_root(self, contact: Contact, root: RootPhrase, standing: Standing) -> Iterator[Statement]:
        presence, certainty = self._stated(contact, root, standing)
        if presence is Presence.PRESENT and not root.named and self._is_high(contact.first):
            return
        for name, side in root.named or [("", root.side)]:
            yield from self._of_name(name, presence, certainty, self.side(contact, root, side))

    def _stated(self, contact: Contact, root: RootPhrase, standing: Standing) -> tuple[Presence, Certainty]:
        """Presence and certainty of the contact; a root left alone ("clear") is a contact denied."""
        denied = standing.denied
        if contact.word == "clear":
            if denied is not Denied.NO or standing.uncertain:
                return Presence.UNKNOWN, Certainty.AFFIRMED
            denied = Denied.YES
        if denied is Denied.UNSURE or (denied is Denied.YES and standing.uncertain):
            return Presence.UNKNOWN, Certainty.AFFIRMED
        if denied is Denied.YES and standing.historical:
            return Presence.UNKNOWN, Certainty.AFFIRMED
        if denied is Denied.YES:
            limited = self.is_limited(contact.first, hedged=False)
            return (Presence.UNKNOWN if limited else Presence.ABSENT), Certainty.AFFIRMED
        if standing.historical:
            return Presence.PRESENT, Certainty.HISTORICAL
        return self._affirmed(contact, root, standing)

    def _affirmed(self, contact: Contact, root: RootPhrase, standing: Standing) -> tuple[Presence, Certainty]:
        begin, end = self._scope.part(contact.first)
        scar = any(begin <= cue.first < end for cue in self._scope.cues("finding", "scar"))
        cyst = any(begin <= cue.first < end for cue in self._scope.cues("finding", "incidental"))
        if cyst or (contact.word == "surround" and not scar):
            return Presence.UNKNOWN, Certainty.AFFIRMED
        doubtful = standing.uncertain or scar or contact.doubtful or root.doubtful
        return Presence.PRESENT, Certainty.UNCERTAIN if doubtful else Certainty.AFFIRMED

    def is_limited(self, index: int, *, hedged: bool) -> bool:
        """Does a denial hold for one level, a degree or other roots only? hedged: "no definite" is limited too."""
        begin, end = self._scope.part(index)
        inside = [mention for mention in self._sentence.mentions if begin <= mention.first < end]
        if any(cue.kind == "exception" or (cue.kind == "hedge" and (hedged or cue.word == "degree")) for cue in inside):
            return True
        if any(cue.kind == "everywhere" for cue in inside):
            return False
        again = [cue for cue in inside if cue.kind == "again"]
        if any(self._scope.texts(cue.after, cue.after + 1) in _LEVEL_WORDS for cue in again):
            return True
        headed = [mention for mention in self._levels if self._sentence.words[mention.after : mention.after + 1]]
        heading = any(self._sentence.words[level.after].text == ":" for level in headed)
        return bool(self._sentence.under) or heading or any(mention.kind == "level" for mention in inside)

    def _is_high(self, index: int) -> bool:
        """Is an unnamed root touched at levels above L4-L5 only? Such a root is none of those that reach the heel."""
        begin, end = self._scope.part(index)
        levels = levels_of(mention for mention in self._levels if begin <= mention.first < end)
        levels = levels or levels_of(self._levels) or list(self._sentence.under)
        return bool(levels) and not any(level.split("-")[1] in _LOW_ENOUGH for level in levels)

    def side(self, contact: Contact, root: RootPhrase, own: Side | None) -> Side:
        """The side said beside the root, else that of what acts; opposite ones make it unknown."""
        acting = agreed_side(contact.sides)
        own = own or self._listed_side(root)
        if own is not None:
            opposed = acting is not None and _OPPOSITE.get(own) is acting
            return Side.UNKNOWN if opposed else own
        if acting is not None:
            return acting
        return Side.BOTH if root.named and root.many else Side.UNKNOWN

    def _listed_side(self, root: RootPhrase) -> Side | None:
        """The side of the sac named just before in the same list ("the left thecal sac and exiting root")."""
        for sac in self._scope.cues("sac"):
            joined = self._scope.texts(sac.after, root.first) in (["and"], ["&"], [","], [",", "and"], [])
            side = self._naming.of(sac.first - 1, "side")
            if joined and side:
                return side_of(side)
        return None

    def _of_name(self, name: str, presence: Presence, certainty: Certainty, side: Side) -> Iterator[Statement]:
        """A root that is not named leaves the root open; one that does not reach the heel says nothing."""
        if not name or name in Root.__members__:
            yield self._said(CONTACT, presence, side=side, root=Root(name) if name else None, certainty=certainty)

    def _said(
        self,
        concept: str,
        presence: Presence,
        *,
        side: Side = Side.UNKNOWN,
        root: Root | None = None,
        certainty: Certainty = Certainty.AFFIRMED,
    ) -> Statement:
        return Statement(
            concept=concept,
            presence=presence,
            sentence=self._sentence,
            side=side,
            root=root,
            certainty=certainty,
            added=bool(self._scope.cues("addition")),
        )
