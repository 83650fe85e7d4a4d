"""Assessment → ClinicalImpression (R4) and what is written beside it: Provenance, the patient's Flag, a proposal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fhirsvc.domain import phrase, wording
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.protocol import Protocol
from fhirsvc.fhir import narrative
from fhirsvc.fhir.flag import Turn, draw_flag
from fhirsvc.fhir.inputs import Inputs, inputs_of
from fhirsvc.fhir.proposal import draw_proposal
from fhirsvc.fhir.provenance import draw_provenance
from fhirsvc.fhir.resource import (
    CONCEPT,
    LIMB_SIDE,
    OUTCOME,
    RULE_EXTENSION,
    Resource,
    add_tag,
    concept,
    digest_id,
    has_tag,
    instant,
    meta,
    rendered,
    reread,
)

IDENTIFIER = "https://fhirsvc.example/impression"
FIRST_VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What one writing to a chart is bound to beside the Assessment.

    patient: Patient.id.  identifier: value in the system `IDENTIFIER`.  decided_at carries its zone.  previous: id of
    the impression that this one replaces, "" = none.  why: why there is another answer, in a sentence.  due: the day
    on which time alone changes it, None = it never does.  flag: body of the patient's Flag as it stands, active or not.
    error: what it replaces rested on an error.  propose: also write a ServiceRequest proposal.
    """

    tenant: str
    patient: str
    impression_id: str
    identifier: str
    decided_at: datetime
    previous: str = ""
    why: str = ""
    due: date | None = None
    flag: bytes | None = None
    error: bool = False
    propose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Everything one decision writes; flag and proposal None = nothing to write."""

    impression: Resource
    provenance: Resource
    flag: Resource | None
    proposal: Resource | None


def impression_id(tenant: str, patient: str, protocol: str, ordinal: int) -> str:
    """The id of the n-th written answer of a patient's chain (ARCHITECTURE section 5, step 7)."""
    return digest_id("impression", tenant, patient, protocol, str(ordinal))


def render(protocol: Protocol, assessment: Assessment, occasion: Occasion) -> Rendered:
    """The resources of one decision, as bytes. ValueError for an Assessment without findings: withdraw instead."""
    if not assessment.findings:
        raise ValueError("an assessment without findings writes nothing")
    inputs = inputs_of(protocol, assessment)
    impression = rendered(_impression(protocol, assessment, occasion, inputs))
    exact = f"{impression.reference}/_history/{FIRST_VERSION}"
    proposal = draw_proposal(assessment, occasion.patient, exact, occasion.decided_at) if occasion.propose else None
    return Rendered(
        impression=impression,
        provenance=draw_provenance(protocol, assessment, inputs, exact, occasion.decided_at, occasion.why),
        flag=draw_flag(assessment, occasion.tenant, occasion.patient, impression.reference, _turn(occasion)),
        proposal=proposal,
    )


def _turn(occasion: Occasion) -> Turn:
    return Turn(
        at=occasion.decided_at, why=occasion.why, standing=occasion.flag, due=occasion.due, error=occasion.error
    )


def supersede(body: bytes) -> bytes:
    """The same impression, tagged and told to be superseded; one that is already so comes back unchanged in content."""
    resource = reread(body)
    if add_tag(resource, "superseded"):
        narrative.put_first(resource, "Superseded: a newer impression of this patient stands in its place.")
    return rendered(resource).body


def withdraw(body: bytes, *, reason: str, at: datetime) -> bytes:
    """The same impression, tagged withdrawn, with the reason (a sentence) as a note and in front of its narrative."""
    return _withdrawn(body, f"Withdrawn, nothing stands in its place: {reason}", at)


def move(body: bytes, *, to: str, at: datetime) -> bytes:
    """The same impression, withdrawn because its Patient is one person with the Patient of the id `to`."""
    text = f"Withdrawn, merged: this is one person with Patient/{to}, for whom is written whatever is said of both."
    return _withdrawn(body, text, at)


def is_withdrawn(body: bytes) -> bool:
    """Was this impression withdrawn?"""
    return has_tag(reread(body), "withdrawn")


def retract(body: bytes, *, reason: str, at: datetime) -> bytes:
    """The same impression, entered in error because a source was, with the reason (a sentence) as for `withdraw`."""
    resource = reread(body)
    if resource["status"] != "entered-in-error":
        resource["status"] = "entered-in-error"
        _explain(resource, f"Entered in error: {reason}", at)
    return rendered(resource).body


def _withdrawn(body: bytes, text: str, at: datetime) -> bytes:
    resource = reread(body)
    if add_tag(resource, "withdrawn"):
        _explain(resource, text, at)
    return rendered(resource).body


def _explain(resource: dict[str, Any], text: str, at: datetime) -> None:
    resource.setdefault("note", []).append({"time": instant(at), "text": text})
    narrative.put_first(resource, text)


