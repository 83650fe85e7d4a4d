"""Answers that are fetched later, in a store whose worker is the test."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.fhir import bundles
from fhirsvc.usecases.dedupe import written_answer
from fhirsvc.usecases.later import Awaited, awaited, give_up, promise
from fhirsvc.usecases.ports import Submission, Touch
from fhirsvc.usecases.receipt import Change, Receipt, Received
from tests.fhir_checks import assert_valid_r4

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ENTRIES = (Received(change=Change.CREATED, type="Patient", id="p", version=1, last_modified=NOON),)


def kept(state: SubmissionState, kind: str = "transaction") -> MemoryStore:
    """A store with the submission `s` of two patients, one of whom is judged."""
    store = MemoryStore()
    submission = Submission(
        id="s",
        received=NOON,
        changed=NOON,
        digest="",
        body=json.dumps({"resourceType": "Bundle", "type": kind}).encode(),
        state=state,
        answer=written_answer(ENTRIES),
    )
    with store.writing() as transaction:
        transaction.submissions.add("t", submission, [Touch("p", 1, 7), Touch("q", 1)])
    return store


@pytest.mark.parametrize("state", [SubmissionState.RECEIVED, SubmissionState.PROCESSING])
def test_until_everyone_is_judged_it_is_told_how_many_are(state: SubmissionState) -> None:
    store = kept(state)
    promise("t", "s", store=store)
    assert awaited("t", "s", store=store) == Awaited(judged=1, patients=2, receipt=None, failed=False)


@pytest.mark.parametrize(
    ("kind", "answered_as"), [("transaction", "transaction-response"), ("collection", "batch-response")]
)
def test_then_it_is_the_answer_that_would_have_been_given_at_once(kind: str, answered_as: str) -> None:
    store = kept(SubmissionState.COMPLETED, kind)
    promise("t", "s", store=store)
    found = awaited("t", "s", store=store)
    assert found is not None
    assert found.receipt == Receipt("s", answered_as, ENTRIES)


def test_who_could_not_be_judged_does_not_hold_the_answer_back() -> None:
    store = kept(SubmissionState.FAILED)
    promise("t", "s", store=store)
    found = awaited("t", "s", store=store)
    assert found is not None
    assert (found.failed, found.receipt is None) == (True, False)


def test_what_nobody_waits_for_is_not_found() -> None:
    store = kept(SubmissionState.COMPLETED)
    assert awaited("t", "s", store=store) is None
    assert awaited("t", "unknown", store=store) is None
    assert give_up("t", "s", store=store) is False
    promise("t", "s", store=store)
    assert awaited("other", "s", store=store) is None
    assert give_up("t", "s", store=store) is True
    assert awaited("t", "s", store=store) is None


def test_the_bundle_says_what_went_wrong_beside_the_answer() -> None:
    answer = bundles.response("batch-response", [bundles.Reply(status="201 Created")], links={})
    issue = Issue(Severity.ERROR, IssueCode.EXCEPTION, "One of them could not be judged.")
    bundle = json.loads(bundles.later(answer, [issue]))
    assert_valid_r4(bundle)
    [entry] = bundle["entry"]
    assert entry["response"]["outcome"]["issue"][0]["code"] == "exception"
    assert entry["resource"] == json.loads(answer)
