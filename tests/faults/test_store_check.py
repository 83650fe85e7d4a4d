"""The judge of the fault tests sees what it is there to see."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.fhir.search import criteria
from tests.faults.store_check import TENANT, faults
from tests.unit.usecases.clinic import Clinic, indicated, judge, leg_raise, pain, patient, reflex

NUMBERED = {"identifier": [{"system": "urn:clinic", "value": "7"}]}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is as it must be, with a chain of two decisions and a merge, and the log of acknowledgements."""
    folder = tmp_path_factory.mktemp("sound")
    store = open_store(folder / "store.sqlite")
    clinic = Clinic(store)
    submissions = [
        clinic.answer(*indicated()),
        clinic.answer(leg_raise("negative", "slr-p1")),
        clinic.answer(patient("q1"), pain("pain-q1", of="q1")),
        clinic.answer(patient("q1", link=[{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}], **NUMBERED)),
        clinic.answer(
            {**reflex("normal", "named", side="right"), "subject": {"identifier": NUMBERED["identifier"][0]}}
        ),
    ]
    store.close()
    lines = [
        {"submission": each.id, "digest": each.digest, "versions": ["Observation/slr-p1/1"]} for each in submissions
    ]
    (folder / "log").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return shutil.copytree(sound, tmp_path / "copy")


def found(folder: Path) -> list[str]:
    return faults(folder / "store.sqlite", folder / "log", judge())


def test_a_store_as_it_must_be_has_no_faults(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM submission WHERE id IN (SELECT id FROM submission LIMIT 1)", "is not kept as it was sent"),
        ("UPDATE submission SET digest = 'other'", "is not kept as it was sent"),
        ("DELETE FROM version WHERE id = 'slr-p1' AND version = 1", "was acknowledged and is not kept"),
        ("UPDATE submission SET state = 'processing'", "is processing for ever"),
        ("UPDATE job SET state = 'leased' WHERE id = 1", "is leased for ever"),
        ("UPDATE patient SET evaluated = 1", "is left behind"),
        ("UPDATE job SET fence = 3 WHERE id = 1", "was claimed without counting"),
        ("UPDATE decision SET ordinal = 3 WHERE ordinal = 2", "has a gap"),
        ("UPDATE decision SET key = 'same'", "was told the same twice running"),
        ("DELETE FROM decision WHERE ordinal = 2", "belongs to no chain"),
        ("UPDATE decision SET impression = 'lost' WHERE ordinal = 2", "names an impression that is not there"),
        (
            "UPDATE version SET body = CAST(replace(body, '\"previous\"', '\"former\"') AS BLOB)",
            "do not follow each other",
        ),
        ("UPDATE decision SET key = 'other' WHERE ordinal = 2", "is not what the evidence says"),
        ("UPDATE patient SET person = 'q1' WHERE id = 'q1'", "is not the person that its numbers and links make it"),
        ("UPDATE patient SET watermark = 9, evaluated = 9 WHERE id = 'q1'", "have not one watermark"),
        (
            "UPDATE version SET body = CAST(replace(body, '\"withdrawn\"', '\"other\"') AS BLOB)",
            "stands for a merged patient",
        ),
        ("UPDATE head SET patient = NULL WHERE id = 'named'", "was not given to who bears it"),
        ("DELETE FROM known_by WHERE name = 'identifier'", "stays with one who does not bear it"),
        ("UPDATE findable SET until = NULL", "is found twice"),
        ("UPDATE findable SET patient = 'p2' WHERE resource = 'slr-p1'", "slr-p1 is not found as it stands"),
        ("DELETE FROM found_by WHERE value = 'normal' OR name = 'code'", "is not found as it stands"),
    ],
)
def test_every_kind_of_damage_is_seen(folder: Path, damage: str, said: str) -> None:
    with sqlite3.connect(folder / "store.sqlite") as database:
        assert database.execute(damage).rowcount > 0
    database.close()
    assert any(said in each for each in found(folder))


@pytest.mark.parametrize(("type_", "said"), [("ClinicalImpression", "2 current impressions"), ("Flag", "2 flags")])
def test_a_twin_is_seen(folder: Path, type_: str, said: str) -> None:
    store = open_store(folder / "store.sqlite")
    with store.writing() as transaction:
        newest = transaction.resources.search(TENANT, criteria(type_, [])).versions[0]
        twin = replace(newest, id="twin", body=newest.body.replace(newest.id.encode(), b"twin"))
        transaction.resources.add(TENANT, [twin])
    store.close()
    assert any(said in each for each in found(folder))
