"""What comes with a page of matches: what they refer to and what refers to them, as it stood, each once, and told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.fhir.search import Asked, ask
from fhirsvc.usecases import search as search_module
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.search import Found, search
from fhirsvc.usecases.searchset import drawn
from tests.fhir_checks import assert_valid_r4

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BASE = "https://here.example/fhir"


def keep(store: MemoryStore, type_: str, id_: str, number: int = 1, *, deleted: bool = False, **members: Any) -> None:
    body = json.dumps({"resourceType": type_, "id": id_, "meta": {"versionId": str(number)}, **members}).encode()
    kept = Version(
        type=type_,
        id=id_,
        version=number,
        received=NOON,
        first_received=NOON,
        body=b"" if deleted else body,
        patient="p",
    )
    with store.writing() as transaction:
        transaction.resources.add("t", [kept])


SUBJECT = {"reference": "Patient/p"}


@pytest.fixture
def store() -> MemoryStore:
    """An impression that rests on the first version of an Observation with two, and on one that was deleted."""
    made = MemoryStore()
    keep(made, "Patient", "p")
    observed: dict[str, Any] = {"code": {"text": "reflex"}, "subject": SUBJECT}
    keep(made, "Observation", "o", status="final", **observed)
    keep(made, "Observation", "o", 2, status="amended", **observed)
    keep(made, "Observation", "gone", status="final", **observed)
    keep(made, "Observation", "gone", 2, deleted=True)
    items = [{"reference": f"Observation/{each}/_history/1"} for each in ("o", "gone", "never")]
    keep(
        made,
        "ClinicalImpression",
        "i",
        status="completed",
        subject=SUBJECT,
        investigation=[{"code": {"text": "reflex"}, "item": items}],
        supportingInfo=[{"reference": "Observation/o"}, {"reference": "https://far.example/fhir/Observation/o"}],
    )
    return made


def asked(type_: str, query: str) -> Asked:
    return ask(type_, parse_qsl(query), now=NOON)


def found(store: MemoryStore, type_: str, query: str) -> Found:
    return search("t", asked(type_, query), store=store)


def included(store: MemoryStore, type_: str, query: str) -> list[tuple[str, int]]:
    return [(each.reference, each.version) for each in found(store, type_, query).included]


def test_what_is_referred_to_by_version_comes_in_that_version_and_what_was_deleted_not_at_all(
    store: MemoryStore,
) -> None:
    query = "_include=ClinicalImpression:investigation"
    assert included(store, "ClinicalImpression", query) == [("Observation/o", 1)]


def test_what_is_referred_to_as_such_comes_as_it_stood(store: MemoryStore) -> None:
    query = "_include=ClinicalImpression:supporting-info"
    assert included(store, "ClinicalImpression", query) == [("Observation/o", 2)]


def test_both_versions_of_one_resource_are_two_entries_of_a_valid_bundle(store: MemoryStore) -> None:
    wanted = asked("ClinicalImpression", "_include=*")
    page = search("t", wanted, store=store)
    assert sorted((each.reference, each.version) for each in page.included) == [
        ("Observation/o", 1),
        ("Observation/o", 2),
        ("Patient/p", 1),
    ]
    bundle = json.loads(drawn(wanted, page, BASE))
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "include", "include", "include"]
    bundle["entry"] = [entry for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
    assert_valid_r4(bundle)


def test_only_the_type_that_is_asked_for_comes(store: MemoryStore) -> None:
    assert included(store, "ClinicalImpression", "_include=ClinicalImpression:investigation:Observation")
    assert included(store, "ClinicalImpression", "_include=ClinicalImpression:investigation:DiagnosticReport") == []


def test_what_refers_to_a_match_comes_whichever_version_it_names(store: MemoryStore) -> None:
    assert included(store, "Observation", "_revinclude=ClinicalImpression:investigation") == [
        ("ClinicalImpression/i", 1)
    ]
    assert included(store, "Patient", "_revinclude=Observation:subject") == [("Observation/o", 2)]


def test_nothing_refers_to_an_empty_page(store: MemoryStore) -> None:
    assert included(store, "Observation", "_id=none&_revinclude=ClinicalImpression:investigation") == []
    assert included(store, "Observation", "_count=0&_revinclude=ClinicalImpression:investigation") == []


def test_a_match_is_not_included_again(store: MemoryStore) -> None:
    keep(store, "Observation", "next", status="final", derivedFrom=[{"reference": "Observation/o"}])
    page = found(store, "Observation", "_include=Observation:derived-from&_revinclude=Observation:derived-from")
    assert sorted(each.id for each in page.page.versions) == ["next", "o"]
    assert page.included == ()


def test_what_comes_with_a_later_page_is_as_it_stood_when_the_search_began(store: MemoryStore) -> None:
    keep(store, "ClinicalImpression", "j", status="completed", supportingInfo=[{"reference": "Observation/o"}])
    first = asked("ClinicalImpression", "_count=1&_sort=_id&_include=ClinicalImpression:supporting-info")
    page = search("t", first, store=store)
    keep(store, "Observation", "o", 3, status="corrected")
    link = search_link(first, page)
    later = search("t", ask("ClinicalImpression", [("_page", link)], now=NOON), store=store)
    assert [(each.reference, each.version) for each in later.included] == [("Observation/o", 2)]


def search_link(wanted: Asked, page: Found) -> str:
    """The value of _page in the link to the next page."""
    links = {link["relation"]: link["url"] for link in json.loads(drawn(wanted, page, BASE))["link"]}
    return str(links["next"]).partition("_page=")[2]


def test_more_than_can_come_is_told_and_never_left_out_in_silence(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        keep(store, "Observation", f"o{number}", status="final")
    wanted = asked("Patient", "_revinclude=Observation:patient")
    assert not search("t", wanted, store=store).cut
    monkeypatch.setattr(search_module, "MOST_INCLUDED", 3)
    page = search("t", wanted, store=store)
    assert (page.cut, len(page.included)) == (True, 3)
    [outcome] = [each for each in json.loads(drawn(wanted, page, BASE))["entry"] if each["search"]["mode"] == "outcome"]
    assert outcome["resource"]["issue"][0]["code"] == "too-costly"
