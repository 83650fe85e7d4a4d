"""A service that takes in Bundles, with a store of one's choice and a clock that is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Failpoint, Store, Version, passing
from fhirsvc.usecases.receipt import Receipt
from fhirsvc.usecases.receive import receive
from tests.unit.usecases.clinic import judge

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)
EHR, OWN = "https://ehr.example/fhir", "http://127.0.0.1:8000/fhir"


@dataclass
class Post:
    """A service and what it hinted at."""

    store: Store = field(default_factory=MemoryStore)
    now: datetime = NOON
    hints: list[Sequence[int]] = field(default_factory=list)

    def hint(self, jobs: Sequence[int]) -> None:
        self.hints.append(jobs)

    def bundle(
        self,
        *entries: dict[str, Any],
        type_: str = "transaction",
        failpoint: Failpoint = passing,
        key: str | None = None,
        **members: Any,
    ) -> Receipt:
        body = {"resourceType": "Bundle", "type": type_, "entry": entries, **members}
        return self.body(json.dumps(body).encode(), failpoint, key)

    def body(self, body: bytes, failpoint: Failpoint = passing, key: str | None = None) -> Receipt:
        clock = type("Clock", (), {"now": lambda _: self.now})()
        return receive(
            body,
            "t",
            store=self.store,
            queue=self,
            clock=clock,
            judge=judge(),
            base=OWN,
            idempotency_key=key,
            failpoint=failpoint,
        )

    def current(self, type_: str, id_: str) -> Version:
        found = read.current("t", type_, id_, store=self.store)
        assert found is not None
        return found

    def waiting(self) -> list[str]:
        with self.store.writing() as transaction:
            return [job.patient for job in transaction.jobs.claim(64)]


def put(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return {"resource": resource, "request": request, **more}


def created(resource: dict[str, Any], full_url: str | None = None) -> dict[str, Any]:
    request = {"method": "POST", "url": resource["resourceType"]}
    return {"resource": resource, "request": request, **({"fullUrl": full_url} if full_url else {})}


def patient(id_: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, **more}


def reflex(id_: str | None = "o1", subject: str | None = "Patient/p1", text: str = "reduced") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        **({"id": id_} if id_ else {}),
        "status": "final",
        "code": {"text": "Achilles reflex"},
        **({"subject": {"reference": subject}} if subject else {}),
        "valueString": text,
    }


def asked(method: str, url: str, resource: dict[str, Any] | None = None, **conditions: str) -> dict[str, Any]:
    """An entry that asks for anything."""
    carried = {"resource": resource} if resource else {}
    return {"request": {"method": method, "url": url, **conditions}, **carried}
