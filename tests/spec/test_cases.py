"""Every case of cases.yaml gets the answer it says, whatever day it is asked on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fhirsvc.domain.assess import assess
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.expectation import unmet
from fhirsvc.knowledge.load import HEEL_PAIN, load_protocol
from fhirsvc.knowledge.terminology import mappings_root

PROTOCOL = load_protocol()
CASES = load_cases(mappings_root() / "protocols" / HEEL_PAIN / PROTOCOL.version)
DAYS = (date(2028, 2, 29), date(2027, 1, 1), date(2026, 12, 31), datetime.now(UTC).date())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    for on in DAYS:
        assert unmet(case, assess(PROTOCOL, evidence_of(case, on), on)) == (), f"{case.patient} (on {on})"


def test_every_rule_has_a_case() -> None:
    told = {expected.rule for case in CASES for expected in case.expected}
    assert told == {rule.name for rule in PROTOCOL.rules}


def test_the_vignettes_are_all_there() -> None:
    vignettes = [case for case in CASES if case.chapter == "vignettes"]
    assert len(vignettes) == 179
    assert len({case.name.rstrip("abcdefghij") for case in vignettes}) == 90


def test_a_wrong_expectation_is_noticed() -> None:
    case, other = CASES[0], next(each for each in CASES if each.expected != CASES[0].expected)
    on = DAYS[0]
    assert unmet(other, assess(PROTOCOL, evidence_of(case, on), on)) != ()
