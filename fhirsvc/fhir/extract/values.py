"""value[x], interpretation and dataAbsentReason of an Observation or component as sided answers to one question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fhirsvc.domain.evidence import Presence, Qualifier, Root, Side, agreed_side
from fhirsvc.domain.lexicon import normalise
from fhirsvc.fhir.extract.answers import NOT_TOLD, Answer, Question, agreed, of_number, of_truth, of_word, question
from fhirsvc.fhir.extract.coding import Said, Understood, understand
from fhirsvc.fhir.extract.durations import Lasting
from fhirsvc.fhir.extract.language import Language, splits
from fhirsvc.fhir.extract.sites import Site
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string, system

_PIECES = re.compile(
    r"[,;()\n]|\s[-\u2013\u2014]\s|\.(?:\s|$)|\b(?:and|but)\b|/(?=\s*(?:left|right|lt|rt|l|r)\b)", re.IGNORECASE
)
_TICK = re.compile(r"\b(left|right|lt|rt|l|r)([+-])(?=[\s,;/]|$)", re.IGNORECASE)
_TICKS = {"+": "positive", "-": "negative"}
_ANGLE = re.compile(r"\s*\b(?:at|to|from|beyond|past)\s+\d{1,3}(?:\s?(?:°|deg(?:ree)?s?\b)|\b)", re.IGNORECASE)
_EXCEPT = re.compile(r"^\s*(?:5/5|full)(?: throughout)?,? (?:except|apart from)(?: for)? ", re.IGNORECASE)
"""What else is full is not named, so that only the exception is said."""
_HELD = re.compile(r"\s*\([^()]*\)\s*$")
_LONGEST = 400
_BEYOND = 100_000


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a short text: an answer, or loose (answer None) a side or qualifier that belongs to one beside it."""

    answer: Answer | None = None
    side: Side | None = None
    qualifiers: frozenset[Qualifier] = frozenset()

    def with_loose(self, loose: Sequence[_Piece]) -> _Piece:
        """This answer with the loose pieces that belong to it."""
        qualifiers = self.qualifiers.union(*(each.qualifiers for each in loose))
        side = agreed_side([each.side for each in (self, *loose) if each.side is not None])
        return replace(self, side=side, qualifiers=qualifiers)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer with the side it names and the text it stands in; understood False = a value was there, unread.

    area, root: those that the answer names, as "reduced over the dorsum of the foot" does.  lasting: how long it has
    been so.
    """

    answer: Answer
    side: Side | None = None
    sentence: str = ""
    understood: bool = True
    lasting: Lasting | None = None
    area: str = ""
    root: Root | None = None


def told_in(node: Node, asked: Question, site: Site, language: Language) -> list[Told]:
    """Every answer that stands here; without any, what the code itself states, else UNKNOWN.

    dataAbsentReason is no result, whatever the code states (RULES 3.1).
    """
    value = _value(node, asked, site, language)
    if value is None and (child(node, "dataAbsentReason") or any(name.startswith("_value") for name in node)):
        return [Told(NOT_TOLD)]
    interpreted = _interpretation(node, asked, language)
    if value is None:
        silent = asked.stated is None and not codeables(node, "interpretation")
        understood = interpreted is not None or silent or (asked.stated is not None and not asked.unread)
        return [Told(interpreted or asked.stated or NOT_TOLD, understood=understood)]
    told = [_with_interpretation(each, interpreted) for each in value]
    return [replace(each, understood=False) if asked.unread and each.answer == NOT_TOLD else each for each in told]


def has_value(node: Node) -> bool:
    """Is there a value or a reason for its absence?"""
    return any(name.startswith("value") or name == "dataAbsentReason" for name in node)


def value_meaning(node: Node, site: Site, language: Language) -> Understood:
    """The Concepts that a value itself states, as a precoordinated finding or phrase."""
    codeable = child(node, "valueCodeableConcept") or {"text": _EXCEPT.sub("", string(node, "valueString"))}
    return understand(codeable, site, language)


def findings_by_side(text: str, site: Site, language: Language) -> tuple[Said, ...]:
    """Findings of one Concept for left and right in one text ("left ankle jerk absent, right ankle jerk 2+").

    Every piece must state a finding and name a side of its own: a "no" before the first never reaches the second.
    """
    pieces = _pieces(text) if len(text) <= _LONGEST else []
    said = [each for piece in pieces for each in understand({"text": piece}, site, language).said]
    sides = {each.meaning.side for each in said}
    if sides != {Side.LEFT, Side.RIGHT} or not len(said) == len(pieces) == len(sides):
        return ()
    alike = len({each.meaning.concept for each in said}) == 1
    stated = all(question(each, language).stated not in {None, NOT_TOLD} for each in said)
    return tuple(said) if alike and stated else ()


def qualifiers_of(text: str, language: Language) -> frozenset[Qualifier]:
    """Qualifiers that stand in a note as remarks of their own ("Limited by pain."), not those woven into prose."""
    words = (language.word("qualifier", each) for each in _pieces(text[:_LONGEST]))
    return frozenset(Qualifier(word) for word in words if word)


def _value(node: Node, asked: Question, site: Site, language: Language) -> list[Told] | None:
    """The answers of value[x]; None = there is none."""
    if codeable := child(node, "valueCodeableConcept"):
        return _codeable(codeable, asked, site, language)
    if text := string(node, "valueString"):
        return _text(text, asked, site, language)
    if isinstance(truth := node.get("valueBoolean"), bool):
        return [_understood(of_truth(asked, truth))]
    return _numeric(node, asked, language)


def _numeric(node: Node, asked: Question, language: Language) -> list[Told] | None:
    if (number := _fraction(node.get("valueInteger"))) is not None:
        return [_understood(of_number(asked, number, "", language))]
    for name, read in (("valueQuantity", _quantity), ("valueRatio", _ratio), ("valueRange", _range)):
        if value := child(node, name):
            return [read(value, asked, language)]
    return [_UNREAD] if any(name.startswith("value") for name in node) else None


def _quantity(quantity: Node, asked: Question, language: Language) -> Told:
    """A number in its unit; a time is how long what is asked after has been there."""
    number, unit = _fraction(quantity.get("value")), _unit(quantity)
    if number is None or quantity.get("comparator"):
        return _UNREAD
    if (time := language.word("time-unit", unit)) and number.denominator == 1 and number >= 0:
        return _since(Lasting(int(number), int(number), time), asked, language) or _UNREAD
    return _understood(of_number(asked, number, unit, language))


def _ratio(ratio: Node, asked: Question, language: Language) -> Told:
    """A grade out of its best ("4 out of 5"), which has no unit."""
    parts = [child(ratio, name) for name in ("numerator", "denominator")]
    numbers = [_fraction(part.get("value")) for part in parts]
    if None in numbers or any(part.get("comparator") or _unit(part) not in {"", "1"} for part in parts):
        return _UNREAD
    return _understood(of_word(asked, f"{numbers[0]}/{numbers[1]}", language))


def _range(between: Node, asked: Question, language: Language) -> Told:
    """Two numbers that come to the same answer."""
    ends = [child(between, name) for name in ("low", "high")]
    told = [_quantity(end, asked, language) for end in ends]
    answer = agreed([each.answer for each in told])
    return Told(answer) if answer and answer != NOT_TOLD and all(each.understood for each in told) else _UNREAD


def _unit(quantity: Node) -> str:
    return string(quantity, "code") or string(quantity, "unit")


def _since(lasting: Lasting, asked: Question, language: Language) -> Told | None:
    """A duration says that it is there, and since when; a question that may mean how long it was not there, nothing."""
    there = asked.stated is None or asked.stated.presence is Presence.PRESENT
    if asked.function or not there or not language.lasts(asked.concept.code):
        return None
    return Told(Answer(Presence.PRESENT), lasting=lasting)


def _fraction(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return Fraction(str(value)) if -_BEYOND < value < _BEYOND else None
    except (ValueError, ArithmeticError):
        return None


_UNREAD = Told(NOT_TOLD, understood=False)


def _understood(answer: Answer | None) -> Told:
    return Told(answer or NOT_TOLD, understood=answer is not None)


def _codeable(codeable: Node, asked: Question, site: Site, language: Language) -> list[Told]:
    """Codes first; a display where its code says nothing; then the text, or a finding that answers by itself."""
    answers = [answer for coding in children(codeable, "coding") if (answer := _coded(coding, asked, language))]
    if (answer := agreed(answers)) is not None:
        return [Told(answer)]
    if text := string(codeable, "text"):
        return _text(text, asked, site, language)
    return [_finding(codeable, asked, site, language) or Told(NOT_TOLD, understood=False)]


def _coded(coding: Node, asked: Question, language: Language) -> Answer | None:
    by_code = of_word(asked, f"{system(coding)}|{string(coding, 'code')}", language)
    return by_code or of_word(asked, _HELD.sub("", string(coding, "display")), language)


def _finding(codeable: Node, asked: Question, site: Site, language: Language) -> Told | None:
    """A value that is itself a finding of this Concept ("absent ankle jerk")."""
    for said in understand(codeable, site, language).said:
        if said.meaning.concept == asked.concept.code and (stated := question(said, language).stated):
            qualified = stated.qualifiers | frozenset(map(Qualifier, said.meaning.qualifiers))
            return Told(
                replace(stated, qualifiers=qualified),
                said.meaning.side,
                string(codeable, "text"),
                area=said.meaning.area,
                root=said.meaning.root,
            )
    return None


def _text(text: str, asked: Question, site: Site, language: Language) -> list[Told]:
    """A short text: one answer, one per side, or a finding; one piece that is not understood leaves all unknown."""
    pieces = _read_pieces(_plain(text, asked), asked, language) if len(text) <= _LONGEST else [None]
    if joined := _joined(pieces, asked):
        return [
            Told(replace(piece.answer, qualifiers=piece.qualifiers), piece.side, text)
            for piece in joined
            if piece.answer
        ]
    if any(piece and piece.answer == NOT_TOLD for piece in pieces):
        return [Told(NOT_TOLD, None, text)]
    return [
        _finding({"text": text}, asked, site, language)
        or _lasting(text, asked, site, language)
        or Told(NOT_TOLD, None, text, understood=False)
    ]


def _lasting(text: str, asked: Question, site: Site, language: Language) -> Told | None:
    """What is there "since 3 days"; not there for three days may mean that it was there before."""
    if not language.lasts(asked.concept.code):
        return None
    if alone := language.durations.alone(text):
        told = _since(alone, asked, language)
        return replace(told, sentence=text) if told else None
    for bare, lasting in language.durations.apart(text):
        answers = _text(bare, asked, site, language)
        if len(answers) == 1 and answers[0].answer.presence is Presence.PRESENT:
            return replace(answers[0], sentence=text, lasting=lasting)
    return None


def _plain(text: str, asked: Question) -> str:
    """The answer to a sign without the angle it was found at, "L+ R-" in words; in a reflex + is a grade."""
    if asked.concept.reads != "sign":
        return text
    return _TICK.sub(lambda tick: f"{tick[1]} {_TICKS[tick[2]]};", _ANGLE.sub("", text))


def _read_pieces(text: str, asked: Question, language: Language) -> list[_Piece | None]:
    whole = _piece(text, asked, language)
    return [whole] if whole else [_piece(each, asked, language) for each in _pieces(text)]


def _pieces(text: str) -> list[str]:
    return [each for each in _PIECES.split(text) if each.strip()]


def _piece(text: str, asked: Question, language: Language) -> _Piece | None:
    """An answer with or without its side and a qualifier, a side alone, or a qualifier alone."""
    if answer := of_word(asked, text.strip(), language):
        return _Piece(answer)
    if side := language.word("side", text) or language.word("side-letter", text):
        return _Piece(side=Side(side))
    for rest, sides in [(normalise(text), ()), *language.without_sides(text, letters=True)]:
        if answer := of_word(asked, rest, language):
            return _Piece(answer, agreed_side(sides))
        if qualifier := language.word("qualifier", rest):
            return _Piece(None, agreed_side(sides), frozenset({Qualifier(qualifier)}))
        if qualified := _qualified(rest, asked, language):
            return replace(qualified, side=agreed_side(sides))
    return None


def _qualified(text: str, asked: Question, language: Language) -> _Piece | None:
    """An answer and a qualifier without a comma between them ("4/5 limited by pain")."""
    for given, rest in splits(text):
        answer, qualifier = of_word(asked, rest, language), language.word("qualifier", given)
        if answer and qualifier:
            return _Piece(answer, qualifiers=frozenset({Qualifier(qualifier)}))
    return None


def _joined(pieces: Sequence[_Piece | None], asked: Question) -> list[_Piece] | None:
    """Loose sides and qualifiers join the answer before them, else the one after; None = unread, or they clash."""
    answers: list[_Piece] = []
    waiting: list[_Piece] = []
    for piece in pieces:
        if piece is None:
            return None
        if piece.answer:
            answers.append(piece.with_loose(waiting))
            waiting = []
        elif answers and not (piece.side and answers[-1].side):
            answers[-1] = answers[-1].with_loose([piece])
        else:
            waiting.append(piece)
    if waiting and not answers and asked.stated:
        return [_Piece(asked.stated).with_loose(waiting)]
    answers = _repeated(answers)
    sides = [each.side for each in answers]
    clash = len(answers) > 1 and (None in sides or len(set(sides)) < len(sides) or Side.BOTH in sides)
    return None if clash or waiting or not answers else answers


def _repeated(answers: list[_Piece]) -> list[_Piece]:
    """One answer said twice is one: "0 (absent)"."""
    if len({(each.answer, each.side) for each in answers}) != 1:
        return answers
    return [replace(answers[0], qualifiers=frozenset().union(*(each.qualifiers for each in answers)))]


def _interpretation(node: Node, asked: Question, language: Language) -> Answer | None:
    return agreed(list(_interpretations(codeables(node, "interpretation"), asked, language)))


def _interpretations(nodes: Sequence[Node], asked: Question, language: Language) -> Iterator[Answer]:
    for node in nodes:
        for key in _keys(node):
            qualifier = language.word("qualifier", key)
            if answer := of_word(asked, key, language):
                yield answer
            elif qualifier:
                yield Answer(Presence.UNKNOWN, qualifiers=frozenset({Qualifier(qualifier)}))


def _keys(node: Mapping[str, Any]) -> Iterator[str]:
    coded = [f"{system(coding)}|{string(coding, 'code')}" for coding in children(node, "coding")]
    yield from coded
    if text := string(node, "text"):
        yield text


def _with_interpretation(told: Told, interpreted: Answer | None) -> Told:
    """An interpretation adds to a number or to a value that was not understood; where both answer they must agree."""
    if interpreted is None:
        return told
    if told.understood and told.answer == NOT_TOLD:
        return told
    both = agreed([told.answer, interpreted])
    return replace(told, answer=both or NOT_TOLD)
