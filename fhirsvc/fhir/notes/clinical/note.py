"""A whole note: its sentences read one by one, each under its headings, and a corrected side put in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Side
from fhirsvc.domain.reading import Vocabulary
from fhirsvc.fhir.notes.clinical import diagnoses, examination, red_flags, symptoms, treatment
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.sentences import Sentence, sentences_of
from fhirsvc.fhir.notes.words import Mention

_READERS: tuple[Callable[[Passage], Iterator[Remark]], ...] = (
    examination.read,
    symptoms.read,
    diagnoses.read,
    red_flags.read,
    treatment.read,
)
_ONE_LEG = frozenset({Side.LEFT, Side.RIGHT})
_SHORT = 4
_TOPICS = frozenset({"reflex", "strength", "sense"})
_LABELLING = frozenset({"side", "area", "whole-leg"})
_SAYING = frozenset({"finding-word", "negation"})
_SILENT = frozenset({"plan", "question", "instructions"})
"""Sections that state nothing of the patient."""
_LASTING = frozenset({"plan", "question", "instructions", "history", "past", "examination"})
"""Sections that a blank line does not end; the next heading does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the texts of one note state; unread: the texts that hold a sentence too long to be read."""

    remarks: tuple[Remark, ...] = ()
    unread: tuple[str, ...] = ()


def read_note(texts: Mapping[str, str], lexicon: Vocabulary) -> Note:
    """What the texts of one note state, in the order of the text.

    texts: place ("text", "content[0]") → text. lexicon: the clinical one. Plan, question and instructions yield
    nothing; what a family history says carries `family`.
    """
    remarks: list[Remark] = []
    unread: list[str] = []
    for place, text in texts.items():
        said: list[Remark] = []
        for passage in passages_of(text, lexicon):
            if not passage.sentence.is_read:
                unread.append(place)
            elif passage.sentence.section not in _SILENT:
                said = _corrected(said, passage, list(_read(passage)))
        remarks += (replace(remark, place=place) for remark in said)
    return Note(
        remarks=tuple({_key(remark): remark for remark in remarks}.values()), unread=tuple(dict.fromkeys(unread))
    )


def _corrected(said: list[Remark], passage: Passage, new: list[Remark]) -> list[Remark]:
    """ "Reduced on the left. Correction: right." gives the sentence before its side; without one side it has none.

    A correction that says the whole again puts its side in the place of the other ("Correction: reduced on the right").
    """
    cues = passage.scope.cues("correction")
    if new and (cues or _announces(passage.before)):
        return [remark for remark in said if not any(_is_other_side(remark, each) for each in new)] + new
    if not cues or new or passage.before is None:
        return said + new
    named = {side_of(side) for side in passage.scope.cues("side") if side not in passage.scope.rejected}
    side = named.pop() if len(named) == 1 else Side.UNKNOWN
    number = passage.before.number
    return [
        replace(remark, side=side) if remark.sentence.number == number and remark.side in _ONE_LEG else remark
        for remark in said
    ]


def _announces(sentence: Sentence | None) -> bool:
    """Does a sentence only announce a correction, which the next one gives ("The side was dictated in error.")?"""
    if sentence is None:
        return False
    kinds = {mention.kind for mention in sentence.mentions}
    return "correction" in kinds and not any(mention.word in {"left", "right"} for mention in sentence.mentions)


def _is_other_side(remark: Remark, corrected: Remark) -> bool:
    """Is it the same finding on the other leg?"""
    same = (remark.subject, remark.value) == (corrected.subject, corrected.value)
    return same and {remark.side, corrected.side} == _ONE_LEG


def passages_of(text: str, lexicon: Vocabulary) -> Iterator[Passage]:
    """The sentences of a text, each with the heading of its list and the sentence before it."""
    topic: tuple[Mention, ...] = ()
    label: tuple[Mention, ...] = ()
    before: Sentence | None = None
    for sentence in sentences_of(text, lexicon, _LASTING):
        if before is not None and "\n" in text[before.end : sentence.start]:
            label = ()
        if before is not None and text.count("\n", before.end, sentence.start) > 1:
            topic, before = (), None
        if before is not None and ":" in text[before.end : sentence.start]:
            topic = ()  # a heading of a section stands between
        heading = _heading(sentence)
        if heading is not None:
            topic = heading
        own = _label(sentence)
        label = label if own is None else own
        about = (*label, *(each for each in topic if each.kind != "side")) if label and heading is None else topic
        yield Passage(sentence=sentence, scope=Scope(sentence), topic=about, before=before)
        before = sentence


def _label(sentence: Sentence) -> tuple[Mention, ...] | None:
    """The side and part that a line opens with for all its sentences ("Right ankle: healed scar. Not tender.").

    () = another label, after which those before no longer hold; None = no label opens this sentence.
    """
    colon = next((at for at, word in enumerate(sentence.words[: _SHORT + 1]) if word.text == ":"), 0)
    if not colon:
        return None
    return tuple(each for each in sentence.mentions if each.after <= colon and each.kind in _LABELLING)


def _heading(sentence: Sentence) -> tuple[Mention, ...] | None:
    """What a line mentions that is a heading: it ends with a colon, or only names what follows; None = it is none."""
    if sentence.words[-1].text == ":" or _only_names(sentence):
        return tuple(sentence.mentions)
    return None


def _only_names(sentence: Sentence) -> bool:
    kinds = {mention.kind for mention in sentence.mentions}
    short = len(sentence.words) <= _SHORT and not any(
        word.text[0].isdigit() or word.text == "." for word in sentence.words
    )
    return short and not kinds.isdisjoint(_TOPICS) and kinds.isdisjoint(_SAYING)


def _read(passage: Passage) -> Iterator[Remark]:
    for read in _READERS:
        for remark in read(passage):
            yield replace(remark, family=True) if passage.sentence.section == "family" else remark


def _key(remark: Remark) -> tuple[object, ...]:
    """What makes a Remark the same as another: all but its sentence's words."""
    return (
        (
            remark.place,
            remark.sentence.number,
            remark.subject,
            remark.value,
            remark.side,
            remark.certainty,
            remark.family,
        ),
        (remark.roots, remark.level, remark.areas, remark.grade, remark.reproduces),
        (remark.weeks, remark.chronic, remark.qualifiers),
    )
