"""The store as one SQLite file: one writer at a time, any number of readers, durable at the end of each transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from fhirsvc.adapters.clock import uptime
from fhirsvc.adapters.database.jobs import DatabaseJobs
from fhirsvc.adapters.database.migrate import UnknownRevision, migrate
from fhirsvc.adapters.database.patients import DatabasePatients
from fhirsvc.adapters.database.persons import DatabasePersons
from fhirsvc.adapters.database.resources import DatabaseResources
from fhirsvc.adapters.database.responses import DatabaseResponses
from fhirsvc.adapters.database.submissions import DatabaseSubmissions
from fhirsvc.adapters.database.unmapped import DatabaseMisses
from fhirsvc.domain.errors import Unreachable
from fhirsvc.usecases.ports import Transaction

BUSY_SECONDS = 5.0
"""How long to wait for another writer before the store counts as unreachable."""


class DatabaseTransaction:
    """All repositories on one connection; see ports.Transaction."""

    def __init__(self, connection: Connection, now: float) -> None:
        self.resources = DatabaseResources(connection)
        self.submissions = DatabaseSubmissions(connection)
        self.patients = DatabasePatients(connection)
        self.persons = DatabasePersons(connection)
        self.responses = DatabaseResponses(connection)
        self.misses = DatabaseMisses(connection)
        self.jobs = DatabaseJobs(connection, now)


class DatabaseStore:
    """See ports.Store.  ticks: the clock that leases are counted on, in seconds.

    Leases are read from the machine's uptime, not from a clock: all processes that share an SQLite file run on one
    machine, and nobody can set its uptime, so a corrected wall clock neither frees nor prolongs a lease.
    """

    def __init__(self, engine: Engine, ticks: Callable[[], float]) -> None:
        self._engine = engine
        self._ticks = ticks
        self._writer = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """The one writer; durable when the block ends, undone when it raises."""
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise Unreachable("another writer is at work")
        try:
            with _named_faults(), self._begun("IMMEDIATE") as connection:
                yield DatabaseTransaction(connection, self._ticks())
                connection.commit()
        finally:
            self._writer.release()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A consistent view; whatever is written in it is undone."""
        with _named_faults(), self._begun("DEFERRED") as connection:
            yield DatabaseTransaction(connection, self._ticks())

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    @contextmanager
    def _begun(self, mode: str) -> Iterator[Connection]:
        with self._engine.connect().execution_options(sqlite_begin=mode) as connection:
            connection.begin()
            yield connection


def open_store(path: Path, ticks: Callable[[], float] = uptime) -> DatabaseStore:
    """The store in this file, which is made or brought up to date first.

    Raises Unreachable when it cannot be: no such folder, no right to write, no database, or of a later version.
    """
    engine = _engine(path)
    try:
        with _named_faults():
            migrate(engine)
    except (DatabaseError, UnknownRevision):
        engine.dispose()
        raise Unreachable("the file is no store of this version") from None
    return DatabaseStore(engine, ticks)


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        hide_parameters=True,  # a fault must not carry a patient into a log
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # a commit is on the disk before it is answered for


def _begin(connection: Connection) -> None:
    """Begin as told: the sqlite3 module would begin too late, and never IMMEDIATE."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'IMMEDIATE')}")


@contextmanager
def _named_faults() -> Iterator[None]:
    """What a locked, full or missing file raises, named for what it means and without what was being written."""
    try:
        yield
    except (OperationalError, PoolTimeoutError):
        raise Unreachable("the store cannot be reached now") from None
