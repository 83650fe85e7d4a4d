"""The one Flag of a patient: raised by its strongest outcome, never twice, lowered when nothing flags any more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.evidence import Side
from fhirsvc.domain.protocol import Complaint
from fhirsvc.fhir.flag import flag_id, lower
from fhirsvc.fhir.impression import Occasion, render
from fhirsvc.fhir.proposal import revoke
from tests import answers
from tests.answers import DECIDED, assessment, finding, protocol, reduced_reflex
from tests.fhir_checks import assert_valid_r4

LATER = DECIDED + timedelta(days=7)
OCCASION = Occasion(tenant="default", patient="p1", impression_id="hp-1", identifier="hp-1", decided_at=DECIDED)


def body(said: Assessment, standing: bytes | None = None, occasion: Occasion = OCCASION) -> bytes | None:
    flag = render(protocol(), said, replace(occasion, flag=standing)).flag
    return flag.body if flag else None


def raised(said: Assessment, standing: bytes | None = None, occasion: Occasion = OCCASION) -> dict[str, Any]:
    found = body(said, standing, occasion)
    assert found is not None
    flag: dict[str, Any] = json.loads(found)
    assert_valid_r4(flag)
    return flag


def later(said: Assessment, standing: bytes | None) -> dict[str, Any]:
    return raised(said, standing, replace(OCCASION, impression_id="hp-2", decided_at=LATER))


def code(flag: dict[str, Any]) -> str:
    return str(flag["code"]["coding"][0]["code"])


@pytest.mark.parametrize("name", answers.every_finding())
def test_a_flag_is_raised_exactly_for_the_rows_that_flag(name: str) -> None:
    said = answers.every_finding()[name]
    flagged = {"urgent", "urgent-spinal", "urgent-review", "indicated", "coexisting", "rupture"}
    assert (body(assessment(said)) is not None) == (name in flagged)


@pytest.mark.parametrize(
    ("names", "strongest"),
    [
        (("urgent", "rupture", "indicated"), "urgent"),
        (("coexisting", "rupture", "indicated"), "alternative"),
        (("coexisting", "indicated"), "indicated"),
        (("consider", "coexisting"), "coexisting"),
        (("entrapment", "indicated"), "indicated"),
    ],
)
def test_the_flag_is_coded_with_the_strongest_outcome(names: tuple[str, ...], strongest: str) -> None:
    findings = answers.every_finding()
    assert code(raised(assessment(*(findings[name] for name in names)))) == strongest


def test_the_flag_names_the_sides_and_only_what_flags() -> None:
    right = finding("I2", reduced_reflex(Side.RIGHT), kind=Complaint.PLANTAR, side=Side.RIGHT)
    findings = answers.every_finding()
    text = raised(assessment(findings["coexisting"], right, findings["consider"]))["code"]["text"]
    assert text == (
        "Left Achilles tendon pain: coexisting (X1-I2, moderate). Right plantar heel pain: indicated (I2, moderate)"
    )


def test_an_urgent_flag_is_a_safety_matter_from_the_decision_on_without_end() -> None:
    flag = raised(assessment(answers.every_finding()["urgent"]))
    assert flag["status"] == "active"
    assert flag["category"][0]["coding"][0]["code"] == "safety"
    assert flag["period"] == {"start": "2026-11-24T09:30:15.123Z"}
    assert flag["subject"] == {"reference": "Patient/p1"}
    assert flag["author"]["type"] == "Device"


def test_any_other_flag_is_a_clinical_matter() -> None:
    flag = raised(assessment(answers.every_finding()["indicated"]))
    assert flag["category"][0]["coding"][0]["code"] == "clinical"


def test_a_patient_has_one_flag() -> None:
    first, second = answers.every_finding()["indicated"], answers.every_finding()["urgent"]
    assert raised(assessment(first))["id"] == raised(assessment(second))["id"] == flag_id("default", "p1")
    assert len({flag_id("default", "p1"), flag_id("default", "p2"), flag_id("other", "p1")}) == 3


def test_the_flag_leads_to_the_impression_that_stands() -> None:
    standing = body(assessment(answers.every_finding()["indicated"]))
    flag = later(assessment(answers.every_finding()["indicated"]), standing)
    (detail,) = flag["extension"]
    assert detail["valueReference"] == {"reference": "ClinicalImpression/hp-2"}


def test_a_flag_that_says_the_same_keeps_its_start() -> None:
    standing = body(assessment(answers.every_finding()["indicated"]))
    assert later(assessment(answers.every_finding()["indicated"]), standing)["period"]["start"].startswith("2026-11-24")


def test_a_flag_that_says_something_new_starts_anew() -> None:
    standing = body(assessment(answers.every_finding()["indicated"]))
    flag = later(assessment(answers.every_finding()["urgent"]), standing)
    assert (code(flag), flag["period"]) == ("urgent", {"start": "2026-12-01T09:30:15.123Z"})


def test_a_flag_is_lowered_when_nothing_flags_any_more() -> None:
    standing = body(assessment(answers.every_finding()["urgent"]))
    flag = later(assessment(answers.every_finding()["consider"]), standing)
    assert flag["status"] == "inactive"
    assert flag["period"] == {"start": "2026-11-24T09:30:15.123Z", "end": "2026-12-01T09:30:15.123Z"}
    assert "Inactive since" in flag["text"]["div"]


def test_a_lowered_flag_is_left_alone_and_can_be_raised_again() -> None:
    standing = body(assessment(answers.every_finding()["indicated"]))
    assert standing is not None
    lowered = lower(standing, at=DECIDED, why="It is over.")
    assert lowered is not None
    assert lowered.reference == f"Flag/{flag_id('default', 'p1')}"
    assert lower(lowered.body, at=LATER, why="It is over.") is None
    assert body(assessment(answers.every_finding()["consider"]), lowered.body) is None
    again = later(assessment(answers.every_finding()["indicated"]), lowered.body)
    assert (again["status"], again["period"]) == ("active", {"start": "2026-12-01T09:30:15.123Z"})


def test_no_flag_is_written_where_none_stands_and_nothing_flags() -> None:
    assert body(assessment(answers.every_finding()["consider"])) is None


def test_a_proposal_is_revoked_once_and_only_while_it_is_a_draft() -> None:
    proposal = render(
        protocol(), assessment(answers.every_finding()["indicated"]), replace(OCCASION, propose=True)
    ).proposal
    assert proposal is not None
    revoked = revoke(proposal.body)
    assert revoked is not None
    assert_valid_r4(json.loads(revoked.body))
    assert json.loads(revoked.body)["status"] == "revoked"
    assert revoked.id == proposal.id
    assert revoke(revoked.body) is None
