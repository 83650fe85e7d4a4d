"""The commands: make alone lists them, a wrong Python is refused in one sentence, CI runs what the README names."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["demo", "serve", "test", "check"])
def test_make_alone_lists_every_command_with_one_line(command: str) -> None:
    listed = [line for line in make().stdout.splitlines() if line.startswith(f"make {command} ")]
    assert len(listed) == 1


def test_without_a_suitable_python_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    refused = make("demo", "PYTHON=", f"VENV={tmp_path}")
    assert refused.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_ci_runs_check_and_test_and_nothing_else() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make check", "make test"]
