"""The answer as values: Assessment, its findings, and the fate of every Fact that was read (the trace)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fhirsvc.domain.evidence import Fact, Person, Presence, Side
from fhirsvc.domain.protocol import Complaint, Outcome, Validity


class Reason(StrEnum):
    """Why a Fact is weak or excluded, or an item dropped: closed list; texts in the protocol's texts.yaml."""

    STATUS = "status"
    FAMILY = "family"
    HYPOTHETICAL = "hypothetical"
    HISTORICAL = "historical"
    NOT_ACTIVE = "not-active"
    CLINICAL_STATUS_MISSING = "clinical-status-missing"
    REFUTED = "refuted"
    PROVISIONAL = "provisional"
    PRELIMINARY = "preliminary"
    UNCERTAIN = "uncertain"
    SIDE_NOT_RECORDED = "side-not-recorded"
    OTHER_SIDE = "other-side"
    COMPLAINT_SIDE_NOT_RECORDED = "complaint-side-not-recorded"
    ROOT_NOT_RECORDED = "root-not-recorded"
    ADJACENT_ROOT = "adjacent-root"
    OTHER_ROOT = "other-root"
    AGE = "age"
    EXPIRED = "expired"
    UNDATED = "undated"
    REPLACED = "replaced"
    CONTRADICTION = "contradiction"
    NO_RESULT = "no-result"
    CONFOUNDER = "confounder"
    SAME_SOURCE = "same-source"
    OTHER_STRUCTURE = "other-structure"
    TOO_SHORT = "too-short"
    MODALITY = "modality"


class Fate(StrEnum):
    """What became of a Fact: used in full, used at a lower worth, excluded, or read without bearing on this finding."""

    USED = "used"
    DEMOTED = "demoted"
    EXCLUDED = "excluded"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One Fact for one item of one limb, with its validity and why; confounders: the rows of RULES 3.3 that acted."""

    fact: Fact
    presence: Presence
    validity: Validity
    fate: Fate
    reasons: tuple[Reason, ...] = ()
    confounders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One item of one limb after all its Facts were weighed.

    tier: A | B | C after demotion, or the item's own class (IMG, local, comp, rupture); "" = dropped or not present.
    grade: only for IMG: pos | weak | neg | none.  counted: False when its only source serves a higher item.
    examined: there is a result inside its window, if only one that root, pattern or confounder excludes.
    repeat: results of the same time contradict each other.
    """

    item: str
    presence: Presence
    validity: Validity
    tier: str
    weighed: tuple[Weighed, ...] = ()
    grade: str = ""
    counted: bool = True
    examined: bool = False
    repeat: bool = False

    @property
    def present(self) -> bool:
        """Present, and worth something."""
        return self.presence is Presence.PRESENT and self.validity is not Validity.EXCLUDED

    @property
    def used(self) -> tuple[Weighed, ...]:
        """The Facts that were read for it: used, demoted or negative; never the excluded ones."""
        return tuple(each for each in self.weighed if each.fate is not Fate.EXCLUDED)

    @property
    def carriers(self) -> tuple[Weighed, ...]:
        """The Facts that make the answer: of its presence and, when present, of its validity."""
        return tuple(
            each
            for each in self.used
            if each.presence is self.presence and (each.validity is self.validity or not self.present)
        )

    @property
    def sources(self) -> frozenset[str]:
        """Keys of the sources that carry it (RULES 3.1 "One source counts once")."""
        return frozenset(each.fact.source.key for each in self.carriers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to print beside an answer. code: closed word of texts.yaml; facts: what it speaks of."""

    code: str
    text: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer for one complaint and side, or (complaint None, side None) the urgent one.

    rule: id of RULES 3.5; because and sources: the row's.  sentence: below-threshold | no-evidence for not-indicated.
    also: rules of second explanations (ALT2, ALT3, ALT4, B1).  missing: closed words in the order of RULES 3.8.
    text: the suggestion, filled in.  complaint_facts: the Facts that made the complaint.
    recorded: the Facts of history behind a sign the rows read or a confounder that acted.
    For the urgent finding `readings` is empty, `urgent_facts` carries its dated Facts and `also` further U rows.
    """

    complaint: Complaint | None
    side: Side | None
    outcome: Outcome
    rule: str
    strength: str
    because: str
    sources: tuple[str, ...]
    text: str
    flag: bool
    readings: tuple[Reading, ...] = ()
    also: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    sentence: str = ""
    complaint_facts: tuple[Fact, ...] = ()
    recorded: tuple[Fact, ...] = ()
    urgent_facts: tuple[Fact, ...] = ()
    coexisting_local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Outcome per complaint and side under one protocol version on one day, and everything that explains it.

    findings: urgent first, then per complaint and side; empty when not applicable.  not_applicable: R0, R0b, R0c or "".
    excluded: Facts that counted for nothing anywhere, with why (a trace, not identity).  notes: patient level.
    """

    protocol: str
    protocol_digest: str
    signed: bool
    on: date
    person: Person
    findings: tuple[Finding, ...]
    not_applicable: str = ""
    notes: tuple[Note, ...] = ()
    excluded: tuple[Weighed, ...] = ()

    @property
    def urgent(self) -> Finding | None:
        """The finding without side, when an urgent row matched."""
        return next((each for each in self.findings if each.outcome is Outcome.URGENT), None)

    @property
    def strongest(self) -> Outcome:
        """The outcome a reader should see first: urgent, rupture, indicated, coexisting, then the rest (RULES 3.7)."""
        if not self.findings:
            return Outcome.NOT_APPLICABLE
        return min(self.findings, key=_rank).outcome


_ORDER = (
    Outcome.URGENT,
    Outcome.ALTERNATIVE,
    Outcome.INDICATED,
    Outcome.COEXISTING,
    Outcome.CONSIDER,
    Outcome.BIOMECHANICAL,
    Outcome.INSUFFICIENT,
    Outcome.NOT_INDICATED,
)


def _rank(finding: Finding) -> tuple[int, int]:
    """Flagged outcomes first, in the order of RULES 3.7; an ALTERNATIVE that raises no Flag ranks behind CONSIDER."""
    return (0 if finding.flag else 1, _ORDER.index(finding.outcome))
