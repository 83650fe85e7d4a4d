"""For every interaction and every status that is told of it one request that is answered so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from fhirsvc.web.interactions import EVERY_TIME, INTERACTIONS
from tests.functional.running import FHIR_JSON, Running
from tests.functional.test_rest import Json, created, new_id, person, send
from tests.functional.test_rest_async import answer, started
from tests.functional.vignettes.records import batch, coded, concept, condition, observation, patient, sided

Ask = Callable[[Running], httpx.Response]

LONG = b" " * (10 * 1024 * 1024 + 1)
SYSTEM = "https://clinic.example/mrn"


def one(service: Running) -> str:
    """The address of a Patient that was just created."""
    return "/" + "/".join(created(service, person()))


def gone(service: Running) -> str:
    """The address of a Patient that was deleted."""
    address = one(service)
    send(service, "DELETE", address)
    return address


def named(service: Running, count: int) -> str:
    """A query by an identifier that so many Patients bear."""
    value = new_id()
    for _ in range(count):
        created(service, person(value))
    return f"identifier={SYSTEM}|{value}"


def put(service: Running, resource: Json | None = None, **headers: str) -> httpx.Response:
    """An update under an id of a Patient that stands in version 1."""
    id_ = new_id()
    send(service, "PUT", f"/Patient/{id_}", person("x", id=id_))
    return send(service, "PUT", f"/Patient/{id_}", resource or person("y", id=id_), **headers)


def post(kind: str, **elements: Any) -> Ask:
    def ask(service: Running) -> httpx.Response:
        entry = {"resource": person(**elements), "request": {"method": "POST", "url": "Patient"}}
        return service.post({"resourceType": "Bundle", "type": kind, "entry": [entry]})

    return ask


def transacted(
    method: str,
    url: Callable[[Running], str] | str,
    resource: Json | None = None,
    /,
    to: Callable[[Running], str] = lambda _: "",
    **conditions: str,
) -> Ask:
    """A transaction of one entry, posted to the base or an address below it."""

    def ask(service: Running) -> httpx.Response:
        address = url if isinstance(url, str) else url(service).removeprefix("/")
        entry: Json = {"request": {"method": method, "url": address, **conditions}}
        carried = {"resource": resource} if resource else {}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{**carried, **entry}]}
        return service.client.post(service.base + to(service), json=bundle, headers=FHIR_JSON)

    return ask


def conflicting(service: Running, to: Callable[[Running], str] = lambda _: "") -> httpx.Response:
    taken = one(service).rpartition("/")[2]
    return transacted("PUT", meeting(0)(service).removeprefix("/"), person(id=taken), to=to)(service)


def dry_run(service: Running) -> str:
    """Where a patient is assessed without anything being written."""
    return f"{one(service)}/$assess-heel-pain"


def refused_bodies(method: str, address: Callable[[Running], str], wrong: Json, untaken: Json) -> Mapping[int, Ask]:
    """What any body may be refused for. wrong: against FHIR's rules; untaken: FHIR that is not taken."""

    def raw(body: bytes, kind: str) -> Ask:
        return lambda service: service.client.request(
            method, address(service), content=body, headers={"content-type": kind}
        )

    def sent(resource: Json) -> Ask:
        return lambda service: service.client.request(method, address(service), json=resource, headers=FHIR_JSON)

    return {
        400: sent(wrong),
        413: raw(LONG, "application/fhir+json"),
        415: raw(b"{}", "text/plain"),
        422: sent(untaken),
    }


def judged(service: Running, name: str = "") -> str:
    """The address of an impression."""
    name = name or new_id()
    task = service.task(
        service.post(
            batch(
                name,
                patient("male", 40),
                condition(coded("http://snomed.info/sct", "4063001"), "left"),
                observation(concept("achilles-reflex"), site=sided("left"), valueString="absent"),
                observation(concept("radiating-leg-symptoms"), site=sided("left"), valueBoolean=True),
            )
        )
    )
    [impression] = [each["valueReference"] for each in task["output"] if each["type"]["text"] == "impression"]
    return "/" + str(impression["reference"])


def superseded(service: Running) -> str:
    """The address of an impression in whose place another one came."""
    name = new_id()
    address = judged(service, name)
    id_ = f"{name}-2"
    changed = {**service.get(f"Observation/{id_}"), "valueString": "normal"}
    posted = send(service, "PUT", f"/Observation/{id_}", changed)
    service.task_at(posted.headers["link"].partition(">")[0].removeprefix("<"))
    return address


