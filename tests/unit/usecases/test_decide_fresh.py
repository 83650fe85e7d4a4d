"""After every step what stands is what a store says that received the same at the same times and decides only now."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.unit.usecases.clinic import TENANT, Clinic, leg_raise, pain, patient, reflex, withdrawn

Resource = dict[str, Any]


def on(day: date, resource: Resource) -> Resource:
    """The same, recorded on another day."""
    elements = {"Condition": "recordedDate", "Observation": "effectiveDateTime"}
    element = elements.get(resource["resourceType"])
    return {**resource, element: day.isoformat()} if element else resource


TINGLING = {**leg_raise("present", "tingling"), "code": {"text": "Radiating leg symptoms"}}
SADDLE = {**reflex("lost", "saddle"), "code": {"text": "Saddle sensation"}}

STEPS: tuple[Resource, ...] = (
    pain(),
    pain("right", side="right"),
    pain(verified="refuted"),
    {key: value for key, value in pain(verified="entered-in-error").items() if key != "clinicalStatus"},
    reflex("absent"),
    reflex("normal"),
    reflex("normal", "other", side="right"),
    withdrawn(reflex("absent")),
    leg_raise(),
    leg_raise("negative"),
    withdrawn(leg_raise()),
    TINGLING,
    withdrawn(TINGLING),
    SADDLE,
    withdrawn(SADDLE),
    patient(birthDate="2009-03-01"),
    patient(),
)


@dataclass
class Story:
    """What came when, told to a store that decides at once and to ones that decide at the end."""

    told: list[tuple[datetime, Resource]] = field(default_factory=list)
    clinic: Clinic = field(default_factory=Clinic)

    def tell(self, resource: Resource) -> None:
        self.told.append((self.clinic.time, resource))
        self.clinic.answer(resource)

    def fresh(self) -> Clinic:
        """A store that received the same at the same times, and decides now."""
        clinic = Clinic()
        for at, resource in self.told:
            clinic.time = at
            clinic.post(resource)
        clinic.time = self.clinic.time
        clinic.work()
        return clinic


def standing(clinic: Clinic) -> tuple[object, ...]:
    """What the chart says now, without the chain it stands in and without when it was written."""
    left_out = {"id", "meta", "identifier", "date", "previous"}
    impressions = [{key: each[key] for key in each if key not in left_out} for each in clinic.current()]
    flags = [(each["code"], each["category"]) for each in clinic.flags() if each["status"] == "active"]
    return impressions, flags


def key(clinic: Clinic) -> str:
    with clinic.store.reading() as transaction:
        last = transaction.patients.last(TENANT, "p1", clinic.worker().judge.protocol.name)
    return last.key if last and last.impression else ""


def is_whole(clinic: Clinic) -> bool:
    """One impression stands at most, after the newest before it that was no error; and there is one Flag at most."""
    *earlier, last = clinic.impressions() or [{}]
    sound = [f"ClinicalImpression/{each['id']}" for each in earlier if each["status"] == "completed"]
    follows = last.get("previous", {}).get("reference", "") == (sound[-1] if sound else "")
    standing = clinic.current()
    is_last = standing in ([], [last])
    return is_last and (follows or last.get("status") != "completed") and len(clinic.flags()) <= 1


@pytest.mark.parametrize("seed", range(12))
def test_after_every_step_the_chart_says_what_a_fresh_store_says(seed: int) -> None:
    chance = random.Random(seed)
    story = Story()
    story.tell(patient())
    for _ in range(14):
        story.clinic.time += timedelta(days=chance.choice([0, 0, 1, 5, 30, 85, 200]), minutes=1)
        story.clinic.sweep()
        story.clinic.later(minutes=1)
        if chance.random() < 0.8:
            day = story.clinic.time.date() - timedelta(days=chance.choice([0, 3, 80]))
            story.tell(on(day, chance.choice(STEPS)))
        fresh = story.fresh()
        assert key(story.clinic) == key(fresh)
        if key(fresh):
            assert standing(story.clinic)[1] == standing(fresh)[1]
        else:
            assert standing(story.clinic) == ([], [])
        assert is_whole(story.clinic)
