"""Both stores, each with a clock of its own that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.usecases.ports import Store


@dataclass
class Ticks:
    """Seconds since the machine was started, as the test says."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path, ticks: Ticks) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(ticks)
        return
    database = open_store(tmp_path / "store.sqlite", ticks)
    yield database
    database.close()
