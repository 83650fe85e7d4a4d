"""Load on a service that comes and goes: clients that post without end and keep their own log of what was answered."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

PATIENTS = 100
REST_SECONDS = 0.05
FHIR_JSON = {"content-type": "application/fhir+json"}


class Client:
    """Posts transactions about a few patients of its own, whose findings change and who are merged and split again.

    A context manager that posts inside.

    An answer is logged and the log synced before the next post.  A post without an answer is not repeated: what became
    of it is unknown, and whatever became of it must do no harm.
    """

    def __init__(self, name: str, seed: str, log: Path, base: Callable[[], str]) -> None:
        self._name = name
        self._random = random.Random(f"{seed}-{name}")
        self._base = base
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"client-{name}")
        self.answered = 0
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._log)

    def _run(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not self._stop.is_set():
                body = json.dumps(self._bundle()).encode()
                try:
                    answer = client.post(self._base(), content=body, headers=FHIR_JSON)
                except httpx.TransportError:
                    self._stop.wait(REST_SECONDS)
                    continue
                self._keep(answer, body)

    def _keep(self, answer: httpx.Response, body: bytes) -> None:
        if answer.status_code != 200:
            self.refused.append(f"{answer.status_code} {answer.text[:300]}")
            return
        told = answer.json()
        line = {
            "submission": told["link"][0]["url"].rsplit("/", 1)[-1],
            "digest": hashlib.sha256(body).hexdigest(),
            "versions": [entry["response"]["location"].replace("/_history/", "/") for entry in told["entry"]],
        }
        os.write(self._log, json.dumps(line).encode() + b"\n")
        os.fsync(self._log)
        self.answered += 1

    def _bundle(self) -> dict[str, Any]:
        patient = f"{self._name}-{self._random.randrange(PATIENTS)}"
        return {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [self._put(each) for each in self._resources(patient)],
        }

    @staticmethod
    def _put(resource: dict[str, Any]) -> dict[str, Any]:
        return {
            "resource": resource,
            "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
        }

    def _patient(self, patient: str) -> dict[str, Any]:
        """Now and then with a link to another, or with a number that another one bears, too."""
        other = f"{self._name}-{self._random.randrange(PATIENTS)}"
        kind = self._random.choice(["replaced-by", "replaces", "seealso", *[""] * 12])
        number = self._random.choice([f"{self._name}-{self._random.randrange(PATIENTS // 2)}", *[""] * 3])
        return {
            "resourceType": "Patient",
            "id": patient,
            "birthDate": "1980-01-01",
            **({"link": [{"other": {"reference": f"Patient/{other}"}, "type": kind}]} if kind else {}),
            **(
                {"identifier": [{"type": _coded("v2-0203", "MR"), "system": "urn:load", "value": number}]}
                if number
                else {}
            ),
        }

    def _resources(self, patient: str) -> list[dict[str, Any]]:
        choose, today = self._random.choice, datetime.now(UTC).date().isoformat()
        verified = choose(["confirmed", "confirmed", "confirmed", "refuted"])
        return [
            self._patient(patient),
            {
                "resourceType": "Condition",
                "id": f"pain-{patient}",
                "clinicalStatus": _coded("condition-clinical", "active"),
                "verificationStatus": _coded("condition-ver-status", verified),
                "code": {"text": "Plantar fasciitis"},
                "bodySite": [{"text": "left"}],
                "subject": {"reference": f"Patient/{patient}"},
                "recordedDate": today,
            },
            _observation("Achilles reflex", choose(["absent", "normal"]), patient, today),
            _observation("Straight leg raise", choose(["positive", "negative"]), patient, today),
        ]


def _observation(what: str, value: str, patient: str, day: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{what.split(maxsplit=1)[0].lower()}-{patient}",
        "status": "final",
        "code": {"text": what},
        "bodySite": {"text": "left"},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": day,
        "valueString": value,
    }


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}
