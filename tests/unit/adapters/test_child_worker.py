"""The worker process beside the service: woken, restarted, stopped, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fhirsvc.adapters.child_worker import ChildWorker
from fhirsvc.adapters.inprocess_queue import InprocessQueue
from fhirsvc.adapters.parent_orders import ParentOrders

WORKER = """
import os, sys
from fhirsvc.adapters.parent_orders import ParentOrders
orders = ParentOrders()
orders.heed_signals()
log = open(sys.argv[1], "a", buffering=1)
print("start", os.getpid(), file=log)
while not orders.stopped:
    orders.wait(60)
    print("awake", file=log)
print("end", file=log)
"""

PARENT = """
import signal, sys
from fhirsvc.adapters.child_worker import ChildWorker
ChildWorker(sys.argv[1:]).start()
signal.pause()
"""


def awaited(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@contextmanager
def running(log: Path) -> Iterator[ChildWorker]:
    child = ChildWorker([sys.executable, "-c", WORKER, str(log)])
    child.start()
    try:
        yield child
    finally:
        child.stop()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


def starts(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("start")]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_hint_wakes_the_worker(log: Path) -> None:
    with running(log) as child:
        awaited(lambda: starts(log) != [])
        InprocessQueue(child.wake).hint([1])
        awaited(lambda: "awake" in log.read_text())


def test_a_worker_that_dies_is_started_again(log: Path) -> None:
    with running(log):
        awaited(lambda: len(starts(log)) == 1)
        os.kill(starts(log)[0], signal.SIGKILL)
        awaited(lambda: len(starts(log)) == 2)


def test_a_worker_is_told_to_stop_and_finishes_what_it_does(log: Path) -> None:
    with running(log):
        awaited(lambda: len(starts(log)) == 1)
    assert log.read_text().splitlines()[-1] == "end"
    assert not is_alive(starts(log)[0])


def test_a_worker_ends_when_its_parent_was_killed(log: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, sys.executable, "-c", WORKER, str(log)])
    awaited(lambda: len(starts(log)) == 1)
    parent.kill()
    parent.wait()
    awaited(lambda: log.read_text().endswith("end\n"))


def test_hints_to_a_worker_that_does_not_listen_are_dropped(tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = [sys.executable, "-c", f"import time; open({str(started)!r}, 'w'); time.sleep(600)"]
    child = ChildWorker(command)
    child.wake()
    child.start()
    awaited(started.exists)
    for _ in range(100_000):
        child.wake()
    child.stop()
    child.wake()


def test_a_command_that_cannot_be_started_is_tried_again_until_stopped(caplog: pytest.LogCaptureFixture) -> None:
    child = ChildWorker(["/nowhere/at/all"])
    child.start()
    awaited(lambda: len(caplog.records) > 1)
    child.stop()


def test_orders_end_with_their_stream() -> None:
    reader, writer = os.pipe()
    orders = ParentOrders(reader)
    stopped = []
    for told in (b"", b"\n\n"):
        os.write(writer, told)
        orders.wait(0)
        stopped.append(orders.stopped)
    os.close(writer)
    orders.wait(60)
    os.close(reader)
    assert [*stopped, orders.stopped] == [False, False, True]
