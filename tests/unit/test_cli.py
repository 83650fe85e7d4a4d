"""What the command line says when mappings/ cannot be used, and what authors are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fhirsvc import bootstrap
from fhirsvc.cli import app
from fhirsvc.knowledge import check, seal, sheet
from fhirsvc.knowledge.faults import Fault, Faulty

FAULT = Fault("protocols/x/1.0.0/protocol.yaml", 7, "`banana` is no tier.", "Use A, B or C.")
LINE = "protocols/x/1.0.0/protocol.yaml:7: `banana` is no tier. Use A, B or C."
EXAMPLE = str(Path(__file__).parents[2] / "examples" / "insufficient.json")


def faulty(*_: object) -> object:
    raise Faulty([FAULT])


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FHIRSVC_DATA_DIR", str(tmp_path))


@pytest.mark.parametrize("words", [["serve"], ["worker"], ["assess", EXAMPLE]], ids=lambda words: words[0])
def test_mappings_that_cannot_be_used_are_said_with_file_and_line(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(bootstrap, "judge", faulty)
    monkeypatch.setattr(bootstrap, "worker", faulty)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 3
    assert LINE in done.output


def test_check_prints_every_fault_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", lambda: (FAULT, FAULT))
    done = CliRunner().invoke(app, ["check"])
    assert (done.exit_code, done.output) == (1, f"{LINE}\n{LINE}\n")


def test_check_is_content_with_what_is_shipped() -> None:
    done = CliRunner().invoke(app, ["check"])
    assert (done.exit_code, done.output) == (0, "Nothing is wrong in mappings/.\n")


@pytest.mark.parametrize(("module", "verb"), [(sheet, "draw_all"), (seal, "seal_all")])
def test_an_author_is_told_what_was_done_or_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, module: object, verb: str
) -> None:
    word = {"draw_all": "sheet", "seal_all": "seal"}[verb]
    monkeypatch.setattr(module, verb, lambda _: ("heel-pain-origin 1.0.0",))
    assert CliRunner().invoke(app, [word]).output.endswith(": heel-pain-origin 1.0.0\n")
    monkeypatch.setattr(module, verb, lambda _: ())
    assert CliRunner().invoke(app, [word]).output == "Nothing to do.\n"
    monkeypatch.setattr(module, verb, faulty)
    done = CliRunner().invoke(app, [word])
    assert done.exit_code == 1
    assert LINE in done.output
