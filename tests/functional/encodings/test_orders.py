"""A record that comes in one Bundle per resource, in any order, leads to the decision that it leads to as a whole."""

from __future__ import annotations

import random

import pytest

from fhirsvc.knowledge.patients import Case
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.ports import Judged
from tests.functional.encodings.sending import ENCODINGS, Ward, name_of, received_before, single
from tests.functional.encodings.told import VIGNETTES, Encoding
from tests.functional.vignettes.records import Bundle, batch

ORDERS = 3
"""Of each record; in the first it is decided after every Bundle, in the others when all have come."""

every_encoding = pytest.mark.parametrize("encoding", ENCODINGS, ids=[each.name for each in ENCODINGS])
every_vignette = pytest.mark.parametrize("case", VIGNETTES, ids=[each.name for each in VIGNETTES])


def judged(knowledge: Judge, encoding: Encoding, case: Case, bundles: list[Bundle], *, each_time: bool) -> Judged:
    """The last assessment of an empty store that takes these Bundles. each_time: it decides after each of them."""
    ward = Ward(knowledge)
    received_before(ward, encoding, case)
    submissions = []
    for number, sent in enumerate(bundles, start=1):
        submissions.append(ward.send(sent))
        if each_time or number == len(bundles):
            ward.work()
    return ward.judged(submissions)


@every_encoding
@every_vignette
def test_the_order_of_arrival_does_not_matter(knowledge: Judge, case: Case, encoding: Encoding) -> None:
    whole = batch(name_of(encoding, case), *encoding.resources(case))
    at_once = judged(knowledge, encoding, case, [whole], each_time=True)
    for seed in range(ORDERS):
        bundles = single(encoding, case)
        random.Random(f"{seed} {case.name}").shuffle(bundles)
        one_by_one = judged(knowledge, encoding, case, bundles, each_time=seed == 0)
        assert one_by_one.key == at_once.key, f"seed {seed}: {[each['entry'][0]['fullUrl'] for each in bundles]}"
