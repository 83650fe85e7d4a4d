"""Whose a resource is: the Patient that its subject or patient element names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PATIENT = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")

_EVIDENCE = frozenset({"Observation", "Condition", "DiagnosticReport", "Procedure"})
"""Types that say something of a patient even where FHIR lets them leave out of whom."""


def patient_of(resource: Mapping[str, Any], references: Mapping[str, str], own_id: str = "") -> str | None:
    """The id of the patient a resource speaks of, None when it names none that can be known.

    references: fullUrl → "Type/id" for the entries of the same Bundle; own_id: the id a Patient itself is kept under.
    An absolute address that is no entry of the Bundle is not taken for a patient of this server.
    """
    if resource.get("resourceType") == "Patient":
        return own_id or None
    named = _reference(resource)
    found = _PATIENT.fullmatch(references.get(named, named))
    return found[1] if found else None


def expects_patient(resource: Mapping[str, Any]) -> bool:
    """Should this resource name a patient, because of what it is or because it tries to?"""
    names_other = not _reference(resource).startswith(("Group/", "Device/", "Location/"))
    return resource.get("resourceType") in _EVIDENCE or (bool(_element(resource)) and names_other)


def _element(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    element = resource.get("subject") or resource.get("patient") or {}
    return element if isinstance(element, Mapping) else {}


def _reference(resource: Mapping[str, Any]) -> str:
    return str(_element(resource).get("reference", ""))
