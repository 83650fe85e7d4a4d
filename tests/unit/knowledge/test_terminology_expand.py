"""The generated ValueSets, and the CodeSystems and StructureDefinitions of our own, as FHIR R4 resources."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.structuredefinition import StructureDefinition
from fhir.resources.R4B.valueset import ValueSet

from fhirsvc.domain.protocol import Outcome
from fhirsvc.knowledge.terminology import load_lexicon, mappings_root
from fhirsvc.knowledge.terminology_files import read_terminology

with warnings.catch_warnings():  # simple_icd_10_cm reads its own files in a way that Python 3.11 and 3.12 deprecate
    warnings.simplefilter("ignore", DeprecationWarning)
    from fhirsvc.knowledge.expand import icd_faults, main

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SIDELESS = {
    "bloodstream-infection", "cancer-history", "cauda-equina-syndrome", "fracture-risk", "low-back-pain",
    "minor-trauma", "peripheral-neuropathy", "pregnancy", "serious-spinal-disease", "spinal-infection-risk",
}  # fmt: skip
MODELS: dict[str, type[CodeSystem | StructureDefinition | ValueSet]] = {
    "code-systems": CodeSystem,
    "structure-definitions": StructureDefinition,
    "terminology/value-sets": ValueSet,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("terminology", "code-systems"):
        shutil.copytree(mappings_root() / folder, tmp_path / folder)
    return tmp_path


def resource(name: str) -> dict[str, Any]:
    found = json.loads((mappings_root() / name).read_bytes())
    assert isinstance(found, dict)
    return found


def titles() -> Iterator[tuple[str, str, str]]:
    """(concept, code, title) of every ICD-10-CM code that the value sets hold, members of headers included."""
    for path in (mappings_root() / "terminology" / "value-sets").glob("*.json"):
        for entry in json.loads(path.read_bytes())["expansion"]["contains"]:
            for code in (entry, *entry.get("contains", ())):
                if code["system"] == ICD10CM:
                    yield path.stem, code["code"], code["display"]


def side_in(title: str) -> str:
    words = set(re.findall(r"[a-z]+", title.lower()))
    return "both" if "bilateral" in words else next((side for side in ("right", "left") if side in words), "")


def test_the_committed_value_sets_are_what_the_yaml_files_and_icd_10_cm_say() -> None:
    command = [sys.executable, "-m", "fhirsvc.knowledge.expand", "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_stale_value_set_is_said_in_a_sentence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "terminology/value-sets/heel-pain.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Heel pain", "Sore heel"), encoding="utf-8")
    assert main(["--check"], root) == 1
    assert "terminology/value-sets/heel-pain.json does not say what the YAML files say." in capsys.readouterr().err


def test_a_value_set_nobody_wrote_is_stale_and_goes_away_when_written_again(root: Path) -> None:
    stray = root / "terminology/value-sets/elbow-pain.json"
    shutil.copy(root / "terminology/value-sets/heel-pain.json", stray)
    assert main(["--check"], root) == 1
    assert main([], root) == 0
    assert not stray.exists()
    assert main(["--check"], root) == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"M76.61"', '"M76.63"', "is no code of the ICD-10-CM release"),
        ("Achilles tendinitis, right leg", "Achilles tendinitis, left leg", "has another title"),
        ('"M76.62"\n', '"M76.62"\n    expand: children\n', "has no codes below it"),
        ("    expand: children\n", '    expand: children\n    except: ["M77.3"]\n', "does not stand below"),
    ],
)
def test_an_icd_10_cm_code_that_the_release_does_not_hold_is_refused(
    root: Path, old: str, new: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "terminology/value-sets/achilles-pain.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["--check"], root) == 1
    assert says in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_never_expanded(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "terminology/value-sets/heel-pain.yaml").write_text("concept: [", encoding="utf-8")
    assert main([], root) == 1
    assert "heel-pain.yaml" in capsys.readouterr().err


def test_every_icd_10_cm_code_is_in_the_release_under_its_title() -> None:
    assert list(icd_faults(read_terminology(mappings_root()))) == []


def test_every_side_is_the_one_in_the_official_title() -> None:
    lexicon = load_lexicon()
    for concept, code, title in titles():
        for meaning in lexicon.of_code(ICD10CM, code):
            if meaning.concept == concept and concept not in SIDELESS:
                assert (code, meaning.side or "") == (code, side_in(title))


def test_every_member_of_a_header_is_known(root: Path) -> None:
    lexicon = load_lexicon(root)
    for concept, code, _ in titles():
        assert concept in {meaning.concept for meaning in lexicon.of_code(ICD10CM, code)}


@pytest.mark.parametrize("folder", list(MODELS))
def test_everything_of_our_own_is_a_valid_resource(folder: str) -> None:
    for path in (mappings_root() / folder).glob("*.json"):
        made = MODELS[folder].model_validate_json(path.read_bytes())
        assert made.id == path.stem
        assert str(made.url) == f"https://fhirsvc.example/fhir/{made.get_resource_type()}/{path.stem}"


def test_the_outcomes_are_those_of_the_domain_in_their_order() -> None:
    codes = [concept["code"] for concept in resource("code-systems/outcome.json")["concept"]]
    assert codes == [outcome.value for outcome in Outcome]


def test_the_rules_stand_in_the_order_of_the_table() -> None:
    codes = [concept["code"] for concept in resource("code-systems/rule.json")["concept"]]
    assert codes == [
        "R0c", "U1", "U1b", "U2", "U3", "R0b", "R0", "ALT1", "X1-I1", "X1-I2", "X1-I3", "I1", "I2", "I3", "I4",
        "ALT2", "ALT3", "ALT4", "C1", "C2", "C3", "C4", "C5", "C6", "B1", "N1", "L1", "L2",
    ]  # fmt: skip


def test_the_tags_are_these() -> None:
    codes = [concept["code"] for concept in resource("code-systems/tag.json")["concept"]]
    assert codes == ["superseded", "withdrawn", "draft-protocol", "dry-run"]


@pytest.mark.parametrize("name", ["outcome", "rule", "tag", "concept", "fate", "response", "override-reason"])
def test_every_code_of_our_own_says_what_it_means(name: str) -> None:
    system = resource(f"code-systems/{name}.json")
    assert system["count"] == len({concept["code"] for concept in system["concept"]})
    assert all(concept["display"] and concept["definition"].endswith(".") for concept in system["concept"])


@pytest.mark.parametrize("name", ["limb-side", "rule"])
def test_an_extension_of_ours_stands_on_a_finding_and_holds_a_code(name: str) -> None:
    extension = resource(f"structure-definitions/{name}.json")
    (value,) = [each for each in extension["differential"]["element"] if each["path"] == "Extension.value[x]"]
    assert value["type"] == [{"code": "code"}]
    assert extension["context"] == [{"type": "element", "expression": "ClinicalImpression.finding"}]
