"""Which HTTP status says what went wrong: the one table from the domain's words to HTTP's."""

from __future__ import annotations

from collections.abc import Iterable

from fhirsvc.domain.errors import Issue, Refusal, refusal_reason

STATUS = {
    Refusal.UNPARSEABLE: 400,
    Refusal.TOO_LARGE: 413,
    Refusal.INVALID: 400,
    Refusal.UNPROCESSABLE: 422,
    Refusal.NOT_SUPPORTED: 422,
    Refusal.NOT_IMPLEMENTED: 501,
    Refusal.PRECONDITION: 412,
    Refusal.CONFLICT: 409,
    Refusal.GONE: 410,
    Refusal.NOT_FOUND: 404,
}

PHRASES = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    404: "Not Found",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    501: "Not Implemented",
}


def status_of(reason: Refusal) -> int:
    """The status of a refusal: 400 not FHIR, 412 a condition is not met, 413 too large, 422 not taken (R4 http)."""
    return STATUS[reason]


def line_of_refusal(issues: Iterable[Issue]) -> str:
    """The status line of a refused batch entry, "422 Unprocessable Content"."""
    return line(STATUS[refusal_reason(issues) or Refusal.INVALID])


def line(status: int) -> str:
    """A status as `Bundle.entry.response.status` carries it."""
    return f"{status} {PHRASES[status]}"
