"""In whatever order Bundles come: one patient's five, and those of three patients between each other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.due import Timely, timely
from fhirsvc.domain.evidence import Evidence
from fhirsvc.domain.protocol import Protocol
from fhirsvc.usecases import decide
from tests.spec.findings import FINDINGS
from tests.spec.practice import Chart, Practice, Stands
from tests.unit.usecases.clinic import NOON, patient

Resource = dict[str, Any]

ON = NOON.date() - timedelta(days=3)
NUMBER = {
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
    "system": "urn:clinic",
    "value": "77",
}


def told(of: str, *kinds: str) -> list[Resource]:
    return [FINDINGS[kind](of, ON) for kind in kinds]


def dated(resources: list[Resource], day: int) -> list[Resource]:
    """As their sender changed them on a day of April."""
    return [{**each, "meta": {"lastUpdated": f"2026-04-{day}T08:00:00Z"}} for each in resources]


def by_number(resources: list[Resource]) -> list[Resource]:
    return [{**each, "subject": {"identifier": {"system": "urn:clinic", "value": "77"}}} for each in resources]


def in_error(resources: list[Resource]) -> list[Resource]:
    return [{**each, "status": "entered-in-error"} for each in resources]


FIVE: tuple[list[Resource], ...] = (
    [patient("a", link=[{"other": {"reference": "Patient/b"}, "type": "replaced-by"}])],
    [patient("b", identifier=[NUMBER]), *told("b", "tender")],
    [*told("a", "pain"), *by_number(told("a", "reflex absent", "other reflex normal"))],
    dated([*told("a", "leg raise positive"), *in_error(told("a", "saddle"))], 29),
    dated(told("a", "leg raise negative", "saddle"), 28),
)
"""Of one person who is two Patients, one named by number only; the last is older than what it comes after or before."""


def test_the_five_bundles_of_a_patient_end_alike_in_all_120_orders() -> None:
    ends = list(_ends(Practice(), frozenset(range(5))))
    assert len(ends) == 120
    (end,) = set(ends)
    assert [each.findings for each in dict(end).values()] == [(("coexisting", "X1-I2"),)]
    assert [of for of, _stands in end] == ["b"]


def _ends(practice: Practice, left: frozenset[int]) -> Iterator[tuple[tuple[str, Stands], ...]]:
    """What stands at the end of each order in which the Bundles that are left can come, one after the other."""
    chart = Chart.of(practice, ("a", "b"))
    assert list(chart.faults()) == []
    if not left:
        yield tuple(chart.stands().items())
    for each in sorted(left):
        next_ = _copied(practice)
        next_.later(hours=1)
        next_.answer(*FIVE[each])
        yield from _ends(next_, left - {each})


def _copied(practice: Practice) -> Practice:
    store = MemoryStore()
    assert isinstance(practice.store, MemoryStore)
    store._shelves = practice.store._copied()
    return replace(practice, store=store)


THREE: dict[str, list[list[Resource]]] = {
    "x": [
        [patient("x"), *told("x", "pain", "saddle")],
        told("x", "reflex absent", "other reflex normal", "leg raise positive"),
        told("x", "saddle normal", "leg raise negative"),
    ],
    "y": [
        told("y", "leg raise positive", "reflex absent"),
        [*told("y", "pain"), patient("y")],
        [*told("y", "other reflex normal"), *in_error(told("y", "leg raise positive"))],
    ],
    "z": [
        [patient("z"), *told("z", "pain", "tender")],
        told("z", "pain refuted"),
        told("z", "pain", "tarsal tunnel"),
    ],
}
"""Of three patients, each with a correction in the last."""


@pytest.fixture
def _remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer the same question once: the clock stands still, and every story asks the same ones in another order."""
    known: dict[tuple[Evidence, date, date], Timely] = {}

    def remembered(protocol: Protocol, evidence: Evidence, since: date, today: date) -> Timely:
        if (evidence, since, today) not in known:
            known[evidence, since, today] = timely(protocol, evidence, since, today)
        return known[evidence, since, today]

    monkeypatch.setattr(decide, "timely", remembered)


@pytest.mark.usefixtures("_remembering")
def test_the_bundles_of_three_patients_end_alike_in_500_orders_between_each_other() -> None:
    """Of each patient in the order in which they were sent; a worker looks in now and then."""
    chance = random.Random(4)
    alone = {of: _alone(of) for of in THREE}
    assert {of: each.findings for of, each in alone.items()} == {
        "x": (("consider", "C1"),),
        "y": (("consider", "C1"),),
        "z": (("alternative", "ALT3"),),
    }
    for _ in range(500):
        practice = Practice()
        coming = {of: iter(bundles) for of, bundles in THREE.items()}
        for of in chance.sample([*THREE], k=9, counts=[3, 3, 3]):
            practice.post(*next(coming[of]))
            if chance.random() < 0.3:
                practice.work()
        practice.work()
        chart = Chart.of(practice, [*THREE])
        assert (chart.stands(), list(chart.faults())) == (alone, [])


def _alone(of: str) -> Stands:
    """What stands for a patient who alone sends, and is decided for each time."""
    practice = Practice()
    for bundle in THREE[of]:
        practice.answer(*bundle)
    return Chart.of(practice, [of]).stands()[of]
