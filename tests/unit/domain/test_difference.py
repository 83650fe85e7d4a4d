"""What changed between two assessments: exactly what makes them two decisions, and why, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fhirsvc.domain import retelling
from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment, Fate, Finding, Reason, Weighed
from fhirsvc.domain.difference import Change, Step, difference
from fhirsvc.domain.evidence import Moment, Presence, Side, Source
from fhirsvc.domain.identity import decision_key
from fhirsvc.domain.protocol import Complaint, Validity
from fhirsvc.knowledge.cases import evidence_of, load_cases
from fhirsvc.knowledge.load import HEEL_PAIN
from fhirsvc.knowledge.terminology import mappings_root
from tests.answers import (
    ON,
    absent,
    assessment,
    fact,
    finding,
    present,
    protocol,
    reduced_reflex,
    root_contact,
    saddle_numbness,
    sciatica,
    unknown,
    urgent,
    weighed,
)

REFLEX = reduced_reflex()
LEG_PAIN = fact("radiating-leg-symptoms", "Observation/leg")
RAISED = present("RADSX", "B", weighed(LEG_PAIN))


def only(before: Assessment | None, after: Assessment) -> Step:
    [step] = difference(before, after)
    return step


def told(before: Assessment | None, after: Assessment) -> list[str]:
    step = only(before, after)
    return [retelling.said(step), *retelling.reasons(protocol(), step, after.on)]


def indicated(*more: object, **changes: object) -> Assessment:
    return assessment(finding("I2", REFLEX, RAISED, *more, **changes))  # type: ignore[arg-type]


def test_the_first_assessment_is_new_and_rests_on_its_signs() -> None:
    step = only(None, indicated())
    assert (step.change, step.complaint, step.side) == (Change.NEW, Complaint.ACHILLES, Side.LEFT)
    assert [sign.fact.concept for sign in step.came] == ["achilles-reflex", "radiating-leg-symptoms"]
    lines = told(None, indicated())
    assert lines[0] == "Left Achilles tendon pain: indicated (I2, moderate)"
    assert lines[1].startswith("Rule I2, moderate: ")
    assert lines[2] == (
        "Rests on: Achilles reflex: reduced, left, S1, 2026-11-14, 10 days ago, "
        "Observation/reflex-left/_history/1 (full)"
    )


def test_the_same_again_is_the_same() -> None:
    step = only(indicated(), indicated())
    assert (step.change, step.came, step.went, step.shifted) == (Change.SAME, (), (), ())
    assert told(indicated(), indicated()) == ["Left Achilles tendon pain: indicated (I2, moderate), as before"]


def test_a_complaint_that_is_gone_is_said_to_be() -> None:
    step = only(indicated(), assessment())
    assert (step.change, step.after) == (Change.GONE, None)
    assert told(indicated(), assessment()) == [
        "Left Achilles tendon pain: indicated (I2, moderate): this is said no longer"
    ]


def test_another_outcome_is_told_beside_the_one_before() -> None:
    after = assessment(finding("C1", REFLEX, unknown("RADSX")))
    assert told(indicated(), after)[0] == (
        "Left Achilles tendon pain: consider (C1, weak), before: indicated (I2, moderate)"
    )


def test_a_sign_that_came_and_a_gap_that_closed_are_named() -> None:
    before = assessment(finding("I2", REFLEX, missing=("straight-leg-raise", "side")))
    after = indicated(missing=("side", "palpation"))
    step = only(before, after)
    assert [sign.fact for sign in step.came] == [LEG_PAIN]
    assert (step.recorded, step.lacking) == (("straight-leg-raise",), ("palpation",))
    lines = told(before, after)
    assert lines[0] == "Left Achilles tendon pain: indicated (I2, moderate), as before, on other grounds"
    assert f"Now recorded: {protocol().missing['straight-leg-raise']}." in lines
    assert f"Missing or too old now: {protocol().missing['palpation']}." in lines


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (unknown("RADSX"), "the record does not hold it any more, or not for this complaint"),
        (
            unknown("RADSX", weighed(LEG_PAIN, Fate.EXCLUDED, Reason.STATUS)),
            "the result was cancelled or entered in error",
        ),
        (
            unknown("RADSX", weighed(LEG_PAIN, Fate.EXCLUDED, Reason.EXPIRED)),
            "it is older than the window in which it counts",
        ),
        (
            absent(
                "RADSX", weighed(fact("radiating-leg-symptoms", "Observation/new", days=2, presence=Presence.ABSENT))
            ),
            "left, 2026-11-22, 2 days ago, Observation/new/_history/1",
        ),
    ],
    ids=["gone", "in error", "too old", "denied since"],
)
def test_a_sign_that_counts_no_more_is_told_with_the_reason(now: object, said: str) -> None:
    lines = told(indicated(), assessment(finding("C1", REFLEX, now)))  # type: ignore[arg-type]
    [lost] = [line for line in lines if line.startswith("No longer counts")]
    assert lost.startswith("No longer counts: symptoms radiating down the leg, left, 2026-11-14: ")
    assert lost.endswith(f": {said}")


def test_the_same_sign_at_another_date_or_worth_is_one_shift() -> None:
    newer = replace(LEG_PAIN, recorded=Moment.day(ON))
    weak = Weighed(fact=LEG_PAIN, presence=Presence.PRESENT, validity=Validity.WEAK, fate=Fate.DEMOTED)
    again = assessment(finding("I2", REFLEX, present("RADSX", "B", weighed(newer))))
    less = assessment(finding("I2", REFLEX, present("RADSX", "C", weak)))
    for after, line in ((again, "Another date: "), (less, "Another worth: ")):
        step = only(indicated(), after)
        assert (step.change, len(step.shifted), step.came, step.went) == (Change.CHANGED, 1, (), ())
        assert told(indicated(), after)[1].startswith(line)
    assert told(indicated(), less)[1].endswith("(weak); before: full")


def test_each_limb_is_compared_with_itself_and_the_urgent_finding_with_the_urgent_one() -> None:
    left, right = finding("I2", REFLEX), finding("L1", side=Side.RIGHT, sentence="no-evidence")
    warned = urgent("U1", saddle_numbness())
    steps = difference(assessment(left, right), assessment(warned, right))
    assert [(each.complaint, each.side, each.change) for each in steps] == [
        (None, None, Change.NEW),
        (Complaint.ACHILLES, Side.RIGHT, Change.SAME),
        (Complaint.ACHILLES, Side.LEFT, Change.GONE),
    ]
    assert [sign.fact.concept for sign in steps[0].came] == ["saddle-sensation"]


def test_a_word_of_another_version_of_the_protocol_stands_as_it_is() -> None:
    after = assessment(replace(finding("I2", REFLEX, root_contact(), sciatica()), missing=("no-such-word",)))
    lines = told(assessment(finding("I2", REFLEX)), after)
    assert "Missing or too old now: no-such-word." in lines


def all_assessments() -> list[Assessment]:
    """Every case of the protocol, on its day and when time has passed."""
    cases = load_cases(mappings_root() / "protocols" / HEEL_PAIN / protocol().version)
    on = date(2028, 2, 29)
    days = (on, on + timedelta(days=80), on + timedelta(days=400))
    return [assess(protocol(), evidence_of(case, on), day) for case in cases for day in days]


def test_something_is_told_exactly_when_the_decision_is_another() -> None:
    every = all_assessments()
    pairs = [(first, every[(index + step) % len(every)]) for index, first in enumerate(every) for step in (0, 1, 2, 5)]
    assert len(pairs) > 2000
    changed = 0
    for before, after in pairs:
        steps = difference(before, after)
        another = decision_key("", "", before) != decision_key("", "", after)
        changed += another
        if before.findings and after.findings:
            assert any(each.change is not Change.SAME for each in steps) == another
        for step in steps:
            assert bool(_reasons(step, after)) == (step.change in (Change.NEW, Change.CHANGED))
    assert 1000 < changed < len(pairs)


def _reasons(step: Step, after: Assessment) -> tuple[str, ...]:
    return retelling.reasons(protocol(), step, after.on)


def test_a_finding_without_a_limb_is_told_as_urgent() -> None:
    before: Finding = urgent("U1", saddle_numbness())
    assert told(None, assessment(before))[0] == "Urgent (U1)"


def test_tender_and_not_tender_are_told_apart_in_the_words_of_the_answer() -> None:
    felt = fact("achilles-tenderness", "Observation/felt", source=Source("Observation/felt/_history/1", "", "As felt."))
    tender = assessment(finding("N1", present("LOCAL", "local", weighed(felt))))
    untender = assessment(finding("C1", REFLEX, present("NOTEND", "C", weighed(felt))))
    assert told(None, tender)[2].startswith("Rests on: local signs (Achilles tenderness): left")
    assert told(None, untender)[3] == (
        "Rests on: painful structure not tender on palpation (Achilles tenderness): left, 2026-11-14, 10 days ago, "
        "Observation/felt/_history/1, “As felt.” (full)"
    )
    (lost,) = [line for line in told(tender, untender) if line.startswith("No longer counts: ")]
    assert lost.startswith("No longer counts: local signs (Achilles tenderness), left, 2026-11-14, “As felt.”")
