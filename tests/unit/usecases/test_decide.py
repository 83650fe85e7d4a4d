"""What is written for one patient: once per change, with its predecessor, and taken back when it no longer holds."""

from __future__ import annotations

import itertools
import json
from datetime import date

import pytest

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.usecases import work
from fhirsvc.usecases.known import known
from fhirsvc.usecases.read import Answer, NotUnderstood, Progress
from tests.unit.usecases.clinic import (
    TENANT,
    Clinic,
    indicated,
    leg_raise,
    pain,
    patient,
    reflex,
    tags,
    withdrawn,
)


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def answered(progress: Progress) -> Answer:
    (told,) = progress.patients
    assert told.answer is not None
    return told.answer


def test_a_patient_is_answered_with_an_impression_its_provenance_and_a_flag(clinic: Clinic) -> None:
    answer = answered(clinic.answer(*indicated()))
    assert (answer.outcome, answer.rule, answer.on) == ("indicated", "I2", date(2026, 5, 1))
    assert [(each.complaint, each.side, each.outcome) for each in answer.findings] == [("plantar", "left", "indicated")]
    (impression,) = clinic.impressions()
    (flag,) = clinic.flags()
    assert (answer.impression, answer.flag) == (impression["id"], flag["id"])
    assert impression["subject"] == {"reference": "Patient/p1"}
    assert impression["meta"]["versionId"] == "1"
    assert impression["meta"]["lastUpdated"] == impression["date"] == "2026-05-01T12:00:00.123Z"
    assert flag["status"] == "active"


@pytest.mark.parametrize("what", ["the same again", "one more normal finding", "something else"])
def test_an_equal_decision_writes_nothing_whatever_was_posted(clinic: Clinic, what: str) -> None:
    first = answered(clinic.answer(*indicated()))
    before = clinic.impressions() + clinic.flags()
    clinic.later(hours=1)
    more = {
        "the same again": list(indicated()),
        "one more normal finding": [{**reflex("normal", "another"), "effectiveDateTime": "2026-04-20"}],
        "something else": [{**reflex("1.80", "height"), "code": {"text": "Body height"}}],
    }[what]
    again = clinic.answer(*more)
    assert clinic.impressions() + clinic.flags() == before
    assert again.state == "completed"
    assert [told.answer.impression for told in again.patients if told.answer] in ([], [first.impression])


def test_a_changed_answer_supersedes_the_last_one_and_moves_the_one_flag(clinic: Clinic) -> None:
    first = answered(clinic.answer(*indicated()))
    clinic.later(days=1)
    second = answered(clinic.answer(leg_raise("negative", "slr-p1")))
    assert first.outcome != second.outcome
    old, new = clinic.impressions()
    assert (old["id"], new["id"]) == (first.impression, second.impression)
    assert new["previous"] == {"reference": f"ClinicalImpression/{old['id']}"}
    assert (old["status"], "superseded" in tags(old), "superseded" in tags(new)) == ("completed", True, False)
    assert old["meta"]["versionId"] == "2"
    assert clinic.current() == [new]
    (flag,) = clinic.flags()
    assert (flag["status"], flag["meta"]["versionId"], second.flag) == ("inactive", "2", "")


def test_a_to_b_to_a_writes_a_third_impression(clinic: Clinic) -> None:
    results = ["positive", "negative", "positive"]
    answers = []
    for result in results:
        clinic.later(hours=1)
        answers.append(answered(clinic.answer(patient(), pain(), reflex("absent"), leg_raise(result))))
    assert answers[0].outcome == answers[2].outcome != answers[1].outcome
    assert len({answer.impression for answer in answers}) == 3
    impressions = clinic.impressions()
    assert [each.get("previous", {}).get("reference") for each in impressions] == [
        None,
        f"ClinicalImpression/{impressions[0]['id']}",
        f"ClinicalImpression/{impressions[1]['id']}",
    ]
    assert [each["id"] for each in clinic.current()] == [answers[2].impression]


def test_the_first_version_of_what_was_written_never_changes(clinic: Clinic) -> None:
    first = answered(clinic.answer(*indicated()))
    (written,) = clinic.versions("ClinicalImpression", first.impression)
    clinic.later(days=1)
    clinic.answer(withdrawn(leg_raise(id_="slr-p1")))
    assert clinic.versions("ClinicalImpression", first.impression)[0] == written


