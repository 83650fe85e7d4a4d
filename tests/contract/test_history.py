"""What every store promises of histories: every version once, the last received first, page after page."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from fhirsvc.fhir.history import Past, Place
from fhirsvc.usecases.ports import History, Store, Version
from tests.contract.keeping import NOON, add, version

HOUR = timedelta(hours=1)


def told(store: Store, past: Past, tenant: str = "t") -> History:
    with store.reading() as transaction:
        return transaction.resources.history(tenant, past)


def names(history: History) -> list[str]:
    return [f"{each.id}/{each.version}" for each in history.versions]


def place(each: Version) -> Place:
    return Place(each.received, each.type, each.id, each.version)


@pytest.fixture
def kept(store: Store) -> Store:
    """`a` in three versions, the last of which deletes it, and a Flag between them."""
    add(store, version("a", received=NOON))
    add(store, version("f", type="Flag", received=NOON + HOUR))
    add(store, version("a", 2, received=NOON + 2 * HOUR), version("b", received=NOON + 2 * HOUR))
    add(store, version("a", 3, received=NOON + 4 * HOUR, body=b""))
    return store


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (Past(), ["a/3", "b/1", "a/2", "f/1", "a/1"]),
        (Past(type="Observation"), ["a/3", "b/1", "a/2", "a/1"]),
        (Past(type="Observation", id="a"), ["a/3", "a/2", "a/1"]),
        (Past(type="Flag", id="a"), []),
        (Past(since=NOON + 2 * HOUR), ["a/3", "b/1", "a/2"]),
        (Past(since=NOON + 2 * HOUR, type="Observation", id="a"), ["a/3", "a/2"]),
    ],
)
def test_a_history_tells_each_version_the_last_received_first(kept: Store, past: Past, expected: list[str]) -> None:
    assert names(told(kept, past)) == expected
    assert told(kept, past).total == len(expected)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (NOON - HOUR, NOON - HOUR, []),
        (NOON, NOON, ["a/1"]),
        (NOON + HOUR, NOON + HOUR, ["f/1", "a/1"]),
        (NOON + 3 * HOUR, NOON + 3 * HOUR, ["b/1", "a/2", "f/1"]),
        (NOON + HOUR, NOON + 3 * HOUR, ["b/1", "a/2", "f/1", "a/1"]),
        (NOON + 5 * HOUR, NOON + 6 * HOUR, ["a/3", "b/1", "f/1"]),
    ],
)
def test_a_history_of_a_time_tells_what_stood_then(
    kept: Store, first: datetime, last: datetime, expected: list[str]
) -> None:
    assert names(told(kept, Past(first=first, last=last))) == expected


@pytest.mark.parametrize("count", [1, 2, 4])
def test_pages_tell_everything_once_whatever_comes_meanwhile(kept: Store, count: int) -> None:
    asked = Past(count=count)
    pages = [told(kept, asked)]
    while pages[-1].more and len(pages) < 9:
        add(kept, version(f"new-{len(pages)}", received=NOON + 9 * HOUR))
        last = pages[-1].versions[-1]
        pages.append(told(kept, Past(count=count, after=place(last), total=pages[0].total)))
    assert [each.total for each in pages] == [5] * len(pages)
    every = [place(each) for page in pages for each in page.versions]
    assert len(every) == 5
    assert all(before > after for before, after in pairwise(every))


def test_a_page_of_nothing_says_how_much_there_is(kept: Store) -> None:
    page = told(kept, Past(count=0))
    assert (page.versions, page.total, page.more) == ((), 5, True)


def test_a_history_tells_what_was_deleted_without_a_body(kept: Store) -> None:
    newest = told(kept, Past(type="Observation", id="a")).versions[0]
    assert (newest.version, newest.deleted, newest.body) == (3, True, b"")


def test_a_history_is_that_of_one_tenant(kept: Store) -> None:
    assert told(kept, Past(), tenant="other") == History((), 0, more=False)


def test_the_pages_of_one_resource_tell_everything_once(kept: Store) -> None:
    asked = Past(type="Observation", id="a", count=2)
    first = told(kept, asked)
    rest = told(kept, Past(type="Observation", id="a", count=2, after=place(first.versions[-1]), total=first.total))
    assert [*names(first), *names(rest)] == ["a/3", "a/2", "a/1"]
    assert (first.more, rest.more, rest.total) == (True, False, 3)
