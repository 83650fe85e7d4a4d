"""What time it is, and how long the machine has been running."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The wall clock of the machine; see ports.Clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def uptime() -> float:
    """Seconds since the machine was started: the same in every process of it, and never set back or forward."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
