"""How far the words of a sentence reach: what a "no", a "possible", an "if" or a "previously" acts on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from fhirsvc.fhir.notes.sentences import Sentence
from fhirsvc.fhir.notes.words import Mention

_NEAR = 3


class Denied(Enum):
    """Is something denied? UNSURE where a comma leaves open how far the denial reaches."""

    NO = "no"
    YES = "yes"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a thing named in a sentence is stated; supposed: as a question, condition or of someone else."""

    denied: Denied = Denied.NO
    uncertain: bool = False
    historical: bool = False
    supposed: bool = False


@dataclass(frozen=True, slots=True)
class _Thing:
    """What the cues may act on: its words from `first` to before `after`, and where its verb stands."""

    first: int
    after: int
    verb: int
    named: bool


class Scope:
    """The reach of every cue in one sentence, and the clauses that bound it."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self._texts = [word.text for word in sentence.words]
        self._cues: dict[str, list[Mention]] = {}
        for mention in sentence.mentions:
            self._cues.setdefault(mention.kind, []).append(mention)
        self.rejected = frozenset(self._rejected_sides())
        self._stops = [index for index, text in enumerate(self._texts) if text == ";"]
        self._bounds = sorted([*self._stops, *(cue.first for cue in self._cues.get("turn", ()))])

    def cues(self, kind: str, word: str = "") -> list[Mention]:
        """The mentions of a kind, or of one word of it."""
        if kind not in self._cues:
            return []
        return [cue for cue in self._cues.get(kind, ()) if not word or cue.word == word]

    def part(self, index: int) -> tuple[int, int]:
        """The stretch between semicolons around a word."""
        return self._between(self._stops, index)

    def clause(self, index: int) -> tuple[int, int]:
        """The stretch between semicolons and words of turning ("but") around a word."""
        return self._between(self._bounds, index)

    def standing(self, first: int, after: int, *, verb: int | None = None, named: bool = False) -> Standing:
        """How the thing at these words is stated.

        verb: where its verb stands, if not at `first` ("the root ... is displaced").
        named: it carries a side or root, as things denied in a list do not.
        """
        thing = _Thing(first, after, first if verb is None else verb, named)
        return Standing(
            denied=self._denied(thing),
            uncertain=self._uncertain(thing),
            historical=self._historical(thing),
            supposed=self._supposed(thing),
        )

    def texts(self, first: int, after: int) -> list[str]:
        """The words of a stretch in plain lower case."""
        return self._texts[max(first, 0) : after]

    def _between(self, bounds: Sequence[int], index: int) -> tuple[int, int]:
        if not bounds:
            return 0, len(self._texts)
        first = max((bound + 1 for bound in bounds if bound < index), default=0)
        return first, min((bound for bound in bounds if bound >= index), default=len(self._texts))

    def _before(self, kind: str, thing: _Thing) -> Iterator[Mention]:
        """Cues of a kind that act forwards and stand before the thing in its clause."""
        begin, _ = self.clause(thing.verb)
        for cue in self._cues.get(kind, ()):
            if cue.word in {"before", "around"} and begin <= cue.first < thing.verb and cue not in self.rejected:
                yield cue

    def _behind(self, kind: str, thing: _Thing) -> Iterator[Mention]:
        """Cues of a kind that act backwards and stand behind the thing in its clause."""
        _, end = self.clause(thing.after - 1)
        for cue in self._cues.get(kind, ()):
            if cue.word in {"after", "around"} and thing.after <= cue.first < end:
                yield cue

    def _denied(self, thing: _Thing) -> Denied:
        reach = [self._reach_back(cue, thing) for cue in self._behind("negation", thing)]
        reach += [self._reach_back(cue, thing) for cue in self._behind("ended", thing)]
        reach += [self._reach(cue, thing) for cue in self._before("negation", thing)]
        reach += [self._reach(cue, thing) for cue in self._before("ended", thing)]
        reach += [self._reach(cue, thing) for cue in self._neithers(thing)]
        return next((answer for answer in (Denied.YES, Denied.UNSURE) if answer in reach), Denied.NO)

    def _reach_back(self, cue: Mention, thing: _Thing) -> Denied:
        """Does a denial behind a thing reach back to it? Not where it speaks of something named in between."""
        if self._only_then(cue):
            return Denied.NO
        commas = [index for index in range(thing.after, cue.first) if self._texts[index] == ","]
        joints = commas + [
            joint.first for joint in self.cues("grammar", "and") if thing.after <= joint.first < cue.first
        ]
        if not joints:
            return Denied.YES
        if self._is_finite(thing):
            return Denied.NO
        nearer = (*self.cues("finding"), *self.cues("bone"), *self.cues("other"))
        between = any(min(joints) < noun.first < cue.first for noun in nearer)
        return Denied.UNSURE if commas and between else Denied.YES

    def _is_finite(self, thing: _Thing) -> bool:
        """Is the thing itself stated with a verb? ("is displaced", "contacts")"""
        carried = any(0 < thing.verb - cue.first <= _NEAR for cue in self.cues("grammar", "be"))
        return carried or self._is_verb(thing)

    def _is_verb(self, thing: _Thing) -> bool:
        text = self._texts[thing.verb]
        contact = any(cue.first == thing.verb for cue in self.cues("contact"))
        return contact and text.endswith("s") and not text.endswith("ss")

    def _neithers(self, thing: _Thing) -> list[Mention]:
        begin, _ = self.clause(thing.verb)
        return [cue for cue in self.cues("side", "neither") if begin <= cue.first < thing.verb]

    def _reach(self, cue: Mention, thing: _Thing) -> Denied:
        """Does a denial before a thing reach it? Across lists and "at any level", not past a new statement."""
        first = thing.first if cue.first < thing.first else thing.verb
        between = range(cue.after, first)
        commas = [index for index in between if self._texts[index] == ","]
        joints = commas + [joint.first for joint in self.cues("grammar", "and") if joint.first in between]
        if any(self._states_anew(joint, thing) for joint in joints):
            return Denied.NO
        if self._texts[first].endswith("ing") and any(0 < first - joint <= _NEAR for joint in joints):
            return Denied.UNSURE
        if not commas:
            return Denied.UNSURE if joints and thing.named else Denied.YES
        if self._listed(cue.after, thing) or not (thing.named or "with" in self._texts[commas[-1] : first]):
            return Denied.YES
        return Denied.UNSURE

    def _states_anew(self, joint: int, thing: _Thing) -> bool:
        """Does a new statement with its own verb begin behind a joint? ("..., the left root is displaced")"""
        carried = any(joint < cue.first < thing.verb for cue in self.cues("grammar", "be"))
        return carried or (self._is_verb(thing) and thing.verb > joint + 1)

    def _listed(self, begin: int, thing: _Thing) -> bool:
        """A list that is denied as a whole says "or" or "and" before its last member, or speaks of every level."""
        _, end = self.clause(thing.verb)
        joints = (*self.cues("grammar", "or"), *self.cues("grammar", "and"), *self.cues("everywhere"))
        return any(begin <= cue.first < end for cue in joints)

    def _only_then(self, denial: Mention) -> bool:
        """ "Not seen on the prior study" says that it is new, not that it is absent."""
        then = (*self.cues("historical"), *self.cues("comparison"))
        return any(0 <= cue.first - denial.after < _NEAR for cue in then)

    def _uncertain(self, thing: _Thing) -> bool:
        return any(self._before("uncertain", thing)) or any(self._behind("uncertain", thing))

    def _historical(self, thing: _Thing) -> bool:
        """A word of the past acts up to the next comma; what lasts or has ended is spoken of as of today."""
        begin, end = self.clause(thing.verb)
        if any(begin <= cue.first < end for kind in ("unchanged", "ended") for cue in self.cues(kind)):
            return False
        behind = any(not self._follows_late_denial(cue, thing) for cue in self._behind("historical", thing))
        return behind or any(
            "," not in self._texts[cue.after : thing.first] for cue in self._before("historical", thing)
        )

    def _follows_late_denial(self, cue: Mention, thing: _Thing) -> bool:
        denials = (denial for denial in self.cues("negation") if denial.first >= thing.after)
        return any(0 <= cue.first - denial.after < _NEAR for denial in denials)

    def _supposed(self, thing: _Thing) -> bool:
        if self.cues("family") or any(self._before("hypothetical", thing)) or any(self._behind("hypothetical", thing)):
            return True
        return any(self._conditions(cue, thing) for cue in self.cues("hypothetical", "condition"))

    def _conditions(self, cue: Mention, thing: _Thing) -> bool:
        """An "if" rules what follows it in the sentence, and what stands before it without a comma between."""
        begin, end = self.part(thing.verb)
        if cue.first < thing.verb:
            return begin <= cue.first
        return cue.first < end and "," not in self._texts[thing.verb : cue.first]

    def _rejected_sides(self) -> Iterator[Mention]:
        """The side and the "not" of "left, not right": said to be wrong, and denying nothing else."""
        for side in self.cues("side"):
            nots = [cue for cue in self.cues("negation") if self._texts[cue.first : side.first] in _NOT]
            if nots and self._texts[side.after : side.after + 1] in _CLOSED:
                yield side
                yield from nots


_NOT = (["not"], ["not", "on", "the"], ["not", "the"], ["rather", "than"])
_CLOSED: tuple[list[str], ...] = ([], [","], [";"], ["."], ["-"], [")"], ["and"], ["but"])
