"""The Celery application of the workers: its queue, what each of its processes holds, and who keeps the log."""

from __future__ import annotations

import sys
from functools import cache

from celery.signals import setup_logging, worker_process_init

from fhirsvc import bootstrap, settings
from fhirsvc.adapters import telemetry
from fhirsvc.adapters.celery_queue import CeleryQueue, application
from fhirsvc.usecases.work import Sweeper, Worker, leave_shadow

UNUSABLE = 3
"""Exit code for settings that cannot be used, as of the command line."""


def _broker() -> str:
    """The address of the broker; without one there is nothing that these workers could be woken by."""
    broker = settings.read().broker_url
    if not broker:
        sys.stderr.write("FHIRSVC_BROKER_URL is not set: name the Redis that wakes the workers.\n")
        sys.exit(UNUSABLE)
    return broker


app = application(_broker())
app.conf.include = ["workers.tasks"]


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_the_log(**_: object) -> None:
    """Write our own log lines instead of Celery's."""
    telemetry.configure()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def begin(**_: object) -> None:
    """Give a process of the pool its worker and its sweeper; a store must not be carried over a fork."""
    mine = worker()
    leave_shadow(mine)
    Sweeper(mine.store, CeleryQueue(settings.read().broker_url), mine.clock).start()


@cache
def worker() -> Worker:
    """The worker of this process."""
    return bootstrap.worker(settings.read())
