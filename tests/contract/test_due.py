"""What every store promises of persons whose answer time alone changes: scheduled on their day, and once."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from fhirsvc.adapters.database import migrate, open_store
from fhirsvc.domain.joining import Joined
from fhirsvc.domain.lifecycle import FailureReason
from fhirsvc.usecases.ports import LEASE_SECONDS, MOST_DUE, Job, Store
from tests.contract.conftest import Ticks

TODAY = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def wait(store: Store, due: date | None, *persons: str, tenant: str = "t") -> None:
    """These persons, without a job, are to be judged anew on that day."""
    with store.writing() as transaction:
        transaction.patients.touch(tenant, persons)
        for each in persons:
            transaction.patients.wait(tenant, each, due)
        transaction.jobs.schedule(tenant, persons)
        for job in transaction.jobs.claim(10 * MOST_DUE):
            transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED)


def sweep(store: Store, today: date = TODAY) -> Collection[int]:
    with store.writing() as transaction:
        return transaction.jobs.sweep(today).waiting


def claimed(store: Store) -> list[Job]:
    with store.writing() as transaction:
        return list(transaction.jobs.claim(10 * MOST_DUE))


@pytest.mark.parametrize(
    ("due", "scheduled"),
    [(TODAY, 1), (TODAY - timedelta(days=400), 1), (TODAY + timedelta(days=1), 0), (None, 0)],
)
def test_who_is_due_today_or_before_is_scheduled_and_hinted_at_once(
    store: Store, due: date | None, scheduled: int
) -> None:
    wait(store, due, "p1")
    hinted = sweep(store)
    assert len(hinted) == scheduled
    assert [each.id for each in claimed(store)] == list(hinted)


def test_while_a_job_waits_or_is_at_work_no_other_is_made(store: Store) -> None:
    wait(store, TODAY, "p1")
    assert len(sweep(store)) == 1
    assert sweep(store) == ()
    (job,) = claimed(store)
    assert sweep(store) == ()
    with store.writing() as transaction:
        assert transaction.jobs.finish(job)
        transaction.patients.wait("t", "p1", TODAY + timedelta(days=1))
    assert sweep(store) == ()
    assert len(sweep(store, TODAY + timedelta(days=1))) == 1


def test_a_day_that_is_not_moved_on_is_not_forgotten(store: Store) -> None:
    wait(store, TODAY, "p1")
    sweep(store)
    (job,) = claimed(store)
    with store.writing() as transaction:
        transaction.jobs.finish(job)
    assert len(sweep(store)) == 1


def test_what_is_undone_with_its_transaction_is_still_due(store: Store) -> None:
    wait(store, TODAY, "p1")
    with contextlib.suppress(RuntimeError), store.writing() as transaction:
        transaction.patients.wait("t", "p1", None)
        raise RuntimeError
    assert len(sweep(store)) == 1


def test_tenants_do_not_share_a_day(store: Store) -> None:
    wait(store, TODAY, "p1", tenant="a")
    wait(store, None, "p1", tenant="b")
    sweep(store)
    assert [each.tenant for each in claimed(store)] == ["a"]


def test_a_person_waits_once_however_many_patients_it_is(store: Store) -> None:
    wait(store, None, "p1", "p2")
    with store.writing() as transaction:
        transaction.persons.join("t", [Joined("p1", ("p1", "p2"))])
        transaction.patients.wait("t", "p1", TODAY)
    sweep(store)
    assert [each.patient for each in claimed(store)] == ["p1"]


def test_after_a_long_downtime_so_many_are_scheduled_at_once_and_the_longest_due_first(store: Store) -> None:
    wait(store, TODAY, *(f"p{number:04}" for number in range(MOST_DUE)))
    wait(store, TODAY - timedelta(days=9), "first")
    assert len(sweep(store)) == MOST_DUE
    assert "first" in {each.patient for each in claimed(store)}
    assert len(sweep(store)) == 1


def test_one_whose_job_was_just_lost_is_not_scheduled_in_the_same_breath(store: Store, ticks: Ticks) -> None:
    wait(store, TODAY, "p1")
    sweep(store)
    while claimed(store):
        ticks.seconds += LEASE_SECONDS + 1
    with store.writing() as transaction:
        swept = transaction.jobs.sweep(TODAY)
    assert [each.patient for each in swept.lost] == ["p1"]
    assert claimed(store) == []


def test_who_was_judged_before_days_were_kept_is_judged_anew_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.execute(
            text(
                "INSERT INTO patient (tenant, id, watermark, evaluated, person) "
                "VALUES ('t', 'judged', 1, 1, 'judged'), ('t', 'never', 0, 0, 'never')"
            )
        )
    engine.dispose()
    store = open_store(path)
    sweep(store)
    assert [each.patient for each in claimed(store)] == ["judged"]
    store.close()
