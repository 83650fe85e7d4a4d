"""Walking on heels and toes, rising on the toes, and the gait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import Answer, Binding, Bound
from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_VALUES = {
    "normal": "normal",
    "able": "able",
    "symmetric": "symmetric",
    "difficult": "reduced",
    "reduced": "reduced",
    "abnormal": "reduced",
    "unequal": "reduced",
    "unable": "absent",
    "absent": "absent",
    "open": "unknown",
    "positive": "reduced",
    "negative": "normal",
}
_STRENGTH = ("absent", "reduced", "normal", "able")
_POSSESSIVES = frozenset(
    {"his", "her", "their", "the", "both", "of", "to", "my", "tip", "left", "right", "either", "each"}
)
_JOINTS = frozenset(
    {"and", "or", "/", ",", "&", "then", "as", "well", "on", "his", "her", "their", "the", "both", "to", "-"}
)
_WALKING = frozenset(
    {"walk", "walks", "walking", "walked", "gait", "ambulation", "ambulate", "ambulates", "ambulating"}
)
_VERB_WITHIN = 7
_RAISES = frozenset({"rise", "raise", "rises", "raises", "rising", "raising", "push", "up", "lift", "stand-up"})
_TO_THE_SIDE = frozenset({"to", "on", "the", "with", "from", "of", "side", "pattern", "gait", "in", "involving"})
_NEAR = 5
_SIDED = frozenset({"-", "sided", "leg", "lower", "extremity"})
_POOR = frozenset({"counted", "absent", "reduced"})
_PAIR = 2
_TIMES = frozenset({"times", "reps", "repetitions", "repeats"})
_STATION = frozenset({"and", "station", "posture", ",", "heel", "toe", "balance"})
_LOOSE = frozenset(
    {
        *("pattern", "and", "station", "posture", "appears", "to", "be", "was", "is", "are", ":"),
        *("-", "a", "an", "with", "has", "the", "of", "analysis", "somewhat", "very", "mildly"),
        *(
            "markedly",
            "slightly",
            "grossly",
            "significantly",
            "remains",
            "quite",
            "balance",
            "coordination",
            "noted",
            "observed",
            "exam",
        ),
        *(
            "examination",
            "testing",
            "mild",
            "moderate",
            "severe",
            "significant",
            "moderately",
            "severely",
            "slight",
            "rather",
            "currently",
        ),
        *("today", "patient's", "within", "essentially"),
    }
)
"""Words that may stand between a gait and what describes it."""


def read_walking(seen: Examined) -> Iterator[Remark]:
    """How a sentence says that the patient walks on heels and toes, and rises on the toes."""
    things = [*seen.mentions("heel-raise"), *_walks(seen)]
    if not things or _is_exercise(seen):
        return
    kinds = ("filler", "neutral", "stance", "gait", "tandem")
    neutral = [mention for kind in kinds for mention in seen.mentions(kind)]
    binding = Binding(seen.words, seen.sides, neutral, seen.default)
    inside = {index for thing in things for index in range(thing.first, thing.after)}
    told = [
        Answer(value=_value(seen, told), first=told.first, after=told.after)
        for told in seen.told
        if told.value in _VALUES and told.first not in inside and not _is_cause(seen, told)
    ]
    weak = [each for each in seen.mentions("strength") if seen.texts[each.first] == "weak"]
    foreign = seen.foreign([*things, *weak, *seen.mentions("test", "exercise")], "gait", "heel-raise", "beside")
    bound = binding.bound([*things, *foreign], [*told, *_denied(seen, things), *_counts(seen, things)])
    for thing in dict.fromkeys(things):
        if thing.word != "tandem":
            yield from _stated(seen, thing, [each for each in bound if each.thing == thing])


def _is_exercise(seen: Examined) -> bool:
    """ "Heel raises daily as tolerated" is a treatment; repetitions alone may count what was seen."""
    return any(not seen.texts[each.first].startswith("rep") for each in seen.mentions("test", "exercise"))


def _value(seen: Examined, told: Answer) -> str:
    """ "Unable to perform" is an answer here; of a test of the back it would leave it open."""
    failed = seen.texts[told.first] == "unable" and seen.texts[told.after - 1] in {"perform", "complete"}
    return "absent" if failed else _VALUES[told.value]


def _is_cause(seen: Examined, told: Answer) -> bool:
    """ "Impaired due to weakness": the cause, not an answer of its own."""
    return seen.texts[told.first] in {"weakness", "loss", "paresis"}


def _walks(seen: Examined) -> Iterator[Mention]:
    """Heels and toes that are walked on; "heel-toe" alone is the tandem walk, which is neither."""
    ends = seen.mentions("foot-end")
    raises = {index for each in seen.mentions("heel-raise") for index in range(each.first, each.after)}
    ends = [end for end in ends if end.first not in raises]
    for order, end in enumerate(ends):
        group = _joined(seen, ends, order)
        if not any(_is_walked(seen, each) for each in group):
            continue
        if _is_tandem(seen, group):
            yield Mention("walk", "tandem", end.first, end.after)
        elif _is_raise(seen, group):
            yield Mention("walk", "heel-raise", end.first, end.after)
        else:
            yield Mention("walk", f"{end.word}-walk", end.first, end.after)


def _joined(seen: Examined, ends: Sequence[Mention], order: int) -> list[Mention]:
    """The heels and toes that are named together with this one."""
    first = last = order
    while first > 0 and _is_joined(seen, ends[first - 1], ends[first]):
        first -= 1
    while last + 1 < len(ends) and _is_joined(seen, ends[last], ends[last + 1]):
        last += 1
    return list(ends[first : last + 1])


def _is_joined(seen: Examined, one: Mention, other: Mention) -> bool:
    return all(text in _JOINTS for text in seen.texts[one.after : other.first]) and other.first - one.after < _NEAR


def _is_walked(seen: Examined, end: Mention) -> bool:
    behind = [text for text in seen.texts[end.after : end.after + 3] if text != "-"]
    if behind[:1] and behind[0] in _WALKING:
        return True
    index = end.first - 1
    while index >= 0 and seen.texts[index] in _POSSESSIVES:
        index -= 1
    if index < 0 or seen.texts[index] not in {"on", "onto", "upon"}:
        return False
    return any(index - _VERB_WITHIN <= verb.first < index for verb in seen.mentions("stance"))


def _is_tandem(seen: Examined, group: Sequence[Mention]) -> bool:
    """ "Heel-toe", "heel to toe": heel before toe with nothing, a dash or "to" between."""
    if len(group) != _PAIR or group[0].word != "heel":
        return False
    between = seen.texts[group[0].after : group[1].first]
    return between in ([], ["-"], ["to"], ["-", "to", "-"])


def _is_raise(seen: Examined, group: Sequence[Mention]) -> bool:
    """Rising on the toes alone is a heel raise, not a walk."""
    if any(end.word == "heel" for end in group):
        return False
    verbs = seen.texts[max(group[0].first - _VERB_WITHIN, 0) : group[0].first]
    return not _RAISES.isdisjoint(verbs)


def _denied(seen: Examined, things: Sequence[Mention]) -> Iterator[Answer]:
    """ "Can heel walk but not toe walk"."""
    for thing in things:
        if thing.first and seen.texts[thing.first - 1] == "not":
            yield Answer(value="absent", first=thing.first - 1, after=thing.first)


def _counts(seen: Examined, things: Sequence[Mention]) -> Iterator[Answer]:
    """ "10 heel raises", "heel raises x 10": how many were done on one leg."""
    for thing in things:
        if thing.word != "heel-raise":
            continue
        behind = thing.after + 1 if seen.texts[thing.after : thing.after + 1] in (["x"], [":"], ["="]) else thing.after
        for index in (thing.first - 1, behind):
            if 0 <= index < len(seen.texts) and seen.texts[index].isdigit() and not _is_grade(seen, index):
                yield Answer(value="counted", first=index, after=index + 1, grade=seen.texts[index])
        for index in range(thing.after, len(seen.texts) - 2):
            behind_count = index + 1 + (seen.texts[index + 1] in _TIMES)
            on_side = seen.texts[behind_count] == "on" or any(side.first == behind_count for side in seen.sides)
            if seen.texts[index].isdigit() and on_side and index != behind:
                yield Answer(value="counted", first=index, after=index + 1, grade=seen.texts[index])


def _is_grade(seen: Examined, index: int) -> bool:
    return seen.texts[index + 1 : index + 2] in (["/"], ["+"], ["%"])


def _stated(seen: Examined, thing: Mention, bound: Sequence[Bound]) -> Iterator[Remark]:
    """One value per side: what is hard beats what is possible; "equally" says both sides."""
    equal = Side.BOTH if any(each.value == "symmetric" for each in bound) else None
    if any(each.value == "counted" for each in bound):
        bound = [each for each in bound if each.value not in {"able", "normal"}]
    by_side: dict[Side, list[Bound]] = {}
    for each in bound:
        by_side.setdefault(each.side or equal or Side.UNKNOWN, []).append(each)
    found = {side: value for side, mine in by_side.items() if (value := _hardest(mine))}
    for side, value in found.items():
        if side is Side.UNKNOWN and value in [other for place, other in found.items() if place is not side]:
            continue
        mine = by_side[side]
        span = (min(thing.first, mine[0].told.first), max(thing.after, mine[0].told.after))
        count = next((each.told.grade for each in mine if each.value == "counted"), "")
        limited = frozenset({"pain-limited"}) if value in _POOR and seen.mentions("pain-limited") else frozenset()
        for remark in seen.remark(thing.word, value, span, side=side, grade=count):
            yield replace(remark, qualifiers=limited)
        if value == "normal" and seen.rejected_side not in {None, side}:
            yield from seen.remark(thing.word, "absent", span, side=seen.rejected_side)


def _hardest(bound: Sequence[Bound]) -> str:
    """ "Able, with difficulty" is reduced; a count leaves it to the protocol; "equal" alone tells nothing."""
    values = {each.value for each in bound}
    if "counted" in values:
        return "counted"
    value = next((word for word in _STRENGTH if word in values), "unknown" if "unknown" in values else "")
    return "normal" if value == "able" else value


def read_gait(seen: Examined) -> Iterator[Remark]:
    """Is the gait normal, and if not, does it spare a leg?"""
    kinds = [*seen.mentions("gait-kind"), *seen.mentions("limp")]
    gaits = [gait for gait in seen.mentions("gait") if not _is_on_foot_end(seen, gait)]
    found = [kind for kind in kinds if kind.kind == "limp" or kind.word == "antalgic" or _describes(seen, kind, gaits)]
    words = [
        each
        for each in seen.told
        if each.value in {"normal", "abnormal", "difficult"} and _describes_word(seen, each, gaits)
    ]
    bad = [kind for kind in found if kind.word != "normal" and not _is_denied(seen, kind)]
    if bad:
        yield from _gait(seen, "abnormal", bad[0], _side(seen, bad[0]))
        spared = [kind for kind in bad if kind.word == "antalgic"]
        if spared:
            yield from seen.remark("antalgic-gait", "present", _span(spared[0]), side=_side(seen, spared[0]))
        return
    hard = [each for each in words if each.value != "normal"]
    if hard:
        yield from seen.remark("gait", "abnormal", (hard[0].first, hard[0].after))
        return
    denied = [kind for kind in found if kind.word == "antalgic" or kind.kind == "limp"]
    good = [kind for kind in found if kind.word == "normal" and not _is_denied(seen, kind)]
    for kind in (*good, *denied)[:1]:
        yield from _gait(seen, "normal", kind, None)
    if denied and denied[0].word == "antalgic":
        yield from seen.remark("antalgic-gait", "absent", _span(denied[0]))
    if words and not good and not denied:
        yield from seen.remark("gait", "normal", (words[0].first, words[0].after))


def _is_on_foot_end(seen: Examined, gait: Mention) -> bool:
    """ "Heel walk", "toe-walking": not the gait."""
    before = [text for text in seen.texts[max(gait.first - 2, 0) : gait.first] if text != "-"]
    return before[-1:] != [] and any(end.after in {gait.first, gait.first - 1} for end in seen.mentions("foot-end"))


def _gait(seen: Examined, value: str, kind: Mention, side: Side | None) -> Iterator[Remark]:
    yield from seen.remark("gait", value, _span(kind), side=side)


def _span(mention: Mention) -> tuple[int, int]:
    return mention.first, mention.after


def _is_denied(seen: Examined, kind: Mention) -> bool:
    """Is there a "no", "not" or "without" before it with no verb and no comma between?"""
    for index in range(kind.first - 1, max(kind.first - _NEAR, -1), -1):
        if seen.texts[index] in {"no", "not", "without", "denies", "never", "non", "isn't"}:
            return True
        if seen.texts[index] in {",", ";", "but", "with", "and"}:
            return False
    return False


def _describes(seen: Examined, kind: Mention, gaits: Sequence[Mention]) -> bool:
    return any(_is_near(seen, kind.first, kind.after, gait) for gait in gaits) or "gait" in seen.topics


def _describes_word(seen: Examined, told: Answer, gaits: Sequence[Mention]) -> bool:
    """ "Normal gait and station", "gait: intact, including ...", "the gait was difficult"."""
    return any(_is_near(seen, told.first, told.after, gait, narrow=True) for gait in gaits if gait.word == "gait")


def _is_near(seen: Examined, first: int, after: int, gait: Mention, *, narrow: bool = False) -> bool:
    begin, end = (after, gait.first) if after <= gait.first else (gait.after, first)
    gap = seen.texts[begin:end]
    if narrow and after <= gait.first:
        return len(gap) < _NEAR - 1 and all(text in _STATION for text in gap)
    return len(gap) <= _NEAR + 1 and all(text in _LOOSE for text in gap)


def _side(seen: Examined, kind: Mention) -> Side | None:
    """ "Antalgic gait to the left", "left-sided limp"."""
    named: list[Side] = []
    for side in seen.sides:
        behind = seen.texts[kind.after : side.first]
        before = seen.texts[side.after : kind.first]
        gap, small = (behind, _TO_THE_SIDE) if side.first >= kind.after else (before, _SIDED)
        if len(gap) <= _NEAR and all(text in small for text in gap):
            named.append(side_of(side))
    return agreed_side(named)
