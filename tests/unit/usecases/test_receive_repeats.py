"""A Bundle that comes again gets its first answer, and nothing is touched."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.domain.errors import Refusal, Refused
from fhirsvc.domain.lifecycle import FailureReason
from fhirsvc.usecases import read
from fhirsvc.usecases.receipt import Change, Receipt
from tests.unit.usecases.posts import Post, asked, created, patient, put, reflex


@pytest.fixture
def post() -> Post:
    return Post()


def same(one: Receipt, other: Receipt) -> bool:
    """Is the answer the same in everything but that it says so?"""
    return (one.submission, one.type, one.entries) == (other.submission, other.type, other.entries)


def watermark(post: Post, patient_: str = "p1") -> int:
    with post.store.reading() as transaction:
        return transaction.patients.watermark("t", patient_)


IDENTIFIER = {"system": "urn:ehr:bundle", "value": "7"}


@pytest.mark.parametrize(
    ("key", "members"), [("a-key", {}), (None, {"identifier": IDENTIFIER}), ("a-key", {"identifier": IDENTIFIER})]
)
def test_what_its_sender_names_alike_is_answered_alike_whatever_came_between(
    post: Post, key: str | None, members: dict[str, Any]
) -> None:
    entries = (put(patient()), put(reflex()), created(reflex(None)))
    first = post.bundle(*entries, key=key, **members)
    post.bundle(put(reflex(text="absent")))
    post.hints.clear()
    before = watermark(post)
    post.now += timedelta(days=1)
    again = post.bundle(*entries, key=key, **members)
    assert again.repeated
    assert same(first, again)
    assert (post.hints, watermark(post)) == ([], before)
    assert b"absent" in post.current("Observation", "o1").body


@pytest.mark.parametrize(("key", "members"), [("a-key", {}), (None, {"identifier": IDENTIFIER})])
def test_another_content_under_the_same_name_is_refused(post: Post, key: str | None, members: dict[str, Any]) -> None:
    post.bundle(put(reflex()), key=key, **members)
    with pytest.raises(Refused) as refused:
        post.bundle(put(reflex(text="absent")), key=key, **members)
    assert refused.value.reason is Refusal.UNPROCESSABLE
    assert [each.code for each in refused.value.issues] == ["duplicate"]
    assert post.current("Observation", "o1").version == 1


@pytest.mark.parametrize("key", ["", " ", "a key", "ü", "x" * 256])
def test_a_key_is_a_visible_word(post: Post, key: str) -> None:
    with pytest.raises(Refused) as refused:
        post.bundle(put(reflex()), key=key)
    assert refused.value.reason is Refusal.INVALID


def test_the_key_goes_before_the_identifier(post: Post) -> None:
    first = post.bundle(created(reflex(None)), key="one", identifier=IDENTIFIER)
    other = post.bundle(created(reflex(None)), key="two", identifier=IDENTIFIER)
    assert first.submission != other.submission
    assert first.entries[0].id != other.entries[0].id


def test_the_same_bytes_are_the_same_bundle_while_all_that_they_wrote_stands(post: Post) -> None:
    entries = (put(patient()), created(reflex(None)), {"request": {"method": "DELETE", "url": "Device/d"}})
    post.bundle(put({"resourceType": "Device", "id": "d"}))
    first = post.bundle(*entries)
    assert [each.change for each in first.entries] == [Change.CREATED, Change.CREATED, Change.DELETED]
    post.hints.clear()
    again = post.bundle(*entries)
    assert again.repeated
    assert same(first, again)
    assert (post.hints, watermark(post)) == ([], 1)


def test_put_a_put_b_put_a_ends_at_a(post: Post) -> None:
    a, b = put(reflex(text="absent")), put(reflex(text="normal"))
    first, _, third = (post.bundle(each) for each in (a, b, a))
    assert first.submission != third.submission
    assert third.entries[0].version == 3
    assert b"absent" in post.current("Observation", "o1").body


def test_what_was_deleted_since_is_created_again(post: Post) -> None:
    post.bundle(put(reflex()))
    post.bundle(asked("DELETE", "Observation/o1"))
    [again] = post.bundle(put(reflex())).entries
    assert (again.change, again.version) == (Change.CREATED, 3)


def test_a_batch_of_which_something_was_refused_is_tried_again(post: Post) -> None:
    post.bundle(put(reflex()))
    entries = (put(patient()), asked("PUT", "Observation/o1", reflex(text="absent"), ifMatch='W/"2"'))
    first = post.bundle(*entries, type_="batch")
    post.bundle(put(reflex(text="normal")))
    again = post.bundle(*entries, type_="batch")
    assert [each.change for each in first.entries] == [Change.CREATED, Change.REFUSED]
    assert [each.change for each in again.entries] == [Change.UNCHANGED, Change.UPDATED]


def test_two_versions_of_one_resource_stand_as_long_as_the_last_does(post: Post) -> None:
    entries = (put(reflex(text="absent")), put(reflex(text="normal")))
    first = post.bundle(*entries, type_="batch")
    again = post.bundle(*entries, type_="batch")
    assert same(first, again)


def test_what_was_refused_as_a_whole_is_no_first_answer(post: Post) -> None:
    wrong = asked("PUT", "Observation/o1", reflex(), ifMatch='W/"1"')
    with pytest.raises(Refused):
        post.bundle(put(patient()), wrong, key="a-key")
    post.bundle(put(reflex(text="normal")))
    assert post.bundle(put(patient()), wrong, key="a-key").entries[1].change is Change.UPDATED


def test_what_could_not_be_decided_is_tried_again_when_the_same_bytes_come_again(post: Post) -> None:
    first = post.bundle(put(patient()), put(reflex()))
    with post.store.writing() as transaction:
        [job] = transaction.jobs.claim(1)
        transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED)
        transaction.submissions.fail(job, FailureReason.EVALUATION_FAILED, post.now)
    again = post.bundle(put(patient()), put(reflex()))
    assert again.submission != first.submission
    assert [each.change for each in again.entries] == [Change.UNCHANGED] * 2
    assert post.waiting() == ["p1"]


def test_tenants_do_not_share_what_they_sent(tmp_path: Path) -> None:
    post = Post(open_store(tmp_path / "store.sqlite"))
    post.bundle(put(reflex()), key="a-key")
    with post.store.reading() as transaction:
        assert transaction.submissions.named("other", "key a-key") is None
    found = read.current("t", "Observation", "o1", store=post.store)
    assert found is not None


def test_the_first_answer_holds_what_was_read_byte_for_byte(post: Post) -> None:
    weight = {**reflex(), "valueQuantity": {"value": 7331}}
    del weight["valueString"]
    body = {"resourceType": "Bundle", "type": "batch", "entry": [put(weight), asked("GET", "Observation/o1")]}
    text = json.dumps(body).replace("7331", "1.10").encode()
    first, again = post.body(text, key="k"), post.body(text, key="k")
    assert same(first, again)
    assert b"1.10" in again.entries[1].resource
