"""The worker process beside the service: started with it, woken through its standard input, restarted when it dies."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Sequence

_log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
"""Seconds before a worker that died is started again; doubled each time it dies soon after its start."""

STOP_SECONDS = 10.0
"""How long a worker may take to finish what it holds before it is killed; its leases run out then."""


class ChildWorker:
    """Keeps one process of a command alive, which reads parent_orders.ParentOrders from its standard input.

    Evaluation never runs in the process that answers: whatever a bundle does to its worker, posting goes on.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_alive, name="child-worker", daemon=True)

    def start(self) -> None:
        """Start the worker process and watch over it."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the worker that jobs wait; if it is not there, or too busy to hear, it will look for itself."""
        with self._lock:
            if self._process is None or self._process.stdin is None:
                return
            try:
                os.write(self._process.stdin.fileno(), b"\n")
            except (OSError, ValueError):  # full, broken or closed
                return

    def stop(self) -> None:
        """Let the worker finish what it holds and end it; returns when it has ended."""
        self._stopping.set()
        with self._lock:
            process = self._process
            if process is not None:
                _end(process)
        if process is not None:
            self._thread.join(STOP_SECONDS)
            process.kill()
        self._thread.join()

    def _keep_alive(self) -> None:
        pause = SHORTEST_PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._live_once()
            if self._stopping.is_set():
                return
            _log.warning("the worker process ended and is started again", extra={"status": code})
            pause = SHORTEST_PAUSE if time.monotonic() - started > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _live_once(self) -> int | None:
        """Start the process and wait for its end; its exit code, None if it could not be started."""
        try:
            process = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 - our own command
        except OSError:
            return None
        assert process.stdin is not None  # noqa: S101 - it was asked for
        os.set_blocking(process.stdin.fileno(), False)
        with self._lock:
            self._process = process
            if self._stopping.is_set():
                _end(process)
        code = process.wait()
        with self._lock:
            self._process = None
            process.stdin.close()
        return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tell a worker to stop, and wake it so that it hears."""
    process.terminate()
    if process.stdin is not None:
        process.stdin.close()
