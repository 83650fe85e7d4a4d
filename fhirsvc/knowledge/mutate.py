"""`python -m fhirsvc.knowledge.mutate`: change everything in a protocol, one thing at a time; its cases must notice."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from fhirsvc.domain.assess import assess
from fhirsvc.domain.complaints import complaints_of
from fhirsvc.domain.evidence import Evidence, Fact
from fhirsvc.domain.history import Chart
from fhirsvc.domain.limb import beside, limb_state
from fhirsvc.domain.measure import measured
from fhirsvc.domain.protocol import Protocol, Rule
from fhirsvc.domain.readings import read_limb
from fhirsvc.domain.rows import State, first_match
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.expectation import unmet
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.load import draft_of, read_pages, shipped_folder
from fhirsvc.knowledge.row_mutants import RowMutant, row_mutants
from fhirsvc.knowledge.state_space import Space
from fhirsvc.knowledge.table_mutants import TableMutant, table_mutants
from fhirsvc.knowledge.terminology import mappings_root

ON = date(2027, 6, 15)
"""The day the cases are asked on; cases hold on any day."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every change; unnoticed and proven say which. Each name ends what "no case tells apart" begins."""

    made: int
    noticed: int
    proven: tuple[str, ...]
    unnoticed: tuple[str, ...]
    states: int

    def lines(self) -> Iterator[str]:
        """The report in words: figures first, then each change that is proven to be none, then what no case tells."""
        yield f"{self.made} changes made, {self.noticed} noticed by a case, {len(self.proven)} proven to change nothing"
        yield f"(over {self.states} abstract states), {len(self.unnoticed)} unnoticed."
        yield from (f"proven to change nothing: {name}" for name in self.proven)
        yield from (f"no case tells these apart: {name}" for name in self.unnoticed)


@dataclass(frozen=True, slots=True)
class Limb:
    """One limb of a case as the rows see it, and the row and second explanations that must come of it."""

    state: State
    rule: str
    also: frozenset[str]


class Bench:
    """The cases ready to be asked again and again; the one that noticed last is asked first."""

    def __init__(self, protocol: Protocol, cases: Iterable[Case]) -> None:
        """Raises ValueError when a case is not met before anything was changed."""
        self.protocol = protocol
        self.asked = [(case, evidence_of(case, ON)) for case in cases]
        failing = [case.name for case, evidence in self.asked if unmet(case, assess(protocol, evidence, ON))]
        if failing:
            raise ValueError(f"cases not met by the unchanged protocol: {', '.join(failing)}")
        self.limbs = [limb for case, evidence in self.asked for limb in _limbs(protocol, case, evidence)]

    def rules(self, level: str) -> tuple[Rule, ...]:
        """The rows of one level, in order."""
        return tuple(rule for rule in self.protocol.rules if rule.level == level)

    def notices(self, protocol: Protocol, concepts: frozenset[str] = frozenset()) -> bool:
        """Is any case, of those that tell one of the concepts, not met by the changed protocol?"""
        for index, (case, evidence) in enumerate(self.asked):
            told = not concepts or any(fact.concept in concepts for fact in evidence.facts)
            if told and unmet(case, assess(protocol, evidence, ON)):
                self.asked.insert(0, self.asked.pop(index))
                return True
        return False

    def notices_row(self, mutant: RowMutant) -> bool:
        """Does any case's limb fall into another row, or get another second explanation?"""
        rows = mutant.within(self.rules("limb"))
        return any(_differs(rows, limb) for limb in self.limbs)

    def notices_patient_row(self, mutant: RowMutant) -> bool:
        """Is any case not met once the patient's rows are changed?"""
        rows = (*mutant.within(self.rules("patient")), *self.rules("limb"))
        return self.notices(replace(self.protocol, rules=rows))


def _differs(rows: Sequence[Rule], limb: Limb) -> bool:
    row = first_match(rows, limb.state)
    return row.name != limb.rule or frozenset(beside(rows, row, limb.state)) != limb.also


def _limbs(protocol: Protocol, case: Case, evidence: Evidence) -> Iterator[Limb]:
    """The states of a case's limbs, in the order of its findings; none for a patient who gets no limb findings."""
    expected = [each for each in case.expected if each.complaint is not None]
    facts = measured(protocol, evidence.facts)
    chart = Chart(protocol=protocol, person=evidence.person, by_concept=_by_concept(facts), on=ON)
    complaints = complaints_of(protocol, facts, ON)
    for limb, each in zip(complaints.limbs, expected, strict=False):
        state = limb_state(chart, complaints, limb, read_limb(chart, complaints, limb))
        yield Limb(state, each.rule, frozenset(each.also))


def _by_concept(facts: Iterable[Fact]) -> dict[str, tuple[Fact, ...]]:
    grouped: dict[str, tuple[Fact, ...]] = {}
    for fact in sorted(facts, key=lambda fact: (fact.source, fact.side)):
        grouped[fact.concept] = (*grouped.get(fact.concept, ()), fact)
    return grouped


def gate(folder: Path) -> Report:
    """Every change of a version's folder against its cases. Raises Faulty or ValueError when it is unsound as it is."""
    pages = read_pages(folder)
    draft = draft_of(pages)
    if draft.faults:
        raise Faulty(draft.faults)
    protocol = draft.protocol
    bench = Bench(protocol, load_cases(folder))
    space = Space(bench.rules("limb"))
    limb = list(row_mutants(bench.rules("limb"), "limb"))
    patient = list(row_mutants(bench.rules("patient"), "patient"))
    table = list(table_mutants(protocol, pages))
    lost: list[RowMutant | TableMutant] = [each for each in limb if not bench.notices_row(each)]
    proven = [each for each in lost if isinstance(each, RowMutant) and space.proves(each)]
    unnoticed = [each for each in lost if each not in proven]
    unnoticed += [each for each in patient if not bench.notices_patient_row(each)]
    unnoticed += [each for each in table if not bench.notices(each.protocol, each.concepts)]
    made = len(limb) + len(patient) + len(table)
    return Report(
        made=made,
        noticed=made - len(proven) - len(unnoticed),
        proven=tuple(each.name for each in proven),
        unnoticed=tuple(each.name for each in unnoticed),
        states=len(space.states),
    )


def main(arguments: Sequence[str] = ()) -> int:
    """Prints the report for a version's folder (default: the shipped one).

    1 when a change goes unnoticed, 2 when the version has faults or does not meet its own cases.
    """
    folder = Path(arguments[0]) if arguments else shipped_folder(mappings_root())
    try:
        report = gate(folder)
    except (Faulty, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in report.lines()))
    return 1 if report.unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
