"""Sealing: a version's digest is written down once and the version never changes again."""

from __future__ import annotations

from pathlib import Path

from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.load import load_protocol, version_folders
from fhirsvc.knowledge.lock import LOCK, read_seals, write_seals
from fhirsvc.knowledge.proof import unmet_cases


def seal(folder: Path) -> bool:
    """Freezes one version under its digest; False when it is sealed already.

    Raises Faulty when the version has faults or does not meet its cases, or was sealed before and changed since.
    """
    root = folder.absolute().parents[2]
    protocol = load_protocol(folder)
    if faults := tuple(unmet_cases(folder, protocol)):
        raise Faulty(faults)
    seals = read_seals(root)
    if (protocol.name, protocol.version) in seals:
        return False
    write_seals(root, {**seals, (protocol.name, protocol.version): protocol.digest})
    return True


def seal_all(root: Path) -> tuple[str, ...]:
    """Seals every version of a mappings folder that is not sealed yet; returns them as "name version"."""
    return tuple(" ".join(folder.parts[-2:]) for folder in version_folders(root) if seal(folder))


def lost_versions(root: Path) -> tuple[Fault, ...]:
    """Sealed versions whose folder is gone: old answers could not be given again."""
    try:
        seals = read_seals(root)
    except Faulty as faulty:
        return faulty.faults
    here = {(folder.parts[-2], folder.parts[-1]) for folder in version_folders(root)}
    return tuple(
        Fault(LOCK, 0, f"{name} {version} is sealed and its folder is gone.", "Bring the folder back.")
        for name, version in seals
        if (name, version) not in here
    )
