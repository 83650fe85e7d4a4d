"""How long one patient takes from the stored resources to the verdict, and a post from its bytes to the answer."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fhirsvc import bootstrap
from fhirsvc.adapters.clock import SystemClock
from fhirsvc.adapters.inprocess_queue import InprocessQueue
from fhirsvc.settings import Settings
from fhirsvc.usecases.decide import decide
from fhirsvc.usecases.known import known
from fhirsvc.usecases.receive import receive
from tests.bench.bundles import transaction
from tests.bench.timing import fastest

TENANT = "default"
POSTS = 200
SIZES = (20, 60)


def measure() -> Iterator[str]:
    """Lines on intake and on the decision."""
    yield "\nintake and decision, SQLite, synchronous=FULL, one process"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        judge, store = bootstrap.judge(settings), bootstrap.store(settings)
        queue, clock = InprocessQueue(lambda: None), SystemClock()
        for size in SIZES:
            posts = []
            for number in range(POSTS):
                body = transaction(size, f"p{size}-{number}")
                start = time.perf_counter()
                receive(body, TENANT, store=store, queue=queue, clock=clock, judge=judge)
                posts.append(time.perf_counter() - start)
            low, high = statistics.median(posts) * 1e3, statistics.quantiles(posts, n=100)[98] * 1e3
            yield f"  a post of {size} entries until durable: p50 {low:.1f} ms, p99 {high:.1f} ms ({POSTS} posts)"
            with store.reading() as view:
                patient = known(view, TENANT, f"p{size}-0", judge.protocol.name)
            assert patient is not None
            now = datetime.now(UTC)
            yield f"  a decision on {size} resources: {fastest(lambda: decide(patient, judge, now)) * 1e3:.1f} ms"  # noqa: B023
        store.close()
