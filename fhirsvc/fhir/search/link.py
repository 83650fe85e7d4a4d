"""The opaque part of a link to a page: the whole search, when it began, and where the page begins."""

from __future__ import annotations

import base64
import zlib
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

Query = Sequence[tuple[str, str]]

_MOST_OFFSET = 2**62
_MOST_BYTES = 2**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page of a search: the query as it was used, the names that were passed over, when it began by the clock.

    at: the moment of the store, as the first Page named it.  offset: how many matches come before the page.
    """

    query: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    began: datetime
    at: int
    offset: int


def written(link: Link) -> str:
    """The value of _page; it is no secret and holds the whole query."""
    told = [link.at, link.offset, link.began.isoformat(), link.ignored, link.query]
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(told))).rstrip(b"=").decode()


def read(text: str) -> Link:
    """The link behind a value of _page; ValueError for what this service cannot have written."""
    try:
        at, offset, began, ignored, query = orjson.loads(
            _unpacked(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        )
        pairs = tuple((name, value) for name, value in query)
        moment = datetime.fromisoformat(began).astimezone(UTC)
        found = Link(query=pairs, ignored=tuple(ignored), began=moment, at=at, offset=offset)
    except (Base64Error, zlib.error, ValueError, TypeError, OverflowError):
        raise ValueError("no link of this service") from None
    if not _is_ours(found):
        raise ValueError("no link of this service")
    return found


def _unpacked(packed: bytes) -> bytes:
    """At most so much that a link cannot be made to fill the memory; what is cut short is no JSON."""
    return zlib.decompressobj().decompress(packed, _MOST_BYTES)


def _is_ours(link: Link) -> bool:
    texts = [*link.ignored, *(part for pair in link.query for part in pair)]
    return all(isinstance(each, str) for each in texts) and _is_count(link.at) and _is_count(link.offset)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_OFFSET
