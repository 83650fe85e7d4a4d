"""What the database promises beside the twin in memory: it lasts, says when it cannot, and asks in few steps."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.event import listen

from fhirsvc.adapters.database import DatabaseStore, findable, migrate, open_store, store
from fhirsvc.adapters.database.tables import METADATA
from fhirsvc.domain.errors import Refused, Unreachable
from fhirsvc.domain.joining import Identity, Joined
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.fhir.search import criteria
from fhirsvc.usecases.ports import Decision, Submission, Touch, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BOTH = orjson.dumps(
    {
        "resourceType": "Observation",
        "status": "final",
        "identifier": [{"system": "s", "value": "v"}],
        "code": {"coding": [{"code": "c"}]},
        "effectiveDateTime": "2026-05-01",
    }
)
SEARCHES = (
    "",
    "patient=p1",
    "identifier=a|b",
    "code=b&status=active",
    "detail=ClinicalImpression/i&patient=p1",
    "status:not=active",
    "date=2026&_sort=date",
    "_lastUpdated=gt2026&_sort=-_lastUpdated",
    "_id=i&_sort=_id",
)


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


def test_patients_of_before_there_were_persons_are_each_their_own(path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO patient (tenant, id, watermark, evaluated) VALUES ('t', 'p1', 3, 3)")
    engine.dispose()
    kept = open_store(path)
    with kept.writing() as transaction:
        assert transaction.persons.members("t", "p1") == ["p1"]
        assert transaction.patients.touch("t", ["p1"]) == {"p1": 4}
    kept.close()


def test_what_was_kept_before_there_was_an_index_is_found(path: Path) -> None:
    """As of revision 0004, whose heads knew a status and a date."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    body = b'{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:s","code":"c"}]}}'
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.exec_driver_sql(
            "INSERT INTO version (tenant, type, id, version, received, first_received, patient, submission, body) "
            "VALUES ('t', 'Observation', 'o', 2, 0, 0, 'p1', 's', ?)",
            (body,),
        )
        connection.exec_driver_sql(
            "INSERT INTO head (tenant, type, id, version, patient, evidence, status, sorted_by) "
            "VALUES ('t', 'Observation', 'o', 2, 'p1', 1, '', 0)"
        )
    engine.dispose()
    kept = open_store(path)
    with kept.reading() as transaction:
        for query in ("patient=p1", "code=urn:s|c", "status=final", "_lastUpdated=1970-01-01"):
            found = transaction.resources.search("t", criteria("Observation", parse_qsl(query)))
            assert [(each.id, each.version) for each in found.versions] == [("o", 2)]
    kept.close()


