"""What was entered in error, and which of our impressions rest on it; and why what is written changed, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import orjson

_ERROR = "entered-in-error"
_WRITTEN = _ERROR.encode()


def is_error(body: bytes) -> bool:
    """Does a resource say of itself that it should never have been recorded?"""
    if _WRITTEN not in body:
        return False
    resource = orjson.loads(body)
    told = (resource.get("status"), resource.get("docStatus"), *_verification(resource))
    return _ERROR in told


def _verification(resource: dict[str, Any]) -> list[object]:
    status = resource.get("verificationStatus")
    codings = status.get("coding", ()) if isinstance(status, dict) else ()
    return [each.get("code") for each in codings if isinstance(each, dict)]


def sources_of(impression: bytes) -> frozenset[str]:
    """The resources, without their versions, that one of our impressions was drawn from: "Observation/reflex"."""
    resource = orjson.loads(impression)
    items = [item for each in resource.get("investigation", ()) for item in each.get("item", ())]
    named = (*resource.get("problem", ()), *items, *resource.get("supportingInfo", ()))
    return frozenset(unversioned(each["reference"]) for each in named)


def rests_on(impression: bytes, resources: frozenset[str]) -> bool:
    """Was one of our impressions drawn from one of these?"""
    return bool(resources) and not resources.isdisjoint(sources_of(impression))


def unversioned(reference: str) -> str:
    """The resource of a versioned reference."""
    return reference.partition("/_history/")[0]


def previous_of(impression: bytes) -> str:
    """The id of the impression before one of ours, "" = it is the first."""
    reference = orjson.loads(impression).get("previous", {}).get("reference", "")
    return str(reference).removeprefix("ClinicalImpression/")


def by_error(references: Iterable[str]) -> str:
    """The reason, when what stood rested on an error."""
    return f"It rested on what was entered in error: {', '.join(sorted(references))}."


def by_time(on: date) -> str:
    """The reason, when nothing new was recorded."""
    return f"Only time passed: since {on.isoformat()} the record, as it stands, gives another answer."


FIRST = "This is the first answer for this patient."
"""The reason, when nothing was said before."""

BY_RECORD = "What is recorded, or how it is read, changed."
"""The reason, when neither an error nor passing time is one."""
