"""The Bundles that are measured with: patients of the ordinary kind, of as many resources as asked for."""

from __future__ import annotations

import json
from typing import Any

CONCEPT = "https://fhirsvc.example/fhir/CodeSystem/concept"
SNOMED = "http://snomed.info/sct"
SIDES = ({"system": SNOMED, "code": "7771000"}, {"system": SNOMED, "code": "24028007"})
QUESTIONS = ("achilles-reflex", "leg-sensation", "straight-leg-raise", "achilles-tenderness", "single-leg-heel-raise")


def transaction(resources: int, patient: str = "bench") -> bytes:
    """One patient with a complaint, a report and Observations of both sides, as a transaction of PUTs."""
    every = [_patient(patient), _complaint(patient), _report(patient)]
    every += [_observation(patient, number) for number in range(resources - len(every))]
    entries = [{"resource": each, "request": {"method": "PUT", "url": _address(each)}} for each in every]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


def _address(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _patient(patient: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": patient, "birthDate": "1975-04-12", "gender": "male"}


def _complaint(patient: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"{patient}-complaint",
        "subject": {"reference": f"Patient/{patient}"},
        "clinicalStatus": _coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": {"text": "Achilles tendon pain"},
        "bodySite": [{"coding": [SIDES[0]]}],
        "recordedDate": "2026-11-20",
    }


def _report(patient: str) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": f"{patient}-report",
        "status": "final",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"text": "MRI lumbar spine"},
        "effectiveDateTime": "2026-10-02",
        "conclusion": "At L5-S1 a left paracentral protrusion that touches the left S1 root.",
    }


def _observation(patient: str, number: int) -> dict[str, Any]:
    question = QUESTIONS[number % len(QUESTIONS)]
    return {
        "resourceType": "Observation",
        "id": f"{patient}-o{number}",
        "status": "final",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": CONCEPT, "code": question}], "text": question.replace("-", " ")},
        "bodySite": {"coding": [SIDES[number % 2]]},
        "effectiveDateTime": f"2026-11-{1 + number % 20:02}T10:00:00Z",
        "valueCodeableConcept": {"text": "absent" if number % 3 == 0 else "normal"},
    }


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