def _impression(protocol: Protocol, assessment: Assessment, occasion: Occasion, inputs: Inputs) -> dict[str, Any]:
    previous = {"previous": {"reference": f"ClinicalImpression/{occasion.previous}"}} if occasion.previous else {}
    return {
        "resourceType": "ClinicalImpression",
        "id": occasion.impression_id,
        "meta": meta(signed=assessment.signed),
        "text": _narrative(protocol, assessment),
        "identifier": [{"system": IDENTIFIER, "value": occasion.identifier}],
        "status": "completed",
        "subject": {"reference": f"Patient/{occasion.patient}"},
        "effectiveDateTime": assessment.on.isoformat(),
        "date": instant(occasion.decided_at),
        **previous,
        **_references("problem", inputs.problems),
        **_investigations(inputs),
        "protocol": [assessment.protocol],
        "summary": _summary(protocol, assessment),
        "finding": [_finding(protocol, assessment, each) for each in assessment.findings],
        **_references("supportingInfo", inputs.supporting),
        "note": [{"text": text} for text in _notes(protocol, assessment)],
    }


def _references(element: str, references: Iterable[str]) -> dict[str, Any]:
    found = [{"reference": each} for each in references]
    return {element: found} if found else {}


def _investigations(inputs: Inputs) -> dict[str, Any]:
    """One investigation per Concept: what was asked, and the exact versions that answer."""
    found = [
        {"code": concept(CONCEPT, code, phrase.capital(phrase.concept(code))), **_references("item", references)}
        for code, references in inputs.investigations.items()
    ]
    return {"investigation": found} if found else {}


def _finding(protocol: Protocol, assessment: Assessment, finding: Finding) -> dict[str, Any]:
    side = [{"url": LIMB_SIDE, "valueCode": finding.side}] if finding.side else []
    return {
        "extension": [*side, {"url": RULE_EXTENSION, "valueCode": finding.rule}],
        "itemCodeableConcept": concept(OUTCOME, finding.outcome, _said(finding)),
        "basis": "\n".join(_basis(protocol, assessment, finding)),
    }


def _said(finding: Finding) -> str:
    limb = wording.limb_of(finding)
    return f"{phrase.capital(limb)}: {finding.text}" if limb else finding.text


def _basis(protocol: Protocol, assessment: Assessment, finding: Finding) -> tuple[str, ...]:
    """The whole ground of one finding, for a clinician to review without this service (RULES 6, criterion 4)."""
    return (
        wording.rule_line(finding),
        f"Protocol {assessment.protocol}, evaluated on {assessment.on.isoformat()}.",
        *wording.reasons(protocol, finding, assessment.on),
        *(f"Excluded: {line}" for line in wording.exclusions(protocol, finding, assessment.on)),
        *(f"Not recorded: {line}" for line in wording.not_recorded(protocol, finding)),
    )


def _summary(protocol: Protocol, assessment: Assessment) -> str:
    """What a reader sees first. An urgent answer stands alone; the limbs follow in the findings (RULES 3.7)."""
    told = [assessment.urgent] if assessment.urgent else assessment.findings
    return "\n".join((*(_said(each) for each in told), *wording.cautions(protocol, assessment)))


def _notes(protocol: Protocol, assessment: Assessment) -> tuple[str, ...]:
    """What was not recorded, what stands beside the answer, what to ask, and the cautions; each said once."""
    told = [line for each in assessment.findings for line in _notes_of(protocol, assessment, each)]
    general = wording.patient_notes(protocol, assessment)
    asked = wording.red_flag_questions(protocol)
    return tuple(dict.fromkeys((*told, *general, asked, *wording.cautions(protocol, assessment))))


def _notes_of(protocol: Protocol, assessment: Assessment, finding: Finding) -> list[str]:
    limb = phrase.capital(wording.limb_of(finding) or finding.outcome)
    missing = wording.not_recorded(protocol, finding)
    told = [f"{limb}: {text}" for text in wording.notes(protocol, finding, assessment.on)]
    return [f"{limb}: not recorded: {'; '.join(missing)}.", *told] if missing else told


def _narrative(protocol: Protocol, assessment: Assessment) -> dict[str, str]:
    blocks = [block for each in assessment.findings for block in _blocks(protocol, assessment, each)]
    return narrative.narrative(
        *blocks,
        narrative.bullets("Set aside:", wording.set_aside(protocol, assessment)),
        narrative.bullets("Also noted:", wording.patient_notes(protocol, assessment)),
        narrative.paragraph(f"Protocol {assessment.protocol}, evaluated on {assessment.on.isoformat()}."),
        *(narrative.paragraph(text) for text in wording.cautions(protocol, assessment)),
    )


def _blocks(protocol: Protocol, assessment: Assessment, finding: Finding) -> tuple[str, ...]:
    on = assessment.on
    return (
        narrative.heading(wording.headline(finding)),
        narrative.paragraph(finding.text),
        narrative.paragraph(wording.rule_line(finding)),
        narrative.bullets("Reasons:", wording.reasons(protocol, finding, on)),
        narrative.bullets("Excluded:", wording.exclusions(protocol, finding, on)),
        narrative.bullets("Next to record:", wording.next_to_record(protocol, finding)),
        narrative.bullets("Notes:", wording.notes(protocol, finding, on)),
    )
