"""Cases are read with closed words and dated back from whatever day they are asked on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from fhirsvc.domain.assess import assess
from fhirsvc.domain.evidence import Evidence, Fact, Modality, Moment, Presence, Qualifier, Root, Side
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.expectation import unmet
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import load_protocol, shipped_folder
from fhirsvc.knowledge.terminology import mappings_root

ON = date(2028, 2, 29)
CASE = """\
chapter:
  - case: one
    patient: A patient.
    born: {{years: 44, days: 180}}
    complaints:
      - {{achilles-pain: present, side: left, onset: 30}}
    facts:
      - {fact}
    expected:
      - {{complaint: achilles, side: left, outcome: indicated, rule: I2}}
    because: It tells something apart.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shipped = shipped_folder(mappings_root())
    (tmp_path / "concepts.yaml").write_bytes((shipped / "concepts.yaml").read_bytes())
    return tmp_path


def case_with(folder: Path, fact: str) -> Case:
    (folder / "cases.yaml").write_text(CASE.format(fact=fact), encoding="utf-8")
    return load_cases(folder)[0]


def told(folder: Path, fact: str) -> Fact:
    return evidence_of(case_with(folder, fact), ON).facts[1]


def faults(folder: Path, fact: str) -> str:
    with pytest.raises(Faulty) as refused:
        case_with(folder, fact)
    return str(refused.value)


def test_a_complaint_is_a_condition_of_ten_days_ago(folder: Path) -> None:
    complaint = evidence_of(case_with(folder, "{achilles-reflex: absent, side: left}"), ON).facts[0]
    assert complaint.problem
    assert complaint.recorded == Moment.day(date(2028, 2, 19))
    assert complaint.onset == Moment.day(date(2028, 1, 30))
    assert complaint.received == datetime(2028, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "presence", "result"),
    [
        ("absent", Presence.PRESENT, "absent"),
        ("reduced", Presence.PRESENT, "reduced"),
        ("normal", Presence.ABSENT, "normal"),
        ("brisk", Presence.ABSENT, "brisk"),
        ("unknown", Presence.UNKNOWN, ""),
    ],
)
def test_an_absent_reflex_is_a_sign(folder: Path, answer: str, presence: Presence, result: str) -> None:
    fact = told(folder, f"{{achilles-reflex: {answer}, side: left}}")
    assert (fact.presence, fact.result) == (presence, result)


@pytest.mark.parametrize(
    ("grade", "number"), [("4", Fraction(4)), ("4+", Fraction(13, 3)), ("5-", Fraction(14, 3)), ("0", Fraction(0))]
)
def test_a_bare_number_leaves_presence_to_the_thresholds(folder: Path, grade: str, number: Fraction) -> None:
    fact = told(folder, f"{{plantar-flexion-power: {grade}, side: left, root: S1}}")
    assert (fact.presence, fact.number, fact.root) == (Presence.UNKNOWN, number, Root.S1)


def test_a_study_says_contact_side_root_and_kind(folder: Path) -> None:
    fact = told(folder, "{nerve-root-contact: contact, side: left, root: S1, modality: CT, days: 51}")
    assert (fact.presence, fact.result, fact.modality) == (Presence.PRESENT, "contact", Modality.CT)


def test_a_duration_counts_back_from_the_statement(folder: Path) -> None:
    assert told(folder, "{low-back-pain: present, lasting: 84}").onset == Moment.day(date(2027, 11, 27))


def test_a_partial_date_is_a_stretch(folder: Path) -> None:
    fact = told(folder, "{leg-sensation: reduced, days: 40 to 10}")
    assert fact.recorded == Moment.days(date(2028, 1, 20), date(2028, 2, 19))


def test_an_undated_fact_is_ordered_by_receipt(folder: Path) -> None:
    fact = told(folder, "{leg-sensation: reduced, days: unknown, received: 3}")
    assert fact.recorded is None
    assert fact.moment == Moment.day(date(2028, 2, 26))


def test_a_time_of_day_is_an_instant(folder: Path) -> None:
    fact = told(folder, '{leg-sensation: reduced, time: "10:15"}')
    assert fact.recorded == Moment.at(datetime(2028, 2, 19, 10, 15, tzinfo=UTC))


