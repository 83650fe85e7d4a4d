"""A ServiceRequest that proposes a spinal evaluation: a draft for a clinician to take up, never an order."""

from __future__ import annotations

from datetime import datetime

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.protocol import Outcome
from fhirsvc.fhir import narrative
from fhirsvc.fhir.resource import Resource, device, digest_id, instant, meta, rendered, reread

_PROPOSED = (Outcome.INDICATED, Outcome.COEXISTING)
_CODE = "Spinal evaluation"


def draw_proposal(assessment: Assessment, patient: str, impression: str, decided_at: datetime) -> Resource | None:
    """The proposal for what is indicated or coexisting; None otherwise, never beside an urgent answer (RULES 3.7)."""
    limbs = [each for each in assessment.findings if each.outcome in _PROPOSED]
    if assessment.urgent or not limbs:
        return None
    said = [f"{wording.headline(each)}. {each.text}" for each in limbs]
    return rendered(
        {
            "resourceType": "ServiceRequest",
            "id": digest_id("proposal", impression),
            "meta": meta(signed=assessment.signed),
            "text": narrative.narrative(narrative.heading(f"{_CODE}, proposed"), *map(narrative.paragraph, said)),
            "status": "draft",
            "intent": "proposal",
            "code": {"text": _CODE},
            "subject": {"reference": f"Patient/{patient}"},
            "authoredOn": instant(decided_at),
            "requester": device(),
            "reasonCode": [{"text": wording.headline(each)} for each in limbs],
            "supportingInfo": [{"reference": impression}],
        }
    )


def revoke(body: bytes, *, error: bool = False) -> Resource | None:
    """The same proposal, revoked, when its impression no longer stands; None when it is no draft any more.

    error: the impression was entered in error, and so was this.
    """
    resource = reread(body)
    if resource["status"] != "draft":
        return None
    resource["status"] = "entered-in-error" if error else "revoked"
    said = "Entered in error" if error else "Revoked"
    narrative.put_first(resource, f"{said}: the impression behind it no longer stands.")
    return rendered(resource)
