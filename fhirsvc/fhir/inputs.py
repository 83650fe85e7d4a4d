"""The exact resource versions an Assessment rests on, sorted into the elements of R4 that may hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.evidence import Fact
from fhirsvc.domain.protocol import Protocol

INVESTIGATED = frozenset(
    {
        "Observation",
        "QuestionnaireResponse",
        "FamilyMemberHistory",
        "DiagnosticReport",
        "RiskAssessment",
        "ImagingStudy",
        "Media",
    }
)
"""The types that R4 allows as ClinicalImpression.investigation.item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Versioned references. problems: heel Conditions.  investigations: Concept → answers.  supporting: the rest.

    all: every version once, the Patient whose age was read among them, in the order of first use.
    """

    problems: tuple[str, ...]
    investigations: Mapping[str, tuple[str, ...]]
    supporting: tuple[str, ...]
    all: tuple[str, ...]


def inputs_of(protocol: Protocol, assessment: Assessment) -> Inputs:
    """What was used: complaints, read items, urgent facts, and what the notes speak of; never what was excluded."""
    used = tuple(_used(assessment))
    noted = tuple(_noted(assessment))
    problems = _once(_reference(fact) for fact in used if _is_heel_problem(protocol, fact))
    investigations = _investigations(used)
    placed = {*problems, *(each for references in investigations.values() for each in references)}
    told = _once(_reference(fact) for fact in (*used, *noted))
    person = (assessment.person.reference,) if assessment.person.reference else ()
    return Inputs(
        problems=problems,
        investigations=investigations,
        supporting=tuple(each for each in told if each not in placed),
        all=_once((*told, *person)),
    )


def _used(assessment: Assessment) -> Iterator[Fact]:
    for finding in assessment.findings:
        yield from finding.urgent_facts
        yield from finding.complaint_facts
        yield from finding.recorded
        for reading in finding.readings:
            yield from (each.fact for each in reading.used)


def _noted(assessment: Assessment) -> Iterator[Fact]:
    notes = (*(note for finding in assessment.findings for note in finding.notes), *assessment.notes)
    for note in notes:
        yield from note.facts


def _investigations(facts: Iterable[Fact]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for fact in facts:
        if _type(fact) in INVESTIGATED:
            found[fact.concept] = _once((*found.get(fact.concept, ()), _reference(fact)))
    return found


def _is_heel_problem(protocol: Protocol, fact: Fact) -> bool:
    return _type(fact) == "Condition" and fact.concept in protocol.complaints


def _type(fact: Fact) -> str:
    return fact.source.reference.partition("/")[0]


def _reference(fact: Fact) -> str:
    return fact.source.reference


def _once(references: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(references))
