"""Histories: of a resource, of a type, of everything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running
from tests.functional.test_rest import Json, new_id, person, send


@pytest.fixture
def changed(service: Running) -> str:
    """The id of a Patient that was created, updated, deleted and brought back."""
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_, gender="male"))
    send(service, "DELETE", f"/Patient/{id_}")
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_, gender="female"))
    return id_


def told(service: Running, address: str) -> Json:
    bundle = service.get(address)
    assert_valid_r4(bundle)
    assert bundle["type"] == "history"
    return bundle


def walk(service: Running, address: str, most: int = 40) -> list[Json]:
    """The pages from here on by their links, `most` of them at most."""
    pages = [told(service, address)]
    while len(pages) < most and (following := link(pages[-1], "next")):
        pages.append(told(service, following))
    return pages


def link(bundle: Json, relation: str) -> str:
    return next((each["url"] for each in bundle["link"] if each["relation"] == relation), "")


def test_a_history_tells_every_version_and_how_it_came(service: Running, changed: str) -> None:
    bundle = told(service, f"Patient/{changed}/_history")
    assert bundle["total"] == 4
    assert [each["request"] for each in bundle["entry"]] == [
        {"method": "PUT", "url": f"Patient/{changed}"},
        {"method": "DELETE", "url": f"Patient/{changed}"},
        {"method": "PUT", "url": f"Patient/{changed}"},
        {"method": "POST", "url": "Patient"},
    ]
    assert [each["response"]["etag"] for each in bundle["entry"]] == ['W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert [each.get("resource", {}).get("gender") for each in bundle["entry"]] == ["female", None, "male", None]
    assert ["resource" in each for each in bundle["entry"]] == [True, False, True, True]
    assert {each["fullUrl"] for each in bundle["entry"]} == {f"{service.base}/Patient/{changed}"}
    assert link(bundle, "self") == f"{service.base}/Patient/{changed}/_history"


def test_each_version_of_a_history_is_the_one_that_is_read(service: Running, changed: str) -> None:
    for entry in told(service, f"Patient/{changed}/_history")["entry"]:
        if "resource" in entry:
            version = entry["response"]["etag"][3:-1]
            assert service.get(f"Patient/{changed}/_history/{version}") == entry["resource"]


def test_the_history_of_what_was_deleted_is_kept(service: Running, changed: str) -> None:
    send(service, "DELETE", f"/Patient/{changed}")
    assert told(service, f"Patient/{changed}/_history")["total"] == 5


@pytest.mark.parametrize("kind", ["Patient/", ""])
def test_the_history_of_a_type_and_of_everything_begins_with_what_came_last(
    service: Running, changed: str, kind: str
) -> None:
    newest = told(service, f"{kind}_history?_count=4")["entry"]
    assert [each["request"]["url"] for each in newest] == [*[f"Patient/{changed}"] * 3, "Patient"]


def test_pages_tell_everything_once_while_more_comes(service: Running, changed: str) -> None:
    first = told(service, "Patient/_history?_count=3")
    send(service, "PUT", f"/Patient/{changed}", person("y", id=changed))
    pages = [first, *walk(service, link(first, "next"), most=400)]
    assert {page["total"] for page in pages} == {first["total"]}
    seen = [(each["fullUrl"], each["response"]["etag"]) for page in pages for each in page["entry"]]
    assert len(seen) == len(set(seen)) == first["total"]
    assert [each["fullUrl"] for each in first["entry"]] == [f"{service.base}/Patient/{changed}"] * 3


def test_a_history_since_a_moment_tells_what_came_from_then_on(service: Running, changed: str) -> None:
    every = told(service, f"Patient/{changed}/_history")["entry"]
    moment = every[1]["response"]["lastModified"]
    later = told(service, f"Patient/{changed}/_history?_since={moment}")
    kept = [each for each in every if each["response"]["lastModified"] >= moment]
    assert later["entry"] == kept
    assert later["total"] == len(kept)
    assert told(service, f"Patient/{changed}/_history?_since=2999-01-01")["total"] == 0


def test_a_history_at_a_moment_tells_what_stood_then(service: Running, changed: str) -> None:
    moment = told(service, f"Patient/{changed}/_history")["entry"][0]["response"]["lastModified"]
    [standing] = told(service, f"Patient/{changed}/_history?_at={moment}")["entry"]
    assert standing["resource"]["gender"] == "female"
    assert told(service, f"Patient/{changed}/_history?_at=1990")["total"] == 0


@pytest.mark.parametrize(
    "query", ["_count=few", "_since=yesterday", "_at=then", "_page=Zyxwvut", "nope=1", "_page=W10"]
)
@pytest.mark.parametrize("address", ["Patient/_history", "_history"])
def test_a_history_that_cannot_be_read_is_refused(service: Running, address: str, query: str) -> None:
    answer = send(service, "GET", f"/{address}?{query}")
    assert answer.status_code == 400
    assert "Zyxwvut" not in answer.text


def test_the_history_of_nothing_is_not_found(service: Running) -> None:
    assert send(service, "GET", f"/Patient/{new_id()}/_history").status_code == 404


def test_what_the_service_writes_has_a_history(service: Running) -> None:
    bundle: dict[str, Any] = told(service, "ClinicalImpression/_history?_count=0")
    assert "entry" not in bundle
    assert bundle["total"] >= 0
