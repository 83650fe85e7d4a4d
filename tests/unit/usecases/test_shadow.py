"""In shadow everything is decided and nothing written; who leaves it gets what the evidence says, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.fhir.task import task
from fhirsvc.usecases import work
from fhirsvc.usecases.ports import Store
from fhirsvc.usecases.read import Answer, Progress
from fhirsvc.web.receipts import receipt_of
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, leg_raise, pain, patient, reflex, withdrawn
from tests.unit.usecases.test_work import Orders

SHADOW = frozenset({TENANT})
LIVE: frozenset[str] = frozenset()


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
    return Clinic(store, shadow=SHADOW)


def start(clinic: Clinic, shadow: frozenset[str]) -> None:
    """A worker starts in a mode, works off what waits, and is stopped."""
    clinic.shadow = shadow
    work.run(clinic.worker(), Orders(1))


def only(progress: Progress) -> Answer:
    [told] = progress.patients
    assert told.answer is not None
    return told.answer


def written(clinic: Clinic) -> list[str]:
    kinds = ("ClinicalImpression", "Flag")
    return [each["id"] for kind in kinds for each in clinic._found(kind)]


def test_in_shadow_is_decided_and_nothing_is_written(clinic: Clinic) -> None:
    answer = only(clinic.answer(*indicated()))
    assert (answer.outcome, answer.shadow) == ("indicated", True)
    assert (answer.impression, answer.flag) == ("", "")
    assert written(clinic) == []
    with clinic.store.reading() as transaction:
        assert transaction.patients.last(TENANT, "p1", "heel-pain-origin") is None


def test_the_task_says_that_it_is_shadow_and_what_it_would_have_written(clinic: Clinic) -> None:
    said = task(receipt_of(clinic.answer(*indicated())))
    assert_valid_r4(said)
    assert said["businessStatus"] == {"text": "Shadow mode: decided, and nothing was written to the chart."}
    assert said["businessStatus"]["text"] in said["text"]["div"]
    assert outputs(said, "would-write") == ["ClinicalImpression", "Provenance", "Flag"]
    assert len(outputs(said, "outcome")) == len(outputs(said, "rule")) == 1
    assert outputs(said, "impression") + outputs(said, "flag") == []


def outputs(said: dict[str, Any], name: str) -> list[Any]:
    found = [each for each in said["output"] if each["type"]["text"] == name]
    return [next(value for key, value in each.items() if key.startswith("value")) for each in found]


def test_a_task_of_a_live_sender_says_nothing_of_shadow(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    said = task(receipt_of(clinic.answer(*indicated())))
    assert "businessStatus" not in said
    assert outputs(said, "would-write") == []


def test_who_leaves_shadow_gets_the_latest_answer_once_without_a_new_post(clinic: Clinic) -> None:
    clinic.answer(patient(), pain())
    clinic.answer(*indicated())
    start(clinic, LIVE)
    [impression] = clinic.impressions()
    assert impression["meta"]["versionId"] == "1"
    assert "previous" not in impression
    assert [each["status"] for each in clinic.flags()] == ["active"]
    start(clinic, LIVE)
    clinic.answer(*indicated())
    assert len(clinic.impressions()) == len(clinic.flags()) == 1


def test_everyone_in_shadow_is_decided_again_and_nobody_else(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    clinic.answer(*indicated("live"))
    clinic.shadow = SHADOW
    for name in ("p1", "p2"):
        clinic.answer(*indicated(name))
    with clinic.store.reading() as transaction:
        assert transaction.patients.in_shadow() == {TENANT: {"p1", "p2"}}
    start(clinic, LIVE)
    assert len(clinic.impressions()) == 3
    with clinic.store.reading() as transaction:
        assert transaction.patients.in_shadow() == {}


def test_a_start_in_shadow_decides_nobody_again(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    work.leave_shadow(clinic.worker())
    with clinic.store.writing() as transaction:
        assert transaction.jobs.claim(1) == []


def test_the_sender_that_stays_in_shadow_is_left_there_when_another_leaves(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    start(clinic, SHADOW | {"another"})
    assert written(clinic) == []


def test_what_stands_is_left_alone_in_shadow_and_said_to_change(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    before = only(clinic.answer(*indicated()))
    clinic.shadow = SHADOW
    taken_back = only(clinic.answer(pain("pain-p1", verified="refuted")))
    assert (taken_back.outcome, taken_back.would_write) == ("not-applicable", ("Provenance",))
    assert set(taken_back.would_change) == {f"ClinicalImpression/{before.impression}", f"Flag/{before.flag}"}
    [impression], [flag] = clinic.impressions(), clinic.flags()
    assert (impression["meta"]["versionId"], flag["status"]) == ("1", "active")
    start(clinic, LIVE)
    [impression], [flag] = clinic.impressions(), clinic.flags()
    assert (impression["meta"]["versionId"], flag["status"]) == ("2", "inactive")


def test_what_comes_and_goes_in_shadow_leaves_no_trace_in_the_chart(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    clinic.answer(*indicated())
    before = clinic.impressions(), clinic.flags()
    clinic.shadow = SHADOW
    clinic.answer(withdrawn(reflex("absent", "reflex-p1")))
    clinic.answer(reflex("absent", "reflex-p1"))
    start(clinic, LIVE)
    assert (clinic.impressions(), clinic.flags()) == before


def test_a_change_in_shadow_continues_the_chain_when_it_goes_live(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    clinic.answer(*indicated())
    clinic.shadow = SHADOW
    clinic.answer(leg_raise("negative", "slr-p1"))
    assert len(clinic.impressions()) == 1
    start(clinic, LIVE)
    first, second = clinic.impressions()
    assert second["previous"] == {"reference": f"ClinicalImpression/{first['id']}"}
    assert len(clinic.current()) == len(clinic.flags()) == 1


def test_two_patients_that_become_one_in_shadow_keep_what_stands_until_it_is_live(clinic: Clinic) -> None:
    clinic.shadow = LIVE
    for name in ("p1", "p2"):
        clinic.answer(*indicated(name))
    clinic.shadow = SHADOW
    clinic.answer(patient("p1", link=[{"other": {"reference": "Patient/p2"}, "type": "replaces"}]))
    assert [each["meta"]["versionId"] for each in clinic.impressions()] == ["1", "1"]
    assert [each["status"] for each in clinic.flags()] == ["active", "active"]
    start(clinic, LIVE)
    assert len(clinic.current()) == 1
    assert sorted(each["status"] for each in clinic.flags()) == ["active", "inactive"]
