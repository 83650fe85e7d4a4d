"""History follows receipt; evidence follows what its sender says of when it changed."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from fhirsvc.usecases.receipt import Change
from tests.unit.usecases.posts import Post, asked, patient, put, reflex


@pytest.fixture
def post() -> Post:
    return Post()


def at(hour: int | None, text: str = "absent", **more: Any) -> dict[str, Any]:
    """An Achilles reflex of which its sender says that it changed at this hour."""
    meta = {} if hour is None else {"meta": {"lastUpdated": f"2026-04-01T{hour:02}:00:00Z"}}
    return put({**reflex(text=text, **more), **meta})


def evidence(post: Post, patient_: str = "p1") -> list[str]:
    with post.store.reading() as transaction:
        found = transaction.resources.evidence("t", [patient_])
    return [json.loads(each.body)["valueString"] for each in found if each.type == "Observation"]


def newest(post: Post) -> str:
    said: str = json.loads(post.current("Observation", "o1").body)["valueString"]
    return said


def test_a_version_of_an_earlier_time_is_kept_and_does_not_count(post: Post) -> None:
    post.bundle(at(10, "absent"))
    [late] = post.bundle(at(9, "normal")).entries
    assert (late.change, late.version, late.fates) == (Change.UPDATED, 2, ())
    [remark] = late.issues
    assert "an earlier one is of a later time" in remark.text
    assert (newest(post), evidence(post)) == ("normal", ["absent"])


def test_put_a_put_b_put_a_ends_at_a_unless_b_is_of_a_later_time(post: Post) -> None:
    for hour, text in ((9, "absent"), (10, "normal"), (9, "absent")):
        post.bundle(at(hour, text))
    assert (newest(post), evidence(post)) == ("absent", ["normal"])
    for hour, text in ((11, "absent"), (11, "normal"), (11, "absent")):
        post.bundle(at(hour, text))
    assert (newest(post), evidence(post)) == ("absent", ["absent"])


def test_one_version_without_a_time_makes_the_last_received_count(post: Post) -> None:
    for hour, text in ((10, "absent"), (None, "reduced"), (9, "normal")):
        post.bundle(at(hour, text))
    assert evidence(post) == ["normal"]


@pytest.mark.parametrize("order", list(permutations([(9, "absent"), (10, "normal"), (11, "absent")])))
def test_the_order_in_which_dated_versions_come_decides_nothing(post: Post, order: Any) -> None:
    for hour, text in order:
        post.bundle(at(hour, text))
    assert evidence(post) == ["absent"]


def test_what_is_said_again_of_a_later_time_makes_no_version_and_counts_as_of_then(post: Post) -> None:
    post.bundle(at(9, "absent"))
    [again] = post.bundle(at(11, "absent")).entries
    assert (again.change, again.version) == (Change.UNCHANGED, 1)
    post.bundle(at(10, "normal"))
    assert evidence(post) == ["absent"]


def test_the_newest_version_said_again_of_a_later_time_than_that_which_counts_is_a_version(post: Post) -> None:
    for hour, text in ((10, "absent"), (9, "normal")):
        post.bundle(at(hour, text))
    [again] = post.bundle(at(11, "normal")).entries
    assert (again.change, again.version) == (Change.UPDATED, 3)
    assert evidence(post) == ["normal"]


def test_a_time_that_has_not_come_yet_is_not_believed(post: Post) -> None:
    ahead = {**reflex(text="absent"), "meta": {"lastUpdated": "2031-01-01T00:00:00Z"}}
    post.bundle(put(ahead))
    post.bundle(at(10, "normal"))
    assert evidence(post) == ["normal"]


def test_an_hour_is_compared_wherever_it_was_written(post: Post) -> None:
    east = {**reflex(text="absent"), "meta": {"lastUpdated": "2026-04-01T12:30:00+05:00"}}
    post.bundle(at(8, "normal"))
    post.bundle(put(east))
    assert evidence(post) == ["normal"]


def test_evidence_that_moved_to_another_patient_by_an_earlier_version_stays(post: Post) -> None:
    post.bundle(at(10, "absent"))
    post.waiting()
    post.bundle(at(9, "normal", subject="Patient/p2"))
    assert (evidence(post), evidence(post, "p2")) == (["absent"], [])
    post.bundle(at(11, "reduced", subject="Patient/p2"))
    assert (evidence(post), evidence(post, "p2")) == ([], ["reduced"])
    with post.store.reading() as transaction:
        assert transaction.patients.watermark("t", "p1") == 3


def test_versions_of_one_batch_count_as_those_of_several_do(post: Post) -> None:
    post.bundle(at(10, "absent"), at(9, "normal"), type_="batch")
    assert (newest(post), evidence(post)) == ("normal", ["absent"])


def test_what_is_created_again_forgets_the_times_before(post: Post) -> None:
    post.bundle(at(10, "absent"))
    post.bundle(asked("DELETE", "Observation/o1"))
    post.bundle(at(9, "normal"))
    assert evidence(post) == ["normal"]


def test_a_patient_of_an_earlier_time_does_not_say_who_it_is(post: Post) -> None:
    def person(hour: int, number: str) -> dict[str, Any]:
        identifier = [{"system": "urn:clinic", "value": number}]
        return put(patient(identifier=identifier, meta={"lastUpdated": f"2026-04-01T{hour:02}:00:00Z"}))

    post.bundle(person(10, "77"))
    post.bundle(person(9, "78"))
    post.bundle(person(9, "78"), type_="batch")
    assert post.current("Patient", "p1").version == 2
    with post.store.reading() as transaction:
        borne = transaction.persons.bearers("t", [("urn:clinic", "77"), ("urn:clinic", "78")])
    assert borne == {("urn:clinic", "77"): {"p1"}}
