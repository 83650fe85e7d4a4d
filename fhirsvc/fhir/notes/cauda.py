"""Compression of the cauda equina in a whole report: excluded by closed sentences only, and shown by any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fhirsvc.domain.evidence import Certainty, Presence
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.notes.scope import Denied, Scope
from fhirsvc.fhir.notes.sentences import SPOKEN, Sentence
from fhirsvc.fhir.notes.statement import CAUDA_EQUINA, Statement, Study

_EXCLUDES = frozenset({"MR", "CT"})
_SHOWS = frozenset({"MR", "CT", ""})
_REGIONS = frozenset({"lumbar", ""})
_NEAR = 6
_NAMING = frozenset({"syndrome", "sac"})
_LIMITS = frozenset({"limited", "correction"})
_HEADING = frozenset({"modality", "region"})


def read_cauda(placed: Sequence[tuple[str, Sentence]], study: Study, lexicon: ReadingLexicon) -> Iterator[Statement]:
    """Statements on the cauda equina of one report.

    Absent only where a sentence of the closed list stands as a whole in the findings of a MR or CT, no other sentence
    speaks of the cauda equina in any section, and nothing says that the study was limited. Present where a sentence of
    the findings affirms or doubts compression.
    """
    if study.kind not in _SHOWS or study.region not in _REGIONS:
        return
    excluding = [(place, sentence) for place, sentence in placed if _excludes(sentence, lexicon)]
    for place, sentence in placed:
        if sentence.section in SPOKEN and (place, sentence) not in excluding:
            yield from _shown(sentence, place)
    others = (sentence for place, sentence in placed if (place, sentence) not in excluding)
    if study.kind in _EXCLUDES and not any(_undoes(sentence, lexicon) for sentence in others):
        for place, sentence in excluding:
            yield Statement(concept=CAUDA_EQUINA, presence=Presence.ABSENT, sentence=sentence, place=place)


def _excludes(sentence: Sentence, lexicon: ReadingLexicon) -> bool:
    return sentence.section in SPOKEN and not sentence.under and _whole(sentence) in lexicon.rule_outs


def _whole(sentence: Sentence) -> tuple[str, ...]:
    """The words of a sentence without its full stop, and without the study before a colon ("MRI lumbar spine:")."""
    texts = [word.text for word in sentence.words]
    colon = texts.index(":") if ":" in texts else -1
    named = {at for m in sentence.mentions if m.kind in _HEADING for at in range(m.first, m.after)}
    first = colon + 1 if all(at in named for at in range(colon)) else 0
    return tuple(texts[first:-1] if texts[-1] == "." else texts[first:])


def _undoes(sentence: Sentence, lexicon: ReadingLexicon) -> bool:
    """Does another sentence speak of the cauda equina, limit the study, take the report back, or stay unread?"""
    if not sentence.is_read or any(mention.kind in _LIMITS for mention in sentence.mentions):
        return True
    return _whole(sentence) not in lexicon.beside and any(
        mention.kind in {"sac", "syndrome"} and mention.word == "cauda" for mention in sentence.mentions
    )


def _shown(sentence: Sentence, place: str) -> Iterator[Statement]:
    """Compression that a sentence affirms or doubts; one long past is neither."""
    kinds = {mention.kind for mention in sentence.mentions}
    if kinds.isdisjoint(_NAMING):
        return
    scope = Scope(sentence)
    if scope.cues("region", "other"):
        return
    for first, after in _named(scope):
        standing = scope.standing(first, after)
        firmly_denied = standing.denied is Denied.YES and not standing.uncertain
        if not (standing.supposed or standing.historical or firmly_denied):
            doubtful = standing.uncertain or standing.denied is not Denied.NO
            yield Statement(
                concept=CAUDA_EQUINA,
                presence=Presence.PRESENT,
                sentence=sentence,
                place=place,
                certainty=Certainty.UNCERTAIN if doubtful else Certainty.AFFIRMED,
            )
            return


def _named(scope: Scope) -> Iterator[tuple[int, int]]:
    """Where compression of the cauda equina is named: as one phrase, or as a word of contact close to it."""
    yield from ((cue.first, cue.after) for cue in scope.cues("syndrome"))
    for contact in scope.cues("contact", "contact"):
        for cauda in scope.cues("sac", "cauda"):
            between = scope.texts(min(contact.after, cauda.after), max(contact.first, cauda.first))
            begin, end = scope.clause(contact.first)
            near = begin <= cauda.first < end and len(between) <= _NEAR and "," not in between
            if near and not scope.cues("contact", "clear"):
                yield contact.first, contact.after
