"""One limb's readings as the State the rows read, what else they explain, and what was not recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fhirsvc.domain.assessment import Fate, Reading, Reason
from fhirsvc.domain.complaints import Complaints, Limb
from fhirsvc.domain.evidence import Fact, Moment, Presence, Qualifier, Side
from fhirsvc.domain.history import Chart, age_reached, inflammatory_features, tarsal_tunnel_sign
from fhirsvc.domain.protocol import Rule, Validity
from fhirsvc.domain.readings import tiers_of
from fhirsvc.domain.reflex import partner_of
from fhirsvc.domain.rows import State, matches
from fhirsvc.domain.validity import Leg

Readings = Mapping[str, Reading]

SCREEN = ("REFLEX", "SLR", "SENS", "MOTOR")


def limb_state(chart: Chart, complaints: Complaints, limb: Limb, readings: dict[str, Reading]) -> State:
    """The abstract State of one limb: every limb row is a function of it alone."""
    tiers = tiers_of(readings)
    return State(
        a=frozenset(tiers.a),
        b=frozenset(tiers.b),
        c=frozenset(tiers.c),
        c_apart=frozenset(tiers.c_of_another_source),
        imaging=readings["IMG"].grade,
        local=str(readings["LOCAL"].presence),
        screen=screen_of(chart, limb, readings),
        recorded=recorded_words(chart, complaints, limb, readings),
    )


def screen_of(chart: Chart, limb: Limb, readings: Readings) -> str:
    """Complete: reflex of both sides, SLR, and sensation or power; negative: each of them absent here (RULES 3.2).

    A weak positive is not held against a negative screen, an excluded one is.
    """
    examined = (
        limb.side is not Side.UNKNOWN
        and readings["REFLEX"].examined
        and other_reflex_examined(chart, limb)
        and readings["SLR"].examined
        and (readings["SENS"].examined or readings["MOTOR"].examined)
    )
    if not examined:
        return "incomplete"
    return "complete" if any(_held_against(readings[name]) for name in SCREEN) else "negative"


def _held_against(reading: Reading) -> bool:
    return reading.presence is Presence.PRESENT and reading.validity is not Validity.WEAK


def other_reflex_examined(chart: Chart, limb: Limb) -> bool:
    """Is there a reflex result of the other leg inside its window?"""
    return bool(reflex_result(chart, limb, limb.side.other))


def reflex_result(chart: Chart, limb: Limb, side: Side) -> str:
    """The word that stands for the reflex of a leg; "" = none recorded, or contradictory."""
    leg = Leg(kind=limb.kind, side=side.other, sided=True, limbs=1, only=True)
    return partner_of(chart, chart.protocol.item("REFLEX"), leg).word


def recorded_words(chart: Chart, complaints: Complaints, limb: Limb, readings: Readings) -> frozenset[str]:
    """The closed words of the `recorded` cells that hold for this limb."""
    rupture = readings["RUPTURE"]
    holds = {
        "rupture": rupture.present and rupture.validity is Validity.FULL,
        "neuropathy": bool(chart.history("neuropathy")),
        "excluded-by-confounder": any(map(_excluded_by_confounder, readings.values())),
        "tarsal-tunnel-sign": bool(_tarsal(chart, complaints, limb)),
        "inflammatory-features": bool(inflammatory_features(chart)),
        "chronic-back-pain": chronic(chart, readings["LBP"]),
        "back-pain-first": order_of_onset(limb, readings["LBP"]) != "later",
        "compensation": readings["COMP"].present,
        "normal-reflex": _normal_reflex(chart, limb, readings["REFLEX"]),
        "no-leg-symptoms": readings["RADSX"].presence is Presence.ABSENT,
    }
    return frozenset(word for word, true in holds.items() if true)


_HISTORY_OF = {"peripheral-neuropathy": "neuropathy", "lumbar-surgery": "surgery", "non-root-cause": "non-root-cause"}


def recorded_facts(chart: Chart, complaints: Complaints, limb: Limb, readings: Readings) -> tuple[Fact, ...]:
    """The Facts of history that bear on this limb: signs the rows read, and causes of confounders that acted."""
    acted = {name for each in readings.values() for weighed in each.weighed for name in weighed.confounders}
    patterns = {each.pattern for each in chart.protocol.confounders if each.name in acted}
    causes = (chart.history(word) for pattern, word in _HISTORY_OF.items() if pattern in patterns)
    signs = (chart.history("neuropathy"), _tarsal(chart, complaints, limb), inflammatory_features(chart))
    told = dict.fromkeys(fact for facts in (*signs, *causes) for fact in facts)
    return tuple(fact for fact in told if limb.side is Side.UNKNOWN or fact.side is not limb.side.other)


def _excluded_by_confounder(reading: Reading) -> bool:
    """Was a finding that is otherwise good excluded by a confounder of RULES 3.3?"""
    negatives = [each.fact.moment for each in reading.weighed if each.fate is Fate.NEGATIVE]
    return any(
        each.presence is Presence.PRESENT
        and each.validity is Validity.EXCLUDED
        and Reason.CONFOUNDER in each.reasons
        and not any(each.fact.moment.before(negative) for negative in negatives)
        for each in reading.weighed
    )


def _tarsal(chart: Chart, complaints: Complaints, limb: Limb) -> tuple[Fact, ...]:
    return tarsal_tunnel_sign(chart, limb.side, complaints.count)


def _normal_reflex(chart: Chart, limb: Limb, reading: Reading) -> bool:
    """Normal, and not brisk, on the painful side; on both when the side is not recorded."""
    sides = (Side.LEFT, Side.RIGHT) if limb.side is Side.UNKNOWN else (limb.side,)
    return reading.presence is Presence.ABSENT and all(reflex_result(chart, limb, side) == "normal" for side in sides)


def chronic(chart: Chart, pain: Reading) -> bool:
    """Recorded as chronic, or 12 weeks between onset and the last statement that it is there (RULES 3.4)."""
    facts = [each.fact for each in pain.carriers if each.presence is Presence.PRESENT]
    if any(Qualifier.CHRONIC in fact.qualifiers for fact in facts):
        return True
    onset = onset_of(facts)
    if onset is None:
        return False
    last = max(fact.moment.earliest for fact in facts)
    return (last - onset.earliest).days >= chart.protocol.days("chronic-back-pain")


def onset_of(facts: Iterable[Fact]) -> Moment | None:
    """The earliest recorded onset; None = not recorded."""
    return min((fact.onset for fact in facts if fact.onset), default=None)


def order_of_onset(limb: Limb, pain: Reading) -> str:
    """Back pain against heel pain: first | open | later; not recorded or overlapping is open (RULES 3.5 B1)."""
    back = onset_of(each.fact for each in pain.carriers)
    if back is None or limb.onset is None or back.overlaps(limb.onset):
        return "open"
    return "first" if back.before(limb.onset) else "later"


def beside(rows: Iterable[Rule], row: Rule, state: State) -> tuple[str, ...]:
    """Second explanations: signs of ALT3 and ALT4 and the conditions of B1, when another row leads (RULES 3.5)."""
    signs = {"ALT3": "tarsal-tunnel-sign", "ALT4": "inflammatory-features"}
    found = []
    for rule in rows:
        if not rule.second or rule.name == row.name:
            continue
        sign = signs.get(rule.name)
        if sign in state.recorded if sign else matches(rule, state):
            found.append(rule.name)
    return tuple(found)


_TESTS = (
    ("leg-symptoms", "RADSX"),
    ("straight-leg-raise", "SLR"),
    ("sensation", "SENS"),
    ("power", "MOTOR"),
)


def missing_of(chart: Chart, limb: Limb, readings: Readings) -> tuple[str, ...]:
    """What was not recorded, closed words in the order of RULES 3.8, then results to repeat."""
    found = []
    if limb.side is Side.UNKNOWN:
        found.append("side")
    if _age_is_missing(chart, readings):
        found.append("birth")
    if not _palpated(chart, readings["LOCAL"]):
        found.append("palpation")
    found.extend(_missing_reflex(chart, limb, readings["REFLEX"]))
    found.extend(word for word, name in _TESTS if not readings[name].examined and not readings[name].repeat)
    found.extend(f"repeat:{name}:{limb.side}" for name in _REPEATABLE if readings[name].repeat)
    return tuple(found)


_REPEATABLE = ("REFLEX", "MOTOR", "SENS", "XSLR", "RADSX", "SLR", "LUMBAGG", "LOCAL")


def _palpated(chart: Chart, local: Reading) -> bool:
    """Was the structure palpated, if only with results that contradict each other?"""
    palpation = chart.protocol.item("LOCAL").palpation
    return local.repeat or any(each.fact.concept in palpation for each in local.used)


def _age_is_missing(chart: Chart, readings: Readings) -> bool:
    """No date of birth, or a partial one that leaves a question of age open."""
    if chart.person.birth is None:
        return True
    age = chart.protocol.days("older-age")
    aged = [each for each in readings["REFLEX"].weighed if each.presence is Presence.PRESENT]
    return any(age_reached(chart.person, age, each.fact.moment.earliest).open for each in aged)


def _missing_reflex(chart: Chart, limb: Limb, reading: Reading) -> tuple[str, ...]:
    if reading.repeat:
        return ()
    if not reading.examined:
        return ("reflex-both",)
    if limb.side is not Side.UNKNOWN and not other_reflex_examined(chart, limb):
        return ("reflex-other",)
    return ()


def has_brisk_reflex(chart: Chart, limb: Limb) -> bool:
    """Is either Achilles reflex brisk? It may be an upper-motor-neuron sign and is printed (RULES 3.3)."""
    return any(reflex_result(chart, limb, side) == "brisk" for side in (Side.LEFT, Side.RIGHT))
