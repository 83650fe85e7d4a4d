"""The generated schemas: current, of R4 and not of R4B, and enough on their own at run time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fhirsvc.fhir import schema, structure
from fhirsvc.fhir.places import element_of
from fhirsvc.fhir.resource_types import ACCEPTED, ANSWERED, AUTHORED, R4
from fhirsvc.fhir.schema import generate
from fhirsvc.fhir.schema.bindings import REQUIRED
from tests.unit.fhir.parsing import collection, observation, patient


def test_the_files_are_what_the_models_say() -> None:
    assert generate.stale(generate.built()) == []


@pytest.mark.parametrize("name", ["Patient.json", "Surplus.json"])
def test_the_check_names_what_is_stale(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "built", lambda: {**files_here(), name: "{}\\n"})
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.startswith(f"Stale: {name};")


def files_here() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in generate.HERE.glob("*.json")}


def test_writing_puts_the_files_in_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "built", lambda: {"Patient.json": "{}"})
    assert generate.main([]) == 0
    assert files_here() == {"Patient.json": "{}"}


@pytest.mark.parametrize("type_", sorted(ACCEPTED | ANSWERED | AUTHORED))
def test_every_schema_compiles_and_refuses_an_empty_resource(type_: str) -> None:
    assert structure.faults({}, type_, type_)
    unknown = structure.faults({"resourceType": type_, "x": 1}, type_, type_)
    assert [str(each.code) for each in unknown if each.expression == f"{type_}.x"] == ["structure"]


def test_148_types_less_the_two_abstract_ones() -> None:
    assert len(R4) == 146


def test_an_enumeration_never_ends_in_a_plus() -> None:
    assert not [path.name for path in generate.HERE.glob("*.json") if '"+"' in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("place", sorted(REQUIRED))
def test_a_completed_binding_names_its_value_set(place: tuple[str, str]) -> None:
    assert "ValueSet/" in REQUIRED[place].value_set
    assert len(set(REQUIRED[place].codes)) == len(REQUIRED[place].codes) > 1


def test_elements_of_r4b_alone_are_unknown() -> None:
    extension = {"url": "http://example.org/x", "valueRatioRange": {"lowNumerator": {"value": 1}}}
    assert structure.faults(patient(extension=[extension]), "Patient", "Patient")


@pytest.mark.parametrize("type_", ["Medication", "Organization", "Practitioner", "Procedure", "Substance"])
def test_a_measurement_is_of_a_patient_group_device_or_place(type_: str) -> None:
    (issue,) = structure.faults(observation(subject={"reference": f"{type_}/1"}), "Observation", "Observation")
    assert issue.expression == "Observation.subject.reference"


@pytest.mark.parametrize(
    ("name", "type_", "element"),
    [
        ("valueQuantity", "Observation", "value"),
        ("_valueString", "Observation", "value"),
        ("valueQuantity", "Device", "valueQuantity"),
        ("_birthDate", "Patient", "birthDate"),
        ("status", "Observation", "status"),
    ],
)
def test_a_place_is_named_as_fhirpath_names_it(name: str, type_: str, element: str) -> None:
    assert element_of(name, type_) == element


def test_parsing_imports_no_model_of_fhir() -> None:
    program = (
        "import sys; from fhirsvc.fhir.parse import parse_bundle; parse_bundle(sys.stdin.buffer.read());"
        "sys.exit(any(name.partition('.')[0] in ('fhir', 'fhir_core', 'pydantic') for name in sys.modules))"
    )
    body = json.dumps(collection(patient())).encode()
    assert subprocess.run([sys.executable, "-c", program], input=body, check=False).returncode == 0


def test_the_shared_definitions_are_complete() -> None:
    shared = schema.read("datatypes")
    for type_ in sorted(ACCEPTED | ANSWERED | AUTHORED):
        whole = schema.read(type_)["$defs"] | shared
        assert set(generate._referred(whole)) <= whole.keys()
