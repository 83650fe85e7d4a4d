"""Several results of one Achilles reflex: those that agree stand together; one that differs excludes another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment, Fate, Reading, Reason
from fhirsvc.domain.evidence import Evidence, Fact, Moment, Person, Presence, Side
from fhirsvc.domain.identity import decision_key
from tests.answers import ON, fact, protocol

HEEL = fact("achilles-pain", "Condition/heel", problem=True)
OTHER = fact("achilles-reflex", "Observation/other", side=Side.RIGHT, result="normal", presence=Presence.ABSENT)


def result(word: str, name: str, days: int = 10) -> Fact:
    presence = Presence.PRESENT if word in ("absent", "reduced") else Presence.ABSENT
    return fact("achilles-reflex", f"Observation/{name}", days=days, result=word, presence=presence)


def assessed(*facts: Fact, born: int = 1990) -> Assessment:
    person = Person(birth=Moment.day(date(born, 1, 1)))
    return assess(protocol(), Evidence(person=person, facts=(HEEL, *facts)), ON)


def read(*facts: Fact, born: int = 1990) -> Reading:
    (said,) = assessed(*facts, born=born).findings
    return next(each for each in said.readings if each.item == "REFLEX")


def fates(reading: Reading) -> dict[str, tuple[Fate, tuple[Reason, ...]]]:
    return {
        each.fact.source.reference.split("/")[1]: (each.fate, each.reasons)
        for each in reading.weighed
        if each.fact.side is Side.LEFT
    }


@pytest.mark.parametrize(("word", "fate"), [("absent", Fate.USED), ("normal", Fate.NEGATIVE)])
@pytest.mark.parametrize("days", [10, 20])
def test_results_that_agree_never_exclude_each_other(word: str, fate: Fate, days: int) -> None:
    told = fates(read(result(word, "a", days), result(word, "b"), OTHER))
    assert told == {"a": (Fate.NEGATIVE, ()), "b": (fate, ())}


def test_a_result_that_agrees_changes_no_decision() -> None:
    once = assessed(result("absent", "b"), OTHER)
    twice = assessed(result("absent", "a"), result("absent", "b"), OTHER)
    assert decision_key("", "", once) == decision_key("", "", twice)


def test_results_that_agree_are_excluded_together_for_one_reason() -> None:
    right = replace(OTHER, result="absent", presence=Presence.PRESENT)
    told = fates(read(result("absent", "a"), result("absent", "b"), right, born=1950))
    assert told == dict.fromkeys(("a", "b"), (Fate.EXCLUDED, (Reason.CONFOUNDER,)))


def test_another_degree_of_the_same_day_contradicts_and_an_earlier_one_is_replaced() -> None:
    told = fates(read(result("absent", "a"), result("reduced", "b"), result("absent", "c", 20), OTHER))
    assert told["a"] == (Fate.EXCLUDED, (Reason.CONTRADICTION,))
    assert told["b"] == (Fate.USED, ())
    assert told["c"] == (Fate.EXCLUDED, (Reason.REPLACED,))
