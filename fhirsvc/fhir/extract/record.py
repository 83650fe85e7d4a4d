"""What goes in and comes out: a resource version of the store, its Facts, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
    """

    reference: str
    place: str
    why: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Extraction:
    """Evidence of one patient, and what could not be read of the records."""

    evidence: Evidence
    unread: tuple[Unread, ...] = ()


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
    """What every Fact of one resource shares."""

    record: Record
    status: Status = Status.FINAL
    recorded: Moment | None = None
    onset: Moment | None = None
    problem: bool = False
    clinical_status: ClinicalStatus = ClinicalStatus.ACTIVE
    verification: Verification = Verification.CONFIRMED
    family: bool = False

    def source(self, place: str = "", sentence: str = "") -> Source:
        """A place in the resource, with the text that stands there."""
        return Source(self.record.reference, place, sentence, 0, len(sentence))

    def missed(self, place: str, why: str, display: str = "") -> Read:
        """Nothing but the note that this place was not understood."""
        return Read(unread=(Unread(self.record.reference, place, why, display[:_SHOWN]),))
