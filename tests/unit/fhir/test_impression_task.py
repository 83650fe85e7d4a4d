"""How far a submission has come, as its sender reads it: a valid Task with an answer per patient."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.domain.protocol import Outcome
from fhirsvc.fhir.task import Answer, NotUnderstood, Receipt, Result, task
from tests.fhir_checks import assert_valid_r4

RECEIVED = datetime(2026, 11, 24, 9, tzinfo=UTC)
CHANGED = datetime(2026, 11, 24, 9, 0, 2, tzinfo=UTC)


def receipt(state: SubmissionState, *told: Answer, reason: FailureReason | None = None) -> Receipt:
    return Receipt(
        id="s-1", state=state, received=RECEIVED, changed=CHANGED, digest="ab" * 32, reason=reason, answers=told
    )


INDICATED = Answer(
    patient="p1",
    results=(
        Result(outcome="urgent", rule="U1"),
        Result(outcome="indicated", rule="I2", complaint="achilles", side="left"),
    ),
    impression="hp-1",
    flag="f-1",
)
NOT_APPLICABLE = Answer(patient="p2", results=(Result(outcome="not-applicable", rule="R0"),))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (SubmissionState.RECEIVED, "received"),
        (SubmissionState.PROCESSING, "in-progress"),
        (SubmissionState.COMPLETED, "completed"),
        (SubmissionState.FAILED, "failed"),
    ],
)
def test_every_state_of_a_submission_is_a_valid_task(state: SubmissionState, status: str) -> None:
    said = task(receipt(state))
    assert_valid_r4(said)
    assert (said["status"], said["intent"]) == (status, "order")
    assert "output" not in said


def test_the_task_names_the_bundle_by_its_digest_and_when_it_came() -> None:
    said = task(receipt(SubmissionState.RECEIVED))
    assert said["focus"]["type"] == "Bundle"
    assert said["focus"]["identifier"] == {"value": f"sha256:{'ab' * 32}"}
    assert (said["authoredOn"], said["lastModified"]) == ("2026-11-24T09:00:00.000Z", "2026-11-24T09:00:02.000Z")


def test_the_task_gives_each_patient_their_outcomes_rules_and_links() -> None:
    said = task(receipt(SubmissionState.COMPLETED, INDICATED, NOT_APPLICABLE))
    assert_valid_r4(said)
    told = {each["id"]: each for each in said["output"]}
    assert told["1.patient"]["valueReference"] == {"reference": "Patient/p1"}
    assert told["1.outcome.1"]["valueCodeableConcept"]["coding"][0]["code"] == "urgent"
    assert told["1.outcome.1"]["valueCodeableConcept"]["text"] == "Urgent (U1)"
    assert told["1.outcome.2"]["valueCodeableConcept"] == {
        "coding": [{"system": "https://fhirsvc.example/fhir/CodeSystem/outcome", "code": "indicated"}],
        "text": "Left Achilles tendon pain: indicated (I2)",
    }
    assert told["1.rule.2"]["valueCoding"]["code"] == "I2"
    assert told["1.impression"]["valueReference"] == {"reference": "ClinicalImpression/hp-1"}
    assert told["1.flag"]["valueReference"] == {"reference": "Flag/f-1"}
    assert told["2.outcome.1"]["valueCodeableConcept"]["coding"][0]["code"] == Outcome.NOT_APPLICABLE
    assert not {"2.impression", "2.flag"} & set(told)


def test_the_task_names_what_was_not_understood_and_why() -> None:
    missed = (NotUnderstood("Observation/o1/_history/2", "unmapped"), NotUnderstood("Procedure/x/_history/1", "unread"))
    said = task(receipt(SubmissionState.COMPLETED, Answer(patient="p1", results=(), not_understood=missed)))
    assert_valid_r4(said)
    told = [(each["id"], each["type"]["text"], each) for each in said["output"][1:]]
    assert [(id_, name) for id_, name, _ in told] == [
        ("1.not-understood.1", "not-understood"),
        ("1.why.1", "why"),
        ("1.not-understood.2", "not-understood"),
        ("1.why.2", "why"),
    ]
    assert told[0][2]["valueReference"] == {"reference": "Observation/o1/_history/2"}
    assert told[1][2]["valueCode"] == "unmapped"


def test_a_task_of_one_patient_is_for_that_patient() -> None:
    assert task(receipt(SubmissionState.COMPLETED, INDICATED))["for"] == {"reference": "Patient/p1"}
    assert "for" not in task(receipt(SubmissionState.COMPLETED, INDICATED, NOT_APPLICABLE))


def test_a_patient_not_yet_judged_is_named_without_an_outcome() -> None:
    said = task(receipt(SubmissionState.PROCESSING, Answer(patient="p3")))
    assert_valid_r4(said)
    assert [each["id"] for each in said["output"]] == ["1.patient"]


@pytest.mark.parametrize("reason", FailureReason)
def test_a_failed_submission_says_why_in_a_sentence(reason: FailureReason) -> None:
    said = task(receipt(SubmissionState.FAILED, reason=reason))
    assert_valid_r4(said)
    assert said["statusReason"]["text"].endswith("what was sent is kept.")
