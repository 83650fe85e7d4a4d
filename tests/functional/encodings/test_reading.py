"""Each fact of a vignette is read from each encoding as the vignette tells it, and nothing is left not understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from fhirsvc.domain.assess import assess
from fhirsvc.domain.evidence import Fact, Presence, Side, Verification
from fhirsvc.domain.identity import decision_key
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.knowledge.expectation import unmet
from fhirsvc.knowledge.patients import Case, evidence_of
from fhirsvc.usecases.decide import Judge
from tests.functional.encodings.local import LOCAL_CODES
from tests.functional.encodings.notes import NOTES
from tests.functional.encodings.prose import PROSE
from tests.functional.encodings.sending import ENCODINGS, TENANT, Ward, days_before, early, name_of
from tests.functional.encodings.standard import STANDARD
from tests.functional.encodings.told import PROTOCOL, VIGNETTES, Encoding
from tests.functional.vignettes.records import batch

every_vignette = pytest.mark.parametrize("case", VIGNETTES, ids=[each.name for each in VIGNETTES])

FULL_POWER = 5

EVERY = tuple(each.name for each in ENCODINGS)
OTHERWISE: Sequence[tuple[str, str, tuple[str, ...], str]] = (
    ("20", "radiculopathy", EVERY, "the vignette itself names neither root nor side of the father's radiculopathy"),
    ("39", "nerve-root-contact", EVERY, "a bulge without contact says nothing of the roots that it does not name"),
    ("44", "nerve-root-contact", EVERY, "no recurrent herniation says nothing of a root"),
    ("45", "nerve-root-contact", EVERY, "an indication is a question and gives no fact at all"),
    ("68c", "nerve-root-contact", EVERY, "a radiograph says nothing of a root"),
    ("86d", "radiculopathy", EVERY, "a nerve study gives its conclusion and no diagnosis beside it"),
    ("86b", "low-back-pain", (PROSE.name, LOCAL_CODES.name, NOTES.name), "the side of the combined entry is the leg's"),
    *(
        (number, "inflammatory-back-pain", (PROSE.name, NOTES.name), "told by its features and not by its name")
        for number in ("29", "90a", "90b", "90c", "90g")
    ),
)
"""Vignette, concept, encodings, and why the fact is not read there as the vignette tells it."""

DECIDED_OTHERWISE: Mapping[str, str] = {
    "12": "of two findings of the gait the newest is named, and a note has a time of day",
    "13": "of two findings of the gait the newest is named, and a note has a time of day",
    "85f": "tenderness of both heels is one statement, or a component per side",
    "87c": "tenderness of both heels is one statement, or a component per side",
    "86b": "ICD-10-CM gives no side to the back pain of the combined code, a body site beside it does",
}
"""Vignette → why its decision_key differs between encodings, although outcome, rule and what is missing do not."""

NOT_UNDERSTOOD: Mapping[tuple[str, str], str] = {
    **{("74i", each): "codes and words that are no urgent feature" for each in EVERY},
    ("20", STANDARD.name): "a code of family history names no concept",
}
"""Vignette and encoding → what in it is not understood, and must not be."""


def read(knowledge: Judge, encoding: Encoding, case: Case) -> Extraction:
    """What is read of the record that was received today, or on the days that the vignette says; read once."""
    key = (encoding.name, case.name)
    if key not in _READ:
        _READ[key] = _read(knowledge, encoding, case)
    return _READ[key]


_READ: dict[tuple[str, str], Extraction] = {}


def _read(knowledge: Judge, encoding: Encoding, case: Case) -> Extraction:
    today = Ward(knowledge).now()
    before = {each["entry"][0]["fullUrl"] for each in early(encoding, case)} if days_before(case) else set()
    records = [
        Record(
            type=entry["resource"]["resourceType"],
            id=entry["resource"]["id"],
            version=1,
            received=today - timedelta(days=days_before(case) if entry["fullUrl"] in before else 0),
            resource=entry["resource"],
        )
        for entry in batch(name_of(encoding, case), *encoding.resources(case))["entry"]
    ]
    judge = knowledge.of(TENANT)
    return extract(records, judge.lexicon, judge.reading)


def is_told(wanted: Fact, facts: tuple[Fact, ...]) -> bool:
    """Is there a fact that says the same of the same side and day? Of both sides it may be two."""
    sides = ((Side.LEFT, Side.RIGHT), (Side.BOTH,)) if wanted.side is Side.BOTH else ((wanted.side,),)
    return any(all(any(_says(each, wanted, side) for each in facts) for side in several) for several in sides)


def _says(fact: Fact, wanted: Fact, side: Side) -> bool:
    return _kind(fact) == _kind(wanted) and fact.side is side and _answer(fact, wanted) and _place(fact, wanted)


def _kind(fact: Fact) -> tuple[object, ...]:
    return (fact.concept, fact.moment.earliest, fact.certainty, fact.status, fact.family, fact.qualifiers, fact.raised)


def _answer(fact: Fact, wanted: Fact) -> bool:
    """Grades by their number; what is refuted is absent; full power is no weakness."""
    if wanted.number is not None:
        return fact.number == wanted.number
    if fact.number == FULL_POWER:
        return wanted.presence is Presence.ABSENT
    return _presence(fact) is _presence(wanted) and fact.result in {wanted.result, ""}


def _presence(fact: Fact) -> Presence:
    return Presence.ABSENT if fact.verification is Verification.REFUTED else fact.presence


def _place(fact: Fact, wanted: Fact) -> bool:
    return wanted.root in {None, fact.root} and wanted.area in {"", fact.area}


@every_vignette
def test_every_fact_is_read_as_the_vignette_tells_it(knowledge: Judge, case: Case) -> None:
    told = evidence_of(case, Ward(knowledge).now().date()).facts
    for encoding in ENCODINGS:
        facts = read(knowledge, encoding, case).evidence.facts
        lost = {each.concept for each in told if not is_told(each, facts)}
        expected = {
            concept for number, concept, names, _ in OTHERWISE if number == case.name and encoding.name in names
        }
        assert lost == expected, encoding.name


@every_vignette
def test_nothing_is_left_not_understood(knowledge: Judge, case: Case) -> None:
    for encoding in ENCODINGS:
        unread = [(each.place, each.why, each.display) for each in read(knowledge, encoding, case).unread]
        assert bool(unread) == ((case.name, encoding.name) in NOT_UNDERSTOOD), (encoding.name, unread)


@every_vignette
def test_what_is_missing_and_noted_is_said_and_one_decision_is_made(knowledge: Judge, case: Case) -> None:
    on = Ward(knowledge).now().date()
    keys = set()
    for encoding in ENCODINGS:
        assessment = assess(PROTOCOL, read(knowledge, encoding, case).evidence, on)
        assert unmet(case, assessment) == (), encoding.name
        keys.add(decision_key(TENANT, "the same patient", assessment))
    assert (len(keys) > 1) == (case.name in DECIDED_OTHERWISE)
