"""What the store in memory holds: dictionaries of values that are replaced and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field

from fhirsvc.domain.lifecycle import FailureReason, JobState
from fhirsvc.usecases.ports import Decision, Judged, Submission, Touch, Version


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
    """How often evidence of a patient came, and how much of it was judged or given up."""

    watermark: int = 0
    evaluated: int = 0


@dataclass
class Shelves:
    """Everything; keys begin with the tenant where ids are a tenant's own."""

    versions: dict[tuple[str, str, str], tuple[Version, ...]] = field(default_factory=dict)
    submissions: dict[tuple[str, str], Submission] = field(default_factory=dict)
    touches: dict[tuple[str, str, str], Touch] = field(default_factory=dict)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    chains: dict[tuple[str, str, str], tuple[Decision, ...]] = field(default_factory=dict)
    judged: dict[int, tuple[str, Judged]] = field(default_factory=dict)
    jobs: dict[int, KeptJob] = field(default_factory=dict)
