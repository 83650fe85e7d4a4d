"""ConceptMaps in a folder: a change counts at once and without a restart, and a faulty one changes nothing."""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from pathlib import Path

import pytest

from fhirsvc.adapters.map_folder import MapFolder
from fhirsvc.domain.concept_map import CODE_SYSTEMS
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.terminology import load_lexicon

LOCAL = "urn:example:codes"


@cache
def shipped() -> Lexicon:
    return load_lexicon()


@cache
def reading() -> ReadingLexicon:
    return load_reading()


def concept_map(**codes: str) -> bytes:
    elements = [{"code": code, "target": [{"code": target, "equivalence": "equal"}]} for code, target in codes.items()]
    group = {"source": LOCAL, "target": f"{CODE_SYSTEMS}/concept", "element": elements}
    return json.dumps({"resourceType": "ConceptMap", "status": "active", "group": [group]}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "concept-maps"
    folder.mkdir()
    return folder


def concepts(lexicon: Lexicon, code: str) -> list[str]:
    return [meaning.concept for meaning in lexicon.of_code(LOCAL, code)]


def test_a_sender_without_a_map_speaks_as_shipped(tmp_path: Path) -> None:
    maps = MapFolder(tmp_path / "nothing", shipped(), reading())
    assert maps.of("default") is shipped()
    assert maps.get("default") is None


def test_each_sender_has_its_own_map(folder: Path) -> None:
    (folder / "default.json").write_bytes(concept_map(JERK="achilles-reflex"))
    maps = MapFolder(folder, shipped(), reading())
    assert concepts(maps.of("default"), "JERK") == ["achilles-reflex"]
    assert maps.of("other") is shipped()


def test_the_same_lexicon_is_given_until_the_file_changes(folder: Path) -> None:
    maps = MapFolder(folder, shipped(), reading())
    maps.put("default", concept_map(JERK="achilles-reflex"))
    first = maps.of("default")
    assert maps.of("default") is first
    maps.put("default", concept_map(JERK="achilles-reflex", PAIN="heel-pain"))
    assert concepts(maps.of("default"), "PAIN") == ["heel-pain"]
    (folder / "default.json").unlink()
    assert maps.of("default") is shipped()


def test_a_file_that_is_edited_in_place_counts_too(folder: Path) -> None:
    path = folder / "default.json"
    path.write_bytes(concept_map(AAA="heel-pain"))
    maps = MapFolder(folder, shipped(), reading())
    path.write_bytes(concept_map(BBB="heel-pain"))
    os.utime(path, ns=(1, 1))
    assert concepts(maps.of("default"), "BBB") == ["heel-pain"]


def test_version_and_digest_name_the_shipped_terminology_and_the_map(folder: Path) -> None:
    maps = MapFolder(folder, shipped(), reading())
    maps.put("default", concept_map(JERK="achilles-reflex"))
    one = maps.of("default")
    maps.put("default", concept_map(PAIN="heel-pain"))
    other = maps.of("default")
    assert len({shipped().digest, one.digest, other.digest}) == 3
    assert one.version.startswith(f"{shipped().version}+default.")
    assert one.version != other.version


def test_a_faulty_change_leaves_what_counted_and_is_logged_once_without_its_content(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    maps = MapFolder(folder, shipped(), reading())
    maps.put("default", concept_map(JERK="achilles-reflex"))
    before = maps.of("default")
    with caplog.at_level(logging.WARNING):
        for body in (concept_map(HIDDEN="nothing-known"), b'{"resourceType": "Conc'):
            maps.put("default", body)
            assert maps.of("default") is before
            assert maps.of("default") is before
    assert len(caplog.records) == 2
    assert not any("HIDDEN" in repr(vars(record)) for record in caplog.records)
    maps.put("default", concept_map(PAIN="heel-pain"))
    assert concepts(maps.of("default"), "PAIN") == ["heel-pain"]


def test_a_file_that_cannot_be_read_leaves_what_counted(folder: Path) -> None:
    maps = MapFolder(folder, shipped(), reading())
    maps.put("default", concept_map(JERK="achilles-reflex"))
    before = maps.of("default")
    (folder / "default.json").unlink()
    (folder / "default.json").mkdir()
    assert maps.of("default") is before


def test_a_faulty_map_is_told_at_the_start_with_every_fault(folder: Path) -> None:
    (folder / "default.json").write_bytes(concept_map(A="nothing", B="neither"))
    with pytest.raises(Faulty) as faulty:
        MapFolder(folder, shipped(), reading())
    assert [fault.file for fault in faulty.value.faults] == ["concept-maps/default.json"] * 2


def test_writing_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    maps = MapFolder(tmp_path / "new", shipped(), reading())
    maps.put("default", concept_map(A="heel-pain"))
    maps.put("default", concept_map(B="heel-pain"))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["default.json"]
    assert maps.get("default") == concept_map(B="heel-pain")
