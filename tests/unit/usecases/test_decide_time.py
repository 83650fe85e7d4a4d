"""What passing time alone does to a chart: once, on its day, by whoever sweeps first, and never to an urgent answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.assess import assess
from fhirsvc.domain.due import said
from fhirsvc.fhir.extract import extract
from fhirsvc.fhir.flag import lower
from fhirsvc.usecases import work
from fhirsvc.usecases.decide import records_of
from fhirsvc.usecases.ports import MOST_CLAIMS, Store
from tests.unit.usecases.clinic import NOON, TENANT, Clinic, indicated, leg_raise, pain, patient, reflex, tags

EXAMINED = date(2026, 4, 21)
"""When everything of clinic.indicated was recorded."""

FADES = EXAMINED + timedelta(days=91)
"""The day from which the signs of clinic.indicated count less."""

GONE = EXAMINED + timedelta(days=366)
"""The day from which its complaint is answered no more."""


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
    return Clinic(store=store)


def at(clinic: Clinic, day: date) -> None:
    """Move the clock to the first second of a day and sweep."""
    clinic.time = datetime.combine(day, time(0, 0, 1), UTC)
    clinic.sweep()


def rules(clinic: Clinic) -> list[str]:
    found = [each for impression in clinic.current() for each in impression["finding"]]
    return [each["extension"][-1]["valueCode"] for each in found]


def written(clinic: Clinic) -> list[tuple[str, str]]:
    """Every impression and Flag with its newest version."""
    return [(each["id"], each["meta"]["versionId"]) for each in (*clinic.impressions(), *clinic.flags())]


def is_as_of_today(clinic: Clinic) -> bool:
    """Is what stands what the protocol says of the evidence today?"""
    judge = clinic.worker().judge
    with clinic.store.reading() as transaction:
        versions = transaction.resources.evidence(TENANT, ["p1"])
    extraction = extract(records_of(versions), judge.lexicon, judge.reading)
    answer = assess(judge.protocol, extraction.evidence, clinic.time.date())
    return rules(clinic) == [each.rule for each in answer.findings]


def test_a_sign_that_grows_old_changes_the_answer_on_its_day(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    at(clinic, FADES - timedelta(days=1))
    assert rules(clinic) == ["I2"]
    at(clinic, FADES)
    assert rules(clinic) == ["C3"]
    old, new = clinic.impressions()
    assert new["previous"] == {"reference": f"ClinicalImpression/{old['id']}"}
    assert (new["effectiveDateTime"], new["date"][:10]) == ("2026-07-21", "2026-07-21")
    assert tags(old) >= {"superseded"}
    (flag,) = clinic.flags()
    assert flag["status"] == "inactive"
    assert f"Only time passed: since {FADES}" in flag["text"]["div"]


def test_a_complaint_that_was_long_not_mentioned_withdraws_what_stands(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    at(clinic, FADES)
    at(clinic, GONE)
    assert clinic.current() == []
    last = clinic.impressions()[-1]
    assert tags(last) >= {"withdrawn"}
    assert f"Only time passed: since {GONE}" in last["note"][-1]["text"]


def test_after_every_day_what_stands_is_what_today_says(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    for days in range(0, 400, 7):
        at(clinic, NOON.date() + timedelta(days=days))
        assert is_as_of_today(clinic)
    assert len(clinic.impressions()) == 2


def test_after_a_long_downtime_the_last_answer_alone_is_written(clinic: Clinic) -> None:
    on_time = Clinic()
    for each in (clinic, on_time):
        each.answer(*indicated())
    for day in (FADES, GONE - timedelta(days=1)):
        at(on_time, day)
    at(clinic, GONE - timedelta(days=1))
    assert [each["effectiveDateTime"] for each in clinic.current()] == ["2026-07-21"]
    strip = ("meta", "date")
    assert [{key: each[key] for key in each if key not in strip} for each in clinic.current()] == [
        {key: each[key] for key in each if key not in strip} for each in on_time.current()
    ]
    at(clinic, GONE)
    assert clinic.current() == []


def test_who_slept_through_every_change_is_told_the_end_of_it(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    at(clinic, GONE + timedelta(days=100))
    (impression,) = clinic.impressions()
    assert tags(impression) >= {"withdrawn"}
    assert [each["status"] for each in clinic.flags()] == ["inactive"]


def test_evidence_judged_late_is_judged_as_of_today(clinic: Clinic) -> None:
    clinic.post(*indicated())
    clinic.time = datetime.combine(FADES + timedelta(days=3), time(12), UTC)
    clinic.work()
    assert rules(clinic) == ["C3"]
    assert [each["effectiveDateTime"] for each in clinic.impressions()] == ["2026-07-21"]


def test_other_work_before_the_sweep_does_not_bring_back_an_old_answer(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    at(clinic, FADES)
    clinic.later(days=30)
    before = written(clinic)
    clinic.answer({**reflex("1.80", "height"), "code": {"text": "Body height"}})
    with clinic.store.writing() as transaction:
        transaction.jobs.schedule(TENANT, ["p1"])
    clinic.work()
    assert (rules(clinic), written(clinic)) == (["C3"], before)


def test_the_flag_ends_where_time_alone_changes_the_answer(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    (flag,) = clinic.flags()
    assert flag["period"]["end"] == "2026-07-21T00:00:00.000Z"


def test_an_urgent_flag_has_no_end_and_waits_for_nothing(clinic: Clinic) -> None:
    lost = {
        **reflex("lost", "saddle"),
        "code": {"text": "Saddle sensation"},
        "effectiveDateTime": "2026-04-30",
    }
    clinic.answer(patient(), lost)
    (flag,) = clinic.flags()
    assert (flag["code"]["coding"][0]["code"], "end" in flag["period"]) == ("urgent", False)
    before = written(clinic)
    for days in (14, 15, 16, 90, 91, 365, 366, 2000):
        at(clinic, NOON.date() + timedelta(days=days))
        assert written(clinic) == before
    assert clinic.hints == [[1]]


def test_what_gave_an_equal_answer_more_time_writes_nothing_until_the_flag_would_end(clinic: Clinic) -> None:
    """The normal reflex of the other side is in no decision_key, but the pair is as old as the older of the two."""
    clinic.answer(*_with_old_partner())
    ends = datetime.fromisoformat(clinic.flags()[0]["period"]["end"]).date()
    assert ends == date(2026, 4, 1) + timedelta(days=91)
    before = written(clinic)
    newer = {**reflex("normal", "newer", side="right"), "effectiveDateTime": "2026-04-21"}
    clinic.answer(newer)
    at(clinic, ends - timedelta(days=1))
    assert written(clinic) == before
    at(clinic, ends)
    assert len(clinic.impressions()) == 1
    (flag,) = clinic.flags()
    assert (flag["status"], flag["meta"]["versionId"]) == ("active", "2")
    assert flag["period"]["end"][:10] == FADES.isoformat()
    after = written(clinic)
    at(clinic, ends + timedelta(days=1))
    assert written(clinic) == after
    at(clinic, FADES)
    assert rules(clinic) == ["C3"]


def _with_old_partner() -> list[dict[str, Any]]:
    old = {**reflex("normal", "other", side="right"), "effectiveDateTime": "2026-04-01"}
    return [patient(), pain(), reflex("absent"), old, leg_raise()]


def test_nobody_is_judged_on_a_day_that_changes_nothing(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    for days in range(1, 81):
        at(clinic, NOON.date() + timedelta(days=days))
    assert clinic.hints == [[1]]


def test_of_two_processes_that_sweep_at_once_one_makes_the_job(tmp_path: Path) -> None:
    stores = [open_store(tmp_path / "store.sqlite") for _ in range(2)]
    clinics = [Clinic(store=each) for each in stores]
    clinics[0].answer(*indicated())
    clinics[0].hints.clear()
    for each in clinics:
        each.time = datetime.combine(FADES, time(0, 0, 1), UTC)
    threads = [threading.Thread(target=work.sweep, args=(each.store, each, each)) for each in clinics]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(each.hints) for each in clinics) == 1
    done = [threading.Thread(target=each.sweep) for each in clinics]
    for thread in done:
        thread.start()
    for thread in done:
        thread.join()
    assert len(clinics[0].impressions()) == 2
    with clinics[1].store.reading() as transaction:
        last = transaction.patients.last(TENANT, "p1", clinics[1].worker().judge.protocol.name)
    assert last is not None
    assert last.ordinal == 2
    for store in stores:
        store.close()


def test_a_day_whose_evaluation_breaks_off_is_tried_again_on_the_next(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    clinic.time = datetime.combine(FADES, time(0, 0, 1), UTC)
    work.sweep(clinic.store, clinic, clinic)
    for _ in range(MOST_CLAIMS):
        with clinic.store.writing() as transaction:
            for job in transaction.jobs.claim(64):
                transaction.jobs.postpone(job, 0.0)
    work.sweep(clinic.store, clinic, clinic)
    clinic.sweep()
    assert rules(clinic) == ["I2"]
    at(clinic, FADES + timedelta(days=1))
    assert rules(clinic) == ["C3"]
    assert clinic.impressions()[-1]["effectiveDateTime"] == FADES.isoformat()


def test_a_flag_that_changed_while_it_was_judged_is_not_written_over(clinic: Clinic) -> None:
    clinic.answer(*indicated())
    clinic.time = datetime.combine(FADES, time(0, 0, 1), UTC)
    work.sweep(clinic.store, clinic, clinic)
    flag = clinic.versions("Flag", clinic.flags()[0]["id"])[0]
    lowered = lower(flag.body, at=clinic.time, why="Overridden by a clinician.")
    assert lowered is not None
    changed = replace(flag, version=2, body=lowered.body)

    def meanwhile(place: str) -> None:
        if place == "work.before-transaction":
            with clinic.store.writing() as transaction:
                transaction.resources.add(TENANT, [changed])

    assert work.run_ready(clinic.worker(meanwhile)) == 1
    assert (rules(clinic), len(clinic.versions("Flag", flag.id))) == (["I2"], 2)
    assert work.run_ready(clinic.worker()) == 1
    assert (rules(clinic), len(clinic.versions("Flag", flag.id))) == (["C3"], 2)


def test_in_shadow_time_is_followed_and_nothing_is_written(clinic: Clinic) -> None:
    clinic.shadow = frozenset({TENANT})
    clinic.answer(*indicated())
    for day in (FADES, GONE):
        at(clinic, day)
        clinic.sweep()
    assert clinic.impressions() == clinic.flags() == []
    assert len(clinic.hints) == 3


def test_going_live_before_an_end_writes_the_answer_of_today(clinic: Clinic) -> None:
    clinic.shadow = frozenset({TENANT})
    clinic.answer(*indicated())
    at(clinic, FADES)
    clinic.shadow = frozenset()
    work.leave_shadow(clinic.worker())
    clinic.work()
    assert rules(clinic) == ["C3"]


def test_two_patients_that_become_one_person_wait_for_one_day(clinic: Clinic) -> None:
    clinic.answer(*indicated("p1"), patient("p2"), pain("pain-p2", of="p2", side="right"))
    clinic.answer(patient("p2", link=[{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]))
    hints = len(clinic.hints)
    at(clinic, FADES)
    assert len(clinic.hints) == hints + 1
    assert {each["subject"]["reference"] for each in clinic.current()} == {"Patient/p1"}
    clinic.sweep()
    assert len(clinic.hints) == hints + 1


def test_said_leaves_out_only_which_urgent_row_leads() -> None:
    clinic = Clinic()
    judge = clinic.worker().judge
    lost = {**reflex("lost", "saddle"), "code": {"text": "Saddle sensation"}, "effectiveDateTime": "2026-04-30"}
    clinic.answer(patient(), lost)
    with clinic.store.reading() as transaction:
        versions = transaction.resources.evidence(TENANT, ["p1"])
    evidence = extract(records_of(versions), judge.lexicon, judge.reading).evidence
    first, later = (assess(judge.protocol, evidence, day) for day in (NOON.date(), date(2026, 6, 1)))
    assert [first.findings[0].rule, later.findings[0].rule] == ["U1", "U1b"]
    assert said(first) == said(later)
