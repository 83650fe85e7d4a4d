"""Every shell block of README and docs runs as it is written, and prints what the document says it prints."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.docs.blocks import DOCUMENTS, ROOT, Block, blocks, steady
from tests.functional.running import environment, free_port

BIN = Path(sys.executable).parent
CURL = Path(__file__).with_name("curl.py")
STARTS_WITHIN = 40.0

documents = pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if blocks(each)], ids=lambda each: str(each.relative_to(ROOT))
)


class Shell:
    """A terminal in the project folder, with this interpreter's commands first and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        path = os.pathsep.join([str(BIN), os.environ["PATH"], str(_curl(folder))])
        (folder / ".curlrc").write_text("fail\n")  # a document may not show a request that is refused
        variables = {"PATH": path, "MAKEFLAGS": f"VENV={BIN.parent}", "COLUMNS": "80", "CURL_HOME": str(folder)}
        self.environment = {**environment(folder / "data", self.port), **variables}

    def run(self, block: Block) -> list[str]:
        """What a block prints, line by line; fails when a command in it does."""
        done = subprocess.run(
            self._words(block), cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block.commands}\n{done.stdout}\n{done.stderr}"
        return [steady(line) for line in done.stdout.splitlines()]

    @contextmanager
    def serving(self, block: Block) -> Iterator[None]:
        """A block that stays, from the moment it answers to the end."""
        with subprocess.Popen(
            self._words(block), cwd=ROOT, env=self.environment, start_new_session=True, stderr=subprocess.DEVNULL
        ) as process:
            try:
                self._await_answer(process)
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)

    def _words(self, block: Block) -> list[str]:
        commands = block.commands.replace(".venv/bin/", f"{BIN}/").replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        return ["bash", "-euo", "pipefail", "-c", commands]

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + STARTS_WITHIN
        while process.poll() is None and time.monotonic() < ends:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/fhir/metadata", trust_env=False).raise_for_status()
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the service did not answer")


def _curl(folder: Path) -> Path:
    """A folder with a curl in it, for machines that have none."""
    commands = folder / "bin"
    commands.mkdir()
    if shutil.which("curl") is None:
        script = commands / "curl"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{CURL}" "$@"\n')
        script.chmod(0o755)
    return commands


def in_order(wanted: tuple[str, ...], printed: list[str]) -> str:
    """The first wanted line that is not printed after those before it; "" when all are."""
    rest = iter(printed)
    return next((line for line in wanted if line not in rest), "")


@documents
def test_every_shell_block_runs_and_prints_what_the_document_says(document: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with ExitStack() as stack:
        for block in blocks(document):
            if block.serves:
                stack.enter_context(shell.serving(block))
                continue
            printed = shell.run(block)
            lost = in_order(block.printed, printed)
            assert not lost, f"not printed, or not in this order: {lost!r}, but:\n" + "\n".join(printed)


def test_the_readme_runs_something_and_shows_what_it_prints() -> None:
    assert blocks(ROOT / "README.md")[0].printed
