"""What every store promises of resources: versions stay, the newest is the head, searches find what matches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from fhirsvc.fhir.search import criteria
from fhirsvc.usecases.ports import Page, Store, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
UNDATED = b'{"resourceType":"ClinicalImpression","status":"completed"}'


def version(id_: str, number: int = 1, **values: object) -> Version:
    given: dict[str, object] = {
        "type": "Observation",
        "id": id_,
        "version": number,
        "received": NOON,
        "first_received": NOON,
        "body": b'{"resourceType":"Observation"}',
        "patient": "p1",
        "submission": "s1",
        **values,
    }
    return Version(**given)  # type: ignore[arg-type]


def impression(id_: str, date: str, *, patient: str = "p1", status: str = "completed", number: int = 1) -> Version:
    body = {
        "resourceType": "ClinicalImpression",
        "status": status,
        "date": date,
        "identifier": [{"system": "urn:ours", "value": f"value-{id_}"}],
    }
    return version(
        id_, number, type="ClinicalImpression", patient=patient, submission=None, body=json.dumps(body).encode()
    )


def flag(id_: str, start: str | None, end: str | None = None, *, status: str = "active") -> Version:
    ends = {"start": start, "end": end}
    body = {"resourceType": "Flag", "status": status, "period": {key: at for key, at in ends.items() if at}}
    return version(id_, type="Flag", submission=None, body=json.dumps(body).encode())


def add(store: Store, *versions: Version, tenant: str = "t") -> None:
    with store.writing() as transaction:
        transaction.resources.add(tenant, versions)


def found(store: Store, *query: tuple[str, str], type_: str = "ClinicalImpression", tenant: str = "t") -> list[str]:
    return [each.id for each in page(store, *query, type_=type_, tenant=tenant).versions]


def page(store: Store, *query: tuple[str, str], type_: str = "ClinicalImpression", tenant: str = "t") -> Page:
    with store.reading() as transaction:
        return transaction.resources.search(tenant, criteria(type_, query))


def test_the_newest_version_is_the_head_and_the_others_stay(store: Store) -> None:
    add(store, version("a", 1, body=b"one"), version("a", 2, body=b"two"))
    add(store, version("a", 3, body=b"three", patient="p2", submission="s2", received=NOON + timedelta(hours=1)))
    with store.reading() as transaction:
        heads = transaction.resources.heads("t", [("Observation", "a"), ("Observation", "unknown"), ("Flag", "a")])
        assert {key: each.version for key, each in heads.items()} == {("Observation", "a"): 3}
        bodies = [transaction.resources.version("t", "Observation", "a", number) for number in (1, 2, 3, 4)]
    assert [each.body if each else None for each in bodies] == [b"one", b"two", b"three", None]
    assert heads["Observation", "a"] == version(
        "a", 3, body=b"three", patient="p2", submission="s2", received=NOON + timedelta(hours=1)
    )


def test_many_heads_are_found_at_once(store: Store) -> None:
    many = [version(f"o{number}") for number in range(12_000)]
    add(store, *many)
    with store.reading() as transaction:
        assert len(transaction.resources.heads("t", [(each.type, each.id) for each in many])) == 12_000


def test_evidence_is_what_was_received_last_for_the_patient(store: Store) -> None:
    add(store, version("a"), version("b"), version("other", patient="p2"), version("nobodys", patient=None))
    add(store, impression("written", "2026-05-01"))
    add(store, version("b", 2, patient="p2"), version("a", 2, body=b"newer"))
    with store.reading() as transaction:
        evidence = transaction.resources.evidence("t", "p1")
    assert [(each.id, each.version, each.body) for each in evidence] == [("a", 2, b"newer")]


def test_tenants_do_not_see_each_other(store: Store) -> None:
    add(store, version("a"), impression("i", "2026-05-01"), tenant="one")
    add(store, version("a", body=b"theirs"), tenant="two")
    with store.reading() as transaction:
        assert transaction.resources.heads("two", [("Observation", "a")])["Observation", "a"].body == b"theirs"
        assert transaction.resources.version("three", "Observation", "a", 1) is None
        assert transaction.resources.evidence("three", "p1") == []
    assert found(store, tenant="two") == []
    assert found(store, tenant="one") == ["i"]


def test_what_is_undone_was_never_there(store: Store) -> None:
    def broken_off() -> None:
        with store.writing() as transaction:
            transaction.resources.add("t", [version("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    with store.reading() as transaction:
        transaction.resources.add("t", [version("b")])
    with store.reading() as transaction:
        assert transaction.resources.heads("t", [("Observation", "a"), ("Observation", "b")]) == {}


def test_a_view_does_not_change_while_it_is_open(store: Store) -> None:
    add(store, version("a"))
    with store.reading() as transaction:
        assert len(transaction.resources.evidence("t", "p1")) == 1
        add(store, version("b"))
        assert len(transaction.resources.evidence("t", "p1")) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([], ["late", "early"]),
        ([("_id", "early")], ["early"]),
        ([("_id", "early,late,unknown")], ["late", "early"]),
        ([("patient", "p1")], ["early"]),
        ([("patient", "Patient/p2")], ["late"]),
        ([("subject", "p1,p2")], ["late", "early"]),
        ([("subject:Patient", "p2"), ("patient", "p1")], []),
        ([("status", "completed")], ["early"]),
        ([("status", "http://hl7.org/fhir/event-status|completed")], ["early"]),
        ([("status", "urn:other|completed")], []),
        ([("identifier", "urn:ours|value-late")], ["late"]),
        ([("identifier", "value-late")], ["late"]),
        ([("identifier", "urn:ours|")], ["late", "early"]),
        ([("identifier", "|value-late")], []),
        ([("identifier", "urn:theirs|value-late")], []),
        ([("identifier", "value-early,value-late"), ("status", "completed")], ["early"]),
        ([("date", "2026-05-02")], ["late"]),
        ([("date", "2026")], ["late", "early"]),
        ([("date", "eq2026-05-02T10:00:00Z")], ["late"]),
        ([("date", "2026-05-02T12:00:00 02:00")], ["late"]),
        ([("date", "ne2026-05-02")], ["early"]),
        ([("date", "gt2026-05-01")], ["late"]),
        ([("date", "gt2026-05-02")], []),
        ([("date", "ge2026-05-02")], ["late"]),
        ([("date", "lt2026-05-02")], ["early"]),
        ([("date", "le2026-05-02")], ["late", "early"]),
        ([("date", "ge2026-05-01"), ("date", "lt2026-05-02")], ["early"]),
        ([("date", "2026-05-01,2026-05-02")], ["late", "early"]),
    ],
)
def test_a_search_finds_exactly_what_matches(
    store: Store, query: Sequence[tuple[str, str]], expected: Sequence[str]
) -> None:
    add(
        store,
        impression("early", "2026-05-01T10:00:00.000Z"),
        impression("late", "2026-05-02T10:00:00.000Z", patient="p2", status="entered-in-error"),
    )
    assert found(store, *query) == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-05-02", []),
        ("ge2026-06-01", ["open", "endless"]),
        ("lt2026-05-01", ["endless"]),
        ("le2026-05-03", ["open", "past", "endless"]),
        ("eq2026-05", ["past"]),
    ],
)
def test_a_flag_is_found_by_its_period(store: Store, date: str, expected: Sequence[str]) -> None:
    add(
        store,
        flag("past", "2026-05-01", "2026-05-03"),
        flag("open", "2026-05-02T10:00:00Z"),
        flag("endless", None, "2026-07-01"),
        flag("undated", None),
    )
    assert found(store, ("date", date), type_="Flag") == expected


def test_a_search_finds_what_a_resource_says_now(store: Store) -> None:
    add(store, impression("i", "2026-05-01"))
    changed = {"resourceType": "ClinicalImpression", "status": "entered-in-error", "date": "2026-06-01"}
    add(store, version("i", 2, type="ClinicalImpression", submission=None, body=json.dumps(changed).encode()))
    assert found(store, ("status", "completed")) == []
    assert found(store, ("identifier", "value-i")) == []
    assert found(store, ("date", "2026-06"), ("status", "entered-in-error")) == ["i"]


def test_pages_follow_each_other_without_gap_or_repetition_while_more_is_written(store: Store) -> None:
    add(store, *(impression(f"i{number:02}", f"2026-05-{number // 3 + 1:02}") for number in range(20)))
    add(store, version("undated", type="ClinicalImpression", submission=None, body=UNDATED))
    whole = found(store, ("_count", "100"))
    pages, token = [], None
    while True:
        one = page(store, ("_count", "4"), *([("_page", token)] if token else []))
        pages += [each.id for each in one.versions]
        token = one.token
        if token is None:
            break
        add(store, impression(f"new{len(pages)}", "2027-01-01"))
    assert pages == whole
    assert whole[-1] == "undated"
    assert len(whole) == 21


def test_a_count_of_zero_tells_the_total_alone(store: Store) -> None:
    add(store, impression("i", "2026-05-01"), impression("j", "2026-05-01"))
    assert page(store, ("_count", "0")) == Page((), 2, None)
    assert page(store, ("_count", "2")).token is None
