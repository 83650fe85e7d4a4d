"""The queue through Celery and Redis: hints only, published after the commit by a thread of their own."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence

from celery import Celery

_log = logging.getLogger(__name__)

WAKE = "fhirsvc.wake"
"""The name of the one task; its only argument is a list of job ids."""

MOST_IDS = 64
"""Job ids in one message: a message costs the same whatever it carries."""

_MOST_WAITING = 10_000
_QUIET_SECONDS = 60.0
_STOP_SECONDS = 5.0


def application(broker_url: str) -> Celery:
    """Celery as publisher and worker share it.  Reasons are the failure modes named F… in RELIABILITY 1.2."""
    app = Celery("fhirsvc", broker=broker_url)
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": 300,  # more than twice task_time_limit (F1)
            "unacked_restore_interval": 5,  # else an abandoned message waits 100 s longer (F4)
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,  # longer than a blocking read; a half-open connection ends (F8)
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
            "max_connections": 20,
            "global_keyprefix": "fhirsvc:",  # the shortest timeout among applications on one broker wins (F3)
            "client_name": "fhirsvc",
        },
        visibility_timeout=300,  # must be said here too (F3)
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker outlives any outage (F9)
        task_default_queue="interactive",
        task_publish_retry=False,  # one try; the sweep mends it (F10)
        task_ignore_result=True,  # no result backend, and nothing of a patient in Redis (F15)
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,  # safe only because the store counts attempts (F5, F6, F13)
        task_reject_on_worker_lost=True,
        task_time_limit=120,
        task_soft_time_limit=90,
        task_serializer="json",
        accept_content=["json"],  # nothing that could run code (F24)
        task_send_sent_event=False,
        enable_utc=True,
        worker_prefetch_multiplier=1,  # a crash puts no other task at risk (F19)
        worker_max_tasks_per_child=500,  # bounds leaks
        worker_max_memory_per_child=400_000,
        worker_proc_alive_timeout=30,  # a child reads the mappings before it takes its first task
        worker_eta_task_limit=10,  # we never use eta or countdown (F2)
        worker_cancel_long_running_tasks_on_connection_loss=False,  # the fence protects (F20)
        worker_soft_shutdown_timeout=25,
        worker_enable_soft_shutdown_on_idle=True,  # F22
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,  # our own logger stays in charge
    )
    return app


class CeleryQueue:
    """See ports.Queue.  A hint that cannot be published is dropped: the sweep gives it again."""

    def __init__(self, broker_url: str) -> None:
        self._app = application(broker_url)
        self._app.conf.broker_transport_options["max_retries"] = 0  # one try for connecting too, unlike a worker
        self._waiting: queue.Queue[int | None] = queue.Queue(_MOST_WAITING)
        self._last_complaint = float("-inf")
        self._thread = threading.Thread(target=self._dispatch, name="hints", daemon=True)
        self._thread.start()

    def hint(self, jobs: Sequence[int]) -> None:
        """Leave the ids for the dispatcher."""
        for job in jobs:
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                return

    def close(self) -> None:
        """Publish what waits, within a few seconds, and end."""
        try:
            self._waiting.put(None, timeout=_STOP_SECONDS)
        except queue.Full:
            return
        self._thread.join(_STOP_SECONDS)

    def _dispatch(self) -> None:
        while True:
            jobs, last = self._next()
            if jobs:
                self._publish(jobs)
            if last:
                return

    def _next(self) -> tuple[list[int], bool]:
        """The ids that wait, at least one and at most MOST_IDS, and whether they are the last."""
        found = [self._waiting.get()]
        while found[-1] is not None and len(found) < MOST_IDS:
            try:
                found.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return [each for each in found if each is not None], found[-1] is None

    def _publish(self, jobs: list[int]) -> None:
        try:
            self._app.send_task(WAKE, args=[jobs])
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with the broker, a hint may be lost
            if time.monotonic() - self._last_complaint > _QUIET_SECONDS:
                self._last_complaint = time.monotonic()
                _log.warning("hints cannot be published; the sweep repeats them", extra={"fault": type(fault).__name__})
