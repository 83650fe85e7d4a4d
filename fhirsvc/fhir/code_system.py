"""A vocabulary of the terminology → CodeSystem (R4): the words that a sender's ConceptMap may map to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fhirsvc.domain import phrase
from fhirsvc.fhir.resource import BASE


def code_system(name: str, about: str, words: Sequence[str], *, version: str, date: str) -> dict[str, Any]:
    """The CodeSystem of one vocabulary, under its name; about: what its words say, in a sentence."""
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": f"{BASE}/CodeSystem/{name}",
        "version": version,
        "name": "".join(word.capitalize() for word in ("heel", "pain", "origin", *name.split("-"))),
        "title": phrase.capital(name.replace("-", " ")),
        "status": "active",
        "experimental": False,
        "date": date,
        "publisher": "fhirsvc",
        "description": about,
        "caseSensitive": True,
        "content": "complete",
        "count": len(words),
        "concept": [{"code": word, "display": phrase.capital(word.replace("-", " "))} for word in words],
    }
