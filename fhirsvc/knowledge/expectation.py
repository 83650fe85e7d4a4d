"""Does an Assessment say what a case expects?"""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.evidence import Side
from fhirsvc.domain.protocol import Complaint, Outcome
from fhirsvc.knowledge.patients import Case, Expected

Answer = tuple[Complaint | None, Side | None, Outcome, str]


def unmet(case: Case, assessment: Assessment) -> tuple[str, ...]:
    """What the Assessment says otherwise, in words; () = the case is met."""
    expected, given = _expected(case), _given(assessment)
    if expected != given:
        return (f"expected {_words(expected)}, was given {_words(given)}",)
    pairs = zip(case.expected, assessment.findings, strict=False)
    return tuple(fault for each, finding in pairs for fault in _details(each, finding, assessment))


def _expected(case: Case) -> tuple[Answer, ...]:
    return tuple((each.complaint, each.side, each.outcome, each.rule) for each in case.expected)


def _given(assessment: Assessment) -> tuple[Answer, ...]:
    if not assessment.findings:
        return ((None, None, Outcome.NOT_APPLICABLE, assessment.not_applicable),)
    return tuple((each.complaint, each.side, each.outcome, each.rule) for each in assessment.findings)


def _words(answers: tuple[Answer, ...]) -> str:
    return "; ".join(f"{side or ''} {kind or ''} {outcome} ({rule})".strip() for kind, side, outcome, rule in answers)


def _details(expected: Expected, finding: Finding, assessment: Assessment) -> Iterator[str]:
    notes = {note.code for note in (*finding.notes, *assessment.notes)}
    if not set(expected.missing) <= set(finding.missing):
        yield f"expected to miss {expected.missing}, missed {finding.missing}"
    if set(expected.also) != set(finding.also):
        yield f"expected also {expected.also}, was given {finding.also}"
    if expected.sentence not in ("", finding.sentence):
        yield f"expected the sentence {expected.sentence}, was given {finding.sentence}"
    if not set(expected.noted) <= notes:
        yield f"expected the notes {expected.noted}, was given {sorted(notes)}"
    if set(expected.unnoted) & notes:
        yield f"was given the notes {sorted(notes)}, not expected {expected.unnoted}"
