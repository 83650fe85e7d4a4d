"""Tests that provoke: straight-leg raise and its kin, calf squeeze, windlass, Tinel, each with what it reproduced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import Answer, Binding, Bound
from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_VALUES = {
    "positive": "positive",
    "abnormal": "positive",
    "negative": "negative",
    "normal": "negative",
    "absent": "negative",
    "present": "present",
    "open": "unknown",
}
_RAISES = frozenset({"straight-leg-raise", "crossed-slr", "slump-test", "bragard-test", "femoral-stretch"})
_LOCAL = frozenset({"calcaneal-squeeze", "windlass-test"})
_SILENT = frozenset({"other", "exercise"})
_NO = frozenset({"no", "not", "without", "denies", "denied", "nor", "never", "negative"})
_ANGLE = re.compile(r"[1-9][0-9]?")
_DEGREES = frozenset({"degree", "degrees", "deg", "°", "%"})
_BEFORE_ANGLE = frozenset({"at", "to", "about", "approximately", "around", "beyond", "past", "from", "~", "until"})
_STATED = frozenset({"positive", "negative"})
_SIDES = frozenset({"left", "right", "l", "r", "bilaterally", ":", "="})
_RAISED = frozenset({"hamstring", "hamstrings", "lower", "lle", "rle", "ble"})
_ELSEWHERE = frozenset({"head", "neck", "arm", "hand", "trunk", "upper-back", "all-limbs", "hip", "groin", "knee"})
_MUSCLE = "hamstring"
_BEFORE_TEST = 6
_NEAR_BEFORE = 4
_NEAR_BEHIND = 7
_UPON = frozenset({"with", "on", "during", "upon", "to"})
_DENIES_WITHIN = 8
_OTHER_SIDE = frozenset({"not", "but"})


@dataclass(frozen=True, slots=True)
class _Pain:
    """A pain or other complaint that a test is said to bring on, or not to; where: "back" | "leg" | "" = not said."""

    first: int
    denied: bool
    where: str


_EXCEPTED_WITHIN = 4


def read_provocation(seen: Examined) -> Iterator[Remark]:
    """The outcome of every test that the sentence names."""
    tests = seen.named("test")
    if all(test.word in _SILENT for test in tests) or any(test.word == "exercise" for test in tests):
        return
    sides = [*seen.sides, *_equal_angles(seen, tests)]
    binding = Binding(seen.words, sides, [*seen.mentions("filler"), *seen.mentions("neutral")], seen.default)
    pains = _pains(seen)
    told = [*_told(seen, tests), *_provoked(seen, tests, pains)]
    bound = binding.bound([*tests, *seen.foreign(tests, "test", "gait", "movement", "strength")], told)
    found: list[Remark] = []
    for test in tests:
        if test.word not in _SILENT and _is_placed(seen, test):
            within = binding.inherited(test) if test.word == "bragard-test" or _is_added(seen, test) else None
            mine = [each for each in bound if each.thing == test]
            found += _outcome(seen, test, mine, pains, within or Side.UNKNOWN)
    yield from (_without_exception(seen, remark) for remark in found if not _is_repeated(remark, found))


def _without_exception(seen: Examined, remark: Remark) -> Remark:
    """ "Negative on both sides except the left" tells of the right alone."""
    if remark.side is not Side.BOTH or remark.value != "negative":
        return remark
    excepted = {
        side_of(side)
        for cue in seen.mentions("exception")
        for side in seen.mentions("side")
        if 0 <= side.first - cue.after < _EXCEPTED_WITHIN
    }
    rest = {Side.LEFT, Side.RIGHT} - excepted
    return replace(remark, side=rest.pop()) if len(rest) == 1 else remark


def _is_repeated(remark: Remark, found: Sequence[Remark]) -> bool:
    """ "Thompson test positive on the left, no flexion on squeezing the calf": one test, named twice, with one side."""
    alike = (other for other in found if (other.subject, other.value) == (remark.subject, remark.value))
    return remark.side is Side.UNKNOWN and any(other.side is not Side.UNKNOWN for other in alike)


def _equal_angles(seen: Examined, tests: Sequence[Mention]) -> Iterator[Mention]:
    """ "SLR 80/80": the same angle on both sides, right behind the test."""
    for test in tests:
        pair = seen.texts[test.after : test.after + 3]
        if len(pair) == len("0/0") and pair[1] == "/" and pair[0] == pair[2] and _ANGLE.fullmatch(pair[0]):
            yield Mention("side", "both", test.after, test.after + len(pair))


def _is_added(seen: Examined, test: Mention) -> bool:
    """ "A gap on the right with a positive Thompson test": of the side that the sentence has named so far."""
    index = test.first - 1
    answers = {at for told in seen.told for at in range(told.first, told.after)}
    while index >= 0 and (index in answers or seen.texts[index] in {"a", "an"}):
        index -= 1
    return seen.texts[index : index + 1] == ["with"] and index < test.first - 1


def _told(seen: Examined, tests: Sequence[Mention]) -> Iterator[Answer]:
    inside = {index for each in tests for index in range(each.first, each.after)}
    squeezed = any(test.word == "thompson-test" for test in tests)
    stated = any(told.value in _STATED and told.first not in inside for told in seen.told)
    moved = squeezed and not stated and seen.mentions("movement", "plantar-flexion-power")
    for told in seen.told if not moved else ():
        if told.value in _VALUES and told.first not in inside:
            there = seen.texts[told.first : told.after] == ["present"] or all(test.word == "tinel" for test in tests)
            said = _shown(seen, tests) if told.value == "present" and there else _VALUES[told.value]
            yield Answer(value=said, first=told.first, after=told.after)
    for index, text in enumerate(seen.texts):
        if text in {"+", "-"} and _is_tick(seen, index, tests):
            yield Answer(value="positive" if text == "+" else "negative", first=index, after=index + 1)


def _shown(seen: Examined, tests: Sequence[Mention]) -> str:
    """ "Tinel's sign was elicited", "no Tinel's sign was elicited"."""
    return "negative" if any(seen.is_denied_at(test.first) for test in tests) else "positive"


def _is_tick(seen: Examined, index: int, tests: Sequence[Mention]) -> bool:
    """ "SLR +", "+ SLR", "SLR (-)", "SLR-": a sign in brackets or beside the test, not a dash between words."""
    before, behind = seen.texts[index - 1 : index], seen.texts[index + 1 : index + 2]
    if before == ["("] and behind == [")"]:
        return True
    if seen.texts[index] == "+":
        return any(index in {test.after, test.first - 1} for test in tests) or not _SIDES.isdisjoint(before)
    if before in ([","], [";"]) and any(side.first == index + 1 for side in seen.sides) and "+" in seen.texts:
        return True  # "+ L, - R"
    glued = index > 0 and seen.words[index - 1].end == seen.words[index].start
    loose = index + 1 == len(seen.words) or seen.words[index].end < seen.words[index + 1].start
    beside = any(each.after == index for each in (*tests, *seen.sides))
    return glued and (loose or behind == [","]) and beside


def _pains(seen: Examined) -> list[_Pain]:
    """Complaints in the sentence, and whether a "no" or "without" acts on them."""
    found = [
        _Pain(mention.first, _is_denied(seen, mention.first), _where(seen, mention))
        for mention in seen.mentions("provoked")
    ]
    return [pain for pain in found if pain.where != _MUSCLE]


def _is_denied(seen: Examined, index: int) -> bool:
    for at in range(index - 1, max(index - _DENIES_WITHIN, -1), -1):
        if seen.texts[at] in {"but", ";", "positive"}:
            return False
        if seen.texts[at] in _NO:
            return True
    return False


def _where(seen: Examined, mention: Mention) -> str:
    """Does the complaint name the leg, only the back, or only the hamstrings, which any raised leg may stretch?"""
    if mention.word == "leg":
        return "leg"
    turns = [index for index, text in enumerate(seen.texts) if text in {"but", ";"}]
    begin = max([mention.first - _NEAR_BEFORE, *(turn for turn in turns if turn < mention.first)])
    near = range(begin, min([mention.after + _NEAR_BEHIND, *(turn for turn in turns if turn > mention.first)]))
    areas = [area for area in seen.mentions("area") if area.first in near]
    if any(area.word not in {"low-back", "back"} and not _is_stance(seen, area) for area in areas):
        return "leg"
    if any(area.word in {"low-back", "back"} for area in areas):
        return "back"
    return _MUSCLE if any(seen.texts[area.first].startswith(_MUSCLE) for area in areas) else ""


def _is_stance(seen: Examined, area: Mention) -> bool:
    """Parts that do not tell where the pain is: "hamstring" tightness, the leg that is raised, joint and knee."""
    inside = any(test.first <= area.first < test.after for test in seen.mentions("test"))
    return inside or seen.texts[area.first] in _RAISED or area.word in _ELSEWHERE


def _provoked(seen: Examined, tests: Sequence[Mention], pains: Sequence[_Pain]) -> Iterator[Answer]:
    """A test without an outcome in a word: what it brings on tells it, or that it brings on nothing."""
    for pain in pains:
        if (test := _brought_on(seen, tests, pain)) is not None:
            yield Answer(value="painless" if pain.denied else "painful", first=test.first - 1, after=test.first)
            continue
        if pain.denied and pain.where == "leg" and any(each.where == "back" and not each.denied for each in pains):
            continue  # "back pain but no leg pain"
        begin = max((test.after for test in tests if test.after <= pain.first), default=0)
        turns = [index for index in range(begin, pain.first) if seen.texts[index] in {"but", ";"}]
        verbs = [verb for verb in seen.mentions("provoke") if max(turns, default=begin) <= verb.first < pain.first]
        if begin and pain.denied:
            yield Answer(value="painless", first=pain.first, after=pain.first + 1)
        elif begin and verbs:
            yield Answer(value="painful", first=verbs[0].first, after=verbs[0].after)
    yield from _moved(seen, tests)
    for mention in seen.mentions("hamstring-limit"):
        yield Answer(value="tight", first=mention.first, after=mention.after)


def _brought_on(seen: Examined, tests: Sequence[Mention], pain: _Pain) -> Mention | None:
    """The test right behind a complaint: "no pain with straight-leg raising"."""
    small = {index for each in seen.mentions("neutral") for index in range(each.first, each.after)}
    small |= {index for each in seen.sides for index in range(each.first, each.after)}
    for test in tests:
        gap = range(pain.first + 1, test.first)
        linked = any(seen.texts[index] in _UPON for index in gap) and len(gap) <= _BEFORE_TEST
        if linked and all(index in small or seen.texts[index] in _UPON | {"the", "any"} for index in gap):
            return test
    return None


def _moved(seen: Examined, tests: Sequence[Mention]) -> Iterator[Answer]:
    """Squeezing the calf moves the foot, or it does not: the test described instead of named."""
    squeezes = [test for test in tests if test.word == "thompson-test"]
    for move in seen.mentions("movement", "plantar-flexion-power"):
        if squeezes and move.first > squeezes[0].first:
            still = _is_denied(seen, move.first) or seen.texts[move.first - 1] in {"absent", "lacks", "lacking"}
            yield Answer(value="positive" if still else "negative", first=move.first, after=move.after)


def _is_placed(seen: Examined, test: Mention) -> bool:
    """Tinel counts here only at the tarsal tunnel."""
    return test.word != "tinel" or (bool(seen.mentions("tarsal")) and not seen.mentions("carpal"))


def _outcome(
    seen: Examined, test: Mention, bound: Sequence[Bound], pains: Sequence[_Pain], within: Side
) -> Iterator[Remark]:
    stated = [each for each in bound if each.value in {"positive", "negative", "unknown"}]
    if not stated:
        stated = _implied(test, bound) or [
            each
            for side in dict.fromkeys(each.side for each in bound)
            for each in _implied(test, [each for each in bound if each.side is side])
        ]
    told = {each.side for each in stated}
    stated += [
        each
        for side in dict.fromkeys(each.side for each in bound)
        if told and None not in told and side is not None and side not in told
        for each in _implied(test, [each for each in bound if each.side is side])
    ]
    subject = "tinel-tarsal-tunnel" if test.word == "tinel" else test.word
    shared = agreed_side([each.side for each in bound if each.side is not None])
    within = shared if shared is not None and all(each.side is None for each in stated) else within
    by_side: dict[Side, set[str]] = {}
    for each in stated:
        by_side.setdefault(each.side or within, set()).add(each.value)
    rejected = seen.rejected_side
    for side, values in by_side.items():
        value = _agreed(values, [pain for pain in pains if not pain.denied])
        for each in [each for each in stated if each.value == value and (each.side or within) is side][:1]:
            yield from _remark(seen, subject, value, side, each, pains)
            if rejected is not None and side is rejected.other:
                opposite = "negative" if value == "positive" else "positive"
                yield from _remark(seen, subject, opposite, rejected, each, ())


def _agreed(values: set[str], pains: Sequence[_Pain]) -> str:
    """ "Negative for leg pain, positive for back pain" is positive, for the back; other contradictions tell nothing."""
    if len(values - {"unknown"}) == 1:
        return (values - {"unknown"}).pop()
    if values == {"unknown"}:
        return "unknown"
    return "positive" if pains and all(pain.where == "back" for pain in pains) else ""


def _implied(test: Mention, bound: Sequence[Bound]) -> list[Bound]:
    """What a test without the word for its outcome comes to by what it brought on."""
    if test.word not in _RAISES | _LOCAL:
        return []
    values = {each.value for each in bound}
    if "painful" in values and "painless" not in values:
        return [_as(each, "positive") for each in bound if each.value == "painful"][:1]
    if "painless" in values and "painful" not in values:
        return [_as(each, "negative") for each in bound if each.value == "painless"][:1]
    if "tight" in values and test.word in _RAISES and "painful" not in values:
        return [_as(each, "negative") for each in bound if each.value == "tight"][:1]
    return []


def _as(bound: Bound, value: str) -> Bound:
    return Bound(
        thing=bound.thing, told=Answer(value=value, first=bound.told.first, after=bound.told.after), side=bound.side
    )


def _remark(
    seen: Examined, subject: str, value: str, side: Side, each: Bound, pains: Sequence[_Pain]
) -> Iterator[Remark]:
    span = (min(each.thing.first, each.told.first), max(each.thing.after, each.told.after))
    raised = subject in _RAISES
    near = [pain for pain in pains if not pain.denied and pain.first >= span[0] and not _is_beyond(seen, each, pain)]
    where = {pain.where for pain in near if value == "positive" and raised} - {""}
    reproduces = "leg" if "leg" in where else "back" if where else ""
    lone = sum(told.value in _STATED for told in seen.told) <= 1
    grade = _angle(seen, each, lone=lone) if raised else ""
    for remark in seen.remark(subject, value, span, side=side, grade=grade):
        yield replace(remark, reproduces=reproduces)


def _is_beyond(seen: Examined, each: Bound, pain: _Pain) -> bool:
    """Does another test stand between this one's outcome and a complaint?"""
    start = max(each.told.after, each.thing.after)
    return any(start <= test.first < pain.first for test in seen.mentions("test"))


def _angle(seen: Examined, each: Bound, *, lone: bool) -> str:
    """The angle in degrees that stands with an outcome: behind it, before the next test or outcome."""
    start = min(each.told.first, each.thing.first) if lone else each.told.first
    ends = [test.first for test in seen.mentions("test") if test.first > max(each.told.after, each.thing.after) - 1]
    end = min(ends, default=len(seen.texts))
    others = [told.first for told in seen.told if told.value in _STATED and told.first > each.told.first]
    end = min([end, *others])
    angles = {seen.texts[index] for index in range(start, end) if _is_angle(seen, index)}
    return angles.pop() if len(angles) == 1 else ""


def _is_angle(seen: Examined, index: int) -> bool:
    if not _ANGLE.fullmatch(seen.texts[index]):
        return False
    behind = seen.texts[index + 1] if index + 1 < len(seen.texts) else ""
    return behind in _DEGREES or (len(seen.texts[index]) > 1 and seen.texts[index - 1] in _BEFORE_ANGLE)
