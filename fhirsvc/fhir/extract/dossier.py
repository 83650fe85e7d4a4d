"""All records of one patient as their readers need them: the person, the words, and where a reference leads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fhirsvc.domain.evidence import Person
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Record
from fhirsvc.fhir.extract.tree import Node, child, children, string

_NAMED = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?", re.DOTALL)
_STANDING = "current"
_REPLACES = "replaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """named: "Type/id" → record.  replaced: "DocumentReference/id" of documents that a current one replaces.

    attached: "Binary/id" that some other record names as where its text stands.
    """

    person: Person
    language: Language
    named: Mapping[str, Record] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()

    def resource(self, reference: str, container: Node) -> Node | None:
        """What a reference leads to: a resource contained in this one, or a record; None = it is not here."""
        if reference.startswith("#"):
            found = (each for each in children(container, "contained") if string(each, "id") == reference[1:])
            return next(found, None) if len(reference) > 1 else None
        record = self.named.get(name_in(reference))
        return record.resource if record else None


def dossier_of(records: Sequence[Record], person: Person, language: Language) -> Dossier:
    """The Dossier of one patient's records, the same whatever their order."""
    documents = [each.resource for each in records if each.type == "DocumentReference"]
    return Dossier(
        person=person,
        language=language,
        named={f"{each.type}/{each.id}": each for each in records},
        replaced=frozenset(name for each in documents for name in _replaced(each)),
        attached=frozenset(_attached(records)),
    )


def name_in(reference: str) -> str:
    """The "Type/id" of a reference, relative or absolute, of whatever version; "" = it has none."""
    found = _NAMED.fullmatch(reference)
    return found[1] if found else ""


def _replaced(document: Node) -> Iterable[str]:
    if string(document, "status") != _STANDING or string(document, "docStatus") == "entered-in-error":
        return ()
    replacing = (each for each in children(document, "relatesTo") if string(each, "code") == _REPLACES)
    return (name_in(string(child(each, "target"), "reference")) for each in replacing)


def _attached(records: Iterable[Record]) -> Iterable[str]:
    for record in records:
        contents = (child(each, "attachment") for each in children(record.resource, "content"))
        for attachment in (*contents, *children(record.resource, "presentedForm")):
            yield name_in(string(attachment, "url"))
