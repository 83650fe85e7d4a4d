"""What every store promises of searches: what matches is found, all of it and once, and pages show one moment."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.errors import Refused
from fhirsvc.fhir.search import ask
from fhirsvc.fhir.search.dates import PREFIXES
from fhirsvc.fhir.search.link import written
from fhirsvc.usecases.ports import Page, Store, Version
from tests.contract.keeping import NOON, add, flag, found, impression, page, version


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
        ("sa2026-05-01", ["open"]),
        ("eb2026-05-04", ["past"]),
        ("ap2026-05-03", ["open", "past", "endless"]),
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


PAGES = [
    [],
    [("_sort", "date")],
    [("_sort", "-_lastUpdated")],
    [("_sort", "_id")],
    [("status", "completed"), ("_sort", "-_id")],
    [("date", "ap2026-05")],
]


def walked(store: Store, *query: tuple[str, str], between: Callable[[int], None]) -> list[tuple[str, int]]:
    """Id and version of everything on all pages of a search, each page opened by its link."""
    asked = ask("ClinicalImpression", [*query, ("_count", "4")], now=NOON)
    seen: list[tuple[str, int]] = []
    while True:
        with store.reading() as transaction:
            one = transaction.resources.search("t", asked.criteria)
        seen += [(each.id, each.version) for each in one.versions]
        if not one.more:
            return seen
        between(len(seen))
        opened = written(asked.link(one.at, asked.criteria.offset + asked.criteria.count))
        asked = ask("ClinicalImpression", [("_page", opened)], now=NOON + timedelta(days=300))


@pytest.mark.parametrize("query", PAGES)
def test_pages_show_what_stood_when_the_search_began_whatever_is_written_meanwhile(
    store: Store, query: Sequence[tuple[str, str]]
) -> None:
    stood = [impression(f"i{number:02}", f"2026-05-{number // 3 + 1:02}") for number in range(20)]
    add(store, *stood)
    before = [(each.id, each.version) for each in page(store, *query, ("_count", "100")).versions]

    def disturb(seen: int) -> None:
        """Something new first and last, something changed that was shown or is to be shown, and something deleted."""
        number = seen // 4 + 1
        add(store, impression(f"a-new-{seen}", "2027-01-01"), impression(f"z-new-{seen}", "2020-01-01"))
        for changed in (number, 19 - number):
            add(store, replace(impression(f"i{changed:02}", "2025-01-01", status="entered-in-error"), version=2))
        add(store, replace(stood[6 + number], version=2, body=b""))

    assert walked(store, *query, between=disturb) == before
    assert len(before) == 20
    assert len(page(store, *query, ("_count", "100")).versions) != 20


def test_who_something_is_of_may_change_while_its_pages_are_walked(store: Store) -> None:
    stood = [impression(f"i{number}", "2026-05-01") for number in range(9)]
    add(store, *stood)

    def reassign(seen: int) -> None:
        with store.writing() as transaction:
            head = transaction.resources.heads("t", [("ClinicalImpression", "i8")])["ClinicalImpression", "i8"]
            transaction.resources.assign("t", [replace(head, patient=f"p{seen}")])

    assert [id_ for id_, _ in walked(store, ("patient", "p1"), between=reassign)] == [each.id for each in stood]
    assert found(store, ("patient", "p8")) == ["i8"]


def test_while_others_write_pages_have_no_gap_and_no_repetition(store: Store) -> None:
    add(store, *(impression(f"i{number:02}", f"2026-05-{number // 3 + 1:02}") for number in range(30)))
    expected = found(store, ("_count", "100"))
    done = threading.Event()

    def write() -> None:
        number = 2
        while not done.is_set():
            add(store, *(impression(f"i{each:02}", f"2026-06-{number % 28 + 1:02}", number=number) for each in (3, 17)))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        walks = [walked(store, between=lambda _: None) for _ in range(5)]
    finally:
        done.set()
        writer.join()
    assert [sorted(id_ for id_, _ in walk) for walk in walks] == [sorted(expected)] * 5


def test_an_unknown_moment_is_refused_and_never_an_empty_page(store: Store) -> None:
    add(store, impression("i", "2026-05-01"))
    with pytest.raises(Refused), store.reading() as transaction:
        transaction.resources.search("t", replace(ask("Flag", [], now=NOON).criteria, at=10**9))


def test_a_count_of_zero_tells_the_total_alone(store: Store) -> None:
    add(store, impression("i", "2026-05-01"), impression("j", "2026-05-01"))
    assert page(store, ("_count", "0")) == Page((), 2, 2, more=False)
    assert page(store, ("_summary", "count"), ("_count", "1")) == Page((), 2, 2, more=False)
    assert page(store, ("_count", "1")).more
    assert not page(store, ("_count", "2")).more
    assert page(store, ("_count", "1"), ("_total", "none")).total is None


def test_what_was_deleted_is_not_found_and_when_it_comes_again_it_is(store: Store) -> None:
    add(store, impression("i", "2026-05-01"))
    add(store, replace(impression("i", "2026-05-01", number=2), body=b""))
    assert page(store).total == 0
    add(store, impression("i", "2026-05-01", number=3))
    assert found(store) == ["i"]


def observation(id_: str, **members: object) -> Version:
    body = {"resourceType": "Observation", "id": id_, **members}
    patient = str(members.get("subject", "p1"))
    return version(
        id_, body=json.dumps({**body, "subject": {"reference": f"Patient/{patient}"}}).encode(), patient=patient
    )


LOINC = {"system": "http://loinc.org", "code": "1-1"}
HERE = {"system": "urn:here", "code": "1,1|x"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([("code", "http://loinc.org|1-1")], ["both", "loinc"]),
        ([("code", "1-1")], ["bare", "both", "loinc"]),
        ([("code", "|1-1")], ["bare"]),
        ([("code", "urn:here|")], ["both"]),
        ([("code", r"urn:here|1\,1\|x")], ["both"]),
        ([("code", "1-1"), ("code", r"1\,1\|x")], ["both"]),
        ([("code", r"urn:there|1-1,1\,1\|x")], ["both"]),
        ([("code:not", "http://loinc.org|1-1")], ["bare", "none"]),
        ([("code:not", "http://loinc.org|1-1,|1-1")], ["none"]),
        ([("code:not", "1-1"), ("patient", "p1")], ["none"]),
        ([("status:not", "final")], ["none"]),
        ([("status", "final"), ("patient", "p2")], ["both"]),
        ([("status", "http://hl7.org/fhir/observation-status|final"), ("code", "|1-1")], ["bare"]),
        ([("derived-from", "Observation/both")], ["none"]),
        ([("derived-from", "Observation/both/_history/7")], ["none"]),
        ([("derived-from", "both")], ["none"]),
        ([("derived-from", "Observation/other")], []),
        ([("derived-from", "https://elsewhere.example/Observation/o")], ["bare"]),
    ],
)
def test_tokens_and_references_are_found_as_they_are_meant(
    store: Store, query: Sequence[tuple[str, str]], expected: Sequence[str]
) -> None:
    add(
        store,
        observation("loinc", status="final", code={"coding": [LOINC]}),
        observation("both", status="final", code={"coding": [LOINC, HERE]}, subject="p2"),
        observation(
            "bare",
            status="final",
            code={"coding": [{"code": "1-1"}]},
            derivedFrom=[{"reference": "https://elsewhere.example/Observation/o"}],
        ),
        observation(
            "none",
            status="amended",
            code={"text": "1-1"},
            derivedFrom=[{"reference": "Observation/both/_history/1"}, {"reference": "#inside"}],
        ),
        impression("other-type", "2026-05-01"),
    )
    add(store, observation("loinc", status="final", code={"coding": [LOINC]}), tenant="another")
    assert found(store, *query, ("_sort", "_id"), type_="Observation") == expected
    assert page(store, *query, type_="Observation").total == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("_lastUpdated=gt2026-05-01T12:00:00Z", ["c"]),
        ("_lastUpdated=2026-05-01", ["a", "b", "c"]),
        ("_lastUpdated=2026-05-01T12:00:00.000Z", ["a", "b"]),
        ("_lastUpdated=lt2026-05-01T12:00:01Z&_lastUpdated=ge2026-05-01T12:00:00Z", ["a", "b"]),
        ("_lastUpdated=ap2026-04-01", []),
        ("_sort=-_lastUpdated,-_id", ["c", "b", "a"]),
        ("_sort=_lastUpdated,-_id", ["b", "a", "c"]),
        ("_sort=date", ["c", "b", "a"]),
        ("_sort=-date", ["a", "b", "c"]),
    ],
)
def test_resources_are_found_and_sorted_by_when_they_came(store: Store, query: str, expected: Sequence[str]) -> None:
    add(
        store,
        impression("a", "2026-05-03"),
        impression("b", "2026-05-02"),
        replace(impression("c", "2026-05-01"), received=NOON + timedelta(seconds=1)),
    )
    wanted = found(store, *parse_qsl(query))
    assert (wanted if "_sort" in query else sorted(wanted)) == expected


DATES = (
    "2026",
    "2026-05",
    "2026-05-31T23:59:59.999999Z",
    "2026-05-02",
    "2026-05-02T10:30Z",
    "2026-06-01",
    "2025-12-31",
)


TENANTS = itertools.count()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    database = open_store(tmp_path_factory.mktemp("twins") / "store.sqlite")
    yield MemoryStore(), database
    database.close()


def test_both_stores_find_the_same_periods(twins: tuple[Store, Store]) -> None:
    """Every prefix with every date, among periods between all of these dates."""
    periods = [*itertools.combinations_with_replacement(sorted(DATES), 2), ("2026-05", None), (None, "2026-05-02")]
    flags = [flag(f"f{number}", *period) for number, period in enumerate([*periods, (None, None)])]
    for store in twins:
        add(store, *flags, tenant="periods")
    for prefix, date in itertools.product(PREFIXES, DATES):
        query = ("date", prefix + date), ("_count", "100")
        in_memory, in_database = (found(store, *query, type_="Flag", tenant="periods") for store in twins)
        assert (prefix, date, in_database) == (prefix, date, in_memory)


CODINGS = st.fixed_dictionaries(
    {}, optional={"system": st.sampled_from(["urn:a", "urn:b"]), "code": st.sampled_from("xy")}
)
OBSERVED = st.fixed_dictionaries(
    {"status": st.sampled_from(["final", "amended"]), "subject": st.sampled_from(["p1", "p2"])},
    optional={
        "code": st.lists(CODINGS.filter(bool), max_size=2).map(lambda each: {"coding": each}),
        "effectiveDateTime": st.sampled_from(DATES),
        "derivedFrom": st.sampled_from("012").map(lambda id_: [{"reference": f"Observation/o{id_}"}]),
    },
)
CONDITIONS = st.one_of(
    st.tuples(st.sampled_from(["code", "code:not"]), st.sampled_from(["x", "urn:a|x", "|x", "urn:b|", "x,urn:a|y"])),
    st.tuples(st.sampled_from(["status", "status:not"]), st.sampled_from(["final", "amended", "final,amended"])),
    st.tuples(st.sampled_from(["patient", "subject"]), st.sampled_from(["p1", "p2", "p1,p2"])),
    st.tuples(st.just("derived-from"), st.sampled_from(["o1", "Observation/o2", "Observation/o0,o1"])),
    st.tuples(st.just("_id"), st.sampled_from(["o1", "o0,o2,o3"])),
    st.tuples(st.just("date"), st.tuples(st.sampled_from(PREFIXES), st.sampled_from(DATES)).map("".join)),
    st.tuples(
        st.just("_lastUpdated"), st.sampled_from(["gt2026-05-01T12:00:01Z", "2026-05-01", "le2026-05-01T12:00:02Z"])
    ),
)
ORDERS = st.sampled_from(["-date", "date", "_lastUpdated,-_id", "-_id", "-_lastUpdated,date"])


@settings(deadline=None)
@given(st.lists(OBSERVED, max_size=6), st.lists(CONDITIONS, max_size=3), ORDERS, st.integers(1, 3), st.data())
def test_both_stores_give_the_same_pages(
    twins: tuple[Store, Store],
    observed: list[dict[str, object]],
    conditions: list[tuple[str, str]],
    order: str,
    count: int,
    data: st.DataObject,
) -> None:
    """Some of what was observed is changed or deleted before the search."""
    tenant = f"tenant-{next(TENANTS)}"
    changed = data.draw(st.dictionaries(st.integers(0, 5), st.none() | OBSERVED, max_size=3))
    kept = [
        replace(observation(f"o{n}", **each), received=NOON + timedelta(seconds=n)) for n, each in enumerate(observed)
    ]
    newer = [_changed(n, each) for n, each in changed.items() if n < len(kept)]
    pages: list[list[Page]] = [[], []]
    for number, store in enumerate(twins):
        add(store, *kept, tenant=tenant)
        add(store, *newer, tenant=tenant)
        asked = ask("Observation", [*conditions, ("_sort", order), ("_count", str(count))], now=NOON).criteria
        while not pages[number] or pages[number][-1].more:
            with store.reading() as transaction:
                pages[number].append(transaction.resources.search(tenant, asked))
            asked = replace(asked, at=pages[number][-1].at, offset=asked.offset + count)
    told = [[(each.versions, each.total, each.more) for each in some] for some in pages]
    assert told[0] == told[1]
    assert sum(len(each.versions) for each in pages[0]) == pages[0][0].total


def _changed(number: int, members: Mapping[str, object] | None) -> Version:
    """The second version of an Observation; None = it was deleted."""
    said = observation(f"o{number}", **(members or {}))
    return replace(said, version=2, body=said.body if members else b"")
