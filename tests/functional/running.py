"""The service as a sender meets it: a real process on a free port of the loopback, with a data folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.functional.told import must_be_told

STARTS_WITHIN = 30.0
ANSWERS_WITHIN = 30.0
FHIR_JSON = {"content-type": "application/fhir+json"}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(folder: Path, port: int) -> dict[str, str]:
    """The environment of a service in a folder, without whatever FHIRSVC_ settings the caller has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FHIRSVC_")}
    return {**kept, "FHIRSVC_DATA_DIR": str(folder), "FHIRSVC_PORT": str(port)}


def command(*words: str) -> list[str]:
    """The command line `fhirsvc …` of the running interpreter."""
    return [sys.executable, "-m", "fhirsvc.cli", *words]


class Running:
    """`fhirsvc serve` from start to end; a context manager."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}/fhir"
        self.log = folder / "serve.log"
        self._options = options
        self._settings = {f"FHIRSVC_{name.upper()}": value for name, value in settings.items()}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command("serve", *self._options),
                env={**environment(self.folder, self.port), **self._settings},
                stderr=log,
                stdout=log,
            )
        self.client = httpx.Client(
            base_url=self.base, timeout=30, trust_env=False, event_hooks={"response": [must_be_told]}
        )
        self._await_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(timeout=30)

    def post(self, bundle: dict[str, Any] | bytes) -> httpx.Response:
        """Post a Bundle as an EHR would."""
        if isinstance(bundle, bytes):
            return self.client.post(self.base, content=bundle, headers=FHIR_JSON)
        return self.client.post(self.base, json=bundle, headers=FHIR_JSON)

    def get(self, address: str) -> dict[str, Any]:
        """The resource at a relative or absolute address."""
        response = self.client.get(address if address.startswith("http") else f"/{address}")
        assert response.status_code == 200, response.text
        resource: dict[str, Any] = response.json()
        return resource

    def task(self, posted: httpx.Response) -> dict[str, Any]:
        """The Task of a posted Bundle once it is final."""
        assert posted.status_code == 200, posted.text
        return self.task_at(next(link["url"] for link in posted.json()["link"] if link["relation"] == "status"))

    def task_at(self, address: str) -> dict[str, Any]:
        """The Task at an address once it is final."""
        ends = time.monotonic() + ANSWERS_WITHIN
        while time.monotonic() < ends:
            task = self.get(address)
            if task["status"] in {"completed", "failed"}:
                return task
            time.sleep(0.01)
        raise AssertionError(f"no answer within {ANSWERS_WITHIN} s; the log says: {self.log.read_text()[-2000:]}")

    def _await_start(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                self.client.get("/metadata")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the service did not start; its log says: {self.log.read_text()[-2000:]}")


def outputs(task: dict[str, Any], name: str) -> list[Any]:
    """The values of a Task's outputs of one name, patient after patient."""
    found = [output for output in task.get("output", ()) if output["type"]["text"] == name]
    return [next(value for key, value in output.items() if key.startswith("value")) for output in found]
