"""The queue of a service without a broker: a hint wakes the one worker process beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class InprocessQueue:
    """See ports.Queue.  wake: returns at once and never raises; the worker finds the jobs by itself."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def hint(self, jobs: Sequence[int]) -> None:
        """Wake the worker."""
        if jobs:
            self._wake()
