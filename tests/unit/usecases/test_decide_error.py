"""An impression that rested on what was entered in error was in error itself; what is only gone is withdrawn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.usecases import read
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, leg_raise, pain, patient, reflex, tags, withdrawn


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def in_error(condition: dict[str, Any]) -> dict[str, Any]:
    """The same Condition, entered in error; it has no clinical status any more (con-5)."""
    kept = {key: value for key, value in condition.items() if key != "clinicalStatus"}
    return {**kept, "verificationStatus": pain(verified="entered-in-error")["verificationStatus"]}


def step(clinic: Clinic, *resources: dict[str, Any]) -> None:
    clinic.later(hours=1)
    clinic.answer(*resources)


def states(clinic: Clinic) -> list[tuple[str, bool, bool]]:
    """Of each impression its status, and whether it is tagged superseded and withdrawn."""
    return [(each["status"], "superseded" in tags(each), "withdrawn" in tags(each)) for each in clinic.impressions()]


def provenances(clinic: Clinic) -> list[dict[str, Any]]:
    with clinic.store.reading() as transaction:
        heads = [kept[-1] for kept in transaction.resources._versions.values()]  # type: ignore[attr-defined]
    return [json.loads(each.body) for each in heads if each.type == "Provenance"]


def test_a_sign_entered_in_error_takes_the_impression_that_rested_on_it_along(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    old, new = clinic.impressions()
    assert states(clinic) == [("entered-in-error", False, False), ("completed", False, False)]
    assert "It rested on what was entered in error: Observation/slr-p1/_history/2." in old["note"][-1]["text"]
    assert old["note"][-1]["text"] in old["text"]["div"]
    assert "previous" not in new
    assert clinic.current() == [new]
    assert_valid_r4(old)


def test_its_flag_was_an_error_too_when_nothing_flags_any_more(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    (flag,) = clinic.flags()
    assert flag["status"] == "entered-in-error"
    assert "Observation/slr-p1" in flag["text"]["div"]
    assert_valid_r4(flag)
    step(clinic, leg_raise(id_="again-p1"))
    (flag,) = clinic.flags()
    assert (flag["status"], flag["meta"]["versionId"]) == ("active", "3")


def test_a_flag_that_stands_on_other_grounds_stands_and_tells_why_it_changed(clinic: Clinic) -> None:
    tingling = {**leg_raise("present", "tingling"), "code": {"text": "Radiating leg symptoms"}}
    clinic.answer(*indicated(), tingling)
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    (flag,) = clinic.flags()
    assert (flag["status"], flag["meta"]["versionId"]) == ("active", "2")
    assert "It rested on what was entered in error: Observation/slr-p1" in flag["text"]["div"]
    assert states(clinic) == [("entered-in-error", False, False), ("completed", False, False)]


def test_the_retraction_has_a_provenance_that_names_the_source_and_why(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    old = clinic.impressions()[0]
    target = f"ClinicalImpression/{old['id']}/_history/2"
    (told,) = [each for each in provenances(clinic) if {"reference": target} in each["target"]]
    assert told["activity"]["coding"][0]["code"] == "NULLIFY"
    assert [each["what"]["reference"] for each in told["entity"]] == ["Observation/slr-p1/_history/2"]
    assert "entered in error" in told["reason"][0]["text"]
    assert_valid_r4(told)


def test_a_complaint_entered_in_error_leaves_nothing_that_stands(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, in_error(pain("pain-p1")))
    assert states(clinic) == [("entered-in-error", False, False)]
    assert clinic.current() == []
    assert [each["status"] for each in clinic.flags()] == ["entered-in-error"]
    (told,) = [each for each in provenances(clinic) if each["activity"]["coding"][0]["code"] == "NULLIFY"]
    assert [each["reference"].split("/")[0] for each in told["target"]] == ["ClinicalImpression", "Flag"]


def test_what_was_superseded_by_an_error_does_not_stand_again(clinic: Clinic) -> None:
    """The first impression did not rest on the wrong complaint; the second did, and superseded it."""
    clinic.answer(patient(), pain("first"))
    step(clinic, {**pain("first"), "recordedDate": "2024-01-01"}, pain("second"), reflex("absent"))
    step(clinic, in_error(pain("second")))
    assert states(clinic) == [("completed", True, True), ("entered-in-error", False, False)]
    assert clinic.current() == []


def test_what_comes_next_follows_the_last_impression_that_was_no_error(clinic: Clinic) -> None:
    clinic.answer(patient(), pain())
    step(clinic, reflex("absent"), reflex("normal", "other", side="right"), leg_raise())
    step(clinic, withdrawn(leg_raise()))
    first, wrong, third = clinic.impressions()
    assert [each["status"] for each in (first, wrong, third)] == ["completed", "entered-in-error", "completed"]
    assert third["previous"] == {"reference": f"ClinicalImpression/{first['id']}"}
    assert clinic.current() == [third]
    step(clinic, leg_raise(id_="again"))
    assert clinic.impressions()[-1]["previous"] == {"reference": f"ClinicalImpression/{third['id']}"}


def test_every_impression_that_rested_on_it_in_a_row_was_an_error(clinic: Clinic) -> None:
    clinic.answer(patient(), pain(), leg_raise())
    step(clinic, reflex("absent"), reflex("normal", "other", side="right"))
    step(clinic, withdrawn(leg_raise()))
    assert [each[0] for each in states(clinic)] == ["entered-in-error", "entered-in-error", "completed"]
    (told,) = [each for each in provenances(clinic) if each["activity"]["coding"][0]["code"] == "NULLIFY"]
    assert len(told["target"]) == 2


@pytest.mark.parametrize("gone", ["refuted", "resolved", "deceased"])
def test_what_is_only_gone_is_withdrawn_and_was_no_error(clinic: Clinic, gone: str) -> None:
    clinic.answer(*indicated())
    resolved = {**pain("pain-p1"), "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    resolved["clinicalStatus"]["coding"][0]["system"] = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    step(
        clinic,
        {
            "refuted": pain("pain-p1", verified="refuted"),
            "resolved": resolved,
            "deceased": patient(deceasedBoolean=True),
        }[gone],
    )
    assert states(clinic) == [("completed", False, True)]
    (flag,) = clinic.flags()
    assert flag["status"] == "inactive"
    (told,) = [each for each in provenances(clinic) if each["activity"]["coding"][0]["code"] == "UPDATE"]
    assert told["reason"][0]["text"] in flag["text"]["div"]
    assert_valid_r4(told)


def test_an_error_that_changes_no_answer_writes_nothing(clinic: Clinic) -> None:
    clinic.answer(*indicated(), leg_raise(id_="second"))
    before = clinic.impressions() + clinic.flags()
    step(clinic, withdrawn(leg_raise(id_="second")))
    assert clinic.impressions() + clinic.flags() == before


def test_a_retraction_is_written_once(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    before = clinic.impressions() + clinic.flags() + provenances(clinic)
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    step(clinic, reflex("normal", "older", side="right") | {"effectiveDateTime": "2026-03-01"})
    assert clinic.impressions() + clinic.flags() + provenances(clinic) == before


def test_the_same_sign_without_the_error_is_a_third_impression(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    step(clinic, leg_raise(id_="slr-p1"))
    assert [each[0] for each in states(clinic)] == ["entered-in-error", "completed", "completed"]
    assert len({each["id"] for each in clinic.impressions()}) == 3


def test_an_urgent_answer_ends_when_its_feature_was_entered_in_error(clinic: Clinic) -> None:
    lost = {**reflex("lost", "saddle"), "code": {"text": "Saddle sensation"}, "effectiveDateTime": "2026-04-30"}
    clinic.answer(patient(), pain(), lost)
    assert clinic.flags()[0]["code"]["coding"][0]["code"] == "urgent"
    step(clinic, withdrawn(lost))
    assert [each["status"] for each in clinic.flags()] == ["entered-in-error"]
    assert [each[0] for each in states(clinic)] == ["entered-in-error", "completed"]


def test_its_proposal_was_an_error_too() -> None:
    clinic = Clinic(propose=True)
    clinic.answer(*indicated())
    step(clinic, withdrawn(leg_raise(id_="slr-p1")))
    with clinic.store.reading() as transaction:
        kept = [each[-1] for each in transaction.resources._versions.values()]  # type: ignore[attr-defined]
    (proposal,) = [json.loads(each.body) for each in kept if each.type == "ServiceRequest"]
    assert proposal["status"] == "entered-in-error"


def test_the_flag_tells_in_each_version_why_it_is_another(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    step(clinic, leg_raise("negative", "slr-p1"))
    step(clinic, leg_raise("positive", "slr-p1"))
    (flag,) = clinic.flags()
    told = [json.loads(each.body)["text"]["div"] for each in clinic.versions("Flag", flag["id"])]
    for div, begins in zip(
        told, ("Raised 2026-05-01T12", "Inactive since 2026-05-01T13", "Raised 2026-05-01T14"), strict=True
    ):
        assert begins in div
    assert read.version(TENANT, "Flag", flag["id"], 4, store=clinic.store) is None


def test_what_is_deleted_is_gone_and_was_no_error(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    clinic.later(days=3)
    entry = {"request": {"method": "DELETE", "url": "Condition/pain-p1"}}
    clinic.receipt({"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    clinic.work()
    assert states(clinic) == [("completed", False, True)]
    assert [each["status"] for each in clinic.flags()] == ["inactive"]
