"""One resource at a time: created, read, updated, deleted, under conditions too, with R4's statuses and headers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import FHIR_JSON, Running
from tests.functional.vignettes.records import batch, coded, concept, condition, observation, patient, sided

Json = dict[str, Any]
SYSTEM = "https://clinic.example/mrn"


def new_id() -> str:
    return f"rest-{uuid4().hex[:12]}"


def person(value: str = "", **elements: Any) -> Json:
    """A Patient that bears an identifier."""
    identifier = {"system": SYSTEM, "value": value or new_id()}
    return {"resourceType": "Patient", "identifier": [identifier], "birthDate": "1980-02-03", **elements}


def sign(patient: str = "", **elements: Any) -> Json:
    """An Observation that the protocol knows."""
    subject = {"subject": {"reference": f"Patient/{patient}"}} if patient else {}
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("achilles-tenderness"),
        "valueBoolean": False,
        **subject,
        **elements,
    }


def send(service: Running, method: str, path: str, resource: Json | None = None, /, **headers: str) -> httpx.Response:
    """One request as an EHR sends it; headers: If_Match stands for If-Match."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if resource is None:
        answer = service.client.request(method, path, headers=told)
    else:
        answer = service.client.request(method, path, json=resource, headers={**FHIR_JSON, **told})
    if answer.content:
        assert_valid_r4(answer.json())
    return answer


def created(service: Running, resource: Json) -> tuple[str, str]:
    """The type and id of a resource that was just posted."""
    answer = send(service, "POST", f"/{resource['resourceType']}", resource)
    assert answer.status_code == 201, answer.text
    type_, id_, *_ = answer.headers["location"].removeprefix(f"{service.base}/").split("/")
    return type_, id_


# Create


