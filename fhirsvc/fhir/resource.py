"""What every resource this service writes has in common: identity, labels, codings and bytes rendered once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

BASE = "https://fhirsvc.example/fhir"
OUTCOME = f"{BASE}/CodeSystem/outcome"
RULE = f"{BASE}/CodeSystem/rule"
CONCEPT = f"{BASE}/CodeSystem/concept"
TAG = f"{BASE}/CodeSystem/tag"
FATE = f"{BASE}/CodeSystem/fate"
LIMB_SIDE = f"{BASE}/StructureDefinition/limb-side"
RULE_EXTENSION = f"{BASE}/StructureDefinition/rule"
_SECURITY = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "AIAST",
    "display": "Artificial Intelligence asserted",
}
_TAGS = {
    "superseded": "Superseded",
    "withdrawn": "Withdrawn",
    "draft-protocol": "Draft protocol",
    "dry-run": "Dry run",
}
_STAMPS = ("versionId", "lastUpdated")


@dataclass(frozen=True, slots=True)
class Resource:
    """One rendered resource: its type, its id and its bytes, which are stored and sent as they are."""

    type: str
    id: str
    body: bytes

    @property
    def reference(self) -> str:
        """The relative reference: "Flag/abc"."""
        return f"{self.type}/{self.id}"


def rendered(resource: dict[str, Any]) -> Resource:
    """A resource as bytes; the dictionary must carry resourceType and id."""
    return Resource(resource["resourceType"], resource["id"], orjson.dumps(resource))


def reread(body: bytes) -> dict[str, Any]:
    """A resource of our own, to be changed: without the stamps of the version it was.

    Our resources hold no decimal numbers, so that reading and rendering them loses nothing.
    """
    resource: dict[str, Any] = orjson.loads(body)
    for stamp in _STAMPS:
        resource["meta"].pop(stamp, None)
    return resource


def digest_id(kind: str, *parts: str) -> str:
    """The id of what we write: 40 hex digits of SHA-256 over kind and parts, each behind its length in bytes."""
    digest = hashlib.sha256()
    for part in (kind, *parts):
        octets = part.encode()
        digest.update(b"%d:%b" % (len(octets), octets))
    return digest.hexdigest()[:40]


def instant(moment: datetime) -> str:
    """A FHIR instant in UTC with milliseconds."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def meta(*, signed: bool) -> dict[str, Any]:
    """Labels of every output: asserted by a machine, and a draft while nobody has signed the protocol."""
    labels: dict[str, Any] = {"source": BASE, "security": [_SECURITY]}
    return labels if signed else {**labels, "tag": [tag("draft-protocol")]}


def tag(code: str) -> dict[str, str]:
    """A coding of our tag system: superseded | withdrawn | draft-protocol | dry-run."""
    return {"system": TAG, "code": code, "display": _TAGS[code]}


def add_tag(resource: dict[str, Any], code: str) -> bool:
    """Tag a resource in place; False = it had the tag already."""
    if has_tag(resource, code):
        return False
    resource["meta"].setdefault("tag", []).append(tag(code))
    return True


def has_tag(resource: dict[str, Any], code: str) -> bool:
    """Does a resource of our own bear this tag of our system?"""
    return any(each["system"] == TAG and each["code"] == code for each in resource["meta"].get("tag", ()))


def concept(system: str, code: str, text: str) -> dict[str, Any]:
    """A CodeableConcept of one coding and its text."""
    return {"coding": [{"system": system, "code": code}], "text": text}


def device() -> dict[str, Any]:
    """This service as an author: a logical reference, for it is no resource of the chart it writes to."""
    return {"type": "Device", "identifier": {"system": f"{BASE}/Device", "value": "fhirsvc"}, "display": "fhirsvc"}
