"""What every store promises of resources: versions stay, and the newest is the head."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fhirsvc.usecases.ports import Store
from tests.contract.keeping import NOON, add, found, impression, version

ONE, TWO, THREE = (b'{"resourceType":"Observation","status":"%b"}' % each for each in (b"one", b"two", b"three"))


def test_the_newest_version_is_the_head_and_the_others_stay(store: Store) -> None:
    add(store, version("a", 1, body=ONE), version("a", 2, body=TWO))
    add(store, version("a", 3, body=THREE, patient="p2", submission="s2", received=NOON + timedelta(hours=1)))
    with store.reading() as transaction:
        heads = transaction.resources.heads("t", [("Observation", "a"), ("Observation", "unknown"), ("Flag", "a")])
        assert {key: each.version for key, each in heads.items()} == {("Observation", "a"): 3}
        bodies = [transaction.resources.version("t", "Observation", "a", number) for number in (1, 2, 3, 4)]
    assert [each.body if each else None for each in bodies] == [ONE, TWO, THREE, None]
    assert heads["Observation", "a"] == version(
        "a", 3, body=THREE, patient="p2", submission="s2", received=NOON + timedelta(hours=1)
    )


def test_many_heads_are_found_at_once(store: Store) -> None:
    many = [version(f"o{number}") for number in range(12_000)]
    add(store, *many)
    with store.reading() as transaction:
        assert len(transaction.resources.heads("t", [(each.type, each.id) for each in many])) == 12_000


def test_evidence_is_what_was_received_last_for_the_patient(store: Store) -> None:
    add(store, version("a"), version("b"), version("other", patient="p2"), version("nobodys", patient=None))
    add(store, impression("written", "2026-05-01"))
    add(store, version("b", 2, patient="p2"), version("a", 2, body=TWO))
    with store.reading() as transaction:
        evidence = transaction.resources.evidence("t", ["p1"])
    assert [(each.id, each.version, each.body) for each in evidence] == [("a", 2, TWO)]


def test_tenants_do_not_see_each_other(store: Store) -> None:
    add(store, version("a"), impression("i", "2026-05-01"), tenant="one")
    add(store, version("a", body=TWO), tenant="two")
    with store.reading() as transaction:
        assert transaction.resources.heads("two", [("Observation", "a")])["Observation", "a"].body == TWO
        assert transaction.resources.version("three", "Observation", "a", 1) is None
        assert transaction.resources.evidence("three", ["p1"]) == []
    assert found(store, tenant="two") == []
    assert found(store, tenant="one") == ["i"]


def test_what_is_undone_was_never_there(store: Store) -> None:
    def broken_off() -> None:
        with store.writing() as transaction:
            transaction.resources.add("t", [version("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    with store.reading() as transaction:
        transaction.resources.add("t", [version("b")])
    with store.reading() as transaction:
        assert transaction.resources.heads("t", [("Observation", "a"), ("Observation", "b")]) == {}


def test_a_view_does_not_change_while_it_is_open(store: Store) -> None:
    add(store, version("a"))
    with store.reading() as transaction:
        assert len(transaction.resources.evidence("t", ["p1"])) == 1
        add(store, version("b"))
        assert len(transaction.resources.evidence("t", ["p1"])) == 1
