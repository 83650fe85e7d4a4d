"""Both stores keep what clinicians said, find it by patient in order of time, and count it by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases.ports import Decision, Judged, Response, Store

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WHO = Clinician(reference="Practitioner/7", system="urn:s", value="7", name="Dr. Seven")
OVERRIDE = Word(kind=Kind.OVERRIDE, who=WHO, why=Why(code="already-acted-on", text="Seen today"), comment="By phone.")
AGREE = Word(kind=Kind.AGREE, who=Clinician(name="Dr. Eight"))


def response(id_: str, word: Word = OVERRIDE, *, patient: str = "p1", rule: str = "I2", hours: int = 0) -> Response:
    return Response(
        id=id_, patient=patient, impression="i1", key="k", rule=rule, word=word, at=NOON + timedelta(hours=hours)
    )


def keep(store: Store, *responses: Response, tenant: str = "t") -> None:
    with store.writing() as transaction:
        for each in responses:
            transaction.responses.add(tenant, each)


@pytest.mark.parametrize("word", [OVERRIDE, AGREE, replace(AGREE, why=Why(text="It fits"))])
def test_a_response_is_read_as_it_was_kept(store: Store, word: Word) -> None:
    kept = response("a", word)
    keep(store, kept)
    with store.reading() as transaction:
        assert transaction.responses.get("t", "a") == kept
        assert transaction.responses.get("other", "a") is None
        assert transaction.responses.get("t", "b") is None


def test_the_same_id_is_kept_once_and_the_first_stays(store: Store) -> None:
    keep(store, response("a"))
    with pytest.raises(ValueError, match="once"):
        keep(store, response("a", AGREE))
    keep(store, response("a", AGREE), tenant="other")
    with store.reading() as transaction:
        assert transaction.responses.get("t", "a") == response("a")


def test_the_responses_to_some_patients_come_in_order_of_time(store: Store) -> None:
    later, first, others = response("a", hours=2), response("z", patient="p2"), response("b", patient="p3")
    keep(store, later, first, others)
    keep(store, response("c"), tenant="other")
    with store.reading() as transaction:
        assert transaction.responses.of("t", ["p1", "p2"]) == [first, later]
        assert transaction.responses.of("t", []) == []


def test_responses_are_counted_by_tenant_rule_and_kind(store: Store) -> None:
    keep(store, response("a"), response("b"), response("c", AGREE), response("d", AGREE, rule="U1"))
    keep(store, response("a", AGREE), tenant="other")
    with store.reading() as transaction:
        assert transaction.responses.tallies() == {
            "t": {"I2": {Kind.OVERRIDE: 2, Kind.AGREE: 1}, "U1": {Kind.AGREE: 1}},
            "other": {"I2": {Kind.AGREE: 1}},
        }


def judged(key: str, ordinal: int, outcome: str = "consider", patient: str = "p1") -> Judged:
    return Judged(
        patient=patient,
        protocol="heel",
        ordinal=ordinal,
        watermark=1,
        on=date(2026, 5, 1),
        key=key,
        outcome=outcome,
        rule="C1",
        made=NOON,
        trace=b"{}",
    )


def test_a_chain_is_told_with_the_assessment_that_made_each_decision(store: Store) -> None:
    first, taken_back = (
        Decision(ordinal=1, key="one", impression="i1", decided=NOON),
        Decision(ordinal=2, key="two", impression="", decided=NOON),
    )
    with store.writing() as transaction:
        transaction.patients.touch("t", ["p1", "p2"])
        transaction.patients.judge("t", judged("one", 0))  # in shadow, before anything was written
        transaction.patients.decide("t", "p1", "heel", first)
        transaction.patients.judge("t", judged("one", 1))
        transaction.patients.judge("t", judged("one", 1, "again"))
        transaction.patients.judge("t", judged("other", 1, "in shadow"))
        transaction.patients.judge("t", judged("one", 1, "another patient", "p2"))
        transaction.patients.decide("t", "p1", "heel", taken_back)
    with store.reading() as transaction:
        assert transaction.patients.told("t", "p1", "heel") == [(first, judged("one", 1)), (taken_back, None)]
        assert transaction.patients.told("t", "p1", "ankle") == []
        assert transaction.patients.told("other", "p1", "heel") == []
        assert transaction.patients.newest("t", "p1") == judged("other", 1, "in shadow")
        assert transaction.patients.newest("t", "p3") is None
