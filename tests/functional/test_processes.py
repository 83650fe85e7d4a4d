"""The processes of the service: posting without a worker, a worker that comes later, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.functional.running import Running, command, environment, outputs
from tests.functional.vignettes.spinal import SPINAL

VIGNETTE = SPINAL[0]


@contextmanager
def worker(service: Running) -> Iterator[subprocess.Popen[bytes]]:
    """`fhirsvc worker` on the data folder of a service."""
    with subprocess.Popen(
        command("worker"),
        env=environment(service.folder, service.port),
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def children(pid: int) -> list[int]:
    """The ids of the child processes of a process."""
    return [int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, within: float) -> bool:
    ends = time.monotonic() + within
    while is_alive(pid) and time.monotonic() < ends:
        time.sleep(0.05)
    return not is_alive(pid)


def test_without_a_worker_posting_still_answers_and_later_the_answer_appears(tmp_path: Path) -> None:
    with Running(tmp_path, "--no-worker") as service:
        posted = service.post(VIGNETTE.bundle)
        assert posted.status_code == 200
        [link] = posted.json()["link"]
        assert service.get(link["url"])["status"] == "received"
        with worker(service):
            task = service.task(posted)
        assert task["status"] == "completed"
        assert [each["code"] for each in outputs(task, "rule")] == ["I2"]


def test_what_was_taken_is_answered_after_a_restart(tmp_path: Path) -> None:
    with Running(tmp_path, "--no-worker") as service:
        posted = service.post(VIGNETTE.bundle)
        path = posted.json()["link"][0]["url"].removeprefix(service.base)
    with Running(tmp_path) as service:
        ends = time.monotonic() + 30
        while (task := service.get(path.removeprefix("/")))["status"] != "completed" and time.monotonic() < ends:
            time.sleep(0.05)
        assert [each["code"] for each in outputs(task, "rule")] == ["I2"]


def test_an_end_by_signal_is_clean_and_takes_the_child_along(tmp_path: Path) -> None:
    with Running(tmp_path) as service:
        service.task(service.post(VIGNETTE.bundle))
        [child] = children(service.process.pid)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=30) == 0
        assert gone(child, within=10)


def test_the_log_is_json_and_says_no_path(tmp_path: Path) -> None:
    with Running(tmp_path) as service:
        service.client.get("/Patient/secret-id")
        service.task(service.post(VIGNETTE.bundle))
    lines = [line for line in service.log.read_text().splitlines() if line.startswith("{")]
    assert {json.loads(line)["route"] for line in lines if '"answered"' in line} >= {"/fhir", "/fhir/{type}/{id}"}
    assert "secret-id" not in service.log.read_text()
    assert "Vignette" not in service.log.read_text()
