"""Observation: a finding, a question with its answer, a panel of components per side or question, or a study's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fhirsvc.domain.evidence import Fact, Person, Qualifier, Side, Status
from fhirsvc.domain.reading import pattern
from fhirsvc.fhir.extract.answers import question
from fhirsvc.fhir.extract.coding import Said, Understood, understand
from fhirsvc.fhir.extract.facts import fact, statement
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment_in
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.report_text import read_texts, study_of
from fhirsvc.fhir.extract.sites import Site, side_of_field, site_beside
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string, system
from fhirsvc.fhir.extract.values import Told, findings_by_side, has_value, qualifiers_of, told_in, value_meaning
from fhirsvc.fhir.notes import Study

STATUSES = {
    "final": Status.FINAL,
    "amended": Status.FINAL,
    "corrected": Status.FINAL,
    "preliminary": Status.PRELIMINARY,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
"""registered and unknown are no fact (RULES 3.1)."""

_SIGNS = frozenset({"sign", "reflex", "power"})


def read_observation(record: Record, person: Person, language: Language) -> Read:  # noqa: ARG001 (one shape for all readers)
    """Facts of one Observation; `issued` never orders them (RULES 3.4)."""
    node = record.resource
    status = STATUSES.get(string(node, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment_in(node, "effective"))
    site = site_beside(child(node, "code"), codeables(node, "bodySite"), language)
    return _Panel(setting, site, language).read()


class _Panel:
    """One Observation with its components."""

    def __init__(self, setting: Setting, site: Site, language: Language) -> None:
        self._node = setting.record.resource
        self._setting = setting
        self._site = site
        self._language = language
        self._asked = understand(child(self._node, "code"), site, language)
        self._qualifiers = self._noted()

    def read(self) -> Read:
        """The Observation's own answer, unless only its components answer; and theirs."""
        parts = children(self._node, "component")
        read = [self._component(part, f"component[{index}]") for index, part in enumerate(parts)]
        if not parts or has_value(self._node):
            read.insert(0, self._part(self._node, self._asked, self._site, ""))
        return Read.all(read)

    def _noted(self) -> frozenset[Qualifier]:
        notes = (string(note, "text") for note in children(self._node, "note"))
        return frozenset(each for note in notes for each in qualifiers_of(note, self._language))

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
            return Read(tuple(self._facts(stated, site, place)))
        if reported := self._reported(node, place):
            return reported
        if self._is_narrative() and has_value(node):
            return self._setting.missed(f"{place}.value" if place else "value", "unread")
        return self._setting.missed(place or "code", understood.why, understood.display)

    def _stated_by_value(self, node: Node, understood: Understood, site: Site) -> list[tuple[Said, Told]]:
        """Findings that the value itself states, under a general code or heading; under an unknown code only signs.

        A code that is not understood may ask after the family, a risk or a suspicion, whose answers are no signs.
        """
        text = string(node, "valueString")
        said = value_meaning(node, site, self._language).said or findings_by_side(text, site, self._language)
        if understood.why == "unmapped" and not self._is_narrative():
            said = tuple(each for each in said if self._is_sign(each) and not self._asks_elsewhere())
        return [(each, replace(statement(each, self._language), sentence=text)) for each in said]

    def _is_sign(self, said: Said) -> bool:
        known = self._language.lexicon.concepts.get(said.meaning.concept)
        return known is not None and known.reads in _SIGNS and bool(said.meaning.answer)

    def _asks_elsewhere(self) -> bool:
        heading = " ".join(pattern(string(child(self._node, "code"), "text")))
        return self._language.reading.sections.get(heading, "body") != "body"

    def _answered(self, said: Said, node: Node, site: Site, place: str) -> Read:
        asked = question(said, self._language)
        told = told_in(node, asked, site, self._language)
        facts = tuple(self._facts([(said, each) for each in told], site, place))
        if all(each.understood for each in told):
            return Read(facts)
        where = f"{place}.value" if place else "value"
        return Read.all([Read(facts), self._setting.missed(where, "unread", asked.concept.display)])

    def _facts(self, told: list[tuple[Said, Told]], site: Site, place: str) -> Iterator[Fact]:
        """One Fact per answer; several answers of one value stand at places of their own."""
        for index, (said, each) in enumerate(told, start=1):
            where = f"{place or 'value'}[{index}]" if len(told) > 1 else place
            found = fact(said, each, site, self._setting, self._language, place=where, qualifiers=self._qualifiers)
            if found is not None:
                yield found

    def _reported(self, node: Node, place: str) -> Read | None:
        """The text of a study that is sent as an Observation."""
        text = string(node, "valueString")
        study = study_of(child(node, "code"), self._language) if text else Study()
        if not study.kind:
            return None
        where = f"{place}.valueString" if place else "valueString"
        return read_texts({where: text}, study, self._setting, self._language)

    def _is_narrative(self) -> bool:
        """Is this the heading of a part of the examination ("reflexes"), under which text stands?"""
        codings = children(child(self._node, "code"), "coding")
        keys = (f"{system(coding)}|{string(coding, 'code')}" for coding in codings)
        return any(self._language.word("narrative", key) for key in keys)


def _own_sides(said: Said) -> Iterator[Side]:
    if said.meaning.side is not None:
        yield said.meaning.side
