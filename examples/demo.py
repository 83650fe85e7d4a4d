"""Starts the service, posts the example patients to it as an EHR would, and prints what it says of each.

    make demo

Everything happens on the loopback and in a temporary folder that is removed at the end. What is printed is read back
from the service's FHIR interface: the Task of each submission and the ClinicalImpression it names.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.rule import Rule
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

TITLES = {
    "Recorded": "Recorded",
    "For": "For",
    "Against": "Against",
    "Local": "Local signs",
    "Also": "Also recorded",
    "Excluded": "Excluded, and why",
    "Not recorded": "Not recorded",
}
LAST_WORDS = (
    "Draft protocol, not clinically approved. This service supports a clinician's judgement and does not replace it. "
    "Every patient here is invented."
)
LONG_ID = re.compile(r"([0-9a-f]{8})[0-9a-f]{24}")

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
        console.print(Text(f"fhirsvc answers at {base(client)}", style="dim"))
        sent = [post(client, name) for name in EXAMPLES]
        for each in sent:
            show(console, client, each)
    line(console, LAST_WORDS, "", style="bold")
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
    answer = client.post(base(client), content=text.encode(), headers=FHIR_JSON)
    if answer.is_error:
        sys.exit(f"{name}.json was refused with {answer.status_code}:\n{answer.text}")
    task = next(link["url"] for link in answer.json()["link"] if link["relation"] == "status")
    return Sent(name, patient_of(json.loads(text)), task)


def base(client: httpx.Client) -> str:
    """The FHIR base of the running service."""
    return str(client.base_url).rstrip("/")


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
    """What the service says of one patient: from the Task what it concluded, from the impression why."""
    task = answer_of(client, sent)
    console.print(Rule(Text(f"{sent.patient} ({sent.name}.json)", style="bold"), align="left", characters="-"))
    impressions = outputs(task, "impression")
    if not impressions:
        for each in outputs(task, "outcome"):
            line(console, each["valueCodeableConcept"]["text"], "  ", style="bold")
        line(console, "Nothing is written: there is no heel complaint to answer for.", "  ")
    for each in impressions:
        address = f"{base(client)}/{each['valueReference']['reference']}"
        show_impression(console, client.get(address).raise_for_status().json())
        line(console, address, "  ", style="dim")
    console.print()


def outputs(task: Resource, name: str) -> list[Resource]:
    """The outputs of one name in a Task."""
    return [each for each in task.get("output", ()) if each["type"]["text"] == name]


def show_impression(console: Console, impression: Resource) -> None:
    """Finding by finding: outcome and rule, the suggestion, then its basis in groups."""
    for finding in impression["finding"]:
        item = finding["itemCodeableConcept"]
        text = item["text"] if coded(finding, "limb-side") else f"The patient as a whole: {item['text']}"
        limb, _, said = text.partition(": ")
        line(console, f"{limb}: {item['coding'][0]['code'].upper()} ({coded(finding, 'rule')})", "  ", style="bold")
        line(console, said, "  ")
        show_basis(console, finding["basis"].split("\n"))


def coded(finding: Resource, name: str) -> str:
    """The code in one of our extensions of a finding."""
    return next((str(each["valueCode"]) for each in finding["extension"] if each["url"].endswith(f"/{name}")), "")


def show_basis(console: Console, basis: list[str]) -> None:
    """What a finding rests on: the row that fired, then each kind of line under its title."""
    line(console, basis[0], "    ")
    for label, title in TITLES.items():
        told = [each.removeprefix(f"{label}: ") for each in basis if each.startswith(f"{label}: ")]
        if told:
            line(console, f"{title}:", "    ")
        for each in told:
            line(console, LONG_ID.sub(r"\1…", each), "      - ")


def line(console: Console, text: str, indent: str, style: str = "") -> None:
    """One paragraph, wrapped to the width of the terminal, what follows under what began."""
    rest = " " * len(indent)
    wrapped = textwrap.fill(text, console.width, initial_indent=indent, subsequent_indent=rest, break_long_words=False)
    console.print(Text(wrapped, style=style), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
