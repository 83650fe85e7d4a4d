"""What was said of a patient is told as it happened: when, why it changed, and what clinicians said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases.history import Event, History, What, history
from fhirsvc.usecases.respond import respond
from tests.unit.usecases.clinic import (
    TENANT,
    Clinic,
    indicated,
    judge,
    leg_raise,
    pain,
    patient,
    reflex,
    withdrawn,
)

WHO = Clinician(name="Dr. Seven")
OVERRIDE = Word(kind=Kind.OVERRIDE, who=WHO, why=Why(code="not-wanted", text="Not wanted by the patient"))


@pytest.fixture
def clinic() -> Clinic:
    clinic = Clinic()
    clinic.answer(*indicated())
    clinic.later(days=1)
    return clinic


def told(clinic: Clinic, of: str = "p1") -> History:
    found = history(TENANT, of, store=clinic.store, protocol=judge().protocol)
    assert found is not None
    return found


def last(clinic: Clinic, of: str = "p1") -> Event:
    return told(clinic, of).events[-1]


def say(clinic: Clinic, word: Word) -> None:
    respond(TENANT, clinic.current()[0]["id"], word, store=clinic.store, clock=clinic, judge=clinic.worker().judge)


def test_the_first_answer_is_told_with_its_rule_its_signs_and_its_versions(clinic: Clinic) -> None:
    (event,) = told(clinic).events
    assert (event.what, event.why, event.before, event.state) == (What.SAID, "", "", "current")
    assert event.impression == clinic.current()[0]["id"]
    assert (str(event.on), event.protocol) == ("2026-05-01", judge().protocol.canonical)
    assert event.terminology == judge().lexicon.version
    (answer,) = event.answers
    assert (answer.complaint, answer.side, answer.outcome, answer.rule) == ("plantar", "left", "indicated", "I2")
    assert answer.reasons[0].startswith("Rule I2, moderate: ")
    assert [line.partition(":")[0] for line in answer.reasons[1:]] == ["Rests on", "Rests on"]


def test_a_change_is_told_with_what_went_and_what_is_recorded_now(clinic: Clinic) -> None:
    clinic.answer(leg_raise("negative", "slr-p1"))
    first, second = told(clinic).events
    assert (second.what, second.before, second.state) == (What.CHANGED, first.impression, "current")
    assert first.state == "superseded"
    (answer,) = second.answers
    assert answer.text == "Left plantar heel pain: consider (C1, weak), before: indicated (I2, moderate)"
    assert answer.reasons[1] == (
        "No longer counts: straight-leg raise positive, left, 2026-04-21, “positive”: "
        "now recorded: straight-leg raise negative: "
        "left, 2026-04-21, 11 days ago, Observation/slr-p1/_history/2, “negative”"
    )


def test_an_equal_decision_is_no_event_and_the_last_look_is_told(clinic: Clinic) -> None:
    clinic.answer({**reflex("normal", "another"), "effectiveDateTime": "2026-04-20"})
    found = told(clinic)
    assert len(found.events) == 1
    assert found.newest is not None
    assert (found.newest.made.date().isoformat(), found.newest.rule) == ("2026-05-02", "I2")


def test_what_rested_on_an_error_is_told_with_the_source(clinic: Clinic) -> None:
    clinic.answer(withdrawn(reflex("absent", "reflex-p1")))
    first, second = told(clinic).events
    assert first.state == "entered-in-error"
    assert "entered in error: Observation/reflex-p1/_history/2" in second.why


def test_passing_time_is_told_as_the_reason(clinic: Clinic) -> None:
    clinic.later(days=400)
    with clinic.store.writing() as transaction:
        transaction.jobs.sweep(clinic.time.date())
    clinic.work()
    found = told(clinic)
    assert len(found.events) > 1
    assert "Only time passed" in found.events[-1].why


def test_a_withdrawal_is_told_with_its_reason_and_a_new_answer_after_it_is_said_again(clinic: Clinic) -> None:
    clinic.answer(pain("pain-p1", verified="refuted"))
    event = last(clinic)
    assert (event.what, event.impression) == (What.WITHDRAWN, told(clinic).events[0].impression)
    assert event.state == told(clinic).events[0].state == "withdrawn"
    assert event.why.startswith("Withdrawn, nothing stands in its place: ")
    assert [each.change for each in event.answers] == ["gone"]
    clinic.later(days=1)
    clinic.answer(pain("pain-p1"))
    assert (last(clinic).what, last(clinic).before) == (What.SAID, "")


def test_the_words_of_clinicians_stand_between_the_decisions(clinic: Clinic) -> None:
    say(clinic, OVERRIDE)
    clinic.later(days=1)
    clinic.answer(leg_raise("negative", "slr-p1"))
    clinic.later(days=1)
    say(clinic, Word(kind=Kind.AGREE, who=WHO))
    events = told(clinic).events
    assert [each.what for each in events] == [What.SAID, What.OVERRIDDEN, What.CHANGED, What.AGREED]
    assert events[1].word == OVERRIDE
    assert events[1].impression == events[0].impression


@pytest.mark.parametrize("of", ["p1", "p2"])
def test_a_merge_is_told_and_the_history_of_both_with_it(clinic: Clinic, of: str) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
    clinic.answer(patient("p1", link=link), patient("p2"))
    found = told(clinic, of)
    assert (found.patient, found.survivor, found.patients) == (of, "p2", ("p1", "p2"))
    assert [(each.patient, each.what) for each in found.events] == [
        ("p1", What.SAID),
        ("p1", What.MERGED),
        ("p2", What.SAID),
    ]
    assert "one person with Patient/p2" in found.events[1].why


def test_of_a_patient_nothing_came_of_nothing_is_known(clinic: Clinic) -> None:
    assert history(TENANT, "nobody", store=clinic.store, protocol=judge().protocol) is None
    assert history("other", "p1", store=clinic.store, protocol=judge().protocol) is None


def test_a_patient_of_whom_nothing_was_written_has_a_last_look_and_no_event() -> None:
    clinic = Clinic()
    clinic.answer(patient(), reflex())
    found = told(clinic)
    assert found.events == ()
    assert found.newest is not None
    assert found.newest.outcome == "not-applicable"


def test_a_trace_of_another_shape_is_told_in_brief(clinic: Clinic) -> None:
    store = clinic.store
    assert isinstance(store, MemoryStore)
    kept = store._shelves.judged
    kept.update({id_: (tenant, replace(each, trace=b'{"assessment": 3}')) for id_, (tenant, each) in kept.items()})
    (event,) = told(clinic).events
    assert [each.text for each in event.answers] == ["indicated (I2)"]
    clinic.answer(leg_raise("negative", "slr-p1"))
    assert [each.change for each in last(clinic).answers] == ["new"]
