"""What goes wrong inside: the answer says that it did, the log says where, and neither says about whom."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhirsvc.adapters import telemetry
from fhirsvc.adapters.clock import SystemClock
from fhirsvc.adapters.inprocess_queue import InprocessQueue
from fhirsvc.adapters.map_folder import MapFolder
from fhirsvc.bootstrap import Service
from fhirsvc.domain.errors import Unreachable
from fhirsvc.usecases.publish import Catalogue
from fhirsvc.web.fhir import application
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import judge

NAME = "Jane Zyxwvut"
BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": {"resourceType": "Patient", "id": "x"}}],
}


@dataclass
class Failing:
    """A store that fails in the same way whenever it is asked."""

    fault: Exception

    def reading(self) -> Any:
        raise self.fault

    def writing(self) -> Any:
        raise self.fault


def asked(fault: Exception, method: str, path: str, **body: Any) -> httpx.Response:
    knowledge = judge()
    catalogue = Catalogue((), MapFolder(Path("no-such-folder"), knowledge.lexicon, knowledge.reading))
    queue = InprocessQueue(lambda: None)
    service = Service("http://test/fhir", Failing(fault), queue, SystemClock(), knowledge, catalogue)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(application(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **body)

    return asyncio.run(ask())


requests = pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/fhir/Patient/x", {}),
        ("GET", "/fhir/Task/x", {}),
        ("GET", "/fhir/Flag?patient=x", {}),
        ("POST", "/fhir", {"json": BUNDLE}),
        ("GET", "/fhir/Patient/x/$assess-heel-pain", {}),
        ("POST", "/fhir/Patient/x/$assess-heel-pain", {"json": BUNDLE}),
    ],
)


@requests
def test_a_fault_of_the_service_is_a_500_that_tells_nothing(method: str, path: str, body: dict[str, Any]) -> None:
    answer = asked(RuntimeError(NAME), method, path, **body)
    assert answer.status_code == 500
    assert answer.json()["issue"][0]["code"] == "exception"
    assert NAME not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert_valid_r4(answer.json())


@requests
def test_a_store_that_cannot_be_reached_asks_for_another_try(method: str, path: str, body: dict[str, Any]) -> None:
    answer = asked(Unreachable(NAME), method, path, **body)
    assert answer.status_code == 503
    assert answer.json()["issue"][0]["code"] == "transient"
    assert int(answer.headers["retry-after"]) > 0
    assert NAME not in answer.text


def test_a_message_that_cannot_be_kept_now_is_answered_by_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    header = {"resourceType": "MessageHeader", "id": "m", "eventUri": "urn:x:y", "source": {"endpoint": "urn:x:z"}}
    message = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": header}, *BUNDLE["entry"]]}
    answer = asked(Unreachable(NAME), "POST", "/fhir/$process-message", json=message)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    said, details = (entry["resource"] for entry in answer.json()["entry"])
    assert (said["response"]["code"], details["issue"][0]["code"]) == ("transient-error", "transient")
    assert_valid_r4(answer.json())
    assert NAME not in answer.text + capsys.readouterr().err


def test_the_log_knows_a_fault_by_its_request_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure()
    answer = asked(RuntimeError(NAME), "GET", "/fhir/Patient/x")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed, answered = lines
    assert failed["request"] == answered["request"] == answer.headers["x-request-id"]
    assert failed["fault"] == "RuntimeError"
    assert "test_faults" in failed["where"][-1]
    assert (answered["route"], answered["status"]) == ("/fhir/{type}/{id}", 500)
    assert NAME not in str(lines)
