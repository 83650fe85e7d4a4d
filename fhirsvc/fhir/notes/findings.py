"""The findings of a report: each sentence read by the kind of study, and what is said twice of one lesion joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from fhirsvc.domain.evidence import Certainty, Presence, Side
from fhirsvc.fhir.notes.ankle import read_heel_findings
from fhirsvc.fhir.notes.emg import read_nerve_findings
from fhirsvc.fhir.notes.lesions import read_lesions
from fhirsvc.fhir.notes.lumbar import Lumbar
from fhirsvc.fhir.notes.sentences import Sentence
from fhirsvc.fhir.notes.statement import Finding, Study, Touch

GRAVEST = (
    "sequestration", "extrusion", "recurrent-herniation", "herniation", "protrusion", "epidural-scar",
    "foraminal-stenosis", "lateral-recess-stenosis", "canal-stenosis", "bulge", "spondylolisthesis",
)  # fmt: skip
"""Lumbar findings that may leave a root too little room, the gravest first."""
MOST = 24
"""Names of findings in the fullest sentence that is read for them; in a fuller one none can be told from another."""
_NAMING = frozenset({"lesion", "narrow", "radiculopathy", "contact", "open"})
_STATED = {Certainty.UNCERTAIN: "possible ", Certainty.HISTORICAL: "former "}
_SIDES = {Side.LEFT: "left", Side.RIGHT: "right", Side.BOTH: "both sides"}
_SHOWS_ROOTS = frozenset({"MR", "CT", ""})


def findings_of(lumbar: Lumbar, study: Study, thick: Fraction | None, earlier: tuple[str, ...]) -> Iterator[Finding]:
    """What one sentence of the findings names.

    thick: above how many millimetres a plantar fascia is thickened. earlier: levels that the text named last.
    """
    scope = lumbar.scope
    if sum(mention.kind in _NAMING for mention in scope.sentence.mentions) > MOST:
        return
    modalities = {mention.word for mention in scope.cues("modality")}
    if study.kind in {"EMG", ""}:
        yield from read_nerve_findings(scope, lumbar.naming)
    spine = study.kind != "EMG" or not modalities.isdisjoint(_SHOWS_ROOTS)
    if spine and study.region in {"lumbar", ""}:
        for found in read_lesions(lumbar, earlier, spinal=study.region == "lumbar"):
            yield found if study.kind in {*_SHOWS_ROOTS, "EMG"} else _unshown(found)
    if study.region in {"ankle", ""} and study.kind != "EMG":
        yield from read_heel_findings(scope, thick, study.side)


def standing(findings: Sequence[Finding], sentences: Sequence[Sentence]) -> list[Finding]:
    """The findings that stand at the end of a report: an addendum beats the body, and each lesion is named once."""
    later = {found.kind for found in findings if found.sentence.section == "addendum" and not _adds(found.sentence)}
    kept = [found for found in findings if found.sentence.section == "addendum" or found.kind not in later]
    if not later and any(sentence.section == "addendum" and _has(sentence, "correction") for sentence in sentences):
        kept = [replace(found, side=Side.UNKNOWN, central=False) for found in kept]
    return _joined(kept)


def gravest(findings: Sequence[Finding]) -> Finding | None:
    """The lumbar finding that says most of the roots' room: affirmed, the lowest level, and of the gravest kind."""
    shown = [found for found in findings if found.presence is Presence.PRESENT and found.kind in GRAVEST]
    shown = [found for found in shown if found.certainty is Certainty.AFFIRMED]
    return min(shown, key=lambda found: (GRAVEST.index(found.kind), -_depth(found)), default=None)


def in_words(found: Finding) -> str:
    """A finding as a clinician would name it ("possible protrusion at L5-S1, left, touching the S1 root")."""
    stated = "no " if found.presence is Presence.ABSENT else _STATED.get(found.certainty, "")
    kind = found.kind.removesuffix("-emg").removesuffix("-imaging").replace("-", " ")
    level = f" at {found.level}" if "-" in found.level else ""
    side = "midline" if found.central else _SIDES.get(found.side, "")
    roots = f"{' and '.join(found.roots)} root{'s' if len(found.roots) > 1 else ''}" if found.roots else ""
    touched = f"touching {'the ' + roots if roots else 'a root'}" if found.touch is Touch.YES else roots
    return ", ".join(part for part in (f"{stated}{kind}{level}", side, touched) if part)


def _depth(found: Finding) -> int:
    return int(found.level.endswith("S1")) * 2 + int(found.level.endswith("L5"))


def _adds(sentence: Sentence) -> bool:
    return _has(sentence, "addition")


def _has(sentence: Sentence, kind: str) -> bool:
    return any(mention.kind == kind for mention in sentence.mentions)


def _joined(findings: Sequence[Finding]) -> list[Finding]:
    """Each lesion of a level once: a later sentence that speaks of it again adds its side and what it touches."""
    kept: list[Finding] = []
    for found in findings:
        same = next((at for at, other in enumerate(kept) if _is_same(other, found)), None)
        if same is None:
            kept.append(found)
        else:
            kept[same] = _both(kept[same], found)
    return kept


def _unshown(found: Finding) -> Finding:
    """A radiograph or ultrasound shows no root, so it neither shows nor denies contact."""
    return replace(found, touch=Touch.UNKNOWN, roots=(), sac_only=False)


def _is_same(one: Finding, other: Finding) -> bool:
    named = (one.kind, one.level, one.presence, one.certainty) == (
        other.kind,
        other.level,
        other.presence,
        other.certainty,
    )
    sides = one.side is other.side or Side.UNKNOWN in {one.side, other.side}
    roots = one.roots == other.roots or not (one.roots and other.roots)
    return named and sides and roots and one.presence is not Presence.UNKNOWN


def _both(one: Finding, other: Finding) -> Finding:
    """The finding that says more, with the side of either."""
    fuller = other if (other.touch is Touch.YES) > (one.touch is Touch.YES) else one
    side = next((each.side for each in (fuller, one, other) if each.side is not Side.UNKNOWN), Side.UNKNOWN)
    return replace(fuller, side=side, central=fuller.central and side is Side.UNKNOWN)
