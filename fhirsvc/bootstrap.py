"""The one place where ports meet adapters: the service and its worker, built from the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fhirsvc.adapters import database
from fhirsvc.adapters.child_worker import ChildWorker
from fhirsvc.adapters.clock import SystemClock
from fhirsvc.adapters.inprocess_queue import InprocessQueue
from fhirsvc.domain.errors import Unreachable
from fhirsvc.knowledge.load import load_protocol
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.terminology import load_lexicon
from fhirsvc.settings import Settings, Unusable
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.ports import Clock, Queue, Store
from fhirsvc.usecases.work import Sweeper, Worker

STORE = "fhirsvc.sqlite"
"""The file of the embedded store, in the data folder."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the web needs: the FHIR base for absolute addresses, and the three ports."""

    base: str
    store: Store
    queue: Queue
    clock: Clock


def store(settings: Settings) -> database.DatabaseStore:
    """The store in the data folder, brought up to date; the caller closes it.  Raises Unusable when it cannot be."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Unusable(f"FHIRSVC_DATA_DIR: the folder cannot be made or used: {fault.strerror}.") from None
    try:
        return database.open_store(settings.data_dir / STORE)
    except Unreachable as fault:
        raise Unusable(f"FHIRSVC_DATA_DIR: {STORE} in it cannot be used: {fault}.") from None


def judge(settings: Settings) -> Judge:
    """Protocol, terminology and report reader, loaded once; raises Faulty when a file of mappings/ is wrong."""
    return Judge(load_protocol(), load_lexicon(), load_reading(), settings.propose_service_request)


def worker(settings: Settings) -> Worker:
    """A worker on the store of the data folder."""
    return Worker(store(settings), SystemClock(), judge(settings))


@contextmanager
def service(settings: Settings, worker_command: Sequence[str]) -> Iterator[Service]:
    """The service while it runs. worker_command starts the child worker; () starts none, nor does a broker_url."""
    with ExitStack() as stack:
        kept, clock = store(settings), SystemClock()
        stack.callback(kept.close)
        queue = _queue(settings, worker_command, stack)
        sweeper = Sweeper(kept, queue, clock)
        sweeper.start()
        stack.callback(sweeper.stop)
        yield Service(settings.base, kept, queue, clock)


def _queue(settings: Settings, worker_command: Sequence[str], stack: ExitStack) -> Queue:
    if settings.broker_url:
        from fhirsvc.adapters.celery_queue import CeleryQueue  # Celery takes a second to import and few need it

        remote = CeleryQueue(settings.broker_url)
        stack.callback(remote.close)
        return remote
    if not worker_command:
        return InprocessQueue(lambda: None)
    child = ChildWorker(worker_command)
    child.start()
    stack.callback(child.stop)
    return InprocessQueue(child.wake)
