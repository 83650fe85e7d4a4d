"""The one task: job ids in, one use case called."""

from __future__ import annotations

from fhirsvc.adapters.celery_queue import WAKE
from fhirsvc.usecases import work
from workers.app import app, worker


@app.task(name=WAKE)  # type: ignore[untyped-decorator]
def wake(jobs: list[int]) -> None:
    """Work off these jobs, and whatever else is ready."""
    work.wake(worker(), jobs)
