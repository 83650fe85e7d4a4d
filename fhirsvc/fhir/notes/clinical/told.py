"""How a history tells a thing: denied, doubted, past, only supposed, or of a relative; when unsure, nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from fhirsvc.domain.evidence import Certainty
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.scope import Denied
from fhirsvc.fhir.notes.words import Mention

_NOUNS = frozenset(
    {"denies", "denied", "deny", "denying", "denial", "negative", "free", "absence", "lack", "nor", "neither", "no"}
    | {"neg", "w", "without", "none", "never", "absent", "nil", "devoid", "lacking", "unremarkable", "noncontributory"}
)
"""First words of a denial that governs things ("no numbness"); any other governs a verb ("does not have")."""
_WHOLE = frozenset({"denies", "denied", "deny", "denying", "denial", "negative", "neg"})
"""First words of a denial that governs a whole list, whatever stands between its commas."""
_JOINTS = frozenset({",", "and", "&", "or", "/", "nor", "and/or"})
_AND = frozenset({"and", "&", "both"})
_CLOSING = frozenset({"or", "nor", "and", "&"})
_OWN = frozenset({"his", "her", "their", "my", "patient's", "chronic", "longstanding", "known", "the"})
_ANSWERS = frozenset({":", "-", "=", "(", "is", "are", "was", "were", "been", "be", "has", "have", ",", "any"})
_FOLLOWS = frozenset(
    {"this", "that", "which", "it", "these", "they", "and", "has", "have", "had", "now", "since", "is"}
)
_OWN_DENIALS = frozenset({"not", "no", "without", "never"})
"""A thing that begins with one of these holds its denial itself ("not responsive to treatment")."""
_SUBJECTS = frozenset({"he", "she", "they", "patient", "i"})
_BEFORE = frozenset({"before", "prior"})
_UNTIL = frozenset({"until", "till"})
_FUNCTIONS = frozenset({"control", "continence", "sensation", "tone", "feeling", "warning", "awareness", "urge"})
"""Functions whose lack is the disturbance itself."""
_TIMES = (["before"], ["when"], ["until"])
_NOTHING = frozenset({"nil", "none"})
_BARE_DENIALS = (["nil"], ["none"], ["neg"])
_FLAGS = frozenset({"flags", "flag"})
_EMPTY = (["[", "]"], ["(", ")"])
_SCREENED = frozenset({"none", "nil", "denied", "negative", "neg", "absent", "no"})
_ENDS: tuple[list[str], ...] = ([], ["."], [","], [";"], [")"], ["at"], ["today"], ["now"], ["currently"], ["for"])
_TALKED = frozenset(
    {"discussed", "explained", "reviewed", "mentioned", "complications", "complication", "risks", "risk", "effects"}
    | {"handout", "leaflet", "booklet", "sheet", "questionnaire", "educator", "insurance"}
)
_BRACKETS = frozenset({"(", ")", ":", "-", "all", "also", "etc"})
_GOING = frozenset({"down", "into", "up", "from", "on", "to", "further", "numb", "through", "as", "past"})
_UNDENYING = frozenset({"not", "doesn't", "don't", "didn't", "never", "cannot", "can't"})
_FIRST = frozenset({"initially", "first", "previously", "originally", "earlier"})
_SAME = frozenset({"it", "this", "them", "these", "that", "present", "positive", "yes", "both"})
_CHILDREN = frozenset(
    {"a", "an", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twins"}
)
_MORE = (["other"], ["further"], ["additional"])
"""Words of an exception that only say "no more than before"."""
_SHORT = 4
_LINE = 6
_ORGAN_WITHIN = 3
_NEAR = 4
_DENIALS = 6
"""Denials on each side of a thing that are looked at, the nearest; a longer row of them repeats itself."""


class Kind(Enum):
    """What an earlier illness of a kind means today: LASTING stays, EPISODE may be over, SYMPTOM is of the moment."""

    SYMPTOM = "symptom"
    EPISODE = "episode"
    LASTING = "lasting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A thing that a history does tell: there or not, how surely, and whether of a relative."""

    absent: bool = False
    certainty: Certainty = Certainty.AFFIRMED
    family: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is told: its words from `first` to before `after`, its kind; detailed: it has a side, time or degree.

    conditional: an "if" before it says when it comes ("if he sits for long, it hurts").
    """

    first: int
    after: int
    kind: Kind = Kind.SYMPTOM
    chronic: bool = False
    detailed: bool = False
    conditional: bool = False


class Telling:
    """How the things of one sentence are told."""

    def __init__(self, passage: Passage) -> None:
        self._scope = passage.scope
        self._texts = passage.scope.texts(0, len(passage.sentence.words))
        self._listed = passage.sentence.section == "past"
        self._light = {at for cue in self._scope.cues("light") for at in range(cue.first, cue.after)}
        self._aside = self._light | {
            at for kind in ("area", "side", "filler", "aspect") for cue in self._scope.cues(kind)
            for at in range(cue.first, cue.after)
        }  # fmt: skip
        self._sided = {cue.first for cue in self._scope.cues("side")}
        self._negations = [cue for cue in passage.sentence.mentions if cue.kind == "negation"]
        self._denials = [cue for cue in self._negations if cue.word in {"before", "around"}]
        self._headed = frozenset(cue.kind for cue in passage.topic)
        self._stops = {
            cue.first
            for kind in ("turn", "exception")
            for cue in self._scope.cues(kind)
            if self._texts[cue.first : cue.after] not in _MORE
        }
        self._states = self._scope.cues("states")
        self._seen = {cue.first for cue in self._scope.cues("stated", "seen")}
        self._items_behind: dict[int, list[list[str]]] = {}

    def of(self, thing: Thing) -> Told | None:
        """How a thing is told; None where it is only supposed or asked, or how far a denial reaches is unsure."""
        if self._supposed(thing):
            return None
        family = self._family(thing)
        denied = self.denied(thing)
        if denied is Denied.UNSURE:
            return None
        if denied is Denied.YES:
            past = any(self._past(thing))
            certainty = Certainty.HISTORICAL if past else Certainty.AFFIRMED
            return None if self._doubted(thing) else Told(absent=True, certainty=certainty, family=family)
        return Told(certainty=self._certainty(thing), family=family)

    def _certainty(self, thing: Thing) -> Certainty:
        if self._is_past(thing):
            return Certainty.HISTORICAL
        return Certainty.UNCERTAIN if self._doubted(thing) else Certainty.AFFIRMED

    # -- denial

    def denied(self, thing: Thing) -> Denied:
        """Is the thing denied, by what stands before, behind or within it?"""
        if (
            "neither" in self._texts[thing.first : thing.after]
            or self._is_ticked_off(thing)
            or self._is_screened(thing)
        ):
            return Denied.YES
        if self._is_answered_no(thing):
            own = any(cue.first < self._texts.index("=", thing.after) for cue in self._negations)
            return Denied.UNSURE if own else Denied.YES
        answers = [self._reach(cue, thing) for cue in list(self._before(self._denials, thing))[-_DENIALS:]]
        if "negation" in self._headed and not self._states:
            return Denied.YES
        behind = [cue for cue in self._negations if cue.first >= thing.after]
        answers += [self._reach_back(cue, thing) for cue in behind[:_DENIALS]]
        if Denied.YES in answers:
            taken_back = self._is_excepted(thing) or self._is_taken_back(thing)
            return Denied.UNSURE if taken_back else Denied.YES
        return Denied.UNSURE if Denied.UNSURE in answers else Denied.NO

    def _is_excepted(self, thing: Thing) -> bool:
        """ "Denies numbness except in the left foot", "until yesterday": some of it is there."""
        exceptions = (cue for cue in self._scope.cues("exception") if cue.first in self._stops)
        follows = self._texts[thing.after : thing.after + 2]
        if follows[:1] in (["until"], ["till"], ["unless"]) or (len(follows) > 1 and follows[0] in _BEFORE):
            return follows[1:] != ["."]
        return any(
            0 <= cue.first - thing.after <= 1
            or (cue.first > thing.after and all(map(self._is_listed_word, range(thing.after, cue.first))))
            for cue in exceptions
        )

    def _is_taken_back(self, thing: Thing) -> bool:
        """ "Does not deny numbness", "initially denied numbness", "denied numbness last week, now reports it"."""
        begin, _ = self._scope.part(thing.first)
        for cue in self._negations:
            if begin <= cue.first < thing.first and self._texts[cue.first] in _WHOLE:
                before = set(self._texts[max(cue.first - 2, 0) : cue.first])
                if not before.isdisjoint(_UNDENYING | _FIRST):
                    return True
            if begin <= cue.first < thing.first and not _WHOLE.isdisjoint(self._texts[cue.first + 1 : cue.after + 1]):
                return True
        return any(self._states_same(state) for state in self._states if state.first >= thing.after)

    def _states_same(self, state: Mention) -> bool:
        """Does a statement say of the same thing that it is there ("now reports it", "admits to it")?"""
        follows = [text for text in self._texts[state.after : state.after + 3] if text not in {"to", "having", "of"}]
        return not _SAME.isdisjoint(follows[:1])

    def _is_ticked_off(self, thing: Thing) -> bool:
        """ "(-) numbness", "numbness (-)", "..., - numbness"."""
        if self._texts[thing.after : thing.after + 3] == ["(", "-", ")"]:
            return True
        index = thing.first
        while index - 1 in self._aside:
            index -= 1
        bare = self._texts[max(index - 2, 0) : index] in ([",", "-"], [";", "-"])
        return bare or self._texts[max(index - 3, 0) : index] == ["(", "-", ")"]

    def _is_answered_no(self, thing: Thing) -> bool:
        """A question whose bare answer denies all of it ("Fell last week = no"); one that denies itself is unsure."""
        behind = [text for text in self._texts[thing.after :] if text != "."]
        return behind[-2:-1] == ["="] and behind[-1] in _SCREENED | {"nope", "never"}

    def _is_screened(self, thing: Thing) -> bool:
        """The answer of a whole list: "Red flags (cancer, trauma): none", "Red flags negative: cancer, trauma"."""
        begin, end = self._scope.part(thing.first)
        flag = next((at for at in range(begin, thing.first) if self._texts[at] in _FLAGS), None)
        if flag is None:
            return False
        before = self._texts[flag : thing.first]
        if ":" in before and self._texts[flag + before.index(":") - 1] in _SCREENED:
            return True
        closing = next((at for at in range(thing.after, end) if self._texts[at] == ")"), None)
        if closing is None or "(" not in before or ")" in before:
            return False
        behind = [text for text in self._texts[closing + 1 : end] if text not in _ANSWERS | {"all"}]
        return bool(behind) and behind[0] in _SCREENED and behind[1:2] in _ENDS

    def _before(self, cues: list[Mention], thing: Thing) -> Iterator[Mention]:
        begin, _ = self._scope.part(thing.first)
        own = self._texts[thing.first] in _OWN_DENIALS
        before = (cue for cue in cues if begin <= cue.first < thing.first and not (own and thing.first < cue.after))
        return (cue for cue in before if not self._is_spent(cue, thing))

    def _is_spent(self, cue: Mention, thing: Thing) -> bool:
        """ "Cannot feel when passing urine, both legs weak": its denial is the disturbance itself, and of no more."""
        phrases = [*self._scope.cues("disturbance"), *self._scope.cues("sphincter")]
        ends = [each.after for each in phrases if each.first == cue.first and each.after - each.first > 1]
        organs = [organ.after for organ in self._scope.cues("organ") if organ.word != "other"]
        if any(each.first == cue.first and each.after <= thing.first for each in self._scope.cues("sphincter")):
            return True
        return any(
            end - 1 <= after - 1 < end + _ORGAN_WITHIN and after <= thing.first for end in ends for after in organs
        )

    def _reach(self, cue: Mention, thing: Thing) -> Denied:
        if self._is_cut(cue, thing) or self._texts[cue.after : cue.after + 1] in ([","], ["only"]):
            return Denied.NO
        if (lost := self._of_function(cue, thing)) is not None:
            return lost
        if (eased := self._changed(cue, thing)) is not None:
            return eased
        if any(cue.after <= cause.first < thing.first for cause in self._scope.cues("cause")):
            return Denied.UNSURE
        if self._texts[cue.first] not in _NOUNS:
            return self._verbal(cue, thing)
        return self._listing(cue, thing)

    def _is_cut(self, cue: Mention, thing: Thing) -> bool:
        """Does a "but", an exception or a statement of its own stand between a denial and the thing?"""
        if any(cue.after <= stop < thing.first for stop in self._stops):
            return True
        if self._is_ended(cue, thing):
            return True
        return any(self._anew(cue, state, thing) for state in self._states)

    def _is_ended(self, cue: Mention, thing: Thing) -> bool:
        """ "No retention until yesterday, now retention": a denial holds up to its "until", or to a ", now"."""
        between = self._texts[cue.after : thing.first]
        return not _UNTIL.isdisjoint(between) or any(pair == (",", "now") for pair in pairwise(between))

    def _of_function(self, cue: Mention, thing: Thing) -> Denied | None:
        """ "No anal tone, saddle numbness", "no warning before she lost control": what is missing is a function.

        The denial ends behind it; a list with "or" leaves open what else it denies. None = it denies no function.
        """
        if self._texts[cue.first : cue.after] not in (["no"], ["without"]):
            return None
        gap = self._texts[cue.after : thing.first]
        noun = next((at for at, text in enumerate(gap[:_SHORT]) if text in _FUNCTIONS), None)
        if noun is None or not all(map(self._is_of_body, range(cue.after, cue.after + noun))):
            return None
        follows = gap[noun + 1 : noun + 2]
        if follows != [","]:
            return Denied.NO if follows in _TIMES else Denied.UNSURE if follows in (["or"], ["nor"]) else None
        _, end = self._scope.part(cue.first)
        return Denied.NO if {"or", "nor"}.isdisjoint(self._texts[cue.after : end]) else Denied.UNSURE

    def _is_of_body(self, at: int) -> bool:
        kinds = ("area", "organ", "rectal-tone", "side")
        return any(cue.first <= at < cue.after for kind in kinds for cue in self._scope.cues(kind))

    def _anew(self, cue: Mention, state: Mention, thing: Thing) -> bool:
        if not cue.after <= state.first < thing.first:
            return False
        return not all(at in self._light for at in range(cue.after, state.after))

    def _changed(self, cue: Mention, thing: Thing) -> Denied | None:
        """ "No relief of his pain" leaves the pain, "no new numbness" leaves an old one open; None = neither."""
        for change in self._scope.cues("change"):
            if not cue.first <= change.first < thing.first or change.after > thing.first:
                continue
            between = range(max(change.after, cue.after), thing.first)
            if not all(self._is_listed_word(at) for at in range(cue.after, change.first)):
                continue
            bare = all(at in self._aside and self._texts[at] not in _JOINTS for at in between)
            if not bare and not (change.word == "more" and all(self._is_listed_word(at) for at in between)):
                continue
            if change.word == "eased" or (change.word == "changed" and self._is_owned(change.after, thing)):
                return Denied.NO
            return Denied.UNSURE
        return None

    def _is_listed_word(self, at: int) -> bool:
        return at in self._aside or self._texts[at] in _JOINTS or self._is_symptom(at)

    def _is_owned(self, first: int, thing: Thing) -> bool:
        return not _OWN.isdisjoint(self._texts[first : thing.first])

    def _verbal(self, cue: Mention, thing: Thing) -> Denied:
        """ "Does not have numbness", "is not numb": nothing but light words between, and no new verb."""
        gap = range(cue.after, thing.first)
        commas = any(self._texts[at] == "," for at in gap)
        if not all(at in self._aside or self._texts[at] in {"or", "nor", ","} or self._is_symptom(at) for at in gap):
            return Denied.NO if commas else Denied.UNSURE
        _, end = self._scope.part(cue.first)
        closed = not {"or", "nor"}.isdisjoint(self._texts[cue.after : end])
        return Denied.YES if closed or not commas else Denied.UNSURE

    def _is_symptom(self, at: int) -> bool:
        kinds = ("symptom", "diagnosis", "sphincter", "spread", "sensation-loss", "risk", "trauma")
        return any(cue.first <= at < cue.after for kind in kinds for cue in self._scope.cues(kind))

    def _listing(self, cue: Mention, thing: Thing) -> Denied:
        """A denial before a list: "denies" governs all of it, "no" all that a closing "or" or bare items hold."""
        gap = self._texts[cue.after : thing.first]
        if "," in gap and self._is_stated(thing):
            return Denied.NO
        whole = self._texts[cue.first] in _WHOLE
        if "with" in gap and not whole:
            return Denied.NO if self._texts[cue.first] == "without" else Denied.UNSURE
        if "," not in gap:
            return Denied.UNSURE if "and" in gap and thing.detailed and not whole else Denied.YES
        if whole:
            return Denied.YES
        return self._items(cue, thing)

    def _items(self, cue: Mention, thing: Thing) -> Denied:
        items = self._items_of(cue)
        if any(len(item) > _LINE for item in items[:-1]):
            return Denied.UNSURE
        if any(not _CLOSING.isdisjoint(item[:1]) for item in items[1:]) or any(
            not {"or", "nor"}.isdisjoint(item) for item in items
        ):
            return Denied.YES
        return Denied.UNSURE if thing.detailed or any(len(item) > _SHORT for item in items) else Denied.YES

    def _items_of(self, cue: Mention) -> list[list[str]]:
        """The stretches between the commas from a denial to the end of its part, without the full stop."""
        if cue.first in self._items_behind:
            return self._items_behind[cue.first]
        _, end = self._scope.part(cue.first)
        end = min([end, *(state.first for state in self._states if state.first > cue.after + _SHORT)])
        items: list[list[str]] = [[]]
        for text in self._texts[cue.after : end]:
            if text == ",":
                items.append([])
            elif text != ".":
                items[-1].append(text)
        return self._items_behind.setdefault(cue.first, [item for item in items if item])

    def _is_stated(self, thing: Thing) -> bool:
        """Does a verb of its own follow the thing ("..., pain is sharp", "..., pain radiates")?"""
        follows = self._texts[thing.after : thing.after + 1]
        return follows in (["is"], ["was"], ["has"], ["radiates"], ["started"], ["began"], ["are"], ["goes"])

    def _reach_back(self, cue: Mention, thing: Thing) -> Denied:
        """ "Numbness: none", "numbness and tingling are denied"; not past another statement."""
        if cue.first >= self._scope.part(thing.first)[1]:
            return Denied.NO
        gap = range(thing.after, cue.first)
        if not self._acts_back(cue, gap) or any(at in self._stops for at in (thing.first - 1, *gap)):
            return Denied.NO
        if not _SUBJECTS.isdisjoint(self._texts[thing.after : cue.first]):
            return Denied.NO
        bare = all(at in self._aside or self._texts[at] in _ANSWERS | _JOINTS or self._is_symptom(at) for at in gap)
        if not bare:
            return Denied.NO
        if not any(self._texts[at] == "," for at in gap if at != cue.first - 1):
            return Denied.YES
        stated = any(state.after <= thing.first for state in self._states)
        return Denied.UNSURE if stated or self._texts[cue.first - 1] != ":" else Denied.YES

    def _acts_back(self, cue: Mention, gap: range) -> bool:
        """Does a denial speak of what stands before it? "Denies" does at the end, "was not" before a "seen"."""
        if self._texts[cue.first : cue.after] in _BARE_DENIALS and self._texts[cue.after : cue.after + 1] not in _ENDS:
            return False  # "pain in the back, none in the leg" denies what follows
        if self._texts[cue.first] == "denies" and self._texts[cue.after : cue.after + 1] not in ([], ["."]):
            return False
        return cue.word in {"after", "around"} or cue.after in self._seen or self._answers(cue, gap)

    def _answers(self, cue: Mention, gap: range) -> bool:
        """Does a bare "no" answer what stands before it? ("Numbness: no.")"""
        marks = [at for at in gap if self._texts[at] in {":", "-", "="}]
        if not gap and self._texts[cue.first] in _NOTHING:
            return True
        behind = self._texts[cue.after : cue.after + 1]
        return bool(marks) and marks[-1] == cue.first - 1 and behind in ([], ["."], [","], [")"], [";"])

    # -- supposition, family

    def _supposed(self, thing: Thing) -> bool:
        if self._texts[-1:] == ["?"] or self._is_purpose(thing):
            return True
        if any(cue.first == 0 for cue in self._scope.cues("supposed", "imperative")) or self._is_ticking(thing):
            return True
        if "supposed" in self._headed and not self._states:
            return True
        begin, end = self._scope.part(thing.first)
        for cue in self._scope.cues("supposed", "behind"):
            behind = thing.after <= cue.first < end and not self._parted(thing.after, cue.first)
            if behind and (not self._is_talk(cue) or self._is_topic(thing, cue)):
                return True
        for cue in self._scope.cues("supposed", "forward"):
            if thing.conditional and self._texts[cue.first] == "if":
                continue
            if begin <= cue.first < thing.first and not self._released(cue, thing):
                return True
        return False

    def _is_talk(self, cue: Mention) -> bool:
        return self._texts[cue.after - 1] in _TALKED

    def _is_topic(self, thing: Thing, cue: Mention) -> bool:
        """ "Numbness and retention were discussed": only spoken of; "has numbness, and a scan was discussed" is not."""
        begin, _ = self._scope.part(thing.first)
        stated = any(begin <= state.first < thing.first for state in self._states)
        gap = range(thing.after, cue.first)
        if self._texts[cue.first - 1] == ",":
            return False  # "numb left foot, leaflet given"
        return not stated and all(
            self._is_listed_word(at) or self._is_of_sphincter(at) or self._texts[at] in _BRACKETS for at in gap
        )

    def _is_of_sphincter(self, at: int) -> bool:
        kinds = ("organ", "disturbance", "function")
        return any(cue.first <= at < cue.after for kind in kinds for cue in self._scope.cues(kind))

    def _is_purpose(self, thing: Thing) -> bool:
        """ "A release for heel pain": why an operation is or was done, which does not tell how it is now."""
        at = thing.first - 1
        while at >= 0 and at in self._aside and self._texts[at] != "for":
            at -= 1
        if self._texts[at : at + 1] != ["for"]:
            return False
        operations = (cue for cue in self._scope.cues("operation") if 0 <= at - cue.after <= _LINE + 2)
        return any({",", "and", "with", "now"}.isdisjoint(self._texts[cue.after : at]) for cue in operations)

    def _is_ticking(self, thing: Thing) -> bool:
        """A form that offers both answers ("[ ] yes [x] no") does not tell which was given, nor does an empty box."""
        if (
            self._texts[thing.first - 1 : thing.first] == ["☐"]
            or self._texts[max(thing.first - 2, 0) : thing.first] in _EMPTY
        ):
            return True
        behind = self._texts[thing.after : thing.after + _LINE + _LINE]
        end = next((at for at, text in enumerate(behind) if text in {";", ",", "."}), len(behind))
        offered = [text for text in behind[:end] if text != ":"]
        return {"yes", "no"} <= set(offered) or offered[:3] == ["y", "/", "n"]

    def _parted(self, first: int, after: int) -> bool:
        """Does a statement of its own, a "but" or an "and he" stand between?"""
        turned = any(first <= stop < after for stop in self._stops)
        return turned or any(first <= state.first < after for state in self._states)

    def _released(self, cue: Mention, thing: Thing) -> bool:
        """A new statement behind a "but" or a semicolon is no longer supposed; an "if" in the past neither."""
        turned = any(cue.after <= turn.first < thing.first for turn in self._scope.cues("turn"))
        return turned and any(cue.after <= state.first < thing.first for state in self._states)

    def _family(self, thing: Thing) -> bool:
        """Is it said of a relative: the last one before it in its clause, or "in his father" right behind it?"""
        begin, end = self._scope.clause(thing.first)
        if "relative" in self._headed and not self._states:
            return True
        relatives = [
            cue
            for cue in self._scope.cues("relative")
            if not (self._is_informant(cue) or self._is_of_both(cue) or self._is_parenthood(cue))
        ]
        before = [cue for cue in relatives if begin <= cue.first < thing.first]
        if before:
            return not self._speaks_of_patient(before[-1], thing)
        return any(
            thing.after <= cue.first < end and cue.first - thing.after <= _NEAR
            and "in" in self._texts[thing.after : cue.first]
            for cue in relatives
        )  # fmt: skip

    def _is_of_both(self, cue: Mention) -> bool:
        """ "No personal or family history of": of the patient as well."""
        before = self._texts[max(cue.first - 2, 0) : cue.first]
        return before[:1] == ["personal"] and before[1:] in (["or"], ["and"], ["/"])

    def _is_parenthood(self, cue: Mention) -> bool:
        """ "Mother of two": the patient, by the number of children."""
        of, count = [*self._texts[cue.after : cue.after + 2], "", ""][:2]
        return of == "of" and (count in _CHILDREN or count.isdigit())

    def _is_informant(self, cue: Mention) -> bool:
        return any(0 <= said.first - cue.after <= 1 for said in self._scope.cues("informant"))

    def _speaks_of_patient(self, cue: Mention, thing: Thing) -> bool:
        """ "Lives with his mother and has numbness": a statement follows that is not the relative's own."""
        own = [state for state in self._states if cue.after <= state.first < thing.first]
        return any(
            "who" not in self._texts[cue.after : state.first]
            and (state.first - cue.after > 1 or self._texts[cue.after] in {"and", ","})
            for state in own
        )

    # -- doubt

    def _doubted(self, thing: Thing) -> bool:
        forward = [*self._scope.cues("hedged"), *self._scope.cues("uncertain", "around")]
        if any(self._doubts(cue, thing) for cue in self._before(forward, thing)):
            return True
        return any(self._doubts_back(cue, thing) for cue in self._scope.cues("uncertain"))

    def _doubts(self, cue: Mention, thing: Thing) -> bool:
        gap = range(cue.after, thing.first)
        listed = self._texts[cue.first] in {"differential", "ddx"}
        if listed and not any(at in self._stops for at in gap):
            return True
        if any(self._texts[at] in {",", "with", "that", "who", ";"} or at in self._stops for at in gap):
            return False
        if any(cue.after < cause.first < thing.first for cause in self._scope.cues("cause")):
            return False
        owned = not (_OWN - {"the", "chronic"}).isdisjoint(self._texts[cue.after : thing.first])
        return not owned and len(gap) <= _LINE + 2

    def _doubts_back(self, cue: Mention, thing: Thing) -> bool:
        if cue.word not in {"after", "around"} or not 0 <= cue.first - thing.after <= _SHORT:
            return False
        if any(text in {",", ".", "and", "or"} for text in self._texts[thing.after : cue.first]):
            return False
        return not any(cause.first == cue.after for cause in self._scope.cues("cause"))

    # -- the past

    def _is_past(self, thing: Thing) -> bool:
        if thing.kind is Kind.LASTING:
            return False
        if self._is_over(thing):
            return True
        if any(self._past(thing)):
            return True
        if thing.chronic:
            return False
        return self._is_listed(thing)

    def _past(self, thing: Thing) -> Iterator[bool]:
        """Each word of the past that dates the thing."""
        begin, end = self._scope.clause(thing.first)
        for cue in self._scope.cues("past", "near"):
            gap = range(cue.after, thing.first)
            if begin <= cue.first < thing.first and all(at in self._aside for at in gap):
                yield True
        for cue in self._scope.cues("past", "behind"):
            if self._texts[cue.first - 1] in {"since", "from"}:
                continue
            if thing.after <= cue.first < end and len(range(thing.after, cue.first)) <= _NEAR:
                yield True
        for cue in self._scope.cues("past", "clause"):
            if self._is_recent(cue):
                continue
            if begin <= cue.first < thing.first and not self._dates_other(cue, thing):
                yield True
            if thing.after <= cue.first < end and len(range(thing.after, cue.first)) <= _NEAR:
                yield not self._dates_onset(cue, thing)

    def _is_recent(self, cue: Mention) -> bool:
        """ "In the past week" is now."""
        text = self._texts[cue.after] if cue.after < len(self._texts) else ""
        counted = any(each.first == cue.after for kind in ("unit", "count") for each in self._scope.cues(kind))
        return self._texts[cue.after - 1] == "past" and (counted or text.isdigit())

    def _dates_other(self, cue: Mention, thing: Thing) -> bool:
        """ "Years ago he fell and now has pain": the present begins between."""
        present = (*self._scope.cues("history-of", "now"), *self._scope.cues("onset"))
        return any(cue.after <= now.first < thing.first for now in present)

    def _dates_onset(self, cue: Mention, thing: Thing) -> bool:
        began = self._scope.cues("onset")
        return any(thing.after <= onset.first < cue.first for onset in began)

    def _is_over(self, thing: Thing) -> bool:
        if self._scope.cues("over", "still"):
            return False
        begin, end = self._scope.part(thing.first)
        for cue in self._scope.cues("over", "before"):
            gap = range(cue.after, thing.first)
            if begin <= cue.first < thing.first and all(
                at in self._aside or self._texts[at] in _JOINTS - {","} for at in gap
            ):
                return True
        return any(
            thing.after <= cue.first < end and self._ends_it(thing, cue) for cue in self._scope.cues("over", "after")
        )

    def _ends_it(self, thing: Thing, cue: Mention) -> bool:
        """Does a "resolved" behind speak of this thing? Not where another thing stands nearer."""
        gap = range(thing.after, cue.first)
        nearer = any(self._is_symptom(at) for at in gap)
        if not _GOING.isdisjoint(self._texts[cue.after : cue.after + 1]):
            return False  # "has gone down the leg"
        sided = any(at in self._sided for at in gap) and any(self._texts[at] == "," for at in gap)
        if nearer and sided and _AND.isdisjoint(self._texts[thing.after : cue.first]):
            return False  # "left heel pain, right heel pain resolved": only the right
        joined = nearer and all(
            self._is_symptom(at) or at in self._aside or self._texts[at] in _JOINTS | _FOLLOWS for at in gap
        )
        if any(cue.first > state.first >= thing.after for state in self._scope.cues("history-of", "now")):
            return False
        return joined or not nearer

    def _is_listed(self, thing: Thing) -> bool:
        """Does it stand in a list of earlier illness, and not behind what opens the present complaint?"""
        if self._listed and thing.kind is Kind.EPISODE:
            return True
        begin, _ = self._scope.part(thing.first)
        now = self._scope.cues("history-of", "now")
        for cue in self._scope.cues("history-of"):
            if cue.word == "now" or not begin <= cue.first < thing.first:
                continue
            if any(cue.after <= each.first < thing.first for each in now):
                continue
            if self._opens_on(cue, thing):
                return True
        return False

    def _opens_on(self, cue: Mention, thing: Thing) -> bool:
        """A list of "past medical history"; or "history of" right before a diagnosis that comes and goes."""
        if thing.kind is not Kind.EPISODE:
            return False
        gap = range(cue.after, thing.first)
        if cue.word == "past":
            return not any(state.first >= cue.after and state.first < thing.first for state in self._states)
        return all(self._is_listed_word(at) for at in gap)
