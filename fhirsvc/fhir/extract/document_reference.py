"""DocumentReference: the plain text of notes and reports, and Binary resources that no document speaks of."""

from __future__ import annotations

from fhirsvc.domain.evidence import Moment, Status
from fhirsvc.fhir.extract.attachments import texts_of
from fhirsvc.fhir.extract.document import read_document
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.moments import moment, period
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.tree import Node, child, children, codeables, string

_STATUSES = {"current": Status.FINAL, "entered-in-error": Status.ENTERED_IN_ERROR}
"""A superseded document is none any more."""

_DOC_STATUSES = {"preliminary": Status.PRELIMINARY, "entered-in-error": Status.ENTERED_IN_ERROR}


def read_document_reference(record: Record, dossier: Dossier) -> Read:
    """Facts of the texts of one document; none of one that another document replaces."""
    node = record.resource
    status = _STATUSES.get(string(node, "status"))
    if status is None or f"DocumentReference/{record.id}" in dossier.replaced:
        return NOTHING
    if status is Status.FINAL:
        status = _DOC_STATUSES.get(string(node, "docStatus"), Status.FINAL)
    setting = Setting(record=record, status=status, recorded=_recorded(node))
    contents = enumerate(children(node, "content"))
    attachments = [(f"content[{index}].attachment", child(each, "attachment")) for index, each in contents]
    texts, unread = texts_of(attachments, setting, dossier)
    told = read_document(child(node, "type"), codeables(node, "category"), texts, setting, dossier.language)
    return Read.all([told, unread])


def read_binary(record: Record, dossier: Dossier) -> Read:
    """A Binary says nothing by itself; one that no document or report refers to is unread."""
    if f"Binary/{record.id}" in dossier.attached:
        return NOTHING
    return Setting(record=record).missed("data", "unread", string(record.resource, "contentType"))


def _recorded(node: Node) -> Moment | None:
    """When the care was given that it tells of; else when its text was written, else when it was filed."""
    written = (moment(string(child(each, "attachment"), "creation")) for each in children(node, "content"))
    return (
        period(child(child(node, "context"), "period"))
        or next((each for each in written if each), None)
        or moment(string(node, "date"))
    )
