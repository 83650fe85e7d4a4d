"""What became of a Bundle and of each of its entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fhirsvc.domain.errors import Issue


class Change(StrEnum):
    """What became of one entry; deleted also of what was not there to be deleted."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    FOUND = "found"
    NOT_MODIFIED = "not-modified"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one entry, and the version that now stands (0 = there is none, or it was refused).

    A deletion has the number of the version that says so.  resource: what was found by a GET, a resource or a
    searchset, as it is served.  fates: what became of it as evidence, as far as it was read before the answer.
    """

    change: Change
    type: str
    id: str = ""
    version: int = 0
    last_modified: datetime | None = None
    issues: tuple[Issue, ...] = ()
    fates: tuple[Issue, ...] = ()
    resource: bytes = b""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a Bundle: its submission, the type of the response Bundle, and each entry in request order.

    submission: "" when nothing was asked but to read.  repeated: the Bundle had come before, and nothing was done.
    """

    submission: str
    type: str
    entries: tuple[Received, ...]
    repeated: bool = False


def response_type(type: str) -> str:
    """The type of the Bundle that answers one of this type."""
    return "transaction-response" if type == "transaction" else "batch-response"
