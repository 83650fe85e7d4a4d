"""Whatever stands in a sender's ConceptMap: it is a Lexicon, or it is told what is wrong; it never breaks off."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.concept_map import CODE_SYSTEMS
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.usecases.speak import lexicon_of
from tests.unit.usecases.clinic import judge

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)
_CODES = st.sampled_from(["achilles-reflex", "absent", "left", "202882003", "x", "", " a"]) | st.text(max_size=4)
_SYSTEMS = st.sampled_from(
    [
        *(f"{CODE_SYSTEMS}/{name}" for name in ("concept", "text", "answer", "side", "nothing")),
        "http://snomed.info/sct",
        "",
    ]
)
_PRODUCT = st.fixed_dictionaries({"property": _SYSTEMS, "value": _CODES})
_TARGET = st.fixed_dictionaries(
    {"code": _CODES, "equivalence": st.sampled_from(["equal", "equivalent", "wider", "unmatched"])},
    optional={"product": st.lists(_PRODUCT, min_size=1, max_size=2)},
)
_ELEMENT = st.fixed_dictionaries({"code": _CODES}, optional={"target": st.lists(_TARGET, min_size=1, max_size=2)})
_GROUP = st.fixed_dictionaries(
    {"target": _SYSTEMS, "element": st.lists(_ELEMENT, min_size=1, max_size=3)}, optional={"source": _SYSTEMS}
)


def spoken(resource: Any) -> tuple[Lexicon | None, tuple[Fault, ...]]:
    """The Lexicon with this map, or the faults that refuse it."""
    try:
        return lexicon_of(judge().lexicon, judge().reading, json.dumps(resource).encode(), "default"), ()
    except Faulty as faulty:
        return None, faulty.faults


def mapped(text: str, concept: str, **product: str) -> dict[str, Any]:
    """A ConceptMap that maps one text."""
    target: dict[str, Any] = {"code": concept, "equivalence": "equal"}
    if product:
        target["product"] = [{"property": f"{CODE_SYSTEMS}/{name}", "value": word} for name, word in product.items()]
    element = {"code": text, "target": [target]}
    group = {"source": f"{CODE_SYSTEMS}/text", "target": f"{CODE_SYSTEMS}/concept", "element": [element]}
    return {"resourceType": "ConceptMap", "status": "active", "group": [group]}


def check(lexicon: Lexicon | None, faults: tuple[Fault, ...]) -> None:
    """Faults have a place and say what to do; without any, what is shipped means what it meant."""
    assert (lexicon is None) == bool(faults)
    assert all(fault.file == "concept-maps/default.json" and fault.says and fault.do for fault in faults)
    if lexicon is not None:
        shipped = judge().lexicon
        assert all(lexicon.codes[key] == meanings for key, meanings in shipped.codes.items())
        assert all(lexicon.phrases[text] == meanings for text, meanings in shipped.phrases.items())


@given(st.lists(_GROUP, min_size=1, max_size=3))
def test_any_elements_are_taken_or_told(groups: list[dict[str, Any]]) -> None:
    check(*spoken({"resourceType": "ConceptMap", "status": "active", "group": groups}))


@given(st.sampled_from(["status", "group", "url", "text"]), _JSON)
def test_any_json_in_any_place_is_taken_or_told(place: str, value: Any) -> None:
    check(*spoken({"resourceType": "ConceptMap", "status": "active", place: value}))
    check(*spoken(value))


@pytest.mark.parametrize(
    "text",
    [
        "saddle numbness",
        "saddle numbness for 3 days",
        "no saddle numbness",
        "possible saddle numbness",
        "left saddle numbness",
    ],
)
def test_a_text_that_is_read_without_a_map_is_never_given_another_meaning(text: str) -> None:
    _, faults = spoken(mapped(text, "heel-pain"))
    assert faults
    assert all("without a map" in fault.says for fault in faults)


def test_a_text_may_be_mapped_to_what_it_is_read_as_and_to_nothing_less() -> None:
    assert spoken(mapped("left heel pain", "heel-pain", answer="present", side="left"))[1] == ()
    for other in (mapped("left heel pain", "heel-pain"), mapped("heel pain for 3 days", "heel-pain")):
        assert len(spoken(other)[1]) == 1


def test_a_text_that_says_nothing_without_a_map_may_be_mapped() -> None:
    lexicon, faults = spoken(mapped("hot spud under the calcaneus", "heel-pain"))
    assert faults == ()
    assert lexicon is not None
    assert [each.concept for each in lexicon.of_phrase("hot spud under the calcaneus")] == ["heel-pain"]
