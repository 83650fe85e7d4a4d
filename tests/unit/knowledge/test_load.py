"""A protocol version is read whole or refused with file, line and what to do."""

from __future__ import annotations

import time
from dataclasses import FrozenInstanceError
from fractions import Fraction
from pathlib import Path
from shutil import copytree

import pytest

from fhirsvc.domain.evidence import Root
from fhirsvc.domain.protocol import Cell, Complaint, Outcome, Protocol, SideRule, Validity
from fhirsvc.domain.rows import WORDS
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.load import load_protocol, protocol_faults, read_pages, shipped_folder, version_folders, versions
from fhirsvc.knowledge.lock import write_seals
from fhirsvc.knowledge.terminology import mappings_root

FILE = "protocols/heel-pain-origin/1.0.0/protocol.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A mappings folder with the shipped protocol, unsealed."""
    copytree(mappings_root() / "protocols", tmp_path / "mappings" / "protocols")
    return tmp_path / "mappings"


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "protocols" / "heel-pain-origin" / "1.0.0"


def change(folder: Path, old: str, new: str, file: str = "protocol.yaml") -> int:
    """Writes new for the first old; returns the line it stands on."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def only_fault(folder: Path) -> Fault:
    faults = protocol_faults(folder)
    assert len(faults) == 1, "\n".join(map(str, faults))
    return faults[0]


def test_the_shipped_protocol_has_no_faults() -> None:
    assert protocol_faults(shipped_folder(mappings_root())) == ()


def test_the_shipped_protocol_says_who_it_is() -> None:
    protocol = load_protocol()
    assert protocol.canonical == "https://fhirsvc.example/fhir/PlanDefinition/heel-pain-origin|1.0.0"
    assert protocol.signature is None


def test_every_threshold_is_proposed_and_has_text_and_source() -> None:
    thresholds = load_protocol().thresholds.values()
    assert all(each.proposed and each.text and each.sources for each in thresholds)
    assert {each.name for each in thresholds} == set(closed.NUMBERS)


def test_every_row_says_why_and_whence() -> None:
    rules = load_protocol().rules
    assert len(rules) == 28
    assert all(rule.because.endswith(".") and rule.sources for rule in rules)


def test_achilles_signs_are_cited_by_extension_elsewhere() -> None:
    protocol = load_protocol()
    i2 = next(rule for rule in protocol.rules if rule.name == "I2")
    assert i2.cited[Complaint.ACHILLES] == ("S-A17", "S-A33", "E4", "E6")
    assert "S-A17 by extension" in i2.cited[Complaint.PLANTAR]
    assert "S-A17" not in i2.cited[Complaint.PLANTAR]
    assert {"S-A17", "S-A17 by extension", "S-P19", "E4"} <= set(i2.sources)


def test_values_are_what_the_files_say() -> None:
    protocol = load_protocol()
    assert protocol.thresholds["heel-raises-share"].value == Fraction(1, 2)
    assert (protocol.clocks["examination"].full, protocol.clocks["examination"].weak) == (90, 365)
    assert protocol.clocks["problem"].weak is None
    assert protocol.roots[Complaint.PLANTAR][Root.L4] is Validity.WEAK
    assert protocol.item("LUMBAGG").side is SideRule.INHERITS
    assert protocol.item("RADSX").problem_clock == "problem"
    assert protocol.item("SLR").problem_clock == "examination"
    assert next(iter(protocol.missing)) == "side"
    dysfunction = next(each for each in protocol.features if each.name == "sexual-dysfunction")
    assert (dysfunction.emergency, dysfunction.review) == (None, 14)


def test_a_row_reads_as_it_is_written() -> None:
    rule = next(rule for rule in load_protocol().rules if rule.name == "C3")
    assert rule.outcome is Outcome.CONSIDER
    assert rule.cells == (
        Cell(word="B", wants=("exactly 1",)),
        Cell(
            word="any",
            either=(Cell(word="C of another source", wants=("at least 1",)), Cell(word="IMG", wants=("weak", "pos"))),
        ),
        Cell(
            word="any",
            either=(
                Cell(word="LOCAL", wants=("absent", "unknown")),
                Cell(word="B includes", wants=("RADSX", "SLR", "DX")),
            ),
        ),
    )


def test_every_cell_word_is_one_the_domain_reads() -> None:
    assert set(closed.CELLS["limb"]) == WORDS


def test_a_protocol_cannot_be_changed() -> None:
    protocol = load_protocol()
    with pytest.raises(FrozenInstanceError):
        protocol.version = "2.0.0"  # type: ignore[misc]


def test_loading_takes_less_than_a_fifth_of_a_second() -> None:
    def seconds() -> float:
        begin = time.perf_counter()
        load_protocol()
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(5)) < 0.2


@pytest.mark.parametrize(
    ("old", "new", "says", "do"),
    [
        (
            "- B: at least 2",
            "- B: at last 2",
            "Rule X1-I3: `B: at last 2` is not a condition.",
            "Write one of: none, exactly 1",
        ),
        (
            "- A: at least 2",
            "- A over: 2",
            "Rule X1-I1: `A over: 2` is not a condition.",
            "Begin it with one of: A, B, C",
        ),
        (
            "- LOCAL: [present]",
            "- LOCAL: [tender]",
            "`LOCAL: [tender]` is not a condition.",
            "a list of: present, absent",
        ),
        (
            "- C includes: [NOTEND]",
            "- C includes: [REFLEX]",
            "`C includes: [REFLEX]` is not a condition.",
            "RADSX, SLR",
        ),
        (
            "- recorded: rupture",
            "- recorded: deceased",
            "`recorded: deceased` is not a condition.",
            "rupture, neuropathy",
        ),
        ("            - B: at least 1\n", "", "Rule X1-I2: `any` needs two conditions or more.", "each with a dash"),
        (
            "      strength: strong",
            "      strength: huge",
            "`strength: huge` is not a word",
            "strong, moderate, weak, none",
        ),
        ("outcome: coexisting", "outcome: urgent", "`outcome: urgent` is not a word", "indicated, coexisting"),
        ("    tier: A\n", "    tier: Z\n", "Item REFLEX: `tier: Z` is not a word", "Write one of: A, B, C, IMG"),
        (
            "concepts: [achilles-reflex]",
            "concepts: [achiles-reflex]",
            "`achiles-reflex` is not a word",
            "achilles-reflex",
        ),
        (
            "full: examination-full",
            "full: examination-fall",
            "`full: examination-fall`",
            "Did you mean examination-full",
        ),
        ("value: 90\n", "value: ninety\n", "Threshold examination-full: `value: ninety` is not a number.", "1/2"),
        ("sources: [S-A35, E26, proposed]", "sources: [S-A45]", "`S-A45` is not a source.", "S-A1 to S-A44"),
        ("effect: weak", "effect: strong", "Confounder symmetric-loss: `effect: strong`", "weak, excluded"),
        (
            "pattern: stocking",
            "pattern: sock",
            "Confounder stocking: `pattern: sock`",
            "Write one of: reflex-symmetric",
        ),
        (
            "      needs pain: false",
            "      needs pain: no",
            "`needs pain: no` is not a word",
            "Write one of: true, false",
        ),
        ("  achilles: {S1: full", "  achilles: {S1: half", "Roots of achilles: `S1: half`", "full, weak, excluded"),
        (
            "  surgery: [lumbar-surgery]",
            "  operation: [lumbar-surgery]",
            "`operation` is not a name known here.",
            "Write one of: neuropathy",
        ),
        ("missing: [side, birth", "missing: [side, side", "`side` is said twice.", "Keep one of the two."),
        ("      flag: yes\n", "      flag: true\n", "Rule U1: `flag: true` is not a word", "Write one of: yes, no"),
        ("    because: Two", "    reason: Two", "Rule X1-I1: `reason` is not a name known here.", ""),
        (
            "text: outcome.consider",
            "text: outcome.ponder",
            "`outcome.ponder` is not said.",
            "Write `outcome.ponder: …`.",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_place_and_remedy(folder: Path, old: str, new: str, says: str, do: str) -> None:
    line = change(folder, old, new)
    faults = protocol_faults(folder)
    found = [fault for fault in faults if says in fault.says]
    assert found, "\n".join(map(str, faults))
    assert do in found[0].do
    if found[0].file == FILE:
        assert abs(found[0].line - line) <= 1


def test_a_row_without_because_is_refused(folder: Path) -> None:
    change(folder, "      because: A torn Achilles", "      text-of: A torn Achilles")
    assert any(fault.says == "Rule ALT1: `because` is not said." for fault in protocol_faults(folder))


def test_two_rows_of_one_name_are_refused(folder: Path) -> None:
    change(folder, "- rule: I2", "- rule: I1")
    assert only_fault(folder).says == "Rule I1: There are two of this name."


def test_a_limb_row_must_not_bear_the_name_of_a_patient_row(folder: Path) -> None:
    change(folder, "- rule: I2", "- rule: U2")
    assert only_fault(folder).says == "Rule U2: A row of the patient has this name."


def test_what_stands_below_an_open_row_is_never_reached(folder: Path) -> None:
    change(
        folder,
        "      when:\n        - LOCAL: [present]\n      because: A local sign",
        "      when: []\n      because: A local sign",
    )
    fault = only_fault(folder)
    assert fault.says == "Rule L2: No row below Rule L1 is ever reached, for that row has no cell."
    assert fault.do == "Move that row to the end."


def test_the_last_row_must_be_open(folder: Path) -> None:
    change(folder, "      when: []\n", "      when:\n        - LOCAL: [absent]\n")
    assert only_fault(folder).says == "Rule L2: A limb that no row fits would have no answer."


def test_a_claim_about_another_complaint_must_say_so(folder: Path) -> None:
    change(
        folder,
        "plantar: [S-P19, S-A17 by extension, S-A33 by extension]",
        "plantar: [S-P19, S-A17, S-A33 by extension]",
    )
    fault = only_fault(folder)
    assert fault.says == "Rule I2, sources: `S-A17` is a claim about another complaint."
    assert fault.do == "Write `S-A17 by extension` for plantar."


def test_a_claim_about_its_own_complaint_is_no_extension(folder: Path) -> None:
    change(folder, "achilles: [S-A17, S-A33]", "achilles: [S-A17 by extension, S-A33]")
    assert only_fault(folder).do == "Write `S-A17` for achilles."


def test_a_claim_about_one_complaint_is_not_cited_for_all(folder: Path) -> None:
    change(folder, "        any: [E4, E6]", "        any: [E4, S-A1]")
    assert "is a claim about one complaint and is cited for all" in only_fault(folder).says


def test_a_window_does_not_end_before_its_full_part(folder: Path) -> None:
    change(
        folder,
        "value: 365\n    unit: days\n    proposed: true\n    text: An examination",
        "value: 30\n    unit: days\n    proposed: true\n    text: An examination",
    )
    assert only_fault(folder).says == "Clock examination: `weak` ends before `full` does."


def test_a_text_with_an_unknown_slot_is_refused(folder: Path) -> None:
    change(folder, "Limited evidence ({items})", "Limited evidence ({itms})", "texts.yaml")
    fault = only_fault(folder)
    assert fault.says == "texts.yaml: `outcome.consider` has a slot that nothing fills."
    assert fault.do == "Use only: {side}, {complaint}, {root}, {items}, {missing}, {structure}, {sign}."


def test_an_urgent_text_knows_no_side(folder: Path) -> None:
    change(folder, "the local emergency pathway", "the {side} pathway", "texts.yaml")
    assert only_fault(folder).do == "Use only: {items}, {date}."


def test_a_plain_text_takes_no_braces(folder: Path) -> None:
    change(folder, "note.pregnancy: A pregnancy", "note.pregnancy: A {side pregnancy", "texts.yaml")
    assert only_fault(folder).do == "Write it without braces."


def test_a_text_that_nobody_says_is_refused(folder: Path) -> None:
    change(folder, "note.pregnancy:", "note.pregnant:", "texts.yaml")
    assert {fault.says for fault in protocol_faults(folder)} == {
        "texts.yaml: `note.pregnancy` is not said.",
        "texts.yaml: `note.pregnant` is not a name known here.",
    }


def test_a_concept_that_nothing_reads_is_refused(folder: Path) -> None:
    with (folder / "concepts.yaml").open("a", encoding="utf-8") as concepts:
        concepts.write("heel-colour:\n  question: Which colour?\n  answer: A colour.\n  counts as: [LBP]\n")
    fault = only_fault(folder)
    assert (fault.says, fault.do) == ("Concept heel-colour: protocol.yaml reads it as something else.", "Remove it.")


def test_a_concept_says_what_it_counts_as(folder: Path) -> None:
    change(folder, "counts as: [REFLEX]", "counts as: [MOTOR]", "concepts.yaml")
    assert only_fault(folder).do == "Write `counts as: [REFLEX]`, or change protocol.yaml."


def test_a_name_said_twice_is_refused_before_anything_is_read(folder: Path) -> None:
    line = change(folder, "complaints:\n", "complaints:\n  heel-pain: heel\n")
    fault = only_fault(folder)
    assert fault.says == "'heel-pain' is said twice here."
    assert fault.line > line


def test_a_file_that_is_no_yaml_is_refused(folder: Path) -> None:
    change(folder, "protocol:\n", "protocol: [\n")
    assert protocol_faults(folder)[0].file == FILE


def test_a_file_that_is_not_there_is_said_to_be_absent(folder: Path) -> None:
    (folder / "texts.yaml").unlink()
    assert only_fault(folder).says == "The file is not there."


def test_scalars_are_text_where_yaml_would_guess(folder: Path) -> None:
    change(folder, "title: Heel pain of possible spinal origin", "title: no")
    assert load_protocol(folder).title == "no"


def test_the_folder_says_what_stands_in_it(folder: Path) -> None:
    change(folder, "version: 1.0.0", "version: 1.10")
    fault = only_fault(folder)
    assert fault.says == "The folder is protocols/heel-pain-origin/1.0.0, the file says heel-pain-origin 1.10."


def test_a_faulty_version_is_not_loaded(folder: Path) -> None:
    change(folder, "      strength: strong", "      strength: huge")
    with pytest.raises(Faulty, match="strength: huge"):
        load_protocol(folder)


def test_the_digest_is_of_what_is_said_not_of_how_it_is_laid_out(folder: Path) -> None:
    before = load_protocol(folder).digest
    change(folder, "complaints:\n", "# which complaints\ncomplaints:\n")
    change(
        folder, "  heel: {S1: full, L5: weak, L4: excluded}", "  heel:\n    L4: excluded\n    S1: full\n    L5: weak"
    )
    change(folder, "signature: null", "signature: {name: N. N., role: clinician, on: 2027-01-02}")
    assert read_pages(folder).digest == before


@pytest.mark.parametrize(
    ("old", "new", "file"),
    [
        ("value: 90\n", "value: 91\n", "protocol.yaml"),
        (
            "- recorded: recent-back-pain\n        - recorded: serious-disease-risk",
            "- recorded: serious-disease-risk\n        - recorded: recent-back-pain",
            "protocol.yaml",
        ),
        ("note.pregnancy: A pregnancy", "note.pregnancy: One pregnancy", "texts.yaml"),
        ("How is the Achilles reflex", "What is the Achilles reflex", "concepts.yaml"),
    ],
)
def test_whatever_is_said_otherwise_changes_the_digest(folder: Path, old: str, new: str, file: str) -> None:
    before = load_protocol(folder).digest
    change(folder, old, new, file)
    assert load_protocol(folder).digest != before


def test_a_signature_names_person_role_and_day(folder: Path) -> None:
    change(folder, "signature: null", "signature: {name: N. N., role: clinician, on: yesterday}")
    assert "is not a day" in only_fault(folder).says


def copied(root: Path, version: str) -> Path:
    """A draft of a further version."""
    first = root / "protocols" / "heel-pain-origin" / "1.0.0"
    draft = first.with_name(version)
    copytree(first, draft)
    change(draft, "version: 1.0.0", f"version: {version}")
    return draft


def test_versions_are_ordered_as_numbers(root: Path) -> None:
    for version in ("1.10.0", "1.9.0"):
        copied(root, version)
    assert versions(root) == ("1.0.0", "1.9.0", "1.10.0")
    assert [folder.name for folder in version_folders(root)] == ["1.0.0", "1.9.0", "1.10.0"]


def test_a_draft_never_takes_over_from_the_newest_sealed_version(root: Path) -> None:
    first = load_protocol(root / "protocols" / "heel-pain-origin" / "1.0.0")
    write_seals(root, {(first.name, first.version): first.digest})
    copied(root, "1.1.0")
    assert shipped_folder(root).name == "1.0.0"
    assert shipped_folder(root, "1.1.0").name == "1.1.0"


def test_a_version_that_is_not_there_is_said_so() -> None:
    with pytest.raises(Faulty, match=r"There is no version 9\.9\.9 here\. Name one of: 1\.0\.0\."):
        load_protocol(version="9.9.9")


def test_a_version_can_be_named() -> None:
    assert isinstance(load_protocol(version="1.0.0"), Protocol)
