"""A CodeableConcept into Meanings: its codes, text and displays are voices that must not contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Certainty, Side, agreed_side
from fhirsvc.domain.lexicon import Meaning
from fhirsvc.fhir.extract.durations import Lasting
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.sites import Site
from fhirsvc.fhir.extract.tree import Node, children, string, system

OWN = "https://fhirsvc.example/fhir/CodeSystem/concept"
"""The CodeSystem of our own Concepts; a sender that uses it means its definitions."""

_OF_A_ROOT = frozenset({"leg-power", "leg-sensation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One Meaning with what stood around it. own: coded with our own CodeSystem, or mapped to it.

    given: an answer word in the text.  lasting: how long it has been there, as the text tells.
    """

    meaning: Meaning
    sides: tuple[Side, ...] = ()
    given: str = ""
    certainty: Certainty = Certainty.AFFIRMED
    family: bool = False
    own: bool = False
    lasting: Lasting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a CodeableConcept says: one Said per Concept (and per root or area where several are named).

    why: when nothing was understood: unmapped | needs-site | corroborate.  display: what the sender called it.
    coding: system and code of its first Coding then.
    """

    said: tuple[Said, ...] = ()
    why: str = ""
    display: str = ""
    coding: tuple[str, str] = ("", "")


def understand(node: Node, site: Site, language: Language) -> Understood:
    """Every Concept that a CodeableConcept, recorded at a site, is about."""
    voices = list(_voices(node, language))
    heard = [said for voice in voices for said in voice if _is_at(said.meaning, site)]
    firm = [said for said in heard if not said.meaning.corroborate or _agrees(said, voices)]
    family = any(_is_family(coding, language) for coding in children(node, "coding"))
    said = tuple(replace(each, family=True) if family else each for each in _merged(firm))
    if said:
        return Understood(said=said)
    why = "corroborate" if heard else "needs-site" if any(voices) else "unmapped"
    return Understood(why=why, display=display_of(node), coding=first_coding(node))


def _voices(node: Node, language: Language) -> Iterator[tuple[Said, ...]]:
    """One voice per code, per text; a display is heard where its code is not understood or needs another to agree."""
    for coding in children(node, "coding"):
        coded = _coded(coding, language)
        yield coded
        if not coded or all(said.meaning.corroborate for said in coded):
            yield _spoken(string(coding, "display"), language)
    yield _spoken(string(node, "text"), language)


def _coded(coding: Node, language: Language) -> tuple[Said, ...]:
    named, code = system(coding), string(coding, "code")
    side = language.word("side", f"{named}|{code}")
    sides = (Side(side),) if side else ()
    own = named == OWN or (named, code) in language.lexicon.defined
    return tuple(Said(meaning=meaning, sides=sides, own=own) for meaning in language.lexicon.of_code(named, code))


def _spoken(text: str, language: Language) -> tuple[Said, ...]:
    phrase = language.phrase(text) if text else None
    if phrase is None:
        return ()
    return tuple(
        Said(
            meaning=meaning,
            sides=phrase.sides,
            given=phrase.given,
            certainty=phrase.certainty,
            family=phrase.family,
            lasting=phrase.lasting,
        )
        for meaning in phrase.meanings
    )


def _is_at(meaning: Meaning, site: Site) -> bool:
    """A general examination code counts where the site names the structure, or the root of leg power or sensation."""
    if not meaning.needs_site or not site.structures.isdisjoint(meaning.needs_site):
        return True
    return bool(site.roots) and meaning.concept in _OF_A_ROOT


def _agrees(said: Said, voices: Iterable[Sequence[Said]]) -> bool:
    """Does another voice name the same Concept, and no other answer? (terminology README, XREF rows)"""
    others = [other.meaning for voice in voices if said not in voice for other in voice]
    return any(other.concept == said.meaning.concept and other.answer == said.meaning.answer for other in others)


def _is_family(coding: Node, language: Language) -> bool:
    """A family-history code makes the whole statement one about the family; ICD-10 codes by their category."""
    named, code = system(coding), string(coding, "code")
    return any(language.word("family", f"{named}|{each}") for each in (code, code.split(".")[0]))


def _merged(said: Sequence[Said]) -> Iterator[Said]:
    """What several voices say of one Concept as one; areas or roots that differ stay apart."""
    by_concept: dict[str, list[Said]] = {}
    for each in said:
        by_concept.setdefault(each.meaning.concept, []).append(each)
    for group in by_concept.values():
        places = dict.fromkeys((each.meaning.area, each.meaning.root) for each in group if _is_placed(each))
        for area, root in places or {("", None): None}:
            yield _one(
                [
                    each
                    for each in group
                    if not _is_placed(each) or (each.meaning.area, each.meaning.root) == (area, root)
                ]
            )


def _is_placed(said: Said) -> bool:
    return bool(said.meaning.area) or said.meaning.root is not None


def _one(group: Sequence[Said]) -> Said:
    first = group[0]
    if len(group) == 1 and not (first.sides or first.meaning.corroborate or first.meaning.needs_site):
        return first
    meanings = [each.meaning for each in group]
    answers = {meaning.answer for meaning in meanings if meaning.answer}
    side = agreed_side(
        [side for each in group for side in each.sides] + [m.side for m in meanings if m.side is not None]
    )
    meaning = replace(
        meanings[0],
        answer=answers.pop() if len(answers) == 1 else "unknown" if answers else "",
        side=side,
        root=next((m.root for m in meanings if m.root), None),
        area=next((m.area for m in meanings if m.area), ""),
        qualifiers=tuple(sorted({word for m in meanings for word in m.qualifiers})),
        corroborate=False,
        needs_site=(),
    )
    doubts = {each.certainty for each in group} - {Certainty.AFFIRMED}
    return Said(
        meaning=meaning,
        given=next((each.given for each in group if each.given), ""),
        certainty=min(doubts, key=_DOUBTFUL.index) if doubts else Certainty.AFFIRMED,
        family=any(each.family for each in group),
        own=any(each.own for each in group),
        lasting=next((each.lasting for each in group if each.lasting), None),
    )


_DOUBTFUL = (Certainty.HYPOTHETICAL, Certainty.HISTORICAL, Certainty.UNCERTAIN)


def first_coding(node: Node) -> tuple[str, str]:
    """System and code of the first Coding that has a code; empty strings when there is none."""
    coded = ((system(coding), string(coding, "code")) for coding in children(node, "coding"))
    return next((each for each in coded if each[1]), ("", ""))


def display_of(node: Node) -> str:
    """What the sender called a CodeableConcept."""
    return string(node, "text") or next((string(coding, "display") for coding in children(node, "coding")), "")
