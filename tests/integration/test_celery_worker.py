"""A real Celery worker on a real Redis and a real store file: hints lead to decisions, and lost hints do too."""

from __future__ import annotations

import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from fhirsvc.adapters.celery_queue import CeleryQueue
from fhirsvc.adapters.clock import SystemClock
from fhirsvc.adapters.database import DatabaseStore, open_store
from fhirsvc.bootstrap import STORE
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Queue
from fhirsvc.usecases.receive import receive
from tests.servers import awaited, redis_server
from tests.unit.usecases.clinic import judge

COMMAND = [
    *(sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-P", "prefork", "-c", "2"),
    *("-Q", "interactive,bulk", "--without-gossip", "--without-mingle", "--without-heartbeat"),
]
QUEUE = "fhirsvc:interactive"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def store(data_dir: Path) -> Iterator[DatabaseStore]:
    kept = open_store(data_dir / STORE)
    yield kept
    kept.close()


@pytest.fixture(scope="module", autouse=True)
def worker(data_dir: Path, broker: str) -> Iterator[None]:
    with running(data_dir, broker):
        yield


@contextmanager
def running(data_dir: Path, broker: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "FHIRSVC_DATA_DIR": str(data_dir), "FHIRSVC_BROKER_URL": broker}
    root = Path(__file__).parents[2]
    with subprocess.Popen(COMMAND, env=environment, cwd=root, start_new_session=True) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


class Lost:
    """A queue whose hints are lost."""

    def hint(self, jobs: Sequence[int]) -> None:
        """Say nothing to anyone."""


@pytest.fixture
def celery(broker: str) -> Iterator[CeleryQueue]:
    queue = CeleryQueue(broker)
    yield queue
    queue.close()


def post(store: DatabaseStore, queue: Queue, patient: str) -> str:
    complaint = {
        "resourceType": "Condition",
        "id": f"pain-{patient}",
        "clinicalStatus": _coded("condition-clinical", "active"),
        "verificationStatus": _coded("condition-ver-status", "confirmed"),
        "code": {"text": "Plantar fasciitis"},
        "bodySite": [{"text": "left"}],
        "subject": {"reference": f"Patient/{patient}"},
        "recordedDate": datetime.now(UTC).date().isoformat(),
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": complaint}]}
    body, clock = json.dumps(bundle).encode(), SystemClock()
    return receive(body, "default", store=store, queue=queue, clock=clock, judge=judge()).submission


def _coded(system: str, code: str) -> dict[str, object]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def is_complete(store: DatabaseStore, submission: str) -> bool:
    progress = read.submission("default", submission, store=store)
    assert progress is not None
    return progress.state is SubmissionState.COMPLETED


def test_a_hint_leads_to_a_decision(store: DatabaseStore, celery: CeleryQueue) -> None:
    submissions = [post(store, celery, f"hinted-{number}") for number in range(5)]
    for submission in submissions:
        awaited(partial(is_complete, store, submission), 60)


def test_a_lost_hint_is_swept(store: DatabaseStore, data_dir: Path) -> None:
    submission = post(store, Lost(), "unhinted")
    with sqlite3.connect(data_dir / STORE) as file:
        file.execute("UPDATE job SET hinted = hinted - 60 WHERE state = 'ready'")
    file.close()
    awaited(lambda: is_complete(store, submission), 60)


def test_a_message_carries_ids_and_nothing_else(broker: str) -> None:
    elsewhere = urlsplit(broker)._replace(path="/1").geturl()
    queue = CeleryQueue(elsewhere)
    with redis.Redis.from_url(elsewhere, socket_timeout=5) as client:
        client.delete(QUEUE)
        queue.hint([7])
        awaited(lambda: client.llen(QUEUE) == 1)
        message = json.loads(client.lpop(QUEUE))
    queue.close()
    arguments, keywords, _ = json.loads(base64.b64decode(message["body"]))
    assert (message["headers"]["task"], message["content-type"]) == ("fhirsvc.wake", "application/json")
    assert (arguments, keywords) == ([[7]], {})
