"""The documents say what is there: every setting, every command, every link, and the opening of the README."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from fhirsvc.cli import app
from fhirsvc.settings import Settings
from tests.docs.blocks import DOCUMENTS, ROOT

ADMIN = (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app)
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#\s]+)")
FIRST_SCREEN = 45

all_documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: str(each.relative_to(ROOT)))


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `(FHIRSVC_[A-Z_]+)`", ADMIN, re.MULTILINE))
    assert documented == {f"FHIRSVC_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_every_command_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `fhirsvc ([a-z]+)", ADMIN, re.MULTILINE))
    assert documented == set(COMMANDS.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS.commands)  # type: ignore[attr-defined]
def test_every_command_and_option_explains_itself(name: str) -> None:
    command = COMMANDS.commands[name]  # type: ignore[attr-defined]
    assert len(command.help.split()) >= 10
    assert all(parameter.help for parameter in command.params if hasattr(parameter, "help"))


def test_the_exit_codes_of_assess_are_in_its_help_and_in_the_manual() -> None:
    told = COMMANDS.commands["assess"].help  # type: ignore[attr-defined]
    for code in "01234":
        assert re.search(rf"\b{code} [a-z]", told)
        assert re.search(rf"^\| {code} \|", ADMIN, re.MULTILINE)


@all_documents
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [each for each in targets if not (document.parent / each).exists()] == []


def test_the_first_screen_has_sentence_caution_example_and_doors() -> None:
    screen = "\n".join(README.splitlines()[:FIRST_SCREEN])
    assert "may this heel pain come from the spine?" in screen
    assert "supports a clinician's judgement and does not replace it" in screen
    assert "```sh\nmake demo\n```" in screen
    for door in ("clinician", "ehr", "admin"):
        assert f"(docs/{door}.md)" in screen


@all_documents
def test_no_document_promises_more_than_a_suggestion(document: Path) -> None:
    text = document.read_text(encoding="utf-8").casefold()
    for word in ("rules out", "is diagnosed", "confirmed diagnosis"):
        assert word not in text


def test_the_manual_names_every_key_of_the_json_answer() -> None:
    manual = (ROOT / "docs" / "ehr.md").read_text(encoding="utf-8").partition("## Without a server")[2]
    named = set(re.findall(r"`([a-zA-Z]+)`", manual.partition("\n## ")[0]))
    done = CliRunner().invoke(app, ["assess", "--json", "--on", "2026-03-02", str(ROOT / "examples" / "urgent.json")])
    [answer] = json.loads(done.output)
    assert {*answer, *answer["findings"][0]} == named