AGREED = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "response", "valueCode": "agree"},
        {"name": "who", "valueReference": {"display": "Dr. Example"}},
    ],
}
MESSAGE: Json = {
    "resourceType": "Bundle",
    "type": "message",
    "entry": [
        {
            "fullUrl": "urn:uuid:6f7a3f0e-3c0b-4a7e-9d58-2f1d1f1f0a01",
            "resource": {
                "resourceType": "MessageHeader",
                "id": "statuses",
                "eventUri": "https://clinic.example/event",
                "source": {"endpoint": "https://clinic.example"},
            },
        },
        {"resource": person(id="message-statuses")},
    ],
}
UNKNOWN_MODIFIER: Json = {"modifierExtension": [{"url": "https://ehr.example/x", "valueString": "x"}]}
UNTAKEN_MESSAGE = {**MESSAGE, "entry": [MESSAGE["entry"][0], {"resource": person(**UNKNOWN_MODIFIER)}]}
WRONG_BUNDLE = {"resourceType": "Bundle", "type": "nonsense"}
UNTAKEN_BUNDLE = {"resourceType": "Bundle", "type": "document"}

BODIES = {
    code: refused_bodies(method, address, wrong, untaken)
    for code, method, address, wrong, untaken in (
        ("transaction", "POST", lambda service: service.base, WRONG_BUNDLE, UNTAKEN_BUNDLE),
        ("batch", "POST", lambda service: service.base, WRONG_BUNDLE, UNTAKEN_BUNDLE),
        ("create", "POST", lambda _: "/Patient", person(gender="x"), person(**UNKNOWN_MODIFIER)),
        ("conditional-create", "POST", lambda _: "/Patient", person(gender="x"), person(**UNKNOWN_MODIFIER)),
        ("update", "PUT", lambda _: "/Patient/b", person(id="b", gender="x"), person(id="b", **UNKNOWN_MODIFIER)),
        (
            "conditional-update",
            "PUT",
            lambda service: f"/Patient?{named(service, 1)}",
            person(gender="x"),
            person(**UNKNOWN_MODIFIER),
        ),
        (
            "$assess-heel-pain",
            "POST",
            lambda service: f"{one(service)}/$assess-heel-pain",
            WRONG_BUNDLE,
            UNTAKEN_BUNDLE,
        ),
        ("$process-message", "POST", lambda _: "/$process-message", WRONG_BUNDLE, UNTAKEN_MESSAGE),
    )
}
"""What a body may be refused for, of every interaction that takes one."""

FORM = {"content-type": "application/x-www-form-urlencoded"}


def asks(method: str, path: Callable[[Running], str] | str, resource: Json | None = None, /, **headers: str) -> Ask:
    """One request at a path, which may be made first."""

    def ask(service: Running) -> httpx.Response:
        return send(service, method, path if isinstance(path, str) else path(service), resource, **headers)

    return ask


def at(find: Callable[[Running], str], path: str) -> Callable[[Running], str]:
    """A path below the address that is found."""
    return lambda service: find(service) + path


def meeting(count: int) -> Callable[[Running], str]:
    """A query of Patients that so many meet."""
    return lambda service: f"/Patient?{named(service, count)}"


def create_if_none(count: int) -> Ask:
    return lambda service: send(service, "POST", "/Patient", person(), If_None_Exist=named(service, count))


def create_under_an_id(service: Running) -> httpx.Response:
    id_ = new_id()
    return send(service, "PUT", f"/Patient/{id_}", person(id=id_))


def create_under_the_id_of_another(service: Running) -> httpx.Response:
    taken = one(service).rpartition("/")[2]
    return send(service, "PUT", meeting(0)(service), person(id=taken))


def later(kind: str) -> Ask:
    return lambda service: started(service, {**batch(new_id(), patient("male", 40)), "type": kind})


def promised(service: Running) -> str:
    """Where an answer is promised."""
    return str(later("batch")(service).headers["content-location"])


def form(body: bytes, **headers: str) -> Ask:
    return lambda service: service.client.post("/Patient/_search", content=body, headers=headers or FORM)


NOBODY = f"/Patient/{new_id()}"
SAID = {"Prefer": "return=OperationOutcome"}

