"""Who computed an impression, from which exact versions, by which protocol: its Provenance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.protocol import Protocol
from fhirsvc.fhir import narrative
from fhirsvc.fhir.inputs import Inputs
from fhirsvc.fhir.resource import Resource, digest_id, instant, meta, rendered

_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


def draw_provenance(
    protocol: Protocol, assessment: Assessment, inputs: Inputs, target: str, recorded: datetime
) -> Resource:
    """The Provenance of one impression version (`target`), which has no assessor: R4 allows no Device there."""
    entities = [{"role": "source", "what": {"reference": each}} for each in inputs.all]
    return rendered(
        {
            "resourceType": "Provenance",
            "id": digest_id("provenance", target),
            "meta": meta(signed=assessment.signed),
            "text": narrative.narrative(narrative.paragraph(_said(assessment, len(entities)))),
            "contained": [_service(protocol)],
            "target": [{"reference": target}],
            "occurredDateTime": instant(recorded),
            "recorded": instant(recorded),
            "policy": [assessment.protocol],
            "activity": {"coding": [{"system": _OPERATION, "code": "CREATE", "display": "create"}]},
            "agent": [_agent()],
            **({"entity": entities} if entities else {}),
        }
    )


def _said(assessment: Assessment, sources: int) -> str:
    return f"Computed by fhirsvc by the protocol {assessment.protocol} from {sources} resource versions."


def _service(protocol: Protocol) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "id": "service",
        "deviceName": [{"name": "fhirsvc", "type": "user-friendly-name"}],
        "version": [{"type": {"text": "protocol"}, "value": f"{protocol.name} {protocol.version}"}],
    }


def _agent() -> dict[str, Any]:
    return {
        "type": {"coding": [{"system": _PARTICIPANT, "code": "assembler", "display": "Assembler"}]},
        "who": {"reference": "#service", "display": "fhirsvc"},
    }
