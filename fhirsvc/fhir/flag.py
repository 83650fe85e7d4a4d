"""The one Flag of a patient: its strongest outcome, which sides it concerns, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.protocol import Outcome
from fhirsvc.fhir import narrative
from fhirsvc.fhir.resource import OUTCOME, Resource, concept, device, digest_id, instant, meta, rendered, reread

IDENTIFIER = "https://fhirsvc.example/flag"
DETAIL = "http://hl7.org/fhir/StructureDefinition/flag-detail"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"


def flag_id(tenant: str, patient: str) -> str:
    """The id of the patient's only Flag, whatever the protocol."""
    return digest_id("flag", tenant, patient)


def draw_flag(
    assessment: Assessment, tenant: str, patient: str, impression: str, decided_at: datetime, standing: bytes | None
) -> Resource | None:
    """The Flag as it is to stand: raised, changed, lowered, or None = nothing to write.

    A Flag that keeps its code keeps its start; one that is raised anew starts now. An active one has no end.
    """
    flagged = [each for each in assessment.findings if each.flag]
    if not flagged:
        return lower(standing, at=decided_at) if standing else None
    start = _start(standing, assessment.strongest) or instant(decided_at)
    said = ". ".join(wording.headline(each) for each in flagged)
    return rendered(
        {
            "resourceType": "Flag",
            "id": flag_id(tenant, patient),
            "meta": meta(signed=assessment.signed),
            "text": narrative.narrative(*(narrative.paragraph(each) for each in _lines(flagged))),
            "extension": [{"url": DETAIL, "valueReference": {"reference": impression}}],
            "identifier": [{"system": IDENTIFIER, "value": flag_id(tenant, patient)}],
            "status": "active",
            "category": [_category(assessment.strongest)],
            "code": concept(OUTCOME, assessment.strongest, said),
            "subject": {"reference": f"Patient/{patient}"},
            "period": {"start": start},
            "author": device(),
        }
    )


def lower(body: bytes, *, at: datetime) -> Resource | None:
    """The same Flag, inactive and ended; None when it already is."""
    resource = reread(body)
    if resource["status"] != "active":
        return None
    resource["status"] = "inactive"
    resource["period"]["end"] = instant(at)
    narrative.put_first(resource, f"Inactive since {instant(at)}.")
    return rendered(resource)


def _start(standing: bytes | None, outcome: Outcome) -> str:
    """Since when an active Flag has said the same; "" = it says something new."""
    if standing is None:
        return ""
    resource = reread(standing)
    same = resource["status"] == "active" and resource["code"]["coding"][0]["code"] == outcome
    return str(resource["period"]["start"]) if same else ""


def _category(outcome: Outcome) -> dict[str, Any]:
    urgent = outcome is Outcome.URGENT
    return concept(_CATEGORY, "safety" if urgent else "clinical", "Safety" if urgent else "Clinical")


def _lines(flagged: list[Finding]) -> list[str]:
    return [f"{wording.headline(each)}. {each.text}" for each in flagged]
