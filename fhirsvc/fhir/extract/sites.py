"""Where on the body something was recorded: sides, structures, sensory areas and roots of a bodySite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fhirsvc.domain.evidence import Root, Side, agreed_side
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.tree import Node, children, string, system
from fhirsvc.fhir.notes.words import words_of


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a bodySite says; raised: it names the leg that was raised, not the one with the symptom."""

    sides: frozenset[Side] = frozenset()
    structures: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    roots: frozenset[Root] = frozenset()
    raised: bool = False


NOWHERE = Site()


def site_of(sites: Iterable[Node], language: Language) -> Site:
    """All body sites of an element together; left and right beside each other are both."""
    read = [_site(each, language) for each in sites]
    if not read:
        return NOWHERE
    return Site(
        sides=_together({side for site in read for side in site.sides}),
        structures=frozenset(each for site in read for each in site.structures),
        areas=frozenset(each for site in read for each in site.areas),
        roots=frozenset(each for site in read for each in site.roots),
        raised=any(site.raised for site in read),
    )


def site_beside(code: Node, sites: Iterable[Node], language: Language) -> Site:
    """The body sites; without any, the place that is all the code's text says (R20.0, "perineal region")."""
    sites = tuple(sites)
    if sites or not children(code, "coding"):
        return site_of(sites, language)
    said = _site({"text": string(code, "text")}, language)
    return said if said.structures or said.areas else NOWHERE


def _together(sides: set[Side]) -> frozenset[Side]:
    return frozenset({Side.BOTH}) if {Side.LEFT, Side.RIGHT} <= sides <= set(_KNOWN) else frozenset(sides)


_KNOWN = (Side.LEFT, Side.RIGHT, Side.BOTH)


def side_of_field(node: Node, language: Language) -> Side | None:
    """The side that a CodeableConcept is made of, where it says nothing else ("left", L)."""
    found = {
        word
        for text in _texts(node)
        for word in (language.word("side", text) or language.word("side-letter", text),)
        if word
    }
    return Side(found.pop()) if len(found) == 1 else None


def _site(node: Node, language: Language) -> Site:
    texts = _texts(node)
    words = [(text, rest, sides) for text in texts for rest, sides in _spoken(text, language)]
    sides = {side for _, _, named in words for side in named}
    sides |= {side for side in (side_of_field(node, language),) if side is not None}
    keys = {key for text, rest, _ in words for key in (text, rest)}
    return Site(
        sides=frozenset({agreed_side(sides) or Side.UNKNOWN} if sides else ()),
        structures=frozenset(word for key in keys if (word := language.word("site", key))),
        areas=frozenset(word for key in keys if (word := language.word("area", key))),
        roots=frozenset(Root(word) for key in keys if (word := language.word("root", key))),
        raised=any(_says_raised(text, language) for text in texts),
    )


def _texts(node: Node) -> list[str]:
    """The codes as "system|code", the displays and the text."""
    found = [string(node, "text")]
    for coding in children(node, "coding"):
        found += [f"{system(coding)}|{string(coding, 'code')}", string(coding, "display")]
    return [text for text in found if text and text != "|"]


def _spoken(text: str, language: Language) -> list[tuple[str, tuple[Side, ...]]]:
    """A text with and without its sides."""
    return [(text, ()), *language.without_sides(text, letters=True)]


def _says_raised(text: str, language: Language) -> bool:
    return any(term.word == "raised" for word in words_of(text) for term in language.reading.starting(word.text))
