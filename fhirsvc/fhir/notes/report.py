"""A whole report: its sentences read together, an addendum beating the body, doubtful numbering touching every root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from fhirsvc.domain.evidence import Certainty, Presence, Side
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.notes.ankle import read_ankle
from fhirsvc.fhir.notes.cauda import read_cauda
from fhirsvc.fhir.notes.emg import read_emg
from fhirsvc.fhir.notes.findings import findings_of, gravest, standing
from fhirsvc.fhir.notes.lumbar import Lumbar
from fhirsvc.fhir.notes.scope import Denied, Scope
from fhirsvc.fhir.notes.sentences import SPOKEN, Sentence, sentences_of
from fhirsvc.fhir.notes.statement import CONTACT, EMG_LESION, Finding, Report, Statement, Study
from fhirsvc.fhir.notes.words import levels_of

_FASCIA = "plantar-fascia-thickness-mm"
_SHOWS_ROOTS = frozenset({"MR", "CT", ""})
_LUMBAR = "LS"
_TITLE = 8
"""Words among which a title ends with a colon ("US right heel: ...")."""


def read_report(texts: Mapping[str, str], study: Study, lexicon: ReadingLexicon) -> Report:
    """What the texts of one report state, of a study as far as its code told.

    texts: place ("conclusion", "presentedForm[1]") → text. Words of an indication, a question, a condition or another
    person yield nothing.
    """
    placed = [(place, sentence) for place, text in texts.items() for sentence in sentences_of(text, lexicon)]
    sentences = [sentence for _, sentence in placed]
    study = _completed(study, sentences)
    said, found = _read(placed, study, lexicon)
    said = list(_without_overruled(said, sentences))
    if any(_numbering_uncertain(sentence) for sentence in sentences):
        said = [_doubted(statement) for statement in said]
        found = [replace(each, limited=each.limited or bool(each.roots)) for each in found]
    if any(_calls_normal(sentence) for sentence in sentences):
        said = [_contradicted(statement) for statement in said]
    said += read_cauda(placed, study, lexicon)
    findings = standing(found, sentences)
    return Report(
        study=study,
        statements=tuple(_once([*said, *_unclear(said, findings, placed, study)])),
        named=tuple(found),
        findings=tuple(findings),
        unread=tuple(dict.fromkeys(place for place, sentence in placed if not sentence.is_read)),
    )


def study_named(title: str, lexicon: ReadingLexicon) -> Study:
    """The study that a short name speaks of ("MRI lumbar spine")."""
    return _completed(Study(), sentences_of(title, lexicon))


def study_titled(text: str, lexicon: ReadingLexicon) -> Study:
    """The study that a text is of, as its first sentence says; Study() where that names none."""
    return _completed(Study(), sentences_of(text, lexicon)[:1])


def _read(
    placed: Iterable[tuple[str, Sentence]], study: Study, lexicon: ReadingLexicon
) -> tuple[list[Statement], list[Finding]]:
    """What each sentence of the findings states, and what it names: one reading of its contacts serves both."""
    thick = lexicon.limits.get(_FASCIA)
    said: list[Statement] = []
    found: list[Finding] = []
    earlier: tuple[str, ...] = ()
    for place, sentence in placed:
        if sentence.section in SPOKEN:
            lumbar = Lumbar(Scope(sentence))
            said += [replace(each, place=place) for each in _statements(lumbar, study, thick)]
            found += [replace(each, place=place) for each in findings_of(lumbar, study, thick, earlier)]
            earlier = tuple(levels_of(sentence.mentions)) or earlier
    return said, found


def _statements(lumbar: Lumbar, study: Study, thick: Fraction | None) -> Iterator[Statement]:
    scope = lumbar.scope
    if study.kind == "EMG":
        yield from read_emg(scope, lumbar.naming)
        return
    if study.region in {"lumbar", ""} and not scope.cues("region", "other"):
        yield from (_as_shown(statement, study) for statement in lumbar.statements())
    if study.region in {"ankle", ""}:
        for statement in read_ankle(scope, thick):
            yield replace(statement, side=study.side) if statement.side is Side.UNKNOWN else statement


def _as_shown(statement: Statement, study: Study) -> Statement:
    """A radiograph or ultrasound shows no root, so it neither shows nor denies contact."""
    return statement if study.kind in _SHOWS_ROOTS else statement.unclear()


def _completed(study: Study, sentences: Sequence[Sentence]) -> Study:
    """The study with what its code left open read from the text: the first kind it names as its own, and the region."""
    kind = study.kind or next((kind for sentence in sentences for kind in _kinds(sentence)), "")
    region = study.region or _region(sentences)
    side = study.side if study.side is not Side.UNKNOWN else _titled_side(sentences)
    return Study(kind=kind, region=region, side=side)


def _kinds(sentence: Sentence) -> Iterator[str]:
    """Kinds of study a sentence names, but for the one it compares with or remembers."""
    past = [m.first for m in sentence.mentions if m.kind in {"comparison", "historical"}]
    for mention in sentence.mentions:
        if mention.kind == "modality" and not any(first < mention.first for first in past):
            yield mention.word


def _region(sentences: Sequence[Sentence]) -> str:
    for sentence in sentences:
        if any(mention.kind == "modality" for mention in sentence.mentions):
            for mention in sentence.mentions:
                if mention.kind == "region":
                    return mention.word
    for mention in (mention for sentence in sentences for mention in sentence.mentions):
        if mention.kind in {"level", "segment"} and mention.word[0] in _LUMBAR:
            return "lumbar"
        if mention.kind == "structure":
            return "ankle"
    return ""


def _titled_side(sentences: Sequence[Sentence]) -> Side:
    """The side of the ankle in a title such as "MRI right ankle", where the text names no other."""
    for sentence in sentences:
        colon = next((at for at, word in enumerate(sentence.words[:_TITLE]) if word.text == ":"), len(sentence.words))
        title = [mention for mention in sentence.mentions if mention.first < colon]
        kinds = {mention.kind for mention in title}
        sides = {mention.word for mention in title if mention.kind == "side"}
        if {"modality", "region"} <= kinds and len(sides) == 1 and sides <= {"left", "right"}:
            return Side(sides.pop())
    return Side.UNKNOWN


def _without_overruled(said: Iterable[Statement], sentences: Iterable[Sentence]) -> Iterator[Statement]:
    """An addendum replaces what the body says of the same root unless it says that it adds; a mere correction of the
    side leaves the body's sides open."""
    said = list(said)
    later = [each for each in said if each.sentence.section == "addendum"]
    corrected = any(_corrects_side(sentence) for sentence in sentences)
    for statement in said:
        if statement in later:
            yield statement
        elif any(_overrules(addendum, statement) for addendum in later):
            continue
        elif corrected and not later:
            yield replace(statement, side=Side.UNKNOWN)
        else:
            yield statement


