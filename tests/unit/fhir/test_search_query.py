"""From a query to criteria: what is understood is understood as FHIR says, and everything else is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import IssueCode, Refused
from fhirsvc.fhir.search import Bound, Criteria, Place, Token, criteria, indexed, token


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", utc(2026, 1, 1), utc(2026, 12, 31, 23, 59, 59, 999999)),
        ("2024-02", utc(2024, 2, 1), utc(2024, 2, 29, 23, 59, 59, 999999)),
        ("9999-12", utc(9999, 12, 1), utc(9999, 12, 31, 23, 59, 59, 999999)),
        ("2026-05-02", utc(2026, 5, 2), utc(2026, 5, 2, 23, 59, 59, 999999)),
        ("2026-05-02T10:30Z", utc(2026, 5, 2, 10, 30), utc(2026, 5, 2, 10, 30, 59, 999999)),
        ("2026-05-02T10:30:05", utc(2026, 5, 2, 10, 30, 5), utc(2026, 5, 2, 10, 30, 5, 999999)),
        ("2026-05-02T10:30:05.12Z", utc(2026, 5, 2, 10, 30, 5, 120000), utc(2026, 5, 2, 10, 30, 5, 129999)),
        ("2026-05-02T00:30:00+02:00", utc(2026, 5, 1, 22, 30), utc(2026, 5, 1, 22, 30, 0, 999999)),
        ("2026-05-02T00:30:00 02:00", utc(2026, 5, 1, 22, 30), utc(2026, 5, 1, 22, 30, 0, 999999)),
    ],
)
def test_a_date_means_every_instant_it_leaves_open(text: str, first: datetime, last: datetime) -> None:
    assert criteria("Flag", [("date", f"ge{text}")]).dates == (frozenset({Bound("ge", first, last)}),)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("code", "x", IssueCode.NOT_SUPPORTED),
        ("patient.name", "x", IssueCode.NOT_SUPPORTED),
        ("status:not", "active", IssueCode.NOT_SUPPORTED),
        ("status", "", IssueCode.VALUE),
        ("patient", "Group/1", IssueCode.VALUE),
        ("patient", "https://elsewhere.example/fhir/Patient/1", IssueCode.VALUE),
        ("date", "yesterday", IssueCode.VALUE),
        ("date", "ap2026", IssueCode.VALUE),
        ("date", "2026-00", IssueCode.VALUE),
        ("date", "2026-13", IssueCode.VALUE),
        ("date", "2026-02-30", IssueCode.VALUE),
        ("date", "0000", IssueCode.VALUE),
        ("date", "2026-05-02T25:00Z", IssueCode.VALUE),
        ("date", "0001-01-01T00:00:00+14:00", IssueCode.VALUE),
        ("date", "٢٠٢٦", IssueCode.VALUE),
        ("_count", "-1", IssueCode.VALUE),
        ("_count", "many", IssueCode.VALUE),
        ("_page", "2", IssueCode.VALUE),
        ("_page", "bm90IGpzb24", IssueCode.VALUE),
        ("_page", "é", IssueCode.VALUE),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_repeated(name: str, value: str, code: IssueCode) -> None:
    with pytest.raises(Refused) as refused:
        criteria("Flag", [("status", "active"), (name, value)])
    (issue,) = refused.value.issues
    assert issue.code is code
    assert len(value) < 3 or value not in issue.text + issue.expression


@given(st.sampled_from(["_id", "patient", "identifier", "status", "date", "_count", "_page"]), st.text(max_size=30))
def test_any_value_is_taken_or_refused(name: str, value: str) -> None:
    with suppress(Refused):
        assert isinstance(criteria("ClinicalImpression", [(name, value)]), Criteria)


def test_each_fault_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        criteria("Flag", [("date", "x"), ("_count", "x"), ("status", "active")])
    assert [issue.expression for issue in refused.value.issues] == ["date", "_count"]


def test_how_the_answer_is_written_is_not_searched_by() -> None:
    assert criteria("Flag", [("_format", "json"), ("_pretty", "true")]) == Criteria(type="Flag")


def test_a_patient_is_named_by_id_by_reference_or_by_an_address_of_this_server() -> None:
    named = ["p1", "Patient/p1", "https://here.example/fhir/Patient/p1"]
    asked = [criteria("Flag", [("patient", each)], base="https://here.example/fhir").patients for each in named]
    assert asked == [(frozenset({"p1"}),)] * 3


def test_a_comma_or_pipe_inside_a_value_is_written_with_a_backslash() -> None:
    asked = criteria("Flag", [("identifier", r"urn:a\|b|x\,y,z")])
    assert asked.identifiers == (frozenset({Token("urn:a|b", "x,y"), Token(None, "z")}),)


def test_a_page_is_never_larger_than_the_largest() -> None:
    assert criteria("Flag", [("_count", "100000")]).count == 100
    assert criteria("Flag", [("_count", "0")]).count == 0


def test_a_place_survives_its_token() -> None:
    place = Place(utc(2026, 5, 2, 10, 30, 5, 1), "hp-1")
    assert criteria("Flag", [("_page", token(place))]).after == place


def test_types_that_are_not_searched_are_not_indexed() -> None:
    assert indexed("Observation", b"not even JSON") == indexed("Patient", b"")
