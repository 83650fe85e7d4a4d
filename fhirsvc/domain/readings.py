"""Every item of one leg: its Facts weighed, the answer that stands, and its tier after demotion (RULES 3.1, 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.assessment import Reading, Weighed
from fhirsvc.domain.complaints import Complaints, Limb
from fhirsvc.domain.evidence import Fact, Presence, Side
from fhirsvc.domain.history import Chart, normal_since_surgery, patterns_of_leg
from fhirsvc.domain.imaging import read_imaging
from fhirsvc.domain.local import read_compensation, read_local, read_untender
from fhirsvc.domain.protocol import Item, Validity
from fhirsvc.domain.reflex import read_reflex
from fhirsvc.domain.standing import gather
from fhirsvc.domain.treatment import read_failed_treatment
from fhirsvc.domain.validity import Leg, best, weigh

_DEMOTED = {("A", Validity.FULL): "A", ("A", Validity.WEAK): "B", ("B", Validity.FULL): "B", ("B", Validity.WEAK): "C"}
_READERS: dict[str, Callable[[Chart, Item, Leg], Reading]] = {
    "REFLEX": read_reflex,
    "IMG": read_imaging,
    "LOCAL": read_local,
    "NOTEND": read_untender,
    "FAILTX": read_failed_treatment,
    "COMP": read_compensation,
}


def read_limb(chart: Chart, complaints: Complaints, limb: Limb) -> dict[str, Reading]:
    """Item name → Reading, with tiers; of a complaint without a side both legs are read and merged."""
    legs = [_leg(chart, complaints, limb, side) for side in _sides(limb)]
    readings = {item.name: _merge([_read(chart, item, leg) for leg in legs]) for item in chart.protocol.items}
    if readings["LOCAL"].presence is Presence.PRESENT:
        readings["NOTEND"] = replace(readings["NOTEND"], presence=Presence.ABSENT)
    tiered = {name: _tiered(chart.protocol.item(name), reading) for name, reading in readings.items()}
    return _counted_once(chart, tiered)


def _sides(limb: Limb) -> tuple[Side, ...]:
    return (Side.LEFT, Side.RIGHT) if limb.side is Side.UNKNOWN else (limb.side,)


def _leg(chart: Chart, complaints: Complaints, limb: Limb, side: Side) -> Leg:
    return Leg(
        kind=limb.kind,
        side=side,
        sided=limb.side is not Side.UNKNOWN,
        limbs=complaints.count,
        only=complaints.kinds_on(limb.side) == {limb.kind},
        confounded=patterns_of_leg(chart, side),
    )


def _read(chart: Chart, item: Item, leg: Leg) -> Reading:
    reader = _READERS.get(item.name)
    return reader(chart, item, leg) if reader else _read_plain(chart, item, leg)


def _read_plain(chart: Chart, item: Item, leg: Leg) -> Reading:
    facts = tuple(_crossed(fact) for fact in chart.of(item.concepts))
    return gather(item, tuple(_weigh(chart, item, leg, fact, facts) for fact in facts))


def _crossed(fact: Fact) -> Fact:
    """Only the raised leg known: the symptom is taken to be on the other side (RULES 3.2 XSLR)."""
    if fact.side is Side.UNKNOWN and fact.raised is not Side.UNKNOWN:
        return replace(fact, side=fact.raised.other)
    return fact


def _weigh(chart: Chart, item: Item, leg: Leg, fact: Fact, facts: Sequence[Fact]) -> Weighed:
    same_test = (each for each in facts if each.side in (leg.side, Side.BOTH) and _same_test(each, fact))
    if "lumbar-surgery" in leg.confounded and normal_since_surgery(chart, fact, same_test):
        leg = replace(leg, confounded=leg.confounded - {"lumbar-surgery"})
    return weigh(chart.protocol, item, fact, leg, chart.on)


def _same_test(one: Fact, other: Fact) -> bool:
    return one.root in (None, other.root) if one.presence is Presence.ABSENT else one.concept == other.concept


def _merge(readings: Sequence[Reading]) -> Reading:
    """Of a complaint without a side: present if either leg is, absent only if both are, else unknown (RULES 3.1)."""
    if len(readings) == 1:
        return readings[0]
    weighed = tuple(dict.fromkeys(each for reading in readings for each in reading.weighed))
    present = [reading for reading in readings if reading.presence is Presence.PRESENT]
    if present:
        validity = best(*(reading.validity for reading in present))
        chosen = Presence.PRESENT
    else:
        validity = Validity.FULL
        both = all(reading.presence is Presence.ABSENT for reading in readings)
        chosen = Presence.ABSENT if both else Presence.UNKNOWN
    return replace(
        readings[0],
        presence=chosen,
        validity=validity,
        weighed=weighed,
        grade=_merged_grade([reading.grade for reading in readings]),
        examined=any(reading.examined for reading in readings),
        repeat=any(reading.repeat for reading in readings),
    )


def _merged_grade(grades: Sequence[str]) -> str:
    if grades[0] == grades[1]:
        return grades[0]
    return next((grade for grade in ("pos", "weak") if grade in grades), "none" if "none" in grades else "neg")


def _tiered(item: Item, reading: Reading) -> Reading:
    """Demotion is the only arithmetic: weak A is B, weak B is C, weak C is dropped (RULES 3.1)."""
    if not reading.present:
        return reading
    if item.tier in ("A", "B"):
        return replace(reading, tier=_DEMOTED[item.tier, reading.validity])
    if item.tier == "C":
        return replace(reading, tier="C" if reading.validity is Validity.FULL else "")
    return replace(reading, tier=item.tier)


def _counted_once(chart: Chart, readings: dict[str, Reading]) -> dict[str, Reading]:
    """One source supports at most one item of A and B: the higher tier first, then the order of the item table."""
    order = [item.name for item in chart.protocol.items]
    counting = sorted(
        (name for name in order if readings[name].tier in ("A", "B")),
        key=lambda name: (readings[name].tier, order.index(name)),
    )
    served = assign([(name, readings[name].sources) for name in counting])
    return {
        name: replace(reading, counted=False, tier="") if name in counting and name not in served else reading
        for name, reading in readings.items()
    }


def assign(items: Iterable[tuple[str, frozenset[str]]]) -> dict[str, str]:
    """Item → its own source, so that as many items as possible have one; earlier items are never displaced."""
    owner: dict[str, str] = {}
    sources = dict(items)
    for name in sources:
        _place(name, sources, owner, set())
    return {name: source for source, name in owner.items()}


def _place(name: str, sources: dict[str, frozenset[str]], owner: dict[str, str], tried: set[str]) -> bool:
    for source in sorted(sources[name] - tried):
        tried.add(source)
        if source not in owner or _place(owner[source], sources, owner, tried):
            owner[source] = name
            return True
    return False


@dataclass(frozen=True, slots=True)
class Tiers:
    """The sets A, B and C after demotion and assignment, as names of items in the order of the item table."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    c: tuple[str, ...]
    c_of_another_source: tuple[str, ...]


def tiers_of(readings: dict[str, Reading]) -> Tiers:
    """The sets the rows count. C items that stand only in the source of the only B item are set apart (RULES 3.1)."""
    sets = {tier: tuple(name for name, each in readings.items() if each.tier == tier) for tier in ("A", "B", "C")}
    only_b = readings[sets["B"][0]].sources if len(sets["B"]) == 1 else frozenset()
    apart = tuple(name for name in sets["C"] if _apart(readings[name].sources, only_b))
    return Tiers(sets["A"], sets["B"], sets["C"], apart)


def _apart(sources: frozenset[str], only_b: frozenset[str]) -> bool:
    """Can the C item and the only B item each have a source of its own?"""
    return not only_b or len(sources | only_b) > 1
