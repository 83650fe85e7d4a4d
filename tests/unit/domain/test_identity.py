"""When two assessments are the same decision, and when they are not."""

from dataclasses import replace
from datetime import UTC, date, datetime

from fhirsvc.domain.assessment import Assessment, Fate, Finding, Reading, Weighed
from fhirsvc.domain.evidence import Fact, Moment, Person, Presence, Side, Source
from fhirsvc.domain.identity import decision_key
from fhirsvc.domain.protocol import Complaint, Outcome, Validity

SIGN = Fact(
    concept="straight-leg-raise",
    presence=Presence.PRESENT,
    source=Source("Observation/o1/_history/1"),
    received=datetime(2028, 3, 1, tzinfo=UTC),
    recorded=Moment.day(date(2028, 2, 20)),
    side=Side.LEFT,
)
NORMAL = replace(SIGN, concept="leg-sensation", presence=Presence.ABSENT)


def weighed(fact: Fact, validity: Validity = Validity.FULL) -> Weighed:
    fate = Fate.NEGATIVE if fact.presence is Presence.ABSENT else Fate.USED
    return Weighed(fact=fact, presence=fact.presence, validity=validity, fate=fate)


def assessment(*, sign: Fact = SIGN, normal: Fact = NORMAL, rule: str = "C6", protocol: str = "p|1.0.0") -> Assessment:
    finding = Finding(
        complaint=Complaint.PLANTAR,
        side=Side.LEFT,
        outcome=Outcome.CONSIDER,
        rule=rule,
        strength="weak",
        because="",
        sources=(),
        text="",
        flag=False,
        readings=(
            Reading(item="SLR", presence=Presence.PRESENT, validity=Validity.FULL, tier="B", weighed=(weighed(sign),)),
            Reading(item="SENS", presence=Presence.ABSENT, validity=Validity.FULL, tier="", weighed=(weighed(normal),)),
        ),
    )
    return Assessment(
        protocol=protocol, protocol_digest="", signed=False, on=date(2028, 3, 1), person=Person(), findings=(finding,)
    )


KEY = decision_key("default", "p1", assessment())


def test_the_same_finding_in_a_new_version_of_its_resource_is_the_same_decision() -> None:
    again = replace(SIGN, source=Source("Observation/o1/_history/2"))
    assert decision_key("default", "p1", assessment(sign=again)) == KEY


def test_one_more_normal_result_is_the_same_decision() -> None:
    later = replace(NORMAL, recorded=Moment.day(date(2028, 2, 25)))
    assert decision_key("default", "p1", assessment(normal=later)) == KEY


def test_another_protocol_version_that_says_the_same_is_the_same_decision() -> None:
    assert decision_key("default", "p1", assessment(protocol="p|1.1.0")) == KEY


def test_another_date_side_or_rule_is_another_decision() -> None:
    keys = {
        KEY,
        decision_key("default", "p1", assessment(sign=replace(SIGN, recorded=Moment.day(date(2028, 2, 21))))),
        decision_key("default", "p1", assessment(sign=replace(SIGN, side=Side.BOTH))),
        decision_key("default", "p1", assessment(rule="C3")),
    }
    assert len(keys) == 4


def test_another_tenant_or_patient_is_another_decision() -> None:
    assert len({KEY, decision_key("other", "p1", assessment()), decision_key("default", "p2", assessment())}) == 3