def test_who_is_out_of_scope_is_told_so_and_nothing_is_written(clinic: Clinic) -> None:
    answer = answered(clinic.answer(patient(), reflex()))
    assert (answer.outcome, answer.rule, answer.findings) == ("not-applicable", "R0", ())
    assert (answer.impression, answer.flag) == ("", "")
    assert clinic.impressions() == clinic.flags() == []


def test_a_complaint_that_is_gone_withdraws_what_stands_and_says_why(clinic: Clinic) -> None:
    first = answered(clinic.answer(*indicated()))
    clinic.later(days=1)
    gone = answered(clinic.answer(pain("pain-p1", verified="refuted")))
    assert (gone.outcome, gone.rule, gone.impression, gone.flag) == ("not-applicable", "R0", "", "")
    (impression,) = clinic.impressions()
    assert (impression["id"], impression["status"]) == (first.impression, "completed")
    assert "withdrawn" in tags(impression)
    assert impression["note"][-1]["time"] == "2026-05-02T12:00:00.123Z"
    assert [flag["status"] for flag in clinic.flags()] == ["inactive"]
    assert clinic.current() == []


def test_a_withdrawal_is_written_once(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    clinic.answer(pain("pain-p1", verified="refuted"))
    before = clinic.impressions() + clinic.flags()
    clinic.later(days=1)
    clinic.answer(reflex("normal", "reflex-p1"), patient(deceasedBoolean=True))
    assert clinic.impressions() + clinic.flags() == before


def test_what_comes_after_a_withdrawal_continues_the_chain(clinic: Clinic) -> None:
    first = answered(clinic.answer(*indicated()))
    clinic.answer(pain("pain-p1", verified="refuted"))
    clinic.later(days=1)
    again = answered(clinic.answer(pain("pain-p1")))
    old, new = clinic.impressions()
    assert (old["id"], new["id"]) == (first.impression, again.impression)
    assert (tags(old) >= {"withdrawn"}, "superseded" in tags(old)) == (True, False)
    assert old["meta"]["versionId"] == "2"
    assert new["previous"] == {"reference": f"ClinicalImpression/{first.impression}"}
    (flag,) = clinic.flags()
    assert (flag["status"], flag["meta"]["versionId"]) == ("active", "3")


def test_two_patients_of_one_bundle_have_each_their_own(clinic: Clinic) -> None:
    progress = clinic.answer(*indicated("p1"), *indicated("p2"))
    answers = [told.answer for told in progress.patients if told.answer]
    assert [told.patient for told in progress.patients] == ["p1", "p2"]
    assert len({answer.impression for answer in answers}) == len({answer.flag for answer in answers}) == 2
    assert {each["subject"]["reference"] for each in clinic.impressions()} == {"Patient/p1", "Patient/p2"}


def test_a_proposal_is_written_by_setting_only_and_revoked_with_its_impression() -> None:
    for propose, status in ((False, []), (True, ["draft", "revoked"])):
        clinic = Clinic(propose=propose)
        answer = answered(clinic.answer(*indicated()))
        clinic.later(days=1)
        clinic.answer(pain("pain-p1", verified="refuted"))
        with clinic.store.reading() as transaction:
            patient_known = known(transaction, TENANT, "p1", clinic.worker().judge.protocol.name)
        assert patient_known is not None
        versions = clinic.versions("ServiceRequest", patient_known.proposal.id) if patient_known.proposal else []
        assert [json.loads(each.body)["status"] for each in versions] == status
        assert answer.outcome == "indicated"


def test_the_order_of_arrival_does_not_matter() -> None:
    said = set()
    for order in itertools.permutations(list(indicated())[1:]):
        clinic = Clinic()
        for resource in order:
            clinic.post(resource)
            work.wake(clinic.worker(), [])
        (current,) = clinic.current()
        with clinic.store.reading() as transaction:
            last = transaction.patients.last(TENANT, "p1", clinic.worker().judge.protocol.name)
        assert last is not None
        said.add((last.key, current["summary"]))
    assert len(said) == 1


def test_windows_are_counted_from_the_newest_receipt_that_tells_something(clinic: Clinic) -> None:
    assert answered(clinic.answer(*indicated())).on == date(2026, 5, 1)
    clinic.later(days=40)
    assert answered(clinic.answer({**reflex("1.80", "height"), "code": {"text": "Body height"}})).on == date(2026, 5, 1)
    assert answered(clinic.answer(patient(telecom=[{"value": "555"}]))).on == date(2026, 5, 1)
    assert answered(clinic.answer({**reflex("absent", "new"), "effectiveDateTime": "2026-06-01"})).on == date(
        2026, 6, 10
    )


def test_a_finding_is_as_old_as_its_first_receipt_when_it_has_no_date(clinic: Clinic) -> None:
    undated = {key: value for key, value in reflex().items() if key != "effectiveDateTime"}
    clinic.answer(patient(), pain(), undated)
    clinic.later(days=30)
    progress = clinic.answer({**undated, "note": [{"text": "seen again"}]})
    with clinic.store.reading() as transaction:
        found = transaction.submissions.get(TENANT, progress.id)
        assert found is not None
        assert found[1][0].assessment is not None
        trace = json.loads(transaction.patients.judged(TENANT, found[1][0].assessment).trace)
    received = [
        weighed["fact"]["received"]
        for finding in trace["assessment"]["findings"]
        for reading in finding["readings"]
        for weighed in reading["weighed"]
        if weighed["fact"]["source"]["reference"] == "Observation/reflex/_history/2"
    ]
    assert received
    assert {each[:10] for each in received} == {"2026-05-01"}


def test_the_trace_names_what_judged(clinic: Clinic) -> None:
    progress = clinic.answer(*indicated())
    with clinic.store.reading() as transaction:
        found = transaction.submissions.get(TENANT, progress.id)
        assert found is not None
        assert found[1][0].assessment is not None
        trace = json.loads(transaction.patients.judged(TENANT, found[1][0].assessment).trace)
    known = clinic.worker().judge
    assert trace["assessment"]["protocol"] == known.protocol.canonical
    assert trace["assessment"]["protocol_digest"] == known.protocol.digest
    assert trace["terminology"] == {"version": known.lexicon.version, "digest": known.lexicon.digest}
    assert trace["reading"] == {"version": known.reading.version, "digest": known.reading.digest}


def test_provenance_names_the_first_version_of_its_impression(clinic: Clinic) -> None:
    answer = answered(clinic.answer(*indicated()))
    assert isinstance(clinic.store, MemoryStore)
    kept = clinic.store._shelves.versions.values()
    bodies = [json.loads(versions[-1].body) for versions in kept if versions[-1].type == "Provenance"]
    assert [each["target"] for each in bodies] == [
        [{"reference": f"ClinicalImpression/{answer.impression}/_history/1"}]
    ]


def test_only_the_first_answer_is_said_to_be_the_first(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    (flag,) = clinic.flags()
    assert "This is the first answer for this patient." in flag["text"]["div"]
    clinic.later(days=1)
    clinic.answer(reflex("normal", "reflex-p1"))
    clinic.later(days=1)
    clinic.answer(reflex("absent", "reflex-p1"))
    assert isinstance(clinic.store, MemoryStore)
    kept = clinic.store._shelves.versions.values()
    why = {versions[-1].body for versions in kept if versions[-1].type == "Provenance"}
    assert sorted(json.loads(each)["reason"][0]["text"] for each in why) == [
        "This is the first answer for this patient.",
        "What is recorded, or how it is read, changed.",
        "What is recorded, or how it is read, changed.",
    ]


def test_who_sends_again_what_stands_is_told_the_answer_that_stands_and_nothing_is_written() -> None:
    clinic = Clinic()
    first = clinic.answer(*indicated())
    clinic.later(days=30)
    again = clinic.answer(*indicated())
    (told,), (before,) = again.patients, first.patients
    assert (told.answer, before.answer) != (None, None)
    assert told.answer is not None
    assert before.answer is not None
    assert told.answer.on == before.answer.on
    assert (told.answer.impression, told.answer.rule) == (before.answer.impression, before.answer.rule)
    (impression,) = clinic.impressions()
    assert impression["meta"]["versionId"] == "1"


def test_what_was_not_understood_is_named_by_its_version_and_why_once_per_reason() -> None:
    clinic = Clinic()
    odd = {**reflex("seventeen", "odd"), "code": {"text": "Something else"}}
    clinic.answer(*indicated(), odd)
    (told,) = clinic.answer({**reflex("banana", "reflex-p1")}).patients
    assert told.answer is not None
    assert told.answer.not_understood == (
        NotUnderstood("Observation/odd/_history/1", "unmapped"),
        NotUnderstood("Observation/reflex-p1/_history/2", "unread"),
    )
