"""What a search looks for, and whether a resource is it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fhirsvc.fhir.search.dates import Bound
from fhirsvc.fhir.search.index import Indexed, Key

PAGE_SIZE = 20
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A token or reference to look for; None = any system, any value."""

    system: str | None
    value: str | None

    def matches(self, key: Key) -> bool:
        """Is this key, of the right parameter, one of those looked for?"""
        return self.system in {None, key.system} and self.value in {None, key.value}


@dataclass(frozen=True, slots=True)
class Clause:
    """A parameter of which one key must be one of the tokens; negated: none may be."""

    name: str
    tokens: frozenset[Token]
    negated: bool = False

    def matches(self, keys: frozenset[Key]) -> bool:
        """Do a resource's keys meet it?"""
        found = any(each.name == self.name and token.matches(each) for each in keys for token in self.tokens)
        return found is not self.negated


class By(StrEnum):
    """What results are sorted by."""

    DATE = "date"
    LAST_UPDATED = "_lastUpdated"
    ID = "_id"


@dataclass(frozen=True, slots=True)
class Order:
    """One step of an order; after all steps the id decides."""

    by: By
    descending: bool = False


LATEST_FIRST = (Order(By.DATE, descending=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What to find: each element of ids, patients, keys, dates and updated must hold, by any of its values.

    count: at most so many of those found are shown, offset: after so many.  at: the moment of the store to search in,
    as a Page named it; None = now.  counted: whether the total is asked for.
    """

    type: str
    ids: tuple[frozenset[str], ...] = ()
    patients: tuple[frozenset[str], ...] = ()
    keys: tuple[Clause, ...] = ()
    dates: tuple[frozenset[Bound], ...] = ()
    updated: tuple[frozenset[Bound], ...] = ()
    order: tuple[Order, ...] = LATEST_FIRST
    count: int = PAGE_SIZE
    offset: int = 0
    at: int | None = None
    counted: bool = True


def matches(criteria: Criteria, id: str, patient: str | None, received: datetime, indexed: Indexed) -> bool:
    """Does a resource of the right type meet the criteria, whatever the page?"""
    first, last = indexed.first, indexed.last
    return (
        all(id in wanted for wanted in criteria.ids)
        and all(patient in wanted for wanted in criteria.patients)
        and all(clause.matches(indexed.keys) for clause in criteria.keys)
        and all(any(each.matches(received, received) for each in wanted) for wanted in criteria.updated)
        and all(
            first is not None and last is not None and any(each.matches(first, last) for each in wanted)
            for wanted in criteria.dates
        )
    )
