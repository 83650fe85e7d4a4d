"""The closed words an author of a protocol may write, and how a wrong one is answered."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Final

from fhirsvc.domain.assessment import Reason
from fhirsvc.domain.protocol import Complaint, Outcome

TIERS: Final = ("A", "B", "C", "IMG", "local", "comp", "rupture")
STRENGTHS: Final = ("strong", "moderate", "weak", "none")
SIGNS: Final = ("below", "at least")
UNRECORDED: Final = ("not read", "full", "weak")
CLOCKS: Final = ("examination", "symptom", "imaging", "problem", "rupture")
PATTERNS: Final = (
    "reflex-symmetric",
    "reflex-worse-side",
    "reflex-better-side",
    "reflex-unpaired",
    "reflex-other-brisk",
    "peripheral-neuropathy",
    "stocking",
    "heel-or-sole-only",
    "foot-only",
    "lumbar-surgery",
    "pain-limited",
    "rupture",
    "non-root-cause",
)
HISTORY: Final = (
    "neuropathy",
    "surgery",
    "tarsal-tunnel-sign",
    "inflammatory",
    "back-pain",
    "any-back-pain",
    "stiffness",
    "relief",
    "non-root-cause",
    "fluoroquinolone",
    "pregnancy",
    "treatment",
    "cauda-equina",
    "serious-disease",
)
RULE_OUTS: Final = ("cauda-equina", "serious-disease")
MISSING: Final = (
    "side",
    "birth",
    "palpation",
    "reflex-both",
    "reflex-other",
    "leg-symptoms",
    "straight-leg-raise",
    "sensation",
    "power",
)
NOTES: Final = (
    "clinical-status-missing",
    "coexisting-local",
    "order-of-onset",
    "fluoroquinolone",
    "pregnancy",
    "urgent-past",
    "rule-out",
    "later-normal",
    "power-unchanged",
    "power-non-root",
    "power-rupture",
    "power-pain-limited",
    "raised-leg-only",
    "brisk-reflex",
    "other-side-reflex",
    "imaging-discrepancy",
    "imaging-negative",
    "complaint-old",
    "rupture-past",
    "surgery",
    "needs-pain",
    "needs-onset",
    "cauda-equina-recorded",
    "reflex-change",
    "replaced",
)

NUMBERS: Final = (
    "examination-full",
    "examination-weak",
    "symptom-full",
    "symptom-weak",
    "imaging-full",
    "imaging-weak",
    "problem-full",
    "complaint-active",
    "treatment-failure",
    "chronic-back-pain",
    "older-age",
    "adult-age",
    "full-power",
    "heel-raises-minimum",
    "heel-raises-share",
    "foot-posture-index",
    "dorsiflexion",
    "rupture",
    "fluoroquinolone",
    "urgent-emergency",
    "urgent-review",
    "sexual-dysfunction",
    "severe-power",
    "falling-grades",
    "falling-window",
    "power-receipt",
    "unchanged-power",
    "recent-back-pain",
    "bloodstream-infection",
    "major-trauma",
    "minor-trauma",
    "minor-trauma-age",
    "inflammatory-onset-age",
    "inflammatory-duration",
)
"""The thresholds the service asks for by name: none may be absent, none may be added without being read."""

PATIENT_OUTCOMES: Final = (Outcome.URGENT.value, Outcome.NOT_APPLICABLE.value)
LIMB_OUTCOMES: Final = tuple(each.value for each in Outcome if each.value not in PATIENT_OUTCOMES)

COUNTS: Final = ("none", "exactly 1", "exactly 2", "at least 1", "at least 2")
COUNTED: Final = ("A", "B", "C", "C of another source")
NAMING: Final[Mapping[str, tuple[str, ...]]] = {
    "B includes": ("A", "B"),
    "B includes none of": ("A", "B"),
    "B only": ("A", "B"),
    "B has exactly one of": ("A", "B"),
    "C includes": ("B", "C"),
}
"""Cells that name items → the tiers of the item table from which an item can come to stand in that set."""
GRADED: Final[Mapping[str, tuple[str, ...]]] = {
    "IMG": ("pos", "weak", "neg", "none"),
    "LOCAL": ("present", "absent", "unknown"),
    "screen": ("incomplete", "complete", "negative"),
}
RECORDED: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": (
        "deceased",
        "urgent-emergency",
        "urgent-review",
        "severe-or-falling-power",
        "recent-back-pain",
        "serious-disease-risk",
        "under-age",
        "no-complaint",
    ),
    "limb": (
        "rupture",
        "neuropathy",
        "excluded-by-confounder",
        "tarsal-tunnel-sign",
        "inflammatory-features",
        "chronic-back-pain",
        "back-pain-first",
        "compensation",
        "normal-reflex",
        "no-leg-symptoms",
    ),
}
CELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": ("recorded",),
    "limb": (*COUNTED, *NAMING, *GRADED, "recorded", "any"),
}

_SOURCE = re.compile(
    r"(?P<article>S-(?:A(?:[1-9]|[1-3]\d|4[0-4])|P(?:[1-9]|[12]\d|3[0-2])))(?P<extension> by extension)?"
    r"|E(?:[1-9]|[12]\d|3[0-6]|21b|28b)|general|purpose|scope|proposed"
)
SOURCES: Final = "S-A1 to S-A44, S-P1 to S-P32, E1 to E36, E21b, E28b, general, purpose, scope or proposed"
_OWN: Final = {"S-A": Complaint.ACHILLES, "S-P": Complaint.PLANTAR}

SLOTS: Final = ("side", "complaint", "root", "items", "missing", "structure", "sign")
URGENT_SLOTS: Final = ("items", "date")
CAUTIONS: Final = ("caution.draft", "caution.negative", "caution.judgement")
_ALWAYS_SAID: Final = (
    "outcome.urgent-review",
    "outcome.not-indicated-below-threshold",
    "outcome.not-indicated-no-evidence",
    "question.red-flags",
)


def text_keys(*, rows: Collection[str], second: Collection[str], items: Collection[str]) -> tuple[str, ...]:
    """Every key texts.yaml must have; rows: text keys of the rows, second: rules printed second, items: item names."""
    return tuple(
        dict.fromkeys(
            (
                *rows,
                *_ALWAYS_SAID,
                *(f"also.{name}" for name in second),
                *CAUTIONS,
                *(f"missing.{word}" for word in MISSING),
                *(f"item.{name}.{said}" for name in items for said in ("name", "present", "absent")),
                *(f"reason.{reason.value}" for reason in Reason),
                *(f"note.{code}" for code in NOTES),
            )
        )
    )


def is_source(text: str) -> bool:
    """Is it the id of a claim, of published evidence, or one of the plain words?"""
    return _SOURCE.fullmatch(text) is not None


def extends(text: str, complaint: Complaint | None) -> bool:
    """Does citing this for the complaint need, or have, "by extension" exactly where the article speaks of another?

    complaint None = for every complaint at once, where a claim of either article says too much.
    """
    found = _SOURCE.fullmatch(text)
    if found is None or found["article"] is None:
        return True
    if complaint is None:
        return False
    return (found["extension"] is not None) is (_OWN[found["article"][:3]] is not complaint)


def advice(word: str, allowed: Collection[str]) -> str:
    """What to write instead: all of a short list, the nearest of a long one."""
    known = [str(each) for each in allowed]
    if len(known) <= _SHORT:
        return f"Write one of: {', '.join(known)}."
    near = get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Write one of: {', '.join(known)}."


_SHORT: Final = 13
