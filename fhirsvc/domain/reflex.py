"""The Achilles reflex of a leg, read as a pair with the other leg (RULES 3.2 REFLEX, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.assessment import Fate, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Presence, Qualifier, Side
from fhirsvc.domain.history import Chart, age_reached, normal_since_surgery
from fhirsvc.domain.protocol import Confounder, Item, Validity
from fhirsvc.domain.standing import STILL_EXAMINED
from fhirsvc.domain.timeline import Standing, age_in_days, newest, stand
from fhirsvc.domain.validity import Leg, best, fate_of, lowest, weigh

_DEGREE = {"absent": 3, "reduced": 2, "normal": 1, "brisk": 0}


@dataclass(frozen=True, slots=True)
class Result:
    """What stands for the reflex of one leg; word "" = no result, or results that contradict each other."""

    word: str
    carrier: Weighed | None
    standing: Standing
    weighed: tuple[Weighed, ...]


def read_reflex(chart: Chart, item: Item, leg: Leg) -> Reading:
    """Present when reduced or absent here; its worth follows from the other side, age, neuropathy and surgery."""
    own = reflex_of(chart, item, leg)
    other = partner_of(chart, item, leg)
    if own.carrier is None or own.standing.presence is not Presence.PRESENT:
        return _reading(item, own, own.carrier, other, Validity.FULL)
    carrier = _paired(chart, item, own, own.carrier, other)
    return _reading(item, own, carrier, other, carrier.validity)


def partner_of(chart: Chart, item: Item, leg: Leg) -> Result:
    """What stands for the other leg; an abnormal result without a side is this leg's at most, never the other's too."""
    sided = [each for each in chart.of(item.concepts) if each.side is not Side.UNKNOWN or _is_normal(each)]
    return _result(chart, item, replace(leg, side=leg.side.other), sided)


def reflex_of(chart: Chart, item: Item, leg: Leg) -> Result:
    """What stands for one leg: the newest degree, and of the results of that degree the best, then the newest."""
    return _result(chart, item, leg, chart.of(item.concepts))


def _result(chart: Chart, item: Item, leg: Leg, facts: Sequence[Fact]) -> Result:
    """Results of one time that differ only in degree are read as the milder one."""
    normals = tuple(each for each in facts if each.side in (leg.side, Side.BOTH) and _is_normal(each))
    weighed = tuple(_weigh(chart, item, leg, fact, normals) for fact in facts)
    standing = stand(each for each in weighed if set(each.reasons) <= STILL_EXAMINED)
    if standing.presence is Presence.UNKNOWN:
        return Result("", None, standing, weighed)
    latest = newest(standing.carriers).fact.moment
    together = [reflex_word(each.fact) for each in standing.carriers if each.fact.moment.overlaps(latest)]
    word = min(together, key=_DEGREE.__getitem__)
    alike = [each for each in standing.carriers if reflex_word(each.fact) == word]
    worth = best(*(each.validity for each in alike))
    return Result(word, newest(each for each in alike if each.validity is worth), standing, weighed)


def _is_normal(fact: Fact) -> bool:
    return fact.presence is Presence.ABSENT


def reflex_word(fact: Fact) -> str:
    """The closed word of a result; a sign recorded without a degree is read as reduced, its denial as normal."""
    return fact.result or ("reduced" if fact.presence is Presence.PRESENT else "normal")


def _weigh(chart: Chart, item: Item, leg: Leg, fact: Fact, normals: Sequence[Fact]) -> Weighed:
    if "lumbar-surgery" in leg.confounded and normal_since_surgery(chart, fact, normals):
        leg = replace(leg, confounded=leg.confounded - {"lumbar-surgery"})
    return weigh(chart.protocol, item, fact, leg, chart.on)


def _paired(chart: Chart, item: Item, own: Result, carrier: Weighed, other: Result) -> Weighed:
    """The abnormal result once the other side is known: its validity is the lowest of its own tests and the pair's."""
    effects = _pair_confounders(chart, item, _pattern(carrier.fact, own.word, other.word), carrier.fact)
    reasons = list(carrier.reasons)
    partner = _worth_of_partner(chart, item, other)
    validity = lowest(carrier.validity, partner, *(each.effect for each in effects))
    if effects and Reason.CONFOUNDER not in reasons:
        reasons.append(Reason.CONFOUNDER)
    if partner is Validity.WEAK:
        reasons.append(Reason.AGE)
    return replace(
        carrier,
        validity=validity,
        fate=fate_of(Presence.PRESENT, validity),
        reasons=tuple(dict.fromkeys(reasons)),
        confounders=carrier.confounders + tuple(each.name for each in effects),
    )


