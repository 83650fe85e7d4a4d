"""The unmapped loop as an administrator meets it: listed, mapped, answered anew; a running service takes the map up."""

from __future__ import annotations

import base64
import json
import shlex
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fhirsvc.adapters.database import open_store
from fhirsvc.bootstrap import STORE
from fhirsvc.cli import app
from tests.functional.running import Running

LOCAL = "http://his.example/codes"
ANSWERS_WITHIN = 20.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder in which nothing came yet."""
    open_store(tmp_path / STORE).close()
    return tmp_path


def fhirsvc(folder: Path, *words: str, code: int = 0) -> str:
    """What a command on a data folder prints, on either stream."""
    done = CliRunner().invoke(app, words, env={"FHIRSVC_DATA_DIR": str(folder), "COLUMNS": "80"})
    assert done.exit_code == code, done.output
    return done.output


def observation(id_: str, code: dict[str, Any], value: dict[str, Any], side: str = "left") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": code,
        "bodySite": {"text": side},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": time.strftime("%Y-%m-%d"),
        **value,
    }


def local(code: str, display: str = "") -> dict[str, Any]:
    return {"coding": [{"system": LOCAL, "code": code, **({"display": display} if display else {})}]}


def record() -> dict[str, Any]:
    """Heel pain with a positive straight leg raise, and an absent ankle reflex in codes of the sender's own."""
    pain = {
        "resourceType": "Condition",
        "id": "pain",
        "clinicalStatus": _coded("condition-clinical", "active"),
        "verificationStatus": _coded("condition-ver-status", "confirmed"),
        "code": {"text": "Plantar fasciitis"},
        "bodySite": [{"text": "left"}],
        "subject": {"reference": "Patient/p1"},
        "recordedDate": time.strftime("%Y-%m-%d"),
    }
    resources = [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"},
        pain,
        observation("slr", {"text": "Straight leg raise"}, {"valueString": "positive"}),
        observation("reflex", local("NEU-17", "TA jerk"), {"valueCodeableConcept": local("G0")}),
        observation("other", local("NEU-17", "TA jerk"), {"valueString": "normal"}, side="right"),
        observation("odd", local("LAB-9", "Serum rhubarb"), {"valueString": "3"}),
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def rules(service: Running) -> list[str]:
    """The rules of the impression that stands."""
    found = service.get("ClinicalImpression?patient=p1&_count=1").get("entry", [])
    findings = found[0]["resource"]["finding"] if found else []
    return [
        extension["valueCode"]
        for finding in findings
        for extension in finding.get("extension", ())
        if extension["url"].endswith("/rule")
    ]


def written(service: Running) -> int:
    return int(service.get("ClinicalImpression?patient=p1")["total"])


def awaited_rules(service: Running, wanted: list[str]) -> None:
    ends = time.monotonic() + ANSWERS_WITHIN
    while rules(service) != wanted and time.monotonic() < ends:
        time.sleep(0.05)
    assert rules(service) == wanted


def test_an_unmapped_reflex_is_listed_mapped_and_answered_for_by_the_running_service(service: Running) -> None:
    service.task(service.post(record()))
    before = rules(service)
    listed = json.loads(fhirsvc(service.folder, "unmapped", "--json"))
    jerk, lab = ({each["code"]: each for each in listed}[code] for code in ("NEU-17", "LAB-9"))
    assert (jerk["count"], jerk["patients"], jerk["text"], jerk["why"]) == (2, 1, "TA jerk", "unmapped")
    assert jerk["closest"] == ["achilles-reflex"]
    assert jerk["example"]["reference"].startswith("Observation/")
    assert lab["closest"] == []
    assert jerk["map"] == f"fhirsvc map NEU-17 CONCEPT --system {LOCAL}"
    assert "achilles-reflex (by name; likeness is no meaning" in fhirsvc(service.folder, "unmapped")

    command = shlex.split(jerk["map"].replace("CONCEPT", "achilles-reflex"))[1:]
    assert "1 patient is decided again: p1." in fhirsvc(service.folder, *command)
    fhirsvc(service.folder, "map", "G0", "reflex-grade|absent", "--system", LOCAL)
    awaited_rules(service, ["I2"])
    assert "NEU-17" not in fhirsvc(service.folder, "unmapped")

    stands = written(service)
    fhirsvc(service.folder, "map", "LAB-9", "pregnancy", "--system", LOCAL)
    awaited_decided(service)
    assert written(service) == stands

    fhirsvc(service.folder, "map", "NEU-17", "--remove", "--system", LOCAL)
    awaited_rules(service, before)
    assert "NEU-17" in fhirsvc(service.folder, "unmapped")
    again = fhirsvc(service.folder, "map", "NEU-17", "--remove", "--system", LOCAL, code=1)
    assert again == "The map of default does not hold it.\n"
    log = service.log.read_text()
    assert not any(word in log for word in ("NEU-17", "TA jerk", "rhubarb"))


def test_the_sender_is_told_of_its_own_code_until_it_is_mapped(service: Running) -> None:
    assert "NEU-17" in service.post(record()).text
    fhirsvc(service.folder, "map", "NEU-17", "achilles-reflex", "--system", LOCAL)
    fhirsvc(service.folder, "map", "G0", "reflex-grade|absent", "--system", LOCAL)
    bundle = record()
    bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["id"] in {"p1", "reflex"}]
    bundle["entry"][1]["resource"]["note"] = [{"text": "seen again"}]
    answer = service.post(bundle).json()["entry"][1]["response"]
    assert "NEU-17" not in json.dumps(answer)


