"""Posting Bundles: what is answered, what is kept, and that it is kept as it was sent."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.records import (
    Bundle,
    ago,
    batch,
    coded,
    collection,
    concept,
    condition,
    observation,
    patient,
    transaction,
    worded,
)

LOCATION = re.compile(r"(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})/_history/(?P<version>\d+)")


def record(name: str, form: Any = transaction) -> Bundle:
    bundle: Bundle = form(
        name,
        patient("female", 40),
        condition(coded("http://snomed.info/sct", "4063001"), "left"),
        observation(concept("achilles-tenderness"), valueBoolean=False),
        observation(worded("Left Achilles reflex"), valueString="absent"),
    )
    return bundle


def responses(bundle: Bundle) -> list[dict[str, Any]]:
    return [entry["response"] for entry in bundle["entry"]]


def located(response: dict[str, Any]) -> dict[str, str]:
    found = LOCATION.search(response["location"])
    assert found
    return found.groupdict()


@pytest.mark.parametrize(
    ("form", "kind"),
    [(transaction, "transaction-response"), (batch, "batch-response"), (collection, "batch-response")],
)
def test_entries_are_answered_in_the_order_of_the_request(service: Running, form: Any, kind: str) -> None:
    answer = service.post(record(f"order-{kind}-{form.__name__}", form)).json()
    assert answer["type"] == kind
    assert [located(each)["type"] for each in responses(answer)] == [
        "Patient",
        "Condition",
        "Observation",
        "Observation",
    ]
    assert [each["status"] for each in responses(answer)] == ["201 Created"] * 4
    assert_valid_r4(answer)


def test_each_entry_has_location_etag_and_time(service: Running) -> None:
    for response in responses(service.post(record("etag")).json()):
        assert located(response)["version"] == "1"
        assert response["etag"] == 'W/"1"'
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", response["lastModified"])


def test_the_answer_links_to_the_submission_in_body_and_header(service: Running) -> None:
    posted = service.post(record("link"))
    [link] = posted.json()["link"]
    assert link["relation"] == "status"
    assert link["url"].startswith(f"{service.base}/Task/")
    assert posted.headers["link"] == f'<{link["url"]}>; rel="status"'
    assert_valid_r4(service.task(posted))


def test_urn_uuid_references_are_resolved(service: Running) -> None:
    person, complaint, *signs = map(located, responses(service.post(record("urn")).json()))
    for each in (complaint, *signs):
        kept = service.get(f"{each['type']}/{each['id']}")
        assert kept["subject"] == {"reference": f"Patient/{person['id']}"}


def test_a_put_again_is_the_next_version_and_both_can_be_read(service: Running) -> None:
    bundle = record("again", batch)
    assert [each["status"] for each in responses(service.post(bundle).json())] == ["201 Created"] * 4
    bundle["entry"][3]["resource"]["valueString"] = "normal"
    answers = responses(service.post(bundle).json())
    assert [each["status"] for each in answers] == ["200 OK"] * 4
    assert [located(each)["version"] for each in answers] == ["1", "1", "1", "2"]
    assert service.get("Observation/again-3/_history/1")["valueString"] == "absent"
    assert service.get("Observation/again-3/_history/2")["valueString"] == "normal"
    assert service.get("Observation/again-3")["valueString"] == "normal"


def test_a_resource_is_served_with_its_version_and_time(service: Running) -> None:
    service.post(record("headers", batch))
    response = service.client.get("/Observation/headers-2")
    meta = response.json()["meta"]
    assert response.headers["etag"] == 'W/"1"'
    assert meta["versionId"] == "1"
    assert parsedate_to_datetime(response.headers["last-modified"]).isoformat()[:19] == meta["lastUpdated"][:19]
    assert response.headers["content-type"] == "application/fhir+json; fhirVersion=4.0; charset=utf-8"


def test_every_answer_carries_the_safe_headers(service: Running) -> None:
    for path in ("/metadata", "/Patient/nobody"):
        headers = service.client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
        assert "server" not in headers


@pytest.mark.parametrize("written", ["1.10", "0.000", "12345678901234567.8901", "1E2"])
def test_a_number_comes_back_as_it_was_written(service: Running, written: str) -> None:
    name = f"number-{written.translate({46: '-'})}"
    body = json.dumps(
        batch(
            name, patient("male", 40), observation(worded("Ankle width"), valueQuantity={"value": 7331, "unit": "cm"})
        )
    ).replace("7331", written)
    assert service.post(body.encode()).status_code == 200
    for path in (f"/Observation/{name}-1", f"/Observation/{name}-1/_history/1"):
        assert re.search(r'"value"\s*:\s*([^,}\s]+)', service.client.get(path).text)[1] == written  # type: ignore[index]


WRITTEN = r"""{ "resourceType":"Observation", "id":"tokens", "status" : "final",
  "code":{"text":"Caf\u00e9 \/ reflex"}, "effectiveDateTime":"2026-01-02T03:04:05.000+02:00" }"""


def test_a_resource_comes_back_with_every_token_the_sender_wrote(service: Running) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": "here"}]}
    assert service.post(json.dumps(bundle).replace('"here"', WRITTEN).encode()).status_code == 200
    served = service.client.get("/Observation/tokens").text
    for token in ('"status" : "final"', r"Caf\u00e9 \/ reflex", "2026-01-02T03:04:05.000+02:00"):
        assert token in served


def test_a_transaction_is_kept_whole_or_not_at_all(service: Running) -> None:
    bundle = batch("whole", patient("male", 40), observation(worded("Achilles reflex"), valueString="2+"))
    bundle["type"] = "transaction"
    bundle["entry"][1]["resource"]["status"] = "banana"
    refused = service.post(bundle)
    assert refused.status_code == 400
    assert refused.json()["resourceType"] == "OperationOutcome"
    assert service.client.get("/Patient/whole-0").status_code == 404


def test_patients_of_one_bundle_are_kept_apart(service: Running) -> None:
    one, other = record("apart-one", collection), record("apart-other", collection)
    other["entry"] = [each for each in other["entry"] if each["resource"]["resourceType"] in {"Patient", "Condition"}]
    task = service.task(service.post({**one, "entry": [*one["entry"], *other["entry"]]}))
    patients = [each["valueReference"]["reference"] for each in task["output"] if each["type"]["text"] == "patient"]
    assert sorted(patients) == ["Patient/apart-one-0", "Patient/apart-other-0"]
    said = [each["valueReference"]["reference"] for each in task["output"] if each["type"]["text"] == "impression"]
    read = [service.get(each) for each in said]
    about = {each["subject"]["reference"]: each for each in read}
    assert "achilles reflex" in about["Patient/apart-other-0"]["finding"][0]["basis"].casefold()
    assert "Observation/apart-one" not in json.dumps(about["Patient/apart-other-0"])


def test_the_task_names_the_bundle_by_the_digest_of_its_bytes(service: Running) -> None:
    body = json.dumps(record("digest")).encode()
    task = service.task(service.post(body))
    assert task["focus"]["identifier"] == {"value": f"sha256:{hashlib.sha256(body).hexdigest()}"}


def test_the_task_of_a_repeated_bundle_gives_the_answer_that_stands(service: Running) -> None:
    bundle = record("repeated", batch)
    first, again = service.task(service.post(bundle)), service.task(service.post(bundle))
    assert again["for"] == {"reference": "Patient/repeated-0"}
    assert again["output"] == first["output"]
    [standing] = outputs(again, "impression")
    assert service.get(standing["reference"])["meta"]["versionId"] == "1"


def test_the_task_names_what_was_not_understood_and_why(service: Running) -> None:
    bundle = collection(
        "missed",
        patient("female", 40),
        condition(coded("http://snomed.info/sct", "4063001"), "left"),
        observation(worded("Tea leaves"), valueString="dark"),
        observation(worded("Left Achilles reflex"), valueString="as expected of a poet"),
    )
    task = service.task(service.post(bundle))
    assert_valid_r4(task)
    missed = [each["reference"] for each in outputs(task, "not-understood")]
    assert dict(zip(missed, outputs(task, "why"), strict=True)) == {
        "Observation/missed-2/_history/1": "unmapped",
        "Observation/missed-3/_history/1": "unread",
    }
    assert service.get(missed[0])["valueString"] == "dark"
    assert "poet" not in json.dumps(task)


def test_a_patient_is_known_by_the_address_of_this_service(service: Running) -> None:
    bundle = record("address", batch)
    for entry in bundle["entry"][1:]:
        entry["resource"]["subject"] = {"reference": f"{service.base}/Patient/address-0"}
    posted = service.post(bundle)
    issues = [issue for each in responses(posted.json()) for issue in each["outcome"]["issue"]]
    assert {each["severity"] for each in issues} == {"information"}
    [standing] = outputs(service.task(posted), "impression")
    assert "achilles reflex" in service.get(standing["reference"])["finding"][0]["basis"].casefold()


def test_json_is_taken_under_both_names(service: Running) -> None:
    body = json.dumps(record("json")).encode()
    for kind in (
        "application/json",
        "application/fhir+json; charset=UTF-8",
        'application/fhir+json; fhirVersion="4.0"',
    ):
        assert service.client.post(service.base, content=body, headers={"content-type": kind}).status_code == 200


def test_what_the_service_wrote_cannot_be_replaced_from_outside(service: Running) -> None:
    service.post(record("not-ours", batch))
    statement = {
        "resourceType": "ServiceRequest",
        "id": "x",
        "status": "draft",
        "intent": "proposal",
        "subject": {"reference": "Patient/not-ours-0"},
    }
    impression = {"resourceType": "ClinicalImpression", "status": "completed", "subject": statement["subject"]}
    entry = {"fullUrl": "https://ehr.example/fhir/ClinicalImpression/y", "resource": {**impression, "id": "y"}}
    answer = service.post({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert answer.status_code in {200, 422}
    assert service.client.get("/ClinicalImpression/y").status_code == 404


def keyed(service: Running, bundle: dict[str, Any], key: str) -> httpx.Response:
    headers = {"content-type": "application/fhir+json", "idempotency-key": key}
    return service.client.post(service.base, content=json.dumps(bundle).encode(), headers=headers)


def asked(method: str, url: str, resource: dict[str, Any] | None = None, /, **conditions: str) -> dict[str, Any]:
    return {"request": {"method": method, "url": url, **conditions}, **({"resource": resource} if resource else {})}


def bundle_of(type_: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type_, "entry": list(entries)}


def known_by(value: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:clinic", "value": value}]}


def at_once(send: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(16) as senders:
        return [each.result() for each in [senders.submit(send) for _ in range(16)]]


def test_a_bundle_under_a_key_that_came_is_answered_byte_for_byte_as_it_was(service: Running) -> None:
    bundle = record("keyed")
    first, again = keyed(service, bundle, "key-1"), keyed(service, bundle, "key-1")
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert first.headers["link"] == again.headers["link"]
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    other = keyed(service, record("keyed-otherwise"), "key-1")
    assert (other.status_code, other.json()["issue"][0]["code"]) == (422, "duplicate")
    assert keyed(service, bundle, "k" * 256).status_code == 400


def test_a_bundle_is_known_by_its_identifier_and_by_its_content(service: Running) -> None:
    for name, members in (("by-id", {"identifier": {"system": "urn:ehr", "value": "by-id"}}), ("by-content", {})):
        bundle = {**record(name), **members}
        assert service.post(bundle).content == service.post(bundle).content


def test_sixteen_equal_bundles_at_once_have_one_result(service: Running) -> None:
    body = json.dumps(record("sixteen")).encode()
    answers = at_once(lambda: service.post(body))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1


def test_sixteen_equal_conditional_creations_at_once_create_one(service: Running) -> None:
    person = known_by("sixteen")
    bundle = bundle_of("batch", asked("POST", "Patient", person, ifNoneExist="identifier=urn:clinic|sixteen"))

    def send() -> httpx.Response:
        return keyed(service, bundle, uuid4().hex)

    answers = [responses(each.json())[0] for each in at_once(send)]
    assert Counter(each["status"] for each in answers) == {"201 Created": 1, "200 OK": 15}
    assert len({each["location"] for each in answers}) == 1


def test_of_sixteen_updates_of_one_version_at_once_one_wins(service: Running) -> None:
    service.post(bundle_of("batch", asked("PUT", "Device/raced", {"resourceType": "Device", "id": "raced"})))

    def send() -> httpx.Response:
        device = {"resourceType": "Device", "id": "raced", "lotNumber": uuid4().hex}
        return service.post(bundle_of("transaction", asked("PUT", "Device/raced", device, ifMatch='W/"1"')))

    answers = at_once(send)
    assert Counter(each.status_code for each in answers) == {200: 1, 412: 15}
    assert service.get("Device/raced")["meta"]["versionId"] == "2"


def test_entries_read_delete_and_ask_conditions(service: Running) -> None:
    service.post(bundle_of("batch", asked("PUT", "Patient/ask-1", {**known_by("ask"), "id": "ask-1"})))
    answer = service.post(
        bundle_of(
            "batch",
            asked("GET", "Patient/ask-1"),
            asked("GET", "Patient?identifier=urn:clinic|ask"),
            asked("GET", "Patient/ask-1", ifNoneMatch='W/"1"'),
            asked("HEAD", "Patient/ask-1"),
            asked("GET", "Patient/nobody"),
            asked("PATCH", "Patient/ask-1"),
            asked("DELETE", "Patient/nobody"),
            asked("PUT", "Patient/ask-1", {**known_by("ask"), "id": "ask-1"}, ifMatch='W/"7"'),
            asked("PUT", "Patient?identifier=urn:clinic|ask", {**known_by("ask"), "id": "other"}),
            asked("PUT", "Patient?identifier=urn:clinic|ask-not", {**known_by("ask"), "id": "ask-1"}),
            asked("PUT", "Patient/ask-1", {**known_by("ask"), "id": "ask-1"}, ifMatch="7"),
        )
    ).json()
    assert_valid_r4(answer)
    assert [each["status"][:3] for each in responses(answer)] == [
        *("200", "200", "304", "200", "404", "501", "204", "412", "400", "409", "400")
    ]
    read, found, known, head = answer["entry"][:4]
    assert read["resource"]["id"] == "ask-1"
    assert [each["resource"]["id"] for each in found["resource"]["entry"]] == ["ask-1"]
    assert ("resource" in known, "resource" in head) == (False, False)
    assert (read["response"]["etag"], head["response"]["etag"]) == ('W/"1"', 'W/"1"')


def test_a_bundle_that_only_reads_has_no_submission(service: Running) -> None:
    posted = service.post(bundle_of("batch", asked("GET", "Patient/nobody")))
    assert posted.status_code == 200
    assert ("link" in posted.headers, "link" in posted.json()) == (False, False)


def test_a_transaction_that_cannot_be_done_is_answered_with_one_outcome(service: Running) -> None:
    twins = [asked("PUT", f"Patient/twin-{n}", {**known_by("twin"), "id": f"twin-{n}"}) for n in (1, 2)]
    service.post(bundle_of("batch", *twins))
    entries = {
        400: asked("GET", "Patient?nonsense=1"),
        412: asked("DELETE", "Patient?identifier=urn:clinic|twin"),
        422: asked("GET", "Patient/nobody"),
        409: asked("PUT", "Patient?identifier=urn:clinic|nobody", {**known_by("x"), "id": "twin-1"}),
        501: asked("PATCH", "Patient/nobody"),
    }
    for status, entry in entries.items():
        seen = observation(worded("Achilles reflex"), valueString="absent")
        answer = service.post(bundle_of("transaction", entry, asked("POST", "Observation", seen)))
        assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")


def test_a_conditional_reference_to_nothing_refuses_its_transaction(service: Running) -> None:
    seen = {
        **observation(worded("Achilles reflex"), valueString="absent"),
        "subject": {"reference": "Patient?identifier=a|b"},
    }
    answer = service.post(bundle_of("transaction", asked("POST", "Observation", seen)))
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (422, "not-found")


def test_evidence_that_is_deleted_changes_the_answer(service: Running) -> None:
    service.task(service.post(record("deleted", batch)))
    task = service.task(service.post(bundle_of("batch", asked("DELETE", "Observation/deleted-3"))))
    [standing] = outputs(task, "impression")
    assert "Observation/deleted-3" not in json.dumps(service.get(standing["reference"]))
    assert service.client.get("/Observation/deleted-3").status_code == 410
    assert service.get("Observation/deleted-3/_history/1")["valueString"] == "absent"


def test_a_text_that_comes_after_its_document_is_read(service: Running) -> None:
    text = b64encode(b"Left Achilles reflex absent.").decode()
    note = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        "date": f"{ago(5)}T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/late-text"}}],
    }
    who, complaint = patient("female", 40), condition(coded("http://snomed.info/sct", "4063001"), "left")
    before = service.task(service.post(batch("late", who, complaint, note)))
    binary = {"resourceType": "Binary", "id": "late-text", "contentType": "text/plain", "data": text}
    after = service.task(service.post(bundle_of("batch", asked("PUT", "Binary/late-text", binary))))
    assert after["for"] == {"reference": "Patient/late-0"}
    assert outputs(after, "impression") != outputs(before, "impression")
