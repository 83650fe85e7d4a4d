"""`fhirsvc serve` and `fhirsvc worker`: take Bundles, and decide for the patients in them."""

from __future__ import annotations

import signal
import socket
import sys
from typing import Annotated

import typer

from fhirsvc.cli.frame import UNUSABLE, app, read_settings, say, told_if_unusable, usable
from fhirsvc.settings import Settings

LAST_ANSWERS_SECONDS = 10
WORKER_COMMAND = (sys.executable, "-m", "fhirsvc.cli", "worker")


@app.command()
def serve(
    *,
    child: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Start the worker that decides as a child process.")
    ] = True,
) -> None:
    """Take Bundles and answer for them, on FHIRSVC_HOST and FHIRSVC_PORT (127.0.0.1 and 8000).

    Everything is kept in FHIRSVC_DATA_DIR. With FHIRSVC_BROKER_URL set no child is started: Celery workers decide.
    Ctrl-C or SIGTERM stops it; what was taken is kept, and is decided when it runs again.
    """
    import uvicorn

    from fhirsvc import bootstrap
    from fhirsvc.adapters import telemetry
    from fhirsvc.web.fhir import application

    settings = read_settings()
    listener = _listener(settings)
    telemetry.configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with listener, told_if_unusable(), bootstrap.service(settings, WORKER_COMMAND if child else ()) as service:
        config = uvicorn.Config(
            application(service),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=LAST_ANSWERS_SECONDS,
        )
        say(f"fhirsvc answers at {settings.base}")
        uvicorn.Server(config).run(sockets=[listener])


@app.command()
def worker() -> None:
    """Decide for the patients whose Bundles wait in FHIRSVC_DATA_DIR, until standard input ends or SIGTERM comes.

    `fhirsvc serve` starts one by itself. A byte on standard input makes it look at once.
    """
    from fhirsvc import bootstrap
    from fhirsvc.adapters import telemetry
    from fhirsvc.adapters.parent_orders import ParentOrders
    from fhirsvc.usecases import work

    settings = read_settings()
    telemetry.configure()
    orders = ParentOrders()
    orders.heed_signals()
    work.run(usable(bootstrap.worker, settings), orders)


def _listener(settings: Settings) -> socket.socket:
    """The socket to answer on; an address that cannot be had is said before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as fault:
        say(f"Cannot listen on FHIRSVC_HOST and FHIRSVC_PORT: {fault.strerror}.")
        raise typer.Exit(UNUSABLE) from None
