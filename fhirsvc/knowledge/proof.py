"""A protocol version held against its own cases: each patient must get the answer that the case expects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from fhirsvc.domain.assess import assess
from fhirsvc.domain.protocol import Protocol
from fhirsvc.knowledge.cases import CASES, evidence_of, load_cases
from fhirsvc.knowledge.expectation import unmet
from fhirsvc.knowledge.faults import Fault

EVALUATED_ON = date(2028, 2, 29)
"""Any day serves, for cases are dated back from it; this one is the hardest to count from."""


def unmet_cases(folder: Path, protocol: Protocol) -> Iterator[Fault]:
    """Cases whose patient gets another answer than is expected. Raises Faulty for cases that cannot be read."""
    name = "/".join((*folder.absolute().parts[-3:], CASES))
    for case in load_cases(folder):
        for says in unmet(case, assess(protocol, evidence_of(case, EVALUATED_ON), EVALUATED_ON)):
            yield Fault(name, case.line, f"Case {case.name}: {says}.", "Change the row, or what the case expects.")
