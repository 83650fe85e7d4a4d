"""Everything an author can have got wrong in mappings/: terminology, reading, protocols, cases, seals, drawn pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.load import CONCEPTS, PROTOCOL, Draft, read_draft, seal_faults, version_folders
from fhirsvc.knowledge.proof import unmet_cases
from fhirsvc.knowledge.reading import reading_faults
from fhirsvc.knowledge.seal import lost_versions
from fhirsvc.knowledge.sheet import sheet_faults
from fhirsvc.knowledge.terminology import mappings_root, terminology_faults

_CODE_SYSTEMS = "code-systems"


def check(root: Path | None = None) -> tuple[Fault, ...]:
    """All Faults of a mappings folder, in order of file and line; () = it can be used."""
    folder = root or mappings_root()
    found = [*terminology_faults(folder), *reading_faults(folder), *lost_versions(folder)]
    for version in version_folders(folder):
        found.extend(_version_faults(folder, version))
    return tuple(sorted(set(found)))


def _version_faults(root: Path, folder: Path) -> tuple[Fault, ...]:
    try:
        draft = read_draft(folder)
        if draft.faults:
            return draft.faults
        return (
            *unmet_cases(folder, draft.protocol),
            *seal_faults(folder, draft),
            *sheet_faults(folder, draft),
            *_uncoded(root, folder, draft),
        )
    except Faulty as faulty:
        return faulty.faults


def _uncoded(root: Path, folder: Path, draft: Draft) -> Iterator[Fault]:
    """Concepts and rules that our own code systems do not name: nothing could be received or written for them."""
    name = "/".join(folder.absolute().parts[-3:])
    concepts, rules = _codes(root, "concept"), _codes(root, "rule")
    for question in draft.questions:
        if question.concept not in concepts:
            yield _unnamed(f"{name}/{CONCEPTS}", question.concept, "concept")
    for rule in draft.protocol.rules:
        if rule.name not in rules:
            yield _unnamed(f"{name}/{PROTOCOL}", rule.name, "rule")


def _unnamed(file: str, code: str, system: str) -> Fault:
    says = f"`{code}` is not in {_CODE_SYSTEMS}/{system}.json."
    return Fault(file, 0, says, "Add it there with its definition, or correct the name.")


def _codes(root: Path, system: str) -> frozenset[str]:
    """The codes of one of our own code systems; () where its file cannot be read, which terminology_faults says."""
    try:
        resource = json.loads((root / _CODE_SYSTEMS / f"{system}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    return frozenset(concept["code"] for concept in resource.get("concept", ()))
