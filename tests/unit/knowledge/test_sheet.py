"""The page a clinician reads and signs is drawn from the protocol, whole and current."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from fhirsvc.domain.protocol import Cell
from fhirsvc.knowledge.cells import cell_in_words, row_in_words
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import read_draft, shipped_folder
from fhirsvc.knowledge.sheet import draw, draw_all, sheet_faults
from fhirsvc.knowledge.terminology import mappings_root

DRAFT = read_draft(shipped_folder(mappings_root()))
PAGE = draw(DRAFT)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copytree(mappings_root() / "protocols", tmp_path / "mappings" / "protocols")
    return tmp_path / "mappings"


def test_the_page_has_every_row_item_confounder_threshold_concept_and_text() -> None:
    protocol = DRAFT.protocol
    firsts = {line.split(" | ")[0].removeprefix("| ") for line in PAGE.splitlines() if line.startswith("| ")}
    assert {rule.name for rule in protocol.rules} <= firsts
    assert {item.name for item in protocol.items} <= firsts
    assert {confounder.name for confounder in protocol.confounders} <= firsts
    assert {feature.name for feature in protocol.features} <= firsts
    assert {risk.concept for risk in protocol.risks} <= firsts
    assert set(protocol.thresholds) <= firsts
    assert {question.concept for question in DRAFT.questions} <= firsts
    assert set(protocol.texts) <= firsts


def test_the_page_says_that_nobody_has_signed() -> None:
    assert "**Not signed. Draft protocol, not clinically approved.**" in PAGE
    assert "This service supports a clinician's judgement and does not replace it." in PAGE


def test_the_page_says_who_has_signed(root: Path) -> None:
    folder = root / "protocols" / "heel-pain-origin" / "1.0.0"
    text = (folder / "protocol.yaml").read_text(encoding="utf-8")
    signed = text.replace("signature: null", "signature: {name: N. N., role: spinal surgeon, on: 2027-01-02}")
    (folder / "protocol.yaml").write_text(signed, encoding="utf-8")
    page = draw(read_draft(folder))
    assert "Signed by N. N., spinal surgeon, on 2027-01-02." in page
    assert "Not signed" not in page


def test_rows_cite_sources_per_complaint() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| I2 |"))
    assert "achilles: S-A17, S-A33, E4, E6; plantar: S-P19, S-A17 by extension, S-A33 by extension, E4, E6" in row


def test_tables_keep_their_columns() -> None:
    columns = 0
    for line in PAGE.splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        bars = line.replace("\\|", "").count("|")
        assert columns in (0, bars), line
        columns = bars


def test_the_shipped_page_is_current() -> None:
    assert sheet_faults(shipped_folder(mappings_root()), DRAFT) == ()


def test_a_stale_page_is_a_fault_and_is_drawn_again(root: Path) -> None:
    folder = root / "protocols" / "heel-pain-origin" / "1.0.0"
    texts = folder / "texts.yaml"
    texts.write_text(texts.read_text(encoding="utf-8").replace("A pregnancy is", "Pregnancy is"), encoding="utf-8")
    (fault,) = sheet_faults(folder, read_draft(folder))
    assert fault.file == "protocols/heel-pain-origin/1.0.0/README.md"
    assert fault.do == "Draw it again: `fhirsvc sheet`."
    assert draw_all(root) == (folder / "README.md",)
    assert sheet_faults(folder, read_draft(folder)) == ()
    assert draw_all(root) == ()


def test_no_page_is_drawn_of_a_faulty_version(root: Path) -> None:
    protocol = root / "protocols" / "heel-pain-origin" / "1.0.0" / "protocol.yaml"
    protocol.write_text(
        protocol.read_text(encoding="utf-8").replace("strength: strong", "strength: huge"), encoding="utf-8"
    )
    with pytest.raises(Faulty):
        draw_all(root)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell(word="A", wants=("at least 2",)), "A at least 2"),
        (Cell(word="B includes", wants=("RADSX", "SLR")), "B includes RADSX or SLR"),
        (Cell(word="B includes none of", wants=("RADSX", "SLR")), "B includes neither RADSX nor SLR"),
        (Cell(word="B includes none of", wants=("RADSX",)), "B without RADSX"),
        (Cell(word="B only", wants=("LUMBAGG",)), "B empty or only LUMBAGG"),
        (Cell(word="IMG", wants=("weak", "pos")), "imaging weak or pos"),
        (Cell(word="recorded", wants=("tarsal-tunnel-sign",)), "recorded: tarsal tunnel sign"),
        (
            Cell(word="any", either=(Cell(word="B", wants=("none",)), Cell(word="screen", wants=("incomplete",)))),
            "any of: B none / screen incomplete",
        ),
    ],
)
def test_a_condition_is_said_in_words(cell: Cell, words: str) -> None:
    assert cell_in_words(cell) == words


def test_a_row_without_conditions_is_said_in_words() -> None:
    assert row_in_words(()) == "in every other case"
