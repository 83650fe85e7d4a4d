"""The one place where ports meet adapters: the service and its worker, built from the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from fhirsvc.adapters import database
from fhirsvc.adapters.child_worker import ChildWorker
from fhirsvc.adapters.clock import SystemClock
from fhirsvc.adapters.inprocess_queue import InprocessQueue
from fhirsvc.adapters.map_folder import MapFolder
from fhirsvc.domain.errors import Unreachable
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.knowledge.load import load_protocol
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.terminology import load_lexicon
from fhirsvc.settings import Settings, Unusable
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.map import Desk
from fhirsvc.usecases.ports import Clock, Queue, Store
from fhirsvc.usecases.publish import Catalogue, published
from fhirsvc.usecases.work import Sweeper, Worker

STORE = "fhirsvc.sqlite"
"""The file of the embedded store, in the data folder."""

MAPS = "concept-maps"
"""The folder of the senders' ConceptMaps, in the data folder; a file is named after its sender."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the web needs: the FHIR base for absolute addresses, the three ports, and what senders are answered by.

    catalogue: what is published.
    """

    base: str
    store: Store
    queue: Queue
    clock: Clock
    judge: Judge
    catalogue: Catalogue


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


def kept_store(settings: Settings) -> database.DatabaseStore:
    """The store that stands in the data folder, as for `store`; raises Unusable when there is none."""
    if not (settings.data_dir / STORE).is_file():
        raise Unusable(
            f"FHIRSVC_DATA_DIR: there is no store in {settings.data_dir.absolute()} ({STORE}). "
            "Run the command from the folder, and with the settings, that the service was started with."
        )
    return store(settings)


def judge(settings: Settings) -> Judge:
    """Protocol, terminology with the senders' ConceptMaps, and report reader.

    Raises Faulty when a file of mappings/ or a ConceptMap is wrong, Unusable when a ConceptMap cannot be read.
    """
    shipped, reading = load_lexicon(), load_reading()
    senders = maps(settings, shipped, reading)
    return Judge(load_protocol(), shipped, reading, settings.propose_service_request, senders, settings.shadow)


def maps(settings: Settings, shipped: Lexicon, reading: ReadingLexicon) -> MapFolder:
    """The senders' ConceptMaps; raises as `judge` does."""
    try:
        return MapFolder(settings.data_dir / MAPS, shipped, reading)
    except OSError as fault:
        raise Unusable(f"FHIRSVC_DATA_DIR: {MAPS} in it cannot be read: {fault.strerror}.") from None


@contextmanager
def desk(settings: Settings) -> Iterator[Desk]:
    """Where a sender's codes are mapped, while it is needed; raises as `judge` and `kept_store` do."""
    with ExitStack() as stack:
        shipped, reading = load_lexicon(), load_reading()
        senders, kept = maps(settings, shipped, reading), kept_store(settings)
        stack.callback(kept.close)
        yield Desk(senders, shipped, reading, kept, _queue(settings, (), stack))


def worker(settings: Settings) -> Worker:
    """A worker on the store of the data folder."""
    return Worker(store(settings), SystemClock(), judge(settings))


@contextmanager
def service(settings: Settings, worker_command: Sequence[str]) -> Iterator[Service]:
    """The service while it runs. worker_command starts the child worker; () starts none, nor does a broker_url."""
    with ExitStack() as stack:
        kept, clock, knowledge = store(settings), SystemClock(), judge(settings)
        stack.callback(kept.close)
        queue = _queue(settings, worker_command, stack)
        sweeper = Sweeper(kept, queue, clock)
        sweeper.start()
        stack.callback(sweeper.stop)
        catalogue = Catalogue(published(), maps(settings, knowledge.lexicon, knowledge.reading))
        yield Service(settings.base, kept, queue, clock, knowledge, catalogue)


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
