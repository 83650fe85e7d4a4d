"""What a child worker is told by the service that started it: a byte wakes, the end of the stream or SIGTERM stops."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType

_STANDARD_INPUT = 0
_MANY = 65536


class ParentOrders:
    """See work.Orders.  The stream ends when the parent does, however it died: no worker is left behind."""

    def __init__(self, stream: int = _STANDARD_INPUT) -> None:
        self._stream = stream
        self._stopped = False

    def heed_signals(self) -> None:
        """Stop at SIGTERM; leave SIGINT, which a terminal sends to parent and child alike, to the parent."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True

    @property
    def stopped(self) -> bool:
        """Is it time to end?"""
        return self._stopped

    def wait(self, seconds: float) -> None:
        """Rest until the parent wakes or leaves, at most for `seconds`."""
        ready, _, _ = select.select([self._stream], [], [], seconds)
        if ready and not os.read(self._stream, _MANY):
            self._stopped = True
