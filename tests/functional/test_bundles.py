"""Posting Bundles: what is answered, what is kept, and that it is kept as it was sent."""

from __future__ import annotations

import hashlib
import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.records import (
    Bundle,
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
    assert not [each for each in responses(posted.json()) if "outcome" in each]
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
