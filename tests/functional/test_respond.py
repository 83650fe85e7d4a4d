"""A clinician agrees or overrides over HTTP: the chart changes at once, once, and until the decision changes."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.docs.blocks import ROOT
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.unit.usecases.clinic import indicated, leg_raise

WHO = {"name": "who", "valueReference": {"reference": "Practitioner/7", "display": "Dr. Seven"}}
REASON = {
    "name": "reason",
    "valueCodeableConcept": {
        "coding": [{"system": "https://fhirsvc.example/fhir/CodeSystem/override-reason", "code": "already-evaluated"}]
    },
}


def today(resource: dict[str, Any]) -> dict[str, Any]:
    """The same resource, recorded today."""
    dated = {"effectiveDateTime", "recordedDate"} & resource.keys()
    return {**resource, **{name: time.strftime("%Y-%m-%d") for name in dated}}


def post(service: Running, *resources: dict[str, Any]) -> dict[str, Any]:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": today(each)} for each in resources],
    }
    return service.task(service.post(bundle))


def impression_of(service: Running, patient: str) -> str:
    """The id of the impression of a patient for whom an evaluation is indicated."""
    [reference] = outputs(post(service, *indicated(patient)), "impression")
    return str(reference["reference"]).rpartition("/")[2]


def say(service: Running, impression: str, response: str, *more: dict[str, Any]) -> httpx.Response:
    body = {"resourceType": "Parameters", "parameter": [{"name": "response", "valueCode": response}, *more]}
    headers = {"content-type": "application/fhir+json"}
    return service.client.post(f"/ClinicalImpression/{impression}/$respond", json=body, headers=headers)


def named(answer: httpx.Response) -> dict[str, Any]:
    """The values of the parameters of an answer by name."""
    assert answer.status_code == 200, answer.text
    assert_valid_r4(answer.json())
    return {each["name"]: next(each[key] for key in each if key != "name") for each in answer.json()["parameter"]}


def test_an_override_is_in_the_chart_when_it_is_answered_and_ends_with_the_decision(service: Running) -> None:
    impression = impression_of(service, "respond-1")
    told = named(say(service, impression, "override", REASON, WHO))
    assert told["response"] == "override"
    noted = service.get(told["impression"]["reference"])
    assert service.get(f"ClinicalImpression/{impression}") == noted
    assert noted["note"][-1]["text"] == "Overridden by a clinician: Already evaluated."
    assert noted["note"][-1]["authorReference"]["display"] == "Dr. Seven"
    flag = service.get(told["flag"]["reference"])
    assert (flag["status"], flag["meta"]["versionId"]) == ("inactive", "2")
    provenance = service.get(told["provenance"]["reference"])
    assert provenance["recorded"] == told["recorded"]
    post(service, *indicated("respond-1"))
    assert service.get(f"Flag/{flag['id']}") == flag
    post(service, leg_raise("negative", "slr-respond-1", of="respond-1"))
    post(service, leg_raise("positive", "slr-respond-1", of="respond-1"))
    assert service.get(f"Flag/{flag['id']}")["status"] == "active"


def test_the_same_word_again_gives_the_same_answer(service: Running) -> None:
    impression = impression_of(service, "respond-2")
    first = say(service, impression, "override", REASON, WHO)
    again = say(service, impression, "override", REASON, WHO)
    assert (first.status_code, first.content) == (200, again.content)
    assert len(service.get(f"ClinicalImpression/{impression}/_history")["entry"]) == 2


def test_sixteen_at_once_are_one_word_with_one_answer(service: Running) -> None:
    impression = impression_of(service, "respond-7")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: say(service, impression, "override", REASON, WHO), range(16)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert len(service.get(f"ClinicalImpression/{impression}/_history")["entry"]) == 2


def test_agreement_changes_nothing(service: Running) -> None:
    impression = impression_of(service, "respond-3")
    before = service.get(f"ClinicalImpression/{impression}")
    told = named(say(service, impression, "agree", WHO))
    assert "flag" not in told
    assert told["impression"]["reference"] == f"ClinicalImpression/{impression}/_history/1"
    assert service.get(f"ClinicalImpression/{impression}") == before


def test_what_is_superseded_is_a_conflict_that_names_what_stands(service: Running) -> None:
    old = impression_of(service, "respond-4")
    [new] = outputs(post(service, leg_raise("negative", "slr-respond-4", of="respond-4")), "impression")
    refused = say(service, old, "override", REASON, WHO)
    assert refused.status_code == 409
    [issue] = refused.json()["issue"]
    assert issue["code"] == "conflict"
    assert new["reference"].removeprefix(f"{service.base}/") in issue["details"]["text"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"resourceType": "Patient"}', {}, 400),
        (b'{"resourceType": "Parameters"}', {}, 400),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"accept": "text/html"}, 406),
    ],
)
def test_what_cannot_be_read_is_refused(service: Running, body: bytes, headers: dict[str, str], status: int) -> None:
    sent = {"content-type": "application/fhir+json", **headers}
    answer = service.client.post("/ClinicalImpression/x/$respond", content=body, headers=sent)
    assert answer.status_code == status
    assert_valid_r4(answer.json())


def test_an_impression_that_is_not_there_is_not_found(service: Running) -> None:
    assert say(service, "nothing", "agree", WHO).status_code == 404
    assert service.client.get("/ClinicalImpression/nothing/$respond").status_code == 405


def test_the_example_of_the_manual_is_answered_as_it_says(service: Running) -> None:
    manual = (ROOT / "docs" / "ehr.md").read_text(encoding="utf-8").partition("## A clinician's word\n")[2]
    asked, promised = re.findall(r"```json\n(.*?)```", manual.partition("\n## ")[0], re.DOTALL)
    impression = impression_of(service, "respond-6")
    answer = say(service, impression, "override", *json.loads(asked)["parameter"][1:])
    assert answer.status_code == 200
    assert steady(answer.json()) == steady(json.loads(promised))


def steady(parameters: dict[str, Any]) -> str:
    """Parameters without the ids and times that differ from run to run."""
    text = re.sub(r"/[0-9a-f]{40}", "/[id]", json.dumps(parameters))
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)


def test_the_log_holds_no_word_of_it(service: Running) -> None:
    impression = impression_of(service, "respond-5")
    secret = {"name": "comment", "valueString": "Marked-Comment-Kx7"}
    named(say(service, impression, "override", REASON, {"name": "who", "valueString": "Marked-Name-Kx7"}, secret))
    assert "Kx7" not in service.log.read_text()
