"""The urgent rows: cauda equina features, severe or falling power, new back pain with a risk (RULES 3.4, 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from fhirsvc.domain.assessment import Note
from fhirsvc.domain.evidence import Fact, Presence, Qualifier, Side, Status, Verification
from fhirsvc.domain.history import Chart, age_reached, is_sure
from fhirsvc.domain.power import Weakness, weaknesses
from fhirsvc.domain.protocol import Feature, Protocol
from fhirsvc.domain.validity import admission_of_red_flag, admitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One urgent word of the patient rows that holds, and the Facts that make it hold."""

    word: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """Which urgent words hold, with their Facts; and what is printed beside although it does not count."""

    alarms: tuple[Alarm, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """The closed words for the patient rows."""
        return frozenset(each.word for each in self.alarms)

    def facts_of(self, words: Iterable[str]) -> tuple[Fact, ...]:
        """The Facts behind some of the words, newest first."""
        wanted = frozenset(words)
        told = dict.fromkeys(fact for each in self.alarms if each.word in wanted for fact in each.facts)
        return tuple(sorted(told, key=lambda fact: (fact.moment, fact.source), reverse=True))


def urgency_of(chart: Chart) -> Urgency:
    """Everything the patient rows U1 to U3 read; uncertain and preliminary red flags count as present (RULES 3.9)."""
    legs = weaknesses(chart)
    features = _features(chart, legs)
    pain = _recent_back_pain(chart)
    risks = _risks(chart, pain)
    alarms = (
        *features.alarms,
        *_alarm("severe-or-falling-power", [fact for leg in legs for fact in leg.facts if leg.urgent]),
        *_alarm("recent-back-pain", pain),
        *_alarm("serious-disease-risk", risks),
    )
    power_notes = tuple(note for leg in legs for note in leg.notes)
    return Urgency(alarms=alarms, notes=(*features.notes, *power_notes))


def _alarm(word: str, facts: Sequence[Fact]) -> tuple[Alarm, ...]:
    return (Alarm(word=word, facts=tuple(facts)),) if facts else ()


def _features(chart: Chart, legs: Sequence[Weakness]) -> Urgency:
    """U1 and U1b: every feature statement judged by its own dates; sexual dysfunction counts only alone (E28)."""
    judged = [
        _judge(chart, feature, fact)
        for feature in chart.protocol.features
        for fact in _statements(chart, feature, legs)
    ]
    others = any(each.word and each.feature.emergency is not None for each in judged)
    counted = [each for each in judged if each.feature.emergency is not None or not others]
    alarms = [Alarm(word=each.word, facts=(each.fact,)) for each in counted if each.word]
    notes = [each.note for each in judged if each.note] + _later_normals(chart, alarms)
    return Urgency(alarms=tuple(alarms), notes=tuple(notes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    feature: Feature
    fact: Fact
    word: str = ""
    note: Note | None = None


def _statements(chart: Chart, feature: Feature, legs: Sequence[Weakness]) -> tuple[Fact, ...]:
    told = tuple(
        fact
        for fact in chart.of((feature.concept,))
        if fact.presence is Presence.PRESENT and admission_of_red_flag(fact)
    )
    return told + (_both_legs(legs) if feature.concept == "both-legs-deficit" else ())


def _both_legs(legs: Sequence[Weakness]) -> tuple[Fact, ...]:
    """Both legs meeting U2 is a deficit of both legs (RULES 3.9); it is as old as the younger of the two."""
    urgent = {leg.side: leg for leg in legs if leg.urgent}
    if not {Side.LEFT, Side.RIGHT} <= set(urgent):
        return ()
    return (max((fact for leg in urgent.values() for fact in leg.facts), key=lambda fact: (_since(fact), fact.source)),)


def _judge(chart: Chart, feature: Feature, fact: Fact) -> _Judged:
    """One statement against its windows: measured at receipt, so that time alone never ends it (RULES 3.4)."""
    since = _since(fact)
    if feature.needs_onset and fact.onset is None:
        return _noted(chart.protocol, feature, fact, "needs-onset")
    if feature.needs_pain and not _pain_on_record(chart):
        return _noted(chart.protocol, feature, fact, "needs-pain")
    if _ruled_out(chart, "cauda-equina", since):
        return _noted(chart.protocol, feature, fact, "rule-out")
    if (received_on(fact) - since).days > feature.review:
        return _noted(chart.protocol, feature, fact, "urgent-past")
    emergency = feature.emergency is not None and (chart.on - since).days <= feature.emergency
    return _Judged(feature=feature, fact=fact, word="urgent-emergency" if emergency else "urgent-review")


def _noted(protocol: Protocol, feature: Feature, fact: Fact, code: str) -> _Judged:
    note = Note(code=code, text=protocol.texts[f"note.{code}"], facts=(fact,))
    return _Judged(feature=feature, fact=fact, note=note)


def _since(fact: Fact) -> date:
    """Onset; a statement of worsening counts as new on its date; onset unknown: last assertion (RULES 3.9 clock)."""
    if fact.onset is None or fact.qualifiers & {Qualifier.WORSENING, Qualifier.PROGRESSIVE}:
        return fact.moment.latest
    return fact.onset.latest


def received_on(fact: Fact) -> date:
    """The calendar day of first receipt."""
    return fact.received.astimezone(UTC).date()


def _pain_on_record(chart: Chart) -> bool:
    """Back, leg or heel pain: an active complaint, low back pain or leg symptoms, any side, any date (RULES 3.9)."""
    concepts = (
        *chart.protocol.complaints,
        *chart.protocol.history["any-back-pain"],
        *chart.protocol.item("RADSX").concepts,
    )
    return any(fact.presence is Presence.PRESENT and admitted(fact) for fact in chart.of(concepts))


def _ruled_out(chart: Chart, word: str, since: date) -> bool:
    """Was the suspected condition refuted or excluded on or after that day, and not stated since? (RULES 3.4)"""
    stated = [fact.moment.last for fact in chart.of(chart.protocol.history[word]) if _is_stated(fact)]
    return any(
        fact.moment.earliest >= since and not any(last >= fact.moment.first for last in stated)
        for fact in _rule_outs(chart, word)
    )


def _is_stated(fact: Fact) -> bool:
    """Does it say, or suspect, that the condition is there? Then an earlier exclusion, or one of that time, is void."""
    return fact.presence is Presence.PRESENT and admission_of_red_flag(fact)


def _rule_outs(chart: Chart, word: str) -> tuple[Fact, ...]:
    told = chart.of(chart.protocol.history[word])
    return tuple(fact for fact in told if _refutes(fact))


def _refutes(fact: Fact) -> bool:
    """A refuted Condition or a plain denial, dated and not of the future: what silences an urgent row is certain."""
    if fact.recorded is None or fact.recorded.earliest > received_on(fact):
        return False
    if fact.verification is Verification.REFUTED:
        return admission_of_red_flag(fact, refuted=True) and fact.status is Status.FINAL
    return fact.presence is Presence.ABSENT and is_sure(fact)


def _later_normals(chart: Chart, alarms: Sequence[Alarm]) -> list[Note]:
    """A later form that ticks normal is not a rule-out: it is printed beside the row (RULES 3.4)."""
    text = chart.protocol.texts["note.later-normal"]
    return [
        Note(code="later-normal", text=text, facts=(normal,))
        for alarm in alarms
        for normal in chart.of(fact.concept for fact in alarm.facts)
        if normal.presence is Presence.ABSENT and admitted(normal) and alarm.facts[0].moment.before(normal.moment)
    ]


def _recent_back_pain(chart: Chart) -> tuple[Fact, ...]:
    """Back pain that began within the window before it was received, or was called new then, and not denied since."""
    pains = chart.of(chart.protocol.history["any-back-pain"])
    denials = [fact for fact in pains if fact.presence is Presence.ABSENT and admitted(fact)]
    return tuple(
        fact
        for fact in pains
        if fact.presence is Presence.PRESENT
        and admitted(fact)
        and _began_recently(chart, fact)
        and not any(_ends(denial, fact) for denial in denials)
    )


def _ends(denial: Fact, pain: Fact) -> bool:
    """A later denial of the same pain: that the low back does not hurt says nothing of the rest of the back."""
    return denial.concept == pain.concept and pain.moment.before(denial.moment) and is_sure(denial)


def _began_recently(chart: Chart, fact: Fact) -> bool:
    if fact.onset is not None:
        since = fact.onset.latest
    elif Qualifier.NEW in fact.qualifiers:
        since = fact.moment.latest
    else:
        return False
    recent = (received_on(fact) - since).days <= chart.protocol.days("recent-back-pain")
    return recent and not _ruled_out(chart, "serious-disease", since)


def _risks(chart: Chart, pains: Sequence[Fact]) -> tuple[Fact, ...]:
    """Risks of serious disease; a history of cancer counts whatever its clinicalStatus, because it is history."""
    found = []
    for risk in chart.protocol.risks:
        for fact in chart.of((risk.concept,)):
            if fact.presence is not Presence.PRESENT or not admission_of_red_flag(fact):
                continue
            if risk.within is not None and not _within(fact, pains, risk.within):
                continue
            if risk.at_least_age is None or age_reached(chart.person, risk.at_least_age, fact.moment.latest).reached:
                found.append(fact)
    return tuple(found)


def _within(fact: Fact, pains: Sequence[Fact], days: int) -> bool:
    """The event lies within so many days before the back pain was received."""
    happened = (fact.onset or fact.moment).latest
    return any((received_on(pain) - happened).days <= days for pain in pains)
