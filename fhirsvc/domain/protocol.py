"""The decision table as values: items, confounders, urgent features and rows of one Protocol version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from fhirsvc.domain.evidence import Root


class Validity(StrEnum):
    """What a present item is worth (RULES 3.1)."""

    FULL = "full"
    WEAK = "weak"
    EXCLUDED = "excluded"


class Outcome(StrEnum):
    """What the service says of a patient or limb; codes as in CodeSystem/outcome."""

    URGENT = "urgent"
    INDICATED = "indicated"
    COEXISTING = "coexisting"
    CONSIDER = "consider"
    BIOMECHANICAL = "biomechanical"
    ALTERNATIVE = "alternative"
    INSUFFICIENT = "insufficient"
    NOT_INDICATED = "not-indicated"
    NOT_APPLICABLE = "not-applicable"


class Complaint(StrEnum):
    """The kinds of heel complaint (RULES 3, Complaints)."""

    ACHILLES = "achilles"
    PLANTAR = "plantar"
    HEEL = "heel"


class SideRule(StrEnum):
    """How an item reads sides (RULES 3.1 Side rule)."""

    MATCHED = "matched"
    INHERITS = "inherits"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A named number of the protocol; `proposed` until a named clinician signs."""

    name: str
    value: Fraction
    unit: str
    proposed: bool
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A window: full up to `full` days of age, weak up to `weak` days, then not used; negatives hold up to `weak`.

    weak None = weak for as long as the Condition is active (clock P).
    """

    name: str
    full: int
    weak: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """When a bare number of a Concept is the sign: below or at-least a threshold (RULES 3.2)."""

    concept: str
    sign: str
    threshold: str
    share_of_other_side: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row of the item table (RULES 3.2): which Concepts feed it, its tier, side rule, root rule, clock and sources.

    tier: A | B | C | IMG | local | comp | rupture.  root_unrecorded: what a Fact without a root is worth; None = root
    is not read.  structure: for local items, Concept → the complaint kinds it speaks for.  cited: see Rule.
    """

    name: str
    tier: str
    concepts: tuple[str, ...]
    side: SideRule
    clock: str
    problem_clock: str
    text: str
    sources: tuple[str, ...]
    root_unrecorded: Validity | None = None
    structure: Mapping[str, frozenset[Complaint]] = field(default_factory=dict)
    palpation: frozenset[str] = frozenset()
    cited: Mapping[Complaint, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confounder:
    """A row of RULES 3.3: a closed pattern, optionally bound to age or neuropathy, and what it does to which items.

    pattern: closed word (see `domain.validity`).  age: "" | "older".  neuropathy: True = only where it is recorded.
    """

    name: str
    pattern: str
    items: tuple[str, ...]
    effect: Validity
    text: str
    age: str = ""
    neuropathy: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """An urgent feature of RULES 3.9: its Concept, what it needs beside itself, and its windows in days.

    emergency None = never an emergency by itself (sexual dysfunction); alone: counts only as the only feature.
    """

    name: str
    concept: str
    needs_pain: bool
    needs_onset: bool
    emergency: int | None
    review: int
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A risk of serious spinal disease for U3 (RULES 3.9); within: days before the back pain was received, or ever."""

    concept: str
    text: str
    within: int | None = None
    at_least_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One condition of a row. word: closed vocabulary of `domain.assess`; wants: its closed values.

    word "any": `either` holds the alternatives, one of which must hold.
    """

    word: str
    wants: tuple[str, ...] = ()
    either: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: all its cells must hold; first match wins.  level: patient | limb.  flag: raises the patient's Flag.

    cited: the sources for one complaint, a claim about another complaint marked "by extension"; sources: all of them.
    """

    name: str
    level: str
    outcome: Outcome
    strength: str
    cells: tuple[Cell, ...]
    because: str
    sources: tuple[str, ...]
    flag: bool = False
    text: str = ""
    second: bool = False
    cited: Mapping[Complaint, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who approved a version; nobody yet = unsigned: every output says draft protocol, not clinically approved."""

    name: str
    role: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A versioned set of thresholds, items, confounders and rows; `url|version` names it on every output."""

    name: str
    version: str
    url: str
    title: str
    digest: str
    signature: Signature | None
    thresholds: Mapping[str, Threshold]
    clocks: Mapping[str, Clock]
    roots: Mapping[Complaint, Mapping[Root, Validity]]
    measures: tuple[Measure, ...]
    items: tuple[Item, ...]
    confounders: tuple[Confounder, ...]
    features: tuple[Feature, ...]
    risks: tuple[Risk, ...]
    rules: tuple[Rule, ...]
    complaints: Mapping[str, Complaint]
    history: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, str]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def canonical(self) -> str:
        """`url|version`, as ClinicalImpression.protocol carries it."""
        return f"{self.url}|{self.version}"

    def days(self, threshold: str) -> int:
        """A named threshold as a whole number (days, years or counts)."""
        return int(self.thresholds[threshold].value)

    def item(self, name: str) -> Item:
        """The item of that name; KeyError when the protocol has none."""
        return next(item for item in self.items if item.name == name)
