"""Observation: a finding, a question with its answer, a panel of components or members, or a study's text."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.evidence import Moment, Status
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.moments import moment_in
from fhirsvc.fhir.extract.panel import Panel
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import body_sites, site_beside
from fhirsvc.fhir.extract.tree import Node, child, children, string

STATUSES = {
    "final": Status.FINAL,
    "amended": Status.FINAL,
    "corrected": Status.FINAL,
    "preliminary": Status.PRELIMINARY,
    "cancelled": Status.CANCELLED,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
"""registered and unknown are no fact (RULES 3.1)."""

_PERSONS = ("Patient/", "RelatedPerson/")


def read_observation(record: Record, dossier: Dossier) -> Read:
    """Facts of one Observation and of the members contained in it; `issued` never orders them (RULES 3.4)."""
    return Read.all([_read(record.resource, record, dossier), *read_contained(record, dossier, "hasMember")])


def read_contained(record: Record, dossier: Dossier, name: str) -> Iterator[Read]:
    """Observations contained in a resource that lists them below this name: they exist nowhere else and count here.

    One that names another subject than its container is of somebody else (http://hl7.org/fhir/R4/references.html).
    """
    container = record.resource
    listed = {string(each, "reference") for each in children(container, name)} - {"#"}
    for index, node in enumerate(children(container, "contained")):
        own = _subject(node) in {"", _subject(container)} and string(node, "resourceType") == "Observation"
        if own and f"#{string(node, 'id')}" in listed:
            yield _read(node, record, dossier, f"contained[{index}]", moment_in(container, "effective"))


def _read(node: Node, record: Record, dossier: Dossier, within: str = "", otherwise: Moment | None = None) -> Read:
    """within: the place of a contained Observation; otherwise: its clinical time where it has none of its own."""
    status = STATUSES.get(string(node, "status"))
    if status is None or _of_another(node):
        return NOTHING
    recorded = moment_in(node, "effective") or otherwise
    setting = Setting(record=record, within=within, status=status, recorded=recorded)
    site = site_beside(child(node, "code"), body_sites(node, dossier, record.resource), dossier.language)
    return Panel(node, setting, site, dossier.language).read()


def _of_another(node: Node) -> bool:
    """Is it about another person than its subject, as a child unborn or a donor? (Observation.focus)"""
    focus = (string(each, "reference") for each in children(node, "focus"))
    return any(each.startswith(_PERSONS) and each != _subject(node) for each in focus)


def _subject(node: Node) -> str:
    return string(child(node, "subject"), "reference")
