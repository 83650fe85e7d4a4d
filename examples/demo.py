"""Starts the service, posts the example patients to it as an EHR would, and prints what it says of each.

    make demo

Everything happens on the loopback and in a temporary folder that is removed at the end. What is printed is read back
from the service's FHIR interface: the Task of each submission and the ClinicalImpression it names.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from examples.today import moved, today

HERE = Path(__file__).parent
EXAMPLES = (
    "urgent",
    "indicated",
    "coexisting",
    "consider",
    "biomechanical",
    "alternative",
    "insufficient",
    "not-indicated",
    "not-applicable",
)
PATIENCE = 30.0
FHIR_JSON = {"content-type": "application/fhir+json"}

Resource = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One posted example: its name, the patient's name, and the address of its Task."""

    name: str
    patient: str
    task: str


def main() -> int:
    """Post every example, print every answer; 0 when each was answered."""
    console = Console(highlight=False, markup=False)
    with tempfile.TemporaryDirectory(prefix="fhirsvc-demo-") as folder, running(Path(folder)) as client:
        console.print(Text(f"fhirsvc answers at {client.base_url}", style="dim"))
        sent = [post(client, name) for name in EXAMPLES]
        for each in sent:
            show(console, client, each)
    console.print(Text("Draft protocol, not clinically approved. Every patient here is invented.", style="bold"))
    return 0


@contextmanager
def running(folder: Path) -> Iterator[httpx.Client]:
    """`fhirsvc serve` with its worker on a free port, and a client of its FHIR base; both end with the block."""
    port = free_port()
    settings = {"FHIRSVC_DATA_DIR": str(folder), "FHIRSVC_HOST": "127.0.0.1", "FHIRSVC_PORT": str(port)}
    command = [sys.executable, "-m", "fhirsvc.cli", "serve"]
    log = folder / "serve.log"
    with log.open("wb") as lines, subprocess.Popen(command, env={**os.environ, **settings}, stderr=lines) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/fhir", timeout=PATIENCE, trust_env=False) as client:
                await_start(client, process, log)
                yield client
        finally:
            process.terminate()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_start(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the service answers; end the demo with its log when it does not."""
    ends = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < ends:
        try:
            client.get("/metadata").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"The service did not start. Its log says:\n{log.read_text(encoding='utf-8')}")


def post(client: httpx.Client, name: str) -> Sent:
    """Post one example, with its dates moved to today."""
    text = moved((HERE / f"{name}.json").read_text(encoding="utf-8"), today())
    answer = client.post(str(client.base_url).rstrip("/"), content=text.encode(), headers=FHIR_JSON)
    if answer.is_error:
        sys.exit(f"{name}.json was refused with {answer.status_code}:\n{answer.text}")
    task = next(link["url"] for link in answer.json()["link"] if link["relation"] == "status")
    return Sent(name, patient_of(json.loads(text)), task)


def patient_of(bundle: Resource) -> str:
    """The patient as a clinic would call them: name, sex and year of birth."""
    [patient] = [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient"]
    [name] = patient["name"]
    return f"{' '.join(name['given'])} {name['family']}, {patient['gender']}, born {patient['birthDate'][:4]}"


def answer_of(client: httpx.Client, sent: Sent) -> Resource:
    """The Task of a submission, once it is final."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        task: Resource = client.get(sent.task).raise_for_status().json()
        if task["status"] == "completed":
            return task
        time.sleep(0.05)
    sys.exit(f"{sent.name}.json was not answered in time.")


def show(console: Console, client: httpx.Client, sent: Sent) -> None:
    """What the service says of one patient."""
    task = answer_of(client, sent)
    outcomes = [each["valueCodeableConcept"]["text"] for each in outputs(task, "outcome")]
    console.rule(Text(f"{sent.patient}  ({sent.name}.json)", style="bold"), align="left")
    for told in outcomes:
        console.print(Text(told, style="bold"))
    impressions = outputs(task, "impression")
    if not impressions:
        line(console, "Nothing is written for this patient: there is no heel complaint to answer for.", 2)
    for reference in impressions:
        address = f"{client.base_url}{reference['valueReference']['reference']}"
        show_impression(console, client.get(address).raise_for_status().json())
        line(console, address, 2, style="dim")
    console.print()


def outputs(task: Resource, name: str) -> list[Resource]:
    """The outputs of one name in a Task."""
    return [each for each in task.get("output", ()) if each["type"]["text"] == name]


def show_impression(console: Console, impression: Resource) -> None:
    """Finding by finding: the suggestion, then the basis in groups."""
    for finding in impression["finding"]:
        line(console, finding["itemCodeableConcept"]["text"], 2)
        show_basis(console, finding["basis"].split("\n"))


def show_basis(console: Console, basis: list[str]) -> None:
    """The lines of a finding's basis; each begins with what it is."""
    for told in basis:
        line(console, f"- {told}", 4)


def line(console: Console, text: str, indent: int, style: str = "") -> None:
    """One indented line, wrapped to the width of the terminal."""
    console.print(Padding(Text(text, style=style), (0, 0, 0, indent)))


if __name__ == "__main__":
    sys.exit(main())
