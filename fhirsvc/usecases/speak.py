"""Speak a sender's language: the shipped terminology, and what the sender's ConceptMap adds to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fhirsvc.domain.concept_map import TEXTS, Element
from fhirsvc.domain.errors import Issue, Refused
from fhirsvc.domain.evidence import Certainty
from fhirsvc.domain.lexicon import Lexicon, Meaning
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.concept_map import elements_of, version_of
from fhirsvc.fhir.extract.language import Language, Phrase, language_of
from fhirsvc.knowledge.concept_maps import lexicon_with
from fhirsvc.knowledge.faults import Fault, Faulty

_SHOWN = 12
_NOTHING_ELSE = "Take the element away: a map adds to what is read and never changes it."


def file_of(tenant: str) -> str:
    """What the map of a sender is called where a fault of it is told."""
    return f"concept-maps/{tenant}.json"


def lexicon_of(shipped: Lexicon, reading: ReadingLexicon, body: bytes, tenant: str) -> Lexicon:
    """The Lexicon of a sender with this ConceptMap; its version and digest name both.

    reading: by which the shipped Lexicon understands more texts than it holds, and none of them may be mapped away.
    Raises Faulty with everything that is wrong in the map, by the FHIR model or by our own rules.
    """
    file = file_of(tenant)
    try:
        elements = elements_of(body)
    except Refused as fault:
        raise Faulty(_told(fault.issues, file)) from None
    digest = hashlib.sha256(shipped.digest.encode() + body).hexdigest()
    version = version_of(body) or hashlib.sha256(body).hexdigest()[:_SHOWN]
    spoken = lexicon_with(shipped, elements, file)
    if faults := tuple(_silenced(spoken, language_of(shipped, reading), elements, file)):
        raise Faulty(faults)
    return replace(spoken, version=f"{shipped.version}+{tenant}.{version}", digest=digest)


def _silenced(spoken: Lexicon, shipped: Language, elements: Iterable[Element], file: str) -> Iterator[Fault]:
    """The texts that are read without the map already, and with it would say something else.

    A side, an answer, a doubt or a duration is taken off a text before it is looked up: only the text as it stands is
    compared when a map is put together, and here what would be read.
    """
    for element in elements:
        meant = spoken.phrases.get(element.code) if element.system == TEXTS else None
        said = shipped.phrase(element.code) if meant else None
        if meant and said and set(meant) != _plainly(said):
            concept = said.meanings[0].concept
            says = f"{element.place}: `{element.code}` is already read as `{concept}` without a map."
            yield Fault(file, 0, says, _NOTHING_ELSE)


def _plainly(said: Phrase) -> set[Meaning]:
    """What a map would have to say to say the same; nothing where the text tells what no map can hold."""
    if said.given or said.lasting or said.family or said.certainty is not Certainty.AFFIRMED:
        return set()
    sided = {replace(meaning, side=side) for meaning in said.meanings for side in said.sides}
    return sided or set(said.meanings)


def _told(issues: Iterable[Issue], file: str) -> Iterator[Fault]:
    for issue in issues:
        place = f"{issue.expression}: " if issue.expression else ""
        yield Fault(file, 0, f"{place}{issue.text}", "Write it as R4 ConceptMap has it.")
