"""Where on the body something was recorded: sides, structures, sensory areas and roots of a bodySite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from fhirsvc.domain.evidence import Root, Side, agreed_side
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string, system
from fhirsvc.fhir.notes.words import mentions_of, words_of


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a bodySite says; raised: it names the leg that was raised, not the one with the symptom."""

    sides: frozenset[Side] = frozenset()
    structures: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    roots: frozenset[Root] = frozenset()
    raised: bool = False


NOWHERE = Site()

_LATERALITY = "laterality"
_STRUCTURES = ("/bodysite", "bodystructure")
"""How the addresses end of the extensions that refer to a BodyStructure (http://hl7.org/fhir/R4/bodystructure.html)."""


def body_sites(node: Node, dossier: Dossier, container: Node) -> tuple[Node, ...]:
    """The body sites of an element: each with the side that an extension of the element adds, and its BodyStructure.

    container: the resource in which a BodyStructure may be contained.
    """
    sites = codeables(node, "bodySite")
    structures = [
        found
        for each in (node, *sites)
        for extension in children(each, "extension")
        if string(extension, "url").casefold().endswith(_STRUCTURES)
        if (found := dossier.resource(string(child(extension, "valueReference"), "reference"), container))
    ]
    lateral = _lateral(node)
    read = [*sites, *map(_of_structure, structures)]
    if not lateral:
        return tuple(read)
    return tuple({**site, "extension": [*children(site, "extension"), *lateral]} for site in read or [{}])


def _of_structure(structure: Node) -> Node:
    """A BodyStructure as the body site it stands for: its location with its qualifiers."""
    location = child(structure, "location")
    qualifiers = [coding for each in children(structure, "locationQualifier") for coding in children(each, "coding")]
    return {"coding": [*children(location, "coding"), *qualifiers], "text": string(location, "text")}


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
    found = {word for text in _texts(node) if (word := _side_word(text, language))}
    return Side(found.pop()) if len(found) == 1 else None


def _side_word(text: str, language: Language) -> str:
    """The side that a code, or a text that says nothing else, means."""
    return language.word("side", text) or language.word("side-letter", text)


def _site(node: Node, language: Language) -> Site:
    return _site_named(tuple(_texts(node)), language)


@lru_cache(maxsize=4_096)
def _site_named(texts: tuple[str, ...], language: Language) -> Site:
    """The same few sites come again and again, and reading one takes as long as reading an answer."""
    words = [(text, rest, sides) for text in texts for rest, sides in _spoken(text, language)]
    sides = {side for _, _, named in words for side in named}
    sides |= {Side(word) for text in texts if (word := _side_word(text, language))}
    keys = {key for text, rest, _ in words for key in (text, rest)}
    return Site(
        sides=frozenset({agreed_side(sides) or Side.UNKNOWN} if sides else ()),
        structures=frozenset(word for key in keys if (word := language.word("site", key))),
        areas=frozenset(word for key in keys if (word := language.word("area", key))),
        roots=frozenset(Root(word) for key in keys if (word := language.word("root", key))),
        raised=any(_says_raised(text, language) for text in texts),
    )


def _texts(node: Node) -> list[str]:
    """The codes as "system|code", the displays and the text, those of a qualifier for its side among them."""
    found = [string(node, "text")]
    for coding in (*children(node, "coding"), *_qualifying(node)):
        found += [f"{system(coding)}|{string(coding, 'code')}", string(coding, "display")]
    for each in _lateral(node):
        found += [string(each, "valueString"), string(child(each, "valueCodeableConcept"), "text")]
    return [text for text in found if text and text != "|"]


def _qualifying(node: Node) -> Iterator[Node]:
    for extension in _lateral(node):
        yield from children(child(extension, "valueCodeableConcept"), "coding")
        yield child(extension, "valueCoding")


def _lateral(node: Node) -> list[Node]:
    """Extensions for the side, whoever defined them (mCODE has one for body sites)."""
    return [each for each in children(node, "extension") if _LATERALITY in string(each, "url").casefold()]


def _spoken(text: str, language: Language) -> list[tuple[str, tuple[Side, ...]]]:
    """A text with and without its sides; a code ("system|RT-S1") is no text and names none by its letters."""
    return [(text, ())] if "|" in text else [(text, ()), *language.without_sides(text, letters=True)]


def _says_raised(text: str, language: Language) -> bool:
    return any(mention.kind == "raised" for mention in mentions_of(words_of(text), language.reading))
