"""mappings/reading: loaded, or refused with the line and what to do; free of the sentences it is tested with."""

import shutil
from pathlib import Path

import pytest

from fhirsvc.domain.reading import KINDS, Term, filed, pattern, plain
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.reading import load_reading, reading_faults
from fhirsvc.knowledge.terminology import mappings_root
from tests.unit.fhir.extracting import reading
from tests.unit.fhir.test_notes_sentences import SENTENCES


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(mappings_root() / "reading", tmp_path / "reading")
    return tmp_path


def _append(root: Path, name: str, text: str) -> None:
    with (root / "reading" / name).open("a", encoding="utf-8") as file:
        file.write(text)


def test_the_shipped_lexicon_has_no_fault_and_uses_every_kind() -> None:
    assert reading_faults() == ()
    assert {term.kind for terms in reading().terms.values() for term in terms} == set(KINDS)


def test_the_lexicon_has_a_version_and_a_digest_of_its_content(root: Path) -> None:
    before = load_reading(root)
    assert (before.version, before.digest) == (reading().version, reading().digest)
    _append(root, "record.yaml", "# a remark\n")
    assert load_reading(root).digest != before.digest


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour:\n  red: [red]\n", "'colour' is no kind of word."),
        ("negation:\n  upwards: [none whatever]\n", "'upwards' is no word of 'negation'."),
        ("negation:\n  before: [no*]\n", "'no*' cannot be looked for."),
        ("negation: [no]\n", "'negation' holds no words."),
        ("negation:\n  before: [no\n", "YAML cannot be read here"),
    ],
)
def test_a_fault_is_said_with_its_line_and_what_to_do(root: Path, text: str, says: str) -> None:
    (root / "reading" / "record.yaml").write_text(text, encoding="utf-8")
    faults = reading_faults(root)
    assert any(says in fault.says and fault.file == "reading/record.yaml" and fault.do for fault in faults)
    with pytest.raises(Faulty):
        load_reading(root)


def test_a_wrong_section_or_limit_is_said(root: Path) -> None:
    file = root / "reading" / "sections.yaml"
    changed = (
        file.read_text(encoding="utf-8").replace('above: "4"', 'above: "four"').replace("  addendum:", "  epilogue:")
    )
    file.write_text(changed, encoding="utf-8")
    said = " ".join(fault.says for fault in reading_faults(root))
    assert "'epilogue' is no kind of section." in said
    assert "The limit 'plantar-fascia-thickness-mm' is no number." in said


def test_a_sentence_of_the_closed_list_is_whole(root: Path) -> None:
    file = root / "reading" / "rule-outs.yaml"
    file.write_text("rule-outs:\n  - no compres* of the cauda equina\n", encoding="utf-8")
    (fault,) = reading_faults(root)
    assert (fault.file, fault.line) == ("reading/rule-outs.yaml", 2)
    assert "is no whole sentence" in fault.says


def test_no_sentence_of_a_test_stands_in_the_mappings() -> None:
    written = " ".join(plain(path.read_text(encoding="utf-8")) for path in (mappings_root() / "reading").glob("*.yaml"))
    assert not [text for text in (case.values[0] for case in SENTENCES) if plain(str(text)) in written]


def test_a_star_stands_for_every_ending_and_a_phrase_keeps_its_signs() -> None:
    assert pattern("S/P") == ("s", "/", "p")
    assert pattern("end-plate*") == ("end", "-", "plate*")
    assert Term("contact", "contact", ("compres*",)).key == "com*"
    assert filed([Term("negation", "before", ("no",))]) == {"no": (Term("negation", "before", ("no",)),)}


def test_plain_text_keeps_its_length() -> None:
    text = "İstanbul “L5–S1”\u00a0É"
    assert len(plain(text)) == len(text)
