"""What each resource type is searched by: one table, read by the index, the query and the CapabilityStatement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """The type of a search parameter (FHIR R4 search-param-type, as far as it is used)."""

    TOKEN = "token"  # noqa: S105 - no secret, but FHIR's word for a code with its system
    REFERENCE = "reference"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter.

    elements: dotted paths of what it looks at, of a choice without its type; () = what the store itself knows.
    systems: what a plain code at such a place may be asked for with, beside no system.
    """

    kind: Type
    elements: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


ID, LAST_UPDATED = "_id", "_lastUpdated"
COMMON: Mapping[str, Parameter] = {
    ID: Parameter(Type.TOKEN),
    LAST_UPDATED: Parameter(Type.DATE),
    "_tag": Parameter(Type.TOKEN, ("meta.tag",)),
}
"""What every type is searched by."""

_PATIENT = Parameter(Type.REFERENCE)
_OF_PATIENT = {"patient": _PATIENT}
_OF_SUBJECT = {"patient": _PATIENT, "subject": _PATIENT}


def _token(*elements: str) -> Parameter:
    return Parameter(Type.TOKEN, elements)


def _code(element: str, *systems: str) -> Parameter:
    return Parameter(Type.TOKEN, (element,), systems)


def _status(name: str) -> Parameter:
    return _code("status", f"http://hl7.org/fhir/{name}")


def _date(*elements: str) -> Parameter:
    return Parameter(Type.DATE, elements)


def _reference(*elements: str) -> Parameter:
    return Parameter(Type.REFERENCE, elements)


_IDENTIFIER = {"identifier": _token("identifier")}
_CODE = {"code": _token("code")}
_ACTIVE = {"active": _code("active", "http://hl7.org/fhir/special-values")}
_CLINICAL = {"clinical-status": _token("clinicalStatus"), "verification-status": _token("verificationStatus")}

