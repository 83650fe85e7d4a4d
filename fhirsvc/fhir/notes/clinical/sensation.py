"""Sensation as it was tested: kept, reduced or lost, in which area or dermatome, and at the saddle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import Answer, Binding, Bound, agreed_or_both
from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.clinical.parts import LEG, Part
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_VALUES = {"normal": "normal", "reduced": "reduced", "absent": "absent", "abnormal": "reduced", "open": "unknown"}
_ENDS = frozenset({";", "but", "however", "."})
_ELSEWHERE = frozenset({"other", "otherwise", "elsewhere", "remaining", "rest", "remainder"})
_UP_TO = frozenset({"to", "through", "up"})
_HIGHER = frozenset({"knee", "ankle", "calf", "shin", "distal-leg", "thigh", "leg"})
_SADDLE = "saddle"
_SEGMENTS = ("L1", "L2", "L3", "L4", "L5", "S1", "S2", "S3", "S4", "S5")
_COMPARING = frozenset({"compared", "versus", "vs", "than", "relative", "comparison", "counterpart"})
_LOWEST = frozenset({"foot", "toes", "ankle", "distal-leg"})
_NOT_HERE = frozenset({"knee", "hip", "groin"})
_SUBJECTIVE = frozenset({"subjective", "subjectively", "self-reported"})
_SUBJECTIVE_WITHIN = 3
_ORGAN_WITHIN = 3


def read_sensation(seen: Examined) -> Iterator[Remark]:
    """What a test of sensation showed; what the patient complains of is not here."""
    things = seen.mentions("sense", "sense")
    losses = [
        loss
        for loss in seen.mentions("sense", "loss")
        if not (_is_subjective(seen, loss.first) or _is_of_organ(seen, loss))
    ]
    if not (things or losses) or seen.mentions("complains") or seen.is_elsewhere:
        return
    inside = {index for each in losses for index in range(each.first, each.after)}
    told = [
        Answer(value=_VALUES[each.value], first=each.first, after=each.after)
        for each in seen.told
        if each.value in _VALUES and each.first not in inside and not _is_subjective(seen, each.first)
    ]
    kinds = ("filler", "neutral", "area", "aspect", "segment", "level")
    neutral = [*things, *(mention for kind in kinds for mention in seen.mentions(kind))]
    things = [thing for thing in things if thing.first not in inside and not _is_of_organ(seen, thing)]
    foreign = seen.foreign([*things, *losses], "sense", "gait")
    bound = Binding(seen.words, [], neutral, seen.default).bound([*things, *foreign], told)
    bound = _once([each for each in bound if each.thing.kind == "sense"])
    stops = [each for each in foreign if each.first > 0]
    bound += [Bound(thing=each, told=_lost(seen, each), side=seen.default) for each in losses]
    bound.sort(key=lambda each: each.told.first)
    yield from _unrepeated([remark for each in bound for remark in _located(seen, each, bound, stops)])


def _is_subjective(seen: Examined, index: int) -> bool:
    """ "Intact, but subjective numbness of the sole": what the patient feels, and no finding."""
    return not _SUBJECTIVE.isdisjoint(seen.texts[max(index - _SUBJECTIVE_WITHIN, 0) : index])


def _is_of_organ(seen: Examined, loss: Mention) -> bool:
    """ "Lost the sensation of passing urine" speaks of the bladder and of no leg."""
    organs = (organ for organ in seen.mentions("organ") if organ.word != "other")
    return any(0 <= organ.first - loss.after < _ORGAN_WITHIN for organ in organs)


def _unrepeated(remarks: list[Remark]) -> Iterator[Remark]:
    """ "Altered, decreased at the lateral foot" is one finding: the one that says where."""
    located = {remark.value for remark in remarks if remark.areas or remark.roots}
    for remark in remarks:
        if remark.areas or remark.roots or remark.value not in located or remark.subject != "sensation":
            yield remark


def _lost(seen: Examined, loss: Mention) -> Answer:
    """Words that name test and outcome together, as they are denied or not."""
    denied = any(
        told.value == "normal" and loss.first <= told.first < loss.after for told in seen.told
    ) or seen.is_denied_at(loss.first)
    return Answer(value="normal" if denied else "reduced", first=loss.first, after=loss.after)


def _once(bound: Sequence[Bound]) -> list[Bound]:
    """Several modalities with one answer are one finding."""
    found: dict[tuple[int, Side | None], Bound] = {}
    for each in bound:
        found.setdefault((each.told.first, each.side), each)
    return list(found.values())


def _located(seen: Examined, each: Bound, others: Sequence[Bound], foreign: Sequence[Mention]) -> Iterator[Remark]:
    begin, end = _stretch(seen, each, others)
    if not _is_listed(each, foreign):
        end = _before(
            seen,
            each.told.after,
            min([stop.first for stop in foreign if stop.first >= each.told.after], default=end),
            end,
        )
        begin = max([stop.after for stop in foreign if stop.after <= each.told.first], default=begin)
    if not _ELSEWHERE.isdisjoint(seen.texts[begin:end]) and each.value == "normal":
        return
    value = each.value
    if value == "normal" and (exception := _exception(seen, each)):
        if any(other.told.first >= exception for other in others):
            return
        value, begin, end = "reduced", exception, len(seen.texts)
    parts = [*_saddle_between(seen, each), *_parts(seen, each, begin, end)]
    roots = _roots(seen, each, begin, end)
    if parts and not any(_is_here(part.area) for part in parts):
        return
    yield from _remark(seen, each, value, parts, roots, (begin, end))


def _saddle_between(seen: Examined, each: Bound) -> list[Part]:
    """ "Sensation on wiping is normal": the saddle named between the sensation and its answer."""
    between = range(each.thing.after, each.told.first)
    return [part for part in seen.parts.all if part.area == _SADDLE and part.first in between]


def _remark(
    seen: Examined, each: Bound, value: str, parts: Sequence[Part], roots: Sequence[str], stretch: tuple[int, int]
) -> Iterator[Remark]:
    begin, end = stretch
    span = (min(each.thing.first, each.told.first), max(each.thing.after, each.told.after))
    if any(part.area == _SADDLE for part in parts):
        answer = {"reduced": "present", "absent": "present", "normal": "absent"}.get(value, "unknown")
        yield from seen.remark("saddle-sensation-change", answer, span)
        return
    kept = [part for part in parts if _is_here(part.area)]
    named = [side for side in seen.sides if begin <= side.first < end and not _is_compared(seen, side)]
    named = [side for side in named if side.first >= each.told.first] or _behind_comma(seen, named, each.told.first)
    side = agreed_or_both(named) or each.side or agreed_side([part.side for part in kept if part.side is not None])
    areas = _areas(seen, kept)
    if side is None and kept and _is_plural(seen, kept[-1]):
        side = Side.BOTH
    for remark in seen.remark("sensation", value, span, side=side):
        yield replace(remark, roots=tuple(dict.fromkeys(roots)), areas=tuple(dict.fromkeys(areas)))


def _behind_comma(seen: Examined, sides: list[Mention], index: int) -> list[Mention]:
    """ "Reduced in the left S1, right normal": of sides before an answer those behind the last comma."""
    comma = max((at for at in range(index) if seen.texts[at] in {",", ";"}), default=-1)
    return [side for side in sides if side.first > comma] or sides


def _is_compared(seen: Examined, side: Mention) -> bool:
    """ "In comparison to its counterpart on the left" speaks of the other side."""
    return not _COMPARING.isdisjoint(seen.texts[max(side.first - 6, 0) : side.first])


def _is_here(area: str) -> bool:
    return area in LEG - _NOT_HERE or area == _SADDLE


def _is_listed(each: Bound, foreign: Sequence[Mention]) -> bool:
    """ "Strength, sensation and reflexes are normal in the legs": what stands beside has the same answer."""
    between = range(each.thing.after, each.told.first)
    return any(stop.first in between for stop in foreign) or any(
        each.told.after <= stop.first < each.thing.first for stop in foreign
    )


def _before(seen: Examined, after: int, stop: int, end: int) -> int:
    """Where the words of an answer end before another thing: at the last joint before that."""
    if stop >= end:
        return end
    cuts = [index for index in range(after, stop) if seen.texts[index] in {",", "and", "&", ";", "but", "with"}]
    return cuts[-1] if cuts else stop


def _stretch(seen: Examined, each: Bound, others: Sequence[Bound]) -> tuple[int, int]:
    """From the answer before to the next, within the same part of the sentence."""
    first, after = each.told.first, each.told.after
    begin = max([other.told.after for other in others if other.told.after <= first and other is not each], default=0)
    following = min([other.told.first for other in others if other.told.first >= after], default=len(seen.texts))
    cuts = [index for index in range(after, following) if seen.texts[index] in {",", "and", "&"}]
    end = cuts[-1] if cuts and following < len(seen.texts) else following
    begin = max([index + 1 for index in range(begin, first) if seen.texts[index] in _ENDS], default=begin)
    return begin, min([index for index in range(after, end) if seen.texts[index] in _ENDS | _SUBJECTIVE], default=end)


def _exception(seen: Examined, each: Bound) -> int:
    """Where an exception begins that names another part or root ("intact except for the great toe"); 0 = none."""
    cues = [cue for cue in seen.mentions("exception") if each.told.after <= cue.first]
    if not cues:
        return 0
    starts = [part.first for part in seen.parts.all]
    starts += [mention.first for mention in (*seen.mentions("segment"), *seen.mentions("level"))]
    return cues[0].after if any(first >= cues[0].after for first in starts) else 0


def _parts(seen: Examined, each: Bound, begin: int, end: int) -> list[Part]:
    """The parts behind the answer; where none stands there, those before it."""
    within = [part for part in seen.parts.all if begin <= part.first < end]
    behind = [part for part in within if part.first >= min(each.told.after, max(begin, each.told.first))]
    return behind or [part for part in within if not _is_parted(seen, part, each)]


def _is_parted(seen: Examined, part: Part, each: Bound) -> bool:
    """Does "with", "without" or a new statement stand between a part and the test?"""
    between = seen.texts[part.after : min(each.thing.first, each.told.first)]
    return any(text in {"with", "without", "and", ",", "is", "are", "was", "were"} for text in between)


def _roots(seen: Examined, each: Bound, begin: int, end: int) -> list[str]:
    named = [
        mention for mention in (*seen.mentions("segment"), *seen.mentions("level")) if begin <= mention.first < end
    ]
    behind = [mention for mention in named if mention.first >= each.told.first]
    return [root for mention in behind or named for root in _between(mention.word)]


def _between(named: str) -> list[str]:
    """ "L4-S1" names all from the first to the last."""
    first, _, last = named.partition("-")
    if first not in _SEGMENTS or last not in _SEGMENTS:
        return [first]
    return list(_SEGMENTS[_SEGMENTS.index(first) : _SEGMENTS.index(last) + 1])


def _areas(seen: Examined, parts: Sequence[Part]) -> list[str]:
    """The areas; a stocking swallows the parts it reaches over ("toes to knees")."""
    areas = [part.area for part in parts]
    if "stocking" in areas:
        return ["stocking"]
    for one, other in pairwise(parts):
        between = seen.texts[one.after : other.first]
        if one.area in _LOWEST and other.area in _HIGHER and any(text in _UP_TO for text in between):
            return ["stocking"]
    named = [area for area in areas if area not in {"leg", "all-limbs"}] or areas
    return [area for area in named if area != "all-limbs"]


def _is_plural(seen: Examined, part: Part) -> bool:
    return seen.texts[part.after : part.after + 1] in (["dermatomes"], ["myotomes"])
