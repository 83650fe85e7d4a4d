"""A question with its answer, alone or as components: what an Observation, or an item of a form, says at one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Fact, Presence, Qualifier, Side, agreed_side
from fhirsvc.domain.reading import pattern
from fhirsvc.fhir.extract.answers import NOT_TOLD, question
from fhirsvc.fhir.extract.coding import Said, Understood, display_of, first_coding, understand
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import NOTHING, Read, Setting
from fhirsvc.fhir.extract.report_text import read_texts, study_of
from fhirsvc.fhir.extract.sites import Site, side_of_field
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string, system
from fhirsvc.fhir.extract.values import Told, findings_by_side, has_value, qualifiers_of, told_in, value_meaning
from fhirsvc.fhir.notes import Study

_SIGNS = frozenset({"sign", "reflex", "power"})
_STATED = frozenset({"complaint", "symptom", "feature", *_SIGNS})
"""What text under a heading that is not understood may state; a diagnosis there may be a suspicion."""
_SILENT = frozenset({"question", "family", "plan", "instructions"})
_SENTENCE = 4
"""Words from which on a value is read as prose where it is no phrase."""
_SHORT = 60


class Panel:
    """One question with its answer, and its components.

    node: an Observation, or what is shaped like one: code, value[x], interpretation, component, note.
    """

    def __init__(self, node: Node, setting: Setting, site: Site, language: Language) -> None:
        self._node = node
        self._setting = setting
        self._site = site
        self._language = language
        self._asked = understand(child(node, "code"), site, language)
        self._qualifiers = self._noted()

    def read(self) -> Read:
        """Its own answer, unless only its components or members answer; theirs; and what its notes state."""
        parts = children(self._node, "component")
        read = [self._component(part, f"component[{index}]") for index, part in enumerate(parts)]
        if not (parts or children(self._node, "hasMember")) or has_value(self._node):
            read.insert(0, self._part(self._node, self._asked, self._site, ""))
        return Read.all([*read, self._prose_of_notes()])

    def _noted(self) -> frozenset[Qualifier]:
        notes = (string(note, "text") for note in children(self._node, "note"))
        return frozenset(each for note in notes for each in qualifiers_of(note, self._language))

    def _prose_of_notes(self) -> Read:
        notes = children(self._node, "note")
        texts = {f"note[{index}].text": string(note, "text") for index, note in enumerate(notes)}
        return self._prose({place: text for place, text in texts.items() if text}, self._site) if texts else NOTHING

    def _prose(self, texts: dict[str, str], site: Site) -> Read:
        """Facts of prose at this place, on the side of its body site; prose of the other side contradicts it."""
        read = read_prose(texts, self._setting, self._language)
        return replace(read, facts=tuple(_at(fact, site) for fact in read.facts))

    def _component(self, node: Node, place: str) -> Read:
        """A component asks its own question, or the Observation's for one side."""
        code = child(node, "code")
        if (side := side_of_field(code, self._language)) is not None:
            return self._part(node, self._asked, self._for_side(side), place)
        understood = understand(code, self._site, self._language)
        own = {each for said in understood.said for each in _own_sides(said)}
        narrowed = replace(self._site, sides=frozenset()) if own and self._covers_both() else self._site
        return self._part(node, understood, narrowed, place)

    def _for_side(self, side: Side) -> Site:
        """The Observation's site on one side; a site on the other side contradicts it."""
        sides = frozenset({side}) if self._covers_both() else self._site.sides | {side}
        return replace(self._site, sides=sides)

    def _covers_both(self) -> bool:
        return self._site.sides <= {Side.BOTH}

    def _part(self, node: Node, understood: Understood, site: Site, place: str) -> Read:
        if understood.said:
            return Read.all(self._answered(said, node, site, place) for said in understood.said)
        if stated := self._stated_by_value(node, understood, site):
            return Read.all([Read(tuple(self._facts(stated, site, place))), self._missed_in(stated, node, place)])
        if reported := self._reported(node, place):
            return reported
        if told := self._told_at_length(node, site, place):
            return told
        if has_value(node) and self._is_narrative():
            return self._setting.missed(f"{place}.value" if place else "value", "unread")
        return self._setting.missed(place or "code", understood.why, understood.display, understood.coding)

    def _stated_by_value(self, node: Node, understood: Understood, site: Site) -> list[tuple[Said, Told]]:
        """Findings that the value itself states, under a general code or heading; under an unknown code only signs.

        A code that is not understood may ask after the family, a risk or a suspicion, whose answers are no signs.
        """
        text = string(node, "valueString")
        said = value_meaning(node, site, self._language).said or findings_by_side(text, site, self._language)
        if understood.why == "unmapped" and not self._is_narrative():
            said = tuple(each for each in said if self._is_sign(each) and not self._asks_elsewhere(node))
        return [(each, replace(statement(each, self._language), sentence=text)) for each in said]

    def _is_sign(self, said: Said) -> bool:
        return self._language.reads(said.meaning.concept) in _SIGNS and bool(said.meaning.answer)

    def _asks_elsewhere(self, node: Node) -> bool:
        """Does a heading here speak of something else than the patient's findings of today?"""
        sections = self._language.reading.sections
        return any(sections.get(heading, "body") != "body" for heading in self._headings(node))

    def _is_silent(self, node: Node) -> bool:
        """Is this a heading below which nothing is stated of the patient?"""
        report, clinical = self._language.reading.sections, self._language.reading.clinical.sections
        headings = self._headings(node)
        return any(report.get(each) in _SILENT or clinical.get(each) in _SILENT for each in headings)

    def _headings(self, node: Node) -> set[str]:
        codes = (child(self._node, "code"), child(node, "code"))
        texts = [string(code, "text") for code in codes]
        texts += [string(coding, "display") for code in codes for coding in children(code, "coding")]
        return {" ".join(pattern(text)) for text in texts if text}

    def _answered(self, said: Said, node: Node, site: Site, place: str) -> Read:
        asked = question(said, self._language)
        told = told_in(node, asked, site, self._language)
        if asked.concept.reads == "degrees" and self._is_measured_otherwise():
            told = [Told(NOT_TOLD, understood=False)]
        facts = tuple(self._facts([(said, each) for each in told], site, place))
        if all(each.understood for each in told):
            return Read(facts)
        prose = self._in_prose(node, site, place)
        if any(each.concept == said.meaning.concept and each.presence is not Presence.UNKNOWN for each in prose.facts):
            return prose
        return Read.all([Read(facts), self._missed_value(node, place, asked.concept.display), prose])

    def _missed_in(self, told: list[tuple[Said, Told]], node: Node, place: str) -> Read:
        """The note that a value states something with an answer that says too little."""
        if all(each.understood for _, each in told):
            return NOTHING
        return self._missed_value(node, place, "")

    def _missed_value(self, node: Node, place: str, otherwise: str) -> Read:
        """The note that a value was not understood, shown by what the sender called it, else by something else."""
        value = child(node, "valueCodeableConcept") or next(iter(codeables(node, "interpretation")), {})
        display = display_of(value) or string(node, "valueString")
        shown = display if 0 < len(display) <= _SHORT else otherwise
        return self._setting.missed(f"{place}.value" if place else "value", "unread", shown, first_coding(value))

    def _is_measured_otherwise(self) -> bool:
        """Is the range of the ankle one with a bent knee, which the protocol does not ask for (RULES 3.2 COMP)?"""
        method = child(self._node, "method")
        texts = [string(method, "text"), *(string(coding, "display") for coding in children(method, "coding"))]
        return any(self._language.word("method", text) for text in texts)

    def _in_prose(self, node: Node, site: Site, place: str) -> Read:
        text = string(node, "valueString")
        if len(text.split(None, _SENTENCE)) < _SENTENCE:
            return NOTHING
        return self._prose({f"{place}.valueString" if place else "valueString": text}, site)

    def _told_at_length(self, node: Node, site: Site, place: str) -> Read | None:
        """What a text under a heading states; under one that is not understood, a diagnosis is only possible."""
        text = string(node, "valueString")
        if not text or self._is_silent(node):
            return None
        narrative = self._is_narrative()
        where = f"{place}.valueString" if place else "valueString"
        read = self._prose({where: text}, site) if narrative else self._in_prose(node, site, place)
        if not narrative:
            told = self._concepts_under_heading(node, text)
            facts = (self._unsure(each) for each in read.facts if each.concept in told)
            read = replace(read, facts=tuple(facts))
        return read if read.facts or read.unread else None

    def _concepts_under_heading(self, node: Node, text: str) -> frozenset[str]:
        """What the text states where it is read on from its heading, which may ask or warn ("red flags discussed")."""
        read = read_prose({"": f"{display_of(child(node, 'code'))}: {text}"}, self._setting, self._language)
        return frozenset(each.concept for each in read.facts)

    def _unsure(self, found: Fact) -> Fact:
        surely = self._language.reads(found.concept) in _STATED or found.certainty is not Certainty.AFFIRMED
        return found if surely else replace(found, certainty=Certainty.UNCERTAIN)

    def _facts(self, told: list[tuple[Said, Told]], site: Site, place: str) -> Iterator[Fact]:
        """One Fact per answer; several answers of one value stand at places of their own."""
        for index, (said, each) in enumerate(told, start=1):
            where = f"{place or 'value'}[{index}]" if len(told) > 1 else place
            found = fact(said, each, site, self._setting, self._language, place=where, qualifiers=self._qualifiers)
            if found is not None:
                yield found

    def _reported(self, node: Node, place: str) -> Read | None:
        """The text of a study that is sent as an Observation; its method may say which kind of study."""
        text = string(node, "valueString")
        code, method = child(node, "code"), display_of(child(self._node, "method"))
        study = study_of(code, self._language) if text else Study()
        if text and method and not study.kind:
            study = study_of({**code, "text": f"{method} {display_of(code)}"}, self._language)
        if not study.kind:
            return None
        where = f"{place}.valueString" if place else "valueString"
        return read_texts({where: text}, study, self._setting, self._language)

    def _is_narrative(self) -> bool:
        """Is this the heading of a part of the history or examination ("reflexes"), under which text stands?"""
        code = child(self._node, "code")
        keys = [f"{system(coding)}|{string(coding, 'code')}" for coding in children(code, "coding")]
        keys += [string(code, "text"), *(string(coding, "display") for coding in children(code, "coding"))]
        return any(self._language.word("narrative", key) for key in keys if key)


def _own_sides(said: Said) -> Iterator[Side]:
    if said.meaning.side is not None:
        yield said.meaning.side


def _at(found: Fact, site: Site) -> Fact:
    sides = site.sides | ({found.side} - {Side.UNKNOWN})
    return replace(found, side=agreed_side(sides) or Side.UNKNOWN) if sides else found
