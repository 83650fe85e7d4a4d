"""The CapabilityStatement, drawn from the routes: what is not offered cannot be claimed, and the reverse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import Request, Response

from fhirsvc.fhir.search import PARAMETERS

DESCRIPTION = (
    "Takes FHIR R4 Bundles with reflex findings, symptom codes and imaging notes of patients with heel pain, and keeps "
    "one ClinicalImpression per patient that says whether a spinal evaluation may be considered, and why. It supports "
    "a clinician's judgement and does not replace it."
)
BUNDLES_ONLY = "Resources come in Bundles posted to the base: transaction, batch or collection, entries POST and PUT."
RELEASED = "2026-11-24"


@dataclass(frozen=True, slots=True)
class Offer:
    """One route: its path below the base, and the FHIR interactions it serves; types () = the system as a whole."""

    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    interactions: tuple[str, ...]
    types: tuple[str, ...] = ()


def statement(offers: Iterable[Offer], base: str) -> dict[str, Any]:
    """The CapabilityStatement of this instance (kind instance, so implementation is required: cpb-14)."""
    offers = tuple(offers)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": RELEASED,
        "kind": "instance",
        "software": {"name": "fhirsvc", "version": version("fhirsvc")},
        "implementation": {"description": DESCRIPTION, "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [_rest(offers)],
    }


def _rest(offers: tuple[Offer, ...]) -> dict[str, Any]:
    types = sorted({each for offer in offers for each in offer.types})
    whole = [each for offer in offers if not offer.types for each in offer.interactions]
    return {
        "mode": "server",
        "documentation": BUNDLES_ONLY,
        "resource": [_resource(kind, offers) for kind in types],
        "interaction": [{"code": code} for code in whole if code in {"transaction", "batch"}],
    }


def _resource(kind: str, offers: tuple[Offer, ...]) -> dict[str, Any]:
    codes = [code for offer in offers if kind in offer.types for code in offer.interactions]
    resource: dict[str, Any] = {"type": kind, "interaction": [{"code": code} for code in codes]}
    if "vread" in codes:
        resource["versioning"] = "versioned"
    if "search-type" in codes:
        resource["searchParam"] = [{"name": name, "type": type_} for name, type_ in PARAMETERS[kind].items()]
    return resource
