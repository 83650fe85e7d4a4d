"""What authors of mappings/terminology are told, and how their files become one versioned Lexicon."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fhirsvc.knowledge.check_digits import is_loinc, is_snomed
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.terminology import load_lexicon, mappings_root, terminology_faults

VALUE_SET = "terminology/value-sets/heel-pain.yaml"
PHRASES = "terminology/phrases/heel-pain.yaml"
ROW = """\
  - system: snomed
    code: "{code}"
    display: Pain
    strength: CURATED
    source: Somewhere
"""


A_FEW = (
    "code-systems/concept.json",
    "terminology/version.yaml",
    "terminology/systems.yaml",
    *(f"terminology/words/{name}.yaml" for name in ("area", "narrative", "side", "site")),
    *(f"terminology/value-sets/{name}" for name in ("heel-pain.yaml", "heel-pain.json", "achilles-reflex.yaml")),
    *(
        f"terminology/value-sets/{name}"
        for name in ("achilles-pain.yaml", "achilles-pain.json", "urinary-hesitancy.yaml")
    ),
    *(f"terminology/phrases/{name}.yaml" for name in ("heel-pain", "achilles-pain", "windlass-test")),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A mappings folder with a few of the files: enough for every fault, quick to read."""
    for name in A_FEW:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(mappings_root() / name, tmp_path / name)
    assert terminology_faults(tmp_path) == ()
    return tmp_path


def rewrite(root: Path, name: str, old: str, new: str) -> int:
    """Changes the first occurrence and returns its line."""
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def add_code(root: Path, row: str) -> None:
    path = root / VALUE_SET
    path.write_text(path.read_text(encoding="utf-8") + row, encoding="utf-8")


def only_fault(root: Path) -> Fault:
    (fault,) = terminology_faults(root)
    return fault


def test_the_terminology_of_this_release_has_no_fault() -> None:
    assert terminology_faults() == ()


@pytest.mark.parametrize("code", ["2733002", "274818004", "616839841000119101", "948391000000106"])
def test_a_snomed_identifier_with_its_check_digit_is_well_formed(code: str) -> None:
    assert is_snomed(code)


@pytest.mark.parametrize("code", ["2733003", "279372000", "306181000000106", "02733002", "12345", "27330O2", ""])
def test_a_snomed_identifier_without_its_check_digit_is_not(code: str) -> None:
    assert not is_snomed(code)


@pytest.mark.parametrize("code", ["24968-0", "30679-5", "10194-9", "72514-3"])
def test_a_loinc_code_with_its_check_digit_is_well_formed(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["24968-1", "24986-0", "249680", "-0", "24968-", "x24968-0"])
def test_a_loinc_code_without_its_check_digit_is_not(code: str) -> None:
    assert not is_loinc(code)


def test_a_wrong_check_digit_is_said_with_its_line(root: Path) -> None:
    line = rewrite(root, VALUE_SET, '"2733002"', '"2733003"')
    fault = only_fault(root)
    assert (fault.file, fault.line) == (VALUE_SET, line)
    assert "check digit" in fault.says
    assert fault.do


def test_a_wrong_loinc_check_digit_in_a_vocabulary_is_said(root: Path) -> None:
    rewrite(root, "terminology/words/narrative.yaml", '"10194-9"', '"10194-8"')
    assert "LOINC" in only_fault(root).says


def test_a_code_written_as_a_number_is_said(root: Path) -> None:
    rewrite(root, VALUE_SET, '"2733002"', "2733002")
    assert "as a number" in only_fault(root).says


@pytest.mark.parametrize("key", ["source", "display", "strength"])
def test_a_code_without_source_display_or_strength_is_said(root: Path, key: str) -> None:
    row = {"source": "Somewhere", "display": "Painful heel", "strength": "SOURCE"}
    row.pop(key)
    add_code(root, '  - system: snomed\n    code: "4063001"\n' + "".join(f"    {k}: {v}\n" for k, v in row.items()))
    assert any(f"has no {key}" in fault.says for fault in terminology_faults(root))


def test_a_cross_reference_that_would_decide_alone_is_said(root: Path) -> None:
    rewrite(root, "terminology/value-sets/achilles-reflex.yaml", "    corroborate: yes\n", "")
    assert "cross-reference" in only_fault(root).says


def test_an_unknown_concept_is_said(root: Path) -> None:
    rewrite(root, "terminology/phrases/windlass-test.yaml", "concept: windlass-test", "concept: windlas-test")
    faults = terminology_faults(root)
    assert faults
    assert all("windlas-test" in fault.says for fault in faults)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    says: present", "    says: maybe"),
        ("    says: present", "    side: middle"),
        ("    says: present", "    root: S2"),
        ("    says: present", "    area: elbow"),
        ("    says: present", "    qualifiers: [sudden]"),
        ("    says: present", "    needs-site: [elbow]"),
        ("    says: present", "    needs-site: heel"),
        ("    says: present", "    says: [present]"),
        ("    says: present", "    meaning: present"),
        ("    says: present", "    combined: true"),
        ("  - system: snomed", "  - system: snowmed"),
        ('    code: "2733002"\n', ""),
    ],
)
def test_a_word_that_is_not_known_is_said_with_what_may_be_written(root: Path, old: str, new: str) -> None:
    rewrite(root, VALUE_SET, old, new)
    fault = only_fault(root)
    assert fault.file == VALUE_SET
    assert fault.line
    assert fault.do.startswith("Write") or fault.do.startswith("Add")


def test_a_code_in_two_value_sets_is_said_unless_both_agree(root: Path) -> None:
    add_code(root, ROW.format(code="4063001"))
    assert "already means 'achilles-pain'" in only_fault(root).says


