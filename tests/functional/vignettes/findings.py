"""What an impression says of each limb, as the tests compare it."""

from __future__ import annotations

from typing import Any

LIMB_SIDE = "https://fhirsvc.example/fhir/StructureDefinition/limb-side"
RULE = "https://fhirsvc.example/fhir/StructureDefinition/rule"
COMPLAINTS = {
    "achilles tendon pain": "achilles",
    "plantar heel pain": "plantar",
    "heel pain": "heel",
}

Found = tuple[str, str, str, str]
"""Complaint, side, outcome, rule; of the urgent finding the first two are empty."""


def found(finding: dict[str, Any]) -> Found:
    """What one finding of an impression says."""
    outcome = finding["itemCodeableConcept"]["coding"][0]["code"]
    side = _extension(finding, LIMB_SIDE)
    return (_complaint(finding) if side else "", side, outcome, _extension(finding, RULE))


def _extension(finding: dict[str, Any], url: str) -> str:
    return next((each["valueCode"] for each in finding["extension"] if each["url"] == url), "")


def _complaint(finding: dict[str, Any]) -> str:
    said = finding["itemCodeableConcept"]["text"].casefold()
    return next((kind for words, kind in COMPLAINTS.items() if words in said.partition(":")[0]), "")
