"""Sixteen senders at once: one result, one winner."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.usecases.receipt import Change, Receipt
from tests.unit.usecases.posts import Post, asked, created, patient, put, reflex

SENDERS = 16


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    store = open_store(tmp_path / "store.sqlite")
    yield Post(store)
    store.close()


def at_once(send: Callable[[int], Receipt]) -> list[Receipt]:
    """What each sender is answered; all begin together."""
    start = threading.Barrier(SENDERS)

    def begin(number: int) -> Receipt:
        start.wait()
        return send(number)

    with ThreadPoolExecutor(SENDERS) as senders:
        return list(senders.map(begin, range(SENDERS)))


def kept(post: Post, type_: str) -> int:
    found = post.bundle(asked("GET", f"{type_}?_summary=count"), type_="batch")
    total: int = json.loads(found.entries[0].resource)["total"]
    return total


def test_equal_bundles_at_once_have_one_result(post: Post) -> None:
    entries = (created(patient()), created(reflex(None)), put(reflex("o2")))
    receipts = at_once(lambda _: post.bundle(*entries))
    assert len({each.submission for each in receipts}) == 1
    assert len({each.entries for each in receipts}) == 1
    assert Counter(each.repeated for each in receipts) == {True: SENDERS - 1, False: 1}
    assert (kept(post, "Patient"), kept(post, "Observation")) == (1, 2)
    assert len(post.hints) == 1


def test_equal_keys_at_once_have_one_result(post: Post) -> None:
    receipts = at_once(lambda _: post.bundle(created(reflex(None)), key="a-key"))
    assert len({each.submission for each in receipts}) == 1
    assert kept(post, "Observation") == 1


def test_equal_conditional_creations_at_once_create_one(post: Post) -> None:
    def send(number: int) -> Receipt:
        person = {**patient(), "identifier": [{"system": "urn:clinic", "value": "77"}]}
        new = asked("POST", "Patient", person, ifNoneExist="identifier=urn:clinic|77")
        return post.bundle(new, key=f"sender {number}".replace(" ", "-"))

    entries = [each.entries[0] for each in at_once(send)]
    assert Counter(each.change for each in entries) == {Change.CREATED: 1, Change.UNCHANGED: SENDERS - 1}
    assert len({each.id for each in entries}) == 1
    assert kept(post, "Patient") == 1


def test_of_updates_of_one_version_at_once_one_wins(post: Post) -> None:
    post.bundle(put(reflex()))

    def send(number: int) -> Receipt:
        changed: dict[str, Any] = {**reflex(), "note": [{"text": f"by sender {number}"}]}
        return post.bundle(asked("PUT", "Observation/o1", changed, ifMatch='W/"1"'), type_="batch")

    entries = [each.entries[0] for each in at_once(send)]
    assert Counter(each.change for each in entries) == {Change.UPDATED: 1, Change.REFUSED: SENDERS - 1}
    assert {str(each.issues[0].code) for each in entries if each.change is Change.REFUSED} == {"conflict"}
    winner = next(number for number, each in enumerate(entries) if each.change is Change.UPDATED)
    head = post.current("Observation", "o1")
    assert head.version == 2
    assert json.loads(head.body)["note"] == [{"text": f"by sender {winner}"}]
