"""The tendon reflexes of ankle and knee as an examination grades them, in numbers, pairs and words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from fhirsvc.domain.evidence import Side
from fhirsvc.fhir.notes.clinical.binding import FOREIGN, Answer, Binding, Bound, with_lent_sides
from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.clinical.grades import Grade
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_SUBJECTS = ("achilles-reflex", "patellar-reflex")
_CLASSES = {"0": "absent", "1": "reduced", "trace": "reduced", "2": "normal", "3": "brisk", "4": "brisk", "5": "brisk"}
_SIGNED = {"-": "absent", "++": "normal", "+++": "brisk", "++++": "brisk"}
"""Grades written with signs alone: two plusses are normal, more are brisk; a single one may mean either of two."""
_WORDS = {
    "normal": "normal",
    "reduced": "reduced",
    "absent": "absent",
    "brisk": "brisk",
    "present": "present",
    "symmetric": "symmetric",
    "open": "unknown",
    "abnormal": "unknown",
    "unequal": "unknown",
}
_SINGULAR = frozenset(
    {"achilles", "archilles", "achilles'", "quadriceps", "triceps", "biceps", "brachioradialis", "s1"}
)
_SIDES = {"right-first": (Side.RIGHT, Side.LEFT), "left-first": (Side.LEFT, Side.RIGHT)}
_DENYING = frozenset({"no", "without", "neither"})
_BEFORE_NOUN = frozenset(
    {"any", "the", "deep", "tendon", "right", "left", "either", "bilateral", "detectable", "obtainable", "elicitable"}
)
_ELICITED = ("elicit", "obtain", "unobtain", "inelicit", "illicit", "unelicit", "demonstrat", "reproduc", "detect")
_ELICITED_WITHIN = 3
_NO_REASON = frozenset({"no", "without", "despite", "although", "though", "even"})
_REASONS = frozenset({"due", "because", "secondary", "owing", "as", "since", "given", "from", "for", "through"})
_REASON_WITHIN = 5
_SCALE = "4"
_OTHERS = ("movement", "muscle", "test", "heel-raise", "tender", "swelling", "sense", "beside")
_OF_FIVE = "5"
_BESIDE = 2
_ONE_LEG = frozenset({Side.LEFT, Side.RIGHT})
_ADDING = frozenset({"present", "symmetric"})
_CHANGES = frozenset({"asymmetry", "changes", "change", "abnormalities", "abnormality", "deficit", "deficits", "loss"})
_STRUCK = frozenset({"at", "in", "reflex", "reflexes", "dtr", "dtrs", "jerk", "jerks"})
_LISTING = frozenset({"and", ",", "&", "/", "tendon"})
_PLURALS = frozenset({"reflexes", "jerks", "dtrs"})
_TENDONS = ("achil", "archil", "patell")


def read_reflexes(seen: Examined) -> Iterator[Remark]:
    """What a sentence says of the Achilles and patellar reflexes; of reflexes in general nothing."""
    things = _things(seen)
    if not any(thing.word in _SUBJECTS for thing in things) or _is_table(things):
        return
    neutral = [*seen.mentions("reflex", "generic"), *seen.mentions("filler")]
    binding = Binding(seen.words, seen.sides, neutral, seen.default)
    foreign = seen.foreign([*things, *seen.mentions("reflex-site")], "reflex", "gait")
    foreign += _remaining(seen)
    bound = binding.bound([*things, *foreign], [*_graded(seen), *_worded(seen, things), *_denied(seen, things)])
    for subject in _SUBJECTS:
        mine = _of_today(seen, [each for each in bound if each.thing.word == subject])
        for value, side, each in _settled(seen, mine, things):
            span = (min(each.thing.first, each.told.first), max(each.thing.after, each.told.after))
            yield from seen.remark(subject, value, span, side=side, grade=each.told.grade)


def _is_table(things: Sequence[Mention]) -> bool:
    """ "KJ AJ / R 2 1 / L 2 2": names right behind each other head the columns of a table, which is not read."""
    named = sorted(things, key=lambda each: each.first)
    return any(one.after == other.first and one.word != other.word for one, other in pairwise(named) if one.after)


def _remaining(seen: Examined) -> list[Mention]:
    """ "All other reflexes were normal": their answer is none of those named."""
    return [
        Mention(FOREIGN, FOREIGN, each.first, each.after)
        for each in seen.mentions("reflex", "generic")
        if seen.texts[each.first - 1 : each.first] in (["other"], ["remaining"])
    ]


def _of_today(seen: Examined, bound: list[Bound]) -> list[Bound]:
    """ "Previously absent, now 2+": beside another answer what was before does not count."""
    past = {cue.after for cue in seen.mentions("historical") if cue.word == "before"}
    today = [each for each in bound if past.isdisjoint({each.told.first, each.told.first - 1})]
    return today or bound


def _things(seen: Examined) -> list[Mention]:
    """Reflexes by name, and the places where they are struck where the sentence speaks of reflexes."""
    named = [mention for mention in seen.named("reflex") if mention.word != "generic"]
    taken = {index for each in named for index in range(each.first, each.after)}
    if not _speaks_of_reflexes(seen):
        return named
    others = [each for kind in _OTHERS for each in seen.mentions(kind)]
    sites = [site for site in seen.mentions("reflex-site") if site.first not in taken and not _is_of(others, site)]
    return [*(mention for mention in named if mention.after or not sites), *sites]


def _is_of(others: Sequence[Mention], site: Mention) -> bool:
    """ "Ankle dorsiflexion", "ankle oedema": the place belongs to what is examined there."""
    within = (each for each in others if each.first <= site.first < each.after)
    longer = any(each.after - each.first > site.after - site.first for each in within)
    return longer or any(each.first == site.after for each in others)


def _speaks_of_reflexes(seen: Examined) -> bool:
    if seen.mentions("reflex") or "reflex" in seen.topics or any("reflex" in text for text in seen.texts):
        return True
    sites = {site.word for site in seen.mentions("reflex-site")}
    before = seen.passage.before
    continued = before is not None and any(mention.kind == "reflex" for mention in before.mentions)
    alone = not any(seen.mentions(kind) for kind in ("movement", "strength", "tender", "swelling", "sense", "motion"))
    if (
        alone
        and continued
        and any(seen.texts[site.first].startswith(_TENDONS) for site in seen.mentions("reflex-site"))
    ):
        return True
    return alone and bool(seen.grades) and (continued or set(_SUBJECTS) <= sites or _is_plainly_graded(seen))


def _is_plainly_graded(seen: Examined) -> bool:
    """ "Achilles 1+": a grade with its plus right beside the tendon is that of a reflex."""
    tendons = [site for site in seen.mentions("reflex-site", *_SUBJECTS) if seen.texts[site.first].startswith(_TENDONS)]
    plus = [grade for grade in seen.grades if "+" in grade.one and grade.other != "5"]
    gaps = [
        gap for grade in plus for tendon in tendons for gap in (grade.first - tendon.after, tendon.first - grade.after)
    ]
    return any(0 <= gap <= _BESIDE for gap in gaps)


def _graded(seen: Examined) -> Iterator[Answer]:
    for grade in seen.grades:
        if grade.other == _OF_FIVE and not seen.order:
            continue
        if grade.upto:
            classes = {_class(grade.one), _class(grade.upto)}
            value = classes.pop() if len(classes) == 1 else "unknown"
            yield Answer(value=value, first=grade.first, after=grade.after, grade=grade.written)
        elif grade.other and (seen.order or not grade.other.startswith(_SCALE)):
            yield from _pair(grade, seen.order)
        else:
            doubtful = grade.other and _class(grade.one) == _class(grade.other)
            value = "unknown" if doubtful else _class(grade.one)
            yield Answer(value=value, first=grade.first, after=grade.after, grade=grade.written)


def _pair(grade: Grade, order: str) -> Iterator[Answer]:
    """A pair is right and left in the order that sentence or heading name; unnamed, it tells only what both share."""
    one, other = _class(grade.one), _class(grade.other)
    written = grade.one if grade.one.strip("+") == grade.other.strip("+") else grade.written
    if one == other:
        yield Answer(value=one, first=grade.first, after=grade.after, grade=written, side=Side.BOTH)
    elif order:
        first, second = _SIDES[order]
        yield Answer(value=one, first=grade.first, after=grade.after, grade=grade.one, side=first)
        yield Answer(value=other, first=grade.first, after=grade.after, grade=grade.other, side=second)
    else:
        yield Answer(value="unknown", first=grade.first, after=grade.after, grade=grade.written)


def _class(grade: str) -> str:
    return _SIGNED.get(grade) or _CLASSES.get(grade.strip("+-"), "unknown")


def _worded(seen: Examined, things: Sequence[Mention]) -> Iterator[Answer]:
    inside = {index for each in things for index in range(each.first, each.after)}
    for told in seen.told:
        if told.value in _WORDS and told.first not in inside:
            lost = told.value == "reduced" and seen.texts[told.first] == "loss"
            value = "absent" if lost else _WORDS[told.value]
            value = "unknown" if value == "absent" and _is_hindered(seen, told) else value
            yield Answer(value=value, first=told.first, after=told.after)


def _is_hindered(seen: Examined, told: Answer) -> bool:
    """ "Not elicited because of a cast": a reflex that the examination could not bring out is unknown.

    Only words of eliciting count: what is called absent stays so, and what is elicited nowhere by itself too.
    """
    start = max(told.first - _ELICITED_WITHIN, 0)
    if not any(text.startswith(_ELICITED) for text in seen.texts[start : told.after]):
        return False
    _, end = seen.passage.scope.clause(told.first)
    behind = [cue for cue in seen.mentions("hindered") if told.first <= cue.first < end]
    return any(_is_reason(seen.texts[told.after : cue.first], cue) for cue in behind)


def _is_reason(between: Sequence[str], cue: Mention) -> bool:
    """Is a hindrance the reason? Not "despite a cast"; pain, which may be of another test, needs a "due to"."""
    if not _NO_REASON.isdisjoint(between):
        return False
    return not _REASONS.isdisjoint(between) or (cue.word != "pain" and len(between) <= _REASON_WITHIN)


def _denied(seen: Examined, things: Sequence[Mention]) -> Iterator[Answer]:
    """ "No ankle reflexes": a "no" right before the reflex itself says that it is absent."""
    for thing in things:
        if thing.kind != "reflex" and "reflex" not in seen.texts and "reflexes" not in seen.texts:
            continue
        index = thing.first - 1
        while index >= 0 and (
            seen.texts[index] in _BEFORE_NOUN or (thing.kind != "reflex" and seen.texts[index] in _STRUCK)
        ):
            index -= 1
        if index >= 0 and seen.texts[index] in _DENYING and not _is_changed(seen, thing):
            yield Answer(value="absent", first=index, after=index + 1)


def _is_changed(seen: Examined, thing: Mention) -> bool:
    """ "No ankle reflex asymmetry", "no reflex changes" deny another noun."""
    return not _CHANGES.isdisjoint(seen.texts[thing.after : thing.after + 1])


def _settled(seen: Examined, bound: Sequence[Bound], things: Sequence[Mention]) -> Iterator[tuple[str, Side, Bound]]:
    """One value per side: a grade beats a word without a side, one side beats both; a contradiction tells nothing."""
    by_thing = groupby(sorted(bound, key=lambda each: each.thing.first), key=lambda each: each.thing)
    answers = [each for _, group in by_thing for each in _of_thing(list(group))]
    found = {(each.value, each.side or _plural(seen, each.thing, things)): each for each in reversed(answers)}
    legs = {side for _, side in found if side in _ONE_LEG}
    for (value, side), each in found.items():
        if any(other != value for other, place in found if place is side):
            continue
        if side in _ONE_LEG or not legs:
            yield value, side, each
        elif side is Side.BOTH and len(legs) == 1:
            yield value, next(iter(legs)).other, each


def _of_thing(bound: list[Bound]) -> list[Bound]:
    """The answers of one reflex: "present" and "symmetric" only add to a grade or word that says more."""
    if any(each.value == "absent" and not each.told.grade for each in bound):
        bound = [each for each in bound if each.value != "present" or each.side is not None]
    bound = [_kept(each, bound) for each in bound]
    equal = any(each.value == "symmetric" for each in bound)
    stated = [each for each in bound if each.value not in _ADDING]
    if not stated:
        kept = [_valued(each, "normal") for each in bound if each.value == "present"] or bound
        return [_sided(kept[0], equal=equal), *(each for each in kept[1:] if each.side is not None)]
    return [_sided(each, equal=equal) for each in _measured(stated)]


def _measured(stated: Sequence[Bound]) -> list[Bound]:
    """Grades, and words of another side; an unsided word that contradicts an unsided grade leaves both untold."""
    stated = with_lent_sides(stated)
    graded = [each for each in stated if each.told.grade]
    words = [each for each in stated if not each.told.grade]
    if not graded:
        return words
    values = {each.value for each in graded}
    sided = any(each.side in _ONE_LEG for each in graded)
    if not sided and any(each.side is None and each.value not in values for each in words):
        return []
    return [*graded, *(each for each in words if each.side is not None)]


def _kept(each: Bound, bound: Sequence[Bound]) -> Bound:
    """ "Present on the left, absent on the right": what is there on one side is normal there."""
    others = {other.side for other in bound if other.value not in _ADDING} - {None}
    apart = each.value == "present" and each.side is not None and bool(others - {each.side})
    return _valued(each, "normal") if apart else each


def _valued(bound: Bound, value: str) -> Bound:
    return Bound(
        thing=bound.thing, told=Answer(value=value, first=bound.told.first, after=bound.told.after), side=bound.side
    )


def _sided(bound: Bound, *, equal: bool) -> Bound:
    """Equal on both sides: a side is not left open."""
    return Bound(thing=bound.thing, told=bound.told, side=bound.side or (Side.BOTH if equal else None))


def _plural(seen: Examined, thing: Mention, things: Sequence[Mention]) -> Side:
    """A named pair ("ankles", "ankle jerks") is both; "patellar and Achilles reflexes" have their noun's plural."""
    if thing.after == thing.first:
        return Side.UNKNOWN
    if seen.texts[thing.first - 1 : thing.first] == ["either"]:
        return Side.BOTH
    last = seen.texts[thing.after - 1]
    if (last.endswith("s") and last not in _SINGULAR) or last == "patellae":
        return Side.BOTH
    taken = {index for each in things for index in range(each.first, each.after)}
    behind = thing.after
    while behind < len(seen.texts) and (behind in taken or seen.texts[behind] in _LISTING):
        behind += 1
    return Side.UNKNOWN if _PLURALS.isdisjoint(seen.texts[behind - 1 : behind + 1]) else Side.BOTH
