"""What every store promises of evidence: which version counts, what is deleted, who names what is nobody's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from fhirsvc.domain.joining import Identity
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.usecases.ports import Answered, Store, Submission, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = ("Observation", "o1")


def version(number: int, updated: int | None = None, **values: Any) -> Version:
    """Version `number`, of which its sender says that it is of the second `updated`."""
    given: dict[str, Any] = {
        "type": "Observation",
        "id": "o1",
        "version": number,
        "received": NOON,
        "first_received": NOON,
        "body": b'{"resourceType":"Observation"}',
        "patient": "p1",
        "submission": "s1",
        "updated": None if updated is None else NOON + timedelta(seconds=updated),
        **values,
    }
    return Version(**given)


def add(store: Store, *versions: Version, tenant: str = "t", at_once: bool = False) -> None:
    for some in [versions] if at_once else [[each] for each in versions]:
        with store.writing() as transaction:
            transaction.resources.add(tenant, some)


def counted(store: Store) -> int:
    """The number of the version that counts, 0 = none does; by each way to it."""
    with store.reading() as transaction:
        found = transaction.resources.counted("t", [KEY])
        evidence = [each for each in transaction.resources.evidence("t", ["p1", "p2"]) if (each.type, each.id) == KEY]
    assert [*found.values()] == evidence
    return evidence[0].version if evidence else 0


@pytest.mark.parametrize("at_once", [False, True])
def test_the_version_of_the_latest_time_counts_when_all_have_one_else_the_newest(store: Store, at_once: bool) -> None:
    every = {f"o{place}": times for place, times in enumerate(product([None, 1, 2, 3], repeat=3))}
    for numbers in [(1, 2, 3)] if at_once else [(1,), (2,), (3,)]:
        some = (version(each, times[each - 1], id=id_) for id_, times in every.items() for each in numbers)
        add(store, *some, at_once=True)
    with store.reading() as transaction:
        found = transaction.resources.counted("t", [("Observation", id_) for id_ in every])
        assert {each.version for each in transaction.resources.heads("t", list(found)).values()} == {3}
    assert {id_: found["Observation", id_].version for id_ in every} == {
        id_: _counts(each) for id_, each in every.items()
    }


def _counts(times: tuple[int | None, ...]) -> int:
    if None in times:
        return 3
    return max((time, number) for number, time in enumerate(times, start=1) if time is not None)[1]


def test_what_is_deleted_is_no_evidence_and_stays_the_newest_version(store: Store) -> None:
    add(store, version(1, 5), version(2, body=b""))
    assert counted(store) == 0
    with store.reading() as transaction:
        head = transaction.resources.heads("t", [KEY])[KEY]
        assert (head.version, head.deleted) == (2, True)
        first = transaction.resources.version("t", *KEY, 1)
        assert first is not None
        assert not first.deleted


def test_what_is_created_again_counts_whatever_was_said_before_it_was_deleted(store: Store) -> None:
    add(store, version(1, 9), version(2, body=b""), version(3, 1))
    assert counted(store) == 3
    add(store, version(4, 2))
    assert counted(store) == 4
    add(store, version(5, 1))
    assert counted(store) == 4


def test_evidence_is_whose_the_version_is_that_counts(store: Store) -> None:
    add(store, version(1, 5), version(2, 4, patient="p2"))
    assert counted(store) == 1
    with store.reading() as transaction:
        assert transaction.resources.evidence("t", ["p2"]) == []
    add(store, version(3, 6, patient="p2"))
    with store.reading() as transaction:
        assert transaction.resources.evidence("t", ["p1"]) == []
    assert counted(store) == 3


def test_what_is_confirmed_counts_as_of_its_new_time(store: Store) -> None:
    add(store, version(1, 1))
    with store.writing() as transaction:
        transaction.resources.confirm("t", [version(1, 5)])
    add(store, version(2, 3))
    assert counted(store) == 1


def test_the_version_that_counts_is_given_to_another_patient_and_the_newest_stays_found(store: Store) -> None:
    number = ("urn:clinic", "77")
    add(store, version(1, 5, patient=None, subject=number), version(2, 4, patient=None))
    with store.writing() as transaction:
        [about] = transaction.resources.about("t", [number])
        assert about.version == 1
        transaction.resources.assign("t", [version(1, 5, subject=number)])
    assert counted(store) == 1
    with store.reading() as transaction:
        assert transaction.resources.heads("t", [KEY])[KEY].version == 2


NOTE = b'{"resourceType":"DocumentReference","content":[{"attachment":{"url":"Binary/b1"}}]}'


def note(number: int = 1, **values: Any) -> Version:
    return version(number, type="DocumentReference", id="d1", **{"body": NOTE, **values})


def mentioning(store: Store, *keys: tuple[str, str], tenant: str = "t") -> set[str]:
    with store.reading() as transaction:
        return set(transaction.resources.mentioning(tenant, keys))


def test_who_names_what_is_nobodys_is_found(store: Store) -> None:
    taken = rb'{"medicationReference":{"reference":"https:\/\/ehr.example\/Medication\/m1"}}'
    add(store, note(), version(1, type="MedicationStatement", id="m", patient="p2", body=taken))
    assert mentioning(store, ("Binary", "b1")) == {"p1"}
    assert mentioning(store, ("Binary", "b1"), ("Medication", "m1")) == {"p1", "p2"}
    assert mentioning(store, ("Medication", "b1"), ("Binary", "b")) == set()
    assert mentioning(store, ("Binary", "b1"), tenant="other") == set()


@pytest.mark.parametrize("after", [note(2, body=b""), note(2, patient=None), note(2, submission=None)])
def test_only_evidence_of_a_patient_names_anything(store: Store, after: Version) -> None:
    add(store, note(), after)
    assert mentioning(store, ("Binary", "b1")) == set()


def submission(id_: str, key: str | None = None, digest: str = "d", minute: int = 0) -> Submission:
    at = NOON + timedelta(minutes=minute)
    return Submission(
        id=id_,
        received=at,
        changed=at,
        digest=digest,
        body=b"{}",
        state=SubmissionState.COMPLETED,
        key=key,
        answer=b"answer of " + id_.encode(),
    )


def test_a_submission_is_found_by_its_key_and_by_its_digest(store: Store) -> None:
    with store.writing() as transaction:
        transaction.submissions.add("t", submission("one", "key 1"), [])
        transaction.submissions.add("t", submission("two", minute=1), [])
        transaction.submissions.add("t", submission("three", digest="other", minute=2), [])
    with store.reading() as transaction:
        asked = transaction.submissions
        assert asked.named("t", "key 1") == Answered("one", "d", b"answer of one")
        assert asked.sent("t", "d") == Answered("two", "d", b"answer of two")
        assert (asked.named("t", "key 2"), asked.named("other", "key 1"), asked.sent("other", "d")) == (None,) * 3
        assert asked.get("t", "one") == (submission("one", "key 1"), [])


def test_who_a_patient_is_can_be_forgotten(store: Store) -> None:
    number = ("urn:clinic", "77")
    with store.writing() as transaction:
        transaction.persons.identify("t", [Identity(patient="p1", identifiers=frozenset({number}))])
        transaction.persons.identify("t", [Identity(patient="p1", received=False)])
    with store.reading() as transaction:
        assert transaction.persons.identities("t", ["p1"]) == {}
        assert transaction.persons.bearers("t", [number]) == {}
