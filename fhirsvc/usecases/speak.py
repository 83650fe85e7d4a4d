"""Speak a sender's language: the shipped terminology, and what the sender's ConceptMap adds to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fhirsvc.domain.errors import Issue, Refused
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.fhir.concept_map import elements_of, version_of
from fhirsvc.knowledge.concept_maps import lexicon_with
from fhirsvc.knowledge.faults import Fault, Faulty

_SHOWN = 12


def file_of(tenant: str) -> str:
    """What the map of a sender is called where a fault of it is told."""
    return f"concept-maps/{tenant}.json"


def lexicon_of(shipped: Lexicon, body: bytes, tenant: str) -> Lexicon:
    """The Lexicon of a sender with this ConceptMap; its version and digest name both.

    Raises Faulty with everything that is wrong in the map, by the FHIR model or by our own rules.
    """
    file = file_of(tenant)
    try:
        elements = elements_of(body)
    except Refused as fault:
        raise Faulty(_told(fault.issues, file)) from None
    digest = hashlib.sha256(shipped.digest.encode() + body).hexdigest()
    version = version_of(body) or hashlib.sha256(body).hexdigest()[:_SHOWN]
    return replace(
        lexicon_with(shipped, elements, file), version=f"{shipped.version}+{tenant}.{version}", digest=digest
    )


def _told(issues: Iterable[Issue], file: str) -> Iterator[Fault]:
    for issue in issues:
        place = f"{issue.expression}: " if issue.expression else ""
        yield Fault(file, 0, f"{place}{issue.text}", "Write it as R4 ConceptMap has it.")
