"""What the service says of itself: one JSON object per line on standard error, made of ids and nothing of a patient."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

OWN = "fhirsvc"

FIELDS = frozenset(
    {"request", "method", "route", "status", "ms", "fault", "where", "submission", "job", "count", "tenant"}
)
"""What a line may carry beside event, level and time; whatever else is bound to it is left out."""


def configure() -> None:
    """Send the service's own lines, and the warnings of its libraries, to standard error as JSON; idempotent."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.stdlib.ExtraAdder(allow=FIELDS),
                _hush_libraries,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    logging.getLogger(OWN).setLevel(logging.INFO)


def where(trace: TracebackType | None) -> list[str]:
    """The innermost five places of a traceback as module:line; never a message, a local or a line of code."""
    places = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-5:]


def _hush_libraries(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's line is reduced to who speaks and what kind of fault: its text may quote what it was given."""
    record: logging.LogRecord = event["_record"]
    event.pop("exc_info", None)
    if record.name.partition(".")[0] == OWN:
        return event
    fault = record.exc_info[0] if record.exc_info else None
    return {**event, "event": f"{record.name} reported", "fault": fault.__name__ if fault else ""}
