"""What the record says of history: neuropathy, surgery, other causes of weakness, signs of other diseases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fhirsvc.domain.evidence import Fact, Person, Presence, Side
from fhirsvc.domain.protocol import Protocol, Validity
from fhirsvc.domain.timeline import age_in_days, years_between
from fhirsvc.domain.validity import admission, admitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The Facts of one patient as every part of the assessment reads them, with the day they are read on."""

    protocol: Protocol
    person: Person
    by_concept: Mapping[str, tuple[Fact, ...]]
    on: date

    def of(self, concepts: Iterable[str]) -> tuple[Fact, ...]:
        """All Facts of these Concepts, concept by concept, each in the order of their sources."""
        return tuple(fact for concept in concepts for fact in self.by_concept.get(concept, ()))

    def history(self, word: str) -> tuple[Fact, ...]:
        """Facts of a history word that may be read and say that it is there."""
        return undenied(self.of(self.protocol.history[word]))


def undenied(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Those that say it is there and are not denied since, nor at the same time (RULES 3.3, 3.4 latest valid wins)."""
    told = tuple(fact for fact in facts if admitted(fact))
    denials = tuple(fact for fact in told if fact.presence is Presence.ABSENT)
    present = (fact for fact in told if fact.presence is Presence.PRESENT)
    return tuple(fact for fact in present if not any(_denies(each, fact) for each in denials))


def _denies(other: Fact, fact: Fact) -> bool:
    """A negative without a side covers both sides; one for the other leg says nothing of this one."""
    return (
        other.concept == fact.concept
        and other.side in (fact.side, Side.BOTH, Side.UNKNOWN)
        and not other.moment.before(fact.moment)
    )


def for_leg(facts: Iterable[Fact], side: Side) -> tuple[Fact, ...]:
    """Those recorded for this leg or for both; of a leg that is not named only those for both."""
    return tuple(fact for fact in facts if fact.side is Side.BOTH or (fact.side is side and side is not Side.UNKNOWN))


def rupture_suspected(chart: Chart, side: Side) -> tuple[Fact, ...]:
    """Facts that suspect an Achilles rupture of this leg, inside their window and not weak (RULES 3.2 RUPTURE)."""
    item = chart.protocol.item("RUPTURE")
    window = chart.protocol.clocks[item.clock].full
    told = for_leg(undenied(chart.of(item.concepts)), side)
    return tuple(fact for fact in told if is_sure(fact) and age_in_days(fact.moment, chart.on) <= window)


def is_sure(fact: Fact) -> bool:
    """Stated without reserve, final and dated: only such a statement may silence or end an urgent row."""
    return admission(fact)[0] is Validity.FULL and fact.recorded is not None


def patterns_of_leg(chart: Chart, side: Side) -> frozenset[str]:
    """Closed patterns of RULES 3.3 that hold for a leg whatever the single Fact says.

    A cause of weakness without a side (a hereditary neuropathy, say) demotes the power of both legs; it never silences
    an urgent row, which asks for a cause recorded for that leg.
    """
    causes = chart.history("non-root-cause")
    found = {
        "peripheral-neuropathy": bool(chart.history("neuropathy")),
        "lumbar-surgery": bool(chart.history("surgery")),
        "rupture": bool(rupture_suspected(chart, side)),
        "non-root-cause": any(fact.side in (side, Side.BOTH, Side.UNKNOWN) for fact in causes),
    }
    return frozenset(pattern for pattern, holds in found.items() if holds)


def normal_since_surgery(chart: Chart, deficit: Fact, normals: Iterable[Fact]) -> bool:
    """Was the same test recorded normal after the operation and before this deficit? (RULES 3.3 lumbar surgery)"""
    operations = chart.history("surgery")
    return any(
        all(operation.moment.before(normal.moment) for operation in operations)
        and normal.moment.before(deficit.moment)
        and admitted(normal)
        for normal in normals
        if normal.presence is Presence.ABSENT
    )


@dataclass(frozen=True, slots=True)
class Age:
    """Whether a person has reached an age on a day; open when the date of birth leaves it open."""

    reached: bool
    open: bool


def age_reached(person: Person, years: int, day: date) -> Age:
    """Unknown or open age is read as reached (RULES 3, Population: treated as 60 or more)."""
    if person.birth is None:
        return Age(reached=True, open=True)
    oldest = years_between(person.birth.earliest, day) >= years
    youngest = years_between(person.birth.latest, day) >= years
    return Age(reached=oldest, open=oldest != youngest)


def surely_under(person: Person, years: int, day: date) -> bool:
    """Certainly younger: an open age counts as adult (RULES 3, Population, for R0b)."""
    return person.birth is not None and years_between(person.birth.earliest, day) < years


def inflammatory_features(chart: Chart) -> tuple[Fact, ...]:
    """Features of inflammatory back pain: recorded as such, or early, lasting, and with stiffness or relief (3.3)."""
    return chart.history("inflammatory") or _composite_features(chart)


def _composite_features(chart: Chart) -> tuple[Fact, ...]:
    features = chart.history("stiffness") + chart.history("relief")
    pains = tuple(fact for fact in chart.history("back-pain") if _early_and_lasting(chart, fact))
    return pains + features if pains and features else ()


def _early_and_lasting(chart: Chart, pain: Fact) -> bool:
    if pain.onset is None or chart.person.birth is None:
        return False
    lasting = (pain.moment.earliest - pain.onset.earliest).days > chart.protocol.days("inflammatory-duration")
    return lasting and years_between(chart.person.birth.earliest, pain.onset.earliest) < chart.protocol.days(
        "inflammatory-onset-age"
    )


def tarsal_tunnel_sign(chart: Chart, side: Side, limbs: int) -> tuple[Fact, ...]:
    """Tinel at the tarsal tunnel, or that diagnosis; without a side it belongs to the only affected limb."""
    window = chart.protocol.clocks["examination"].weak
    accepted = (side, Side.BOTH, Side.UNKNOWN) if limbs == 1 else (side, Side.BOTH)
    return tuple(
        fact
        for fact in chart.history("tarsal-tunnel-sign")
        if fact.side in accepted and (fact.problem or window is None or age_in_days(fact.moment, chart.on) <= window)
    )
