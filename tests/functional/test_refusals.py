"""Bad input: the right status, code and place, nothing of it in the answer, and the service goes on."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.running import FHIR_JSON, Running
from tests.functional.vignettes.records import (
    Bundle,
    ago,
    batch,
    coded,
    concept,
    condition,
    observation,
    patient,
    transaction,
    worded,
)

MARK = "Zyxwvut"
"""Stands in whatever is sent and must stand in no answer."""


def good() -> Bundle:
    """A Bundle that is taken: Patient, Condition, Observation."""
    bundle = transaction(
        "good",
        patient("female", 40, name=[{"family": MARK}]),
        condition(coded("http://snomed.info/sct", "4063001", MARK), "left"),
        observation(concept("achilles-reflex", MARK), valueString="normal", note=[{"text": MARK}]),
    )
    return copy.deepcopy(bundle)


@dataclass(frozen=True)
class Bad:
    """One fault. body: what is posted; code and place: of the first issue; headers: instead of the usual ones."""

    name: str
    body: bytes
    status: int
    code: str
    place: str = ""
    headers: dict[str, str] = field(default_factory=lambda: dict(FHIR_JSON))


def changed(name: str, change: Callable[[Bundle], object], status: int, code: str, place: str = "") -> Bad:
    """The good Bundle with one fault in it."""
    bundle = good()
    change(bundle)
    return Bad(name, json.dumps(bundle).encode(), status, code, place)


def resource(number: int) -> Callable[[Bundle], dict[str, Any]]:
    def of(bundle: Bundle) -> dict[str, Any]:
        found: dict[str, Any] = bundle["entry"][number]["resource"]
        return found

    return of


def set_in(number: int, **elements: Any) -> Callable[[Bundle], object]:
    return lambda bundle: resource(number)(bundle).update(elements)


def drop_in(number: int, element: str) -> Callable[[Bundle], object]:
    return lambda bundle: resource(number)(bundle).pop(element)


def request(number: int, **elements: Any) -> Callable[[Bundle], object]:
    return lambda bundle: bundle["entry"][number]["request"].update(elements)


def entry(number: int, **elements: Any) -> Callable[[Bundle], object]:
    return lambda bundle: bundle["entry"][number].update(elements)


def nested(depth: int) -> bytes:
    return b'{"resourceType":"Bundle","x":' + b"[" * depth + b"]" * depth + b"}"


GOOD = json.dumps(good()).encode()
PATIENT, CONDITION, OBSERVATION = 0, 1, 2
OF_OBSERVATION = "Bundle.entry[2].resource"

TRANSPORT = (
    Bad("empty", b"", 400, "structure"),
    Bad("truncated", GOOD[:-20], 400, "structure"),
    Bad("text after the end", GOOD + b" " + MARK.encode(), 400, "structure"),
    Bad("comment", b"/* " + MARK.encode() + b" */" + GOOD, 400, "structure"),
    Bad("byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "structure"),
    Bad("not UTF-8", GOOD.replace(MARK.encode(), b"\xff\xfe" + MARK.encode()), 400, "structure"),
    Bad("UTF-16", GOOD.decode().encode("utf-16"), 400, "structure"),
    Bad("XML as JSON", f'<!DOCTYPE x [<!ENTITY e "{MARK}">]><Bundle/>'.encode(), 400, "structure"),
    Bad("XML", b"<Bundle/>", 415, "not-supported", headers={"content-type": "application/fhir+xml"}),
    Bad("plain text", GOOD, 415, "not-supported", headers={"content-type": "text/plain"}),
    Bad("no content type", GOOD, 415, "not-supported", headers={}),
    Bad("latin-1", GOOD, 415, "not-supported", headers={"content-type": "application/fhir+json; charset=latin1"}),
    Bad("FHIR R5", GOOD, 415, "not-supported", headers={"content-type": "application/fhir+json; fhirVersion=5.0"}),
    Bad("gzip", GOOD, 415, "not-supported", headers={**FHIR_JSON, "content-encoding": "gzip"}),
    Bad("XML wanted", GOOD, 406, "not-supported", headers={**FHIR_JSON, "accept": "application/fhir+xml"}),
)

SYNTAX = (
    Bad(
        "duplicate key",
        GOOD.replace(b'"type": "transaction"', b'"type": "batch", "type": "transaction"'),
        400,
        "structure",
    ),
    Bad("not a number", GOOD.replace(b'"entry"', b'"total": NaN, "entry"'), 400, "structure"),
    Bad("too deep", nested(200), 400, "too-costly"),
    Bad("far too deep", nested(100_000), 400, "too-costly"),
    Bad("array at the root", b"[" + GOOD + b"]", 400, "structure"),
    changed("lone surrogate", set_in(OBSERVATION, valueString="\ud800"), 400, "value"),
    changed("null", set_in(OBSERVATION, valueString=None), 400, "value", f"{OF_OBSERVATION}.value"),
    changed("empty list", set_in(OBSERVATION, note=[]), 400, "value", f"{OF_OBSERVATION}.note"),
    changed("empty string", set_in(OBSERVATION, valueString=""), 400, "value", f"{OF_OBSERVATION}.value"),
    changed("no resourceType", drop_in(OBSERVATION, "resourceType"), 400, "required", f"{OF_OBSERVATION}.resourceType"),
    changed("unknown type", set_in(OBSERVATION, resourceType="Nope"), 400, "invalid", f"{OF_OBSERVATION}.resourceType"),
    changed("unknown element", set_in(OBSERVATION, reflexes=MARK), 400, "structure", OF_OBSERVATION),
    changed("number as text", set_in(OBSERVATION, valueString=5), 400, "value", f"{OF_OBSERVATION}.value"),
    changed("two values", set_in(OBSERVATION, valueBoolean=True), 400, "invariant", OF_OBSERVATION),
    changed(
        "no such day",
        set_in(OBSERVATION, effectiveDateTime="2024-13-40"),
        400,
        "value",
        f"{OF_OBSERVATION}.effective",
    ),
    changed(
        "time without zone",
        set_in(OBSERVATION, effectiveDateTime=f"{ago(1)}T10:00:00"),
        400,
        "value",
        f"{OF_OBSERVATION}.effective",
    ),
    changed("status", set_in(OBSERVATION, status=MARK), 400, "code-invalid", f"{OF_OBSERVATION}.status"),
    changed("no code", drop_in(OBSERVATION, "code"), 400, "required", f"{OF_OBSERVATION}.code"),
    changed("no subject", drop_in(CONDITION, "subject"), 400, "required", "Bundle.entry[1].resource.subject"),
    changed(
        "value and its absence", set_in(OBSERVATION, dataAbsentReason=worded(MARK)), 400, "invariant", OF_OBSERVATION
    ),
    changed(
        "unknown modifier",
        set_in(OBSERVATION, modifierExtension=[{"url": "https://ehr.example/x", "valueString": MARK}]),
        422,
        "extension",
        f"{OF_OBSERVATION}.modifierExtension",
    ),
    changed(
        "implicit rules",
        set_in(OBSERVATION, implicitRules="https://ehr.example/rules"),
        422,
        "extension",
        f"{OF_OBSERVATION}.implicitRules",
    ),
)

SEMANTICS = (
    Bad("an Observation at the base", json.dumps(observation(worded(MARK))).encode(), 422, "not-supported"),
    changed("no type", lambda bundle: bundle.pop("type"), 400, "required", "Bundle.type"),
    changed("unknown Bundle type", lambda bundle: bundle.update(type=MARK), 400, "code-invalid", "Bundle.type"),
    changed("a document", lambda bundle: bundle.update(type="document"), 422, "not-supported", "Bundle.type"),
    changed("no entries", lambda bundle: bundle.pop("entry"), 422, "business-rule"),
    changed("no request", lambda bundle: bundle["entry"][2].pop("request"), 400, "invariant", "Bundle.entry[2]"),
    changed(
        "fullUrl twice",
        lambda bundle: bundle["entry"][2].update(fullUrl=bundle["entry"][1]["fullUrl"]),
        400,
        "duplicate",
        "Bundle.entry[2].fullUrl",
    ),
    changed("unknown method", request(OBSERVATION, method=MARK), 400, "code-invalid", "Bundle.entry[2].request.method"),
    changed("url of another type", request(OBSERVATION, url="Patient"), 400, "invariant", "Bundle.entry[2].request"),
    changed(
        "url that climbs",
        entry(
            OBSERVATION,
            resource={**observation(concept("achilles-reflex"), valueString="normal"), "id": "x"},
            request={"method": "PUT", "url": "Observation/../Patient"},
        ),
        400,
        "invariant",
        "Bundle.entry[2].request.url",
    ),
    changed(
        "reference to nothing",
        set_in(OBSERVATION, subject={"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"}),
        422,
        "not-found",
        f"{OF_OBSERVATION}.subject",
    ),
    changed(
        "reference to the wrong type",
        set_in(OBSERVATION, subject={"reference": f"Medication/{MARK}"}),
        400,
        "value",
        f"{OF_OBSERVATION}.subject",
    ),
    changed(
        "a Bundle in a Bundle",
        entry(OBSERVATION, resource={"resourceType": "Parameters"}, request={"method": "POST", "url": "Parameters"}),
        422,
        "not-supported",
        "Bundle.entry[2]",
    ),
    changed(
        "script in a narrative",
        set_in(
            OBSERVATION,
            text={
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><script>{MARK}</script></div>',
            },
        ),
        400,
        "invalid",
        f"{OF_OBSERVATION}.text",
    ),
)

ALL = (*TRANSPORT, *SYNTAX, *SEMANTICS)
every_bad = pytest.mark.parametrize("bad", ALL, ids=[each.name for each in ALL])


def refused(service: Running, bad: Bad) -> httpx.Response:
    return service.client.post(service.base, content=bad.body, headers=bad.headers)


def test_the_good_twin_is_taken(service: Running) -> None:
    assert service.post(GOOD).status_code == 200


def test_there_are_enough_bad_inputs() -> None:
    assert len(ALL) >= 40
    assert len({each.name for each in ALL}) == len(ALL)


@every_bad
def test_bad_input_is_refused_with_status_and_code(service: Running, bad: Bad) -> None:
    answer = refused(service, bad)
    issue = answer.json()["issue"][0]
    assert (answer.status_code, issue["code"]) == (bad.status, bad.code), answer.text


@every_bad
def test_a_refusal_names_the_place(service: Running, bad: Bad) -> None:
    issue = refused(service, bad).json()["issue"][0]
    assert issue.get("expression", [""])[0].startswith(bad.place)


@every_bad
def test_a_refusal_is_a_valid_operation_outcome_in_fhir_json(service: Running, bad: Bad) -> None:
    answer = refused(service, bad)
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert_valid_r4(answer.json())


@every_bad
def test_a_refusal_repeats_nothing_of_what_was_sent(service: Running, bad: Bad) -> None:
    assert MARK.casefold() not in refused(service, bad).text.casefold()


def test_nothing_that_was_sent_is_in_the_log(service: Running) -> None:
    for bad in ALL:
        refused(service, bad)
    service.post(GOOD)
    assert MARK.casefold() not in service.log.read_text().casefold()
    assert service.process.poll() is None


def chunks(total: int) -> Iterator[bytes]:
    for _ in range(total):
        yield b" " * 65_536


def test_a_body_that_is_declared_too_long_is_refused_unread(service: Running) -> None:
    answer = service.client.post(service.base, content=b" " * (11 * 1024 * 1024), headers=FHIR_JSON)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (413, "too-long")


def test_a_body_of_unknown_length_is_refused_where_the_limit_is(service: Running) -> None:
    answer = service.client.post(service.base, content=chunks(200), headers=FHIR_JSON)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (413, "too-long")


@pytest.mark.parametrize(
    "path",
    [
        "/Patient/nobody",
        "/Patient/nobody/_history/1",
        "/Task/nothing",
        "/Nope/1",
        "/Nope",
        "/Patient/../../etc/passwd",
        "/Patient/%2e%2e%2fetc",
        "/Patient/x/_history/0",
        "/Patient/x/_history/1e3",
    ],
)
def test_what_is_not_here_is_not_found(service: Running, path: str) -> None:
    answer = service.client.get(path)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found")
    assert_valid_r4(answer.json())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("nope=1", "not-supported"),
        ("date=yesterday", "value"),
        ("_count=-1", "value"),
        ("_page=Zyxwvut", "value"),
        ("patient=", "value"),
        ("status:missing=true", "not-supported"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(service: Running, query: str, code: str) -> None:
    answer = service.client.get(f"/ClinicalImpression?{query}")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, code)
    assert MARK not in answer.text


def test_a_batch_keeps_its_good_entries(service: Running) -> None:
    bundle = batch("half", patient("male", 50), observation(worded("Achilles reflex"), valueString="2+"))
    bundle["entry"][1]["resource"]["status"] = MARK
    answer = service.post(bundle)
    assert answer.status_code == 200
    assert_valid_r4(answer.json())
    kept, lost = (each["response"] for each in answer.json()["entry"])
    assert kept["status"] == "201 Created"
    assert lost["status"] == "400 Bad Request"
    assert lost["outcome"]["issue"][0]["code"] == "code-invalid"
    assert "location" not in lost
