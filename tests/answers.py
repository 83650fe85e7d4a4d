"""Assessments made by hand for tests of words and rendering: one finding for every outcome, of invented patients."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment, Fate, Finding, Note, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Moment, Person, Presence, Root, Side, Source
from fhirsvc.domain.protocol import Complaint, Outcome, Protocol, Validity
from fhirsvc.knowledge.load import load_protocol

ON = date(2026, 11, 24)
DECIDED = datetime(2026, 11, 24, 9, 30, 15, 123000, tzinfo=UTC)
_RECEIVED = datetime(2026, 11, 24, 9, tzinfo=UTC)


@cache
def protocol() -> Protocol:
    """The protocol as shipped."""
    return load_protocol(version="1.0.0")


def fact(concept: str, reference: str, *, days: int | None = 10, side: Side = Side.LEFT, **more: object) -> Fact:
    """A recorded answer, `days` before the evaluation; None = no clinical date."""
    recorded = None if days is None else Moment.day(date.fromordinal(ON.toordinal() - days))
    said = Fact(
        concept=concept,
        presence=Presence.PRESENT,
        source=Source(f"{reference}/_history/1"),
        received=_RECEIVED,
        recorded=recorded,
        side=side,
    )
    return replace(said, **more)  # type: ignore[arg-type]


def weighed(said: Fact, fate: Fate = Fate.USED, *reasons: Reason, confounders: tuple[str, ...] = ()) -> Weighed:
    """A Fact with its fate, and the validity that goes with it."""
    validity = {Fate.DEMOTED: Validity.WEAK, Fate.EXCLUDED: Validity.EXCLUDED}.get(fate, Validity.FULL)
    return Weighed(
        fact=said, presence=said.presence, validity=validity, fate=fate, reasons=reasons, confounders=confounders
    )


def present(item: str, tier: str, *told: Weighed, grade: str = "") -> Reading:
    """An item that is there."""
    validity = Validity.WEAK if all(each.validity is Validity.WEAK for each in told) else Validity.FULL
    return Reading(
        item=item, presence=Presence.PRESENT, validity=validity, tier=tier, weighed=told, grade=grade, examined=True
    )


def absent(item: str, *told: Weighed, grade: str = "") -> Reading:
    """An item that is recorded as not there."""
    return Reading(
        item=item,
        presence=Presence.ABSENT,
        validity=Validity.FULL,
        tier="",
        weighed=told,
        grade=grade,
        examined=True,
    )


def unknown(item: str, *told: Weighed) -> Reading:
    """An item without an answer."""
    return Reading(item=item, presence=Presence.UNKNOWN, validity=Validity.FULL, tier="", weighed=told)


def reduced_reflex(side: Side = Side.LEFT) -> Reading:
    """Reduced here, normal on the other side."""
    own = fact("achilles-reflex", f"Observation/reflex-{side}", side=side, result="reduced", root=Root.S1)
    other = replace(
        fact("achilles-reflex", f"Observation/reflex-{side.other}", side=side.other, result="normal"),
        presence=Presence.ABSENT,
    )
    return present("REFLEX", "A", weighed(own), weighed(other, Fate.NEGATIVE))


def sciatica(side: Side = Side.LEFT) -> Reading:
    """A problem-list entry, demoted for being provisional."""
    said = fact("radiating-leg-symptoms", "Condition/sciatica", side=side, problem=True)
    return present("RADSX", "C", weighed(said, Fate.DEMOTED, Reason.PROVISIONAL))


def root_contact() -> Reading:
    """A report that says so, with its sentence."""
    said = fact("nerve-root-contact", "DiagnosticReport/mri", root=Root.S1, result="contact")
    source = replace(said.source, place="conclusion[1]", sentence="Disc at <L5/S1> contacts & displaces the left root.")
    return present("IMG", "IMG", weighed(replace(said, source=source)), grade="pos")


def tenderness(side: Side = Side.LEFT) -> Reading:
    """A local sign."""
    return present("LOCAL", "local", weighed(fact("achilles-tenderness", "Observation/palpation", side=side)))


def overpronation() -> Reading:
    """A sign of compensation."""
    return present("COMP", "comp", weighed(fact("overpronation", "Observation/gait", side=Side.UNKNOWN)))


def other_side_reflex() -> Reading:
    """Only the other leg's reflex was examined."""
    told = fact("achilles-reflex", "Observation/reflex-right", side=Side.RIGHT, result="absent")
    return unknown("REFLEX", weighed(told, Fate.EXCLUDED, Reason.OTHER_SIDE))