# Names and elements are those of FHIR R4, http://hl7.org/fhir/R4/searchparameter-registry.html; ours are `detail` of
# Flag, `status` and `code` of Flag, `supporting-info` of ServiceRequest, and `patient` of Patient (itself).
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "AllergyIntolerance": {
        **_IDENTIFIER,
        **_OF_PATIENT,
        **_CLINICAL,
        "code": _token("code", "reaction.substance"),
        "date": _date("recordedDate"),
    },
    "Binary": {},
    "CarePlan": {**_IDENTIFIER, **_OF_SUBJECT, "status": _status("request-status"), "date": _date("period")},
    "CareTeam": {**_IDENTIFIER, **_OF_SUBJECT, "status": _status("care-team-status"), "date": _date("period")},
    "ClinicalImpression": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "status": _status("event-status"),
        "date": _date("date"),
        "finding-code": _token("finding.itemCodeableConcept"),
        "finding-ref": _reference("finding.itemReference"),
        "investigation": _reference("investigation.item"),
        "previous": _reference("previous"),
        "problem": _reference("problem"),
        "supporting-info": _reference("supportingInfo"),
    },
    "Condition": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        **_CODE,
        **_CLINICAL,
        "onset-date": _date("onset"),
    },
    "Coverage": {**_IDENTIFIER, "patient": _reference("beneficiary"), "status": _status("fm-status")},
    "Device": {**_IDENTIFIER, **_OF_PATIENT, "status": _status("device-status"), "type": _token("type")},
    "DiagnosticReport": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        **_CODE,
        "status": _status("diagnostic-report-status"),
        "date": _date("effective"),
        "result": _reference("result"),
    },
    "DocumentReference": {
        "identifier": _token("masterIdentifier", "identifier"),
        **_OF_SUBJECT,
        "status": _status("document-reference-status"),
        "date": _date("date"),
        "type": _token("type"),
    },
    "Encounter": {**_IDENTIFIER, **_OF_SUBJECT, "status": _status("encounter-status"), "date": _date("period")},
    "FamilyMemberHistory": {
        **_IDENTIFIER,
        **_OF_PATIENT,
        "code": _token("condition.code"),
        "status": _status("history-status"),
        "date": _date("date"),
    },
    "Flag": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        **_CODE,
        "status": _status("flag-status"),
        "date": _date("period"),
        "detail": _reference("extension.valueReference"),
    },
    "Goal": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "lifecycle-status": _code("lifecycleStatus", "http://hl7.org/fhir/goal-status"),
        "start-date": _date("start"),
    },
    "ImagingStudy": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "status": _status("imagingstudy-status"),
        "started": _date("started"),
    },
    "Immunization": {
        **_IDENTIFIER,
        **_OF_PATIENT,
        "status": _status("event-status"),
        "date": _date("occurrence"),
        "vaccine-code": _token("vaccineCode"),
    },
    "Location": {**_IDENTIFIER, "status": _status("location-status")},
    "Medication": {
        **_IDENTIFIER,
        **_CODE,
        "status": _code(
            "status",
            "http://hl7.org/fhir/CodeSystem/medication-status",
            "http://terminology.hl7.org/CodeSystem/medication-status",
        ),
    },
    "MedicationAdministration": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "status": _code(
            "status",
            "http://hl7.org/fhir/CodeSystem/medication-admin-status",
            "http://terminology.hl7.org/CodeSystem/medication-admin-status",
        ),
        "effective-time": _date("effective"),
    },
    "MedicationRequest": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "status": _status("CodeSystem/medicationrequest-status"),
        "authoredon": _date("authoredOn"),
    },
    "MedicationStatement": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "status": _status("CodeSystem/medication-statement-status"),
        "effective": _date("effective"),
    },
    "Observation": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        **_CODE,
        "status": _status("observation-status"),
        "date": _date("effective"),
        "has-member": _reference("hasMember"),
        "derived-from": _reference("derivedFrom"),
    },
    "Organization": {**_IDENTIFIER, **_ACTIVE},
    "Patient": {**_IDENTIFIER, **_OF_PATIENT, **_ACTIVE, "birthdate": _date("birthDate")},
    "Practitioner": {**_IDENTIFIER, **_ACTIVE},
    "PractitionerRole": {**_IDENTIFIER, **_ACTIVE, "date": _date("period")},
    "Procedure": {**_IDENTIFIER, **_OF_SUBJECT, **_CODE, "status": _status("event-status"), "date": _date("performed")},
    "Provenance": {
        **_OF_PATIENT,
        "recorded": _date("recorded"),
        "target": _reference("target"),
        "entity": _reference("entity.what"),
    },
    "QuestionnaireResponse": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "status": _status("questionnaire-answers-status"),
        "authored": _date("authored"),
    },
    "RelatedPerson": {**_IDENTIFIER, **_OF_PATIENT, **_ACTIVE},
    "ServiceRequest": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        **_CODE,
        "status": _status("request-status"),
        "authored": _date("authoredOn"),
        "intent": _code("intent", "http://hl7.org/fhir/request-intent"),
        "supporting-info": _reference("supportingInfo"),
    },
    "Specimen": {
        **_IDENTIFIER,
        **_OF_SUBJECT,
        "status": _status("specimen-status"),
        "collected": _date("collection.collected"),
    },
}
"""Per resource type the parameters of its own, by name; of a type one at most is a date, by which it is sorted."""


def parameters(type: str) -> Mapping[str, Parameter]:
    """Everything a type is searched by: COMMON and its own."""
    return {**COMMON, **PARAMETERS[type]}


def is_owner(type: str, name: str) -> bool:
    """Does a parameter ask for the Patient whose the store keeps a resource as, however that says whose it is?"""
    return PARAMETERS[type].get(name) is _PATIENT


def date_of(type: str) -> str:
    """The name of the parameter that is a type's own date; "" = it has none."""
    return next((name for name, each in PARAMETERS[type].items() if each.kind is Type.DATE), "")


def references(type: str) -> tuple[str, ...]:
    """The parameters by which what a type refers to is included: all its references but a Patient's to itself."""
    found = (name for name, each in PARAMETERS[type].items() if each.kind is Type.REFERENCE)
    return () if type == "Patient" else tuple(found)


def including(type: str) -> tuple[str, ...]:
    """What `_include` may name in a search of a type."""
    return tuple(f"{type}:{name}" for name in references(type))


def including_back(type: str) -> tuple[str, ...]:
    """What `_revinclude` may name in a search of a type: whatever may refer to one such."""
    return tuple(
        f"{source}:{name}"
        for source in PARAMETERS
        for name in references(source)
        if type == "Patient" or name not in _OF_SUBJECT
    )
