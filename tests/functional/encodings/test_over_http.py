"""Every vignette of the rules over HTTP: in standard codes, in words, in a hospital's own codes, as clinic notes."""

from __future__ import annotations

import pytest

from fhirsvc.knowledge.patients import Case
from tests.functional.encodings.sending import ENCODINGS, bundle
from tests.functional.encodings.told import VIGNETTES, Encoding
from tests.functional.running import Running, outputs
from tests.functional.vignettes.findings import Found, found


def expected(case: Case) -> list[Found]:
    """The findings of a vignette; none where it is not applicable."""
    findings = (each for each in case.expected if each.outcome != "not-applicable")
    return [(each.complaint or "", each.side or "", each.outcome, each.rule) for each in findings]


def test_there_are_179_vignettes_in_four_encodings() -> None:
    assert len(VIGNETTES) == 179
    assert len({each.name for each in ENCODINGS}) == 4


@pytest.mark.parametrize("encoding", ENCODINGS, ids=[each.name for each in ENCODINGS])
@pytest.mark.parametrize("case", VIGNETTES, ids=[each.name for each in VIGNETTES])
def test_the_answer_is_the_same_however_the_record_is_written(
    hospital: Running, case: Case, encoding: Encoding
) -> None:
    task = hospital.task(hospital.post(bundle(encoding, case)))
    assert task["status"] == "completed"
    said = zip(outputs(task, "outcome"), outputs(task, "rule"), strict=True)
    named = [(outcome["coding"][0]["code"], rule["code"]) for outcome, rule in said]
    assert named == [(each.outcome, each.rule) for each in case.expected]
    impressions = [hospital.get(each["reference"]) for each in outputs(task, "impression")]
    assert [found(each) for impression in impressions for each in impression["finding"]] == expected(case)
