"""The demo: every example answered, in words a clinician can read, and nothing left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from examples.demo import EXAMPLES
from examples.today import moved
from tests.functional.running import environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "demo.py"],
        cwd=ROOT,
        env={**environment(folder, 1), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(folder.iterdir()) == []
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_answered_with_the_outcome_it_is_named_after(printed: str, name: str) -> None:
    told = printed.partition(f"({name}.json)")[2].partition(".json)")[0]
    assert re.search(rf"\b{name}\b", told, re.IGNORECASE)


def test_the_demo_prints_rule_reasons_exclusions_and_what_is_missing(printed: str) -> None:
    for words in ("Rule I2", "For:", "Against:", "Excluded, and why:", "Not recorded:", "/ClinicalImpression/"):
        assert words in printed


def test_the_demo_says_what_it_is_not(printed: str) -> None:
    plain = " ".join(printed.split())
    assert "not clinically approved" in plain
    assert "does not replace it" in plain


def test_there_is_one_invented_patient_per_kind_of_outcome() -> None:
    files = sorted(path.stem for path in (ROOT / "examples").glob("*.json"))
    assert files == sorted(EXAMPLES)
    bundles = [json.loads((ROOT / "examples" / f"{name}.json").read_text()) for name in EXAMPLES]
    assert {each["type"] for each in bundles} == {"transaction", "batch", "collection"}
    requests = [entry["request"]["method"] for each in bundles for entry in each["entry"] if "request" in entry]
    assert set(requests) == {"POST", "PUT"}


def test_moving_keeps_every_distance_between_dates() -> None:
    written = {
        "timestamp": "2026-03-02T00:00:00Z",
        "day": "2026-02-20",
        "month": "2025-11",
        "time": "2026-02-20T10:15:00+01:00",
        "number": "1.10",
    }
    expected = {
        "timestamp": "2026-03-12T00:00:00Z",
        "day": "2026-03-02",
        "month": "2025-11",
        "time": "2026-03-02T10:15:00+01:00",
        "number": "1.10",
    }
    assert json.loads(moved(json.dumps(written), date(2026, 3, 12))) == expected


def test_a_bundle_of_its_own_day_is_left_as_it_is() -> None:
    text = (ROOT / "examples" / "urgent.json").read_text()
    assert moved(text, date(2026, 3, 2)) == text
