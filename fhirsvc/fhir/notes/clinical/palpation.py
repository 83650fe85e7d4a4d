"""What hand and eye find at heel, tendon and fascia: tenderness, swelling, a tight calf, the shape of the foot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.clinical.binding import Answer, Binding, Bound
from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.clinical.told import Thing
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_TENDER = {"achilles": "tenderness-achilles", "plantar-fascia": "tenderness-plantar-fascia", "heel": "tenderness-heel"}
_SWOLLEN = {"achilles": "swelling-achilles", "plantar-fascia": "plantar-fascia-thickening", "heel": "swelling-heel"}
_HEELS = frozenset({"medial-heel", "plantar-heel"})
_FOUND = "found"
_SIDED = 5
_TOES = frozenset({"mtp", "mtpj", "mpj", "hallux", "toe", "toes", "hallucal", "ipj", "metatarsophalangeal"})
_SMALL = frozenset(
    {
        "on",
        "the",
        "of",
        "in",
        "at",
        "side",
        "to",
        "foot",
        "leg",
        "ankle",
        "heel",
        "lower",
        "extremity",
        "(",
        "-",
        "sided",
        "with",
        "noted",
    }
)


def read_palpation(seen: Examined) -> Iterator[Remark]:
    """Tenderness and swelling of the structures that a sentence names."""
    things = [*seen.mentions("palpated"), *_other_parts(seen)]
    if not any(thing.kind == "palpated" and thing.word in _TENDER for thing in things):
        return
    yield from _found(seen, things, _answers(seen, [*seen.mentions("tender"), *_palpated_pain(seen)]), _TENDER)
    yield from _found(seen, things, _answers(seen, seen.mentions("swelling")), _SWOLLEN)


def _other_parts(seen: Examined) -> Iterator[Mention]:
    """Parts of the body that are none of ours, so that what is found there is not found here."""
    taken = {index for each in seen.mentions("palpated") for index in range(each.first, each.after)}
    for area in seen.mentions("area"):
        if area.first not in taken and area.word not in {"heel", "achilles", "foot", "ankle", "sole", "leg"}:
            yield area


def _palpated_pain(seen: Examined) -> Iterator[Mention]:
    """ "Palpation of the fascia reproduces pain": pain in a sentence that palpates."""
    if seen.mentions("palpation"):
        yield from (each for each in seen.mentions("provoked") if each.word == "pain")


def _answers(seen: Examined, mentions: Sequence[Mention]) -> list[Answer]:
    found: list[Answer] = []
    for mention in mentions:
        if mention.word == "non":
            found.append(Answer(value="absent", first=mention.first, after=mention.after))
        elif (told := seen.telling.of(Thing(first=mention.first, after=mention.after))) is not None:
            found.append(Answer(value="absent" if told.absent else _FOUND, first=mention.first, after=mention.after))
    return found


def _found(
    seen: Examined, things: Sequence[Mention], told: Sequence[Answer], subjects: dict[str, str]
) -> Iterator[Remark]:
    neutral = [
        *seen.mentions("filler"),
        *seen.mentions("neutral"),
        *seen.mentions("aspect"),
        *seen.mentions("palpation"),
        *seen.mentions("provoke"),
        *seen.mentions("stated", "seen"),
        *(each for kind in ("tender", "swelling") for each in seen.mentions(kind)),
    ]
    binding = Binding(seen.words, _sides_of(seen, told), neutral, seen.default)
    bound = binding.bound(things, told)
    for each in bound:
        others = {other.value for other in bound if other.thing == each.thing and other.side is each.side}
        if each.thing.kind == "palpated" and each.thing.word in subjects and len(others) == 1:
            yield from _remark(seen, subjects[each.thing.word], each)


def _sides_of(seen: Examined, told: Sequence[Answer]) -> list[Mention]:
    """ "Left heel nontender, no swelling on either side": a side right behind the other finding is not of this one."""
    own = {answer.first for answer in told}
    others = [each for kind in ("tender", "swelling") for each in seen.mentions(kind) if each.first not in own]
    ends = {other.after for other in others if any(answer.after <= other.first for answer in told)}
    return [side for side in seen.sides if side.first not in ends and side.first - 1 not in ends]


def _remark(seen: Examined, subject: str, each: Bound) -> Iterator[Remark]:
    part = seen.parts.at(each.thing.first)
    areas = (part.area,) if part is not None and part.area in _HEELS else ()
    side = each.side or (part.side if part is not None else None)
    span = (min(each.thing.first, each.told.first), max(each.thing.after, each.told.after))
    value = "present" if each.value == _FOUND else each.value
    yield from (replace(remark, areas=areas) for remark in seen.remark(subject, value, span, side=side))


def read_signs(seen: Examined) -> Iterator[Remark]:
    """Signs that one phrase names: foot drop, wasting of the calf, a tight heel cord, the shape of foot and pelvis."""
    for mention in seen.mentions("sign"):
        told = seen.telling.of(Thing(first=mention.first, after=mention.after))
        if told is not None:
            value = "absent" if told.absent else "present"
            yield from seen.remark(mention.word, value, (mention.first, mention.after), side=_side(seen, mention))


def _side(seen: Examined, mention: Mention) -> Side | None:
    """The side right before a sign, or close behind it; else that of the heading."""
    named: list[Side] = []
    for side in seen.sides:
        before = seen.texts[side.after : mention.first]
        behind = seen.texts[mention.after : side.first]
        gap = before if side.after <= mention.first else behind
        if len(gap) <= _SIDED and all(text in _SMALL for text in gap):
            named.append(side_of(side))
    pair = any(mention.first <= each.first < mention.after for each in seen.mentions("pair"))
    return agreed_side(named[:1]) or _side_at_end(seen, mention) or (Side.BOTH if pair else seen.default)


def _side_at_end(seen: Examined, mention: Mention) -> Side | None:
    """ "Pelvic tilt when she stands, left": the one side of a sentence with one sign, behind its last comma."""
    if len(seen.mentions("sign")) > 1 or len(seen.sides) != 1 or seen.sides[0].first <= mention.after:
        return None
    side = seen.sides[0]
    return side_of(side) if seen.texts[side.first - 1] == "," and seen.texts[side.after :] in ([], ["."]) else None


def read_dorsiflexion(seen: Examined) -> Iterator[Remark]:
    """Is the range of ankle dorsiflexion limited?"""
    if seen.mentions("strength") or any(grade.other == "5" for grade in seen.grades):
        return
    if seen.is_elsewhere or any(area.word in {"arm", "hand"} for area in seen.mentions("area")):
        return
    things = seen.mentions("movement", "ankle-dorsiflexion-power")
    if not things:
        return
    binding = Binding(
        seen.words,
        seen.sides,
        [*seen.mentions("filler"), *seen.mentions("neutral"), *seen.mentions("motion")],
        seen.default,
    )
    limits = [Answer(value="present", first=each.first, after=each.after) for each in seen.mentions("limit")]
    if seen.mentions("motion"):
        limits += [
            Answer(value="absent", first=told.first, after=told.after) for told in seen.told if told.value == "normal"
        ]
    bound = binding.bound(
        [*things, *seen.mentions("movement", "other", "plantar-flexion-power")], _undenied(seen, limits)
    )
    for each in bound:
        if each.thing.word == "ankle-dorsiflexion-power" and not _is_of_toe(seen, each.thing):
            span = (min(each.thing.first, each.told.first), max(each.thing.after, each.told.after))
            yield from seen.remark("limited-dorsiflexion", each.value, span, side=each.side)


def _is_of_toe(seen: Examined, movement: Mention) -> bool:
    """ "Dorsiflexion of the first MTP joint", "1st MPJ dorsiflexion": a movement of the toe, not of the ankle."""
    behind = seen.texts[movement.after : movement.after + _SIDED]
    linked = behind[:1] in (["of"], ["at"], ["in"]) and not _TOES.isdisjoint(behind)
    return linked or not _TOES.isdisjoint(seen.texts[max(movement.first - 2, 0) : movement.first])


def _undenied(seen: Examined, limits: Sequence[Answer]) -> list[Answer]:
    return [
        Answer(value="absent", first=each.first, after=each.after)
        if each.value == "present" and seen.texts[max(each.first - 1, 0)] in {"not", "no", "without"}
        else each
        for each in limits
    ]


def read_rectal_tone(seen: Examined) -> Iterator[Remark]:
    """The tone of the anal sphincter, by name or as the "tone" of a rectal examination."""
    named = seen.mentions("rectal-tone")
    tones = named or [
        each for each in seen.mentions("beside") if seen.texts[each.after - 1] == "tone" and seen.mentions("rectal")
    ]
    for tone in tones:
        near = [told for told in seen.told if tone.first - _SIDED <= told.first <= tone.after + _SIDED - 1]
        values = {told.value for told in near} & {"normal", "reduced", "absent", "open"}
        denied = seen.texts[tone.first - 1 : tone.first] in (["no"], ["without"])
        value = next(
            (word for word in ("open", "reduced", "absent", "normal") if word in values), "absent" if denied else ""
        )
        if value and not {"reduced", "normal"} <= values:
            yield from seen.remark("rectal-tone", "unknown" if value == "open" else value, (tone.first, tone.after))