def test_the_same_map_answers_for_files(folder: Path) -> None:
    file = folder / "record.json"
    file.write_text(json.dumps(record()))
    assert "I2" not in fhirsvc(folder, "assess", str(file))
    fhirsvc(folder, "map", "NEU-17", "achilles-reflex", "--system", LOCAL)
    fhirsvc(folder, "map", "G0", "reflex-grade|absent", "--system", LOCAL)
    assert "I2" in fhirsvc(folder, "assess", str(file))


def test_a_wrong_target_is_refused_with_the_closest_and_writes_nothing(folder: Path) -> None:
    assert "achilles-reflex" in fhirsvc(folder, "map", "NEU-17", "achiles-reflex", "--system", LOCAL, code=1)
    assert "absent" in fhirsvc(folder, "map", "G0", "answer|abs", "--system", LOCAL, code=1)
    assert "no answer of" in fhirsvc(folder, "map", "X", "heel-pain", "--system", LOCAL, "--answer", "brisk", code=1)
    assert not (folder / "concept-maps").exists()


def test_called_wrongly_it_says_how(folder: Path) -> None:
    for words in (["map", "X"], ["map", "X", "heel-pain", "--remove"], ["unmapped", "--sender", "../x"]):
        fhirsvc(folder, *words, code=2)


def test_a_map_that_was_edited_wrongly_is_told_with_its_place(folder: Path) -> None:
    fhirsvc(folder, "map", "NEU-17", "achilles-reflex", "--system", LOCAL)
    path = folder / "concept-maps" / "default.json"
    path.write_text(path.read_text().replace("achilles-reflex", "nothing"))
    told = fhirsvc(folder, "unmapped", code=3)
    assert "concept-maps/default.json: ConceptMap.group[0].element[0].target[0]: `nothing` of" in told


def note(type_: dict[str, Any] | None) -> dict[str, Any]:
    """A record whose only finding stands in a document of this type."""
    text = base64.b64encode(b"Left ankle jerk absent.").decode()
    document = {
        "resourceType": "DocumentReference",
        "id": "note",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": time.strftime("%Y-%m-%dT00:00:00Z"),
        "content": [{"attachment": {"contentType": "text/plain", "data": text}}],
        **({"type": type_} if type_ else {}),
    }
    found = record()
    found["entry"] = [*found["entry"][:2], {"resource": document}]
    return found


def reflex_is_read(service: Running) -> bool:
    return "ankle jerk absent" in fhirsvc(service.folder, "history", "p1")


@pytest.mark.parametrize("type_", [local("PROG", "Ward sheet"), {"text": "Ward sheet"}])
def test_the_type_of_a_document_is_listed_with_a_command_that_works(service: Running, type_: dict[str, Any]) -> None:
    service.task(service.post(note(type_)))
    [gap] = json.loads(fhirsvc(service.folder, "unmapped", "--json"))
    assert "loinc|11506-3" in gap["map"]
    assert gap["closest"] == []
    assert not reflex_is_read(service)
    assert "1 patient is decided again: p1." in fhirsvc(service.folder, *shlex.split(gap["map"])[1:])
    awaited_decided(service)
    assert reflex_is_read(service)


def test_a_document_without_a_type_is_said_to_lack_it(service: Running) -> None:
    add = "Add DocumentReference.type, for example LOINC 11506-3."
    posted = service.post(note(None))
    assert add in posted.text
    service.task(posted)
    assert add in fhirsvc(service.folder, "unmapped")


@pytest.mark.parametrize(
    "words", [["unmapped"], ["coverage"], ["history", "p1"], ["map", "X", "heel-pain"], ["map", "X", "--remove"]]
)
def test_where_there_is_no_store_a_command_says_so_and_makes_none(tmp_path: Path, words: list[str]) -> None:
    told = " ".join(fhirsvc(tmp_path / "elsewhere", *words, code=3).split())
    assert told.startswith("FHIRSVC_DATA_DIR: there is no store in ")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("words", [["unmapped"], ["coverage"], ["history", "p1"], ["map", "X", "heel-pain"]])
def test_a_sender_that_is_not_known_is_refused(folder: Path, words: list[str]) -> None:
    assert "the only one is default" in fhirsvc(folder, *words, "--sender", "clinic-b", code=2)


def awaited_decided(service: Running) -> None:
    """Until no job waits: the newest covers all that came before."""
    ends = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < ends:
        with closing(sqlite3.connect(service.folder / "fhirsvc.sqlite")) as store:
            if not store.execute("SELECT count(*) FROM job WHERE state IN ('ready', 'leased')").fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("jobs still wait")
