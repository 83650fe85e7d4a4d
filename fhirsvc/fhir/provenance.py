"""Who computed an impression or took one back, from which exact versions, by which protocol, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    protocol: Protocol, assessment: Assessment, inputs: Inputs, target: str, recorded: datetime, why: str
) -> Resource:
    """The Provenance of one impression version (`target`), which has no assessor: R4 allows no Device there.

    why: why it was written, in a sentence.
    """
    said = f"Computed by fhirsvc by the protocol {protocol.canonical} from {len(inputs.all)} resource versions."
    return _drawn(protocol, [target], "CREATE", said, why, inputs.all, recorded, signed=assessment.signed)


def draw_taking_back(
    protocol: Protocol, targets: Sequence[str], errors: Iterable[str], recorded: datetime, why: str
) -> Resource:
    """The Provenance of the versions in which impressions and the Flag are taken back.

    errors: the exact versions of the sources that were entered in error, none = it is for another reason.
    """
    sources = tuple(errors)
    said = "Taken back by fhirsvc because a source was entered in error." if sources else "Taken back by fhirsvc."
    operation, signed = "NULLIFY" if sources else "UPDATE", protocol.signature is not None
    return _drawn(protocol, targets, operation, said, why, sources, recorded, signed=signed)


def _drawn(  # noqa: PLR0913 - the parts of a Provenance that differ
    protocol: Protocol,
    targets: Sequence[str],
    operation: str,
    said: str,
    why: str,
    sources: Iterable[str],
    recorded: datetime,
    *,
    signed: bool,
) -> Resource:
    entities = [{"role": "source", "what": {"reference": each}} for each in sources]
    return rendered(
        {
            "resourceType": "Provenance",
            "id": digest_id("provenance", targets[0]),
            "meta": meta(signed=signed),
            "text": narrative.narrative(narrative.paragraph(said), *([narrative.paragraph(why)] if why else [])),
            "contained": [_service(protocol)],
            "target": [{"reference": each} for each in targets],
            "occurredDateTime": instant(recorded),
            "recorded": instant(recorded),
            "policy": [protocol.canonical],
            **({"reason": [{"text": why}]} if why else {}),
            "activity": {"coding": [{"system": _OPERATION, "code": operation, "display": operation.lower()}]},
            "agent": [_agent()],
            **({"entity": entities} if entities else {}),
        }
    )


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
