"""What a Patient resource says of who it is: its identifiers, its links, and what would contradict another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from fhirsvc.domain.joining import Identity, Link, LinkType, Number
from fhirsvc.fhir.references import Kind, Reference
from fhirsvc.fhir.subject import NO_BASES, Bases, element_of, patient_named

_IDENTIFIER_TYPES = frozenset({"http://terminology.hl7.org/CodeSystem/v2-0203", "http://hl7.org/fhir/v2/0203"})
"""The table of identifier types by its name in R4, and the one it had in STU3."""

_RECORD_NUMBER = "MR"

_LASTING = frozenset({"", "usual", "official"})
"""R4 identifier-use: `old` is no longer valid, `temp` is temporary, `secondary` holds in its own context alone."""


def identity_of(
    patient: str, resource: Mapping[str, Any], references: Mapping[str, str], bases: Bases = NO_BASES
) -> Identity:
    """Who a Patient says it is; resource: valid R4, kept under the id `patient`; references and bases: as patient_of.

    A medical record number joins when it has the type MR, a system and a value, is of lasting use and has no end.
    """
    identifiers = list(_identifiers(resource))
    return Identity(
        patient=patient,
        identifiers=frozenset(number for number, _ in identifiers),
        numbers=frozenset(number for number, identifier in identifiers if _joins(identifier)),
        links=frozenset(each for each in _links(resource, references, bases) if each.patient != patient),
        birth=resource.get("birthDate", ""),
        gender=resource.get("gender", ""),
        active=resource.get("active", True),
    )


def _identifiers(resource: Mapping[str, Any]) -> Iterator[tuple[Number, Mapping[str, Any]]]:
    for identifier in resource.get("identifier", ()):
        number = number_of(identifier)
        if number:
            yield number, identifier


def number_of(identifier: Mapping[str, Any]) -> Number | None:
    """System and value of an Identifier, None when one of them is missing."""
    system, value = str(identifier.get("system", "")), str(identifier.get("value", "")).strip()
    return (system, value) if system and value else None


def _joins(identifier: Mapping[str, Any]) -> bool:
    codings = identifier.get("type", {}).get("coding", ())
    is_number = any(each.get("system") in _IDENTIFIER_TYPES and each.get("code") == _RECORD_NUMBER for each in codings)
    return is_number and identifier.get("use", "") in _LASTING and "end" not in identifier.get("period", {})


def _links(resource: Mapping[str, Any], references: Mapping[str, str], bases: Bases) -> Iterator[Link]:
    """The links to Patients; one to a RelatedPerson, or to nobody known, joins nobody."""
    for link in resource.get("link", ()):
        other = patient_named(str(link.get("other", {}).get("reference", "")), references, bases)
        if other and link.get("type") in set(LinkType):
            yield Link(LinkType(link["type"]), other)


def has_unknown_link(resource: Mapping[str, Any], references: Mapping[str, str], bases: Bases = NO_BASES) -> bool:
    """Does a Patient link to another by a reference that is nobody known?"""
    named = [str(link.get("other", {}).get("reference", "")) for link in resource.get("link", ())]
    strange = (each for each in named if patient_named(each, references, bases) is None)
    return any(Reference.parse(references.get(each, each)).type != "RelatedPerson" for each in strange)


def logical_subject(resource: Mapping[str, Any]) -> Number | None:
    """The identifier by which a resource names its patient and by nothing else; None = it does not.

    As Reference.identifier without a reference (http://hl7.org/fhir/R4/references.html#logical), as a conditional
    reference with one identifier, system|value (http://hl7.org/fhir/R4/http.html#trules), or as the one medical record
    number of a contained Patient, which has no identity but what it holds (R4 references.html#contained).
    """
    if resource.get("resourceType") == "Patient":
        return None
    element = element_of(resource)
    written = Reference.parse(str(element.get("reference", "")))
    if written.kind is Kind.LOGICAL and element.get("type", "Patient") == "Patient":
        return number_of(element.get("identifier", {}))
    if written.kind is Kind.CONTAINED:
        return _contained(resource, written.id)
    return identified_patient(written.text) if written.kind is Kind.CONDITIONAL else None


def _contained(resource: Mapping[str, Any], id_: str) -> Number | None:
    patients = (each for each in resource.get("contained", ()) if each.get("resourceType") == "Patient")
    found = {
        number
        for patient in patients
        if patient.get("id") == id_
        for number, identifier in _identifiers(patient)
        if _joins(identifier)
    }
    return found.pop() if len(found) == 1 else None


def identified_patient(conditional: str) -> Number | None:
    """The identifier, system and value, by which alone a conditional reference names a Patient; None = it does not."""
    type_, _, query = conditional.partition("?")
    asked = parse_qsl(query)
    if type_ != "Patient" or [name for name, _ in asked] != ["identifier"]:
        return None
    system, _, value = asked[0][1].partition("|")
    return number_of({"system": system, "value": value})
