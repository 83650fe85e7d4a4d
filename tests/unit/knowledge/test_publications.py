"""Every version of the protocol is published with where it stands; a sealed one is never published changed."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import orjson
import pytest

from fhirsvc.adapters.map_folder import MapFolder
from fhirsvc.domain.concept_map import CODE_SYSTEMS
from fhirsvc.fhir.canonical import wanted
from fhirsvc.knowledge.concept_maps import VOCABULARIES
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import load_protocol
from fhirsvc.knowledge.lock import LOCK
from fhirsvc.knowledge.publications import editions, resource_files
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.seal import seal
from fhirsvc.knowledge.terminology import load_lexicon, mappings_root
from fhirsvc.usecases.publish import Catalogue, current, find, published, version
from tests.fhir_checks import assert_valid_r4

PLAN = ("PlanDefinition", "heel-pain-origin")
UNSIGNED = "signature: null"
SIGNED = "signature: {name: Dr Ada Example, role: Spine surgeon, on: 2026-11-28}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shipped mappings, of which nothing is sealed."""
    copytree(mappings_root(), tmp_path / "mappings")
    (tmp_path / "mappings" / LOCK).unlink()
    return tmp_path / "mappings"


def folder(root: Path, name: str = "1.0.0") -> Path:
    """The folder of a version, copied from the shipped one when it is not there."""
    path = root / "protocols" / "heel-pain-origin" / name
    if not path.exists():
        copytree(path.with_name("1.0.0"), path)
        change(path, "version: 1.0.0", f"version: {name}")
        unsigned = path / "protocol.yaml"
        unsigned.write_text(unsigned.read_text(encoding="utf-8").replace(SIGNED, UNSIGNED), encoding="utf-8")
    return path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "protocol.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def sign(folder: Path) -> None:
    change(folder, UNSIGNED, SIGNED)


def plans(root: Path) -> dict[str, str]:
    """The status of each version that is published, the one that is read first first."""
    found = [each for each in published(root) if (each.type, each.id) == PLAN]
    for each in found:
        assert_valid_r4(orjson.loads(each.body))
    return {each.version: each.status for each in found}


def test_an_unsigned_version_is_a_draft_sealed_or_not(root: Path) -> None:
    assert plans(root) == {"1.0.0": "draft"}
    seal(folder(root))
    assert plans(root) == {"1.0.0": "draft"}


def test_a_signed_version_is_active_and_says_who_approved_it(root: Path) -> None:
    seal(folder(root))
    sign(folder(root))
    assert plans(root) == {"1.0.0": "active"}
    [plan] = [orjson.loads(each.body) for each in published(root) if each.type == "PlanDefinition"]
    assert plan["endorser"] == [{"name": "Dr Ada Example, Spine surgeon"}]
    assert (plan["approvalDate"], plan["date"]) == ("2026-11-28", "2026-11-28")


def test_a_version_is_retired_once_a_newer_one_is_sealed_and_drafts_come_last(root: Path) -> None:
    seal(folder(root))
    sign(folder(root))
    folder(root, "1.10.0")
    assert plans(root) == {"1.0.0": "active", "1.10.0": "draft"}
    folder(root, "1.9.0")
    seal(folder(root, "1.9.0"))
    assert list(plans(root).items()) == [("1.9.0", "draft"), ("1.0.0", "retired"), ("1.10.0", "draft")]


def test_read_gives_the_version_that_judges_and_every_other_by_its_number(root: Path) -> None:
    seal(folder(root))
    folder(root, "2.0.0")
    catalogue = Catalogue(published(root), MapFolder(root / "no-maps", load_lexicon(), load_reading()))
    judging = current("default", *PLAN, catalogue=catalogue)
    assert judging is not None
    assert judging.version == load_protocol(version="1.0.0").version
    draft = version("default", *PLAN, "2.0.0", catalogue=catalogue)
    assert draft is not None
    assert orjson.loads(draft.body)["meta"]["versionId"] == "2.0.0"
    asked = wanted([("url", judging.url), ("version", "2.0.0")])
    assert find("default", "PlanDefinition", asked, catalogue=catalogue) == (draft,)


def test_a_draft_that_cannot_be_read_is_left_out(root: Path) -> None:
    seal(folder(root))
    change(folder(root, "2.0.0"), "rules:", "rule:")
    assert plans(root) == {"1.0.0": "draft"}


def test_a_sealed_version_that_was_changed_is_not_published(root: Path) -> None:
    seal(folder(root))
    seal(folder(root, "2.0.0"))
    change(folder(root), "value: 90", "value: 91")
    with pytest.raises(Faulty):
        editions(root)


def test_the_rows_of_the_plan_are_the_rows_of_the_table_in_their_order() -> None:
    [edition] = editions()
    [plan] = [orjson.loads(each.body) for each in published() if each.type == "PlanDefinition"]
    rows = [row for level in plan["action"] for row in level["action"]]
    rules = edition.protocol.rules
    assert [row["prefix"] for row in rows] == [rule.name for rule in rules]
    for row, rule in zip(rows, rules, strict=True):
        assert edition.conditions[rule.name] in row["textEquivalent"]
        assert row["description"] == rule.because
        assert [each["label"] for each in row["documentation"]] == list(rule.sources)
        assert {each["code"] for each in row["code"][0]["coding"]} == {rule.name, rule.outcome.value}
        assert ("Flag" in row["textEquivalent"]) == rule.flag
    assert "goal" not in plan
    assert "library" not in plan


def test_every_canonical_resource_is_valid_and_named_by_its_own_address() -> None:
    every = published()
    assert len(every) == len({(each.reference, each.version_id) for each in every})
    for each in every:
        assert_valid_r4(orjson.loads(each.body))
        assert each.url == f"https://fhirsvc.example/fhir/{each.reference}"
        assert each.version


def test_the_files_are_published_as_they_are_written() -> None:
    served = {each.reference: orjson.loads(each.body) for each in published()}
    for body in resource_files():
        written = json.loads(body)
        found = served[f"{written['resourceType']}/{written['id']}"]
        assert {name: value for name, value in found.items() if name != "meta"} == written


def test_every_vocabulary_that_a_map_may_target_is_published_with_its_words() -> None:
    words = load_lexicon().words
    served = {each.url: orjson.loads(each.body) for each in published() if each.type == "CodeSystem"}
    assert VOCABULARIES
    for name in VOCABULARIES:
        system = served[f"{CODE_SYSTEMS}/{name}"]
        assert {each["code"] for each in system["concept"]} == set(words[name].values())
        assert system["description"]


def test_every_code_system_counts_its_codes() -> None:
    systems = [orjson.loads(each.body) for each in published() if each.type == "CodeSystem"]
    assert all(each["count"] == len(each["concept"]) for each in systems)
