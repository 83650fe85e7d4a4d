"""From what was said, where and with what answer, to Facts; sides that contradict each other are unknown."""

from __future__ import annotations

from collections.abc import Iterable

from fhirsvc.domain.evidence import Fact, Presence, Qualifier, Root, Side
from fhirsvc.domain.lexicon import Meaning
from fhirsvc.fhir.extract.answers import Answer
from fhirsvc.fhir.extract.coding import Said
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Setting
from fhirsvc.fhir.extract.sites import Site, one_of
from fhirsvc.fhir.notes.statement import CONTACT, RESULTS

_CROSSED = "crossed-straight-leg-raise"


def facts_of(  # noqa: PLR0913 - a Fact is what all of these together say
    setting: Setting,
    said: Said,
    answer: Answer,
    site: Site,
    language: Language,
    *,
    place: str = "",
    sides: Iterable[Side] = (),
    sentence: str = "",
) -> tuple[Fact, ...]:
    """One Fact, or one per sensory area that the site names.

    sides: what a component or text beside the question says of the side.
    """
    meaning = said.meaning
    side = _side(said, answer, site, sides)
    areas = [answer.area or meaning.area] if answer.area or meaning.area else sorted(site.areas) or [""]
    qualifiers = answer.qualifiers | frozenset(Qualifier(word) for word in meaning.qualifiers)
    raised = side if meaning.concept == _CROSSED and site.raised else Side.UNKNOWN
    return tuple(
        Fact(
            concept=meaning.concept,
            presence=answer.presence,
            source=setting.source(place, sentence),
            received=setting.record.received,
            recorded=setting.recorded,
            side=Side.UNKNOWN if raised is not Side.UNKNOWN else side,
            root=answer.root or _root(meaning, area, site, language),
            result=RESULTS[answer.presence] if meaning.concept == CONTACT else answer.result,
            number=answer.number,
            area=area,
            onset=setting.onset,
            raised=raised,
            certainty=said.certainty,
            status=setting.status,
            problem=setting.problem,
            clinical_status=setting.clinical_status,
            verification=setting.verification,
            family=setting.family or said.family,
            qualifiers=qualifiers,
        )
        for area in areas
    )


def _side(said: Said, answer: Answer, site: Site, sides: Iterable[Side]) -> Side:
    """The side that code, text, site, component and answer agree on; code against site is unknown (RULES 3.8)."""
    named = [*said.sides, *answer.sides, *site.sides, *sides]
    if said.meaning.side is not None:
        named.append(said.meaning.side)
    return one_of(named) or Side.UNKNOWN


def _root(meaning: Meaning, area: str, site: Site, language: Language) -> Root | None:
    """The root stated, else that of the area, else that of the muscle (RULES 3.1); several stated roots say none."""
    if meaning.root is not None:
        return meaning.root
    if len(site.roots) == 1:
        return next(iter(site.roots))
    by_area = language.word("area-root", area) if area else ""
    concept = language.lexicon.concepts.get(meaning.concept)
    return Root(by_area) if by_area else concept.root if concept else None


def present(answer: Answer) -> Answer:
    """A question that stands as a Condition or Procedure is a finding: it is there."""
    if answer.presence is Presence.UNKNOWN and not answer.result and answer.number is None:
        return Answer(presence=Presence.PRESENT, qualifiers=answer.qualifiers)
    return answer
