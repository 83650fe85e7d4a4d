"""The encodings as Bundles of a hospital, and a service in this process that takes them one resource at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.knowledge.patients import Case
from fhirsvc.usecases import work
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.ports import Judged, Store
from fhirsvc.usecases.receive import receive
from tests.functional.encodings.local import LOCAL_CODES
from tests.functional.encodings.notes import NOTES
from tests.functional.encodings.prose import PROSE
from tests.functional.encodings.standard import STANDARD
from tests.functional.encodings.told import Encoding
from tests.functional.vignettes.records import Bundle, Resource, ago, batch, transaction

ENCODINGS = (STANDARD, PROSE, LOCAL_CODES, NOTES)
TENANT = "default"


def name_of(encoding: Encoding, case: Case) -> str:
    """The name that a patient's resources are told apart by."""
    return f"{encoding.name.replace(' ', '-')}-{case.name}"


def bundle(encoding: Encoding, case: Case) -> Bundle:
    """The whole record in one Bundle: a transaction of POSTs, or a batch of PUTs with the sender's ids."""
    name, resources = name_of(encoding, case), encoding.resources(case)
    if encoding is STANDARD and not days_before(case):
        return transaction(name, *resources)
    return batch(name, *resources)


def single(encoding: Encoding, case: Case) -> list[Bundle]:
    """The same record in one Bundle per resource, each a PUT with the sender's id."""
    whole = batch(name_of(encoding, case), *encoding.resources(case))
    return [{**whole, "entry": [entry]} for entry in whole["entry"]]


def days_before(case: Case) -> int:
    """Days before today on which the service received a part of the record; 0 = it received all of it today."""
    return max(told.received for told in case.told)


def early(encoding: Encoding, case: Case) -> list[Bundle]:
    """Of a record that came in two parts, the part that came first: the Patient, and what was recorded until then."""
    then = ago(days_before(case))
    return [each for each in single(encoding, case) if _recorded(each["entry"][0]["resource"]) <= then]


def _recorded(resource: Resource) -> str:
    return next((str(resource[name]) for name in ("recordedDate", "effectiveDateTime", "date") if name in resource), "")


@dataclass
class Ward:
    """A service in this process, and today's clock, which can be set back."""

    judge: Judge
    store: Store = field(default_factory=MemoryStore)
    days_ago: int = 0

    def now(self) -> datetime:
        """Noon of today, or of an earlier day."""
        today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
        return today - timedelta(days=self.days_ago)

    def hint(self, _jobs: Sequence[int]) -> None:
        """Nobody is waiting for it."""

    def send(self, sent: Bundle) -> str:
        """Take in a Bundle; the id of its submission."""
        body = json.dumps(sent).encode()
        return receive(body, TENANT, store=self.store, queue=self, clock=self, judge=self.judge).submission

    def work(self) -> None:
        """Decide for everyone who waits."""
        work.wake(work.Worker(self.store, self, self.judge), [])

    def judged(self, submissions: Sequence[str]) -> Judged:
        """The newest assessment of the one patient of these; a Bundle sent again has the answer of its first time."""
        with self.store.reading() as reading:
            found = [reading.submissions.get(TENANT, each) for each in submissions]
            assessments = [touch.assessment for each in found if each for touch in each[1] if touch.assessment]
            return reading.patients.judged(TENANT, max(assessments))


def received_before(ward: Ward, encoding: Encoding, case: Case) -> None:
    """What of a record came before today, on that day."""
    if not days_before(case):
        return
    ward.days_ago = days_before(case)
    for each in early(encoding, case):
        ward.send(each)
    ward.work()
    ward.days_ago = 0
