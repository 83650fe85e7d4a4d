"""One word, number or tick as the answer to one Concept: "absent" is a sign for a reflex and none for a symptom."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from fhirsvc.domain.evidence import REFLEX_GRADES, Presence, Qualifier
from fhirsvc.domain.lexicon import Concept, normalise
from fhirsvc.fhir.extract.coding import Said
from fhirsvc.fhir.extract.language import Language

_GRADE = re.compile(r"(?:(?:mrc|grade|power):? )*([0-5]) ?([+-])?(?: ?(?:/|out of) ?5)?([+-])?")
_NUMBER = re.compile(r"[+-]?\d{1,4}(?:\.\d{1,4})?")
_PAIN_SCORE = re.compile(
    r"(?:(?:vas|nrs|nprs|pain|pain score|score|severity):? )?"
    r"(\d{1,3}(?:\.\d)?)(?: ?(?:-|to) ?(\d{1,3}(?:\.\d)?))? ?(?:/|out of) ?10"
)
_WORST_PAIN = Fraction(10)
_FULL_POWER = Fraction(5)
_THIRD = Fraction(1, 3)
_PRESENCES = {"present": Presence.PRESENT, "absent": Presence.ABSENT, "unknown": Presence.UNKNOWN}
_CONTACTS = {"contact": Presence.PRESENT, "no-contact": Presence.ABSENT, "unclear": Presence.UNKNOWN}
_RESULTS = {presence: result for result, presence in _CONTACTS.items()}
_YES_OR_NO = frozenset(
    {
        *("present", "absent", "positive", "negative", "pos", "neg", "+ve", "-ve", "+", "-"),
        *("yes", "no", "y", "n", "true", "false", "none", "nil"),
    }
)
_COUNTED = frozenset({"count", "score", "degrees"})
_SCORED = frozenset({"complaint", "symptom"})
_NO_UNIT = frozenset({"", "1"})
_UNITS = {
    "power": frozenset({"score", "grade", "power-grade"}),
    "reflex": frozenset({"score", "grade", "reflex-grade"}),
    "count": frozenset({"count"}),
    "score": frozenset({"score"}),
    "complaint": frozenset({"score", "pain-score"}),
    "symptom": frozenset({"score", "pain-score"}),
    "degrees": frozenset({"degree"}),
}
"""The words of the vocabulary "unit" that fit each reader."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was recorded: presence of the sign or symptom, the closed word of a graded Concept, a bare number."""

    presence: Presence
    result: str = ""
    number: Fraction | None = None
    qualifiers: frozenset[Qualifier] = frozenset()


