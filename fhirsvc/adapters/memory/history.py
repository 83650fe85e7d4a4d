"""A history in memory: the same rules as in the database, written a second time and plainly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fhirsvc.fhir.history import Past, Place
from fhirsvc.usecases.ports import History, Version


def tell(kept: Iterable[Sequence[Version]], past: Past) -> History:
    """One page of the versions that are asked for; kept: those of each resource, in order."""
    told = sorted((each for versions in kept for each in _told(versions, past)), key=_place, reverse=True)
    after = past.after
    rest = told if after is None else [each for each in told if _place(each) < after]
    page = rest[: past.count]
    return History(tuple(page), len(told) if past.total is None else past.total, more=len(rest) > len(page))


def _told(versions: Sequence[Version], past: Past) -> Iterator[Version]:
    for version, following in zip(versions, [*versions[1:], None], strict=True):
        is_asked = past.type in {"", version.type} and past.id in {"", version.id}
        if is_asked and (past.since is None or version.received >= past.since) and _stood(version, following, past):
            yield version


def _stood(version: Version, following: Version | None, past: Past) -> bool:
    """Was this the newest version at some instant that is asked for?"""
    began = past.last is None or version.received <= past.last
    ended = past.first is not None and following is not None and following.received <= past.first
    return began and not ended


def _place(version: Version) -> Place:
    return Place(version.received, version.type, version.id, version.version)
