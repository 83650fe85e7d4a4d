"""Whatever a record holds: the answer is said in house words and written as valid R4."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fhirsvc.domain import wording
from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.evidence import (
    Certainty,
    ClinicalStatus,
    Evidence,
    Fact,
    Modality,
    Moment,
    Person,
    Presence,
    Qualifier,
    Root,
    Side,
    Source,
    Status,
    Verification,
)
from fhirsvc.fhir.impression import Occasion, render
from tests.answers import DECIDED, ON, fact, protocol
from tests.fhir_checks import assert_valid_r4

FORBIDDEN = re.compile(r"\b(diagnosed|confirmed|rules out|requires)\b", re.IGNORECASE)
CONCEPTS = sorted(
    {
        *protocol().complaints,
        *(concept for item in protocol().items for concept in item.concepts),
        *(feature.concept for feature in protocol().features),
        *(risk.concept for risk in protocol().risks),
        *(concept for told in protocol().history.values() for concept in told),
    }
)
TYPES = ("Observation", "Condition", "DiagnosticReport", "Procedure", "DocumentReference")


def _month(day: date) -> Moment:
    first = day.replace(day=1)
    return Moment.days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def moments() -> st.SearchStrategy[Moment]:
    """Days, mostly recent ones, and months of the last four years."""
    ages = st.integers(0, 60) | st.integers(0, 60) | st.integers(0, 1400)
    days = ages.map(lambda age: date.fromordinal(ON.toordinal() - age))
    return days.map(Moment.day) | days.map(_month)


def rarely(strategy: st.SearchStrategy[Any], usual: object) -> st.SearchStrategy[Any]:
    """The usual value seven times in eight."""
    return st.integers(0, 7).flatmap(lambda drawn: strategy if drawn == 7 else st.just(usual))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """A Fact of any Concept, mostly a plain one, with any of what a record can say beside it."""
    concept = draw(st.sampled_from(CONCEPTS))
    reflex = concept == "achilles-reflex"
    result = draw(st.sampled_from(("absent", "reduced", "normal", "brisk"))) if reflex else ""
    shown = Presence.PRESENT if result in ("absent", "reduced") else Presence.ABSENT
    reference = f"{draw(st.sampled_from(TYPES))}/r{draw(st.integers(1, 90))}/_history/1"
    return replace(
        fact(concept, "Observation/x"),
        side=draw(st.sampled_from(Side)),
        presence=shown if reflex else draw(st.sampled_from(Presence)),
        source=Source(reference, sentence=draw(rarely(st.text(max_size=20), ""))),
        result=result,
        recorded=draw(rarely(st.none(), Moment.day(ON)) | moments()),
        onset=draw(st.none() | moments()),
        root=draw(st.none() | st.sampled_from(Root)),
        number=draw(rarely(st.integers(0, 15).map(lambda thirds: Fraction(thirds, 3)), None)),
        area=draw(rarely(st.sampled_from(("stocking", "foot-only", "lateral-foot")), "")),
        modality=draw(rarely(st.sampled_from(Modality), None)),
        raised=draw(rarely(st.sampled_from((Side.LEFT, Side.RIGHT)), Side.UNKNOWN)),
        certainty=draw(rarely(st.sampled_from(Certainty), Certainty.AFFIRMED)),
        status=draw(rarely(st.sampled_from(Status), Status.FINAL)),
        problem=draw(st.booleans()),
        clinical_status=draw(rarely(st.sampled_from(ClinicalStatus), ClinicalStatus.ACTIVE)),
        verification=draw(rarely(st.sampled_from(Verification), Verification.CONFIRMED)),
        qualifiers=draw(rarely(st.frozensets(st.sampled_from(Qualifier), max_size=2), frozenset())),
    )


PLAIN = (
    fact("achilles-reflex", "Observation/reflex-left", result="reduced", root=Root.S1),
    replace(fact("achilles-reflex", "Observation/reflex-l"), presence=Presence.ABSENT, result="normal"),
    replace(
        fact("achilles-reflex", "Observation/reflex-right", side=Side.RIGHT), presence=Presence.ABSENT, result="normal"
    ),
    fact("plantar-flexion-power", "Observation/power", root=Root.S1, number=Fraction(4)),
    replace(fact("straight-leg-raise", "Observation/slr"), presence=Presence.ABSENT),
    fact("straight-leg-raise", "Observation/slr-positive"),
    replace(fact("leg-sensation", "Observation/sensation"), presence=Presence.ABSENT),
    replace(fact("radiating-leg-symptoms", "Observation/leg"), presence=Presence.ABSENT),
    fact("radiating-leg-symptoms", "Condition/sciatica", root=Root.S1, problem=True),
    replace(fact("achilles-tenderness", "Observation/untender"), presence=Presence.ABSENT),
    fact("achilles-tenderness", "Observation/tender"),
    fact("nerve-root-contact", "DiagnosticReport/mri", root=Root.S1, result="contact", modality=Modality.MR),
    fact("low-back-pain", "Condition/back", side=Side.UNKNOWN, problem=True, qualifiers=frozenset({Qualifier.CHRONIC})),
    fact("overpronation", "Observation/gait", side=Side.UNKNOWN),
    fact("achilles-rupture", "Condition/rupture", problem=True),
    fact("tarsal-tunnel-sign", "Observation/tinel"),
    fact("peripheral-neuropathy", "Condition/neuropathy", side=Side.UNKNOWN, problem=True),
)
"""Facts of an ordinary record of a painful left Achilles tendon; any choice of them is a plausible patient."""

_PAINFUL = fact("achilles-pain", "Condition/heel", problem=True)
COMPLAINTS = st.just(_PAINFUL) | st.builds(
    replace,
    st.just(_PAINFUL),
    concept=st.sampled_from(sorted(protocol().complaints)),
    side=st.sampled_from(Side),
)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    """The protocol's answer to a heel complaint among ordinary Facts and up to six odd ones."""
    ordinary = draw(st.lists(st.sampled_from(PLAIN), max_size=12, unique=True))
    told = (draw(COMPLAINTS), *ordinary, *draw(st.lists(facts(), max_size=6)))
    person = Person(birth=draw(st.none() | st.just(Moment.day(date(1960, 5, 1)))), reference="Patient/p1/_history/1")
    return assess(protocol(), Evidence(person=person, facts=told), ON)


def said_of(assessment: Assessment) -> list[str]:
    """Every line of our own: without what is quoted from the record."""
    lines = [*wording.headlines(protocol(), assessment), *wording.set_aside(protocol(), assessment)]
    for finding in assessment.findings:
        lines += [finding.text, *wording.reasons(protocol(), finding, ON), *wording.notes(protocol(), finding, ON)]
        lines += [*wording.exclusions(protocol(), finding, ON), *wording.next_to_record(protocol(), finding)]
    return [re.sub("“.*?”", "", line) for line in lines]


@settings(max_examples=80)
@given(assessments())
def test_any_answer_is_said_in_house_words_and_written_as_valid_r4(assessment: Assessment) -> None:
    assert [line for line in said_of(assessment) if FORBIDDEN.search(line)] == []
    occasion = Occasion(
        tenant="default", patient="p1", impression_id="hp-1", identifier="hp-1", decided_at=DECIDED, propose=True
    )
    rendered = render(protocol(), assessment, occasion)
    for resource in (rendered.impression, rendered.provenance, rendered.flag, rendered.proposal):
        if resource is not None:
            assert_valid_r4(json.loads(resource.body))