NOT_TOLD = Answer(Presence.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Question:
    """A Concept that is asked after or stated. stated: the answer that code or text already hold.

    function: its plain name is that of a function ("sensation", "power"), so that a bare "absent" could mean lost.
    unread: an answer stands beside it that says too little, or is not understood.
    """

    concept: Concept
    stated: Answer | None
    function: bool
    unread: bool = False


def question(said: Said, language: Language) -> Question:
    """The question behind what a CodeableConcept says."""
    code = said.meaning.concept
    concept = language.lexicon.concepts.get(code) or Concept(code=code, display="", definition="", reads="sign")
    stated = _stated(concept, said.meaning.answer)
    named = concept.reads == "power" or (bool(language.word("function", code)) and not said.own)
    asked = Question(concept, stated, named and stated is None)
    if not said.given:
        return asked
    given = of_word(asked, said.given, language)
    return replace(asked, stated=given or NOT_TOLD, unread=given is None)


def of_word(asked: Question, text: str, language: Language) -> Answer | None:
    """A code ("system|code") or word as the answer; None = not understood."""
    reads = asked.concept.reads
    if reads == "reflex":
        return _reflex(asked, text, language)
    if (graded := _graded(asked, text)) is not None:
        return graded
    if reads == "contact" and normalise(text) in _CONTACTS:
        return _contact(_CONTACTS[normalise(text)])
    word = _function_word(text, language) if asked.function else language.word("answer", text)
    if not word:
        return None
    told = _told(asked, _PRESENCES[word])
    return _contact(told.presence) if reads == "contact" else told


def of_truth(asked: Question, value: bool) -> Answer | None:
    """A tick: false is a recorded absence; None = it says too little, as true of a reflex or any of a bare function."""
    if asked.concept.reads == "reflex" and asked.stated is None:
        return None if value else Answer(Presence.PRESENT, "absent")
    if asked.function:
        return None
    if asked.concept.reads == "reflex":
        return asked.stated if value else None
    told = _told(asked, Presence.PRESENT if value else Presence.ABSENT)
    if told == NOT_TOLD:
        return None
    return _contact(told.presence) if asked.concept.reads == "contact" else told


def of_number(asked: Question, number: Fraction, unit: str, language: Language) -> Answer | None:
    """A bare number in its unit; None where this Concept is not answered by such a number."""
    reads = asked.concept.reads
    if reads not in _UNITS or not (unit in _NO_UNIT or language.word("unit", unit) in _UNITS[reads]):
        return None
    if reads in _SCORED:
        return _scored(asked, number)
    if reads == "reflex":
        return _reflex(asked, str(number), language) if number.denominator == 1 else None
    if reads == "power" and not 0 <= number <= _FULL_POWER:
        return None
    return None if reads == "count" and number < 0 else _numbered(asked, number)


def power_grade(text: str) -> Fraction | None:
    """An MRC grade as written ("4+/5", "5-", "3/5", "4/5-"): n+ is n + 1/3, n- is n - 1/3 (RULES 3.9); None = none."""
    found = _GRADE.fullmatch(" ".join(text.casefold().split()).strip(" .;,"))
    if found is None or (found[2] and found[3]):
        return None
    step = {"+": _THIRD, "-": -_THIRD}.get(found[2] or found[3] or "", Fraction(0))
    grade = Fraction(found[1]) + step
    return None if grade < 0 else min(grade, _FULL_POWER)


def pain_scores(text: str) -> tuple[Fraction, ...]:
    """The scores of a text that names its scale ("8/10", "7-8 out of 10"); () = it is none."""
    found = _PAIN_SCORE.fullmatch(normalise(text))
    return tuple(Fraction(each) for each in found.groups() if each) if found else ()


def agreed(answers: list[Answer]) -> Answer | None:
    """What several words for one answer come to; UNKNOWN where they contradict each other; None = no word at all."""
    distinct = list(dict.fromkeys(answers))
    if len(distinct) <= 1:
        return distinct[0] if distinct else None
    presences = {answer.presence for answer in distinct} - {Presence.UNKNOWN}
    numbers = {answer.number for answer in distinct} - {None}
    results = {answer.result for answer in distinct} - {""}
    if len(presences) > 1 or len(numbers) > 1 or len(results) > 1:
        return NOT_TOLD
    return Answer(
        presences.pop() if presences else Presence.UNKNOWN,
        results.pop() if results else "",
        numbers.pop() if numbers else None,
        frozenset(each for answer in distinct for each in answer.qualifiers),
    )


def _stated(concept: Concept, answer: str) -> Answer | None:
    if not answer:
        return None
    if concept.reads == "reflex":
        known = answer in REFLEX_GRADES and answer != "unknown"
        return Answer(REFLEX_GRADES[answer], answer) if known else NOT_TOLD
    if concept.reads == "contact":
        return _contact(_CONTACTS.get(answer) or _PRESENCES.get(answer, Presence.UNKNOWN))
    return Answer(_PRESENCES.get(answer, Presence.UNKNOWN))


def _graded(asked: Question, text: str) -> Answer | None:
    """A grade, number or score written as a text; None = it is none, or it is beyond its scale."""
    reads = asked.concept.reads
    if reads == "power":
        grade = power_grade(text)
        return None if grade is None else _numbered(asked, grade)
    if reads in _COUNTED and _NUMBER.fullmatch(normalise(text)):
        return _numbered(asked, Fraction(normalise(text)))
    scores = [_scored(asked, score) for score in pain_scores(text)] if reads in _SCORED else []
    return None if None in scores else agreed([score for score in scores if score])


def _reflex(asked: Question, text: str, language: Language) -> Answer | None:
    """A grade; beside a code that states one, a word that affirms it, repeats it, or takes it back."""
    grade, word = language.word("reflex-grade", text), language.word("answer", text)
    if asked.stated is None:
        return Answer(REFLEX_GRADES[grade], "" if grade == "unknown" else grade) if grade else None
    if not (grade or word):
        return None
    affirmed = word == "present" and grade in {"", "normal"}
    repeated = grade == asked.stated.result and word != "absent"
    return asked.stated if affirmed or repeated else NOT_TOLD


def _numbered(asked: Question, number: Fraction) -> Answer:
    """A number leaves the presence to the protocol's thresholds, unless the code itself states the sign."""
    return Answer(asked.stated.presence if asked.stated else Presence.UNKNOWN, number=number)


def _scored(asked: Question, score: Fraction) -> Answer | None:
    """How bad it is, from 0 (none) to 10: any of it is there; beyond the scale it is no answer."""
    if not 0 <= score <= _WORST_PAIN:
        return None
    presence = Presence.PRESENT if score else Presence.ABSENT
    contradicted = asked.stated is not None and asked.stated.presence is not presence and bool(score)
    return NOT_TOLD if contradicted else Answer(presence)


def _told(asked: Question, presence: Presence) -> Answer:
    """Yes to "no back pain" is absent; no to it says too little."""
    if asked.stated is None or asked.stated.presence is Presence.PRESENT:
        return Answer(presence)
    return asked.stated if presence is Presence.PRESENT else NOT_TOLD


def _contact(presence: Presence) -> Answer:
    return Answer(presence, _RESULTS[presence])


def _function_word(text: str, language: Language) -> str:
    """A word for how well a function is kept; "" where its absence and the absence of the deficit differ.

    A bare yes or no to the name of a function is no answer that could be read, though it may look like one.
    """
    word, grade = language.word("answer", text), language.word("reflex-grade", text)
    lost = {"absent": "present", "reduced": "present", "normal": "absent", "brisk": "absent"}.get(grade, grade)
    if "unknown" in {word, lost}:
        return "unknown"
    if word and lost:
        return word if word == lost else ""
    bare = "|" in text or normalise(text) in _YES_OR_NO
    return "" if word and bare else word or lost
