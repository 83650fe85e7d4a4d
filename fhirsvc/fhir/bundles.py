"""Bundles that answer: what became of each entry (transaction-response, batch-response), and what a search found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of one entry. status: "201 Created"; location: relative; "" and version 0 when nothing was kept."""

    status: str
    location: str = ""
    version: int = 0
    last_modified: datetime | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One resource that a search found: its address and the bytes that are served for it."""

    address: str
    body: bytes


def response(kind: str, replies: Iterable[Reply], *, links: Mapping[str, str]) -> bytes:
    """A Bundle of type `kind` with one entry per reply, in their order; links: relation → address."""
    bundle = {
        "resourceType": "Bundle",
        "type": kind,
        "link": _links(links),
        "entry": [{"response": _reply(each)} for each in replies],
    }
    return orjson.dumps(bundle)


def searchset(matches: Sequence[Match], *, total: int, links: Mapping[str, str]) -> bytes:
    """A searchset Bundle; each body stands in it byte for byte, so that `1.10` stays `1.10`."""
    head = orjson.dumps({"resourceType": "Bundle", "type": "searchset", "total": total, "link": _links(links)})
    if not matches:
        return head
    return head[:-1] + b',"entry":[' + b",".join(_match(each) for each in matches) + b"]}"


def _links(links: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"relation": relation, "url": address} for relation, address in links.items()]


def _reply(reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = {"status": reply.status}
    if reply.location:
        answer |= {"location": reply.location, "etag": etag(reply.version)}
    if reply.last_modified:
        answer["lastModified"] = instant(reply.last_modified)
    if reply.issues:
        answer["outcome"] = operation_outcome(reply.issues)
    return answer


def etag(version: int) -> str:
    """A version as HTTP and FHIR name it: W/"2"."""
    return f'W/"{version}"'


def _match(match: Match) -> bytes:
    return b'{"fullUrl":' + orjson.dumps(match.address) + b',"resource":' + match.body + b',"search":{"mode":"match"}}'
