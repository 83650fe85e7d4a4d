"""The CapabilityStatement, drawn from the routes: what is not offered cannot be claimed, and the reverse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import Request, Response

from fhirsvc.fhir import canonical
from fhirsvc.fhir.operations import PROCESS_MESSAGE, Operation, claimed
from fhirsvc.fhir.resource_types import PUBLISHED
from fhirsvc.fhir.search.parameters import including, including_back, parameters
from fhirsvc.fhir.search.query import RESULTS

DESCRIPTION = (
    "Takes FHIR R4 Bundles with reflex findings, symptom codes and imaging notes of patients with heel pain, and keeps "
    "one ClinicalImpression per patient that says whether a spinal evaluation may be considered, and why. It supports "
    "a clinician's judgement and does not replace it."
)
HOW = (
    "Send a record as a Bundle to the base (transaction, batch or collection) or resource by resource; ask for the "
    "submission's Task what became of it. Types without create are written by the service alone."
)
RELEASED = "2026-11-24"


_BY_HTTP = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}
_OF_A_TYPE = (
    "read",
    "vread",
    "update",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
_OF_THE_SYSTEM = ("transaction", "batch", "history-system")
_ALSO: Mapping[str, Mapping[str, Any]] = {
    "vread": {"versioning": "versioned", "readHistory": True},
    "update": {"updateCreate": True},
    "conditional-create": {"conditionalCreate": True},
    "conditional-read": {"conditionalRead": "full-support"},
    "conditional-update": {"conditionalUpdate": True},
    "conditional-delete": {"conditionalDelete": "single"},
}
"""What else is said of a type with these interactions, in the order of R4's CapabilityStatement.rest.resource."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One route: its path below the base, and the interactions it serves, by their codes in web.interactions.

    types: of the resources it is about; () = of the system as a whole.  operation: the one it is, None = it is none.
    """

    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    interactions: tuple[str, ...]
    types: tuple[str, ...] = ()
    operation: Operation | None = None


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
        **_messaging(offers, base),
    }


def _messaging(offers: Iterable[Offer], base: str) -> dict[str, Any]:
    """Where messages are sent, if any are processed."""
    if not any(offer.operation is PROCESS_MESSAGE for offer in offers):
        return {}
    endpoint = {"protocol": _BY_HTTP, "address": f"{base}/${PROCESS_MESSAGE.code}"}
    return {"messaging": [{"endpoint": [endpoint], "documentation": PROCESS_MESSAGE.description}]}


def _rest(offers: tuple[Offer, ...]) -> dict[str, Any]:
    types = sorted({each for offer in offers for each in offer.types})
    whole = [offer for offer in offers if not offer.types]
    return {
        "mode": "server",
        "documentation": HOW,
        "resource": [_resource(kind, [offer for offer in offers if kind in offer.types]) for kind in types],
        "interaction": _interactions(whole, _OF_THE_SYSTEM),
        **_operations(whole),
    }


def _resource(kind: str, offers: Sequence[Offer]) -> dict[str, Any]:
    codes = {code for offer in offers for code in offer.interactions}
    told = {name: value for code, also in _ALSO.items() if code in codes for name, value in also.items()}
    resource: dict[str, Any] = {"type": kind, "interaction": _interactions(offers, _OF_A_TYPE), **told}
    if "search-type" in codes:
        resource |= _published_by() if kind in PUBLISHED else _searched_by(kind)
    return resource | _operations(offers)


def _interactions(offers: Iterable[Offer], codes: Iterable[str]) -> list[dict[str, str]]:
    """Those of R4's codes that are offered, in the order of R4."""
    offered = {code for offer in offers for code in offer.interactions}
    return [{"code": code} for code in codes if code in offered]


def _operations(offers: Iterable[Offer]) -> dict[str, Any]:
    """Each operation once, however many methods it is offered by."""
    named = {offer.operation.code: offer.operation for offer in offers if offer.operation}
    return {"operation": [claimed(operation) for operation in named.values()]} if named else {}


def _published_by() -> dict[str, Any]:
    answered = {"documentation": f"Searches are answered as {', '.join(canonical.RESULTS)} say."}
    return answered | {"searchParam": [{"name": name, "type": kind} for name, kind in canonical.PARAMETERS.items()]}


def _searched_by(kind: str) -> dict[str, Any]:
    named = [{"name": name, "type": each.kind.value} for name, each in parameters(kind).items()]
    lists = {"searchInclude": including(kind), "searchRevInclude": including_back(kind), "searchParam": named}
    answered = {"documentation": f"Searches are answered as {', '.join(RESULTS)} say."}
    return answered | {name: list(each) for name, each in lists.items() if each}