def test_a_code_twice_in_one_value_set_is_said(root: Path) -> None:
    add_code(root, ROW.format(code="2733002"))
    assert "already means 'heel-pain'" in only_fault(root).says


def test_a_phrase_in_two_lists_is_said_unless_both_agree(root: Path) -> None:
    rewrite(root, PHRASES, "texts: [heel pain,", "texts: [achillodynia, heel pain,")
    assert "The phrase 'achillodynia' already means" in only_fault(root).says


def test_a_phrase_that_is_not_written_as_it_is_compared_is_said(root: Path) -> None:
    rewrite(root, PHRASES, "texts: [heel pain,", "texts: [Sore Heels, heel pain,")
    assert only_fault(root).do == "Write 'sore heels'."


def test_a_text_with_two_words_in_one_vocabulary_is_said(root: Path) -> None:
    rewrite(root, "terminology/words/side.yaml", "texts: [right,", "texts: [left, right,")
    assert "already means 'left'" in only_fault(root).says


def test_a_word_that_no_reader_knows_is_said(root: Path) -> None:
    rewrite(root, "terminology/words/side.yaml", "  left:", "  port:")
    faults = terminology_faults(root)
    assert faults
    assert all("'port' is no word of the vocabulary 'side'" in fault.says for fault in faults)


def test_a_file_that_is_not_named_after_its_concept_is_said(root: Path) -> None:
    (root / PHRASES).rename(root / "terminology/phrases/sore-heel.yaml")
    faults = terminology_faults(root)
    assert faults
    assert all("is named otherwise" in fault.says for fault in faults)


def test_a_key_said_twice_is_said(root: Path) -> None:
    rewrite(root, VALUE_SET, "    says: present\n", "    says: present\n    says: absent\n")
    assert any("said twice" in fault.says for fault in terminology_faults(root))


def test_a_header_that_was_not_expanded_is_said(root: Path) -> None:
    rewrite(
        root,
        "terminology/value-sets/urinary-hesitancy.yaml",
        "    says: present\n",
        "    says: present\n    expand: children\n",
    )
    assert "has not been expanded" in only_fault(root).says


def test_codes_left_out_of_nothing_are_said(root: Path) -> None:
    rewrite(root, VALUE_SET, "    says: present\n", '    says: present\n    except: ["M79.6"]\n')
    assert "is not expanded" in only_fault(root).says


@pytest.mark.parametrize("broken", ["codes: [", "- a list", "codes:\n\t- x: y", "\x00"])
def test_a_file_that_is_no_yaml_is_a_fault_and_never_half_a_lexicon(root: Path, broken: str) -> None:
    (root / VALUE_SET).write_text(broken, encoding="utf-8")
    assert any(fault.file == VALUE_SET for fault in terminology_faults(root))
    with pytest.raises(Faulty) as faulty:
        load_lexicon(root)
    assert VALUE_SET in str(faulty.value)


def test_a_file_that_is_not_text_is_a_fault(root: Path) -> None:
    (root / PHRASES).write_bytes(b"concept: \xff\xfe")
    assert any(fault.file == PHRASES for fault in terminology_faults(root))


@pytest.mark.parametrize("name", ["terminology/version.yaml", "terminology/systems.yaml", "code-systems/concept.json"])
def test_a_missing_file_is_a_fault(root: Path, name: str) -> None:
    (root / name).unlink()
    assert any(fault.file == name for fault in terminology_faults(root))


def test_a_damaged_expansion_is_a_fault(root: Path) -> None:
    (root / "terminology/value-sets/heel-pain.json").write_text("{}", encoding="utf-8")
    assert "cannot be read" in only_fault(root).says


def test_a_fault_is_one_line_an_author_can_act_on() -> None:
    fault = Fault("terminology/words/side.yaml", 7, "It is wrong.", "Make it right.")
    assert str(fault) == "terminology/words/side.yaml:7: It is wrong. Make it right."
    assert str(Fault("a.yaml", 0, "It is missing.", "Bring it back.")) == "a.yaml: It is missing. Bring it back."


def test_the_same_files_give_the_same_digest_wherever_they_lie(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mappings"
    shutil.copytree(root, elsewhere)
    assert load_lexicon(root).digest == load_lexicon(elsewhere).digest


@pytest.mark.parametrize(
    "name", [VALUE_SET, PHRASES, "terminology/words/side.yaml", "terminology/value-sets/heel-pain.json"]
)
def test_the_digest_changes_with_every_file(root: Path, name: str) -> None:
    before = load_lexicon(root).digest
    path = root / name
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert load_lexicon(root).digest != before


def test_the_digest_changes_when_a_concept_is_worded_otherwise(root: Path) -> None:
    before = load_lexicon(root).digest
    rewrite(root, "code-systems/concept.json", "Achilles tendon pain", "Pain of the Achilles tendon")
    assert load_lexicon(root).digest != before


def test_the_lexicon_carries_the_version_of_the_folder(root: Path) -> None:
    rewrite(root, "terminology/version.yaml", 'version: "', 'version: "9.')
    assert load_lexicon(root).version.startswith("9.")


def test_a_concept_is_read_from_the_codesystem_alone(root: Path) -> None:
    path = root / "code-systems/concept.json"
    system = json.loads(path.read_bytes())
    reads = [{"code": "reads", "valueCode": "sign"}, {"code": "root", "valueCode": "S1"}]
    system["concept"].append({"code": "plantar-reflex", "display": "P", "definition": "D", "property": reads})
    path.write_text(json.dumps(system), encoding="utf-8")
    concept = load_lexicon(root).concepts["plantar-reflex"]
    assert (concept.reads, concept.root) == ("sign", "S1")