def test_what_was_kept_before_versions_had_a_time_counts_as_it_stands(path: Path) -> None:
    """As of revision 0006, whose heads knew only that they are evidence, and nothing of what they name."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    note = b'{"resourceType":"DocumentReference","content":[{"attachment":{"url":"Binary/b1"}}]}'
    kept_before = (("DocumentReference", "d", note, 1), ("Flag", "f", b"{}", 0))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        for type_, id_, body, evidence in kept_before:
            connection.exec_driver_sql(
                "INSERT INTO version (tenant, type, id, version, received, first_received, patient, submission, body) "
                "VALUES ('t', ?, ?, 2, 0, 0, 'p1', ?, ?)",
                (type_, id_, "s" if evidence else None, body),
            )
            connection.exec_driver_sql(
                "INSERT INTO head (tenant, type, id, version, patient, evidence) VALUES ('t', ?, ?, 2, 'p1', ?)",
                (type_, id_, evidence),
            )
    engine.dispose()
    kept = open_store(path)
    with kept.reading() as transaction:
        assert [each.reference for each in transaction.resources.evidence("t", ["p1"])] == ["DocumentReference/d"]
        assert transaction.resources.mentioning("t", [("Binary", "b1")]) == {"p1"}
    kept.close()


def test_a_link_from_before_the_index_was_drawn_anew_is_refused(database: DatabaseStore) -> None:
    named = Version(type="Flag", id="f", version=1, received=NOON, first_received=NOON, body=b"{}")
    with database.writing() as transaction:
        transaction.resources.add("t", [named])
        at = transaction.resources.search("t", criteria("Flag", [])).at
    with database._engine.begin() as connection:
        findable.rebuild(connection)
    with database.reading() as transaction:
        assert transaction.resources.search("t", criteria("Flag", [])).total == 1
        with pytest.raises(Refused):
            transaction.resources.search("t", replace(criteria("Flag", []), at=at))


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


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ("patient=p1&code=c&date=2026", "findable USING INDEX findable_patient (tenant=? AND patient=? AND type=?"),
        ("_id=o&status=final&_sort=date", "findable USING INDEX findable_resource (tenant=? AND type=? AND resource=?"),
        ("identifier=s|v&status=final", "found_by USING PRIMARY KEY (tenant=? AND type=? AND name=? AND value=?"),
        ("code=c", "found_by USING PRIMARY KEY (tenant=? AND type=? AND name=? AND value=?"),
        ("code=c&_sort=-_lastUpdated", "findable USING INTEGER PRIMARY KEY (rowid=?)"),
        ("date=2026-05-01", "USING INDEX findable_sorted (tenant=? AND type=? AND sorted_by>? AND sorted_by<?)"),
        (
            "_lastUpdated=gt2025&_sort=_lastUpdated",
            "USING INDEX findable_received (tenant=? AND type=? AND received>?)",
        ),
    ],
)
def test_each_search_is_led_by_the_index_of_what_is_searched_by(
    database: DatabaseStore, query: str, steps: str
) -> None:
    asked: list[tuple[str, Any]] = []
    listen(database._engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with database.writing() as transaction:
        named = Version(
            type="Observation", id="o", version=1, received=NOON, first_received=NOON, body=BOTH, patient="p1"
        )
        transaction.resources.add("t", [named])
        transaction.resources.search("t", criteria("Observation", parse_qsl(query)))
    with database._engine.connect() as connection:
        found = [(text, values) for text, values in asked if text.startswith("SELECT") and " ORDER BY " in text]
        for text, values in found:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
            assert any(steps in step for step in plan), plan
    assert len(found) == 1


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
        transaction.resources.evidence("t", ["p1"])
        transaction.resources.about("t", [("urn:s", "1")])
        named = Version(
            type="Observation",
            id="o",
            version=1,
            received=NOON,
            first_received=NOON,
            body=b"{}",
            subject=("urn:s", "1"),
        )
        transaction.resources.add("t", [named])
        transaction.resources.assign("t", [replace(named, patient="p1")])
        identity = Identity(patient="p1", numbers=frozenset({("urn:s", "1")}))
        transaction.persons.identify("t", [identity])
        transaction.persons.identities("t", ["p1"])
        transaction.persons.tied("t", [identity])
        transaction.persons.bearers("t", [("urn:s", "1")])
        transaction.persons.join("t", [Joined("p1", ("p1", "p2"))])
        transaction.persons.of("t", ["p2"])
        transaction.persons.members("t", "p1")
        transaction.patients.touch("t", ["p2"])
        transaction.patients.last("t", "p1", "heel")
        transaction.patients.last_impression("t", "p1", "heel")
        decision = Decision(ordinal=1, key="", impression="i", decided=NOON)
        transaction.patients.decide("t", "p1", "heel", decision)
        transaction.submissions.cover("t", "p1", 1, 1, at=NOON)
        transaction.submissions.fail(job, FailureReason.WORKER_LOST, NOON)
        transaction.jobs.renew([job])
        transaction.jobs.bury(job, FailureReason.WORKER_LOST)
        transaction.jobs.sweep(date(2026, 5, 1))
        transaction.submissions.get("t", "s")
        transaction.patients.decision("t", "p1", "heel", 1)
        transaction.patients.told("t", "p1", "heel")
        transaction.patients.newest("t", "p1")
        transaction.responses.get("t", "r")
        transaction.responses.of("t", ["p1"])
        for query in SEARCHES:
            transaction.resources.search("t", criteria("Flag", parse_qsl(query)))


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        open_store(tmp_path)