def _overrules(addendum: Statement, body: Statement) -> bool:
    same_root = addendum.root is body.root or addendum.root is None or body.root is None
    return addendum.concept == body.concept and same_root and not addendum.added


def _corrects_side(sentence: Sentence) -> bool:
    return sentence.section == "addendum" and any(mention.kind == "correction" for mention in sentence.mentions)


def _numbering_uncertain(sentence: Sentence) -> bool:
    cues = [mention for mention in sentence.mentions if mention.kind == "numbering"]
    if not cues or sentence.section not in SPOKEN:
        return False
    scope = Scope(sentence)
    return any(scope.standing(cue.first, cue.after).denied is Denied.NO for cue in cues)


def _doubted(statement: Statement) -> Statement:
    """Contact with a named root where the numbering of the vertebrae is uncertain."""
    named = statement.concept == CONTACT and statement.presence is Presence.PRESENT and statement.root is not None
    affirmed = statement.certainty is Certainty.AFFIRMED
    return replace(statement, certainty=Certainty.UNCERTAIN) if named and affirmed else statement


def _calls_normal(sentence: Sentence) -> bool:
    """Does a sentence of the findings call the nerve study normal?"""
    normal = [mention for mention in sentence.mentions if mention.kind == "normal-study"]
    if not normal or sentence.section not in SPOKEN:
        return False
    scope = Scope(sentence)
    return any(scope.standing(cue.first, cue.after).denied is Denied.NO for cue in normal)


def _contradicted(statement: Statement) -> Statement:
    """A root lesion in a nerve study that is called normal: the report says both, so it says neither."""
    lesion = statement.concept == EMG_LESION and statement.presence is Presence.PRESENT
    return statement.unclear() if lesion else statement


def _unclear(
    said: Sequence[Statement], found: Sequence[Finding], placed: Sequence[tuple[str, Sentence]], study: Study
) -> Iterator[Statement]:
    """A lumbar study that was read and says nothing of the roots: one statement, with the gravest thing it found."""
    if study.kind == "EMG" or study.region != "lumbar" or any(each.concept == CONTACT for each in said):
        return
    if (worst := gravest(found)) is not None:
        yield Statement(concept=CONTACT, presence=Presence.UNKNOWN, sentence=worst.sentence, place=worst.place)
        return
    for place, sentence in placed:
        if sentence.section in SPOKEN and _finds_something(sentence):
            yield Statement(concept=CONTACT, presence=Presence.UNKNOWN, sentence=sentence, place=place)
            return


def _finds_something(sentence: Sentence) -> bool:
    found = [mention for mention in sentence.mentions if mention.kind == "finding"]
    scope = Scope(sentence)
    return any(not scope.standing(cue.first, cue.after).supposed for cue in found)


def _once(said: Iterable[Statement]) -> Iterator[Statement]:
    """Each statement of a sentence once."""
    seen: set[tuple[object, ...]] = set()
    for each in said:
        key = (each.place, each.sentence.number, each.concept, each.presence, each.side, each.root, each.certainty)
        if key not in seen:
            seen.add(key)
            yield each
