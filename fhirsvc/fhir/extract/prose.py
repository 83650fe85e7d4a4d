"""Clinical prose, read by fhir/notes/clinical, as Facts of the protocol's Concepts, as the coded record gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from fhirsvc.domain.evidence import Certainty, Fact, Moment, Presence, Qualifier, Root, Side
from fhirsvc.domain.lexicon import Meaning
from fhirsvc.domain.reading import FactRow
from fhirsvc.fhir.extract.answers import NOT_TOLD, Answer, Question, of_word, question
from fhirsvc.fhir.extract.coding import Said
from fhirsvc.fhir.extract.facts import fact
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Read, Setting
from fhirsvc.fhir.extract.sites import Site
from fhirsvc.fhir.extract.tongue import english
from fhirsvc.fhir.extract.values import Told
from fhirsvc.fhir.notes.clinical import read_note
from fhirsvc.fhir.notes.remark import SPREADING, Remark
from fhirsvc.fhir.notes.words import mentions_of

_QUALIFIERS = frozenset(Qualifier)
_ROOTS = frozenset(Root)
_GRADED = frozenset({"power", "count", "degrees"})
_SENSATION = "sensation"
_GENERAL = frozenset({"leg-power", "leg-weakness", _SENSATION})
"""Subjects that may be said of a leg as a whole."""
_FELT = frozenset({"numbness"})
_FULL_POWER = 5
_OPEN = "unknown"
_UNSIDED = frozenset({"crossed-straight-leg-raise"})
"""Prose seldom tells whether it names the leg that was raised or the one that hurt."""
_LONGEST_WEEKS = 5200
_EXAMINED = frozenset({"sign", "reflex", "power", "count", "degrees"})
_ACUTE = frozenset(
    {"saddle-sensation", "urinary-retention", "overflow-incontinence", "urinary-hesitancy", "bowel-control"}
    | {"sexual-dysfunction", "both-legs-deficit"}
)
"""With what was examined, what is of its day; a complaint, an illness or an operation of a past year may last."""
_PAST_DAY = re.compile(
    r"(?:back )?(?:in|during) (\d{4})\b"
    r"|(?:at |on )?(?:the |his |her )?(?:prior|previous|last|old|earlier) (?:exam|visit|record)"
)
_PAST_YEAR = re.compile(r"\b(?:back )?(?:in|during) (\d{4})\W*$")
_LASTING_ON = re.compile(r"\b(?:since|began|begun|start|onset|from|still|today|now|again|unchanged|remain|persist)")
_DONE = frozenset({"treatment"})
_SIGN_FIRST = re.compile(r"([+-])([0-5])(/5)?")


def read_prose(texts: Mapping[str, str], setting: Setting, language: Language) -> Read:
    """Facts of what the texts of one resource state of its patient.

    texts: place ("content[0]", "note[1]") → text. A Remark without a Concept gives no Fact. A text in another language,
    or too long to be read, is unread.
    """
    texts, foreign = english(texts, setting, language)
    note = read_note(texts, language.reading.clinical)
    told = [(remark.subject, fact) for remark in note.remarks for fact in _facts(remark, setting, language)]
    facts = tuple(dict.fromkeys(_standing(told, language)))
    return Read.all([Read(facts), foreign, *(setting.missed(place, "unread") for place in note.unread)])


def _standing(told: Sequence[tuple[str, Fact]], language: Language) -> Iterator[Fact]:
    """All but the denials that something else in the note narrows.

    One symptom is denied beside another of the same Concept ("no leg numbness, pain down the leg"); a leg is called
    strong, or its sensation intact, beside a muscle that is weak or an area that is numb.
    """
    present = _sorts((subject, each) for subject, each in told if _is_there(each))
    lost = _sorts((subject, each) for subject, each in told if _is_lost(each, language))
    for subject, each in told:
        denied = each.presence is Presence.ABSENT and subject != _SENSATION
        if not (denied and _is_met(subject, each, present)) and not _is_narrowed(subject, each, lost, language):
            yield each


class _Sort(NamedTuple):
    """All that one statement has to say of another: there are few of them, however long a note is."""

    subject: str
    concept: str
    side: Side


def _sorts(told: Iterable[tuple[str, Fact]]) -> tuple[_Sort, ...]:
    return tuple(dict.fromkeys(_Sort(subject, each.concept, each.side) for subject, each in told))


def _is_met(subject: str, each: Fact, present: Iterable[_Sort]) -> bool:
    """Is the same Concept told of the same leg in another way?"""
    others = (other for other in present if other.concept == each.concept and other.subject != subject)
    return any(_meet(each.side, other.side) for other in others)


def _is_narrowed(subject: str, each: Fact, lost: Iterable[_Sort], language: Language) -> bool:
    """Is it a general normal of power or sensation, beside a loss of the same that the same leg is said to have?

    What the patient feels narrows no examination: sensation that was found intact contradicts it.
    """
    if subject not in _GENERAL or each.root or each.area or not _is_normal(each):
        return False
    reads = language.reads(each.concept)
    narrowing = (other for other in lost if other.subject not in _FELT and language.reads(other.concept) == reads)
    alike = (other for other in narrowing if reads == "power" or other.concept == each.concept)
    return any(_meet(each.side, other.side) for other in alike)


def _is_normal(each: Fact) -> bool:
    return each.presence is Presence.ABSENT or each.number == _FULL_POWER


def _is_lost(each: Fact, language: Language) -> bool:
    """Is it a loss that was found: a sign that is there, or power below full?"""
    weak = language.reads(each.concept) == "power" and each.number is not None and each.number < _FULL_POWER
    return (weak or each.presence is Presence.PRESENT) and each.certainty is Certainty.AFFIRMED and not each.family


def _is_there(each: Fact) -> bool:
    return each.presence is Presence.PRESENT and not each.family and each.certainty is not Certainty.HISTORICAL


def _meet(one: Side, other: Side) -> bool:
    """May two sides be of the same leg?"""
    return {one, other} != {Side.LEFT, Side.RIGHT}


def _facts(remark: Remark, setting: Setting, language: Language) -> Iterator[Fact]:
    for row in language.reading.clinical.rows.get(remark.subject, ()):
        if _is_meant(row, remark) and (row.quoted or not _is_quoted(remark, language)):
            for meaning in _meanings(row, remark, language):
                found = _fact(meaning, remark, setting, language)
                if found is not None:
                    yield _dated(_located(found, remark, setting), remark, language)


def _is_meant(row: FactRow, remark: Remark) -> bool:
    """Does a row speak of what this Remark states, and there?"""
    named = all(not areas or not areas.isdisjoint(remark.areas) for areas in (row.areas, row.beside))
    reproduced = not row.reproduces or remark.reproduces in row.reproduces
    there = named and row.without.isdisjoint(remark.areas)
    course = row.spreading in {None, SPREADING in remark.qualifiers} and row.rooted in {None, bool(remark.roots)}
    return remark.value in row.answers and there and reproduced and course


def _is_quoted(remark: Remark, language: Language) -> bool:
    """Does the sentence name a study before the diagnosis, as what that showed ("EMG: left S1 radiculopathy")?"""
    named = [each.first for each in remark.sentence.mentions if each.kind == "diagnosis"]
    studies = (each.first for each in mentions_of(remark.sentence.words, language.reading) if each.kind == "modality")
    return bool(named) and any(study < min(named) for study in studies)


def _meanings(row: FactRow, remark: Remark, language: Language) -> Iterator[Meaning]:
    """One Meaning per named root, else per closed area of the table, else one."""
    roots = [Root(root) for root in remark.roots if root in _ROOTS]
    named = (area for area in remark.areas if not row.areas or area in row.areas)
    closed = (language.reading.clinical.areas.get(area, "") for area in named)
    areas = [area for area in dict.fromkeys(closed if row.area is None else [row.area]) if area]
    meaning = Meaning(concept=row.concept, answer=row.answers[remark.value], qualifiers=tuple(row.qualifiers))
    if remark.roots and not roots:
        return
    if roots:
        yield from (replace(meaning, root=root, area=areas[0] if len(areas) == 1 else "") for root in roots)
    else:
        yield from (replace(meaning, area=area) for area in areas or [""])


def _fact(meaning: Meaning, remark: Remark, setting: Setting, language: Language) -> Fact | None:
    said = Said(meaning=meaning, certainty=remark.certainty, family=remark.family)
    sided = remark.side is not Side.UNKNOWN and meaning.concept not in _UNSIDED
    site = Site(sides=frozenset({remark.side}) if sided else frozenset())
    told = Told(_answer(said, remark, language), sentence=remark.sentence.text)
    found = fact(said, told, site, setting, language, qualifiers=_qualifiers(remark))
    of_its_day = meaning.concept in _ACUTE or language.reads(meaning.concept) in _EXAMINED
    past = of_its_day and _is_past(remark.sentence.text, setting)
    return replace(found, certainty=Certainty.HISTORICAL) if found and past else found


def _is_past(sentence: str, setting: Setting) -> bool:
    """Does a sentence tell of an earlier examination or year, and of nothing since ("In 2019 the jerk was absent.")?"""
    plain = " ".join(sentence.casefold().split())
    found = _PAST_DAY.match(plain) or _PAST_YEAR.search(plain)
    if found is None or _LASTING_ON.search(plain):
        return False
    day = setting.recorded
    return not found[1] or day is None or int(found[1]) < day.first.year


def _answer(said: Said, remark: Remark, language: Language) -> Answer:
    """The grade where its Concept counts in numbers, else the closed word of the row."""
    asked = question(said, language)
    if remark.grade and asked.concept.reads in _GRADED and remark.value != _OPEN:
        graded = of_word(Question(asked.concept, None, function=False), _sign_last(remark.grade), language)
        if graded is not None and graded.number is not None:
            return graded
    return asked.stated or NOT_TOLD


def _sign_last(grade: str) -> str:
    """ "+4/5" is the grade 4+/5."""
    found = _SIGN_FIRST.fullmatch(grade)
    return f"{found[2]}{found[1]}{found[3] or ''}" if found else grade


def _qualifiers(remark: Remark) -> frozenset[Qualifier]:
    words = remark.qualifiers | ({"chronic"} if remark.chronic else set())
    return frozenset(Qualifier(word) for word in words if word in _QUALIFIERS)


def _located(found: Fact, remark: Remark, setting: Setting) -> Fact:
    """The Fact with the sentence's place and offsets, and with the onset that its duration tells."""
    sentence = remark.sentence
    place = f"{remark.place}[sentence {sentence.number}]"
    source = replace(found.source, place=place, start=sentence.start, end=sentence.end)
    return replace(found, source=source, onset=_onset(remark, setting) or found.onset)


def _dated(found: Fact, remark: Remark, language: Language) -> Fact:
    """An operation is of the day it was done, as that of a Procedure is, and not of the note that tells of it."""
    done = remark.began is not None and language.reads(found.concept) in _DONE
    return replace(found, recorded=found.onset) if done and found.onset else found


def _onset(remark: Remark, setting: Setting) -> Moment | None:
    """When it began: the day it is told to have begun, else its weeks before the clinical time; None = not known."""
    if remark.began is not None and setting.recorded is not None:
        days = remark.began.on(setting.recorded.first.date())
        return Moment.days(*days) if days else None
    if remark.weeks is None or remark.weeks > _LONGEST_WEEKS or setting.recorded is None:
        return None
    ago = timedelta(weeks=remark.weeks)
    return Moment(setting.recorded.first - ago, setting.recorded.last - ago)
