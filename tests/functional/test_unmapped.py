"""The unmapped loop as an administrator meets it: listed, mapped, answered anew; a running service takes the map up."""

from __future__ import annotations

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

from fhirsvc.cli import app
from tests.functional.running import Running

LOCAL = "http://his.example/codes"
ANSWERS_WITHIN = 20.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data") as running:
        yield running


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
    assert jerk["map"] == f"fhirsvc map NEU-17 achilles-reflex --system {LOCAL}"

    assert "1 patient is decided again: p1." in fhirsvc(service.folder, *shlex.split(jerk["map"])[1:])
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


def test_the_same_map_answers_for_files(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record()))
    assert "I2" not in fhirsvc(tmp_path, "assess", str(file))
    fhirsvc(tmp_path, "map", "NEU-17", "achilles-reflex", "--system", LOCAL)
    fhirsvc(tmp_path, "map", "G0", "reflex-grade|absent", "--system", LOCAL)
    assert "I2" in fhirsvc(tmp_path, "assess", str(file))


def test_a_wrong_target_is_refused_with_the_closest_and_writes_nothing(tmp_path: Path) -> None:
    assert "achilles-reflex" in fhirsvc(tmp_path, "map", "NEU-17", "achiles-reflex", "--system", LOCAL, code=1)
    assert "absent" in fhirsvc(tmp_path, "map", "G0", "answer|abs", "--system", LOCAL, code=1)
    assert "no answer of" in fhirsvc(tmp_path, "map", "X", "heel-pain", "--system", LOCAL, "--answer", "brisk", code=1)
    assert not (tmp_path / "concept-maps").exists()


def test_called_wrongly_it_says_how(tmp_path: Path) -> None:
    for words in (["map", "X"], ["map", "X", "heel-pain", "--remove"], ["unmapped", "--sender", "../x"]):
        fhirsvc(tmp_path, *words, code=2)


def test_a_map_that_was_edited_wrongly_is_told_with_its_place(tmp_path: Path) -> None:
    fhirsvc(tmp_path, "map", "NEU-17", "achilles-reflex", "--system", LOCAL)
    path = tmp_path / "concept-maps" / "default.json"
    path.write_text(path.read_text().replace("achilles-reflex", "nothing"))
    told = fhirsvc(tmp_path, "unmapped", code=3)
    assert "concept-maps/default.json: ConceptMap.group[0].element[0].target[0]: `nothing` of" in told


def awaited_decided(service: Running) -> None:
    """Until no job waits: the newest covers all that came before."""
    ends = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < ends:
        with closing(sqlite3.connect(service.folder / "fhirsvc.sqlite")) as store:
            if not store.execute("SELECT count(*) FROM job WHERE state IN ('ready', 'leased')").fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("jobs still wait")
