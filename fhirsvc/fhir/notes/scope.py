"""How far the words of a sentence reach: what a "no", a "possible", an "if" or a "previously" acts on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from fhirsvc.domain.reading import NAMED_KINDS
from fhirsvc.fhir.notes.cues import cues_of, first_of
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
        self._cues = cues_of(sentence.words, sentence.mentions)
        known = [cue for cue in sentence.mentions if cue.kind not in _OPEN]
        self._known = {at for cue in known for at in range(cue.first, cue.after)}
        self.rejected = frozenset(self._rejected_sides())
        self._stops = [index for index, text in enumerate(self._texts) if text == ";"]
        self._bounds = sorted([*self._stops, *(cue.first for cue in self._cues.get("turn", ()))])

    def cues(self, kind: str, word: str = "") -> list[Mention]:
        """The mentions of a kind, or of one word of it."""
        found = self._cues.get(kind, [])
        return [cue for cue in found if cue.word == word] if word else found

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
            if cue.word in {"after", "around"} and thing.after <= cue.first < end and not self._asks_anew(cue):
                yield cue

    def _asks_anew(self, cue: Mention) -> bool:
        """ "Large bulge, ? root contact": a question mark behind a comma asks of what follows it."""
        if self._texts[cue.first] != "?" or self._texts[cue.first - 1 : cue.first] != [","]:
            return False
        return self._texts[cue.after : cue.after + 1] not in ([], ["."])

    def _denied(self, thing: _Thing) -> Denied:
        reach = [self._reach_back(cue, thing) for cue in self._behind("negation", thing)]
        reach += [self._reach_back(cue, thing) for cue in self._behind("ended", thing)]
        reach += [self._reach(cue, thing) for cue in self._before("negation", thing)]
        reach += [self._reach(cue, thing) for cue in self._before("ended", thing)]
        reach += [self._reach(cue, thing) for cue in self._neithers(thing)]
        reach += [Denied.UNSURE for cue in self._undenied(thing) if self._runs_on(cue, thing)]
        reach += [Denied.UNSURE for _ in self._taken_back(thing)]
        return next((answer for answer in (Denied.YES, Denied.UNSURE) if answer in reach), Denied.NO)

    def _reach_back(self, cue: Mention, thing: _Thing) -> Denied:
        """Does a denial behind a thing reach back to it? Not where it speaks of something named in between."""
        if self._only_then(cue):
            return Denied.NO
        if self._has_own_object(cue, thing):
            return Denied.UNSURE
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
        if (bounded := self._bounded(cue, thing, first)) is not None:
            return bounded
        between = range(cue.after, first)
        commas = [index for index in between if self._texts[index] == ","]
        joints = commas + [joint.first for joint in self.cues("grammar", "and") if joint.first in between]
        if any(self._states_anew(joint, thing) for joint in joints):
            return Denied.NO
        if self._texts[first].endswith("ing") and any(0 < first - joint <= _NEAR for joint in joints):
            return Denied.UNSURE
        if not commas:
            return Denied.UNSURE if joints and thing.named else Denied.YES
        if self._listed(commas[-1] if thing.named else cue.after, thing) or not (
            thing.named or "with" in self._texts[commas[-1] : first]
        ):
            return Denied.YES
        return Denied.UNSURE

    def _states_anew(self, joint: int, thing: _Thing) -> bool:
        """Does a new statement with its own verb begin behind a joint? ("..., the left root is displaced")"""
        carried = any(joint < cue.first < thing.verb for cue in self.cues("grammar", "be"))
        return carried or (self._is_verb(thing) and thing.verb > joint + 1)

    def _listed(self, begin: int, thing: _Thing) -> bool:
        """A list that is denied as a whole says "or" or "and" before its last member, or speaks of every level."""
        _, end = self.clause(thing.verb)
        joints = (*self.cues("grammar", "or"), *self.cues("grammar", "and"))
        last = thing.first if thing.named and self._texts[thing.verb].endswith("ed") else end
        return any(begin <= cue.first < last for cue in joints) or any(
            begin <= cue.first < end for cue in self.cues("everywhere")
        )

    def _only_then(self, denial: Mention) -> bool:
        """ "Not seen on the prior study" says that it is new, not that it is absent."""
        then = (*self.cues("historical"), *self.cues("comparison"))
        return any(0 <= cue.first - denial.after < _NEAR for cue in then)

    def _uncertain(self, thing: _Thing) -> bool:
        if any(self._before("uncertain", thing)) or any(self._behind("uncertain", thing)):
            return True
        return self._is_left_open(thing)

    def _is_left_open(self, thing: _Thing) -> bool:
        """Is the thing followed by a predicate that is not known to state it ("is felt to be", "would", ": ...")?"""
        _, end = self.clause(thing.after - 1)
        for index in range(thing.after, end):
            if self._texts[index] in _JOINTS or first_of(self.cues("grammar", "relative"), index, index + 1):
                return False
            if first_of(self.cues("grammar", "modal"), index, index + 1):
                return True
            if self._is_forward_denial(index):
                return True
            if self._texts[index] == ":" or first_of(self.cues("grammar", "be"), index, index + 1):
                return not self._is_known(index + 1, end)
        return False

    def _is_known(self, index: int, end: int) -> bool:
        """Does a predicate begin with a word that the lexicon knows (an article alone says nothing), or a number?"""
        while index < end and (self._texts[index] == "to" or first_of(self.cues("grammar", "be"), index, index + 1)):
            index += 1
        if index >= end or self._texts[index] in _CLOSING:
            return True
        if first_of(self.cues("grammar", "article"), index, index + 1) or self._is_forward_denial(index):
            return False
        return index in self._known or self._texts[index][0].isdigit()

    def _is_forward_denial(self, index: int) -> bool:
        """Does a "not" begin here whose predicate is not known ("is not supported by")?"""
        cue = first_of(self.cues("negation", "before"), index, index + 1)
        return cue is not None and self._texts[cue.after - 1] in _NOTS

    def _historical(self, thing: _Thing) -> bool:
        """A word of the past acts up to the next comma; what lasts or has ended is spoken of as of today."""
        begin, end = self.clause(thing.verb)
        if any(begin <= cue.first < end for kind in ("unchanged", "ended") for cue in self.cues(kind)):
            return False
        behind = any(not self._is_of_other(cue, thing) for cue in self._behind("historical", thing))
        return behind or any(
            "," not in self._texts[cue.after : thing.first] and not self._is_of_operation(cue, thing)
            for cue in self._before("historical", thing)
        )

    def _is_of_operation(self, cue: Mention, thing: _Thing) -> bool:
        """ "Status post discectomy with recurrent contact" dates the operation, not what is found behind the "with"."""
        done = first_of(self.cues("lesion", "post-operative-change"), cue.after, thing.first)
        return done is not None and "with" in self._texts[done.after : thing.first]

    def _is_of_other(self, cue: Mention, thing: _Thing) -> bool:
        """ "Not seen previously" dates the denial; "previously clear" dates what it stands before."""
        if any(other.first == cue.after for other in (*self.cues("contact"), *self.cues("thickening"))):
            return True
        denials = (denial for denial in self.cues("negation") if denial.first >= thing.after)
        return any(0 <= cue.first - denial.after < _NEAR for denial in denials)

    def _supposed(self, thing: _Thing) -> bool:
        if self.cues("family") or self._texts[-1:] == ["?"]:
            return True
        if any(self._before("hypothetical", thing)) or any(self._behind("hypothetical", thing)):
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
            nots += [cue for cue in self.cues("negation") if self._is_none_there(cue, side)]
            if nots and self._texts[side.after : side.after + 1] in _CLOSED:
                yield side
                yield from nots

    def _is_none_there(self, cue: Mention, side: Mention) -> bool:
        """ "On the left and none on the right": the second side is said to be free of what the first one has."""
        linked = self._texts[cue.first : side.first] in _NONE
        return linked and any(other.after <= cue.first for other in self.cues("side"))

    def _undenied(self, thing: _Thing) -> list[Mention]:
        begin, _ = self.clause(thing.verb)
        return [cue for cue in self.cues("undenied") if begin <= cue.first < thing.verb]

    def _runs_on(self, cue: Mention, thing: _Thing) -> bool:
        """May a denial of the course go on in a list ("no reduction in height or root contact")?"""
        listed = first_of(self.cues("grammar", "or"), cue.after, thing.first)
        return listed is not None and not self._states_anew(listed.first, thing)

    def _taken_back(self, thing: _Thing) -> Iterator[Mention]:
        """ "Contact would explain it, but was not seen": a denial right behind a "but", with no thing of its own."""
        for turn in self.cues("turn"):
            if turn.first >= thing.after and self.part(turn.first) == self.part(thing.verb):
                for cue in self.cues("negation", "after"):
                    if cue.first == turn.after and not self._only_then(cue):
                        yield cue

    def _has_own_object(self, cue: Mention, thing: _Thing) -> bool:
        """Does a denial behind speak of a companion of the thing ("lesion with H-reflex not seen")?"""
        between = range(thing.after, cue.first)
        company = next((index for index in between if self._texts[index] == "with"), None)
        return company is not None and any(
            index not in self._known and self._texts[index] not in _JOINTS for index in range(company + 1, cue.first)
        )

    def _bounded(self, cue: Mention, thing: _Thing, first: int) -> Denied | None:
        """Where a denial before a thing stops at an object of its own; None = it may reach on."""
        if (link := first_of(self.cues("link"), cue.after, first)) is not None:
            return self._across_link(cue, link)
        if self._has_relative(cue, thing):
            return Denied.NO
        if ":" in self._texts[cue.after + 1 : first]:
            return Denied.UNSURE
        if (hanging := self._hangs(cue, thing)) is not None:
            return hanging
        if "with" in self._texts[cue.after + 1 : first]:
            return self._across_with(cue, thing)
        return None

    def _across_link(self, cue: Mention, link: Mention) -> Denied | None:
        """ "Not consistent with" denies; "H-reflex absent, indicating" and "without recovery, indicating" do not."""
        if cue.after == link.first:
            return Denied.NO if self._texts[cue.first] == "absent" else None
        return Denied.NO if self._texts[link.first - 1] == "," else Denied.UNSURE

    def _has_relative(self, cue: Mention, thing: _Thing) -> bool:
        """ "Lack of fluid around the root, which is compressed": a relative clause states anew."""
        relative = first_of(self.cues("grammar", "relative"), cue.after, thing.verb)
        return relative is not None and self._texts[relative.first - 1] == ","

    def _hangs(self, cue: Mention, thing: _Thing) -> Denied | None:
        """ "A disc free of calcification touches the root": the denial hangs on the subject of another verb."""
        begin, _ = self.clause(thing.verb)
        subject = first_of(self.cues("finding"), begin, cue.first)
        if (
            self._texts[cue.first] not in _HANGING
            or subject is None
            or thing.first < thing.verb
            or cue.after >= thing.verb
        ):
            return None
        if self._texts[thing.verb].endswith("ing"):
            return Denied.NO if self._texts[thing.verb - 1] == "," else Denied.UNSURE
        return Denied.NO if self._is_verb(thing) else None

    def _across_with(self, cue: Mention, thing: _Thing) -> Denied | None:
        """ "Absent recess with root contact" denies the recess; before other objects a named root is left unsure."""
        index = cue.after
        while first_of((*self.cues("side"), *self.cues("grammar", "article")), index, index + 1):
            index += 1
        if first_of(self.cues("passage"), index, index + 1):
            return Denied.NO
        return Denied.UNSURE if thing.named else None


_JOINTS = frozenset({",", ";", "and", "&", "or"})
_CLOSING = frozenset({".", ")", "?", "!"})
_HANGING = frozenset({"without", "free", "lacking", "devoid"})
_NOTS = frozenset({"not", "cannot", "never"})
_OPEN = frozenset({"uncertain", "hypothetical", *NAMED_KINDS})
_NONE = (["none"], ["none", "on"], ["none", "on", "the"], ["nil"], ["nil", "on"], ["nil", "on", "the"])
_NOT = (["not"], ["not", "on", "the"], ["not", "the"], ["rather", "than"])
_CLOSED: tuple[list[str], ...] = ([], [","], [";"], ["."], ["-"], [")"], ["and"], ["but"])
