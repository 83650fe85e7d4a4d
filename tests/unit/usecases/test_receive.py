"""A Bundle comes in: all of it is kept or nothing, and the answer says what became of each entry."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from fhirsvc.domain.errors import IssueCode, Refused, Severity
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.receipt import Change
from tests.unit.usecases.posts import EHR, NOON, OWN, Post, created, patient, put, reflex

STAMP = "2026-05-01T12:00:00.123Z"


@pytest.fixture
def post() -> Post:
    return Post()


def test_what_came_is_kept_as_received_and_served_with_its_stamps(post: Post) -> None:
    body = (
        b'{"resourceType":"Bundle","type":"transaction","entry":[{"resource":  {"resourceType":"Observation", '
        b'"id":"o1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"},'
        b'"valueQuantity":{"value":1.10}},"request":{"method":"PUT","url":"Observation/o1"}}]}'
    )
    receipt = post.body(body)
    served = post.current("Observation", "o1")
    assert b'{"value":1.10}' in served.body
    assert json.loads(served.body)["meta"] == {"versionId": "1", "lastUpdated": STAMP}
    with post.store.reading() as transaction:
        kept = transaction.submissions.get("t", receipt.submission)
    assert kept is not None
    assert kept[0].body == body


def test_each_entry_is_answered_for_in_request_order(post: Post) -> None:
    receipt = post.bundle(put(reflex()), created(reflex(None)), put(patient()))
    assert receipt.type == "transaction-response"
    assert [(each.change, each.type, each.version) for each in receipt.entries] == [
        (Change.CREATED, "Observation", 1),
        (Change.CREATED, "Observation", 1),
        (Change.CREATED, "Patient", 1),
    ]
    assert [each.id for each in receipt.entries[::2]] == ["o1", "p1"]
    assert re.fullmatch(r"[0-9a-f]{32}", receipt.entries[1].id)
    assert {each.last_modified for each in receipt.entries} == {NOON.replace(microsecond=123000)}
    assert post.current("Observation", receipt.entries[1].id).submission == receipt.submission


def test_a_changed_put_makes_the_next_version(post: Post) -> None:
    post.bundle(put(reflex()))
    post.now += timedelta(days=1)
    receipt = post.bundle(put(reflex(text="absent")))
    assert [(each.change, each.version) for each in receipt.entries] == [(Change.UPDATED, 2)]
    assert read.version("t", "Observation", "o1", 1, store=post.store) is not None
    newest = post.current("Observation", "o1")
    assert (newest.version, newest.first_received.day, newest.received.day) == (2, 1, 2)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_put_that_says_what_stands_changes_nothing_and_keeps_its_version(post: Post, indent: int | None) -> None:
    post.bundle(put(patient()), put(reflex()))
    assert post.waiting() == ["p1"]
    post.now += timedelta(days=1)
    entries = [put(json.loads(post.current("Observation", "o1").body)), put(dict(reversed(patient().items())))]
    receipt = post.body(
        json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}, indent=indent).encode()
    )
    assert [(each.change, each.version) for each in receipt.entries] == [(Change.UNCHANGED, 1)] * 2
    assert receipt.entries[0].last_modified == NOON.replace(microsecond=123000)
    assert post.current("Observation", "o1").version == 1


def test_who_sends_again_what_stands_is_told_the_patient(post: Post) -> None:
    post.bundle(put(patient()), put(reflex()))
    receipt = post.bundle(put(patient()), put(reflex()), type_="batch")
    progress = read.submission("t", receipt.submission, store=post.store)
    assert progress is not None
    assert [each.patient for each in progress.patients] == ["p1"]


def test_a_number_written_otherwise_is_a_change(post: Post) -> None:
    weight = {**reflex(), "valueQuantity": {"value": 1.5}}
    del weight["valueString"]
    post.bundle(put(weight))
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [put(weight)]})
    receipt = post.body(body.replace("1.5", "1.50").encode())
    assert receipt.entries[0].change is Change.UPDATED


def test_references_by_urn_become_addresses(post: Post) -> None:
    urn = "urn:uuid:7d3f0c1e-0d0d-4c0c-8a51-0123456789ab"
    receipt = post.bundle(created(reflex(None, urn)), created(patient("ignored"), urn))
    observation, person = receipt.entries
    assert person.id != "ignored"
    served = post.current("Observation", observation.id)
    assert json.loads(served.body)["subject"] == {"reference": f"Patient/{person.id}"}
    assert served.patient == person.id
    assert post.waiting() == [person.id]


def test_an_entry_posted_under_a_new_id_is_found_by_those_that_knew_the_old_one(post: Post) -> None:
    base = "https://ehr.example/fhir"
    receipt = post.bundle(
        created(patient("old"), f"{base}/Patient/old"),
        created(reflex("a", "Patient/old"), f"{base}/Observation/a"),
        created(reflex("b", f"{base}/Patient/old"), f"{base}/Observation/b"),
    )
    person, *observations = receipt.entries
    assert {post.current("Observation", each.id).patient for each in observations} == {person.id}


@pytest.mark.parametrize(
    ("subject", "known"),
    [
        (f"{OWN}/Patient/p1", "p1"),
        (f"{OWN}/Patient/p1/_history/2", "p1"),
        (f"{EHR}/Patient/p1", "p1"),
        (f"{EHR}/Patient/p1/_history/2", "p1"),
        ("https://elsewhere.example/fhir/Patient/p1", None),
        (f"{EHR}er/Patient/p1", None),
        (f"{EHR}/deeper/Patient/p1", None),
        (f"{EHR}/Group/p1", None),
    ],
)
def test_a_patient_is_known_by_our_base_and_by_that_of_the_senders_entries(
    post: Post, subject: str, known: str | None
) -> None:
    receipt = post.bundle(put(reflex(subject=subject), fullUrl=f"{EHR}/Observation/o1"))
    kept = post.current("Observation", "o1")
    assert kept.patient == known
    assert json.loads(kept.body)["subject"] == {"reference": subject}
    assert bool([each for each in receipt.entries[0].issues if "no evidence" in each.text]) is (known is None)


def test_a_base_below_another_is_a_base_of_its_own(post: Post) -> None:
    below = f"{EHR}/tenants/a"
    post.bundle(
        put(reflex("o1", f"{below}/Patient/p1"), fullUrl=f"{EHR}/Observation/o1"),
        put(reflex("o2", f"{EHR}/Patient/p2"), fullUrl=f"{below}/Observation/o2"),
    )
    assert [post.current("Observation", each).patient for each in ("o1", "o2")] == ["p1", "p2"]


def test_without_an_entry_of_that_base_a_foreign_patient_stays_unknown(post: Post) -> None:
    post.bundle(put(reflex(subject=f"{EHR}/Patient/p1"), fullUrl="urn:uuid:7d3f0c1e-0d0d-4c0c-8a51-0123456789ab"))
    assert post.current("Observation", "o1").patient is None


def test_a_patient_of_ours_is_not_the_senders_of_the_same_id(post: Post) -> None:
    receipt = post.bundle(
        created(patient("p1"), f"{EHR}/Patient/p1"),
        put(reflex("ours", f"{OWN}/Patient/p1")),
        put(reflex("theirs", f"{EHR}/Patient/p1/_history/1")),
    )
    assert post.current("Observation", "ours").patient == "p1"
    assert post.current("Observation", "theirs").patient == receipt.entries[0].id != "p1"


def test_what_was_of_nobody_is_evidence_once_it_is_sent_so_that_its_patient_is_known(post: Post) -> None:
    post.bundle(put(reflex(subject=f"{EHR}/Patient/p1")))
    receipt = post.bundle(put(reflex(subject=f"{EHR}/Patient/p1"), fullUrl=f"{EHR}/Observation/o1"))
    assert receipt.entries[0].change is Change.UPDATED
    assert post.current("Observation", "o1").patient == "p1"
    assert post.bundle(put(reflex(subject=f"{EHR}/Patient/p1"))).entries[0].change is Change.UNCHANGED
    assert post.current("Observation", "o1").patient == "p1"


def test_a_collection_creates_or_updates_by_identity(post: Post) -> None:
    urn = "urn:uuid:7d3f0c1e-0d0d-4c0c-8a51-0123456789ab"
    anonymous = {"resourceType": "Patient"}
    entries: list[dict[str, Any]] = [{"resource": reflex("o1", urn)}, {"resource": anonymous, "fullUrl": urn}]
    first = post.bundle(*entries, type_="collection")
    again = post.bundle(*entries, {"resource": patient("other")}, type_="collection")
    assert first.type == "batch-response"
    assert [(each.change, each.id) for each in first.entries] == [
        (Change.CREATED, "o1"),
        (Change.CREATED, urn.removeprefix("urn:uuid:")),
    ]
    assert [each.change for each in again.entries[:2]] == [Change.UNCHANGED] * 2


def test_a_batch_keeps_what_is_sound_and_answers_for_the_rest(post: Post) -> None:
    receipt = post.bundle(put({**reflex("bad"), "status": "banana"}), put(reflex("good")), type_="batch")
    bad, good = receipt.entries
    assert (bad.change, bad.version, good.change) == (Change.REFUSED, 0, Change.CREATED)
    assert bad.issues[0].severity is Severity.ERROR
    assert read.current("t", "Observation", "bad", store=post.store) is None
    assert post.waiting() == ["p1"]


def test_a_transaction_is_kept_whole_or_not_at_all(post: Post) -> None:
    with pytest.raises(Refused):
        post.bundle(put(reflex("good")), put({**reflex("bad"), "status": "banana"}))
    assert read.current("t", "Observation", "good", store=post.store) is None
    assert (post.hints, post.waiting()) == ([], [])


def test_two_entries_for_one_resource_of_a_batch_are_two_versions_in_their_order(post: Post) -> None:
    receipt = post.bundle(put(reflex(text="absent")), put(reflex(text="reduced")), type_="batch")
    assert [(each.change, each.version) for each in receipt.entries] == [(Change.CREATED, 1), (Change.UPDATED, 2)]
    assert b"reduced" in post.current("Observation", "o1").body


@pytest.mark.parametrize("subject", [None, "https://elsewhere.example/fhir/Patient/p1"])
def test_a_finding_of_nobody_known_is_kept_with_a_warning_and_is_no_evidence(post: Post, subject: str | None) -> None:
    receipt = post.bundle(put(reflex(subject=subject)))
    (issue,) = [each for each in receipt.entries[0].issues if "no evidence" in each.text]
    assert (issue.severity, issue.code, issue.expression) == (
        Severity.WARNING,
        IssueCode.NOT_FOUND,
        "Bundle.entry[0].resource",
    )
    assert post.current("Observation", "o1").patient is None
    progress = read.submission("t", receipt.submission, store=post.store)
    assert progress is not None
    assert (progress.state, progress.patients, post.hints) == (SubmissionState.COMPLETED, (), [])


def test_what_speaks_of_no_patient_by_nature_gets_no_warning(post: Post) -> None:
    receipt = post.bundle(put({"resourceType": "Organization", "id": "org", "name": "Clinic"}))
    assert receipt.entries[0].issues == ()


def test_a_finding_moved_to_another_patient_concerns_both(post: Post) -> None:
    post.bundle(put(reflex(subject="Patient/p1")))
    assert post.waiting() == ["p1"]
    post.bundle(put(reflex(subject="Patient/p2")))
    with post.store.reading() as transaction:
        assert transaction.resources.evidence("t", ["p1"]) == []
        assert transaction.patients.watermark("t", "p1") == 2
        assert transaction.patients.watermark("t", "p2") == 1


def test_the_hint_comes_after_the_commit(post: Post) -> None:
    seen: list[tuple[str, int]] = []

    def watch(name: str) -> None:
        with post.store.reading() as transaction:
            seen.append((name, transaction.patients.watermark("t", "p1")))

    post.bundle(put(reflex()), failpoint=watch)
    assert seen == [
        ("receive.before-transaction", 0),
        ("receive.before-commit", 0),
        ("receive.after-commit", 1),
        ("receive.after-hint", 1),
    ]
    assert post.hints == [[1]]


@pytest.mark.parametrize("place", ["receive.before-transaction", "receive.before-commit"])
def test_what_breaks_off_before_the_commit_was_never_received(post: Post, place: str) -> None:
    def break_off(name: str) -> None:
        if name == place:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        post.bundle(put(reflex()), failpoint=break_off)
    assert read.current("t", "Observation", "o1", store=post.store) is None
    assert (post.hints, post.waiting()) == ([], [])


def test_what_the_service_wrote_cannot_be_replaced_from_outside(post: Post) -> None:
    ours = Version(
        type="ServiceRequest",
        id="ours",
        version=1,
        received=NOON,
        first_received=NOON,
        body=b'{"resourceType":"ServiceRequest"}',
    )
    with post.store.writing() as transaction:
        transaction.resources.add("t", [ours])
    theirs = {
        "resourceType": "ServiceRequest",
        "id": "ours",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    receipt = post.bundle(put(theirs), put(reflex()), type_="batch")
    assert [each.change for each in receipt.entries] == [Change.REFUSED, Change.CREATED]
    assert receipt.entries[0].issues[0].code is IssueCode.BUSINESS_RULE
    with pytest.raises(Refused):
        post.bundle(put(theirs), put(reflex("o2")))
    assert read.current("t", "Observation", "o2", store=post.store) is None
    assert post.current("ServiceRequest", "ours") == ours


def test_evidence_from_the_future_is_refused_beyond_the_tolerance_of_clocks(post: Post) -> None:
    post.bundle(put({**reflex(), "effectiveDateTime": "2026-05-01T12:04:00Z"}))
    with pytest.raises(Refused):
        post.bundle(put({**reflex(), "effectiveDateTime": "2026-05-01T12:06:00Z"}))
