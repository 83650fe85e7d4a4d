"""The body of a request, read as it arrives and never further than the limit."""

from __future__ import annotations

from fastapi import Request

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity

LIMIT = 10 * 1024 * 1024
"""Bytes; a larger Bundle is refused with 413 (RELIABILITY section 4, rows 10 and 11)."""


async def read_body(request: Request) -> bytes:
    """All bytes of the body; raises Refused as soon as it is longer than LIMIT, whatever its header says."""
    if _declared(request) > LIMIT:
        raise _too_long()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise _too_long()
    return bytes(body)


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and length.isascii() else 0


def _too_long() -> Refused:
    text = f"The body is longer than {LIMIT // 1024 // 1024} MiB. Send the resources in several Bundles."
    return Refused(Refusal.TOO_LARGE, [Issue(Severity.FATAL, IssueCode.TOO_LONG, text)])