def _pair_confounders(chart: Chart, item: Item, pattern: str, fact: Fact) -> tuple[Confounder, ...]:
    neuropathy = bool(chart.history("neuropathy"))
    age = age_reached(chart.person, chart.protocol.days("older-age"), fact.moment.earliest)
    return tuple(
        each
        for each in chart.protocol.confounders
        if each.pattern == pattern
        and item.name in each.items
        and (each.age != "older" or age.reached)
        and (not each.neuropathy or neuropathy)
    )


def _pattern(fact: Fact, own: str, other: str) -> str:
    """The closed pattern of the pair; "" when the other side is normal. trace and 1+ are both reduced (RULES 3.10)."""
    if other == "":
        return "reflex-unpaired"
    if other in ("normal", "brisk"):
        return "reflex-other-brisk" if other == "brisk" else ""
    if _DEGREE[own] == _DEGREE[other]:
        return "reflex-worse-side" if Qualifier.UNEQUAL in fact.qualifiers else "reflex-symmetric"
    return "reflex-worse-side" if _DEGREE[own] > _DEGREE[other] else "reflex-better-side"


def _worth_of_partner(chart: Chart, item: Item, other: Result) -> Validity:
    """The pair is as old, and as preliminary or uncertain, as the weaker of its two results."""
    if other.carrier is None:
        return Validity.FULL
    old = age_in_days(other.carrier.fact.moment, chart.on) > chart.protocol.clocks[item.clock].full
    weak = {Reason.PRELIMINARY, Reason.UNCERTAIN, Reason.UNDATED} & set(other.carrier.reasons)
    return Validity.WEAK if old or weak else Validity.FULL


def _reading(item: Item, own: Result, carrier: Weighed | None, other: Result, validity: Validity) -> Reading:
    """What is printed: the carrier with the pair's verdict, replaced and unread results, and the partner if normal."""
    carriers, replaced = set(own.standing.carriers), set(own.standing.replaced)
    told = tuple(_printed(each, own, carrier, carriers, replaced) for each in own.weighed if _is_printed(each, other))
    partner: tuple[Weighed, ...] = ()
    if other.carrier is not None and other.standing.presence is Presence.ABSENT:
        partner = (replace(other.carrier, fate=Fate.NEGATIVE),)
    return Reading(
        item=item.name,
        presence=own.standing.presence,
        validity=validity,
        tier="",
        weighed=told + tuple(each for each in partner if all(each.fact != printed.fact for printed in told)),
        examined=own.word != "",
        repeat=own.standing.contradiction,
    )


def _is_printed(each: Weighed, other: Result) -> bool:
    return (
        other.carrier is None
        or each.fact != other.carrier.fact
        or Reason.OTHER_SIDE not in each.reasons
        or (other.standing.presence is Presence.PRESENT)
    )


def _printed(
    each: Weighed, own: Result, carrier: Weighed | None, carriers: set[Weighed], replaced: set[Weighed]
) -> Weighed:
    if carrier is not None and each.fact == carrier.fact:
        return carrier
    if each in carriers and carrier is not None and reflex_word(each.fact) == own.word:
        return _agreeing(each, carrier)
    if each in carriers and carrier is not None and each.fact.moment.overlaps(carrier.fact.moment):
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.CONTRADICTION))
    if each in replaced or (each in carriers and carrier is not None):
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.REPLACED))
    if own.standing.contradiction and each in carriers:
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.CONTRADICTION))
    return each


def _agreeing(each: Weighed, carrier: Weighed) -> Weighed:
    """A further result of the degree that stands: told beside the carrier, or excluded with it; it carries nothing."""
    if carrier.fate is Fate.EXCLUDED:
        reasons = tuple(dict.fromkeys((*carrier.reasons, *each.reasons)))
        return replace(carrier, fact=each.fact, presence=each.presence, reasons=reasons)
    return replace(each, validity=Validity.EXCLUDED, fate=Fate.NEGATIVE)
