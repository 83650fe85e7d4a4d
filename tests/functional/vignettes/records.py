"""The few words in which the hand-written bundles are spelled: resources of one patient, dated in days before today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhirsvc.knowledge.patients import Birth

Resource = dict[str, Any]
Bundle = dict[str, Any]

CONCEPT = "https://fhirsvc.example/fhir/CodeSystem/concept"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

SIDES = {"left": "7771000", "right": "24028007", "both": "51440002"}


def ago(days: int) -> str:
    """The calendar day so many days before today (UTC)."""
    return (datetime.now(UTC).date() - timedelta(days)).isoformat()


def born(years: int, days: int = 180) -> str:
    """A birth date: so many years ago, and so many days before that; a birthday on 29 February becomes the 28th."""
    return Birth(years=years, days=days).moment(datetime.now(UTC).date()).earliest.isoformat()


def coded(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept of one coding, with or without a text."""
    concept: Resource = {"coding": [{"system": system, "code": code}]}
    return {**concept, "text": text} if text else concept


def worded(text: str) -> Resource:
    """A CodeableConcept of words alone."""
    return {"text": text}


def concept(code: str, text: str = "") -> Resource:
    """A CodeableConcept with a code of our own CodeSystem."""
    return coded(CONCEPT, code, text)


def sided(side: str) -> Resource:
    """A side of the body by its SNOMED CT qualifier."""
    return coded(SNOMED, SIDES[side])


def patient(sex: str, age: int | None = None, **elements: Any) -> Resource:
    """A Patient whose birthday was about half a year ago; age None leaves the date of birth out."""
    birth = {} if age is None else {"birthDate": born(age)}
    return {"resourceType": "Patient", "name": [{"family": "Vignette"}], "gender": sex, **birth, **elements}


def condition(
    code: Resource, side: str = "", recorded: int = 10, since: int | None = None, **elements: Any
) -> Resource:
    """An active, confirmed Condition unless the elements say otherwise; since: days from onset to today."""
    resource: Resource = {
        "resourceType": "Condition",
        "clinicalStatus": coded(CLINICAL, "active"),
        "verificationStatus": coded(VERIFICATION, "confirmed"),
        "code": code,
        "recordedDate": ago(recorded),
    }
    if side:
        resource["bodySite"] = [sided(side)]
    if since is not None:
        resource["onsetDateTime"] = ago(since)
    return {**resource, **elements}


def observation(code: Resource, on: int = 10, site: Resource | None = None, **elements: Any) -> Resource:
    """A final Observation of the day; the answer comes as an element (valueString, valueBoolean, component ...)."""
    resource: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": code,
        "effectiveDateTime": ago(on),
    }
    if site:
        resource["bodySite"] = site
    return {**resource, **elements}


def report(loinc: str, conclusion: str, on: int = 51, **elements: Any) -> Resource:
    """A final DiagnosticReport with a conclusion in words."""
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": coded(LOINC, loinc),
        "effectiveDateTime": ago(on),
        "conclusion": conclusion,
        **elements,
    }


def lumbar_mri(conclusion: str, on: int = 51) -> Resource:
    """A report of an MRI of the lumbar spine (LOINC 24968-0)."""
    return report("24968-0", conclusion, on)


def procedure(code: Resource, start: int, end: int, **elements: Any) -> Resource:
    """A completed Procedure that ran from one day to another, both in days before today."""
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "code": code,
        "performedPeriod": {"start": ago(start), "end": ago(end)},
        **elements,
    }


def transaction(name: str, *resources: Resource) -> Bundle:
    """All of one patient as POST entries of a transaction, tied together by urn:uuid references."""
    entries = [
        {
            "fullUrl": _urn(name, number),
            "resource": _about(resource, _urn(name, 0)),
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for number, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def batch(name: str, *resources: Resource) -> Bundle:
    """All of one patient as PUT entries of a batch, with ids of the sender's own."""
    entries = [
        {**entry, "request": {"method": "PUT", "url": f"{entry['resource']['resourceType']}/{entry['resource']['id']}"}}
        for entry in collection(name, *resources)["entry"]
    ]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


def collection(name: str, *resources: Resource) -> Bundle:
    """All of one patient as a collection: ids of the sender's own and no requests."""
    entries = [
        _entry({**_about(resource, f"Patient/{name}-0"), "id": f"{name}-{number}"})
        for number, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


Form = Callable[..., Bundle]


def _entry(resource: Resource) -> Resource:
    return {"fullUrl": f"https://ehr.example/fhir/{resource['resourceType']}/{resource['id']}", "resource": resource}


def _about(resource: Resource, subject: str) -> Resource:
    if resource["resourceType"] == "Patient":
        return resource
    element = "patient" if resource["resourceType"] == "FamilyMemberHistory" else "subject"
    return {**resource, element: {"reference": subject}}


def _urn(name: str, number: int) -> str:
    return uuid5(NAMESPACE_URL, f"{name}/{number}").urn
