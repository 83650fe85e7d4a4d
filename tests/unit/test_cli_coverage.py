"""`fhirsvc coverage` says what the records hold in numbers, shares and sentences, and the same as JSON."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fhirsvc.adapters.database import open_store
from fhirsvc.bootstrap import STORE
from fhirsvc.cli import app
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases.respond import respond
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, pain, patient


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which two heel patients were decided for, one of them with a reflex."""
    monkeypatch.setenv("FHIRSVC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    store = open_store(tmp_path / STORE)
    clinic = Clinic(store)
    clinic.answer(*indicated("p1"))
    clinic.answer(patient("p2"), pain("pain-p2", of="p2"))
    store.close()
    return tmp_path


def said(*options: str) -> str:
    done = CliRunner().invoke(app, ["coverage", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def counted(*options: str) -> dict[str, Any]:
    [found] = json.loads(said("--json", *options))
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("folder")
def test_the_table_gives_number_and_share_of_each_topic() -> None:
    lines = [line.split() for line in said().splitlines()]
    assert ["Achilles", "reflex", "1", "50", "%"] in lines
    assert ["side", "of", "the", "heel", "pain", "2", "100", "%"] in lines
    assert ["lumbar", "imaging", "0", "0", "%"] in lines


@pytest.mark.usefixtures("folder")
def test_sentences_say_how_many_and_what_is_missing_most() -> None:
    text = said()
    assert text.startswith(f"Sender {TENANT}, live")
    assert "2 patients were decided for; 2 of them have a heel complaint." in text
    assert "Most often missing: palpation of the tendon or plantar fascia (100 % of the heel patients)." in text


@pytest.mark.usefixtures("folder")
def test_the_json_gives_the_same_numbers() -> None:
    found = counted("--sender", TENANT)
    assert (found["sender"], found["patients"], found["heelPatients"]) == (TENANT, 2, 2)
    assert found["readable"]["reflex"] == 1
    assert found["missing"][found["mostMissing"]] == 2
    assert found["outcomes"] == {"indicated": 1, "insufficient": 1}


def test_agreements_and_overrides_are_counted_by_rule(folder: Path) -> None:
    assert counted()["responses"] == {}
    assert "Clinicians" not in said()
    store = open_store(folder / STORE)
    clinic = Clinic(store)
    current = next(each["id"] for each in clinic.current() if each["subject"]["reference"] == "Patient/p1")
    for name, kind in (("A", Kind.AGREE), ("B", Kind.AGREE), ("C", Kind.AGREE), ("D", Kind.OVERRIDE)):
        word = Word(kind=kind, who=Clinician(name=name), why=Why(text="Seen already"))
        respond(TENANT, current, word, store=store, clock=clinic, judge=clinic.worker().judge)
    store.close()
    assert counted()["responses"] == {"I2": {"agree": 3, "override": 1}}
    assert ["I2", "agreed", "3", "overridden", "1", "25", "%"] in [line.split() for line in said().splitlines()]


@pytest.mark.usefixtures("folder")
def test_a_sender_in_shadow_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIRSVC_SHADOW", TENANT)
    assert counted()["shadow"] is True
    assert "Nothing is written to charts" in said()


@pytest.mark.usefixtures("folder")
def test_a_sender_that_is_not_known_is_called_wrongly() -> None:
    done = CliRunner().invoke(app, ["coverage", "--sender", "banana"])
    assert done.exit_code == 2
    assert f"the only one is {TENANT}" in done.output


def test_before_anything_was_decided_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIRSVC_DATA_DIR", str(tmp_path))
    open_store(tmp_path / STORE).close()
    assert said() == "Nobody was decided for yet.\n"
    assert json.loads(said("--json")) == []


@pytest.mark.slow
def test_ten_thousand_patients_are_counted_in_seconds(folder: Path) -> None:
    store = open_store(folder / STORE)
    with store.writing() as transaction:
        kept = [each for _, each in transaction.patients.latest()]
        for number in range(5_000):
            for each in kept:
                name = f"{each.patient}-{number}"
                transaction.patients.touch(TENANT, [name])
                transaction.patients.judge(TENANT, replace(each, patient=name))
    store.close()
    began = time.monotonic()
    assert counted()["patients"] == 10_002
    assert time.monotonic() - began < 30
