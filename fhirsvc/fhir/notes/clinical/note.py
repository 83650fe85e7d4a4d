"""A whole note: its sentences read one by one, each under its headings, and a corrected side put in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.domain.reading import Vocabulary
from fhirsvc.fhir.notes.clinical import diagnoses, examination, red_flags, risks, symptoms, treatment
from fhirsvc.fhir.notes.clinical.cells import Answer, Cell, cells_of, labels_alone
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.sentences import LONGEST, Sentence, sentences_of
from fhirsvc.fhir.notes.words import Mention, Word, mentions_of, words_of

_READERS: tuple[Callable[[Passage], Iterator[Remark]], ...] = (
    examination.read,
    symptoms.read,
    diagnoses.read,
    red_flags.read,
    risks.read,
    treatment.read,
)
_ONE_LEG = frozenset({Side.LEFT, Side.RIGHT})
_SHORT = 4
_BARE_ANSWER = 2
_ANSWERING = frozenset(
    {"no", "none", "nil", "nope", "never", "denied", "denies", "negative", "absent", "yes", "present", "positive"}
)
_ITEM = re.compile(r"\n\s*(?:\d{1,2}[.)]|[-*•·+])\s*$")
_NONE = re.compile(
    r"\W*(?:none|nil|all|none of (?:the above|these|those|them))(?: (?:are|is|were|was))?"
    r"(?: (?:present|absent|negative|denied|reported|noted|found|of note|identified|today))*\W*",
    re.IGNORECASE,
)
"""The bare denial that closes a list ("None present."); "all present" does not."""
_ITEM_WORDS = 8
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
        cells = [cell for cell in cells_of(text) if _is_stated(text[cell.first : cell.after], lexicon)]
        starts = frozenset(cell.first for cell in cells)
        for passage in passages_of(labels_alone(text, cells), lexicon, starts):
            if not passage.sentence.is_read:
                unread.append(place)
            elif passage.sentence.section not in _SILENT and _denies_all(passage.sentence.text):
                said = _emptied(said, text[: passage.sentence.start])
            elif passage.sentence.section not in _SILENT:
                said = _corrected(said, passage, _celled(list(_read(passage)), cells, text))
        remarks += (replace(remark, place=place) for remark in said)
    return Note(
        remarks=tuple({_key(remark): remark for remark in remarks}.values()), unread=tuple(dict.fromkeys(unread))
    )


def _denies_all(sentence: str) -> bool:
    closes = _NONE.fullmatch(sentence) is not None
    words = sentence.lower()
    return closes and (words.lstrip()[:1] == "n" or any(each in words for each in ("absent", "negative", "denied")))


def _emptied(said: list[Remark], before: str) -> list[Remark]:
    """What was said, the items of the list right before a "None present" denied; of longer ones nothing is known."""
    opened = before.rfind(":")
    if opened < 0 or any(len(line.split()) > _ITEM_WORDS for line in before[opened + 1 :].splitlines()):
        return said
    kept = [remark for remark in said if remark.sentence.end <= opened]
    listed = (_answered_by(Answer.NO, remark) for remark in said if remark.sentence.end > opened)
    return [*kept, *(remark for remark in listed if remark is not None)]


def _is_stated(label: str, lexicon: Vocabulary) -> bool:
    """Does a label state something when it is read alone? One that does not is left to be read with its answer."""
    return any(remark for passage in passages_of(label, lexicon) for remark in _read(passage))


def _celled(remarks: list[Remark], cells: Sequence[Cell], text: str) -> list[Remark]:
    """What a label states, as its cell answers it; a sentence that a cell shares with other words states nothing."""
    if not remarks:
        return remarks
    sentence = remarks[0].sentence
    touched = [cell for cell in cells if cell.start < sentence.end and sentence.start < cell.end]
    if not touched:
        return remarks
    cell = touched[0]
    if len(touched) > 1 or sentence.start < cell.start:
        return []
    end = max(sentence.end, cell.end)
    whole = replace(sentence, text=text[cell.start : end], start=cell.start, end=end)
    answered = (_answered_by(cell.answer, remark) for remark in remarks)
    return [replace(remark, sentence=whole) for remark in answered if remark is not None]


def _answered_by(answer: Answer, remark: Remark) -> Remark | None:
    """A yes leaves what the label says; a no denies a thing without time or degree; else nothing is known."""
    if answer is Answer.YES:
        return remark
    bare = remark.value == "present" and remark.certainty is not Certainty.UNCERTAIN and not remark.qualifiers
    if answer is Answer.OPEN or not bare or remark.weeks is not None or remark.began is not None or remark.chronic:
        return None
    return replace(remark, value="absent")


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


def passages_of(text: str, lexicon: Vocabulary, starts: frozenset[int] = frozenset()) -> Iterator[Passage]:
    """The sentences of a text, each with the heading of its list and the sentence before it.

    starts: offsets at which a sentence begins in any case.
    """
    topic: tuple[Mention, ...] = ()
    label: tuple[Mention, ...] = ()
    before: Sentence | None = None
    end = 0
    for sentence in _answered(sentences_of(text, lexicon, _LASTING, starts), text, lexicon):
        gap, end = text[end : sentence.start], sentence.end
        if before is not None and "\n" in text[before.end : sentence.start]:
            label = ()
        if before is not None and text.count("\n", before.end, sentence.start) > 1:
            topic, before = topic if _goes_on(topic, text[before.end : sentence.start]) else (), None
        if ":" in gap:
            topic = _legs(gap, lexicon)  # a heading of a section stands between
        heading = _heading(sentence)
        if heading is not None:
            topic = heading
        own = _label(sentence)
        label = label if own is None else own
        about = (*label, *(each for each in topic if each.kind != "side")) if label and heading is None else topic
        yield Passage(sentence=sentence, scope=Scope(sentence), topic=about, before=before)
        before = sentence


def _legs(gap: str, lexicon: Vocabulary) -> tuple[Mention, ...]:
    """The legs that the heading of a section names, for what is said of them as a whole ("Lower limbs:")."""
    heading = gap[: gap.rindex(":")].replace("\n", ":").rsplit(":", 1)[-1]
    words = words_of(heading)
    mentions = mentions_of(words, lexicon) if len(words) <= _SHORT else []
    return tuple(each for each in mentions if each.kind == "whole-leg")


def _goes_on(topic: Sequence[Mention], gap: str) -> bool:
    """Advice goes on in the list behind a blank line ("Please return if:")."""
    return any(mention.kind == "supposed" for mention in topic) and _ITEM.search(gap) is not None


def _answered(sentences: Sequence[Sentence], text: str, lexicon: Vocabulary) -> Iterator[Sentence]:
    """The sentences, a question and the bare answer behind it as one ("Leg weakness? No." is "leg weakness = no")."""
    asked: Sentence | None = None
    for sentence in sentences:
        if asked is not None and _answers(sentence, asked):
            yield _joined(asked, sentence, text, lexicon)
            asked = None
            continue
        if asked is not None:
            yield asked
        asked = sentence if sentence.words[-1].text == "?" and len(sentence.words) < LONGEST - _SHORT else None
        if asked is None:
            yield sentence
    if asked is not None:
        yield asked


def _answers(sentence: Sentence, asked: Sentence) -> bool:
    words = [word.text for word in sentence.words if word.text not in {".", ","}]
    return 0 < len(words) <= _BARE_ANSWER and _ANSWERING.issuperset(words) and sentence.section == asked.section


def _joined(asked: Sentence, answer: Sentence, text: str, lexicon: Vocabulary) -> Sentence:
    mark = asked.words[-1]
    words = [*asked.words[:-1], Word("=", mark.start, mark.end), *answer.words]
    return replace(
        asked, words=words, mentions=mentions_of(words, lexicon), text=text[asked.start : answer.end], end=answer.end
    )


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
        (remark.weeks, remark.began, remark.chronic, remark.qualifiers),
    )
