"""How well the note readers read real text: predictions for an annotated corpus, compared by the corpus's own score.

Usage: python -m tests.corpus.notes DIR [--errors N], where DIR holds dev.jsonl and score.py, outside this repository.
"""

from __future__ import annotations

import argparse
import json
import runpy
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fhirsvc.domain.evidence import Certainty, Presence, Side
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.notes import Study, read_report
from fhirsvc.fhir.notes.clinical import read_note
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.statement import Finding, Touch
from fhirsvc.knowledge.reading import load_reading

Row = Mapping[str, Any]
_SIDES = {Side.LEFT: "left", Side.RIGHT: "right", Side.BOTH: "bilateral", Side.UNKNOWN: "not-stated"}
_CONTACTS = frozenset({"root-compression", "root-contact"})
_CONCLUSIONS = frozenset({"radiculopathy-emg", "root-irritation-emg"})
_LOCAL = frozenset({"achilles-thickening", "plantar-fascia-thickening"})
_RANK = ("none", "weak", "pos")
_ACHILLES = {"name": "achilles", "S1": "pos", "L5": "weak"}
_PLANTAR = {"name": "plantar", "S1": "pos", "L5": "pos", "L4": "weak"}
_LOW = {"achilles": "weak", "plantar": "weak"}
_UNNAMED = defaultdict(dict, {"": _LOW, "S1": _LOW, "L5": _LOW, "L4": {"plantar": "weak"}})
_COLLAPSED = {
    "urinary-retention": "bladder-dysfunction",
    "overflow-incontinence": "bladder-dysfunction",
    "urinary-hesitancy": "bladder-dysfunction",
    "urinary-incontinence": "bladder-dysfunction",
    "benign-incontinence": "bladder-dysfunction",
    "incontinence": "bladder-dysfunction",
    "bowel-incontinence": "bowel-dysfunction",
}
"""Subjects that the corpus does not tell apart → its own name for them."""
_UNSITED = frozenset(
    {"worse-on-bending", "worse-on-loading", "first-step-pain", "leg-pain", "radiculopathy", "sciatica"}
)
"""Concepts that the corpus gives no distribution; the reader names the part that hurts."""
_UNKNOWN = frozenset(
    {"antalgic-gait", "knee-extension-power", "royal-london", "arc-sign", "plantar-fascia-thickening", "leg-power"}
    | {"both-legs-deficit", "thoracic-back-pain", "leg-symptoms", "shortened-stride"}
    | {"osteoporosis", "vertebral-fragility-fracture", "long-term-steroids", "iv-drug-use", "immunosuppression"}
    | {"tuberculosis", "spinal-infection", "bloodstream-infection", "major-trauma", "minor-trauma", "trauma"}
    | {"dated-fluoroquinolone"}
    | {"axial-spondyloarthritis", "inflammatory-back-pain", "morning-back-stiffness", "back-pain-eased-by-exercise"}
)
"""Subjects of examination and history that the corpus has no concept for."""
_OPPOSED = frozenset({"left", "right"})


def predicted(row: Row, lexicon: ReadingLexicon) -> list[dict[str, Any]]:
    """The facts of one span: its kind plays the part of the resource type and chooses the reader."""
    if row["kind"] == "imaging":
        return _imaging(row, lexicon)
    remarks = read_note({"text": row["text"]}, lexicon.clinical).remarks
    facts = [_clinical(remark) for remark in remarks if remark.subject not in _UNKNOWN]
    return [fact for index, fact in enumerate(facts) if fact not in facts[:index]]


def _imaging(row: Row, lexicon: ReadingLexicon) -> list[dict[str, Any]]:
    """Findings of a report in the corpus's terms, with its policy of use."""
    report = read_report({"text": row["text"]}, Study(), lexicon)
    return [_finding(found) for found in report.findings]


def _finding(found: Finding) -> dict[str, Any]:
    side = "midline" if found.central else _SIDES[found.side]
    use_at, use_pf = (_used(found, best) for best in (_ACHILLES, _PLANTAR))
    return {
        "type": "imaging",
        "finding": found.kind,
        "level": found.level or "not-stated",
        "side": side,
        "certainty": "negated" if found.presence is Presence.ABSENT else str(found.certainty),
        "contact": str(found.touch),
        "root": list(found.roots),
        "sac_only": found.sac_only,
        "use_at": use_at,
        "use_pf": use_pf,
        "local": "present" if found.kind in _LOCAL and found.presence is Presence.PRESENT else "not-applicable",
    }


