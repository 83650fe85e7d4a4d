"""What is printed beside an answer although no row reads it: discrepancies, drugs, order of onset (RULES 3.3–3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fhirsvc.domain.assessment import Finding, Note, Reading, Reason
from fhirsvc.domain.complaints import Limb
from fhirsvc.domain.evidence import Fact, Presence, Side
from fhirsvc.domain.history import Chart
from fhirsvc.domain.limb import has_brisk_reflex, order_of_onset
from fhirsvc.domain.protocol import Outcome, Protocol
from fhirsvc.domain.rows import State
from fhirsvc.domain.timeline import age_in_days


def note(protocol: Protocol, code: str, facts: Iterable[Fact] = ()) -> Note:
    """A Note with the protocol's own text for the code."""
    return Note(code=code, text=protocol.texts[f"note.{code}"], facts=tuple(facts))


def patient_notes(chart: Chart) -> tuple[Note, ...]:
    """Notes that concern the whole patient: fluoroquinolone, pregnancy, a recorded cauda equina syndrome."""
    drug = chart.protocol.days("fluoroquinolone")
    recent = [fact for fact in chart.history("fluoroquinolone") if age_in_days(fact.moment, chart.on) <= drug]
    found = (
        ("fluoroquinolone", recent),
        ("pregnancy", chart.history("pregnancy")),
        ("surgery", chart.history("surgery")),
        ("cauda-equina-recorded", _diagnosed(chart)),
    )
    return tuple(note(chart.protocol, code, facts) for code, facts in found if facts)


def _diagnosed(chart: Chart) -> tuple[Fact, ...]:
    """A cauda equina syndrome by name; what a report says of the cauda equina is not one by itself (RULES 5, 17)."""
    return tuple(fact for fact in chart.history("cauda-equina") if not fact.source.sentence)


def limb_notes(chart: Chart, limb: Limb, finding: Finding, state: State) -> tuple[Note, ...]:
    """Notes of one finding, in a fixed order."""
    readings = {each.item: each for each in finding.readings}
    return tuple(
        note(chart.protocol, code, facts)
        for code, facts in (
            *_local(finding),
            *_onset(limb, finding, readings),
            *_reflex(chart, limb, readings["REFLEX"]),
            *_imaging(finding, readings["IMG"], state),
            *_crossed(readings["XSLR"]),
            *_rupture(readings["RUPTURE"]),
        )
    )


Noted = Iterator[tuple[str, tuple[Fact, ...]]]


def _local(finding: Finding) -> Noted:
    if finding.coexisting_local:
        local = next(each for each in finding.readings if each.item == "LOCAL")
        yield "coexisting-local", tuple(each.fact for each in local.carriers)


def _onset(limb: Limb, finding: Finding, readings: dict[str, Reading]) -> Noted:
    biomechanical = finding.outcome is Outcome.BIOMECHANICAL or "B1" in finding.also
    if biomechanical and order_of_onset(limb, readings["LBP"]) == "open":
        yield "order-of-onset", ()


def _reflex(chart: Chart, limb: Limb, reflex: Reading) -> Noted:
    if has_brisk_reflex(chart, limb):
        yield "brisk-reflex", ()
    changed = [each.fact for each in reflex.weighed if Reason.REPLACED in each.reasons]
    if reflex.present and any(fact.presence is Presence.ABSENT for fact in changed):
        yield "reflex-change", tuple(changed)
    opposite = [
        each.fact
        for each in reflex.weighed
        if each.presence is Presence.PRESENT and set(each.reasons) == {Reason.OTHER_SIDE}
    ]
    if opposite and reflex.presence is Presence.ABSENT:
        yield "other-side-reflex", tuple(opposite)


def _imaging(finding: Finding, imaging: Reading, state: State) -> Noted:
    facts = tuple(each.fact for each in imaging.used)
    if state.imaging == "neg" and finding.outcome in (Outcome.INDICATED, Outcome.COEXISTING):
        yield "imaging-negative", facts
    if state.imaging in ("pos", "weak") and any(fact.presence is Presence.ABSENT for fact in facts):
        yield "imaging-discrepancy", facts


def _crossed(crossed: Reading) -> Noted:
    only_raised = tuple(
        each.fact for each in crossed.carriers if crossed.present and each.fact.raised is not Side.UNKNOWN
    )
    if only_raised:
        yield "raised-leg-only", only_raised


def _rupture(rupture: Reading) -> Noted:
    past = tuple(each.fact for each in rupture.weighed if set(each.reasons) & {Reason.EXPIRED, Reason.AGE})
    if past:
        yield "rupture-past", past
