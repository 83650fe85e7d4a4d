"""What the store in memory holds: dictionaries of values that are replaced and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fhirsvc.adapters.memory.findable import Places, Standing
from fhirsvc.adapters.memory.unmapped import Noted
from fhirsvc.domain.joining import Identity
from fhirsvc.domain.lifecycle import FailureReason, JobState
from fhirsvc.usecases.ports import Decision, Judged, Response, Submission, Touch, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptJob:
    """A job as it is kept; the fields of ports.Job, its state, and its times on the store's clock."""

    id: int
    tenant: str
    patient: str
    state: JobState = JobState.READY
    attempts: int = 0
    fence: int = 0
    watermark: int = 0
    lease_until: float = 0.0
    hinted: float = 0.0
    reason: FailureReason | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """How often evidence of the person that a Patient is came, and how much of it was judged or given up.

    due: the day from which the person is to be judged anew, None = not because of time alone.
    """

    watermark: int = 0
    evaluated: int = 0
    due: date | None = None


@dataclass
class Shelves:
    """Everything; keys begin with the tenant where ids are a tenant's own."""

    versions: dict[tuple[str, str, str], tuple[Version, ...]] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    standing: Standing = field(default_factory=dict)
    submissions: dict[tuple[str, str], Submission] = field(default_factory=dict)
    touches: dict[tuple[str, str, str], Touch] = field(default_factory=dict)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    persons: dict[tuple[str, str], str] = field(default_factory=dict)
    identities: dict[tuple[str, str], Identity] = field(default_factory=dict)
    chains: dict[tuple[str, str, str], tuple[Decision, ...]] = field(default_factory=dict)
    judged: dict[int, tuple[str, Judged]] = field(default_factory=dict)
    responses: dict[tuple[str, str], Response] = field(default_factory=dict)
    missed: dict[str, tuple[Noted, ...]] = field(default_factory=dict)
    jobs: dict[int, KeptJob] = field(default_factory=dict)
