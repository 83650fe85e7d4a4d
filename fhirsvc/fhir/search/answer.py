"""The Bundle that answers a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from fhirsvc.domain.errors import Issue
from fhirsvc.fhir.outcome import operation_outcome


@dataclass(frozen=True, slots=True)
class Hit:
    """One resource of an answer: its address, the text that is served for it, and why it is there: match or include."""

    address: str
    body: bytes
    mode: str = "match"


def searchset(
    hits: Iterable[Hit], *, total: int | None, links: Mapping[str, str], issues: Iterable[Issue] = ()
) -> bytes:
    """A searchset Bundle; total None = not said.  issues: what there is to say, as an entry of mode outcome.

    Each body stands in it byte for byte.
    """
    told = [{"relation": relation, "url": address} for relation, address in links.items()]
    counted = {} if total is None else {"total": total}
    head = orjson.dumps({"resourceType": "Bundle", "type": "searchset", **counted, "link": told})
    entries = [_entry(each) for each in hits] + _outcome(list(issues))
    return head[:-1] + b',"entry":[' + b",".join(entries) + b"]}" if entries else head


def _entry(hit: Hit) -> bytes:
    address, mode = orjson.dumps(hit.address), orjson.dumps({"mode": hit.mode})
    return b'{"fullUrl":' + address + b',"resource":' + hit.body + b',"search":' + mode + b"}"


def _outcome(issues: list[Issue]) -> list[bytes]:
    if not issues:
        return []
    return [orjson.dumps({"resource": operation_outcome(issues), "search": {"mode": "outcome"}})]
