"""Whatever JSON stands in whatever place: it is taken or refused, and nothing else happens."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirsvc.domain.errors import Refused, is_fault
from fhirsvc.fhir.parse import ParsedBundle, parse_bundle
from tests.unit.fhir.parsing import (
    batch,
    collection,
    concept,
    condition,
    is_clean,
    observation,
    patient,
    put,
    transaction,
)

WORDS = """
    resourceType id meta status code coding system subject reference extension url valueString _valueString
    valueQuantity contained modifierExtension implicitRules entry request method fullUrl resource type period start end
    text div name given _given identifier value component dataAbsentReason clinicalStatus verificationStatus
    abatementDateTime __proto__
"""
STRINGS = """
    x #a # final Patient Patient/p1 Patient?x=1 urn:uuid:1 2024-02-30 2024 2026-03-01T10:00:00Z <div>x</div> é PUT batch
    Observation
"""
NAMES = st.sampled_from(WORDS.split())
SCALARS = st.sampled_from(["", " ", *STRINGS.split(), None, True, 0, -1, 2.5, 10**30, 1e300])
JSON = st.recursive(
    SCALARS | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)

SEEDS = [
    transaction(
        put(patient(name=[{"given": ["A", None], "_given": [None, {"id": "x"}]}])),
        put(
            observation(
                performer=[{"reference": "#a"}],
                contained=[{"resourceType": "Practitioner", "id": "a"}],
                component=[{"code": {"text": "x"}, "valueString": "y"}],
            )
        ),
    ),
    batch(put(condition(onsetPeriod={"start": "2024", "end": "2025"})), put(observation(valueQuantity={"value": 1.5}))),
    collection(
        condition(
            category=[concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")],
            extension=[{"url": "http://example.org/x", "valueCodeableConcept": {"text": "x"}}],
            text={"status": "generated", "div": "<div>x</div>"},
        )
    ),
]


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, inner in members for place in places(inner, (*path, step)))]


PLACES = [(seed, place) for seed in range(len(SEEDS)) for place in places(SEEDS[seed]) if place]


def changed(seed: int, place: tuple[str | int, ...], how: str, value: object, name: str) -> Any:
    tree: Any = copy.deepcopy(SEEDS[seed])
    holder = tree
    for step in place[:-1]:
        holder = holder[step]
    if how == "delete":
        del holder[place[-1]]
    elif how == "add" and isinstance(holder, dict):
        holder[name] = value
    elif how == "wrap":
        holder[place[-1]] = [holder[place[-1]]]
    else:
        holder[place[-1]] = value
    return tree


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_every_seed_is_taken(seed: int) -> None:
    entries = parse_bundle(json.dumps(SEEDS[seed]).encode()).entries
    assert not [issue for entry in entries for issue in entry.issues if is_fault(issue)]


def taken_or_refused(body: bytes) -> ParsedBundle | Refused:
    """What becomes of a body; a refusal is clean, and any other exception fails the test."""
    try:
        return parse_bundle(body)
    except Refused as refused:
        if is_clean(refused):
            return refused
        raise


@settings(max_examples=600)
@given(st.sampled_from(PLACES), st.sampled_from(["replace", "delete", "add", "wrap"]), JSON, NAMES)
def test_any_change_anywhere_is_taken_or_refused(
    where: tuple[int, tuple[str | int, ...]], how: str, value: object, name: str
) -> None:
    outcome = taken_or_refused(json.dumps(changed(*where, how, value, name)).encode())
    assert isinstance(outcome, Refused) or all(entry.raw for entry in outcome.entries if entry.resource)


@given(JSON)
def test_any_json_is_refused_unless_it_is_a_bundle(value: object) -> None:
    assert isinstance(taken_or_refused(json.dumps(value).encode()), Refused)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), st.integers(0, 10_000), st.binary(max_size=3))
def test_any_bytes_anywhere_are_taken_or_refused(seed: Any, at: int, put_in: bytes) -> None:
    body = json.dumps(seed).encode()
    at %= len(body)
    assert taken_or_refused(body[:at] + put_in + body[at + 1 :]) is not None