def test_other_words_of_a_fact(folder: Path) -> None:
    fact = told(
        folder, "{plantar-flexion-power: weak, side: left, says: [pain-limited], of: family, source: n1, as: condition}"
    )
    assert fact.qualifiers == {Qualifier.PAIN_LIMITED}
    assert (fact.family, fact.problem, fact.side) == (True, True, Side.LEFT)
    assert fact.source.reference == "Case/one/n1"


def test_two_facts_have_two_sources_unless_they_say_one(folder: Path) -> None:
    evidence = evidence_of(case_with(folder, "{leg-sensation: reduced}"), ON)
    assert len({fact.source.key for fact in evidence.facts}) == 2


@pytest.mark.parametrize(
    ("born", "first", "last"),
    [
        ("{years: 44, days: 180}", date(1983, 9, 2), date(1983, 9, 2)),
        ("{years: 18, days: -1}", date(2010, 3, 1), date(2010, 3, 1)),
        ("{years: 60, days: 0}", date(1968, 2, 29), date(1968, 2, 29)),
        ("{years: 61, days: 0}", date(1967, 2, 28), date(1967, 2, 28)),
        ("{year only: 60}", date(1968, 1, 1), date(1968, 12, 31)),
    ],
)
def test_birth_is_counted_back_in_years_then_days(folder: Path, born: str, first: date, last: date) -> None:
    text = CASE.format(fact="{leg-sensation: reduced}").replace("{years: 44, days: 180}", born)
    (folder / "cases.yaml").write_text(text, encoding="utf-8")
    assert evidence_of(load_cases(folder)[0], ON).person.birth == Moment.days(first, last)


def test_an_unknown_birth_and_a_deceased_patient(folder: Path) -> None:
    text = CASE.format(fact="{leg-sensation: reduced}").replace("{years: 44, days: 180}", "unknown\n    deceased: yes")
    (folder / "cases.yaml").write_text(text, encoding="utf-8")
    evidence: Evidence = evidence_of(load_cases(folder)[0], ON)
    assert evidence.person.birth is None
    assert evidence.person.deceased


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        ("{leg-sensation: gone}", "`gone` is not an answer."),
        (
            "{achilles-reflex: weak}",
            "`weak` is not an answer. Write a number or one of: absent, reduced, normal, brisk",
        ),
        ("{leg-sense: reduced}", "`leg-sense` is not a name known here."),
        ("{leg-sensation: reduced, leg-power: weak}", "A fact names one concept and its answer."),
        ("{leg-sensation: reduced, side: port}", "`side: port` is not a word known here."),
        ("{leg-sensation: reduced, days: ten}", "`days: ten` is not a number of days."),
        ('{leg-sensation: reduced, time: "25:00"}', "`time: 25:00` is not a time of day."),
        ("{leg-sensation: reduced, received: soon}", "`received: soon` is not a whole number."),
        ("leg-sensation reduced", "`leg-sensation reduced` is not a fact."),
    ],
)
def test_a_wrong_fact_is_answered_with_place_and_remedy(folder: Path, fact: str, says: str) -> None:
    told = faults(folder, fact)
    assert says in told
    assert "cases.yaml:8: Case one" in told


def test_two_cases_of_one_name_are_refused(folder: Path) -> None:
    text = CASE.format(fact="{leg-sensation: reduced}")
    (folder / "cases.yaml").write_text(text + text.replace("chapter:\n", "another:\n"), encoding="utf-8")
    with pytest.raises(Faulty, match="There are two cases one"):
        load_cases(folder)


def test_an_expectation_is_closed(folder: Path) -> None:
    text = CASE.format(fact="{leg-sensation: reduced}").replace("outcome: indicated", "outcome: certain")
    (folder / "cases.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Faulty, match="`outcome: certain` is not a word known here"):
        load_cases(folder)


def test_the_case_in_the_readme_can_be_copied(folder: Path) -> None:
    readme = (mappings_root() / "README.md").read_text(encoding="utf-8")
    section = readme.split("## How to write a case\n\n")[1].split("\n\n")[0]
    lines = "\n".join(line.removeprefix("  ") for line in section.splitlines())
    (folder / "cases.yaml").write_text(f"chapter:\n{lines}\n", encoding="utf-8")
    (case,) = load_cases(folder)
    assert unmet(case, assess(load_protocol(), evidence_of(case, ON), ON)) == ()
