"""What holds for every patient: order, silence, strength of evidence, time, and that every state has its row."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.evidence import Evidence, Fact, Modality, Moment, Person, Presence, Root, Side, Source
from fhirsvc.domain.protocol import Outcome, Rule
from fhirsvc.domain.rows import State, first_match
from fhirsvc.knowledge.cases import Case, evidence_of, load_cases
from fhirsvc.knowledge.closed import RECORDED
from fhirsvc.knowledge.load import load_protocol, shipped_folder
from fhirsvc.knowledge.state_space import states
from fhirsvc.knowledge.terminology import mappings_root

ON = date(2027, 6, 15)
PROTOCOL = load_protocol()
CASES = load_cases(shipped_folder(mappings_root()))
LIMB_ROWS = tuple(rule for rule in PROTOCOL.rules if rule.level == "limb")
CLASSES = {Outcome.CONSIDER: 1, Outcome.INDICATED: 2, Outcome.COEXISTING: 2}


def rank(finding: Finding | Rule) -> int:
    """The class of an answer (RULES 3.5 Monotone)."""
    return CLASSES.get(finding.outcome, 0)


def told(concept: str, number: int, **said: object) -> Fact:
    known = {
        "presence": Presence.PRESENT,
        "side": Side.LEFT,
        "source": Source(f"Extra/{concept}/{number}"),
        "received": datetime(2027, 6, 15, 12, tzinfo=UTC),
        "recorded": Moment.day(ON - timedelta(days=10)),
    }
    return Fact(concept=concept, **{**known, **said})  # type: ignore[arg-type]


SIGNS: dict[str, list[dict[str, object]]] = {
    "achilles-reflex": [
        {"result": word, "side": side, "presence": presence}
        for side in (Side.LEFT, Side.RIGHT)
        for word, presence in (
            ("absent", Presence.PRESENT),
            ("reduced", Presence.PRESENT),
            ("normal", Presence.ABSENT),
            ("brisk", Presence.ABSENT),
        )
    ],
    "leg-sensation": [
        {"root": Root.S1},
        {"root": Root.L5},
        {"root": Root.L4},
        {"area": "stocking"},
        {"area": "heel-only"},
        {"presence": Presence.ABSENT},
    ],
    "plantar-flexion-power": [{"root": Root.S1}, {"presence": Presence.ABSENT, "root": Root.S1}],
    "straight-leg-raise": [{}, {"presence": Presence.ABSENT}, {"side": Side.UNKNOWN}],
    "radiating-leg-symptoms": [{}, {"presence": Presence.ABSENT}, {"area": "foot-only"}],
    "crossed-straight-leg-raise": [{}, {"side": Side.UNKNOWN, "raised": Side.RIGHT}],
    "worse-on-bending": [{"side": Side.UNKNOWN}],
    "radiculopathy": [{"problem": True, "root": Root.S1}, {"problem": True}],
    "nerve-root-contact": [
        {"result": "contact", "root": Root.S1, "modality": Modality.MR},
        {"result": "no-contact", "presence": Presence.ABSENT, "side": Side.UNKNOWN, "modality": Modality.MR},
    ],
    "achilles-tenderness": [{}, {"presence": Presence.ABSENT}],
    "treatment-failure": [{"side": Side.UNKNOWN, "onset": Moment.day(ON - timedelta(days=80))}],
    "low-back-pain": [{"side": Side.UNKNOWN, "onset": Moment.day(ON - timedelta(days=days))} for days in (66, 310)],
    "antalgic-gait": [{"side": Side.UNKNOWN}],
    "peripheral-neuropathy": [{"side": Side.UNKNOWN, "problem": True}],
    "lumbar-surgery": [{"side": Side.UNKNOWN, "recorded": Moment.day(ON - timedelta(days=900))}],
    "tarsal-tunnel-sign": [{}],
    "inflammatory-back-pain": [{"side": Side.UNKNOWN}],
}
FACTS = [told(concept, number, **said) for concept, all_said in SIGNS.items() for number, said in enumerate(all_said)]
COMPLAINT = told("achilles-pain", 0, problem=True)
PATIENTS = st.lists(st.sampled_from(FACTS), unique=True, max_size=12).map(
    lambda facts: Evidence(person=Person(birth=Moment.day(date(1985, 1, 1))), facts=(COMPLAINT, *facts))
)
MATCHING = (
    told("crossed-straight-leg-raise", 9),
    told("emg-root-lesion", 9, root=Root.S1),
    told("leg-sensation", 9, root=Root.S1),
    told("plantar-flexion-power", 9, root=Root.S1),
    told("straight-leg-raise", 9),
    told("radiating-leg-symptoms", 9),
    told("worse-on-bending", 9),
    told("radiculopathy", 9, problem=True, root=Root.S1),
    told("nerve-root-contact", 9, result="contact", root=Root.S1, modality=Modality.MR),
)


def answer(evidence: Evidence) -> Finding:
    return assess(PROTOCOL, evidence, ON).findings[-1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_order_of_facts_never_matters(case: Case) -> None:
    evidence = evidence_of(case, ON)
    expected = assess(PROTOCOL, evidence, ON)
    for seed in range(3):
        facts = list(evidence.facts)
        random.Random(seed).shuffle(facts)
        assert assess(PROTOCOL, replace(evidence, facts=tuple(facts)), ON) == expected


@given(PATIENTS, st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_of_facts_never_matters_for_any_patient(evidence: Evidence, shuffle: random.Random) -> None:
    facts = list(evidence.facts)
    shuffle.shuffle(facts)
    assert assess(PROTOCOL, replace(evidence, facts=tuple(facts)), ON) == assess(PROTOCOL, evidence, ON)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_silence_is_never_absence(case: Case) -> None:
    """An untender structure is also denied by another local sign of it."""
    evidence = evidence_of(case, ON)
    recorded = {fact.concept for fact in evidence.facts}
    for finding in assess(PROTOCOL, evidence, ON).findings:
        for reading in finding.readings:
            asked = PROTOCOL.item("LOCAL" if reading.item == "NOTEND" else reading.item).concepts
            if recorded.isdisjoint(asked):
                assert reading.presence is Presence.UNKNOWN


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_not_tested_is_the_same_as_silence(case: Case) -> None:
    evidence = evidence_of(case, ON)
    asked = {concept for item in PROTOCOL.items for concept in item.concepts}
    not_tested = tuple(
        told(concept, 99, presence=Presence.UNKNOWN, side=side) for concept in sorted(asked) for side in Side
    )
    assert answers(assess(PROTOCOL, replace(evidence, facts=evidence.facts + not_tested), ON)) == answers(
        assess(PROTOCOL, evidence, ON)
    )


def answers(assessment: Assessment) -> list[tuple[object, ...]]:
    return [
        (finding.complaint, finding.side, finding.rule, finding.also, finding.missing, finding.sentence)
        for finding in assessment.findings
    ]


@given(PATIENTS, st.sampled_from(MATCHING))
@settings(max_examples=300)
def test_a_matching_sign_never_weakens_the_answer(evidence: Evidence, sign: Fact) -> None:
    """A result of a test that was recorded before may replace it; that is the exception RULES name."""
    if sign.concept in {fact.concept for fact in evidence.facts}:
        return
    before = answer(evidence)
    after = answer(replace(evidence, facts=(*evidence.facts, sign)))
    assert rank(after) >= rank(before), f"{before.rule} became {after.rule}"


@given(PATIENTS, st.sampled_from(Root), st.integers(min_value=11, max_value=1200))
@settings(max_examples=150)
def test_stronger_imaging_never_weakens_the_answer(evidence: Evidence, root: Root, days: int) -> None:
    """From no study, or one without contact, to an uncertain, an older and a clear contact."""
    facts = tuple(fact for fact in evidence.facts if fact.concept != "nerve-root-contact")
    older = Moment.day(ON - timedelta(days=days))
    contact = told("nerve-root-contact", 9, result="contact", root=root, modality=Modality.MR)
    clear = told("nerve-root-contact", 9, result="contact", root=Root.S1, modality=Modality.MR)
    none, weak, full = (
        rank(answer(replace(evidence, facts=(*facts, *study))))
        for study in ((), (replace(contact, recorded=older),), (clear,))
    )
    assert none <= weak <= full


def recorded_sets() -> list[frozenset[str]]:
    """Every word alone, each but one of those that go together, and the pairs that rows ask for."""
    words = RECORDED["limb"]
    biomechanical = frozenset(words[5:])
    return [
        frozenset(),
        *(frozenset({word}) for word in words),
        frozenset({"neuropathy", "excluded-by-confounder"}),
        biomechanical,
        biomechanical | {"tarsal-tunnel-sign", "inflammatory-features"},
    ]


def strengthened(state: State) -> Iterator[State]:
    """The state with one thing more that speaks for the spine: a sign, a sign in full, or a clearer image."""
    for name in ("XSLR", "EMG"):
        weak = state.b - {name}
        yield _with(state, a=state.a | {name}, b=weak)
        yield _with(state, b=state.b | {name}) if name not in state.a else state
    for name in ("RADSX", "SLR", "LUMBAGG", "DX"):
        screen = "complete" if name == "SLR" and state.screen == "negative" else state.screen
        recorded = state.recorded - {"no-leg-symptoms"} if name == "RADSX" else state.recorded
        yield _with(state, b=state.b | {name}, c=state.c - {name}, screen=screen, recorded=recorded)
    stronger = {"none": "weak", "neg": "weak", "weak": "pos", "pos": "pos"}
    yield replace(state, imaging=stronger[state.imaging])


def _with(
    state: State,
    *,
    b: frozenset[str],
    a: frozenset[str] | None = None,
    c: frozenset[str] | None = None,
    screen: str = "",
    recorded: frozenset[str] | None = None,
) -> State:
    context = state.c if c is None else c
    return replace(
        state,
        a=state.a if a is None else a,
        b=b,
        c=context,
        c_apart=context,
        screen=screen or state.screen,
        recorded=state.recorded if recorded is None else recorded,
    )


def test_no_state_is_weakened_by_more_evidence() -> None:
    sampled = random.Random(7).sample(tuple(states()), 1500)
    for plain in sampled:
        for recorded in recorded_sets():
            state = replace(plain, recorded=recorded)
            before = first_match(LIMB_ROWS, state)
            for stronger in strengthened(state):
                after = first_match(LIMB_ROWS, stronger)
                assert rank(after) >= rank(before), f"{state} by {before.name} became {stronger} by {after.name}"


def test_every_state_has_a_row_and_every_row_a_state() -> None:
    everything = [replace(state, recorded=recorded) for state in states() for recorded in recorded_sets()[:1]]
    led = {first_match(LIMB_ROWS, state).name for state in everything}
    sampled = random.Random(11).sample(everything, 4000)
    led |= {first_match(LIMB_ROWS, replace(state, recorded=said)).name for state in sampled for said in recorded_sets()}
    assert led == {rule.name for rule in LIMB_ROWS}


@pytest.mark.parametrize("days", [1, 30, 400, 4000])
def test_time_alone_never_ends_an_urgent_answer(days: int) -> None:
    urgent = [case for case in CASES if case.expected[0].outcome is Outcome.URGENT]
    for case in urgent:
        later = assess(PROTOCOL, evidence_of(case, ON), ON + timedelta(days=days))
        assert later.urgent is not None, case.name


def test_every_impression_of_an_unsigned_protocol_says_so() -> None:
    assert PROTOCOL.signature is None
    assert not assess(PROTOCOL, evidence_of(CASES[0], ON), ON).signed