def complaint_of(kind: Complaint, side: Side) -> Fact:
    """The recorded complaint."""
    concept = {each: name for name, each in protocol().complaints.items()}[kind]
    return fact(concept, f"Condition/{concept}-{side}", side=side, problem=True)


def finding(
    rule: str,
    *readings: Reading,
    kind: Complaint = Complaint.ACHILLES,
    side: Side = Side.LEFT,
    **more: object,
) -> Finding:
    """The finding of a limb row, with its suggestion."""
    row = next(each for each in protocol().rules if each.name == rule)
    said = Finding(
        complaint=kind,
        side=side,
        outcome=row.outcome,
        rule=rule,
        strength=row.strength,
        because=row.because,
        sources=row.sources,
        text="",
        flag=row.flag,
        readings=readings,
        complaint_facts=(complaint_of(kind, side),),
    )
    return suggested(replace(said, **more))  # type: ignore[arg-type]


def urgent(rule: str, *facts: Fact, also: tuple[str, ...] = ()) -> Finding:
    """The finding without a limb."""
    said = finding(rule, also=also)
    return suggested(replace(said, complaint=None, side=None, complaint_facts=(), urgent_facts=facts))


def suggested(said: Finding) -> Finding:
    """The same finding with its text."""
    text = wording.suggestion(
        protocol(),
        outcome=said.outcome,
        rule=said.rule,
        complaint=said.complaint,
        side=said.side,
        readings=said.readings,
        missing=said.missing,
        sentence=said.sentence,
        urgent_facts=said.urgent_facts,
        on=ON,
    )
    return replace(said, text=text)


def saddle_numbness(days: int = 4) -> Fact:
    """An urgent feature without a recorded onset."""
    return fact("saddle-sensation", "Observation/saddle", days=days, side=Side.UNKNOWN)


def every_finding() -> dict[str, Finding]:
    """One finding per outcome that is written, and per branch of its text."""
    return {
        "urgent": urgent("U1", saddle_numbness(), also=("U2",)),
        "urgent-spinal": urgent("U2", fact("ankle-dorsiflexion-power", "Observation/power", number=3)),
        "urgent-review": urgent("U3", fact("low-back-pain", "Condition/back", onset=Moment.day(date(2026, 11, 1)))),
        "indicated": finding("I2", reduced_reflex(), root_contact(), sciatica(), missing=("straight-leg-raise",)),
        "coexisting": finding("X1-I2", reduced_reflex(), root_contact(), tenderness()),
        "consider": finding(
            "C1",
            reduced_reflex(),
            tenderness(),
            coexisting_local=True,
            missing=("side", "sensation", "repeat:SLR:left"),
            notes=(Note(code="coexisting-local", text=protocol().texts["note.coexisting-local"]),),
        ),
        "biomechanical": finding("B1", overpronation(), kind=Complaint.PLANTAR, side=Side.RIGHT, also=("ALT3",)),
        "neuropathy": finding(
            "ALT2",
            other_side_reflex(),
            recorded=(fact("peripheral-neuropathy", "Condition/neuropathy", side=Side.UNKNOWN, problem=True),),
        ),
        "entrapment": finding("ALT3", recorded=(fact("tarsal-tunnel-sign", "Observation/tinel"),)),
        "inflammatory": finding("ALT4"),
        "rupture": finding("ALT1", also=("ALT4", "B1")),
        "insufficient": finding(
            "N1", other_side_reflex(), kind=Complaint.HEEL, side=Side.UNKNOWN, missing=("side", "birth", "reflex-both")
        ),
        "not-indicated": finding("L1", tenderness(), sentence="no-evidence"),
        "below-threshold": finding("L2", sciatica(), sentence="below-threshold"),
    }


def assessment(*findings: Finding, signed: bool = False, **more: object) -> Assessment:
    """An Assessment of these findings; the trace holds one Fact that counted for nothing."""
    refuted = weighed(complaint_of(Complaint.HEEL, Side.RIGHT), Fate.EXCLUDED, Reason.REFUTED)
    said = Assessment(
        protocol=protocol().canonical,
        protocol_digest=protocol().digest,
        signed=signed,
        on=ON,
        person=Person(birth=Moment.day(date(1980, 1, 1)), reference="Patient/p1/_history/1"),
        findings=findings,
        excluded=(refuted,),
    )
    return replace(said, **more)  # type: ignore[arg-type]


OUTCOMES = tuple(each for each in Outcome if each is not Outcome.NOT_APPLICABLE)
