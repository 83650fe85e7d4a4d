"""kill -9 of the serving or the working process at random instants under load: nothing is lost, nothing is twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from fhirsvc.bootstrap import STORE, judge
from fhirsvc.settings import Settings
from tests.faults.load import Client
from tests.faults.store_check import acknowledged, faults
from tests.functional.running import Running
from tests.servers import awaited

SETTLES_WITHIN = 60.0


class Victim:
    """A service in a folder, whose processes are killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.killed = {"serving": 0, "working": 0}
        self._start()

    def _start(self) -> None:
        self._running = Running(self.folder)
        self._running.__enter__()

    @property
    def base(self) -> str:
        return self._running.base

    def kill(self, which: str) -> None:
        """Kill the serving process and start the service again, or kill its worker, which it starts again itself."""
        if which == "serving":
            self._running.process.kill()
            self._running.__exit__(None, None, None)
            self._start()
        else:
            awaited(lambda: bool(self._workers()), saying="no worker was started")
            for pid in self._workers():
                os.kill(pid, signal.SIGKILL)
        self.killed[which] += 1

    def _workers(self) -> list[int]:
        pid = self._running.process.pid
        threads = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]

    def work_on(self) -> None:
        """Wait until a worker is at it again."""
        done = self._counted("SELECT COUNT(*) FROM assessment")
        awaited(lambda: self._counted("SELECT COUNT(*) FROM assessment") > done, SETTLES_WITHIN, saying="nobody worked")

    def settle(self) -> None:
        """Wait until every submission is final."""
        waiting = "SELECT COUNT(*) FROM submission WHERE state NOT IN ('completed', 'failed')"
        awaited(lambda: self._counted(waiting) == 0, SETTLES_WITHIN, saying="it did not settle")

    def _counted(self, question: str) -> int:
        with closing(sqlite3.connect(self.folder / STORE)) as database:
            return int(database.execute(question).fetchone()[0])

    def stop(self) -> None:
        self._running.__exit__(None, None, None)


def storm(folder: Path, kills: int, seed: str) -> dict[str, int]:
    """Load and kills until so many were done, then quiet; AssertionError with everything that is not as it must be."""
    chance = random.Random(seed)
    log = folder / "acknowledged.jsonl"
    victim = Victim(folder)
    with ExitStack() as stack:
        stack.callback(victim.stop)
        with Client("a", seed, log, lambda: victim.base) as one, Client("b", seed, log, lambda: victim.base) as other:
            for number in chance.sample(range(kills), kills):
                victim.work_on()
                time.sleep(chance.uniform(0, 0.3))
                victim.kill("working" if number % 3 else "serving")
        victim.settle()
    found = faults(folder / STORE, log, judge(Settings()))
    assert one.refused + other.refused == []
    assert found == []
    return {**victim.killed, "acknowledged": len(acknowledged(log)), **_counted(folder)}


def _counted(folder: Path) -> dict[str, int]:
    questions = {
        "stored": "SELECT COUNT(*) FROM submission",
        "failed": "SELECT COUNT(*) FROM submission WHERE state = 'failed'",
        "claims lost": "SELECT TOTAL(attempts - 1) FROM job WHERE attempts > 1",
        "decisions": "SELECT COUNT(*) FROM decision",
        "merged": "SELECT COUNT(*) FROM patient WHERE person <> id",
    }
    with closing(sqlite3.connect(folder / STORE)) as database:
        return {name: int(database.execute(question).fetchone()[0]) for name, question in questions.items()}


def new_seed() -> str:
    seed = os.urandom(4).hex()
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    return seed


def test_a_few_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    told = storm(tmp_path, 6, new_seed())
    print(told)  # noqa: T201
    assert told["acknowledged"] > 20
    assert told["decisions"] > 10
    assert told["merged"] > 0


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_more_than_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    told = storm(tmp_path, 120, new_seed())
    print(told)  # noqa: T201 - the figures, shown by pytest -rP
    assert told["acknowledged"] > 500
    assert told["claims lost"] > 10
