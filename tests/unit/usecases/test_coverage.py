"""Coverage counts what the record holds that can be read, what it lacks, and in which mode was decided."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.usecases.coverage import Coverage, coverage
from fhirsvc.usecases.ports import Store
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, judge, leg_raise, pain, patient, reflex, withdrawn


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    database = open_store(tmp_path / "store.sqlite")
    yield database
    database.close()


@pytest.fixture
def clinic(store: Store) -> Clinic:
    return Clinic(store)


def counted(clinic: Clinic, **options: Any) -> tuple[Coverage, ...]:
    return coverage(clinic.store, judge().protocol, shadow=clinic.shadow, **options)


def only(clinic: Clinic) -> Coverage:
    [found] = counted(clinic)
    return found


def report(*, of: str, conclusion: str = "", content_type: str = "") -> dict[str, Any]:
    data = base64.b64encode(b"%PDF-1.4").decode()
    return {
        "resourceType": "DiagnosticReport",
        "id": f"mri-{of}",
        "status": "final",
        "code": {"text": "MRI lumbar spine"},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": "2026-04-21",
        **({"conclusion": conclusion} if conclusion else {}),
        **({"presentedForm": [{"contentType": content_type, "data": data}]} if content_type else {}),
    }


def palpation(of: str) -> dict[str, Any]:
    return {**reflex("no", f"palpation-{of}", of=of), "code": {"text": "plantar fascia tenderness"}}


def radiating(of: str) -> dict[str, Any]:
    return {**reflex("present", f"leg-{of}", of=of), "code": {"text": "radiating leg pain"}}


def test_nobody_decided_for_is_nobody_counted(clinic: Clinic) -> None:
    assert counted(clinic) == ()


def test_only_patients_with_a_heel_complaint_are_asked_what_their_record_holds(clinic: Clinic) -> None:
    clinic.answer(*indicated("heel"))
    clinic.answer(patient("other"), reflex("absent", "other-reflex", of="other"))
    found = only(clinic)
    assert (found.sender, found.decided, found.heel) == (TENANT, 2, 1)
    assert found.readable["reflex"] == 1
    assert found.outcomes == {"indicated": 1, "not-applicable": 1}


def test_each_topic_is_counted_by_what_says_it(clinic: Clinic) -> None:
    clinic.answer(patient("p1"), pain("pain-p1", of="p1"))
    assert only(clinic).readable == {"reflex": 0, "side": 1, "leg-symptoms": 0, "palpation": 0, "imaging": 0}
    clinic.answer(reflex("absent", "reflex-p1", of="p1"))
    clinic.answer(palpation("p1"), radiating("p1"))
    clinic.answer(report(of="p1", conclusion="L5/S1: disc extrusion contacting the left S1 nerve root."))
    assert set(only(clinic).readable.values()) == {1}


def test_a_side_that_is_not_recorded_is_not_readable(clinic: Clinic) -> None:
    nowhere = {**pain("pain-p1", of="p1"), "bodySite": []}
    del nowhere["bodySite"]
    clinic.answer(patient("p1"), nowhere)
    found = only(clinic)
    assert found.readable["side"] == 0
    assert found.missing["side"] == 1


def test_a_reflex_without_a_result_or_entered_in_error_is_not_readable(clinic: Clinic) -> None:
    clinic.answer(patient("p1"), pain("pain-p1", of="p1"), reflex("not tested", "reflex-p1", of="p1"))
    clinic.answer(patient("p2"), pain("pain-p2", of="p2"), withdrawn(reflex("absent", "reflex-p2", of="p2")))
    assert only(clinic).readable["reflex"] == 0


def test_an_old_reflex_is_readable_and_missing_all_the_same(clinic: Clinic) -> None:
    old = {**reflex("absent", "reflex-p1", of="p1"), "effectiveDateTime": "2019-01-01"}
    clinic.answer(patient("p1"), pain("pain-p1", of="p1"), old)
    found = only(clinic)
    assert found.readable["reflex"] == 1
    assert found.missing["reflex-both"] == 1


def test_the_most_frequent_missing_item_is_the_one_of_most_patients(clinic: Clinic) -> None:
    clinic.answer(patient("p1"), pain("pain-p1", of="p1"), leg_raise("negative", "slr-p1", of="p1"))
    clinic.answer(*indicated("p2"))
    found = only(clinic)
    assert found.missing[found.most_missing] == max(found.missing.values()) == 2
    assert found.missing["reflex-both"] == 1


def test_only_the_newest_answer_of_a_patient_counts(clinic: Clinic) -> None:
    clinic.answer(patient("p1"), pain("pain-p1", of="p1"))
    clinic.answer(*indicated("p1"))
    found = only(clinic)
    assert (found.decided, found.outcomes) == (1, {"indicated": 1})


def test_unread_texts_are_counted_by_kind(clinic: Clinic) -> None:
    clinic.answer(*indicated("p1"), report(of="p1", content_type="application/pdf"))
    clinic.answer(*indicated("p2"), report(of="p2", content_type="application/pdf"), reflex("banana", "odd", of="p2"))
    assert only(clinic).unread == {"application/pdf": 2, "value": 1}


def test_shadow_is_told_as_it_is_now_and_as_it_was(clinic: Clinic) -> None:
    clinic.shadow = frozenset({TENANT})
    clinic.answer(*indicated("p1"))
    assert (only(clinic).shadow, only(clinic).in_shadow) == (True, 1)
    clinic.shadow = frozenset()
    assert (only(clinic).shadow, only(clinic).in_shadow) == (False, 1)
    clinic.answer(pain("pain-p1", verified="refuted"))
    assert only(clinic).in_shadow == 0


def test_senders_are_counted_apart_and_one_can_be_asked_for(clinic: Clinic) -> None:
    clinic.answer(*indicated("p1"))
    with clinic.store.writing() as transaction:
        judged = next(each for _, each in transaction.patients.latest())
        transaction.patients.touch("another", ["p1"])
        transaction.patients.judge("another", judged)
    assert [each.sender for each in counted(clinic)] == ["another", TENANT]
    assert [each.sender for each in counted(clinic, sender="another")] == ["another"]
    assert counted(clinic, sender="nobody") == ()


def test_progress_is_told_on_the_way(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhirsvc.usecases.coverage._REPORT_EVERY", 2)
    for number in range(5):
        clinic.answer(patient(f"p{number}"), pain(f"pain-{number}", of=f"p{number}"))
    told: list[int] = []
    counted(clinic, progress=told.append)
    assert told == [2, 4]