SCENARIOS: Mapping[str, Mapping[int, Ask]] = {
    "capabilities": {200: asks("GET", "/metadata")},
    "transaction": {
        200: post("transaction"),
        202: later("transaction"),
        409: conflicting,
        412: transacted("PUT", "Patient/x", person(id="x"), ifMatch='W/"9"'),
        501: transacted("PATCH", "Patient/x", person(id="x")),
        **BODIES["transaction"],
    },
    "batch": {200: post("batch", gender="x"), 202: later("batch"), **BODIES["batch"]},
    "create": {201: asks("POST", "/Patient", person()), **BODIES["create"]},
    "conditional-create": {
        200: create_if_none(1),
        201: create_if_none(0),
        412: create_if_none(2),
        **BODIES["conditional-create"],
    },
    "read": {200: asks("GET", one), 404: asks("GET", NOBODY), 410: asks("GET", gone)},
    "conditional-read": {
        200: asks("GET", one, If_None_Match='W/"2"'),
        304: asks("GET", one, If_None_Match='W/"1"'),
        404: asks("GET", NOBODY, If_None_Match="*"),
        410: asks("GET", gone, If_None_Match='W/"1"'),
    },
    "vread": {
        200: asks("GET", at(one, "/_history/1")),
        404: asks("GET", at(one, "/_history/2")),
        410: asks("GET", at(gone, "/_history/2")),
    },
    "update": {
        200: put,
        201: create_under_an_id,
        412: lambda service: put(service, If_Match='W/"9"'),
        **BODIES["update"],
    },
    "conditional-update": {
        200: asks("PUT", meeting(1), person(gender="male")),
        201: asks("PUT", meeting(0), person()),
        409: create_under_the_id_of_another,
        412: asks("PUT", meeting(2), person()),
        **BODIES["conditional-update"],
    },
    "delete": {
        200: asks("DELETE", one, **SAID),
        204: asks("DELETE", one),
        400: asks("DELETE", one, If_Match="nonsense"),
        412: asks("DELETE", one, If_Match='W/"2"'),
    },
    "conditional-delete": {
        200: asks("DELETE", meeting(1), **SAID),
        204: asks("DELETE", meeting(1)),
        400: asks("DELETE", "/Patient"),
        412: asks("DELETE", meeting(2)),
    },
    "search-type": {
        200: asks("GET", "/Patient?_count=1"),
        400: asks("GET", "/Patient?nope=1"),
        413: form(LONG),
        415: form(b"{}", **FHIR_JSON),
    },
    "history-instance": {
        200: asks("GET", at(gone, "/_history")),
        400: asks("GET", at(one, "/_history?nope=1")),
        404: asks("GET", f"{NOBODY}/_history"),
    },
    "history-type": {
        200: asks("GET", "/Patient/_history?_count=1"),
        400: asks("GET", "/Patient/_history?nope=1"),
    },
    "history-system": {200: asks("GET", "/_history?_count=1"), 400: asks("GET", "/_history?nope=1")},
    "$respond": {
        200: asks("POST", at(judged, "/$respond"), AGREED),
        404: asks("POST", f"/ClinicalImpression/{new_id()}/$respond", AGREED),
        409: asks("POST", at(superseded, "/$respond"), AGREED),
        400: asks("POST", at(judged, "/$respond"), {"resourceType": "Parameters"}),
        413: lambda service: service.client.post("/ClinicalImpression/x/$respond", content=LONG, headers=FHIR_JSON),
        415: lambda service: service.client.post("/ClinicalImpression/x/$respond", content=b"{}"),
    },
    "$assess-heel-pain": {
        200: asks("GET", at(one, "/$assess-heel-pain")),
        404: asks("GET", f"{NOBODY}/$assess-heel-pain"),
        410: asks("GET", at(gone, "/$assess-heel-pain")),
        409: lambda service: conflicting(service, to=dry_run),
        412: transacted("PUT", "Patient/x", person(id="x"), to=dry_run, ifMatch='W/"9"'),
        501: transacted("PATCH", "Patient/x", person(id="x"), to=dry_run),
        **BODIES["$assess-heel-pain"],
    },
    "$process-message": {200: asks("POST", "/$process-message", MESSAGE), **BODIES["$process-message"]},
    "async-status": {
        200: lambda service: answer(service, promised(service)),
        404: asks("GET", f"/async/{new_id()}"),
    },
    "async-cancel": {202: asks("DELETE", promised), 404: asks("DELETE", f"/async/{new_id()}")},
}

ELSEWHERE = {("async-status", 202), ("delete", 422), ("conditional-delete", 422)}
"""Needs another service: see test_rest_async.test_while_nothing_is_judged_there_is_no_answer and test_rest."""


EVERY = [
    pytest.param(status, ask, id=f"{code}-{status}")
    for code, scenarios in SCENARIOS.items()
    for status, ask in scenarios.items()
]


def test_every_status_of_every_interaction_is_provoked() -> None:
    told = {(code, status) for code, each in INTERACTIONS.items() for status in each.statuses}
    provoked = {(code, status) for code, each in SCENARIOS.items() for status in each}
    assert provoked | ELSEWHERE == told


@pytest.mark.parametrize(("status", "ask"), EVERY)
def test_each_status_is_answered(service: Running, status: int, ask: Ask) -> None:
    found = ask(service)
    assert found.status_code == status, found.text


def test_whatever_the_address_405_and_406_are_answered(service: Running) -> None:
    for path in ("/Patient/x", "/Patient", "/metadata", "/_history", "/async/x"):
        refused = service.client.get(path, headers={"accept": "application/fhir+xml"})
        assert (path, refused.status_code) == (path, 406)
        assert (path, send(service, "PATCH", path).status_code) == (path, 405)


def test_what_may_go_wrong_inside_is_told_of_every_address() -> None:
    """test_faults provokes these two."""
    assert EVERY_TIME.keys() == {405, 406, 500, 503}
