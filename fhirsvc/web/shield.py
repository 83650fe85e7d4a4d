"""The outermost layer: headers on every answer, one log line of ids per request, and nothing escapes it."""

from __future__ import annotations

import logging
import time
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fhirsvc.adapters import telemetry

_log = logging.getLogger(__name__)

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Shield:
    """ASGI middleware; the X-Request-Id of an answer is the `request` of its log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through; whatever the application raises after its answer is logged and ends here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        began = time.monotonic()
        try:
            await self._app(scope, receive, answer.send)
        except Exception as fault:  # noqa: BLE001 - the last place where a fault can be kept from the server's own log
            _log.error("failed", extra={"request": answer.request, **_seen(fault)})
        _log.info("answered", extra={**_asked(scope), **answer.given, "ms": round((time.monotonic() - began) * 1000)})


def _seen(fault: Exception) -> dict[str, object]:
    return {"fault": type(fault).__name__, "where": telemetry.where(fault.__traceback__)}


def _asked(scope: Scope) -> dict[str, object]:
    """Method and route template; never the path or the query, which name resources."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    return {"method": method, "route": getattr(scope.get("route"), "path", "none")}


class _Answer:
    """The way out of one request: adds the headers and remembers the status."""

    def __init__(self, send: Send) -> None:
        self.request = uuid4().hex
        self.status = 0
        self._send = send

    @property
    def given(self) -> dict[str, object]:
        """What the log may say of the answer."""
        return {"request": self.request, "status": self.status}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = {**HEADERS, "x-request-id": self.request}
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ]
        await self._send(message)
