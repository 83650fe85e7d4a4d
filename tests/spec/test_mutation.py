"""The cases are a complete specification: whatever is changed in the protocol, one of them notices."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from fhirsvc.knowledge.cases import load_cases
from fhirsvc.knowledge.load import load_protocol, shipped_folder
from fhirsvc.knowledge.mutate import Bench, Report, gate, main
from fhirsvc.knowledge.row_mutants import row_mutants
from fhirsvc.knowledge.state_space import Space
from fhirsvc.knowledge.terminology import mappings_root

FOLDER = shipped_folder(mappings_root())
PROTOCOL = load_protocol()
CASES = load_cases(FOLDER)
SPACE = Space(tuple(rule for rule in PROTOCOL.rules if rule.level == "limb"))
WITHOUT_TENDERNESS = "I4 without `C includes NOTEND`"


@pytest.mark.timeout(600)
def test_no_change_goes_unnoticed() -> None:
    report = gate(FOLDER)
    assert report.unnoticed == ()
    assert report.made >= 400
    assert report.noticed + len(report.proven) == report.made


def test_a_change_goes_unnoticed_when_its_cases_are_taken_away() -> None:
    kept = [case for case in CASES if not any(each.rule == "C1" for each in case.expected)]
    bench = Bench(PROTOCOL, kept)
    mutant = next(each for each in row_mutants(bench.rules("limb"), "limb") if each.name == WITHOUT_TENDERNESS)
    assert not bench.notices_row(mutant)
    assert Bench(PROTOCOL, CASES).notices_row(mutant)
    assert not SPACE.proves(mutant)


def test_a_case_that_is_not_met_stops_the_gate() -> None:
    wrong = CASES[:1] + tuple(case for case in CASES if case.name == "2")
    swapped = type(wrong[0])(**{name: getattr(wrong[0], name) for name in wrong[0].__slots__} | {"told": wrong[1].told})
    with pytest.raises(ValueError, match="cases not met by the unchanged protocol: 1"):
        Bench(PROTOCOL, [swapped])


@pytest.mark.parametrize(
    "name",
    ["X1-I2 before X1-I1", "I1 before X1-I3", "I2 before I1", "I4 before I3", "ALT2 before I4", "C1 before ALT4"],
)
def test_neighbours_that_exclude_each_other_can_be_exchanged(name: str) -> None:
    assert SPACE.proves(next(each for each in row_mutants(SPACE.rules, "limb") if each.name == name))


def test_the_report_speaks_of_what_no_case_tells_apart() -> None:
    report = Report(made=3, noticed=1, proven=("I2 before I1",), unnoticed=(WITHOUT_TENDERNESS,), states=9)
    assert list(report.lines()) == [
        "3 changes made, 1 noticed by a case, 1 proven to change nothing",
        "(over 9 abstract states), 1 unnoticed.",
        "proven to change nothing: I2 before I1",
        f"no case tells these apart: {WITHOUT_TENDERNESS}",
    ]


def test_the_gate_is_open_only_when_nothing_goes_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Report(made=1, noticed=0, proven=(), unnoticed=(WITHOUT_TENDERNESS,), states=1)
    monkeypatch.setattr("fhirsvc.knowledge.mutate.gate", lambda _folder: said)
    assert main([str(FOLDER)]) == 1


def test_a_version_with_faults_is_not_mutated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "protocols" / "heel-pain-origin" / "1.0.0"
    copytree(FOLDER, folder)
    protocol = folder / "protocol.yaml"
    protocol.write_text(
        protocol.read_text(encoding="utf-8").replace("strength: strong", "strength: huge"), encoding="utf-8"
    )
    assert main([str(folder)]) == 2
    assert "Rule I1: `strength: huge` is not a word known here." in capsys.readouterr().err
