"""A sealed version never changes, and a signature stands only on what cannot change."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from fhirsvc.knowledge.check import check
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import load_protocol
from fhirsvc.knowledge.lock import LOCK, read_seals
from fhirsvc.knowledge.seal import seal, seal_all
from fhirsvc.knowledge.sheet import draw_all
from fhirsvc.knowledge.terminology import mappings_root

NAME = ("heel-pain-origin", "1.0.0")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The shipped mappings, unsealed."""
    copytree(mappings_root(), tmp_path / "mappings")
    (tmp_path / "mappings" / LOCK).unlink(missing_ok=True)
    return tmp_path / "mappings"


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "protocols" / NAME[0] / NAME[1]


def change(folder: Path, old: str, new: str, file: str = "protocol.yaml") -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_mappings_have_no_faults() -> None:
    assert check() == ()


def test_the_shipped_version_is_sealed() -> None:
    assert read_seals(mappings_root()) == {NAME: load_protocol().digest}


def test_sealing_writes_one_line_per_version(root: Path, folder: Path) -> None:
    assert seal(folder)
    assert (root / LOCK).read_text(encoding="utf-8") == f"heel-pain-origin 1.0.0 {load_protocol(folder).digest}\n"


def test_sealing_again_changes_nothing(root: Path, folder: Path) -> None:
    assert seal_all(root) == ("heel-pain-origin 1.0.0",)
    assert seal_all(root) == ()
    assert not seal(folder)


def test_a_sealed_version_that_was_changed_is_refused(root: Path, folder: Path) -> None:
    seal(folder)
    change(folder, "value: 90\n", "value: 91\n")
    with pytest.raises(Faulty, match=r"1\.0\.0 is sealed and was changed\..* copy the folder to a new version"):
        load_protocol(folder)
    assert any(fault.says == "1.0.0 is sealed and was changed." for fault in check(root))
    with pytest.raises(Faulty):
        seal(folder)


def test_cases_may_be_added_to_a_sealed_version(root: Path, folder: Path) -> None:
    seal(folder)
    change(folder, "because: One paired reflex loss", "because: A paired reflex loss", "cases.yaml")
    assert check(root) == ()


def test_a_signature_asks_for_a_seal_first(folder: Path) -> None:
    change(folder, "signature: null", "signature: {name: N. N., role: spinal surgeon, on: 2027-01-02}")
    with pytest.raises(Faulty, match=r"1\.0\.0 is signed and not sealed"):
        load_protocol(folder)


def test_a_sealed_version_can_be_signed(root: Path, folder: Path) -> None:
    seal(folder)
    change(folder, "signature: null", "signature: {name: N. N., role: spinal surgeon, on: 2027-01-02}")
    draw_all(root)
    signature = load_protocol(folder).signature
    assert signature is not None
    assert (signature.name, signature.role, signature.on) == ("N. N.", "spinal surgeon", "2027-01-02")
    assert check(root) == ()


def test_a_faulty_version_is_not_sealed(root: Path, folder: Path) -> None:
    change(folder, "strength: strong", "strength: huge")
    with pytest.raises(Faulty):
        seal_all(root)
    assert read_seals(root) == {}


def test_a_sealed_version_may_not_vanish(root: Path, folder: Path) -> None:
    seal(folder)
    folder.rename(folder.with_name("1.0.1"))
    assert any(fault.says == "heel-pain-origin 1.0.0 is sealed and its folder is gone." for fault in check(root))


def test_a_broken_line_of_the_lock_is_said(root: Path, folder: Path) -> None:
    (root / LOCK).write_text("heel-pain-origin 1.0.0\n", encoding="utf-8")
    with pytest.raises(Faulty, match="This is not `name version digest`"):
        load_protocol(folder)
    assert any(fault.file == LOCK and fault.line == 1 for fault in check(root))


def test_a_rule_and_a_concept_need_a_code(root: Path, folder: Path) -> None:
    change(folder, "- rule: C4", "- rule: C4b")
    change(folder, "  question: How is the Achilles reflex", "  question: What is the Achilles reflex", "concepts.yaml")
    draw_all(root)
    assert "`C4b` is not in code-systems/rule.json." in {fault.says for fault in check(root)}


def test_a_faulty_case_is_a_fault(root: Path, folder: Path) -> None:
    change(folder, "{achilles-reflex: absent, side: left}", "{achilles-reflex: lost, side: left}", "cases.yaml")
    (fault,) = check(root)
    assert fault.says == "Case 1, facts: `lost` is not an answer."


def test_a_version_that_does_not_meet_its_cases_is_not_sealed(folder: Path) -> None:
    change(folder, "rule: I4", "rule: I3", "cases.yaml")
    with pytest.raises(Faulty, match=r"Case .*: expected .* \(I3\), was given .* \(I4\)"):
        seal(folder)


def test_the_check_says_which_case_is_not_met_where_it_stands_and_what_to_do(root: Path, folder: Path) -> None:
    change(folder, "rule: I4", "rule: I3", "cases.yaml")
    (fault,) = check(root)
    assert fault.file.endswith("cases.yaml")
    assert fault.line > 0
    assert "was given" in fault.says
    assert fault.do == "Change the row, or what the case expects."