def _used(found: Finding, best: Mapping[str, str]) -> str:
    """What a finding contributes to one complaint, by the policy of the corpus's SCHEMA.md."""
    touching = found.touch is Touch.YES or found.kind in _CONCLUSIONS or found.kind in _CONTACTS
    if found.presence is Presence.ABSENT:
        denies = found.kind in {*_CONTACTS, "radiculopathy-emg"} and not found.limited and not found.roots
        return "neg" if denies and found.certainty is Certainty.AFFIRMED else "none"
    if not touching or found.certainty is Certainty.HISTORICAL:
        return "none"
    if not found.roots:
        return _UNNAMED[found.level.partition("-")[2]].get(best["name"], "none")
    use = max((best.get(root, "none") for root in found.roots), key=_RANK.index)
    weak = found.certainty is not Certainty.AFFIRMED or found.side is Side.UNKNOWN or found.limited
    weak = weak or found.kind in {"epidural-scar", "root-irritation-emg"}
    return "weak" if weak and use == "pos" else use


def _clinical(remark: Remark) -> dict[str, Any]:
    return {
        "type": "clinical",
        "concept": _COLLAPSED.get(remark.subject, remark.subject),
        "value": remark.value,
        "side": _SIDES[remark.side],
        "root": list(remark.roots),
        "level": remark.level or None,
        "certainty": str(remark.certainty),
        "experiencer": "family" if remark.family else "patient",
        "drop": remark.certainty is Certainty.HYPOTHETICAL,
        "distribution": [] if remark.subject in _UNSITED else list(remark.areas),
        "grade": remark.grade or None,
        "reproduces": remark.reproduces or None,
        "duration_weeks": remark.weeks,
        "chronic": remark.chronic,
    }


def wrong(gold: Iterable[Row], found: Mapping[str, list[dict[str, Any]]], score: Mapping[str, Any]) -> Counter[str]:
    """Among facts matched by name: how many carry the opposite side, and how many the opposite answer or certainty."""
    count: Counter[str] = Counter()
    for row in gold:
        facts, told = score["prepare"](row["facts"]), score["prepare"](found[row["id"]])
        pairs, _, _ = score["match"](facts, told)
        for first, second in pairs:
            one, other = facts[first], told[second]
            count["side"] += {one["side"], other["side"]} == _OPPOSED
            answers = [score["get"](one, key) != score["get"](other, key) for key in ("value", "certainty")]
            count["polarity"] += any(answers)
    return count


def _report(name: str, gold: list[Row], found: Mapping[str, list[dict[str, Any]]], score: Mapping[str, Any]) -> None:
    result, _ = score["evaluate"](gold, {row["id"]: found[row["id"]] for row in gold})
    rate, count = result["core_exact"], wrong(gold, found, score)
    shown = " ".join(f"{key} {'-' if rate[key] is None else format(rate[key], '.3f')}" for key in ("p", "r", "f1"))
    print(
        f"{name:<18} {len(gold):>4} spans: {shown}   tp {rate['tp']} fp {rate['fp']} fn {rate['fn']}"
        f"   wrong side {count['side']}, wrong polarity {count['polarity']},"
        f" false answers {result['empty_gold_spans_with_output']}/{result['empty_gold_spans']}"
    )


def main() -> None:
    """Predict, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gold", default="dev.jsonl")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--kind", action="append", help="imaging, exam or history; default: all")
    parser.add_argument("--predictions", type=Path, help="write the predictions there, one JSON object a line")
    asked = parser.parse_args()
    score = runpy.run_path(str(asked.folder / "score.py"))
    gold = [row for row in score["read"](asked.folder / asked.gold) if not asked.kind or row["kind"] in asked.kind]
    lexicon = load_reading()
    begun = time.process_time()
    found = {row["id"]: predicted(row, lexicon) for row in gold}
    spent = time.process_time() - begun
    if asked.predictions:
        lines = (json.dumps({"id": key, "facts": facts}) + "\n" for key, facts in found.items())
        asked.predictions.write_text("".join(lines), encoding="utf-8")
    kinds = asked.kind or ["imaging", "exam", "history"]
    for difficulty in ("core", "hard"):
        rows = [row for row in gold if row["difficulty"] == difficulty]
        _report(difficulty, rows, found, score)
        for kind in kinds if len(kinds) > 1 else ():
            _report(f"  {kind} {difficulty}", [row for row in rows if row["kind"] == kind], found, score)
    size = sum(len(row["text"]) for row in gold) / 1000
    print(f"{1000 * spent / size:.2f} ms per kB of {size:.0f} kB, a span at a time")
    _, errors = score["evaluate"](gold, found)
    texts = {row["id"]: row["text"] for row in gold}
    for name, difficulty, said in errors[: asked.errors]:
        print(name, difficulty, repr(texts[name]))
        for each in said:
            print("    ", *each)


if __name__ == "__main__":
    main()
