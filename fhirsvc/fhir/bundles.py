"""Bundles that answer: what became of each entry (transaction-response, batch-response)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of one entry.

    status: "201 Created".  location: relative; "" and version 0 when nothing was kept.  resource: what was read, b"" =
    nothing.
    """

    status: str
    location: str = ""
    version: int = 0
    last_modified: datetime | None = None
    issues: tuple[Issue, ...] = ()
    resource: bytes = b""


def response(kind: str, replies: Iterable[Reply], *, links: Mapping[str, str]) -> bytes:
    """A Bundle of type `kind` with one entry per reply, in their order; links: relation → address.

    What was read stands in it byte for byte.
    """
    bundle = {
        "resourceType": "Bundle",
        "type": kind,
        **({"link": _links(links)} if links else {}),
        "entry": [_entry(each) for each in replies],
    }
    return orjson.dumps(bundle)


def later(answer: bytes, issues: Iterable[Issue]) -> bytes:
    """The Bundle that answers what was asked for asynchronously: the answer, in the shape of R5, and remarks on it.

    http://hl7.org/fhir/R5/async-bundle.html
    """
    outcome = {"outcome": operation_outcome(said)} if (said := list(issues)) else {}
    entry = {"resource": orjson.Fragment(answer), "response": {"status": "200 OK", **outcome}}
    return orjson.dumps({"resourceType": "Bundle", "type": "batch-response", "entry": [entry]})


def _links(links: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"relation": relation, "url": address} for relation, address in links.items()]


def _entry(reply: Reply) -> dict[str, Any]:
    resource = {"resource": orjson.Fragment(reply.resource)} if reply.resource else {}
    return {**resource, "response": _reply(reply)}


def _reply(reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = {"status": reply.status}
    if reply.location:
        answer["location"] = reply.location
    if reply.version:
        answer["etag"] = etag(reply.version)
    if reply.last_modified:
        answer["lastModified"] = instant(reply.last_modified)
    if reply.issues:
        answer["outcome"] = operation_outcome(reply.issues)
    return answer


def etag(version: int) -> str:
    """A version as HTTP and FHIR name it: W/"2"."""
    return f'W/"{version}"'
