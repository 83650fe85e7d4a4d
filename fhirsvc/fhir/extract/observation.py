"""Observation → Facts: one question and its value, or components that each carry a side or a question of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Side, Status
from fhirsvc.domain.lexicon import normalise
from fhirsvc.fhir.extract.answers import Answer, answers_of, qualifiers_in, stated
from fhirsvc.fhir.extract.coding import Said, understand
from fhirsvc.fhir.extract.facts import facts_of
from fhirsvc.fhir.extract.language import Language, Phrase
from fhirsvc.fhir.extract.moments import moment, moment_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE, Site, side_of_field, site_of
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string
from fhirsvc.fhir.notes.sentences import sentences_of

_STATUS = {
    "final": Status.FINAL,
    "amended": Status.FINAL,
    "corrected": Status.FINAL,
    "preliminary": Status.PRELIMINARY,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
_LASTING = frozenset({"symptom", "complaint", "feature", "response", "diagnosis"})


def read_observation(record: Record, language: Language) -> Read:
    """Facts of an Observation and its components; registered and unknown give none (RULES 3.1)."""
    node = record.resource
    status = _STATUS.get(string(node, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment_in(node, "effective"))
    site = site_of(codeables(node, "bodySite"), language)
    understood = understand(child(node, "code"), site, language)
    components = children(node, "component")
    parts = [
        _component(setting, each, number, understood.said, site, language) for number, each in enumerate(components)
    ]
    if not components or _has_answer(node):
        parts.append(_question(setting, node, understood.said, site, language) if understood.said else NOTHING)
    if not understood.said and not any(part.facts for part in parts):
        narrative = _narrative(setting, node, language)
        parts.append(narrative if narrative else setting.missed("code", understood.why, understood.display))
    return Read.all(parts)


def _has_answer(node: Node) -> bool:
    return any(name.startswith("value") for name in node) or bool(children(node, "interpretation"))


def _question(setting: Setting, node: Node, said: Sequence[Said], site: Site, language: Language) -> Read:
    """The Observation's own question; several Concepts of one code are answered alike."""
    return Read.all(_answered(setting, node, each, site, language) for each in said)


def _answered(
    setting: Setting,
    node: Node,
    said: Said,
    site: Site,
    language: Language,
    place: str = "",
    sides: Sequence[Side] = (),
) -> Read:
    answers = answers_of(node, said, language)
    if not answers:
        return setting.missed(place or "value", "unread", said.meaning.concept)
    noted = _noted(setting.record.resource, language)
    setting = _lasting(setting, said, language)
    facts = (
        fact
        for answer in answers
        for fact in facts_of(setting, said, _with(answer, noted), site, language, place=place, sides=sides)
    )
    return Read(facts=tuple(facts))


def _with(answer: Answer, noted: Answer) -> Answer:
    return replace(answer, qualifiers=answer.qualifiers | noted.qualifiers)


def _noted(node: Node, language: Language) -> Answer:
    """What the notes add to the answer."""
    words = [qualifiers_in(string(note, "text"), language) for note in children(node, "note")]
    return Answer(qualifiers=frozenset(word for found in words for word in found))


def _lasting(setting: Setting, said: Said, language: Language) -> Setting:
    """A symptom observed over a Period began with it and was last stated at its end."""
    concept = language.lexicon.concepts.get(said.meaning.concept)
    period = child(setting.record.resource, "effectivePeriod")
    start, end = moment(string(period, "start")), moment(string(period, "end"))
    if concept is None or concept.reads not in _LASTING or start is None:
        return setting
    return replace(setting, onset=start, recorded=end or start)


def _component(
    setting: Setting, node: Node, number: int, parent: Sequence[Said], site: Site, language: Language
) -> Read:
    """A component asks a question of its own, or is the parent's question for one side or place."""
    place, code = f"component[{number}]", child(node, "code")
    understood = understand(code, site, language)
    if understood.said:
        return Read.all(_answered(setting, node, each, site, language, place) for each in understood.said)
    side, where = side_of_field(code, language), site_of([code], language)
    if parent and (side is not None or where != NOWHERE):
        at = _both(site, where)
        sides = () if side is None else (side,)
        return Read.all(_answered(setting, node, each, at, language, place, sides) for each in parent)
    return setting.missed(place, understood.why, understood.display)


def _both(site: Site, where: Site) -> Site:
    return Site(
        sides=site.sides | where.sides,
        structures=site.structures | where.structures,
        areas=where.areas or site.areas,
        roots=where.roots or site.roots,
        raised=site.raised or where.raised,
    )


def _narrative(setting: Setting, node: Node, language: Language) -> Read | None:
    """The value of a code for free text, clause by clause; only clauses that are known phrases say anything."""
    codes = (f"{string(each, 'system')}|{string(each, 'code')}" for each in children(child(node, "code"), "coding"))
    if not any(language.word("narrative", code) for code in codes):
        return None
    text = string(node, "valueString")
    clauses = list(_clauses(text, language))
    facts = tuple(
        fact
        for number, clause, phrase in clauses
        for meaning in phrase.meanings
        for said in (Said(meaning=meaning, sides=phrase.sides, given=phrase.given, certainty=phrase.certainty),)
        for fact in facts_of(
            setting,
            said,
            stated(said, language),
            NOWHERE,
            language,
            place=f"value[sentence {number}]",
            sentence=clause,
        )
        if not meaning.needs_site and not phrase.family
    )
    return Read(facts=facts) if facts else setting.missed("value", "unread")


def _clauses(text: str, language: Language) -> Iterator[tuple[int, str, Phrase]]:
    for sentence in sentences_of(text, language.reading):
        for clause in sentence.text.replace(";", ",").split(","):
            phrase = language.phrase(normalise(clause))
            if phrase is not None:
                yield sentence.number, clause.strip(), phrase
