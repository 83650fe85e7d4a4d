"""FHIR clients that others wrote (fhirpy, and SMART's fhirclient) do with this service what an EHR would."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle as SmartBundle
from fhirclient.models.clinicalimpression import ClinicalImpression
from fhirclient.models.flag import Flag
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.models.task import Task
from fhirclient.server import FHIRServer
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from tests.functional.running import ANSWERS_WITHIN, Running
from tests.functional.test_rest import SYSTEM, Json, new_id, person
from tests.functional.vignettes.records import (
    Bundle,
    coded,
    concept,
    condition,
    observation,
    patient,
    sided,
    transaction,
)

FINAL = {"completed", "failed"}


def record(name: str) -> Bundle:
    """A patient for whom the answer is an impression and a Flag."""
    bundle: Bundle = transaction(
        name,
        patient("male", 40, identifier=[{"system": SYSTEM, "value": name}]),
        condition(coded("http://snomed.info/sct", "4063001"), "left"),
        observation(concept("achilles-reflex"), site=sided("left"), valueString="absent"),
        observation(concept("achilles-reflex"), site=sided("right"), valueString="normal"),
        observation(concept("radiating-leg-symptoms"), site=sided("left"), valueBoolean=True),
    )
    return bundle


def status_of(bundle: Json) -> str:
    """The address of the Task, below the base."""
    [url] = [each["url"] for each in bundle["link"] if each["relation"] == "status"]
    return "Task/" + str(url).rpartition("/")[2]


def moments() -> Any:
    """Again and again until an answer must be there."""
    ends = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < ends:
        yield
    raise AssertionError("no answer came")


class TestFhirpy:
    """beda-software/fhir-py, synchronous."""

    @pytest.fixture
    def client(self, service: Running) -> Any:
        return SyncFHIRClient(service.base)

    def test_it_posts_a_bundle_polls_its_task_and_reads_what_was_written(self, client: Any) -> None:
        answer = client.execute("", method="post", data=record(new_id()))
        assert answer["type"] == "transaction-response"
        address = status_of(answer)
        task = next(found for _ in moments() if (found := client.get(*address.split("/")))["status"] in FINAL)
        assert task["status"] == "completed"
        outputs = {each["type"]["text"]: each for each in task["output"]}
        reference = outputs["impression"]["valueReference"]["reference"]
        impression = client.reference(reference=reference).to_resource()
        assert impression["status"] == "completed"
        assert impression["subject"]["reference"] == task["for"]["reference"]

    def test_it_finds_by_patient_with_what_comes_with_it(self, client: Any, service: Running) -> None:
        posted = service.post(record(new_id()))
        subject = service.task(posted)["for"]["reference"]
        flags = client.resources("Flag").search(patient=subject, status="active").fetch()
        assert [each["subject"]["reference"] for each in flags] == [subject]
        found = client.resources("ClinicalImpression").search(patient=subject).include("ClinicalImpression", "patient")
        kinds = [each["resource"]["resourceType"] for each in found.fetch_raw()["entry"]]
        assert kinds == ["ClinicalImpression", "Patient"]

    def test_it_walks_all_pages(self, client: Any) -> None:
        value = new_id()
        for number in range(5):
            client.resource("Patient", **person(value, birthDate=f"1980-01-0{number + 1}")).create()
        pages = client.resources("Patient").search(identifier=value).sort("birthdate").limit(2)
        assert [each["birthDate"][-1] for each in pages.fetch_all()] == ["1", "2", "3", "4", "5"]
        assert len(pages.fetch()) == 2
        assert pages.first()["birthDate"] == "1980-01-01"

    def test_it_creates_only_if_there_is_none(self, client: Any) -> None:
        value = new_id()
        query = client.resources("Patient").search(identifier=f"{SYSTEM}|{value}")
        first, is_new = query.get_or_create(client.resource("Patient", **person(value)))
        again, is_another = query.get_or_create(client.resource("Patient", **person(value, gender="male")))
        assert (is_new, is_another) == (True, False)
        assert again.serialize() == first.serialize()

    def test_it_updates_what_a_query_finds_and_never_one_of_several(self, client: Any) -> None:
        value = new_id()
        query = client.resources("Patient").search(identifier=f"{SYSTEM}|{value}")
        _, is_new = query.update(client.resource("Patient", **person(value)))
        changed, is_another = query.update(client.resource("Patient", **person(value, gender="male")))
        assert (is_new, is_another, changed["gender"]) == (True, False, "male")
        client.resource("Patient", **person(value)).create()
        with pytest.raises(MultipleResourcesFound):
            query.update(client.resource("Patient", **person(value)))
        with pytest.raises(MultipleResourcesFound):
            query.delete()

    def test_it_creates_updates_refreshes_and_deletes(self, client: Any) -> None:
        resource = client.resource("Patient", **person()).create()
        mine = client.reference("Patient", resource.id).to_resource()
        resource["gender"] = "female"
        resource.save()
        assert resource["meta"]["versionId"] == "2"
        mine.refresh()
        assert mine["gender"] == "female"
        resource.delete()
        with pytest.raises(ResourceNotFound):
            client.get("Patient", resource.id)

    def test_it_is_told_what_is_wrong(self, client: Any) -> None:
        with pytest.raises(OperationOutcome) as told:
            client.resource("Patient", **person(gender="banana")).create()
        assert told.value.resource["issue"][0]["expression"] == ["Patient.gender"]


class TestFhirclient:
    """smart-on-fhir/client-py, whose models check everything they read against R4."""

    @pytest.fixture
    def server(self, service: Running) -> FHIRServer:
        client = FHIRClient(settings={"app_id": "test", "api_base": service.base})
        assert client.prepare()
        return client.server

    def test_it_reads_what_the_service_can_do(self, server: FHIRServer) -> None:
        rest = server.capabilityStatement.rest[0]
        able = {each.type: {one.code for one in each.interaction} for each in rest.resource}
        assert {"create", "update", "delete", "read", "search-type"} <= able["Observation"]
        assert "create" not in able["ClinicalImpression"]

    def test_it_posts_a_bundle_polls_its_task_and_reads_what_was_written(self, server: FHIRServer) -> None:
        answer = SmartBundle(record(new_id())).create(server)
        assert [each["response"]["status"] for each in answer["entry"]] == ["201 Created"] * 5
        id_ = status_of(answer).rpartition("/")[2]
        task = next(found for _ in moments() if (found := Task.read(id_, server)).status in FINAL)
        [reference] = [each.valueReference for each in task.output if each.type.text == "impression"]
        impression = ClinicalImpression.read(reference.reference.rpartition("/")[2], server)
        assert impression.status == "completed"
        assert impression.subject.reference == task.for_fhir.reference

    def test_it_finds_by_patient(self, server: FHIRServer, service: Running) -> None:
        subject = service.task(service.post(record(new_id())))["for"]["reference"]
        [flag] = Flag.where({"patient": subject, "status": "active"}).perform_resources_iter(server)
        assert flag.subject.reference == subject
        found = Observation.where({"subject": subject, "status": "final"}).perform_resources_iter(server)
        assert [each.subject.reference for each in found] == [subject] * 3

    def test_it_walks_all_pages(self, server: FHIRServer) -> None:
        value = new_id()
        for number in range(5):
            Patient(person(value, birthDate=f"1980-01-0{number + 1}")).create(server)
        search = Patient.where({"identifier": value, "_count": "2", "_sort": "birthdate"})
        pages = list(search.perform_iter(server))
        assert [len(page.entry) for page in pages] == [2, 2, 1]
        days = [each.birthDate.isostring for each in search.perform_resources_iter(server)]
        assert days == [f"1980-01-0{number}" for number in range(1, 6)]

    def test_it_creates_only_if_there_is_none(self, server: FHIRServer) -> None:
        value = new_id()
        entry = {
            "resource": person(value),
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": f"identifier={SYSTEM}|{value}"},
        }
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        first = SmartBundle(bundle).create(server)["entry"][0]["response"]
        entry["resource"]["gender"] = "male"
        again = SmartBundle(bundle).create(server)["entry"][0]["response"]
        assert (first["status"], again["status"]) == ("201 Created", "200 OK")
        assert again["location"] == first["location"]

    def test_it_creates_updates_and_deletes(self, server: FHIRServer) -> None:
        created = Patient(Patient(person()).create(server))
        created.gender = "female"
        assert created.update(server)["meta"]["versionId"] == "2"
        assert Patient.read(created.id, server).gender == "female"
        created.delete(server)
        with pytest.raises(Exception, match="410"):
            Patient.read(created.id, server)
