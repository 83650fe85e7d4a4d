"""`Prefer: respond-async`: the answer is fetched later, from where the first answer said it would be."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import ANSWERS_WITHIN, FHIR_JSON, Running
from tests.functional.vignettes.records import Bundle, batch, coded, concept, condition, observation, patient

LATER = {**FHIR_JSON, "prefer": "respond-async"}


def record(name: str) -> Bundle:
    bundle: Bundle = batch(
        name,
        patient("female", 40),
        condition(coded("http://snomed.info/sct", "4063001"), "left"),
        observation(concept("achilles-tenderness"), valueBoolean=False),
    )
    return bundle


def started(service: Running, bundle: Bundle, **headers: str) -> httpx.Response:
    return service.client.post(service.base, json=bundle, headers={**LATER, **headers})


def answer(service: Running, address: str) -> httpx.Response:
    """What is answered once it is no more 202."""
    ends = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < ends:
        found = service.client.get(address)
        if found.status_code != 202:
            return found
        assert found.content == b""
        assert found.headers["retry-after"] == "1"
        assert found.headers["x-progress"] in {"0 of 1 patients judged", "1 of 1 patients judged"}
    raise AssertionError("no answer came")


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose worker never comes: the broker that would wake it is not there."""
    with Running(tmp_path_factory.mktemp("idle"), broker_url="redis://127.0.0.1:1/0") as running:
        yield running


def test_a_bundle_is_kept_and_its_answer_promised(service: Running) -> None:
    promise = started(service, record("later-promised"))
    assert (promise.status_code, promise.content) == (202, b"")
    assert promise.headers["content-location"].startswith(f"{service.base}/async/")
    assert 'rel="status"' in promise.headers["link"]
    assert service.get("Patient/later-promised-0")["id"] == "later-promised-0"


def test_the_answer_is_a_batch_response_that_holds_the_real_one(service: Running) -> None:
    found = answer(service, started(service, record("later-answered")).headers["content-location"])
    assert found.status_code == 200
    assert_valid_r4(found.json())
    assert found.json()["type"] == "batch-response"
    [entry] = found.json()["entry"]
    assert entry["response"] == {"status": "200 OK"}
    assert [each["response"]["status"] for each in entry["resource"]["entry"]] == ["201 Created"] * 3
    assert all("outcome" in each["response"] for each in entry["resource"]["entry"])
    address = next(each["url"] for each in entry["resource"]["link"] if each["relation"] == "status")
    assert service.get(address)["status"] == "completed"


def test_the_answer_to_a_transaction_is_that_of_a_transaction(service: Running) -> None:
    bundle = {**record("later-whole"), "type": "transaction"}
    found = answer(service, started(service, bundle).headers["content-location"])
    assert found.json()["entry"][0]["resource"]["type"] == "transaction-response"


def test_the_answer_can_be_fetched_again(service: Running) -> None:
    address = started(service, record("later-again")).headers["content-location"]
    assert answer(service, address).json() == answer(service, address).json()


def test_a_bundle_that_is_not_taken_is_refused_at_once(service: Running) -> None:
    refused = started(service, {"resourceType": "Bundle", "type": "document", "entry": []})
    assert refused.status_code in {400, 422}
    assert_valid_r4(refused.json())


def test_a_bundle_that_only_reads_is_answered_at_once(service: Running) -> None:
    reading = {"method": "GET", "url": "Patient/nobody"}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": reading}]}
    found = started(service, bundle)
    assert found.status_code == 200
    assert_valid_r4(found.json())


def test_files_are_no_answer(service: Running) -> None:
    path = f"{service.base}?_outputFormat=application/fhir%2Bndjson"
    refused = service.client.post(path, json=record("later-files"), headers=LATER)
    assert refused.status_code == 400
    assert service.client.get("/Patient/later-files-0").status_code == 404


def test_there_is_no_answer_to_what_was_answered_at_once(service: Running) -> None:
    posted = service.post(record("later-at-once"))
    submission = posted.json()["link"][0]["url"].rpartition("/")[2]
    assert service.client.get(f"/async/{submission}").status_code == 404
    assert service.client.delete(f"/async/{submission}").status_code == 404


def test_while_nothing_is_judged_there_is_no_answer(idle: Running) -> None:
    address = started(idle, record("later-waiting")).headers["content-location"]
    for _ in range(3):
        waiting = idle.client.get(address)
        assert (waiting.status_code, waiting.headers["x-progress"]) == (202, "0 of 1 patients judged")
        assert waiting.headers["retry-after"] == "1"


def test_an_answer_that_is_given_up_is_not_found_and_what_was_sent_stays(idle: Running) -> None:
    promise = started(idle, record("later-given-up"))
    address = promise.headers["content-location"]
    assert idle.client.delete(address).status_code == 202
    for refused in (idle.client.get(address), idle.client.delete(address)):
        assert refused.status_code == 404
        assert_valid_r4(refused.json())
    assert idle.get("Patient/later-given-up-0")["id"] == "later-given-up-0"
    task = idle.get(promise.headers["link"].partition(">")[0].removeprefix("<"))
    assert task["status"] == "received"


def test_a_repeated_bundle_is_promised_the_same_answer_even_when_it_was_given_up(service: Running) -> None:
    first = started(service, record("later-repeated"), **{"idempotency-key": "repeated-async"})
    assert service.client.delete(first.headers["content-location"]).status_code == 202
    again = started(service, record("later-repeated"), **{"idempotency-key": "repeated-async"})
    assert again.headers["content-location"] == first.headers["content-location"]
    assert answer(service, again.headers["content-location"]).status_code == 200
