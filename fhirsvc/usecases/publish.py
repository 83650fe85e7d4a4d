"""Publish what the answers refer to: protocol versions, code systems, value sets, extensions, operations, and maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from fhirsvc.domain.errors import Refused
from fhirsvc.fhir.canonical import Canonical, Wanted, canonical, matching
from fhirsvc.fhir.code_system import code_system
from fhirsvc.fhir.concept_map import elements_of
from fhirsvc.fhir.operations import OPERATIONS, operation_definition
from fhirsvc.fhir.plan_definition import plan_definition
from fhirsvc.knowledge.publications import Edition, Vocabulary, editions, resource_files, vocabularies
from fhirsvc.usecases.ports import ConceptMaps


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is published: what is shipped, the same for every sender, and the ConceptMap of each.

    shipped: of several versions of one resource the current one first.
    """

    shipped: tuple[Canonical, ...]
    maps: ConceptMaps

    def of(self, tenant: str, type: str) -> Iterator[Canonical]:
        """All of a type that a sender may read."""
        yield from (each for each in self.shipped if each.type == type)
        if type == "ConceptMap":
            yield from _map(tenant, self.maps.get(tenant))


def published(root: Path | None = None) -> tuple[Canonical, ...]:
    """What a mappings folder holds, and our operations.  Raises Faulty when a sealed protocol version was changed."""
    files = (canonical(orjson.loads(body)) for body in resource_files(root))
    words = (canonical(_code_system(each)) for each in vocabularies(root))
    operations = (canonical(operation_definition(each)) for each in OPERATIONS)
    plans = (canonical(_plan(each)) for each in sorted(editions(root), key=_is_waiting))
    return (*files, *words, *operations, *plans)


def current(tenant: str, type: str, id: str, *, catalogue: Catalogue) -> Canonical | None:
    """A published resource in its current version, None when there is none; of a protocol the version that judges."""
    return next((each for each in catalogue.of(tenant, type) if each.id == id), None)


def version(tenant: str, type: str, id: str, version_id: str, *, catalogue: Catalogue) -> Canonical | None:
    """One version of a published resource, None when there is none."""
    wanted = (id, version_id)
    return next((each for each in catalogue.of(tenant, type) if (each.id, each.version_id) == wanted), None)


def find(tenant: str, type: str, asked: Wanted, *, catalogue: Catalogue) -> Sequence[Canonical]:
    """All published resources of a type that are asked for, whatever the page; every version is one."""
    return matching(asked, catalogue.of(tenant, type))


def _code_system(vocabulary: Vocabulary) -> dict[str, object]:
    return code_system(
        vocabulary.name, vocabulary.about, vocabulary.words, version=vocabulary.version, date=vocabulary.date
    )


def _is_waiting(edition: Edition) -> bool:
    """Does a version judge nothing because it is not sealed?"""
    return not edition.sealed


def _plan(edition: Edition) -> dict[str, object]:
    return plan_definition(
        edition.protocol, status=_status(edition), conditions=edition.conditions, read_as=edition.read_as
    )


def _status(edition: Edition) -> str:
    """R4 publication-status: retired once a newer version judges, active while a signed one does, else draft."""
    if edition.sealed and edition.replaced:
        return "retired"
    return "active" if edition.protocol.signature else "draft"


def _map(tenant: str, body: bytes | None) -> Iterator[Canonical]:
    """A sender's ConceptMap under the sender's name, if it can be used as it stands."""
    if body is None:
        return
    try:
        elements_of(body)
    except Refused:
        return
    yield canonical(orjson.loads(body), id=tenant, version_id=_NOT_ITS_OWN)


_NOT_ITS_OWN = "|"
"""No version id: whoever edits a map need not raise its version, so that a digest names it."""
