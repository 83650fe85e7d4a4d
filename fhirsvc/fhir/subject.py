"""Whose a resource is: the Patient that its subject or patient element names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhirsvc.fhir.references import Kind, Reference

_PATIENT = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")

_EVIDENCE = frozenset({"Observation", "Condition", "DiagnosticReport", "Procedure"})
"""Types that say something of a patient even where FHIR lets them leave out of whom."""


@dataclass(frozen=True, slots=True)
class Bases:
    """FHIR bases whose absolute references count as relative ones, without a slash at their end.

    own: of this service, "" = not known.  senders: of the fullUrls in the same Bundle, by which its relative references
    are read too (http://hl7.org/fhir/R4/bundle.html#references).
    """

    own: str = ""
    senders: frozenset[str] = field(default_factory=frozenset)


NO_BASES = Bases()


def bases_of(full_urls: Iterable[str | None], own: str) -> Bases:
    """The bases of those fullUrls that are addresses as a FHIR server gives them: base/Type/id."""
    named = (Reference.parse(each) for each in full_urls if each)
    addresses = (each for each in named if each.kind is Kind.ABSOLUTE and each.type)
    return Bases(own, frozenset(map(_base, addresses)))


def patient_of(
    resource: Mapping[str, Any], references: Mapping[str, str], own_id: str = "", bases: Bases = NO_BASES
) -> str | None:
    """The id of the patient a resource speaks of, None when it names none that can be known.

    references: fullUrl → "Type/id" for the entries of the same Bundle; own_id: the id a Patient itself is kept under.
    An absolute address of a base that is not among `bases`, and no entry of the Bundle, is nobody known.
    """
    if resource.get("resourceType") == "Patient":
        return own_id or None
    return patient_named(_reference(resource), references, bases)


def patient_named(reference: str, references: Mapping[str, str], bases: Bases = NO_BASES) -> str | None:
    """The id of the Patient that a Reference.reference points to, None when it is none that can be known."""
    found = _PATIENT.fullmatch(references.get(reference) or _local(reference, references, bases))
    return found[1] if found else None


def _local(named: str, references: Mapping[str, str], bases: Bases) -> str:
    """A reference as this server knows it; an address of its own is no entry of a sender that bears the same id."""
    reference = Reference.parse(named)
    relative = f"{reference.type}/{reference.id}"
    if not (reference.type and reference.id):
        return named
    base = _base(reference) if reference.kind is Kind.ABSOLUTE else ""
    if base and base == bases.own:
        return relative
    if base and base not in bases.senders:
        return named
    return references.get(relative, relative)


def _base(address: Reference) -> str:
    """What stands before Type/id in an absolute address."""
    return address.text[: address.text.rindex(f"/{address.type}/{address.id}")]


def expects_patient(resource: Mapping[str, Any]) -> bool:
    """Should this resource name a patient, because of what it is or because it tries to?"""
    names_other = not _reference(resource).startswith(("Group/", "Device/", "Location/"))
    return resource.get("resourceType") in _EVIDENCE or (bool(element_of(resource)) and names_other)


def element_of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Reference in which a resource says whose it is; empty when there is none."""
    element = resource.get("subject") or resource.get("patient") or {}
    return element if isinstance(element, Mapping) else {}


def _reference(resource: Mapping[str, Any]) -> str:
    return str(element_of(resource).get("reference", ""))
