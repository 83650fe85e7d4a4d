"""`fhirsvc assess`: the same answer as the service gives, for files, and exit codes that say what happened."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from examples.demo import EXAMPLES
from fhirsvc.bootstrap import STORE
from tests.functional.running import command, environment, free_port
from tests.functional.vignettes.other import OTHER
from tests.functional.vignettes.records import ago, coded, collection, condition, observation, patient, worded
from tests.functional.vignettes.spinal import SPINAL
from tests.functional.vignettes.story import Vignette

ROOT = Path(__file__).parents[2]
EXAMPLE_FILES = [ROOT / "examples" / f"{name}.json" for name in EXAMPLES]
ASSEMBLED = "2026-03-02"
MARK = "Zyxwvut"


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*map(str, words)),
        cwd=folder,
        env=environment(folder / "data", 1),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def answers(folder: Path, *words: object) -> list[dict[str, Any]]:
    done = run(folder, "assess", "--json", *words)
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def written(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def person(name: str) -> dict[str, Any]:
    return collection(name, patient("female", 40), condition(coded("http://snomed.info/sct", "4063001"), "left"))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """All example files in one call, on the day they were assembled."""
    return answers(tmp_path_factory.mktemp("examples"), "--on", ASSEMBLED, *EXAMPLE_FILES)


def test_each_example_gives_the_outcome_it_is_named_after(examples: list[dict[str, Any]]) -> None:
    assert [each["outcome"] for each in examples] == list(EXAMPLES)


def test_patients_in_several_files_are_kept_apart(examples: list[dict[str, Any]]) -> None:
    assert len({each["patient"] for each in examples}) == len(EXAMPLES)


def test_several_files_of_one_patient_are_one_record(tmp_path: Path) -> None:
    bundle = person("one")
    reflex = observation(worded("Left Achilles reflex"), valueString="absent", subject={"reference": "Patient/one-0"})
    other = observation(worded("Right Achilles reflex"), valueString="2+", subject={"reference": "Patient/one-0"})
    files = [
        written(tmp_path, "record.json", bundle),
        written(tmp_path, "left.json", {**reflex, "id": "left"}),
        written(tmp_path, "right.json", {**other, "id": "right"}),
    ]
    [apart] = answers(tmp_path, files[0])
    [together] = answers(tmp_path, *files)
    assert [each["rule"] for each in apart["findings"]] == ["N1"]
    assert [each["rule"] for each in together["findings"]] == ["C1"]


@pytest.mark.parametrize("vignette", [SPINAL[0], SPINAL[-2], OTHER[10], OTHER[4]], ids=lambda each: each.number)
def test_the_answer_is_the_one_the_service_gives(tmp_path: Path, vignette: Vignette) -> None:
    [told] = answers(tmp_path, written(tmp_path, "bundle.json", vignette.bundle))
    said = [(each["complaint"], each["side"], each["outcome"], each["rule"]) for each in told["findings"]]
    assert said == [(each.complaint, each.side, each.outcome, each.rule) for each in vignette.answers]
    assert told["notApplicable"] == vignette.not_applicable


def test_the_text_says_everything_the_json_says(tmp_path: Path, examples: list[dict[str, Any]]) -> None:
    done = run(tmp_path, "assess", "--on", ASSEMBLED, ROOT / "examples" / "indicated.json")
    printed = " ".join(done.stdout.split())
    told = examples[1]
    [finding] = told["findings"]
    parts = ["reasons", "excluded", "notRecorded", "next", "notes"]
    lines = [told["patient"], finding["headline"], finding["text"], *told["cautions"]]
    for line in [*lines, *(line for part in parts for line in finding[part])]:
        assert " ".join(line.split()) in printed


def test_no_server_and_no_database_are_needed(tmp_path: Path) -> None:
    answers(tmp_path, written(tmp_path, "record.json", person("alone")))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["record.json"]


def test_time_is_counted_back_from_the_day_that_is_named(tmp_path: Path) -> None:
    file = ROOT / "examples" / "indicated.json"
    later = (datetime.fromisoformat(ASSEMBLED) + timedelta(days=200)).date().isoformat()
    [then], [now] = answers(tmp_path, "--on", ASSEMBLED, file), answers(tmp_path, "--on", later, file)
    assert then["on"] == ASSEMBLED
    assert (then["outcome"], now["outcome"]) == ("indicated", "insufficient")


def test_what_is_refused_is_printed_with_file_code_and_place_and_nobody_is_answered(tmp_path: Path) -> None:
    bad = person("bad")
    bad["entry"][1]["resource"]["recordedDate"] = MARK
    done = run(tmp_path, "assess", written(tmp_path, "good.json", person("good")), written(tmp_path, "bad.json", bad))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "bad.json: error value Bundle.entry[1].resource.recordedDate: " in done.stderr
    assert "good.json" not in done.stderr
    assert MARK not in done.stderr


def test_a_single_resource_is_refused_by_its_own_name(tmp_path: Path) -> None:
    sign = observation(worded("Achilles reflex"), valueString="absent", subject={"reference": "Patient/x"}, status=MARK)
    done = run(tmp_path, "assess", written(tmp_path, "sign.json", sign))
    assert done.returncode == 1
    assert "sign.json: error code-invalid Observation.status: " in done.stderr


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"resourceType": "Nope"}', "<Bundle/>"])
def test_a_file_that_is_no_fhir_is_refused(tmp_path: Path, content: str) -> None:
    done = run(tmp_path, "assess", written(tmp_path, "file.json", content))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path / 'file.json'}: ")
    assert "Traceback" not in done.stderr


def test_evidence_of_after_the_day_that_is_named_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "assess", "--on", "2026-02-01", ROOT / "examples" / "indicated.json")
    assert done.returncode == 1
    assert "effective" in done.stderr


def test_files_without_a_patient_have_a_code_of_their_own(tmp_path: Path) -> None:
    sign = observation(worded("Achilles reflex"), valueString="absent", effectiveDateTime=ago(3))
    assert run(tmp_path, "assess", written(tmp_path, "sign.json", sign)).returncode == 4


@pytest.mark.parametrize(
    "words", [["assess"], ["assess", "nowhere.json"], ["assess", "--on", "soon", __file__], ["nope"]]
)
def test_a_wrong_call_is_a_wrong_call(tmp_path: Path, words: list[str]) -> None:
    assert run(tmp_path, *words).returncode == 2


def test_unusable_settings_are_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FHIRSVC_PORT", raising=False)
    done = subprocess.run(
        command("serve"),
        env={**environment(tmp_path, 8000), "FHIRSVC_HOST": "0.0.0.0"},  # noqa: S104
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 3
    assert "FHIRSVC_OPEN_ACCESS=i-understand" in done.stderr
    assert "Traceback" not in done.stderr


def a_file(folder: Path) -> Path:
    return written(folder, "plain", "no folder")


def below_a_file(folder: Path) -> Path:
    return a_file(folder) / "data"


def with_no_database(folder: Path) -> Path:
    written(folder, STORE, "no database at all\n" * 100)
    return folder


def with_a_store_of_a_later_version(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / STORE)) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
        database.commit()
    return folder


@pytest.mark.parametrize("word", ["serve", "worker"])
@pytest.mark.parametrize(
    "data_dir",
    [a_file, below_a_file, with_no_database, with_a_store_of_a_later_version],
    ids=lambda each: each.__name__,
)
def test_a_data_folder_that_cannot_be_used_is_said_in_a_sentence(
    tmp_path: Path, word: str, data_dir: Callable[[Path], Path]
) -> None:
    done = subprocess.run(
        command(word),
        env=environment(data_dir(tmp_path), free_port()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 3, done.stderr
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("FHIRSVC_DATA_DIR: ")
    assert str(tmp_path) not in sentence


@pytest.mark.parametrize("base", ["http://127.0.0.1:1/fhir", "https://ehr.example/fhir"])
def test_a_patient_is_known_by_our_base_and_by_that_of_the_files_own_entries(tmp_path: Path, base: str) -> None:
    bundle = person("absolute")
    for entry in bundle["entry"]:
        kind, id_ = entry["resource"]["resourceType"], entry["resource"]["id"]
        entry["fullUrl"] = f"https://ehr.example/fhir/{kind}/{id_}"
    bundle["entry"][1]["resource"]["subject"] = {"reference": f"{base}/Patient/absolute-0"}
    del bundle["entry"][0]
    [told] = answers(tmp_path, written(tmp_path, "absolute.json", bundle))
    assert told["patient"] == "absolute-0"


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            command("serve"),
            env=environment(tmp_path, taken.getsockname()[1]),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.returncode == 3
    assert done.stderr.startswith("Cannot listen on FHIRSVC_HOST and FHIRSVC_PORT")


def test_today_is_today_in_utc(tmp_path: Path) -> None:
    before = datetime.now(UTC).date().isoformat()
    [told] = answers(tmp_path, written(tmp_path, "record.json", person("today")))
    assert told["on"] in {before, datetime.now(UTC).date().isoformat()}
