"""From something said, at a site, with an answer, to one Fact."""

from __future__ import annotations

from collections.abc import Iterable

from fhirsvc.domain.evidence import Certainty, Fact, Presence, Qualifier, Root, Side, agreed_side
from fhirsvc.fhir.extract.answers import NOT_TOLD, Answer, question
from fhirsvc.fhir.extract.coding import Said
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Setting
from fhirsvc.fhir.extract.sites import Site
from fhirsvc.fhir.extract.values import Told

_AREAS = frozenset({"leg-sensation", "saddle-sensation", "radiating-leg-symptoms"})
_CROSSED = "crossed-straight-leg-raise"
_PRESENT = Answer(Presence.PRESENT)
_STATEMENTS = frozenset(
    {"complaint", "symptom", "sign", "diagnosis", "feature", "treatment", "response", "medication", "study"}
)


def fact(
    said: Said,
    told: Told,
    site: Site,
    setting: Setting,
    language: Language,
    *,
    place: str = "",
    qualifiers: frozenset[Qualifier] = frozenset(),
) -> Fact | None:
    """The Fact; None for what was only asked after ("rule out ..."). Sides that contradict each other are unknown."""
    if said.certainty is Certainty.HYPOTHETICAL:
        return None
    meaning, answer = said.meaning, told.answer
    lasting = told.lasting or said.lasting
    side = agreed_side(_sides(said, told, site)) or Side.UNKNOWN
    raised = site.raised and meaning.concept == _CROSSED
    area = _area(said, told, site)
    return Fact(
        concept=meaning.concept,
        presence=answer.presence,
        source=setting.source(place, told.sentence),
        received=setting.record.received,
        recorded=setting.recorded,
        side=Side.UNKNOWN if raised else side,
        raised=side if raised else Side.UNKNOWN,
        root=_root(said, told, site, area, language),
        result=answer.result,
        number=answer.number,
        area=area,
        onset=setting.onset or (lasting.began(setting.stated) if lasting else None),
        certainty=said.certainty,
        status=setting.status,
        problem=setting.problem,
        clinical_status=setting.clinical_status,
        verification=setting.verification,
        family=setting.family or said.family,
        qualifiers=frozenset(map(Qualifier, meaning.qualifiers)) | answer.qualifiers | qualifiers,
    )


def statement(said: Said, language: Language) -> Told:
    """What a resource that states things (a Condition, a Procedure) says by naming this Concept.

    A bare question of a test or grade ("Achilles reflex") is not answered by being listed; a finding is.
    """
    asked = question(said, language)
    if asked.stated is not None:
        return Told(asked.stated, understood=not asked.unread)
    if asked.concept.reads in _STATEMENTS and not asked.function:
        return Told(_PRESENT)
    return Told(NOT_TOLD)


def _sides(said: Said, told: Told, site: Site) -> Iterable[Side]:
    yield from site.sides
    yield from said.sides
    if said.meaning.side is not None:
        yield said.meaning.side
    if told.side is not None:
        yield told.side


def _area(said: Said, told: Told, site: Site) -> str:
    """The area that question and answer name, else that of the site; two that differ are none."""
    named = frozenset({said.meaning.area, told.area} - {""})
    return _only(named or (site.areas if said.meaning.concept in _AREAS else frozenset()))


def _root(said: Said, told: Told, site: Site, area: str, language: Language) -> Root | None:
    """The root as stated by code, text or site, else as the area or the muscle says it (RULES 3.1 Root rule)."""
    stated = {*site.roots, *filter(None, (said.meaning.root, told.root))}
    if stated:
        return stated.pop() if len(stated) == 1 else None
    by_area = language.word("area-root", area) if area else ""
    if by_area:
        return Root(by_area)
    known = language.lexicon.concepts.get(said.meaning.concept)
    return known.root if known else None


def _only(words: frozenset[str]) -> str:
    return next(iter(words)) if len(words) == 1 else ""
