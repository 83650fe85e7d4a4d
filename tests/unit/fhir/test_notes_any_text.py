"""Whatever text comes: no error, offsets that hold, and time in proportion to its length."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.fhir.notes import Study
from fhirsvc.fhir.notes.sentences import sentences_of
from tests.unit.fhir.extracting import notes, reading

STUDIES = [Study(kind="MR", region="lumbar"), Study(kind="US", region="ankle"), Study(kind="EMG"), Study()]
MILLISECONDS_PER_KILOBYTE = 10

_WORDS = sorted({word.rstrip("*") for terms in reading().terms.values() for term in terms for word in term.pattern})
_LEXICAL = st.lists(
    st.sampled_from([*_WORDS, "L5-S1", "S1", "L5", "L", "R", ".", ",", ";", ":", "\n", "\n\n", "6.2", "mm", "(", ")"]),
    max_size=60,
).map(" ".join)


@given(text=st.text() | _LEXICAL, study=st.sampled_from(STUDIES))
def test_no_text_raises_and_every_sentence_stands_where_it_says(text: str, study: Study) -> None:
    for statement in notes(text, study).statements:
        assert text[statement.sentence.start : statement.sentence.end] == statement.sentence.text


@given(text=st.text() | _LEXICAL)
def test_sentences_never_overlap_and_keep_their_order(text: str) -> None:
    end = 0
    for number, sentence in enumerate(sentences_of(text, reading()), start=1):
        assert sentence.number == number
        assert end <= sentence.start < sentence.end <= len(text)
        end = sentence.end


@pytest.mark.parametrize(
    "text",
    [
        "Nerve root compression or left S1 root contact, and the disc is not seen. " * 120,
        "no " * 4000,
        "L5-S1 " * 2000,
        "No evidence of root compression, S1 root contact, stenosis, " * 200,
        "(" * 8000,
        "\n" * 8000 + "." * 2000,
        "INDICATION: " * 800,
        "S1 and " * 1500 + "roots",
        "left S1 root contact; " * 600,
        ("bulge without root contact " * 30 + ". ") * 10,
        ("central " * 140 + "bulge. ") * 10,
        ("canal, foramina, " * 35 + "are patent. ") * 10,
        "protrsuion herination " * 400,
        ("left H-reflex absent radiculopathy denervation " * 20 + ". ") * 10,
    ],
    ids=range(14),
)
def test_the_longest_and_strangest_text_is_read_within_its_time(text: str) -> None:
    taken = 1000 * min(_spent(text) for _ in range(3))  # the least, for a collection of garbage may fall into one
    assert taken <= 3 * MILLISECONDS_PER_KILOBYTE * len(text) / 1000, "three times the goal, for a busy machine"


def _spent(text: str) -> float:
    started = time.process_time()
    notes(text)
    return time.process_time() - started
