"""The store in memory: the same promises as the database but durability."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fhirsvc.adapters.clock import uptime
from fhirsvc.adapters.memory.jobs import MemoryJobs
from fhirsvc.adapters.memory.persons import MemoryPersons
from fhirsvc.adapters.memory.responses import MemoryResponses
from fhirsvc.adapters.memory.shelves import Shelves
from fhirsvc.adapters.memory.tables import MemoryPatients, MemoryResources, MemorySubmissions
from fhirsvc.adapters.memory.unmapped import MemoryMisses
from fhirsvc.usecases.ports import Transaction


class MemoryTransaction:
    """All repositories on the same shelves; see ports.Transaction."""

    def __init__(self, shelves: Shelves, now: float) -> None:
        self.resources = MemoryResources(shelves)
        self.submissions = MemorySubmissions(shelves)
        self.patients = MemoryPatients(shelves)
        self.persons = MemoryPersons(shelves)
        self.responses = MemoryResponses(shelves.responses)
        self.misses = MemoryMisses(shelves.missed)
        self.jobs = MemoryJobs(shelves, now)


class MemoryStore:
    """See ports.Store.  A transaction works on a copy, which takes the place of the original when it ends well."""

    def __init__(self, ticks: Callable[[], float] = uptime) -> None:
        self._shelves = Shelves()
        self._ticks = ticks
        self._writer = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """The one writer; kept when the block ends, undone when it raises."""
        with self._writer:
            shelves = self._copied()
            yield MemoryTransaction(shelves, self._ticks())
            self._shelves = shelves

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A consistent view; whatever is written in it is undone."""
        yield MemoryTransaction(self._copied(), self._ticks())

    def _copied(self) -> Shelves:
        return Shelves(**{name: copy.copy(shelf) for name, shelf in vars(self._shelves).items()})
