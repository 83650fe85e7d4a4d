"""The search index in memory: the same rules as in the database, written a second time and plainly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fhirsvc.fhir.search.criteria import By, Criteria, matches
from fhirsvc.fhir.search.index import Indexed, indexed
from fhirsvc.fhir.search.query import expired
from fhirsvc.usecases.ports import Page, Version


@dataclass(frozen=True, slots=True)
class Stood:
    """A version, from its place on until the place of the one that followed it; None = it stands."""

    tenant: str
    version: Version
    indexed: Indexed
    until: int | None = None


Places = dict[int, Stood]
Standing = dict[tuple[str, str, str], int]

_SORTED_BY: Mapping[By, Callable[[Stood], Any]] = {
    By.DATE: lambda stood: stood.indexed.sorted_by,
    By.LAST_UPDATED: lambda stood: stood.version.received,
    By.ID: lambda stood: stood.version.id,
}


def note(places: Places, standing: Standing, tenant: str, versions: Sequence[Version]) -> None:
    """Let these versions be found from now on, in place of what stood of the same resources."""
    for place, version in enumerate(versions, start=len(places) + 1):
        key = tenant, version.type, version.id
        if key in standing:
            places[standing[key]] = replace(places[standing[key]], until=place)
        places[place] = Stood(tenant, version, indexed(version.type, version.body))
        standing[key] = place


def find(places: Places, tenant: str, criteria: Criteria) -> Page:
    """One page of what met the criteria at their moment; raises Refused when that is known no more."""
    at = len(places) if criteria.at is None else criteria.at
    if at > len(places):
        raise expired()
    stood = (each for place, each in places.items() if place <= at and (each.until is None or each.until > at))
    found = [each for each in stood if each.tenant == tenant and _is_found(criteria, each)]
    found.sort(key=lambda each: each.version.id)
    for step in reversed(criteria.order):
        found.sort(key=_SORTED_BY[step.by], reverse=step.descending)
    page = found[criteria.offset : criteria.offset + criteria.count]
    more = len(found) > criteria.offset + len(page) > criteria.offset
    return Page(tuple(each.version for each in page), len(found) if criteria.counted else None, at, more=more)


def _is_found(criteria: Criteria, stood: Stood) -> bool:
    version = stood.version
    return (
        version.type == criteria.type
        and not version.deleted
        and matches(criteria, version.id, version.patient, version.received, stood.indexed)
    )
