"""Of many assessments, both stores find the newest of each person, and who was last decided for in shadow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from fhirsvc.domain.joining import Joined
from fhirsvc.usecases.ports import Judged, Store

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def judged(patient: str, outcome: str, *, shadow: bool = False) -> Judged:
    return Judged(
        patient=patient,
        protocol="heel",
        ordinal=0,
        watermark=1,
        on=date(2026, 5, 1),
        key="k",
        outcome=outcome,
        rule="C1",
        made=NOON,
        trace=b"{}",
        shadow=shadow,
    )


@pytest.fixture
def kept(store: Store) -> Store:
    """Two tenants, each with an a and a b; a was judged twice, first in shadow, b once, in shadow."""
    with store.writing() as transaction:
        for tenant in ("t2", "t1"):
            transaction.patients.touch(tenant, ["a", "b"])
            transaction.patients.judge(tenant, judged("b", "consider", shadow=True))
            transaction.patients.judge(tenant, judged("a", "consider", shadow=True))
            transaction.patients.judge(tenant, judged("a", "indicated"))
    return store


def latest(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as transaction:
        return [(tenant, each.patient, each.outcome) for tenant, each in transaction.patients.latest()]


def test_the_newest_assessment_of_each_patient_is_found_tenant_by_tenant(kept: Store) -> None:
    assert latest(kept) == [
        ("t1", "a", "indicated"),
        ("t1", "b", "consider"),
        ("t2", "a", "indicated"),
        ("t2", "b", "consider"),
    ]


def test_who_was_last_judged_in_shadow_is_found(kept: Store) -> None:
    with kept.writing() as transaction:
        assert transaction.patients.in_shadow() == {"t1": {"b"}, "t2": {"b"}}
        transaction.patients.judge("t1", judged("b", "consider"))
        assert transaction.patients.in_shadow() == {"t2": {"b"}}


def test_an_assessment_says_whether_it_was_in_shadow(store: Store) -> None:
    first = judged("a", "consider", shadow=True)
    second = replace(first, shadow=False)
    with store.writing() as transaction:
        transaction.patients.touch("t", ["a"])
        ids = [transaction.patients.judge("t", each) for each in (first, second)]
        assert [transaction.patients.judged("t", each) for each in ids] == [first, second]


def test_who_was_joined_to_another_is_no_person_of_their_own_any_more(kept: Store) -> None:
    with kept.writing() as transaction:
        transaction.persons.join("t1", [Joined("a", ("a", "b"))])
        assert transaction.patients.in_shadow() == {"t2": {"b"}}
    assert [each[:2] for each in latest(kept)] == [("t1", "a"), ("t2", "a"), ("t2", "b")]
