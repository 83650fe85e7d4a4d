"""Every window of the protocol by the clock alone: on the day it ends the answer is another, once, on no other day."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.assess import assess
from fhirsvc.domain.due import days_of_change, said, timely
from fhirsvc.domain.evidence import Evidence, Fact
from fhirsvc.domain.measure import measured
from fhirsvc.domain.protocol import Protocol
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.load import HEEL_PAIN, load_protocol
from fhirsvc.knowledge.terminology import mappings_root
from fhirsvc.usecases.ports import Store
from tests.unit.usecases.clinic import NOON, Clinic, leg_raise, pain, patient, reflex

PROTOCOL = load_protocol()
CASES = load_cases(mappings_root() / "protocols" / HEEL_PAIN / PROTOCOL.version)
ON = date(2027, 1, 1)
DAY = timedelta(days=1)


# Each item of the table has a clock for findings and one for problems; each of them one or two edges.


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """The last day on which an item counts in full, or at all, when it was recorded as a finding or as a problem."""

    item: str
    problem: bool
    name: str

    def __str__(self) -> str:
        return f"{self.item}-{'problem' if self.problem else 'finding'}-{self.name}"

    @property
    def clock(self) -> str:
        item = PROTOCOL.item(self.item)
        return item.problem_clock if self.problem else item.clock

    @property
    def days(self) -> int:
        found = getattr(PROTOCOL.clocks[self.clock], self.name)
        assert isinstance(found, int)
        return found


def _edges() -> Iterator[Edge]:
    for item in PROTOCOL.items:
        for problem in (False, True):
            clock = PROTOCOL.clocks[item.problem_clock if problem else item.clock]
            yield Edge(item.name, problem, "full")
            if clock.weak not in (None, clock.full):
                yield Edge(item.name, problem, "weak")


EDGES = sorted(_edges())

EQUIVALENT = {
    Edge("FAILTX", problem=False, name="weak"),
    Edge("FAILTX", problem=True, name="weak"),
    Edge("LBP", problem=False, name="weak"),
    Edge("NOTEND", problem=False, name="weak"),
    Edge("NOTEND", problem=True, name="weak"),
}
"""A weak sign of tier C is dropped, so that it is the same whether it is weak or not used any more."""


def lengthened(edge: Edge, by: int = 1) -> Protocol:
    """The protocol with one window of one item ending later."""
    clock = PROTOCOL.clocks[edge.clock]
    names = ("full", "weak") if clock.weak == clock.full else (edge.name,)
    longer: dict[str, Any] = dict.fromkeys(names, edge.days + by)
    moved = replace(clock, name="moved", **longer)
    follows: dict[str, Any] = {"problem_clock" if edge.problem else "clock": "moved"}
    items = tuple(replace(each, **follows) if each.name == edge.item else each for each in PROTOCOL.items)
    return replace(PROTOCOL, clocks={**PROTOCOL.clocks, "moved": moved}, items=items)


@cache
def evidence(case: Case, *, problems: bool = False) -> Evidence:
    """A case as it was on a day; or the same with everything recorded on the problem list."""
    found = evidence_of(case, ON)
    facts = tuple(replace(each, problem=True) for each in found.facts)
    return replace(found, facts=facts) if problems else found


def answer(protocol: Protocol, told: Evidence, on: date) -> str:
    return said(assess(protocol, told, on))


def ends(edge: Edge, told: Evidence) -> Iterator[date]:
    """The days after the last one of this window, one for each Fact that it holds for."""
    concepts = PROTOCOL.item(edge.item).concepts
    facts: tuple[Fact, ...] = measured(PROTOCOL, told.facts)
    dates = {each.moment.earliest for each in facts if each.concept in concepts and each.problem is edge.problem}
    yield from (each + timedelta(days=edge.days + 1) for each in sorted(dates))


def changed_by(edge: Edge) -> tuple[Evidence, date] | None:
    """A patient whose answer is another from that day on, because of this window and of no other of that day."""
    longer = lengthened(edge)
    for problems in (False, True) if edge.problem else (False,):
        for case in CASES:
            told = evidence(case, problems=problems)
            for day in ends(edge, told):
                after = answer(PROTOCOL, told, day)
                if after != answer(PROTOCOL, told, day - DAY) and after != answer(longer, told, day):
                    return told, day
    return None


@pytest.mark.parametrize("edge", [each for each in EDGES if each not in EQUIVALENT], ids=str)
def test_every_window_ends_on_its_day_and_on_no_other(edge: Edge) -> None:
    found = changed_by(edge)
    assert found is not None, f"no case tells when {edge} ends"
    told, day = found
    before = timely(PROTOCOL, told, day - DAY, day - DAY)
    on_the_day = timely(PROTOCOL, told, day - DAY, day)
    after = timely(PROTOCOL, told, day - DAY, day + DAY)
    assert before.due == day
    assert said(before.assessment) != said(on_the_day.assessment)
    assert on_the_day.assessment.on == day
    assert on_the_day.due is None or on_the_day.due > day
    if on_the_day.due != day + DAY:
        assert after == on_the_day


@pytest.mark.parametrize("edge", sorted(EQUIVALENT), ids=str)
def test_what_is_dropped_when_weak_is_not_missed_later(edge: Edge) -> None:
    assert changed_by(edge) is None
    shorter = lengthened(edge, PROTOCOL.clocks[edge.clock].full - edge.days)
    for case in CASES:
        told = evidence(case)
        for day in ends(edge, told):
            assert answer(shorter, told, day - DAY) == answer(PROTOCOL, told, day - DAY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_on_no_other_day_does_time_alone_change_an_answer(case: Case) -> None:
    told = evidence(case)
    days = [ON, *(day for day in days_of_change(PROTOCOL, told) if day > ON)]
    for first, then in zip(days, [*days[1:], days[-1] + timedelta(days=4000)], strict=True):
        same = {answer(PROTOCOL, told, day) for day in (first, first + (then - first) // 2, then - DAY)}
        assert len(same) == 1


# Every named number of days or years is a window that the clock alone ends, or it is none.


def observed(code: str, value: str, on: str = "2026-04-21", side: str = "left", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{code}-{side}",
        "status": "final",
        "code": {"coding": [{"system": "https://fhirsvc.example/fhir/CodeSystem/concept", "code": code}]},
        "bodySite": {"text": side},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": on,
        "valueString": value,
        **more,
    }


def listed(text: str, on: str = "2026-04-21", side: str = "left", **more: Any) -> dict[str, Any]:
    return {**pain(text.replace(" ", "-"), side=side), "code": {"text": text}, "recordedDate": on, **more}


STUDY = {
    "resourceType": "DiagnosticReport",
    "id": "mri",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "24968-0"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-04-21",
    "conclusion": "Compression of the left S1 root.",
}

LATE_PAIN = listed("Plantar fasciitis", "2026-04-30")
SOURCE = date(2026, 4, 21)

WINDOWS: dict[str, tuple[dict[str, Any], ...]] = {
    "examination-full": (LATE_PAIN, reflex("absent"), reflex("normal", "other", side="right"), leg_raise()),
    "examination-weak": (LATE_PAIN, leg_raise()),
    "symptom-full": (LATE_PAIN, observed("radiating-leg-symptoms", "present"), listed("Low back pain", "2026-04-30")),
    "symptom-weak": (LATE_PAIN, observed("radiating-leg-symptoms", "absent")),
    "imaging-full": (
        listed("Plantar fasciitis", "2027-04-18"),
        {**reflex("absent"), "effectiveDateTime": "2027-04-18"},
        {**reflex("normal", "other", side="right"), "effectiveDateTime": "2027-04-18"},
        STUDY,
    ),
    "imaging-weak": (listed("Plantar fasciitis", "2029-04-18"), listed("Sciatica", "2029-04-18"), STUDY),
    "problem-full": (LATE_PAIN, listed("Sciatica"), listed("Low back pain", side="both")),
    "complaint-active": (listed("Plantar fasciitis"),),
    "rupture": (listed("Achilles tendinitis", "2026-04-30"), listed("Achilles tendon rupture")),
    "adult-age": (LATE_PAIN,),
}
"""By threshold what is recorded, on 21 April 2026 where the window begins."""

BORN = {"adult-age": SOURCE.replace(year=SOURCE.year + 1 - PROTOCOL.days("adult-age"))}

RECEIVED = {
    "imaging-full": datetime(2027, 4, 19, 12, tzinfo=UTC),
    "imaging-weak": datetime(2029, 4, 18, 12, tzinfo=UTC),
}

NO_WINDOWS = {
    "treatment-failure": "between the start of a treatment and a statement",
    "chronic-back-pain": "between an onset and a statement",
    "older-age": "on the date of the finding",
    "fluoroquinolone": "a note only",
    "urgent-emergency": "follows the evaluation date, and no re-evaluation waits for it (RULES 3.4)",
    "urgent-review": "at receipt",
    "sexual-dysfunction": "at receipt",
    "falling-window": "between two results",
    "power-receipt": "at receipt",
    "unchanged-power": "between two results",
    "recent-back-pain": "at receipt",
    "bloodstream-infection": "at receipt",
    "major-trauma": "at receipt",
    "minor-trauma": "at receipt",
    "minor-trauma-age": "on the date of the event",
    "inflammatory-onset-age": "on the date of the onset",
    "inflammatory-duration": "between an onset and a statement",
}
"""By threshold why the clock alone never crosses it: when it is measured instead."""


def test_every_number_of_days_or_years_is_told_to_be_a_window_or_none() -> None:
    timed = {name for name, each in PROTOCOL.thresholds.items() if each.unit in ("days", "years")}
    assert timed == {*WINDOWS, *NO_WINDOWS}
    assert not set(WINDOWS) & set(NO_WINDOWS)


@pytest.mark.parametrize("name", NO_WINDOWS)
def test_what_is_not_measured_from_today_is_waited_for_by_nobody(name: str) -> None:
    threshold = PROTOCOL.thresholds[name]
    longer = replace(threshold, value=threshold.value + 1)
    other = replace(PROTOCOL, thresholds={**PROTOCOL.thresholds, name: longer})
    for case in CASES:
        assert days_of_change(other, evidence(case)) == days_of_change(PROTOCOL, evidence(case))


@dataclass
class Chart:
    """What stands for the one patient of a clinic, and how much was ever written."""

    clinic: Clinic

    def standing(self) -> tuple[object, ...]:
        """The answer and the Flag, without the days they are told with."""
        rules = [
            (each["extension"][-1]["valueCode"], each["itemCodeableConcept"]["coding"][0]["code"])
            for impression in self.clinic.current()
            for each in impression["finding"]
        ]
        missing = [note["text"] for each in self.clinic.current() for note in each["note"]]
        flags = [(each["status"], each["code"]["text"]) for each in self.clinic.flags() if each["status"] == "active"]
        return rules, missing, flags

    def written(self) -> tuple[int, int, int]:
        """Impressions, impressions taken back, and versions of the Flag."""
        impressions = self.clinic.impressions()
        taken_back = sum(any(tag["code"] == "withdrawn" for tag in each["meta"].get("tag", ())) for each in impressions)
        flag = [int(each["meta"]["versionId"]) for each in self.clinic.flags()]
        return len(impressions), taken_back, sum(flag)

    def move(self, day: date) -> None:
        """Move the clock to a day, and let every process sweep twice."""
        self.clinic.time = datetime.combine(day, time(0, 0, 1), UTC)
        self.clinic.sweep()
        self.clinic.sweep()


def admitted(name: str, store: Store) -> Chart:
    """The patient of a window as received."""
    clinic = Clinic(store=store, time=RECEIVED.get(name, NOON))
    born = {"birthDate": BORN[name].isoformat()} if name in BORN else {}
    clinic.answer(patient(**born), *WINDOWS[name])
    return Chart(clinic)


def edge_of(name: str) -> date:
    """The first day on which the window does not hold any more; the birthday for an age."""
    if name in BORN:
        return SOURCE.replace(year=SOURCE.year + 1)
    return SOURCE + timedelta(days=PROTOCOL.days(name) + 1)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    database = open_store(tmp_path / "store.sqlite")
    yield database
    database.close()


@pytest.mark.parametrize("name", WINDOWS)
def test_moving_the_clock_over_the_edge_of_a_window_changes_the_answer_once(name: str, store: Store) -> None:
    chart = admitted(name, store)
    edge = edge_of(name)
    chart.move(edge - DAY)
    before, written = chart.standing(), chart.written()
    chart.move(edge)
    on_the_day, now = chart.standing(), chart.written()
    assert before != on_the_day
    assert (now[0] - written[0]) + (now[1] - written[1]) == 1
    assert now[2] - written[2] in (0, 1)
    chart.move(edge + DAY)
    assert (chart.standing(), chart.written()) == (on_the_day, now)


@pytest.mark.parametrize("name", WINDOWS)
def test_who_was_asleep_on_that_day_says_the_same_afterwards(name: str) -> None:
    awake, asleep = admitted(name, MemoryStore()), admitted(name, MemoryStore())
    edge = edge_of(name)
    for day in (edge - DAY, edge, edge + 20 * DAY):
        awake.move(day)
    asleep.move(edge + 20 * DAY)
    assert asleep.standing() == awake.standing()
    dates = [[each["effectiveDateTime"] for each in chart.clinic.current()] for chart in (awake, asleep)]
    assert dates[0] == dates[1]


@pytest.mark.parametrize(
    "told",
    [
        (observed("saddle-sensation", "lost", "2026-04-25"),),
        (observed("plantar-flexion-power", "3/5", "2026-04-25"),),
        (LATE_PAIN, observed("saddle-sensation", "lost", "2026-04-25"), reflex("absent"), leg_raise()),
    ],
    ids=["feature", "power", "beside a limb"],
)
def test_no_passing_of_time_ends_an_urgent_answer(told: tuple[dict[str, Any], ...]) -> None:
    chart = Chart(Clinic())
    chart.clinic.answer(patient(), *told)
    for days in range(0, 2000, 13):
        chart.move(NOON.date() + timedelta(days=days))
        (flag,) = chart.clinic.flags()
        assert (flag["status"], flag["code"]["coding"][0]["code"]) == ("active", "urgent")
        assert "end" not in flag["period"]
        assert chart.standing()[0]
    limbs = [item for item in told if item["resourceType"] == "Condition"]
    assert (chart.written()[0] == 1) == (not limbs)


def test_a_window_that_nobody_tells_apart_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    concepts = PROTOCOL.item("EMG").concepts
    kept = [case for case in CASES if not any(each.concept in concepts for each in case.told)]
    monkeypatch.setattr(sys.modules[__name__], "CASES", kept)
    assert changed_by(Edge("EMG", problem=False, name="full")) is None
