"""The ConceptMaps of senders as files of one folder, one per sender, read anew when a file has changed."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.usecases.speak import lexicon_of

_log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]
_HIDDEN: _Stamp = (-1, -1, -1)
"""Of a file that is there and may not be looked at."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was last looked at, and the Lexicon that counts since."""

    stamp: _Stamp | None
    lexicon: Lexicon


class MapFolder:
    """See ports.ConceptMaps and ports.Lexicons.  A look at a file that has not changed costs one stat."""

    def __init__(self, folder: Path, shipped: Lexicon, reading: ReadingLexicon) -> None:
        """Every map that stands in the folder is read at once; raises Faulty or OSError when one cannot be used."""
        self._folder = folder
        self._shipped = shipped
        self._reading = reading
        self._read = {path.stem: self._fresh(path.stem) for path in sorted(folder.glob("*.json"))}

    def of(self, tenant: str) -> Lexicon:
        """The Lexicon of a sender as its file stands now; the same object until the file changes.

        A change that cannot be used leaves what counted before it, and is said in the log once.
        """
        before = self._read.get(tenant, _Read(None, self._shipped))
        stamp = self._stamp(tenant)
        if stamp != before.stamp:
            self._read[tenant] = self._after(before, tenant, stamp)
        return self._read.get(tenant, before).lexicon

    def get(self, tenant: str) -> bytes | None:
        """The map of a sender as it stands; None = it has none."""
        try:
            return self._path(tenant).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, tenant: str, body: bytes) -> None:
        """Put a map in the place of the one that stands: a reader sees the one or the other, whole and on the disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as new:
            new.write(body)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).replace(self._path(tenant))

    def _after(self, before: _Read, tenant: str, stamp: _Stamp | None) -> _Read:
        try:
            return self._fresh(tenant)
        except (Faulty, OSError) as fault:
            extra = {"tenant": tenant, "fault": type(fault).__name__}
            _log.warning("a ConceptMap cannot be used; what counted before it still does", extra=extra)
            return _Read(stamp, before.lexicon)

    def _fresh(self, tenant: str) -> _Read:
        stamp, body = self._stamp(tenant), self.get(tenant)
        if body is None:
            return _Read(stamp, self._shipped)
        return _Read(stamp, lexicon_of(self._shipped, self._reading, body, tenant))

    def _stamp(self, tenant: str) -> _Stamp | None:
        try:
            found = self._path(tenant).stat()
        except FileNotFoundError:
            return None
        except OSError:
            return _HIDDEN
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _path(self, tenant: str) -> Path:
        return self._folder / f"{tenant}.json"