def test_a_created_resource_stands_where_location_says(service: Running) -> None:
    answer = send(service, "POST", "/Patient", person(id="its-own"))
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{service.base}/Patient/{answer.json()['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.json()["id"] != "its-own"
    assert service.get(answer.headers["location"]) == answer.json()
    seconds = parsedate_to_datetime(answer.headers["last-modified"]).isoformat()[:19]
    assert answer.json()["meta"]["lastUpdated"].startswith(seconds)


def test_the_same_created_twice_is_two(service: Running) -> None:
    twice = person("twice")
    assert created(service, twice) != created(service, twice)


def test_a_created_resource_is_evidence_with_a_task_of_its_own(service: Running) -> None:
    _, patient = created(service, person())
    answer = send(service, "POST", "/Observation", sign(patient), Prefer="return=OperationOutcome")
    assert "date of birth" not in answer.text
    address = answer.headers["link"].partition(">")[0].removeprefix("<")
    assert service.get(address)["for"] == {"reference": f"Patient/{patient}"}


def test_what_is_created_if_there_is_none_is_created_once(service: Running) -> None:
    value = new_id()
    condition = f"identifier={SYSTEM}|{value}"
    first = send(service, "POST", "/Patient", person(value), If_None_Exist=condition)
    again = send(service, "POST", "/Patient", person(value, gender="female"), If_None_Exist=condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["location"] == first.headers["location"]
    assert again.json() == first.json()


def test_a_query_of_a_create_is_a_condition_and_never_passed_over(service: Running) -> None:
    value = new_id()
    path = f"/Patient?identifier={SYSTEM}|{value}"
    first, again = (send(service, "POST", path, person(value)) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert send(service, "POST", f"{path}&nope=1", person(value)).status_code == 400
    assert send(service, "POST", path, person(value), If_None_Exist=f"identifier={value}").status_code == 400
    assert send(service, "POST", "/Patient?_format=json", person(value)).status_code == 201


def test_sixteen_conditional_creates_at_once_create_one(service: Running) -> None:
    value = new_id()

    def create(_: int) -> httpx.Response:
        return httpx.post(
            f"{service.base}/Patient",
            json=person(value),
            headers={**FHIR_JSON, "if-none-exist": f"identifier={SYSTEM}|{value}"},
            timeout=60,
            trust_env=False,
        )

    with ThreadPoolExecutor(16) as senders:
        answers = list(senders.map(create, range(16)))
    assert sorted(each.status_code for each in answers) == [200] * 15 + [201]
    assert len({each.headers["location"] for each in answers}) == 1


def test_what_several_have_is_not_created(service: Running) -> None:
    value = new_id()
    for _ in range(2):
        created(service, person(value))
    answer = send(service, "POST", "/Patient", person(value), If_None_Exist=f"identifier={SYSTEM}|{value}")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (412, "multiple-matches")


def test_a_fault_is_told_by_its_place_in_the_resource(service: Running) -> None:
    answer = send(service, "POST", "/Observation", sign(status="banana"))
    assert answer.status_code == 400
    [issue] = answer.json()["issue"]
    assert (issue["code"], issue["expression"]) == ("code-invalid", ["Observation.status"])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"resourceType":"Patient"},"x":{}', b'{"resourceType":"Patient"}}],"a":[{{']
)
def test_a_body_that_is_no_resource_never_becomes_part_of_a_bundle(service: Running, body: bytes) -> None:
    answer = service.client.post("/Patient", content=body, headers=FHIR_JSON)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "structure")
    assert_valid_r4(answer.json())


def test_a_resource_of_another_type_is_refused(service: Running) -> None:
    assert send(service, "POST", "/Observation", person()).status_code == 400


# Update


def test_an_update_under_a_new_id_creates(service: Running) -> None:
    id_ = new_id()
    answer = send(service, "PUT", f"/Patient/{id_}", person(id=id_))
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{service.base}/Patient/{id_}/_history/1"


def test_an_update_is_the_next_version(service: Running) -> None:
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    answer = send(service, "PUT", f"/Patient/{id_}", person("x", id=id_, gender="male"))
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.json()["gender"] == service.get(f"Patient/{id_}")["gender"] == "male"


def test_an_update_that_says_what_stands_makes_no_version(service: Running) -> None:
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    answer = send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')


def test_an_update_of_another_version_than_stands_is_refused(service: Running) -> None:
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    changed = person("x", id=id_, gender="male")
    assert send(service, "PUT", f"/Patient/{id_}", changed, If_Match='W/"7"').status_code == 412
    assert send(service, "PUT", f"/Patient/{id_}", changed, If_Match='W/"1"').status_code == 200
    assert send(service, "PUT", f"/Patient/{id_}", person("x", id=id_), If_Match='W/"1"').status_code == 412
    assert service.get(f"Patient/{id_}")["gender"] == "male"


def test_of_sixteen_updates_of_one_version_one_wins(service: Running) -> None:
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))

    def update(number: int) -> int:
        return httpx.put(
            f"{service.base}/Patient/{id_}",
            json=person("x", id=id_, birthDate=f"1970-01-{number + 1:02}"),
            headers={**FHIR_JSON, "if-match": 'W/"1"'},
            timeout=60,
            trust_env=False,
        ).status_code

    with ThreadPoolExecutor(16) as senders:
        assert sorted(senders.map(update, range(16))) == [200] + [412] * 15


def test_an_update_only_if_there_is_none_replaces_nothing(service: Running) -> None:
    id_ = new_id()
    assert send(service, "PUT", f"/Patient/{id_}", person(id=id_), If_None_Match="*").status_code == 201
    assert send(service, "PUT", f"/Patient/{id_}", person(id=id_), If_None_Match="*").status_code == 412


