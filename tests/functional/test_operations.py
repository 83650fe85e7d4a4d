"""The operations: a dry run that leaves no trace, and messages that are answered by messages."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.docs.blocks import ROOT
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import FHIR_JSON, Running, outputs

JSON = dict[str, Any]


def patient(id_: str, **more: Any) -> JSON:
    return {"resourceType": "Patient", "id": id_, "birthDate": "1971-05-20", **more}


def complaint(id_: str, of: str, side: str = "left") -> JSON:
    return {
        "resourceType": "Condition",
        "id": id_,
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": {"text": "Achilles tendinopathy"},
        "bodySite": [{"text": side}],
        "subject": {"reference": f"Patient/{of}"},
        "recordedDate": "2026-11-01",
    }


def reflex(id_: str, of: str, side: str, value: str) -> JSON:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": f"{side} Achilles reflex"},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": "2026-11-01",
        "valueString": value,
    }


def coded(system: str, code: str) -> JSON:
    return {"coding": [{"system": system, "code": code}]}


def collection(*resources: JSON) -> JSON:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def new_id() -> str:
    return f"op-{uuid4().hex[:12]}"


def assessed(service: Running, id_: str, body: JSON | None = None) -> JSON:
    """The valid answer of the dry run."""
    address = f"/Patient/{id_}/$assess-heel-pain"
    answer = service.client.get(address) if body is None else service.client.post(address, json=body, headers=FHIR_JSON)
    assert answer.status_code == 200, answer.text
    assert_valid_r4(answer.json())
    for each in answer.json()["parameter"]:
        if "resource" in each:
            assert_valid_r4(each["resource"])
    found: JSON = answer.json()
    return found


def parts(answer: JSON, name: str) -> list[JSON]:
    return [each for each in answer["parameter"] if each["name"] == name]


def outcomes(answer: JSON) -> list[str]:
    return [
        part["valueCode"] for each in parts(answer, "finding") for part in each["part"] if part["name"] == "outcome"
    ]


def changes(answer: JSON) -> bool:
    [found] = parts(answer, "changes")
    return bool(found["valueBoolean"])


def trace(service: Running) -> tuple[Any, ...]:
    """How much is kept: everything there is a history of."""
    return (service.get("_history?_count=1")["total"],)


@pytest.fixture
def known(service: Running) -> str:
    """A patient of whom a complaint and one reflex are known and judged."""
    id_ = new_id()
    service.task(
        service.post(collection(patient(id_), complaint(f"{id_}-c", id_), reflex(f"{id_}-r", id_, "Left", "absent")))
    )
    return id_


def test_a_dry_run_says_what_stands_and_that_nothing_would_change(service: Running, known: str) -> None:
    before = trace(service)
    answer = assessed(service, known)
    [standing] = [each["resource"] for each in service.get(f"ClinicalImpression?patient={known}")["entry"]]
    [shown] = [each["resource"] for each in parts(answer, "impression")]
    assert not changes(answer)
    assert outcomes(answer) == [each["itemCodeableConcept"]["coding"][0]["code"] for each in standing["finding"]]
    assert (shown["finding"], shown["summary"]) == (standing["finding"], standing["summary"])
    assert (shown["status"], "id" in shown, "identifier" in shown) == ("in-progress", False, False)
    assert "dry-run" in {each["code"] for each in shown["meta"]["tag"]}
    assert "Dry run" in shown["text"]["div"]
    assert trace(service) == before


def test_a_bundle_in_addition_changes_the_answer_and_leaves_no_trace(service: Running, known: str) -> None:
    before, alone = trace(service), assessed(service, known)
    more = collection(
        reflex(f"{known}-o", known, "Right", "normal"),
        {
            **reflex(f"{known}-s", known, "Left", "weak"),
            "code": {"text": "Left plantar flexion power"},
            "valueString": "3/5",
        },
    )
    asked = {"resourceType": "Parameters", "parameter": [{"name": "bundle", "resource": more}]}
    answer = assessed(service, known, asked)
    assert outcomes(answer) != outcomes(alone)
    assert changes(answer)
    assert outcomes(assessed(service, known, more)) == outcomes(answer)
    assert trace(service) == before
    assert service.client.get(f"/Observation/{known}-o").status_code == 404
    assert not changes(assessed(service, known))
    service.task(service.post(more))
    assert outcomes(assessed(service, known)) == outcomes(answer)


def test_what_replaces_a_resource_counts_in_its_place(service: Running, known: str) -> None:
    denied = collection(
        complaint(f"{known}-c", known)
        | {"clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")}
    )
    answer = assessed(service, known, denied)
    assert (outcomes(answer), changes(answer), parts(answer, "impression")) == (["not-applicable"], True, [])


def test_what_speaks_of_another_patient_is_passed_over_and_named(service: Running, known: str) -> None:
    other = new_id()
    answer = assessed(service, known, collection(patient(other), reflex(f"{other}-r", other, "Left", "normal")))
    [issues] = [each["resource"] for each in parts(answer, "issues")]
    assert [each["expression"] for each in issues["issue"]] == [
        ["Bundle.entry[0].resource"],
        ["Bundle.entry[1].resource"],
    ]
    assert not changes(answer)
    assert service.client.get(f"/Patient/{other}").status_code == 404


def test_what_is_not_understood_is_named_and_not_absent(service: Running, known: str) -> None:
    odd = reflex(f"{known}-x", known, "", "positive") | {"code": coded("https://clinic.example/exam", "HT-7")}
    answer = assessed(service, known, collection(odd))
    named = [{part["name"]: part for part in each["part"]} for each in parts(answer, "not-understood")]
    assert (f"Observation/{known}-x/_history/1", "unmapped") in [
        (each["resource"]["valueReference"]["reference"], each["why"]["valueCode"]) for each in named
    ]


def test_merged_patients_are_answered_for_the_survivor(service: Running, known: str) -> None:
    other = new_id()
    link = [{"other": {"reference": f"Patient/{known}"}, "type": "replaced-by"}]
    service.task(service.post(collection(patient(other, link=link))))
    answer = assessed(service, other)
    assert parts(answer, "patient")[0]["valueReference"]["reference"] == f"Patient/{known}"
    assert outcomes(answer) == outcomes(assessed(service, known))


def test_nobody_known_is_not_found_and_a_deleted_patient_is_gone(service: Running, known: str) -> None:
    assert service.client.get(f"/Patient/{new_id()}/$assess-heel-pain").status_code == 404
    assert service.client.delete(f"/Patient/{known}").status_code in {200, 204}
    answer = service.client.get(f"/Patient/{known}/$assess-heel-pain")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (410, "deleted")


def test_a_post_without_a_body_asks_what_a_get_asks(service: Running, known: str) -> None:
    answer = service.client.post(f"/Patient/{known}/$assess-heel-pain")
    assert answer.status_code == 200
    assert outcomes(answer.json()) == outcomes(assessed(service, known))


def test_a_patient_who_comes_with_the_bundle_is_assessed(service: Running) -> None:
    id_ = new_id()
    answer = assessed(service, id_, collection(patient(id_), complaint(f"{id_}-c", id_)))
    assert changes(answer)
    assert service.client.get(f"/Patient/{id_}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"resourceType": "Patient"}, 400, None),
        (
            {"resourceType": "Parameters", "parameter": [{"name": "on", "valueDate": "2026-01-01"}]},
            400,
            "Parameters.parameter[0].name",
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "bundle", "resource": collection({"resourceType": "Patient", "gender": "x"})}],
            },
            400,
            "Parameters.parameter[0].resource.entry[0].resource.gender",
        ),
        (collection({"resourceType": "Account"}), 422, "Bundle.entry[0].resource.resourceType"),
    ],
)
def test_a_faulty_request_is_refused_at_its_place(
    service: Running, known: str, body: JSON, status: int, place: str | None
) -> None:
    answer = service.client.post(f"/Patient/{known}/$assess-heel-pain", json=body, headers=FHIR_JSON)
    assert_valid_r4(answer.json())
    assert (answer.status_code, answer.json()["issue"][0].get("expression", [None])[0]) == (status, place)


EVENT = "https://clinic.example/events/heel-examined"


def message(*resources: JSON, id_: str = "", **header: Any) -> JSON:
    first = {
        "resourceType": "MessageHeader",
        "id": id_ or new_id(),
        "eventUri": EVENT,
        "source": {"name": "Clinic", "endpoint": "https://clinic.example/messages"},
        **header,
    }
    entries = [
        {"fullUrl": f"https://clinic.example/fhir/{each['resourceType']}/{each.get('id', 'x')}", "resource": each}
        for each in (first, *resources)
    ]
    return {"resourceType": "Bundle", "type": "message", "timestamp": "2026-11-29T08:00:00Z", "entry": entries}


def process(service: Running, sent: JSON, query: str = "") -> httpx.Response:
    answer = service.client.post(f"/$process-message{query}", json=sent, headers=FHIR_JSON)
    assert_valid_r4(answer.json())
    return answer


def answered(answer: httpx.Response) -> tuple[JSON, JSON]:
    """The MessageHeader and the OperationOutcome of a response message, which refer to each other."""
    bundle = answer.json()
    assert bundle["type"] == "message"
    header, details = (entry["resource"] for entry in bundle["entry"])
    assert header["response"]["details"]["reference"] == bundle["entry"][1]["fullUrl"]
    return header, details


def test_a_message_is_kept_judged_and_answered_by_a_message(service: Running) -> None:
    id_ = new_id()
    sent = message(patient(id_), complaint(f"{id_}-c", id_), reflex(f"{id_}-r", id_, "Left", "absent"))
    answer = process(service, sent)
    header, details = answered(answer)
    assert answer.status_code == 200
    assert header["response"] | {"details": 0} == {
        "identifier": sent["entry"][0]["resource"]["id"],
        "code": "ok",
        "details": 0,
    }
    assert header["eventUri"] == EVENT
    assert header["destination"] == [{"name": "Clinic", "endpoint": "https://clinic.example/messages"}]
    assert header["source"]["endpoint"] == f"{service.base}/$process-message"
    assert "Bundle.entry[3].resource" in {place for each in details["issue"] for place in each["expression"]}
    task = service.task(answer)
    assert outputs(task, "patient") == [{"reference": f"Patient/{id_}"}]
    assert outputs(task, "impression")
    assert service.get(f"Observation/{id_}-r")["valueString"] == "absent"
    assert service.client.get(f"/MessageHeader/{sent['entry'][0]['resource']['id']}").status_code == 404


def test_a_message_that_comes_again_is_answered_again_and_does_nothing(service: Running) -> None:
    id_ = new_id()
    sent = message(patient(id_))
    first = process(service, sent)
    service.task(service.post(collection(patient(id_, gender="female"))))
    again = process(service, sent)
    assert answered(again) == answered(first)
    assert again.links == first.links
    assert service.get(f"Patient/{id_}")["meta"]["versionId"] == "2"


def test_a_message_in_another_envelope_is_the_same_message(service: Running) -> None:
    sent = message(patient(new_id()))
    first = process(service, sent)
    again = process(service, {**sent, "id": "another", "timestamp": "2026-11-29T09:00:00Z"})
    assert answered(again) == answered(first)
    assert again.links == first.links


def test_the_id_of_a_message_is_not_taken_for_another_message(service: Running) -> None:
    id_, other = new_id(), new_id()
    process(service, message(patient(id_), id_=f"m-{id_}"))
    answer = process(service, message(patient(other), id_=f"m-{id_}"))
    header, details = answered(answer)
    assert (answer.status_code, header["response"]["code"]) == (422, "fatal-error")
    assert details["issue"][0]["code"] == "duplicate"
    assert service.client.get(f"/Patient/{other}").status_code == 404


def test_a_message_whose_content_is_refused_is_answered_as_a_fatal_error(service: Running) -> None:
    id_ = new_id()
    answer = process(service, message(patient(id_), {"resourceType": "Account", "id": "a"}))
    header, details = answered(answer)
    assert (answer.status_code, header["response"]["code"]) == (422, "fatal-error")
    assert details["issue"][0]["expression"] == ["Bundle.entry[2].resource.resourceType"]
    assert service.client.get(f"/Patient/{id_}").status_code == 404


def test_what_has_no_header_to_answer_is_refused_with_an_outcome(service: Running) -> None:
    headless = message(patient("x"))
    del headless["entry"][0]
    for sent in (collection(patient("x")), headless, message(patient("x"), source={})):
        answer = process(service, sent)
        assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")


def test_a_message_is_answered_at_once_or_not_at_all(service: Running) -> None:
    for query in ("?async=true", "?response-url=https://clinic.example/answers"):
        answer = process(service, message(patient("x")), query)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (422, "not-supported")
    assert process(service, message(), "?async=false").status_code == 200


def test_a_message_at_the_base_is_told_where_to_go(service: Running) -> None:
    answer = service.post(message(patient("x")))
    assert answer.status_code == 422
    assert "$process-message" in answer.json()["issue"][0]["details"]["text"]


def test_every_operation_is_claimed_with_a_definition_that_can_be_read(service: Running) -> None:
    [rest] = service.get("metadata")["rest"]
    claimed = [*rest["operation"], *(each for kind in rest["resource"] for each in kind.get("operation", ()))]
    assert {each["name"] for each in claimed} >= {"assess-heel-pain", "process-message"}
    for each in claimed:
        [definition] = [
            entry["resource"] for entry in service.get(f"OperationDefinition?url={each['definition']}")["entry"]
        ]
        assert_valid_r4(definition)
        assert definition["code"] == each["name"]


DOCUMENT = (ROOT / "docs" / "ehr.md").read_text(encoding="utf-8")


def examples(section: str) -> list[Any]:
    """The JSON blocks below a heading of the document for senders."""
    text = DOCUMENT.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [json.loads(each) for each in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def test_the_dry_run_of_the_document_is_answered_as_it_shows(service: Running) -> None:
    asked, shown = examples("Ask without writing")
    answer = assessed(service, "asked-1", asked)
    assert [each for each in answer["parameter"] if each["name"] != "impression"] == shown
    assert parts(answer, "impression")


def test_the_message_of_the_document_is_answered_as_it_shows(service: Running) -> None:
    sent, shown = examples("Messages")
    header, _ = answered(process(service, sent))
    del header["response"]["details"]
    assert {name: header[name] for name in shown} == shown
