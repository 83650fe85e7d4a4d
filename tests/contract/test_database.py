"""What the database promises beside the twin in memory: it lasts, says when it cannot, and asks in few steps."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.event import listen

from fhirsvc.adapters.database import DatabaseStore, migrate, open_store, store
from fhirsvc.adapters.database.tables import METADATA
from fhirsvc.domain.errors import Unreachable
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.fhir.search import criteria
from fhirsvc.usecases.ports import Decision, Submission, Touch

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[DatabaseStore]:
    opened = open_store(path)
    yield opened
    opened.close()


def touched(kept: DatabaseStore) -> int:
    with kept.reading() as transaction:
        return transaction.patients.watermark("t", "p1")


def touch(kept: DatabaseStore) -> None:
    with kept.writing() as transaction:
        transaction.patients.touch("t", ["p1"])


def test_what_was_committed_is_there_when_the_file_is_opened_again(database: DatabaseStore, path: Path) -> None:
    touch(database)
    database.close()
    again = open_store(path)
    assert touched(again) == 1
    again.close()


def test_a_file_that_is_no_database_is_never_taken_for_a_store(path: Path) -> None:
    path.write_text("no database at all\n" * 100)
    with pytest.raises(Unreachable):
        open_store(path)
    assert path.read_text().startswith("no database at all")


def test_a_store_of_a_later_version_is_left_as_it_is(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")
    with pytest.raises(Unreachable):
        open_store(path)
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    engine.dispose()
    assert tables == ["alembic_version"]


def test_every_connection_is_durable(database: DatabaseStore) -> None:
    with database._engine.connect() as connection:
        modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]


@pytest.mark.usefixtures("database")
def test_the_migrations_make_the_tables_that_the_code_uses(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        indexes = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        migrated = {row[0] for row in indexes}
    engine.dispose()
    fresh = create_engine("sqlite://")
    with fresh.connect() as connection:
        METADATA.create_all(connection)
        indexes = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        assert migrated == {row[0] for row in indexes}
    fresh.dispose()


def test_the_newest_revision_is_the_one_that_is_looked_for() -> None:
    revisions = ScriptDirectory(str(Path(migrate.__file__).with_name("migrations")))
    assert revisions.get_current_head() == migrate.HEAD


def test_processes_that_start_together_wait_for_each_other(path: Path) -> None:
    opened: list[DatabaseStore] = []
    threads = [threading.Thread(target=lambda: opened.append(open_store(path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for kept in opened:
        touch(kept)
    assert touched(opened[0]) == 4
    for kept in opened:
        kept.close()


def test_a_locked_file_is_unreachable_for_writing_and_readable(
    database: DatabaseStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(database)
    database.close()
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    impatient = open_store(path)
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unreachable):
            touch(impatient)
        assert touched(impatient) == 1
        other.rollback()
    touch(impatient)
    assert touched(impatient) == 2
    impatient.close()
    other.close()


def test_a_full_disk_is_unreachable_and_loses_nothing(database: DatabaseStore) -> None:
    touch(database)
    with database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    database.close()
    listen(database._engine, "connect", lambda opened, _: opened.execute(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(Unreachable) as fault, database.writing() as transaction:
        transaction.patients.touch("t", [f"patient-{number}" for number in range(20_000)])
    assert "patient" not in str(fault.value)
    assert fault.value.__suppress_context__
    assert touched(database) == 1
    touch(database)
    assert touched(database) == 2


def test_no_step_of_the_work_reads_a_whole_table(database: DatabaseStore) -> None:
    asked: list[tuple[str, Any]] = []
    listen(database._engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    work_once(database)
    questions = [(text, values) for text, values in asked if text.split()[0] in {"SELECT", "UPDATE", "DELETE"}]
    assert len(questions) > 20
    with database._engine.connect() as connection:
        for text, values in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            assert not [row[3] for row in plan if re.match(r"SCAN (?!.*INDEX)", row[3])], text


def work_once(kept: DatabaseStore) -> None:
    """Everything the service asks of a store, on almost nothing."""
    received = Submission(id="s", received=NOON, changed=NOON, digest="", body=b"", state=SubmissionState.RECEIVED)
    with kept.writing() as transaction:
        marks = transaction.patients.touch("t", ["p1"])
        transaction.submissions.add("t", received, [Touch("p1", marks["p1"])])
        transaction.jobs.schedule("t", ["p1"])
        (job,) = transaction.jobs.claim(64)
        transaction.submissions.start([job], NOON)
        transaction.resources.heads("t", [("Patient", "p1")])
        transaction.resources.evidence("t", "p1")
        transaction.patients.last("t", "p1", "heel")
        transaction.patients.last_impression("t", "p1", "heel")
        decision = Decision(ordinal=1, key="", impression="i", decided=NOON)
        transaction.patients.decide("t", "p1", "heel", decision)
        transaction.submissions.cover("t", "p1", 1, 1, at=NOON)
        transaction.submissions.fail(job, FailureReason.WORKER_LOST, NOON)
        transaction.jobs.renew([job])
        transaction.jobs.bury(job, FailureReason.WORKER_LOST)
        transaction.jobs.sweep()
        transaction.submissions.get("t", "s")
        transaction.patients.decision("t", "p1", "heel", 1)
        for name, value in (("patient", "p1"), ("identifier", "a|b"), ("date", "2026"), ("_id", "i")):
            transaction.resources.search("t", criteria("Flag", [(name, value)]))


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        open_store(tmp_path)