def test_a_conditional_update_creates_then_updates_the_one_it_finds(service: Running) -> None:
    value = new_id()
    path = f"/Patient?identifier={SYSTEM}|{value}"
    first = send(service, "PUT", path, person(value))
    second = send(service, "PUT", path, person(value, gender="male"))
    assert (first.status_code, second.status_code, second.headers["etag"]) == (201, 200, 'W/"2"')
    assert second.json()["id"] == first.json()["id"]
    other = send(service, "PUT", path, person(value, id="another"))
    assert other.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_condition_that_several_meet_is_refused(service: Running, method: str) -> None:
    value = new_id()
    for _ in range(2):
        created(service, person(value))
    resource = person(value) if method == "PUT" else None
    answer = send(service, method, f"/Patient?identifier={SYSTEM}|{value}", resource)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize("query", ["", "?", "?_format=json", "?nope=1"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_not_narrowed_down_is_neither_updated_nor_deleted(service: Running, method: str, query: str) -> None:
    resource = person() if method == "PUT" else None
    assert send(service, method, f"/Patient{query}", resource).status_code == 400


# Delete


def test_what_was_deleted_is_gone_and_its_versions_stay(service: Running) -> None:
    type_, id_ = created(service, person())
    deleted = send(service, "DELETE", f"/{type_}/{id_}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    gone = send(service, "GET", f"/{type_}/{id_}")
    assert (gone.status_code, gone.json()["issue"][0]["code"]) == (410, "deleted")
    assert send(service, "GET", f"/{type_}/{id_}/_history/2").status_code == 410
    assert send(service, "GET", f"/{type_}/{id_}/_history/1").status_code == 200


def test_deleting_twice_or_nothing_is_no_fault(service: Running) -> None:
    type_, id_ = created(service, person())
    assert [send(service, "DELETE", f"/{type_}/{id_}").status_code for _ in range(2)] == [204, 204]
    assert send(service, "DELETE", f"/Patient/{new_id()}").status_code == 204
    assert send(service, "DELETE", f"/Patient?identifier={new_id()}").status_code == 204
    assert service.get(f"{type_}/{id_}/_history")["total"] == 2


def test_a_deletion_of_another_version_than_stands_is_refused(service: Running) -> None:
    type_, id_ = created(service, person())
    assert send(service, "DELETE", f"/{type_}/{id_}", If_Match='W/"2"').status_code == 412
    assert send(service, "DELETE", f"/{type_}/{id_}", If_Match='W/"1"').status_code == 204


def test_what_a_query_finds_is_deleted(service: Running) -> None:
    value = new_id()
    type_, id_ = created(service, person(value))
    assert send(service, "DELETE", f"/Patient?identifier={SYSTEM}|{value}").status_code == 204
    assert send(service, "GET", f"/{type_}/{id_}").status_code == 410


def test_what_was_deleted_comes_back_as_the_next_version(service: Running) -> None:
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    send(service, "DELETE", f"/Patient/{id_}")
    answer = send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    assert (answer.status_code, answer.headers["etag"]) == (201, 'W/"3"')


# Read under conditions


def test_a_known_version_is_not_sent_again(service: Running) -> None:
    type_, id_ = created(service, person())
    read = send(service, "GET", f"/{type_}/{id_}")
    for known in (
        {"If_None_Match": read.headers["etag"]},
        {"If_None_Match": 'W/"9", "1"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": read.headers["last-modified"]},
    ):
        answer = send(service, "GET", f"/{type_}/{id_}", **known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == read.headers["etag"]


def test_an_unknown_version_is_sent(service: Running) -> None:
    type_, id_ = created(service, person())
    last_modified = send(service, "GET", f"/{type_}/{id_}").headers["last-modified"]
    for known in (
        {"If_None_Match": 'W/"7"'},
        {"If_None_Match": 'W/"7"', "If_Modified_Since": last_modified},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
        {"If_None_Match": "nonsense"},
    ):
        assert send(service, "GET", f"/{type_}/{id_}", **known).status_code == 200


def test_head_answers_as_get_without_a_body(service: Running) -> None:
    type_, id_ = created(service, person())
    for path in (f"/{type_}/{id_}", f"/{type_}/{id_}/_history", f"/{type_}?_id={id_}", "/metadata"):
        head, get = send(service, "HEAD", path), send(service, "GET", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
        assert head.headers.get("etag") == get.headers.get("etag")
    assert send(service, "HEAD", f"/Patient/{new_id()}").status_code == 404


# What is answered


@pytest.mark.parametrize(
    ("preference", "kind"),
    [
        ("return=minimal", ""),
        ("return=representation", "Observation"),
        ("return=OperationOutcome", "OperationOutcome"),
        ('handling=strict; return = "minimal"', ""),
        ("return=nonsense", "Observation"),
        ("", "Observation"),
    ],
)
def test_the_answer_to_a_write_holds_what_is_preferred(service: Running, preference: str, kind: str) -> None:
    answer = send(service, "POST", "/Observation", sign(), Prefer=preference)
    assert (answer.status_code, answer.headers["etag"]) == (201, 'W/"1"')
    assert (answer.json()["resourceType"] if answer.content else "") == kind


def test_what_became_of_a_resource_as_evidence_is_told(service: Running) -> None:
    answer = send(service, "POST", "/Observation", sign(), Prefer="return=OperationOutcome")
    issues = answer.json()["issue"]
    assert {each["code"] for each in issues} >= {"not-found"}
    assert all(each["expression"][0].startswith("Observation") for each in issues)


def test_a_deletion_is_told_when_that_is_preferred(service: Running) -> None:
    type_, id_ = created(service, person())
    answer = send(service, "DELETE", f"/{type_}/{id_}", Prefer="return=OperationOutcome")
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "OperationOutcome")


# What is not offered


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/Patient/x", "DELETE, GET, HEAD, PUT"),
        ("POST", "/Patient/x", "DELETE, GET, HEAD, PUT"),
        ("PATCH", "/Patient", "DELETE, GET, HEAD, POST, PUT"),
        ("POST", "/ClinicalImpression", "GET, HEAD"),
        ("PUT", "/ClinicalImpression/x", "GET, HEAD"),
        ("DELETE", "/Flag/x", "GET, HEAD"),
        ("PUT", "/Patient/x/_history/1", "GET, HEAD"),
        ("PUT", "", "POST"),
        ("GET", "", "POST"),
        ("POST", "/metadata", "GET, HEAD"),
        ("POST", "/Task/x", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_offered_is_answered_with_those_that_are(
    service: Running, method: str, path: str, allow: str
) -> None:
    answer = send(service, method, service.base + path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json()["issue"][0]["code"] == "not-supported"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/Account", "/Account/x", "/Account/x/_history", "/Account/x/_history/1"])
def test_a_type_that_is_not_kept_is_not_here(service: Running, method: str, path: str) -> None:
    answer = send(service, method, path)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-supported")


def test_a_resource_that_the_service_writes_is_not_replaced(service: Running) -> None:
    answer = send(service, "POST", "/Flag", {"resourceType": "Flag"})
    assert "writes" in answer.json()["issue"][0]["details"]["text"]


@pytest.fixture(scope="module")
def proposing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that writes ServiceRequests, which others may send too."""
    with Running(tmp_path_factory.mktemp("proposing"), propose_service_request="true") as running:
        yield running


def test_a_proposal_of_the_service_is_neither_replaced_nor_deleted(proposing: Running) -> None:
    proposing.task(
        proposing.post(
            batch(
                "proposed",
                patient("male", 40),
                condition(coded("http://snomed.info/sct", "4063001"), "left"),
                observation(concept("achilles-reflex"), site=sided("left"), valueString="absent"),
                observation(concept("achilles-reflex"), site=sided("right"), valueString="normal"),
                observation(concept("radiating-leg-symptoms"), site=sided("left"), valueBoolean=True),
            )
        )
    )
    [entry] = proposing.get("ServiceRequest?patient=proposed-0")["entry"]
    proposal = entry["resource"]
    address = f"/ServiceRequest/{proposal['id']}"
    for answer in (
        send(proposing, "PUT", address, proposal),
        send(proposing, "DELETE", address),
        send(proposing, "DELETE", "/ServiceRequest?patient=proposed-0"),
    ):
        assert answer.status_code == 422, answer.text
        assert "writes this resource itself" in answer.text
    assert proposing.get(address.removeprefix("/")) == proposal
