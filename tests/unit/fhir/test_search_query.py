"""From a query to what is asked for: what is understood is understood as FHIR says, and everything else is refused."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import IssueCode, Refused
from fhirsvc.fhir.search import PARAMETERS, Asked, Clause, Criteria, Token, ask, criteria
from fhirsvc.fhir.search.control import Include, Summary
from fhirsvc.fhir.search.criteria import By, Order
from fhirsvc.fhir.search.link import Link, written
from fhirsvc.fhir.search.parameters import including_back, parameters
from fhirsvc.fhir.search.query import MOST_ALTERNATIVES

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def asked(query: str, type_: str = "ClinicalImpression", *, lenient: bool = False) -> Asked:
    return ask(
        type_, parse_qsl(query, keep_blank_values=True), now=NOW, base="https://here.example/fhir", lenient=lenient
    )


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("finding-code", "x", IssueCode.NOT_SUPPORTED),
        ("patient.name", "x", IssueCode.NOT_SUPPORTED),
        ("status:text", "active", IssueCode.NOT_SUPPORTED),
        ("status:missing", "true", IssueCode.NOT_SUPPORTED),
        ("date:not", "2026", IssueCode.NOT_SUPPORTED),
        ("_id:not", "x", IssueCode.NOT_SUPPORTED),
        ("detail:not", "ClinicalImpression/x", IssueCode.NOT_SUPPORTED),
        ("_include:iterate", "Flag:patient", IssueCode.NOT_SUPPORTED),
        ("identifier:of-type", "a|b|c", IssueCode.NOT_SUPPORTED),
        ("_text", "x", IssueCode.NOT_SUPPORTED),
        ("_has:Observation:patient:code", "x", IssueCode.NOT_SUPPORTED),
        ("status", "", IssueCode.VALUE),
        ("patient", "Group/1", IssueCode.VALUE),
        ("patient", "https://elsewhere.example/fhir/Patient/1", IssueCode.VALUE),
        ("date", "yesterday", IssueCode.VALUE),
        ("date", "bc2026", IssueCode.VALUE),
        ("_lastUpdated", "now", IssueCode.VALUE),
        ("_sort", "status", IssueCode.NOT_SUPPORTED),
        ("_sort", "_id,,date", IssueCode.NOT_SUPPORTED),
        ("_total", "some", IssueCode.VALUE),
        ("_summary", "short", IssueCode.VALUE),
        ("_elements", "subject.reference", IssueCode.VALUE),
        ("_include", "Flag:code", IssueCode.NOT_SUPPORTED),
        ("_include", "Flag:patient:Group7", IssueCode.NOT_SUPPORTED),
        ("_include", "Observation:patient", IssueCode.NOT_SUPPORTED),
        ("_revinclude", "*", IssueCode.NOT_SUPPORTED),
        ("_revinclude", "Observation:patient", IssueCode.NOT_SUPPORTED),
        ("_revinclude", "Provenance:target:ClinicalImpression", IssueCode.NOT_SUPPORTED),
        ("date", "2026-00", IssueCode.VALUE),
        ("date", "2026-13", IssueCode.VALUE),
        ("date", "2026-02-30", IssueCode.VALUE),
        ("date", "0000", IssueCode.VALUE),
        ("date", "2026-05-02T25:00Z", IssueCode.VALUE),
        ("date", "0001-01-01T00:00:00+14:00", IssueCode.VALUE),
        ("date", "٢٠٢٦", IssueCode.VALUE),
        ("_count", "-1", IssueCode.VALUE),
        ("_count", "many", IssueCode.VALUE),
        ("_page", "2", IssueCode.INVALID),
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
    found = asked(r"identifier=urn:a\|b|x\,y,z").criteria
    assert found.keys == (Clause("identifier", frozenset({Token("urn:a|b", "x,y"), Token(None, "z")})),)


def test_commas_are_or_and_repetitions_are_and() -> None:
    found = asked("status=completed,in-progress&status:not=in-progress&patient=a,b&patient=b").criteria
    assert found.keys == (
        Clause("status", frozenset({Token(None, "completed"), Token(None, "in-progress")})),
        Clause("status", frozenset({Token(None, "in-progress")}), negated=True),
    )
    assert found.patients == (frozenset({"a", "b"}), frozenset({"b"}))


def test_a_reference_is_named_by_id_by_type_and_id_or_by_an_address() -> None:
    found = asked(
        "investigation=o1,Observation/o1,https://here.example/fhir/Observation/o1,https://far.example/Observation/o1"
    ).criteria
    far = Token("", "https://far.example/Observation/o1")
    assert found.keys == (Clause("investigation", frozenset({Token(None, "o1"), Token("Observation", "o1"), far})),)


def test_a_page_is_never_larger_than_the_largest() -> None:
    assert criteria("Flag", [("_count", "100000")]).count == 100
    assert criteria("Flag", [("_count", "0")]).count == 0


def test_too_many_values_are_refused() -> None:
    assert asked("_id=" + ",".join("a" * MOST_ALTERNATIVES)).criteria.ids
    with pytest.raises(Refused) as refused:
        asked("status=x&_id=" + ",".join("a" * MOST_ALTERNATIVES))
    assert refused.value.issues[0].code is IssueCode.TOO_COSTLY


@pytest.mark.parametrize(
    ("type_", "sort", "order"),
    [
        ("ClinicalImpression", "-date", (Order(By.DATE, descending=True),)),
        ("ClinicalImpression", "_lastUpdated,-_id", (Order(By.LAST_UPDATED), Order(By.ID, descending=True))),
        ("MedicationRequest", "authoredon", (Order(By.DATE),)),
        ("Condition", "-onset-date", (Order(By.DATE, descending=True),)),
    ],
)
def test_results_are_sorted_by_the_date_of_their_type(type_: str, sort: str, order: tuple[Order, ...]) -> None:
    assert asked(f"_sort={sort}", type_).criteria.order == order


@pytest.mark.parametrize(("type_", "sort"), [("MedicationRequest", "date"), ("Medication", "date"), ("Medication", "")])
def test_what_a_type_is_not_sorted_by_is_refused(type_: str, sort: str) -> None:
    with pytest.raises(Refused):
        asked(f"_sort={sort}", type_)


def test_how_it_is_answered_is_read() -> None:
    found = asked("_summary=data&_elements=subject,ClinicalImpression.date&_elements=note&_total=none")
    assert (found.summary, found.elements) == (Summary.DATA, ("subject", "date", "note"))
    assert not found.criteria.counted


@pytest.mark.parametrize(
    "query", ["_count=0&_total=none", "_summary=count&_count=5", "_count=5&_summary=count&_total=none"]
)
def test_who_asks_for_a_count_gets_it_and_nothing_else(query: str) -> None:
    found = asked(query).criteria
    assert (found.count, found.counted) == (0, True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_include=ClinicalImpression:subject", [Include("ClinicalImpression", "subject")]),
        (
            "_include=ClinicalImpression:investigation:Observation",
            [Include("ClinicalImpression", "investigation", "Observation")],
        ),
        (
            "_revinclude=Provenance:target,Flag:detail",
            [Include("Provenance", "target", back=True), Include("Flag", "detail", back=True)],
        ),
        (
            "_revinclude=Provenance:target:ClinicalImpression",
            [Include("Provenance", "target", "ClinicalImpression", back=True)],
        ),
    ],
)
def test_what_is_to_come_with_the_matches_is_read(query: str, expected: list[Include]) -> None:
    assert list(asked(query).includes) == expected


def test_everything_a_type_refers_to_is_a_star() -> None:
    names = {"patient", "subject", "finding-ref", "investigation", "previous", "problem", "supporting-info"}
    assert {each.name for each in asked("_include=*").includes} == names
    assert {each.name for each in asked("_include=ClinicalImpression:*").includes} == names


def test_only_patients_are_referred_to_as_patients() -> None:
    assert "Observation:subject" in including_back("Patient")
    assert not [
        each for type_ in PARAMETERS if type_ != "Patient" for each in including_back(type_) if "subject" in each
    ]


def test_text_summaries_and_includes_exclude_each_other() -> None:
    with pytest.raises(Refused):
        asked("_summary=text&_include=ClinicalImpression:subject")


def test_a_lenient_reader_passes_over_what_is_unknown_and_tells_it() -> None:
    found = asked("patient=p1&colour=blue&patient.name=x&=x&p%C3%A9=1&_sort=_id", lenient=True)
    assert found.ignored == ("colour", "patient.name", "")
    assert found.used == (("patient", "p1"), ("_sort", "_id"))


@pytest.mark.parametrize(
    "query", ["status:text=x", "date=yesterday", "_sort=colour", "_include=ClinicalImpression:colour"]
)
def test_a_lenient_reader_refuses_what_is_wrong_of_what_is_known(query: str) -> None:
    with pytest.raises(Refused):
        asked(query, lenient=True)


def test_a_strict_reader_names_what_is_unknown() -> None:
    with pytest.raises(Refused) as refused:
        asked("colour=blue&patient=p1")
    (issue,) = refused.value.issues
    assert (issue.expression, "colour" in issue.text) == ("colour", True)


def test_a_name_that_may_be_a_value_is_not_told() -> None:
    with pytest.raises(Refused) as refused:
        asked("Erika+Mustermann=1")
    assert "Erika" not in str(refused.value.issues)


def test_a_link_opens_the_same_search_at_its_moment_and_place() -> None:
    first = asked("patient=p1&colour=blue&date=ap2026-04&_count=5&_sort=-_id&_summary=true&_include=*", lenient=True)
    opened = ask(
        first.type, [("_page", written(first.link(at=7, offset=5))), ("_format", "json")], now=NOW.replace(year=2030)
    )
    assert (opened.criteria.at, opened.criteria.offset) == (7, 5)
    assert opened.criteria.dates == first.criteria.dates
    assert (opened.ignored, opened.summary, opened.includes, opened.began) == (
        ("colour",),
        first.summary,
        first.includes,
        NOW,
    )
    assert opened.used == first.used


@pytest.mark.parametrize("page", ["2", "bm90IGpzb24", "é", "WzFd", "W10", "!!!"])
def test_a_link_that_was_never_given_is_refused(page: str) -> None:
    with pytest.raises(Refused) as refused:
        criteria("Flag", [("_page", page)])
    assert refused.value.issues[0].code is IssueCode.VALUE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=4)
)


@given(st.tuples(JSON, JSON, JSON | st.just(NOW.isoformat()), JSON, JSON))
def test_a_link_may_hold_anything_and_is_read_or_refused(told: tuple[object, ...]) -> None:
    page = base64.urlsafe_b64encode(zlib.compress(json.dumps(told).encode())).decode().rstrip("=")
    with suppress(Refused):
        assert isinstance(criteria("Flag", [("_page", page)]), Criteria)


def test_a_link_that_is_far_longer_than_it_looks_is_refused() -> None:
    page = base64.urlsafe_b64encode(zlib.compress(b"[" + b" " * 10_000_000 + b"]")).decode()
    with pytest.raises(Refused):
        criteria("Flag", [("_page", page)])


def test_a_link_cannot_make_the_service_say_what_it_likes() -> None:
    link = Link(query=(), ignored=("colour", "Erika Mustermann"), began=NOW, at=1, offset=0)
    assert ask("Flag", [("_page", written(link))], now=NOW).ignored == ("colour", "")


def test_a_link_to_a_link_is_refused() -> None:
    looped = Link(query=(("_page", "x"),), ignored=(), began=NOW, at=1, offset=0)
    with pytest.raises(Refused):
        criteria("Flag", [("_page", written(looped))])


def test_each_type_has_one_date_at_most_and_no_parameter_that_says_how_it_is_answered() -> None:
    for type_ in PARAMETERS:
        dates = [name for name, each in parameters(type_).items() if each.kind == "date" and name != "_lastUpdated"]
        assert (type_, len(dates) <= 1) == (type_, True)
        assert not {name for name in PARAMETERS[type_] if name.startswith("_")}
