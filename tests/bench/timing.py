"""How long something takes: the fastest of several rounds, which other work on the machine disturbs least."""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 7


def fastest(work: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Seconds of the fastest round."""
    return min(_once(work) for _ in range(rounds))


def _once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
