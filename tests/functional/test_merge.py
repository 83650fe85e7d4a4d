"""A merge over HTTP: one answer for the person, told to whoever sends, and two again when the link is taken away."""

from __future__ import annotations

from typing import Any

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.records import ago, born, worded

RECORD_NUMBER = {
    "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
    "system": "urn:merge-clinic",
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def patient(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "birthDate": born(45), **more}


def replaced_by(id_: str) -> dict[str, Any]:
    return {"link": [{"other": {"reference": f"Patient/{id_}"}, "type": "replaced-by"}]}


def about(id_: str) -> dict[str, Any]:
    return {"reference": f"Patient/{id_}"}


def complaint(id_: str, subject: dict[str, Any]) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/condition-"
    return {
        "resourceType": "Condition",
        "id": f"{id_}-pain",
        "clinicalStatus": {"coding": [{"system": f"{system}clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{system}ver-status", "code": "confirmed"}]},
        "code": {"text": "Plantar fasciitis"},
        "bodySite": [{"text": "left"}],
        "subject": subject,
        "recordedDate": ago(10),
    }


def sign(id_: str, text: str, value: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": worded(text),
        "subject": subject,
        "effectiveDateTime": ago(10),
        "valueString": value,
    }


def reflexes(id_: str, subject: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        sign(f"{id_}-left", "Left Achilles reflex", "absent", subject),
        sign(f"{id_}-right", "Right Achilles reflex", "normal", subject),
    ]


def current(service: Running, id_: str) -> list[dict[str, Any]]:
    found = service.get(f"ClinicalImpression?patient={id_}").get("entry", ())
    everyone = [each["resource"] for each in found]
    previous = {each["previous"]["reference"] for each in everyone if "previous" in each}
    tagged = {each["id"] for each in everyone for tag in each["meta"].get("tag", ()) if tag["code"] == "withdrawn"}
    return [
        each for each in everyone if f"ClinicalImpression/{each['id']}" not in previous and each["id"] not in tagged
    ]


def codes(task: dict[str, Any]) -> list[str]:
    return [each["coding"][0]["code"] for each in outputs(task, "outcome")]


def test_two_patients_that_are_merged_have_one_answer_and_two_when_they_are_split(service: Running) -> None:
    old, new = "merge-old", "merge-new"
    first = service.task(service.post(bundle(patient(old), complaint(old, about(old)), *reflexes(old, about(old)))))
    assert codes(first) not in ([], ["indicated"])
    raised = sign("merge-slr", "Left straight leg raise", "positive", about(new))
    assert codes(service.task(service.post(bundle(patient(new), raised)))) == ["not-applicable"]

    merge = service.task(service.post(bundle(patient(old, **replaced_by(new)))))
    assert_valid_r4(merge)
    assert {each["reference"] for each in outputs(merge, "patient")} == {f"Patient/{old}", f"Patient/{new}"}
    assert outputs(merge, "merged-into") == [{"reference": f"Patient/{new}"}]
    assert set(codes(merge)) == {"indicated"}
    assert current(service, old) == []
    (impression,) = current(service, new)
    assert {each["reference"] for each in outputs(merge, "impression")} == {f"ClinicalImpression/{impression['id']}"}
    (withdrawn,) = [each["resource"] for each in service.get(f"ClinicalImpression?patient={old}")["entry"]]
    assert_valid_r4(withdrawn)
    assert f"Patient/{new}" in withdrawn["note"][-1]["text"]
    assert service.get(f"Flag?patient={old}&status=active")["total"] == 0
    assert service.get(f"Flag?patient={new}&status=active")["total"] == 1

    again = service.task(service.post(bundle(*reflexes(old, about(old)))))
    assert outputs(again, "impression") == [{"reference": f"ClinicalImpression/{impression['id']}"}]

    split = service.task(service.post(bundle(patient(old))))
    assert outputs(split, "merged-into") == []
    assert "indicated" not in codes(split)
    assert [each["subject"] for each in current(service, old)] == [about(old)]
    assert current(service, new) == []
    assert service.get(f"Flag?patient={new}&status=active")["total"] == 0


def test_findings_that_name_their_patient_by_number_alone_count_for_whoever_bears_it(service: Running) -> None:
    number = {**RECORD_NUMBER, "value": "4711"}
    named = {"identifier": {"system": number["system"], "value": number["value"]}, "type": "Patient"}
    signs = [sign("number-slr", "Left straight leg raise", "positive", named), *reflexes("number", named)]
    posted = service.post(bundle(complaint("number", named), *signs))
    assert posted.status_code == 200
    for entry in posted.json()["entry"]:
        texts = [issue["details"]["text"] for issue in entry["response"]["outcome"]["issue"]]
        assert any("no Patient here bears" in each for each in texts)
    task = service.task(service.post(bundle(patient("number-1", identifier=[number]))))
    assert codes(task) == ["indicated"]
    other = service.post(bundle(patient("number-2", identifier=[number], birthDate=born(46))))
    (entry,) = other.json()["entry"]
    assert any("kept apart" in each["details"]["text"] for each in entry["response"]["outcome"]["issue"])
    assert [each["subject"] for each in current(service, "number-1")] == [about("number-1")]
