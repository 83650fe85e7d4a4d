"""What Celery is told, and what becomes of hints when the broker is away."""

from __future__ import annotations

import time

import pytest

from fhirsvc.adapters.celery_queue import MOST_IDS, CeleryQueue, application
from fhirsvc.usecases.work import DRAIN_SECONDS
from tests.servers import free_port


@pytest.fixture
def nowhere() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


def test_a_task_ends_long_before_its_message_is_given_to_another(nowhere: str) -> None:
    conf = application(nowhere).conf
    assert DRAIN_SECONDS < conf.task_soft_time_limit < conf.task_time_limit
    assert conf.visibility_timeout > 2 * conf.task_time_limit
    assert conf.broker_transport_options["visibility_timeout"] == conf.visibility_timeout


def test_a_broken_connection_is_noticed_before_it_counts_as_idle(nowhere: str) -> None:
    options = application(nowhere).conf.broker_transport_options
    assert 1 < options["health_check_interval"] < options["socket_timeout"]


def test_nothing_of_a_task_is_kept_in_the_broker(nowhere: str) -> None:
    conf = application(nowhere).conf
    assert conf.result_backend is None
    assert conf.task_ignore_result
    assert not conf.task_store_errors_even_if_ignored
    assert not any((conf.worker_send_task_events, conf.task_send_sent_event))
    assert conf.accept_content == ["json"]
    assert not conf.worker_enable_remote_control


def test_without_a_broker_a_hint_is_lost_at_once_and_said_once(nowhere: str, caplog: pytest.LogCaptureFixture) -> None:
    queue = CeleryQueue(nowhere)
    began = time.monotonic()
    for job in range(5 * MOST_IDS):
        queue.hint([job])
    assert time.monotonic() - began < 0.5
    queue.close()
    ours = [record for record in caplog.records if record.name.startswith("fhirsvc")]
    assert [record.getMessage() for record in ours] == ["hints cannot be published; the sweep repeats them"]
