"""A service in memory with the shipped knowledge, a clock that is moved by hand, and invented patients to post."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.fhir.search import criteria
from fhirsvc.knowledge.load import load_protocol
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.terminology import load_lexicon
from fhirsvc.usecases import read, work
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.ports import Failpoint, Store, Version, passing
from fhirsvc.usecases.read import Progress
from fhirsvc.usecases.receipt import Receipt
from fhirsvc.usecases.receive import receive

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)
TENANT = "default"


@cache
def judge(*, propose: bool = False) -> Judge:
    """The knowledge as shipped."""
    return Judge(load_protocol(), load_lexicon(), load_reading(), propose)


@dataclass
class Clinic:
    """Posts, works and reads as an EHR, a worker and a clinician would."""

    store: Store = field(default_factory=MemoryStore)
    time: datetime = NOON
    hints: list[Sequence[int]] = field(default_factory=list)
    propose: bool = False
    shadow: frozenset[str] = frozenset()

    def now(self) -> datetime:
        return self.time

    def hint(self, jobs: Sequence[int]) -> None:
        self.hints.append(jobs)

    def worker(self, failpoint: Failpoint = passing) -> work.Worker:
        knowledge = replace(judge(propose=self.propose), shadow=self.shadow)
        return work.Worker(self.store, self, knowledge, failpoint)

    def post(self, *resources: dict[str, Any]) -> str:
        """Post a collection; the id of its submission."""
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
        return self.receipt(bundle).submission

    def receipt(self, bundle: dict[str, Any]) -> Receipt:
        """The answer to a Bundle."""
        body, knowledge = json.dumps(bundle).encode(), self.worker().judge
        return receive(body, TENANT, store=self.store, queue=self, clock=self, judge=knowledge)

    def answer(self, *resources: dict[str, Any]) -> Progress:
        """Post, work, and read what became of it."""
        submission = self.post(*resources)
        self.work()
        return self.progress(submission)

    def work(self) -> None:
        """Decide for everyone who waits."""
        work.wake(self.worker(), [])

    def later(self, **by: float) -> None:
        self.time += timedelta(**by)

    def sweep(self) -> None:
        """Let whoever is due be judged anew, as every long-lived process does every few seconds."""
        work.sweep(self.store, self, self)
        self.work()

    def progress(self, submission: str) -> Progress:
        found = read.submission(TENANT, submission, store=self.store)
        assert found is not None
        return found

    def impressions(self) -> list[dict[str, Any]]:
        """Every impression as it stands, in the order of the chain."""
        return list(reversed(self._found("ClinicalImpression")))

    def flags(self) -> list[dict[str, Any]]:
        return self._found("Flag")

    def current(self) -> list[dict[str, Any]]:
        """The impressions that are current by the definition of ARCHITECTURE section 4."""
        previous = {each["previous"]["reference"] for each in self.impressions() if "previous" in each}
        return [
            each
            for each in self.impressions()
            if each["status"] == "completed"
            and "withdrawn" not in tags(each)
            and f"ClinicalImpression/{each['id']}" not in previous
        ]

    def versions(self, type_: str, id_: str) -> list[Version]:
        numbers = range(1, 100)
        found = (read.version(TENANT, type_, id_, number, store=self.store) for number in numbers)
        return [each for each in found if each]

    def _found(self, type_: str) -> list[dict[str, Any]]:
        with self.store.reading() as transaction:
            page = transaction.resources.search(TENANT, criteria(type_, [("_count", "100")]))
        return [json.loads(each.body) for each in page.versions]


def tags(resource: dict[str, Any]) -> set[str]:
    return {each["code"] for each in resource["meta"].get("tag", ())}


def patient(id_: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "birthDate": "1980-01-01", **more}


def pain(id_: str = "pain", *, of: str = "p1", side: str = "left", verified: str = "confirmed") -> dict[str, Any]:
    """Plantar fasciitis, recorded ten days before NOON."""
    return {
        "resourceType": "Condition",
        "id": id_,
        "clinicalStatus": _coded("condition-clinical", "active"),
        "verificationStatus": _coded("condition-ver-status", verified),
        "code": {"text": "Plantar fasciitis"},
        "bodySite": [{"text": side}],
        "subject": {"reference": f"Patient/{of}"},
        "recordedDate": "2026-04-21",
    }


def reflex(result: str = "reduced", id_: str = "reflex", *, of: str = "p1", side: str = "left") -> dict[str, Any]:
    """An Achilles reflex, examined ten days before NOON."""
    return _examined("Achilles reflex", result, id_, of=of, side=side)


def leg_raise(result: str = "positive", id_: str = "slr", *, of: str = "p1", side: str = "left") -> dict[str, Any]:
    """A straight leg raise, examined ten days before NOON."""
    return _examined("Straight leg raise", result, id_, of=of, side=side)


def withdrawn(resource: dict[str, Any]) -> dict[str, Any]:
    """The same Observation, entered in error."""
    return {**resource, "status": "entered-in-error"}


def indicated(of: str = "p1") -> Iterable[dict[str, Any]]:
    """A patient for whom a spinal evaluation is indicated on the left."""
    return (
        patient(of),
        pain(f"pain-{of}", of=of),
        reflex("absent", f"reflex-{of}", of=of),
        reflex("normal", f"other-{of}", of=of, side="right"),
        leg_raise("positive", f"slr-{of}", of=of),
    )


def _examined(what: str, value: str, id_: str, *, of: str, side: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": what},
        "bodySite": {"text": side},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": "2026-04-21",
        "valueString": value,
    }


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}
