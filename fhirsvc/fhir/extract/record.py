"""What goes in and comes out: a resource version of the store, its Facts, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fhirsvc.domain.evidence import ClinicalStatus, Evidence, Fact, Moment, Source, Status, Verification
from fhirsvc.fhir.extract.tree import Node

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One resource version as the store holds it: decoded JSON, and when this service first received it (UTC)."""

    type: str
    id: str
    version: int
    received: datetime
    resource: Node

    @property
    def reference(self) -> str:
        """The versioned reference that every Fact of it cites."""
        return f"{self.type}/{self.id}/_history/{self.version}"


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """Something that was received and not understood, which is never the same as absent.

    why: unmapped (a code or phrase without a concept) | unread (a value, text or format) | needs-site (a general
    finding without a body site that gives it a meaning) | corroborate (a code that never decides alone).
    display: what the sender called it, cut short; for the sender and for who writes the maps, never for a log.
    system, code: the first coding of what was not understood, as a map would name it; "" = it was none.
    """

    reference: str
    place: str
    why: str
    display: str = ""
    system: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Extraction:
    """Evidence of one patient, and what could not be read of the records.

    ignored: references of the records whose type is never evidence, which is neither understood nor unread.
    """

    evidence: Evidence
    unread: tuple[Unread, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What one resource, or one part of it, gave."""

    facts: tuple[Fact, ...] = ()
    unread: tuple[Unread, ...] = ()

    @classmethod
    def all(cls, parts: Iterable[Read]) -> Read:
        """Several parts together."""
        parts = tuple(parts)
        return cls(
            tuple(fact for part in parts for fact in part.facts),
            tuple(unread for part in parts for unread in part.unread),
        )


NOTHING = Read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every Fact of one resource shares. within: the place of a resource contained in the record."""

    record: Record
    within: str = ""
    status: Status = Status.FINAL
    recorded: Moment | None = None
    onset: Moment | None = None
    problem: bool = False
    clinical_status: ClinicalStatus = ClinicalStatus.ACTIVE
    verification: Verification = Verification.CONFIRMED
    family: bool = False

    def source(self, place: str = "", sentence: str = "") -> Source:
        """A place in the resource, with the text that stands there."""
        return Source(self.record.reference, self._inside(place), sentence, 0, len(sentence))

    @property
    def stated(self) -> Moment:
        """When the statement was made: its clinical time, else its receipt."""
        return self.recorded or Moment.day(self.record.received.astimezone(UTC).date())

    def missed(self, place: str, why: str, display: str = "", coding: tuple[str, str] = ("", "")) -> Read:
        """Nothing but the note that this place was not understood; coding: system and code of what stood there."""
        system, code = (each[:_SHOWN] for each in coding)
        where = self._inside(place)
        return Read(unread=(Unread(self.record.reference, where, why, display[:_SHOWN], system, code),))

    def _inside(self, place: str) -> str:
        return f"{self.within}.{place}" if self.within and place else self.within or place
