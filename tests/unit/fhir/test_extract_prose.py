"""Clinical prose as Facts: the same as the coded record gives, with the sentence and its offsets as their source."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from fhirsvc.domain.evidence import Fact, Moment, Side
from fhirsvc.fhir.extract import prose
from fhirsvc.fhir.extract.language import language_of
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import Read, Record, Setting
from tests.unit.fhir.extracting import LEFT, OWN, RECEIVED, coded, lexicon, read, reading

DAY = Moment.day(date(2026, 2, 20))


def _prose(text: str) -> Read:
    record = Record(type="DocumentReference", id="note", version=2, received=RECEIVED, resource={})
    return read_prose({"content[0]": text}, Setting(record=record, recorded=DAY), language_of(lexicon(), reading()))


def _told(text: str) -> set[str]:
    return {_short(fact) for fact in _prose(text).facts}


def _short(fact: Fact) -> str:
    answer = fact.result or (str(fact.number) if fact.number is not None else str(fact.presence))
    return " ".join(each for each in (fact.concept, answer, str(fact.side), fact.root or "", fact.area) if each)


CASES = [
    ("Left ankle jerk absent, right 2+.", "achilles-reflex absent left S1; achilles-reflex normal right S1"),
    ("Achilles reflexes are symmetric.", "achilles-reflex unknown both S1"),
    ("Knee jerks 2+ bilaterally.", ""),
    ("EHL 4+/5 on the left.", "great-toe-extension-power 13/3 left L5"),
    ("Weakness of plantar flexion on the left.", "plantar-flexion-power present left S1"),
    ("Left foot drop.", "ankle-dorsiflexion-power present left L5"),
    ("Sensation decreased over the lateral border of the left foot.", "leg-sensation present left S1 lateral-foot"),
    (
        "Sensation reduced in the left L5 and S1 dermatomes.",
        "leg-sensation present left L5; leg-sensation present left S1",
    ),
    ("Sensation reduced in the left L2 dermatome.", ""),
    ("Decreased vibration in a stocking distribution bilaterally.", "leg-sensation present both stocking"),
    ("Decreased perianal sensation.", "saddle-sensation present unknown"),
    ("Unable to do a single leg heel raise on the left.", "single-leg-heel-raise present left S1"),
    ("Single-leg heel raise: 20 right, 4 left.", "single-leg-heel-raise 20 right S1; single-leg-heel-raise 4 left S1"),
    ("Unable to toe walk on the left.", ""),
    ("SLR positive on the left.", "straight-leg-raise present left"),
    ("SLR positive on the left for back pain.", "straight-leg-raise unknown left"),
    ("Slump test negative bilaterally.", "straight-leg-raise absent both"),
    ("Crossed SLR positive on the right.", "crossed-straight-leg-raise present unknown"),
    ("Thompson test negative on the left.", "thompson-test absent left"),
    ("Positive Tinel sign over the left tarsal tunnel.", "tarsal-tunnel-sign present left"),
    ("The left Achilles tendon is tender.", "achilles-tenderness present left"),
    ("No tenderness at the medial calcaneal tubercle.", "plantar-fascia-tenderness absent unknown"),
    ("Gait is antalgic on the right.", "antalgic-gait present right"),
    ("Rectal tone normal.", ""),
    ("If the ankle jerk is absent, consider MRI.", ""),
]


@pytest.mark.parametrize(("text", "facts"), CASES)
def test_prose_gives_the_facts_of_its_concepts(text: str, facts: str) -> None:
    assert _told(text) == set(filter(None, facts.split("; ")))


def test_prose_and_code_give_the_same_fact_but_for_its_source() -> None:
    (prose,) = _prose("Left ankle jerk reduced.").facts
    (record,) = read(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": coded(OWN, "achilles-reflex"),
            "bodySite": LEFT,
            "valueString": "reduced",
        }
    ).evidence.facts
    same = ("concept", "presence", "result", "side", "root", "area", "certainty", "status", "qualifiers")
    assert [getattr(prose, name) for name in same] == [getattr(record, name) for name in same]


def test_a_fact_of_prose_keeps_its_sentence_place_and_offsets() -> None:
    text = "He looks well.\nLeft ankle jerk absent. He walks."
    (fact,) = _prose(text).facts
    source = fact.source
    assert (source.reference, source.place) == ("DocumentReference/note/_history/2", "content[0][sentence 2]")
    assert text[source.start : source.end] == source.sentence == "Left ankle jerk absent."
    assert fact.recorded == DAY


def test_power_limited_by_pain_keeps_its_grade_and_says_so() -> None:
    (fact,) = _prose("Plantarflexion strength is limited by pain at 4/5 on the left.").facts
    assert (fact.number, {str(each) for each in fact.qualifiers}) == (Fraction(4), {"pain-limited"})


def test_a_sentence_too_long_to_be_read_is_unread() -> None:
    read = _prose("Left ankle jerk absent " + "and so on " * 100 + ".")
    assert [(each.place, each.why) for each in read.unread] == [("content[0]", "unread")]
    assert read.facts == ()


def test_what_narrows_what_is_weighed_once_however_often_a_note_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[tuple[Side, Side]] = []
    meet = prose._meet

    def counted(one: Side, other: Side) -> bool:
        weighed.append((one, other))
        return meet(one, other)

    monkeypatch.setattr(prose, "_meet", counted)
    assert len(_prose("Pain down the left leg. No right leg numbness. " * 40).facts) == 80
    assert len(weighed) == 40
