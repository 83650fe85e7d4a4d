"""How fast and how truly notes are read, beside medspaCy's ConText on the same spans with the same vocabulary.

ConText finds the phrases that our lexicon has for a symptom, diagnosis or lesion and says whether each is negated,
uncertain, historical, hypothetical or of the family. Side, level, root, grade and area are beyond it and not compared.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fhirsvc.domain.reading import Vocabulary
from fhirsvc.fhir.notes import Study, read_report
from fhirsvc.fhir.notes.clinical import read_note
from fhirsvc.knowledge.reading import load_reading
from tests.bench.timing import ROUNDS, fastest
from tests.corpus.notes import predicted

COMPARED = frozenset({"symptom", "diagnosis", "lesion"})
DROPPED = "dropped"
SILENT = frozenset({"", DROPPED})

Row = Mapping[str, Any]
Said = frozenset[tuple[str, str]]


def measure(folder: Path | None, context: Path | None) -> Iterator[str]:
    """folder: holds dev.jsonl; context: an interpreter with medspaCy. Without a folder only speed on any text."""
    lexicon = load_reading()
    yield "\nreading of notes"
    for name, text in _texts().items():
        note = fastest(lambda text=text: read_note({"text": text}, lexicon.clinical), rounds=3)  # type: ignore[misc]
        report = fastest(lambda text=text: read_report({"text": text}, Study(), lexicon), rounds=3)  # type: ignore[misc]
        size = len(text)
        yield f"  {name}: as a note {note / size * 1e6:.1f} ms/kB, as a report {report / size * 1e6:.1f}"
    if folder is None or context is None:
        yield "  (not beside ConText: give the folder of the annotated notes, make bench DIR=...)"
        return
    rows = [json.loads(line) for line in (folder / "dev.jsonl").read_text("utf-8").splitlines() if line]
    yield from _compared(rows, lexicon, context)


def _texts() -> Mapping[str, str]:
    """Texts of the reader's own words, and of none of them: the one costs most, the other least."""
    chance = random.Random(1)
    lexicon = load_reading()
    known = sorted({" ".join(term.pattern) for terms in lexicon.clinical.terms.values() for term in terms})
    spoken = (" ".join(chance.choices(known, k=8)).replace("*", "s") + ". " for _ in range(200))
    return {
        "the lexicon's own words in any order": "".join(spoken),
        "words it does not know": "The quick animal went over a fence and was pleased. " * 200,
        "signs and digits without an end": "".join(chance.choices("0123456789/+-.,;:() ", k=20_000)),
    }


def _compared(rows: list[Row], lexicon: Any, context: Path) -> Iterator[str]:
    texts = [row["text"] for row in rows]
    size = sum(map(len, texts)) / 1000
    ours = fastest(lambda: [predicted(row, lexicon) for row in rows], rounds=ROUNDS)
    targets = _targets(lexicon)
    theirs = _context(context, {"targets": targets, "texts": texts, "rounds": ROUNDS})
    yield f"  {len(rows)} spans of real text, {size:.0f} kB, one after another, fastest of {ROUNDS} rounds:"
    beside = f"ConText: {theirs['seconds'] / size * 1e3:.2f} ms/kB; {theirs['seconds'] / ours:.1f} times"
    yield f"    this reader, all it reads: {ours / size * 1e3:.2f} ms/kB; {beside}"
    yield f"  presence and certainty of {len(targets)} symptoms, diagnoses and lesions, span by span:"
    said = {
        "this reader": [_ours(predicted(row, lexicon), targets) for row in rows],
        "ConText": [frozenset(map(_theirs, answer)) for answer in theirs["answers"]],
    }
    for difficulty in ("core", "hard"):
        for name, answers in said.items():
            pairs = [(row, each) for row, each in zip(rows, answers, strict=True) if row["difficulty"] == difficulty]
            yield f"    {difficulty} {name:12}: {_rated(pairs, targets)}"


def _targets(lexicon: Any) -> dict[str, list[str]]:
    """Label → phrases, of the words that both name alike."""
    found: dict[str, list[str]] = {}
    vocabularies: tuple[Vocabulary, ...] = (lexicon, lexicon.clinical)
    for terms in (terms for vocabulary in vocabularies for terms in vocabulary.terms.values()):
        for term in terms:
            if term.kind in COMPARED and term.word not in {"other", "pain", "context"}:
                found.setdefault(term.word, []).append(" ".join(term.pattern).replace("*", ""))
    return found


def _context(python: Path, asked: Mapping[str, Any]) -> Any:
    script = Path(__file__).with_name("context.py")
    told = subprocess.run([python, script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def _theirs(answer: tuple[str, bool, bool, bool, bool, bool]) -> tuple[str, str]:
    label, negated, uncertain, historical, hypothetical, family = answer
    if hypothetical or family:
        return label, DROPPED
    return label, "absent" if negated else "uncertain" if uncertain else "historical" if historical else "present"


def _ours(facts: Iterable[Row], targets: Mapping[str, Any]) -> Said:
    return frozenset((_name(fact), _standing(fact)) for fact in facts if _name(fact) in targets)


def _name(fact: Row) -> str:
    return str(fact.get("concept") or fact.get("finding"))


def _standing(fact: Row) -> str:
    is_dropped = fact.get("drop") or fact.get("use_at") == "drop" or fact.get("section") == "indication"
    if is_dropped or fact.get("experiencer", "patient") != "patient" or fact["certainty"] == "hypothetical":
        return DROPPED
    if fact.get("value") == "absent" or fact["certainty"] == "negated":
        return "absent"
    return "present" if fact["certainty"] == "affirmed" else str(fact["certainty"])


def _rated(pairs: list[tuple[Row, Said]], targets: Mapping[str, Any]) -> str:
    count: Counter[str] = Counter()
    for row, answer in pairs:
        asked = [fact for fact in row["facts"] if _name(fact) in targets]
        open_ = {_name(fact) for fact in asked if fact.get("optional")}
        gold = {(name, how) for name, how in _ours(asked, targets) if how not in SILENT and name not in open_}
        told = {(name, how) for name, how in answer if how not in SILENT and name not in open_}
        count.update(right=len(gold & told), told=len(told), asked=len(gold))
        count["turned"] += len({name for name, _ in gold - told} & {name for name, _ in told - gold})
    precision, recall = count["right"] / max(count["told"], 1), count["right"] / max(count["asked"], 1)
    turned = f"{count['turned']} turned round, of {count['asked']} statements"
    return f"precision {precision:.3f}, recall {recall:.3f}, {turned}"
