"""Protocol → PlanDefinition (R4): the decision table as an action per row, in the order in which the rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fhirsvc.domain import phrase
from fhirsvc.domain.protocol import Item, Protocol, Rule
from fhirsvc.fhir import narrative
from fhirsvc.fhir.resource import OUTCOME, RULE

_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_LEVELS = {"patient": "Rows of the patient", "limb": "Rows of each complaint and side"}
_SELECTS = {"patient": "at-most-one", "limb": "one-or-more"}
"""One row answers for the patient; for a complaint and side one always does, and some are told beside it."""

_SOURCES = {
    "S-A": "a claim of the article “Can Lower Back Pain Cause Achilles Tendonitis?”",
    "S-P": "a claim of the article “Can Lower Back Pain Cause Plantar Fasciitis?”",
    "E": "published evidence",
    "general": "general clinical knowledge",
    "proposed": "a choice of this project, for a clinician to accept or change",
    "purpose": "what the service is for",
    "scope": "for whom the service is",
}
"""What a source is, by how its id begins; docs/sources.md names each."""


def plan_definition(
    protocol: Protocol, *, status: str, conditions: Mapping[str, str], read_as: Mapping[str, str]
) -> dict[str, Any]:
    """The PlanDefinition of one version.

    status: draft | active | retired.  conditions: those of each row in words, by name.  read_as: how the rows of a
    level are read, by level.  Without library and goal: the table is not executed from here, it is read.
    """
    signed = protocol.signature
    return {
        "resourceType": "PlanDefinition",
        "id": protocol.name,
        "text": _narrative(protocol, conditions, read_as),
        "url": protocol.url,
        "version": protocol.version,
        "name": "".join(word.capitalize() for word in protocol.name.split("-")),
        "title": protocol.title,
        "type": {"coding": [{"system": _TYPE, "code": "clinical-protocol"}]},
        "status": status,
        "experimental": False,
        **({"date": signed.on, "approvalDate": signed.on} if signed else {}),
        "publisher": "fhirsvc",
        "description": _description(protocol),
        "usage": protocol.texts["caution.judgement"],
        **({"endorser": [{"name": f"{signed.name}, {signed.role}"}]} if signed else {}),
        "relatedArtifact": _cited(source for rule in protocol.rules for source in rule.sources),
        "action": [_level(level, protocol, conditions, read_as[level]) for level in _LEVELS],
    }


def _description(protocol: Protocol) -> str:
    signed = protocol.signature
    said = f"Approved by {signed.name}, {signed.role}, on {signed.on}." if signed else protocol.texts["caution.draft"]
    return f"{said} Digest of what was written: {protocol.digest}."


def _level(level: str, protocol: Protocol, conditions: Mapping[str, str], read_as: str) -> dict[str, Any]:
    rows = [_row(rule, conditions[rule.name]) for rule in protocol.rules if rule.level == level]
    return {
        "title": _LEVELS[level],
        "description": read_as,
        "groupingBehavior": "logical-group",
        "selectionBehavior": _SELECTS[level],
        "action": rows,
    }


def _row(rule: Rule, conditions: str) -> dict[str, Any]:
    """One row; its conditions stand in words, for no expression language knows its items, windows and sides."""
    return {
        "prefix": rule.name,
        "title": phrase.capital(_outcome(rule)),
        "description": rule.because,
        "textEquivalent": _text_equivalent(rule, conditions),
        "code": [{"coding": [{"system": RULE, "code": rule.name}, {"system": OUTCOME, "code": rule.outcome.value}]}],
        "documentation": _cited(rule.sources),
    }


def _outcome(rule: Rule) -> str:
    return rule.outcome.value if rule.strength == "none" else f"{rule.outcome.value}, {rule.strength}"


def _text_equivalent(rule: Rule, conditions: str) -> str:
    said = f"When: {conditions}. Then: {_outcome(rule)}."
    flag = " Raises the patient's Flag." if rule.flag else ""
    second = " Told beside the answer where another row leads." if rule.second else ""
    return f"{said}{flag}{second}"


def _cited(sources: Iterable[str]) -> list[dict[str, str]]:
    return [{"type": "citation", "label": each, "display": _display(each)} for each in dict.fromkeys(sources)]


def _display(source: str) -> str:
    said = next(said for begins, said in _SOURCES.items() if source.startswith(begins))
    return f"{said}, by extension" if source.endswith(" by extension") else said


def _narrative(protocol: Protocol, conditions: Mapping[str, str], read_as: Mapping[str, str]) -> dict[str, str]:
    rows = (
        narrative.bullets(
            f"{title}. {read_as[level]}",
            (_line(rule, conditions[rule.name]) for rule in protocol.rules if rule.level == level),
        )
        for level, title in _LEVELS.items()
    )
    return narrative.narrative(
        narrative.heading(f"{protocol.title}: {protocol.canonical}"),
        narrative.paragraph(_description(protocol)),
        *rows,
        narrative.bullets("Items:", map(_item, protocol.items)),
        narrative.paragraph(protocol.texts["caution.judgement"]),
    )


def _line(rule: Rule, conditions: str) -> str:
    return f"{rule.name}: {_text_equivalent(rule, conditions)} {rule.because}"


def _item(item: Item) -> str:
    return f"{item.name} (tier {item.tier}): {item.text}. Concepts: {', '.join(item.concepts)}."
