"""The answer: patient rows, then each complaint and side through the limb rows (RULES 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.complaints import Complaints, Limb, complaints_of
from fhirsvc.domain.evidence import Evidence, Fact, Moment, Side, Source
from fhirsvc.domain.history import Chart, surely_under
from fhirsvc.domain.limb import beside, limb_state, missing_of, recorded_facts
from fhirsvc.domain.measure import measured
from fhirsvc.domain.notes import limb_notes, patient_notes
from fhirsvc.domain.protocol import Outcome, Protocol, Rule
from fhirsvc.domain.readings import read_limb
from fhirsvc.domain.rows import State, first_match, matches
from fhirsvc.domain.urgent import Urgency, urgency_of


def assess(protocol: Protocol, evidence: Evidence, on: date) -> Assessment:
    """What the protocol says of this evidence on this day (UTC); the order of facts never matters."""
    facts = measured(protocol, evidence.facts)
    chart = Chart(protocol=protocol, person=evidence.person, by_concept=_by_concept(facts), on=on)
    complaints = complaints_of(protocol, facts, on)
    urgency = urgency_of(chart)
    state = State(recorded=_patient_words(chart, complaints, urgency))
    rows = [rule for rule in protocol.rules if rule.level == "patient" and matches(rule, state)]
    blocking = next((rule for rule in rows if rule.outcome is Outcome.NOT_APPLICABLE), None)
    urgent = _urgent_rows(rows)
    findings = () if blocking else tuple(_limb_finding(chart, complaints, limb) for limb in complaints.limbs)
    if urgent:
        findings = (_urgent_finding(chart, urgent, urgency), *findings)
    return Assessment(
        protocol=protocol.canonical,
        protocol_digest=protocol.digest,
        signed=protocol.signature is not None,
        on=on,
        person=evidence.person,
        findings=findings,
        not_applicable=blocking.name if blocking and not findings else "",
        notes=(*complaints.notes, *urgency.notes, *patient_notes(chart)),
        excluded=complaints.set_aside,
    )


def _by_concept(facts: Iterable[Fact]) -> dict[str, tuple[Fact, ...]]:
    """Sorted by what they say and where it stands, so that order of arrival never matters."""
    grouped: dict[str, list[Fact]] = {}
    for fact in facts:
        grouped.setdefault(fact.concept, []).append(fact)
    return {concept: tuple(sorted(told, key=_place)) for concept, told in grouped.items()}


def _place(fact: Fact) -> tuple[Source, Side, str, Moment, str, str]:
    return (fact.source, fact.side, fact.root or "", fact.moment, fact.presence, fact.result)


def _patient_words(chart: Chart, complaints: Complaints, urgency: Urgency) -> frozenset[str]:
    adult = chart.protocol.days("adult-age")
    holds = {
        "deceased": chart.person.deceased,
        "under-age": surely_under(chart.person, adult, chart.on),
        "no-complaint": not complaints.limbs,
    }
    return urgency.words | {word for word, true in holds.items() if true}


def _urgent_rows(rows: Iterable[Rule]) -> list[Rule]:
    """Urgent rows that match, in order, as far as no earlier row says the patient is out of scope (R0c)."""
    urgent: list[Rule] = []
    for rule in rows:
        if rule.outcome is Outcome.URGENT:
            urgent.append(rule)
        elif not urgent:
            return []
    return urgent


def _urgent_finding(chart: Chart, rows: list[Rule], urgency: Urgency) -> Finding:
    """One finding without side for the first row; further matching rows are printed in it (RULES 3.5)."""
    row = rows[0]
    facts = urgency.facts_of(want for each in rows for cell in each.cells for want in cell.wants)
    finding = _finding(row)
    return replace(
        finding,
        urgent_facts=facts,
        also=tuple(rule.name for rule in rows[1:]),
        text=_suggest(chart, finding, urgent_facts=facts),
    )


def _limb_finding(chart: Chart, complaints: Complaints, limb: Limb) -> Finding:
    """The first limb row that matches, with everything that was read and what was not recorded."""
    readings = read_limb(chart, complaints, limb)
    state = limb_state(chart, complaints, limb, readings)
    rows = [rule for rule in chart.protocol.rules if rule.level == "limb"]
    row = first_match(rows, state)
    finding = replace(
        _finding(row),
        sources=row.cited.get(limb.kind, row.sources),
        complaint=limb.kind,
        side=limb.side,
        readings=tuple(readings.values()),
        also=beside(rows, row, state),
        missing=missing_of(chart, limb, readings),
        sentence=_sentence(row, state),
        complaint_facts=limb.facts,
        recorded=recorded_facts(chart, complaints, limb, readings),
        coexisting_local=row.outcome is Outcome.CONSIDER and state.local == "present",
    )
    finding = replace(finding, notes=limb_notes(chart, limb, finding, state))
    return replace(finding, text=_suggest(chart, finding))


def _finding(row: Rule) -> Finding:
    return Finding(
        complaint=None,
        side=None,
        outcome=row.outcome,
        rule=row.name,
        strength=row.strength,
        because=row.because,
        sources=row.sources,
        text="",
        flag=row.flag,
    )


def _sentence(row: Rule, state: State) -> str:
    """For not-indicated: is there recorded evidence below the threshold, or none? (RULES 3.8)"""
    if row.outcome is not Outcome.NOT_INDICATED:
        return ""
    evidence = state.a or state.b or state.c or state.imaging in ("pos", "weak")
    return "below-threshold" if evidence else "no-evidence"


def _suggest(chart: Chart, finding: Finding, urgent_facts: tuple[Fact, ...] = ()) -> str:
    return wording.suggestion(
        chart.protocol,
        outcome=finding.outcome,
        rule=finding.rule,
        complaint=finding.complaint,
        side=finding.side,
        readings=finding.readings,
        missing=finding.missing,
        sentence=finding.sentence,
        urgent_facts=urgent_facts,
        on=chart.on,
    )
