"""The power of muscles and movements of the leg: grades out of five, and weak or full in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import FOREIGN, Answer, Binding, Bound, with_lent_sides
from fhirsvc.fhir.notes.clinical.examined import ELSEWHERE, Examined
from fhirsvc.fhir.notes.clinical.grades import Grade
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_WORDS = {"normal": "normal", "reduced": "reduced", "absent": "absent", "open": "unknown"}
_SIDES = {"right-first": (Side.RIGHT, Side.LEFT), "left-first": (Side.LEFT, Side.RIGHT)}
_FULL = "5"
_ABBREVIATED = re.compile(r"[a-z]{2,5}")
_OTHER = "other"
_LEG = "leg-power"
_TREND_WITHIN = 3
_WEAK = ("weak", "pares", "paraly")
_LESS = frozenset({"except", "excepting", "exception", "apart", "but", "aside", "besides", "otherwise", "save"})
"""Words that take something from what is said of the whole."""
_BESIDE = ("reflex", "test", "sense", "heel-raise", "gait", "motion")
"""What else a sentence examines, whose answers could be taken for those of power."""


def read_power(seen: Examined) -> Iterator[Remark]:
    """The power of each muscle or movement that a sentence names; a movement needs a word of power or a grade."""
    things = [] if seen.is_elsewhere else _things(seen)
    if not any(thing.word != _OTHER for thing in things):
        yield from _of_leg(seen)
        return
    binding = Binding(seen.words, seen.sides, [*seen.mentions("filler"), *seen.mentions("neutral")], seen.default)
    told = [*_graded(seen), *_worded(seen, things)]
    others = [*seen.foreign(things, "muscle", "movement", "strength"), *_unknown(seen)]
    bound = binding.bound([*things, *others], told)
    for thing in dict.fromkeys(things):
        if thing.word != _OTHER:
            mine = [each for each in bound if each.thing == thing]
            yield from _stated(seen, thing, mine, binding.inherited(thing) or _equal(seen))


def _of_leg(seen: Examined) -> Iterator[Remark]:
    """The power of a leg as a whole, where no muscle and no movement is named and nothing is taken from it."""
    legs = [each._replace(word=_LEG) for each in seen.mentions("whole-leg")]
    headed = "whole-leg" in seen.topics and not any(area.word in ELSEWHERE for area in seen.mentions("area"))
    legs = legs or [Mention("whole-leg", _LEG, 0, 0)] * headed
    spoken = any(not _is_weakness(seen, each.first) for each in seen.mentions("strength")) or "strength" in seen.topics
    named = seen.mentions("muscle") or seen.mentions("movement")
    if seen.is_elsewhere or named or not (legs and spoken) or not _LESS.isdisjoint(seen.texts):
        return
    told = [*_graded(seen), *(each for each in _worded(seen, legs) if not _is_weakness(seen, each.first))]
    if told and all(each.value == "normal" for each in told):
        for leg in legs:
            yield from seen.remark(
                _LEG, "normal", _span(leg, told[0]), side=_side_of_leg(seen, leg), grade=told[0].grade
            )
    elif told and not any(map(seen.mentions, _BESIDE)):
        yield from _bound_to_leg(seen, legs, told)


def _bound_to_leg(seen: Examined, legs: Sequence[Mention], told: Sequence[Answer]) -> Iterator[Remark]:
    taken = {index for each in legs for index in range(each.first, each.after)}
    others = [each for each in seen.mentions("whole") if taken.isdisjoint(range(each.first, each.after))]
    neutral = [*seen.mentions("filler"), *seen.mentions("neutral"), *seen.mentions("strength")]
    binding = Binding(seen.words, seen.sides, neutral, seen.default)
    bound = binding.bound([*legs, *(each._replace(word=_OTHER) for each in others)], told)
    for leg in legs:
        mine = [each for each in bound if each.thing == leg]
        yield from _stated(seen, leg, mine, _side_of_leg(seen, leg) or binding.inherited(leg))


def _side_of_leg(seen: Examined, leg: Mention) -> Side | None:
    """The side of the words that name the leg, else of the heading, else the only one of the sentence."""
    part = seen.parts.at(leg.first) if leg.after else None
    named = agreed_side([side_of(side) for side in seen.sides])
    return (part.side if part is not None else None) or named or seen.default


def _is_weakness(seen: Examined, index: int) -> bool:
    """ "Weakness of the leg" is read as the symptom or sign it names, and not as an answer to a test."""
    return seen.texts[index].startswith(_WEAK)


def _span(thing: Mention, told: Answer) -> tuple[int, int]:
    return min(thing.first, told.first), max(thing.after, told.after)


def _unknown(seen: Examined) -> Iterator[Mention]:
    """ "EHL 5/5, XYZ 4/5": an abbreviation that is not known keeps the grade behind it."""
    known = {index for each in seen.sentence.mentions for index in range(each.first, each.after)}
    for grade in seen.grades:
        index = grade.first - 1
        opens = index == 0 or seen.texts[index - 1 : index] in ([","], [";"], [":"])
        if index >= 0 and opens and index not in known and _ABBREVIATED.fullmatch(seen.texts[index]):
            yield Mention(FOREIGN, FOREIGN, index, index + 1)


def _equal(seen: Examined) -> Side | None:
    """ "Full and symmetric": on both sides, where none is named."""
    return Side.BOTH if not seen.sides and any(told.value == "symmetric" for told in seen.told) else None


def _things(seen: Examined) -> list[Mention]:
    named = [each for each in seen.mentions("muscle") if not _is_lone_initial(seen, each)]
    muscles = [*named, *(each._replace(word=_OTHER) for each in seen.mentions("whole"))]
    movements = seen.mentions("movement") or ([] if muscles else _drops(seen))
    spoken = bool(seen.mentions("strength")) or "strength" in seen.topics
    if spoken or any(grade.other == _FULL for grade in seen.grades):
        return sorted([*muscles, *movements], key=lambda each: each.first)
    if any(told.value == "reduced" for told in seen.told) and not any(
        map(seen.mentions, ("tender", "swelling", "motion"))
    ):
        return muscles
    graded = (
        bool(seen.grades)
        and not seen.mentions("reflex")
        and "reflex" not in seen.topics
        and not seen.mentions("motion")
    )
    return sorted([*muscles, *movements], key=lambda each: each.first) if graded or _is_weak(seen) else []


def _drops(seen: Examined) -> list[Mention]:
    """ "Foot drop, power 1/5": a grade beside a foot drop and no other movement is that of dorsiflexion."""
    graded = any(grade.other == _FULL for grade in seen.grades)
    drops = [each for each in seen.mentions("symptom", "foot-drop") if not seen.is_denied_at(each.first)]
    return [each._replace(kind="movement", word="ankle-dorsiflexion-power") for each in drops if graded]


def _is_lone_initial(seen: Examined, muscle: Mention) -> bool:
    """ "GS" is the gastrocnemius and soleus only beside another muscle of the leg; elsewhere it may be the grip."""
    if seen.texts[muscle.first : muscle.after] != ["gs"]:
        return False
    return not any(each.word != _OTHER and each != muscle for each in seen.mentions("muscle"))


def _is_weak(seen: Examined) -> bool:
    return any(_is_weakness(seen, told.first) for told in seen.told)


def _graded(seen: Examined) -> Iterator[Answer]:
    for order, grade in enumerate(seen.grades):
        if grade.other and seen.order:
            yield from _ordered(seen.grades, order, seen.order)
        elif grade.other and grade.other.strip("+-") != _FULL:
            if _class(grade.one) == _class(grade.other):
                yield _answer(grade, _class(grade.one), grade.one, Side.BOTH)
        elif grade.other and grade.other != _FULL and grade.one.strip("+-") == _FULL:
            yield _answer(grade, "unknown", grade.written)
        elif grade.upto:
            value = _class(grade.one) if _class(grade.one) == _class(grade.upto) else "reduced"
            yield _answer(grade, value, grade.written)
        else:
            yield _answer(grade, _class(grade.one), grade.written)


def _ordered(grades: Sequence[Grade], at: int, order: str) -> Iterator[Answer]:
    """Under "right/left" a pair, or two grades out of five one behind the other; one alone ("4/5") may be either."""
    grade = grades[at]
    behind = grades[at + 1] if at + 1 < len(grades) and grades[at + 1].first - grade.after <= 1 else None
    before = grades[at - 1] if at and grade.first - grades[at - 1].after <= 1 else None
    five = grade.other == _FULL
    if five and (behind or before) and (behind or before or grade).other == _FULL:
        side = _SIDES[order][0 if behind else 1]
        yield _answer(grade, _class(grade.one), grade.written, side)
    elif five and grade.one != _FULL and "+" not in grade.one and "-" not in grade.one:
        yield _answer(grade, "unknown", grade.written)
    else:
        yield from _pair(grade, order)


def _pair(grade: Grade, order: str) -> Iterator[Answer]:
    if grade.one == grade.other:
        yield _answer(grade, _class(grade.one), grade.one, Side.BOTH)
        return
    first, second = _SIDES[order]
    yield _answer(grade, _class(grade.one), grade.one, first)
    yield _answer(grade, _class(grade.other), grade.other, second)


def _answer(grade: Grade, value: str, written: str, side: Side | None = None) -> Answer:
    return Answer(value=value, first=grade.first, after=grade.after, grade=written, side=side)


def _class(grade: str) -> str:
    if grade == "trace":
        return "reduced"
    if grade.strip("+-") == "0":
        return "absent" if grade == "0" else "reduced"
    return "normal" if grade in {_FULL, "+5", "5+"} else "reduced"


def _worded(seen: Examined, things: Sequence[Mention]) -> Iterator[Answer]:
    inside = {index for each in things for index in range(each.first, each.after)}
    graded = {index for each in seen.grades for index in range(each.first, each.after)}
    for told in seen.told:
        if told.value in _WORDS and told.first not in inside | graded:
            yield Answer(value=_WORDS[told.value], first=told.first, after=told.after)


def _trend(seen: Examined, span: tuple[int, int]) -> frozenset[str]:
    """ "Progressive weakness of dorsiflexion", "..., progressive over weeks": right before or behind, not denied."""
    first, after = span
    near = [each for each in seen.mentions("trend") if -1 <= first - each.after < _TREND_WITHIN]
    near += [each for each in seen.mentions("trend") if -1 <= each.first - after < _TREND_WITHIN]
    near += [each for each in seen.mentions("trend") if first <= each.first < after]
    return frozenset(each.word for each in near if not seen.is_denied_at(each.first))


def _stated(seen: Examined, thing: Mention, bound: Sequence[Bound], inherited: Side | None) -> Iterator[Remark]:
    """One value per side: a grade beats words; a contradiction tells nothing."""
    bound = with_lent_sides(bound)
    graded = [each for each in bound if each.told.grade]
    measured = {each.side for each in graded}
    chosen = graded + [
        each for each in bound if not each.told.grade and (each.side not in measured if each.side else not graded)
    ]
    values: dict[Side, set[str]] = {}
    for each in chosen:
        values.setdefault(each.side or inherited or Side.UNKNOWN, set()).add(each.value)
    told: set[Side] = set()
    for each in chosen:
        side = each.side or inherited or Side.UNKNOWN
        if len(values[side]) == 1 and side not in told:
            told.add(side)
            span = _span(thing, each.told)
            limited = frozenset({"pain-limited"}) if seen.mentions("pain-limited") else frozenset()
            limited |= _trend(seen, span) if each.value in {"reduced", "absent"} else frozenset()
            for remark in seen.remark(thing.word, each.value, span, side=side, grade=each.told.grade):
                yield replace(remark, qualifiers=limited)
