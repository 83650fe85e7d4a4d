"""Entries that read, delete, or write under a condition."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fhirsvc.domain.errors import Refusal, Refused
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.receipt import Change, Receipt
from tests.unit.usecases.posts import NOON, Post, asked, created, patient, put, reflex


@pytest.fixture
def post() -> Post:
    return Post()


def changes(receipt: Receipt) -> list[str]:
    return [str(each.change) for each in receipt.entries]


def codes(receipt: Receipt) -> list[str]:
    """The code of the first issue of each entry, "" = it has none."""
    return [str(each.issues[0].code) if each.issues else "" for each in receipt.entries]


def refused(post: Post, *entries: dict[str, Any]) -> tuple[Refusal, list[tuple[str, str]]]:
    """How a transaction is refused; and it left nothing behind."""
    before = post.store._shelves  # type: ignore[attr-defined]
    with pytest.raises(Refused) as caught:
        post.bundle(*entries)
    assert post.store._shelves is before  # type: ignore[attr-defined]
    return caught.value.reason, [(str(each.code), each.expression) for each in caught.value.issues]


def evidence(post: Post, patient_: str = "p1") -> set[str]:
    with post.store.reading() as transaction:
        return {each.reference for each in transaction.resources.evidence("t", [patient_])}


def numbered(value: str, id_: str | None = None, **more: Any) -> dict[str, Any]:
    named = {"id": id_} if id_ else {}
    return {"resourceType": "Patient", **named, "identifier": [{"system": "urn:clinic", "value": value}], **more}


# Deleting


def test_what_is_deleted_is_a_version_without_a_body_and_no_evidence(post: Post) -> None:
    post.bundle(put(patient()), put(reflex()))
    assert post.waiting() == ["p1"]
    post.now += timedelta(hours=1)
    [gone] = post.bundle(asked("DELETE", "Observation/o1")).entries
    assert (gone.change, gone.id, gone.version) == (Change.DELETED, "o1", 2)
    head = post.current("Observation", "o1")
    assert (head.deleted, head.version, head.patient) == (True, 2, "p1")
    assert evidence(post) == {"Patient/p1"}
    with post.store.reading() as transaction:
        assert transaction.patients.watermark("t", "p1") == 2


@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_to_delete_what_is_not_there_is_no_fault_and_changes_nothing(post: Post, type_: str) -> None:
    post.bundle(put(reflex()))
    post.bundle(asked("DELETE", "Observation/o1"))
    receipt = post.bundle(asked("DELETE", "Observation/o1"), asked("DELETE", "Observation/o2"), type_=type_)
    assert [(each.change, each.version) for each in receipt.entries] == [(Change.DELETED, 0)] * 2
    assert post.current("Observation", "o1").version == 2


def test_a_deleted_resource_is_created_again_under_its_id(post: Post) -> None:
    post.bundle(put(reflex()))
    post.bundle(asked("DELETE", "Observation/o1"))
    post.now += timedelta(days=1)
    [again] = post.bundle(put(reflex(text="absent"))).entries
    assert (again.change, again.version) == (Change.CREATED, 3)
    assert post.current("Observation", "o1").first_received.day == 2
    assert evidence(post) == {"Observation/o1"}


def test_a_deleted_patient_bears_no_identifier_and_joins_nobody(post: Post) -> None:
    post.bundle(put(numbered("77", "a")), put(numbered("78", "b", link=[link("a")])))
    post.bundle(asked("DELETE", "Patient/b"))
    with post.store.reading() as transaction:
        assert transaction.persons.of("t", ["a", "b"]) == {"a": "a", "b": "b"}
        assert transaction.persons.bearers("t", [("urn:clinic", "77")]) == {("urn:clinic", "77"): {"a"}}
    post.bundle(asked("DELETE", "Patient/a"))
    with post.store.reading() as transaction:
        assert transaction.persons.bearers("t", [("urn:clinic", "77")]) == {}


def link(to: str) -> dict[str, Any]:
    return {"type": "replaces", "other": {"reference": f"Patient/{to}"}}


def ours(post: Post) -> None:
    body = b'{"resourceType":"ServiceRequest","id":"ours"}'
    version = Version(
        type="ServiceRequest", id="ours", version=1, received=NOON, first_received=NOON, body=body, patient="p1"
    )
    with post.store.writing() as transaction:
        transaction.resources.add("t", [version])


def test_what_the_service_wrote_cannot_be_deleted_from_outside(post: Post) -> None:
    ours(post)
    doomed = asked("DELETE", "ServiceRequest/ours")
    for each in (doomed, asked("DELETE", "ServiceRequest?patient=p1")):
        receipt = post.bundle(each, type_="batch")
        assert (changes(receipt), codes(receipt)) == (["refused"], ["business-rule"])
    assert refused(post, put(reflex()), doomed) == (
        Refusal.UNPROCESSABLE,
        [("business-rule", "Bundle.entry[1]")],
    )
    assert not post.current("ServiceRequest", "ours").deleted


@pytest.mark.parametrize(
    ("query", "gone"),
    [("Patient?identifier=urn:clinic|77", {"a"}), ("Patient?identifier=urn:clinic|99", set())],
)
def test_one_match_is_deleted_and_none_is_no_fault(post: Post, query: str, gone: set[str]) -> None:
    post.bundle(put(numbered("77", "a")), put(numbered("78", "b")))
    assert changes(post.bundle(asked("DELETE", query))) == ["deleted"]
    assert {each for each in ("a", "b") if post.current("Patient", each).deleted} == gone


# Conditions


def test_a_conditional_creation_creates_what_is_not_there_and_answers_with_what_is(post: Post) -> None:
    new = asked("POST", "Patient", numbered("77"), ifNoneExist="identifier=urn:clinic|77")
    [first] = post.bundle(new).entries
    post.bundle(put(reflex(subject=f"Patient/{first.id}")))
    [again] = post.bundle({**new, "fullUrl": URN}).entries
    assert (first.change, again.change) == (Change.CREATED, Change.UNCHANGED)
    assert (again.id, again.version, again.last_modified) == (first.id, 1, first.last_modified)
    assert again.fates == ()
    assert "not kept" in again.issues[0].text


URN = "urn:uuid:7d3f0c1e-0d0d-4c0c-8a51-0123456789ab"


def test_others_that_name_what_was_not_created_name_what_was_found(post: Post) -> None:
    post.bundle(put(numbered("77", "a")))
    new = asked("POST", "Patient", numbered("77"), ifNoneExist="identifier=urn:clinic|77")
    receipt = post.bundle({**new, "fullUrl": URN}, put(reflex(subject=URN)))
    assert changes(receipt) == ["unchanged", "created"]
    kept = post.current("Observation", "o1")
    assert (kept.patient, json.loads(kept.body)["subject"]["reference"]) == ("a", "Patient/a")


@pytest.mark.parametrize("type_", ["batch", "transaction"])
def test_the_same_condition_twice_in_a_bundle_creates_once(post: Post, type_: str) -> None:
    new = asked("POST", "Patient", numbered("77"), ifNoneExist="identifier=urn:clinic|77")
    first, second = post.bundle(new, new, type_=type_).entries
    assert (first.change, second.change) == (Change.CREATED, Change.UNCHANGED)
    assert (first.id, first.version) == (second.id, second.version)


def test_a_conditional_creation_that_several_meet_is_refused(post: Post) -> None:
    post.bundle(put(numbered("77", "a")), put(numbered("77", "b")))
    new = asked("POST", "Patient", numbered("77"), ifNoneExist="identifier=urn:clinic|77")
    assert codes(post.bundle(new, type_="batch")) == ["multiple-matches"]
    assert refused(post, new) == (Refusal.PRECONDITION, [("multiple-matches", "Bundle.entry[0].request")])


@pytest.mark.parametrize(
    ("stored", "id_", "answer"),
    [
        ((), None, "created"),
        ((), "mine", "created"),
        (("a",), None, "updated"),
        (("a",), "a", "updated"),
        (("a",), "b", Refusal.INVALID),
        (("a", "b"), None, Refusal.PRECONDITION),
    ],
)
def test_a_conditional_update_is_done_to_the_one_that_meets_it(
    post: Post, stored: tuple[str, ...], id_: str | None, answer: str
) -> None:
    for each in stored:
        post.bundle(put(numbered("77", each)))
    entry = asked("PUT", "Patient?identifier=urn:clinic|77", numbered("77", id_, active=False))
    if isinstance(answer, Refusal):
        assert refused(post, entry)[0] == answer
        return
    [received] = post.bundle(entry).entries
    assert str(received.change) == answer
    assert received.id == (stored[0] if stored else id_ or received.id)
    assert json.loads(post.current("Patient", received.id).body)["active"] is False


def test_a_conditional_update_that_nothing_meets_takes_no_id_that_exists(post: Post) -> None:
    post.bundle(put(numbered("78", "a")))
    entry = asked("PUT", "Patient?identifier=urn:clinic|77", numbered("77", "a"))
    assert refused(post, entry) == (Refusal.CONFLICT, [("duplicate", "Bundle.entry[0]")])


@pytest.mark.parametrize("condition", ["_count=1", "nonsense=1", "identifier=", "identifier:exact=1", "_page=x"])
def test_a_condition_that_asks_for_nothing_known_is_refused(post: Post, condition: str) -> None:
    post.bundle(put(numbered("77", "a")))
    for entry in (
        asked("DELETE", f"Patient?{condition}"),
        asked("POST", "Patient", numbered("77"), ifNoneExist=condition),
        asked("PUT", f"Patient?{condition}", numbered("77")),
    ):
        assert refused(post, entry)[0] is Refusal.INVALID


TAGS = [
    ("PUT", "ifMatch", 'W/"2"', True),
    ("PUT", "ifMatch", '"1", "2"', True),
    ("PUT", "ifMatch", "*", True),
    ("PUT", "ifMatch", 'W/"1"', False),
    ("PUT", "ifMatch", 'W/"two"', False),
    ("DELETE", "ifMatch", 'W/"2"', True),
    ("DELETE", "ifMatch", 'W/"3"', False),
    ("PUT", "ifNoneMatch", "*", False),
    ("PUT", "ifNoneMatch", 'W/"2"', False),
    ("PUT", "ifNoneMatch", 'W/"1"', True),
]


@pytest.mark.parametrize(("method", "name", "tag", "met"), TAGS)
def test_an_entity_tag_says_which_version_is_meant(post: Post, method: str, name: str, tag: str, met: bool) -> None:
    post.bundle(put(reflex()))
    post.bundle(put(reflex(text="normal")))
    body = reflex(text="absent") if method == "PUT" else None
    entry = asked(method, "Observation/o1", body, **{name: tag})
    if met:
        assert post.bundle(entry).entries[0].version == 3
    else:
        assert refused(post, entry) == (Refusal.PRECONDITION, [("conflict", "Bundle.entry[0]")])
        assert codes(post.bundle(entry, type_="batch")) == ["conflict"]


@pytest.mark.parametrize("deleted", [False, True])
def test_of_what_does_not_stand_no_tag_is_met_but_none(post: Post, deleted: bool) -> None:
    if deleted:
        post.bundle(put(reflex()))
        post.bundle(asked("DELETE", "Observation/o1"))
    for entry in (
        asked("PUT", "Observation/o1", reflex(), ifMatch="*"),
        asked("DELETE", "Observation/o1", ifMatch='W/"2"'),
    ):
        assert refused(post, entry)[0] is Refusal.PRECONDITION
    assert changes(post.bundle(asked("PUT", "Observation/o1", reflex(), ifNoneMatch="*"))) == ["created"]


# Reading


def test_what_is_read_is_what_stands_after_the_writes_and_as_it_is_served(post: Post) -> None:
    post.bundle(put(reflex()))
    for type_ in ("transaction", "batch"):
        text = f"{type_} says so"
        receipt = post.bundle(asked("GET", "Observation/o1"), put(reflex(text=text)), type_=type_)
        found = receipt.entries[0]
        assert found.change is Change.FOUND
        assert found.resource == post.current("Observation", "o1").body
        assert text.encode() in found.resource


def test_a_version_and_the_head_alone_are_read(post: Post) -> None:
    post.bundle(put(reflex()))
    post.bundle(put(reflex(text="normal")))
    one, head = post.bundle(asked("GET", "Observation/o1/_history/1"), asked("HEAD", "Observation/o1")).entries
    assert (one.version, b"reduced" in one.resource) == (1, True)
    assert (head.version, head.resource) == (2, b"")


def test_a_bundle_that_only_reads_leaves_no_trace(post: Post) -> None:
    post.bundle(put(reflex()))
    before = post.store._shelves  # type: ignore[attr-defined]
    receipt = post.bundle(asked("GET", "Observation/o1"), asked("GET", "Observation?status=final"), type_="batch")
    assert (receipt.submission, changes(receipt)) == ("", ["found", "found"])
    assert post.store._shelves is before  # type: ignore[attr-defined]


@pytest.mark.parametrize(("beside", "most"), [([], 200), ([put(reflex())], 50)])
def test_a_bundle_reads_no_more_than_others_can_wait_for(post: Post, beside: list[dict[str, Any]], most: int) -> None:
    reads = [asked("GET", "Observation/o1")] * most
    assert len(post.bundle(*reads, *beside, type_="batch").entries) == most + len(beside)
    with pytest.raises(Refused) as caught:
        post.bundle(asked("HEAD", "Observation/o1"), *reads, *beside, type_="batch")
    assert caught.value.reason is Refusal.TOO_LARGE


def test_a_search_is_answered_with_its_searchset(post: Post) -> None:
    post.bundle(put(reflex()), put(reflex("o2", subject="Patient/p2")))
    receipt = post.bundle(put(reflex("o3")), asked("GET", "Observation?patient=p1"), asked("GET", "Observation"))
    some, every = (json.loads(each.resource) for each in receipt.entries[1:])
    assert {each["resource"]["id"] for each in some["entry"]} == {"o1", "o3"}
    assert every["total"] == 3


@pytest.mark.parametrize(
    ("conditions", "known"),
    [
        ({"ifNoneMatch": 'W/"1"'}, True),
        ({"ifNoneMatch": "*"}, True),
        ({"ifNoneMatch": 'W/"2"'}, False),
        ({"ifModifiedSince": "2026-05-01T12:00:00Z"}, True),
        ({"ifModifiedSince": "2026-05-01T12:00:00.123Z"}, True),
        ({"ifModifiedSince": "2026-05-01T12:00:00.122Z"}, False),
        ({"ifModifiedSince": "2026-05-01T11:59:59Z"}, False),
        ({"ifNoneMatch": 'W/"2"', "ifModifiedSince": "2026-05-01T12:00:00Z"}, False),
    ],
)
def test_what_its_reader_has_is_not_sent_again(post: Post, conditions: dict[str, str], known: bool) -> None:
    post.bundle(put(reflex()))
    [found] = post.bundle(asked("GET", "Observation/o1", None, **conditions)).entries
    assert found.change is (Change.NOT_MODIFIED if known else Change.FOUND)
    assert bool(found.resource) is not known


@pytest.mark.parametrize(
    ("url", "reason", "code"),
    [
        ("Observation/nothing", Refusal.NOT_FOUND, "not-found"),
        ("Observation/o1/_history/9", Refusal.NOT_FOUND, "not-found"),
        ("Observation/o1/_history/first", Refusal.NOT_FOUND, "not-found"),
        ("Observation/gone", Refusal.GONE, "deleted"),
        ("Observation/gone/_history/2", Refusal.GONE, "deleted"),
        ("Observation?nonsense=1", Refusal.INVALID, "not-supported"),
        ("Task?status=completed", Refusal.NOT_SUPPORTED, "not-supported"),
    ],
)
def test_what_cannot_be_read_is_refused_for_its_reason(post: Post, url: str, reason: Refusal, code: str) -> None:
    post.bundle(put(reflex()), put(reflex("gone")))
    post.bundle(asked("DELETE", "Observation/gone"))
    assert codes(post.bundle(asked("GET", url), type_="batch")) == [code]
    with pytest.raises(Refused) as caught:
        post.bundle(asked("GET", url), put(reflex("o2")))
    whole = Refusal.UNPROCESSABLE if reason in {Refusal.NOT_FOUND, Refusal.GONE} else reason
    assert (caught.value.reason, [str(each.code) for each in caught.value.issues]) == (whole, [code])


# The order of a transaction, and its references


def test_a_transaction_deletes_creates_updates_and_reads_in_this_order_and_answers_in_its_own(post: Post) -> None:
    post.bundle(put(numbered("77", "a")))
    receipt = post.bundle(
        asked("GET", "Patient?identifier=urn:clinic|77"),
        asked("PUT", "Patient?identifier=urn:clinic|78", numbered("78")),
        asked("POST", "Patient", numbered("77"), ifNoneExist="identifier=urn:clinic|77"),
        asked("DELETE", "Patient/a"),
    )
    assert changes(receipt) == ["found", "created", "created", "deleted"]
    [found] = json.loads(receipt.entries[0].resource)["entry"]
    assert found["resource"]["id"] == receipt.entries[2].id != "a"


def test_a_batch_is_done_in_its_own_order(post: Post) -> None:
    post.bundle(put(reflex()))
    receipt = post.bundle(put(reflex(text="absent")), asked("DELETE", "Observation/o1"), type_="batch")
    assert [(each.change, each.version) for each in receipt.entries] == [(Change.UPDATED, 2), (Change.DELETED, 3)]
    receipt = post.bundle(asked("DELETE", "Observation/o1"), put(reflex(text="normal")), type_="batch")
    assert [each.version for each in receipt.entries] == [0, 4]


def test_a_transaction_that_writes_a_resource_twice_by_conditions_is_refused(post: Post) -> None:
    post.bundle(put(numbered("77", "a")))
    by_condition = asked("PUT", "Patient?identifier=urn:clinic|77", numbered("77"))
    assert refused(post, by_condition, put(numbered("77", "a")))[1] == [("duplicate", "Bundle.entry[1].request")]


def referring(reference: str, id_: str = "o1") -> dict[str, Any]:
    return put({**reflex(id_), "performer": [{"reference": reference}]})


def test_a_conditional_reference_is_resolved_in_the_store(post: Post) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "identifier": [{"system": "urn:gmc", "value": "9"}]}
    post.bundle(put(doctor))
    post.bundle(referring("Practitioner?identifier=urn:gmc|9"))
    assert json.loads(post.current("Observation", "o1").body)["performer"] == [{"reference": "Practitioner/d"}]


def test_a_conditional_reference_is_resolved_in_the_bundle_itself(post: Post) -> None:
    doctor = {"resourceType": "Practitioner", "identifier": [{"system": "urn:gmc", "value": "9"}]}
    receipt = post.bundle(referring("Practitioner?identifier=urn:gmc%7C9"), created(doctor))
    address = f"Practitioner/{receipt.entries[1].id}"
    assert json.loads(post.current("Observation", "o1").body)["performer"] == [{"reference": address}]


def test_a_conditional_subject_is_resolved_and_not_remarked_upon(post: Post) -> None:
    post.bundle(put(numbered("77", "a")))
    [received] = post.bundle(put(reflex(subject="Patient?identifier=urn:clinic|77"))).entries
    kept = post.current("Observation", "o1")
    assert (received.issues, kept.patient, kept.subject) == ((), "a", None)
    assert json.loads(kept.body)["subject"] == {"reference": "Patient/a"}


def test_patients_that_are_one_person_are_one_match(post: Post) -> None:
    post.bundle(put(numbered("77", "a", link=[link("b")])), put(numbered("77", "b")))
    post.bundle(put(reflex(subject="Patient?identifier=urn:clinic|77")))
    assert post.current("Observation", "o1").patient == "a"


@pytest.mark.parametrize(
    ("reference", "reason", "code"),
    [
        ("Patient?identifier=urn:clinic|99", Refusal.UNPROCESSABLE, "not-found"),
        ("Patient?identifier=urn:clinic|77", Refusal.PRECONDITION, "multiple-matches"),
        ("Patient?birthdate=1999-01-01", Refusal.UNPROCESSABLE, "not-found"),
        ("Patient?nonsense=1", Refusal.INVALID, "not-supported"),
    ],
)
def test_a_conditional_reference_to_nothing_or_to_several_refuses_the_transaction(
    post: Post, reference: str, reason: Refusal, code: str
) -> None:
    post.bundle(put(numbered("77", "a")), put(numbered("77", "b", birthDate="1990")))
    found, issues = refused(post, put(reflex("o2")), put(reflex(subject=reference)))
    assert (found, issues) == (reason, [(code, "Bundle.entry[1].resource.subject.reference")])


def test_who_is_deleted_in_the_transaction_is_not_meant_by_a_reference(post: Post) -> None:
    post.bundle(put(numbered("77", "a")))
    entries = (asked("DELETE", "Patient/a"), put(reflex(subject="Patient?identifier=urn:clinic|77")))
    assert refused(post, *entries)[0] is Refusal.UNPROCESSABLE


# What belongs to no patient


NOTE = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "status": "current",
    "subject": {"reference": "Patient/p1"},
    "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/b1"}}],
}
BINARY = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "QWJzZW50Lg=="}


def test_a_text_that_comes_after_the_document_that_names_it_concerns_the_patient(post: Post) -> None:
    post.bundle(put(patient()), put(NOTE))
    post.waiting()
    for number, entry in enumerate((put(BINARY), put({**BINARY, "data": "QQ=="}), asked("DELETE", "Binary/b1"))):
        receipt = post.bundle(entry)
        progress = read.submission("t", receipt.submission, store=post.store)
        assert progress is not None
        assert [each.patient for each in progress.patients] == ["p1"]
        with post.store.reading() as transaction:
            assert transaction.patients.watermark("t", "p1") == 2 + number


def test_a_text_that_nobody_names_concerns_nobody(post: Post) -> None:
    post.bundle(put(patient()), put(NOTE))
    post.bundle(asked("DELETE", "DocumentReference/d1"))
    receipt = post.bundle(put(BINARY), put({**BINARY, "id": "b2"}))
    progress = read.submission("t", receipt.submission, store=post.store)
    assert progress is not None
    assert progress.patients == ()
