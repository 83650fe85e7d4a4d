"""`fhirsvc history` tells a person what was said of a patient and why it changed, and the same as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from fhirsvc.adapters.database import open_store
from fhirsvc.bootstrap import STORE
from fhirsvc.cli import app
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases.respond import respond
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, leg_raise, patient, reflex

OVERRIDE = Word(
    kind=Kind.OVERRIDE,
    who=Clinician(name="Dr. Seven"),
    why=Why(code="not-wanted", text="Not wanted by the patient"),
    comment="Asked again\x9b2J\nin May.",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which one answer was overridden, changed, and then stood for another Patient."""
    monkeypatch.setenv("FHIRSVC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "500")
    store = open_store(tmp_path / STORE)
    clinic = Clinic(store)
    clinic.answer(*indicated())
    clinic.later(hours=1)
    current = clinic.current()[0]["id"]
    respond(TENANT, current, OVERRIDE, store=store, clock=clinic, judge=clinic.worker().judge)
    clinic.later(days=1)
    clinic.answer(leg_raise("negative", "slr-p1"))
    clinic.later(days=1)
    clinic.answer(patient("p1", link=[{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]), patient("p2"))
    clinic.answer(patient("p3"), reflex(id_="r3", of="p3"))
    store.close()
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["history", *words])


def said(*words: str) -> list[str]:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def told(*words: str) -> dict[str, Any]:
    found = json.loads("\n".join(said(*words, "--json")))
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("folder")
def test_the_history_is_told_as_a_person_would_tell_it() -> None:
    lines = said("p1")
    events = told("p1")["events"]
    first, second, third = (f"ClinicalImpression/{events[number]['impression']}" for number in (0, 2, 4))
    assert lines[0] == f"Patient p1 of {TENANT}"
    assert lines[1] == "One person with Patient/p1: written for Patient/p2."
    assert [line for line in lines if line.startswith("2026-")] == [
        f"2026-05-01 12:00:00 UTC, Patient/p1, said: {first}",
        f"2026-05-01 13:00:00 UTC, Patient/p1, Dr. Seven overrode {first}",
        f"2026-05-02 13:00:00 UTC, Patient/p1, changed: {second} in place of {first}",
        f"2026-05-03 13:00:00 UTC, Patient/p1, moved to another Patient of the same person: {second}",
        f"2026-05-03 13:00:00 UTC, Patient/p2, said: {third}",
    ]
    text = "\n".join(lines)
    for part in (
        "\n  Left plantar heel pain: indicated (I2, moderate)\n    - Rule I2, moderate: One root sign",
        "\n    - Rests on: straight-leg raise positive: left, 2026-04-21, 10 days ago, Observation/slr-p1/_history/1",
        "\n  Reason: Not wanted by the patient\n  Asked again 2J in May.\n\n",
        "\n  Left plantar heel pain: consider (C1, weak), before: indicated (I2, moderate)\n",
        "\n    - No longer counts: straight-leg raise positive, left, 2026-04-21, “positive”: now recorded: ",
        "|1.0.0, terminology ",
        "as of 2026-05-01; superseded now\n",
        "\nJudged last 2026-05-03 13:00 UTC: consider (C1).\nDraft protocol, not clinically approved.\n",
    ):
        assert part in text


@pytest.mark.usefixtures("folder")
def test_the_json_tells_the_same() -> None:
    found = told("p2")
    assert (found["sender"], found["patient"], found["survivor"], found["patients"]) == (
        TENANT,
        "p2",
        "p2",
        ["p1", "p2"],
    )
    assert [each["what"] for each in found["events"]] == ["said", "overridden", "changed", "merged", "said"]
    overridden = found["events"][1]
    assert (overridden["by"], overridden["reasonCode"], overridden["comment"]) == (
        "Dr. Seven",
        "not-wanted",
        OVERRIDE.comment,
    )
    assert found["lastJudged"]["rule"] == "C1"
    assert found["events"][2]["answers"][0]["outcome"] == "consider"


def test_while_an_override_counts_the_flag_is_said_to_be_silent(folder: Path) -> None:
    silent = "  The Flag is silent until the decision changes."
    assert silent not in said("p2")
    store = open_store(folder / STORE)
    clinic = Clinic(store)
    respond(TENANT, clinic.current()[0]["id"], OVERRIDE, store=store, clock=clinic, judge=clinic.worker().judge)
    store.close()
    assert silent in said("p2")


@pytest.mark.usefixtures("folder")
def test_the_patient_may_be_named_as_a_reference() -> None:
    assert told("Patient/p1") == told("p1")


@pytest.mark.usefixtures("folder")
def test_a_patient_of_whom_nothing_was_written_is_told_with_the_last_look() -> None:
    lines = said("p3")
    assert lines[0] == f"Patient p3 of {TENANT}"
    assert "Judged last 2026-05-03 13:00 UTC: not-applicable (R0)." in lines


@pytest.mark.usefixtures("folder")
def test_a_sender_that_is_not_known_is_called_wrongly() -> None:
    assert run("p1", "--sender", "other").exit_code == 2


@pytest.mark.usefixtures("folder")
def test_of_a_patient_that_never_came_nothing_is_known() -> None:
    done = run("nobody")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "Nothing is known of this patient." in done.output


@pytest.mark.usefixtures("folder")
def test_no_text_of_the_record_is_taken_for_markup() -> None:
    assert "[" not in said("p1")[0]
    assert run("[bold]p1[/bold]").exit_code == 4
