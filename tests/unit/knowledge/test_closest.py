"""What a text is most like: near names are offered, chance likeness is not."""

from __future__ import annotations

from functools import cache

import pytest

from fhirsvc.knowledge.closest import Names, closest_words
from fhirsvc.knowledge.terminology import load_lexicon


@cache
def names() -> Names:
    return Names(load_lexicon())


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("TA jerk L", "achilles-reflex"),
        ("Plantar fasciitis, chronic", "plantar-heel-pain"),
        ("SLR passive", "straight-leg-raise"),
        ("achiles_reflex", "achilles-reflex"),
    ],
)
def test_a_name_that_is_near_is_found(text: str, concept: str) -> None:
    assert names().closest(text)[0] == concept


@pytest.mark.parametrize("text", ["Glucose [Mass/volume] in Blood", "Hypertension", "Body weight", "X", ""])
def test_what_is_like_nothing_is_given_nothing(text: str) -> None:
    assert names().closest(text) == ()


def test_no_more_than_three_are_offered_each_once() -> None:
    found = names().closest("numbness of the foot")
    assert len(found) == len(set(found)) <= 3


def test_of_few_words_all_are_offered_and_of_many_the_nearest() -> None:
    assert closest_words("lft", ["right", "left", "both"]) == ("both", "left", "right")
    assert closest_words("absnt", ["absent", "reduced", "normal", "brisk", "unknown"])[0] == "absent"
