"""cases.yaml read: patients in a sentence, dated back from any evaluation date, and what must be said of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path

from fhirsvc.domain.evidence import (
    Certainty,
    ClinicalStatus,
    Modality,
    Qualifier,
    Root,
    Side,
    Status,
    Verification,
)
from fhirsvc.domain.protocol import Complaint, Outcome
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text, read_yaml
from fhirsvc.knowledge.entry import Entry
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.patients import EXAMINED, Birth, Case, Expected, Told, answers_to, evidence_of, is_number

__all__ = ["CASES", "Case", "evidence_of", "load_cases"]

CASES = "cases.yaml"
_STRETCH = re.compile(r"(\d+)(?: to (\d+))?")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SIDES = tuple(side.value for side in Side)
_FACT_KEYS = (
    "side",
    "days",
    "time",
    "received",
    "onset",
    "lasting",
    "root",
    "area",
    "modality",
    "raised",
    "certainty",
    "status",
    "as",
    "clinical status",
    "verification",
    "of",
    "says",
    "source",
)


def load_cases(folder: Path) -> tuple[Case, ...]:
    """The cases of a protocol version's folder, in order. Raises Faulty for what cannot be read."""
    name = "/".join((*folder.absolute().parts[-3:], CASES))
    page = Entry(name, CASES, read_yaml(folder / CASES, name), [])
    concepts = frozenset(map(str, read_yaml(folder / "concepts.yaml", "concepts.yaml")))
    cases = tuple(_cases(page, concepts))
    faults = [*page.faults, *_doubles(name, cases)]
    if faults:
        raise Faulty(faults)
    return cases


def _doubles(file: str, cases: tuple[Case, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for case in cases:
        if case.name in seen:
            yield Fault(file, 0, f"There are two cases {case.name}.", "Rename one of them.")
        seen.add(case.name)


def _cases(page: Entry, concepts: frozenset[str]) -> Iterator[Case]:
    for chapter in page.entries:
        for entry in page.listed(chapter, "case"):
            yield _case(str(chapter), entry, concepts)


def _case(chapter: str, entry: Entry, concepts: frozenset[str]) -> Case:
    entry.closes(["case", "patient", "born", "facts", "expected", "because"], ["complaints", "deceased"])
    complaints = _told(entry, "complaints", concepts, condition=True)
    return Case(
        name=entry.text("case"),
        line=getattr(entry.entries.get(Text("case")), "line", 0),
        chapter=chapter,
        patient=entry.text("patient"),
        because=entry.text("because"),
        told=(*complaints, *_told(entry, "facts", concepts, condition=False)),
        expected=tuple(_expected(each) for each in entry.listed("expected", "rule", once=False)),
        birth=_birth(entry),
        deceased=entry.yes("deceased"),
    )


def _birth(entry: Entry) -> Birth | None:
    if entry.entries.get(Text("born")) == "unknown":
        return None
    born = entry.under("born", f"{entry.title}, born")
    if born.has("year only"):
        return Birth(year_only=_whole(born, "year only"))
    born.closes(["years", "days"])
    return Birth(years=_whole(born, "years"), days=_whole(born, "days"))


def _whole(entry: Entry, name: str) -> int:
    text = entry.text(name)
    try:
        return int(text)
    except ValueError:
        entry.fault(f"`{name}: {text}` is not a whole number.", "Write a number of years or days.")
        return 0


def _told(case: Entry, name: str, concepts: frozenset[str], *, condition: bool) -> tuple[Told, ...]:
    rows = case.entries.get(Text(name), Rows())
    if not isinstance(rows, Rows):
        case.fault(f"`{name}` is not a list.", "Begin each line with `- {concept: answer}`.", rows)
        return ()
    return tuple(each for row in rows for each in _row(case, name, row, concepts, condition=condition))


def _row(case: Entry, name: str, row: Authored, concepts: frozenset[str], *, condition: bool) -> tuple[Told, ...]:
    if not isinstance(row, Entries):
        case.fault(f"{name}: `{row}` is not a fact.", "Write it as `- {concept: answer}`.", row)
        return ()
    entry = Entry(case.file, f"{case.title}, {name}", row, case.faults)
    return _one_told(entry, concepts, condition=condition)


def _one_told(entry: Entry, concepts: frozenset[str], *, condition: bool) -> tuple[Told, ...]:
    named = [str(key) for key in entry.entries if key in concepts]
    entry.closes(named, _FACT_KEYS)
    if len(named) != 1:
        entry.fault("A fact names one concept and its answer.", "Write `{achilles-reflex: absent, side: left}`.")
        return ()
    return (_fact(entry, named[0], condition=condition),)


def _fact(entry: Entry, concept: str, *, condition: bool) -> Told:
    root, modality = entry.word("root", list(Root)), entry.word("modality", list(Modality))
    return Told(
        concept=concept,
        answer=_answer(entry, concept),
        side=Side(entry.word("side", _SIDES, Side.UNKNOWN)),
        days=_days(entry),
        time=_clock_time(entry),
        received=_whole(entry, "received") if entry.has("received") else 0,
        onset=_onset(entry),
        root=Root(root) if root else None,
        area=entry.text("area"),
        modality=Modality(modality) if modality else None,
        raised=Side(entry.word("raised", _SIDES, Side.UNKNOWN)),
        certainty=Certainty(entry.word("certainty", list(Certainty), Certainty.AFFIRMED)),
        status=Status(entry.word("status", list(Status), Status.FINAL)),
        condition=condition or entry.word("as", ["condition"]) != "",
        clinical_status=ClinicalStatus(entry.word("clinical status", list(ClinicalStatus), ClinicalStatus.ACTIVE)),
        verification=Verification(entry.word("verification", list(Verification), Verification.CONFIRMED)),
        family=entry.word("of", ["family"]) != "",
        says=frozenset(Qualifier(word) for word in entry.words("says", list(Qualifier))),
        source=entry.text("source"),
    )


def _answer(entry: Entry, concept: str) -> str:
    words = answers_to(concept)
    answer = entry.text(concept)
    if answer not in words and not is_number(answer):
        entry.fault(f"`{answer}` is not an answer.", f"Write a number or one of: {', '.join(words)}.")
    return answer


def _days(entry: Entry) -> tuple[int, int] | None:
    if entry.text("days") == "unknown":
        return None
    return _span(entry, "days") or (EXAMINED, EXAMINED)


def _onset(entry: Entry) -> tuple[int, int] | None:
    """Days before the evaluation date; `lasting` counts back from the statement."""
    if not entry.has("lasting"):
        return _span(entry, "onset")
    days = _days(entry)
    began = _whole(entry, "lasting") + (days[1] if days else 0)
    return began, began


def _span(entry: Entry, name: str) -> tuple[int, int] | None:
    text = entry.text(name)
    if not text:
        return None
    found = _STRETCH.fullmatch(text)
    if found is None:
        entry.fault(f"`{name}: {text}` is not a number of days.", "Write 10, or `40 to 10` for a partial date.")
        return None
    return int(found[1]), int(found[2] or found[1])


def _clock_time(entry: Entry) -> time | None:
    text = entry.text("time")
    found = _TIME.fullmatch(text)
    if text and found is None:
        entry.fault(f"`time: {text}` is not a time of day.", 'Write it in quotation marks as "10:15".')
    return time(int(found[1]), int(found[2])) if found else None


def _expected(entry: Entry) -> Expected:
    entry.closes(["outcome", "rule"], ["complaint", "side", "missing", "also", "noted", "not noted", "sentence"])
    complaint = entry.word("complaint", list(Complaint))
    side = entry.word("side", ["left", "right", "unknown"])
    return Expected(
        outcome=Outcome(entry.word("outcome", list(Outcome), Outcome.NOT_APPLICABLE)),
        rule=entry.text("rule"),
        complaint=Complaint(complaint) if complaint else None,
        side=Side(side) if side else None,
        missing=tuple(map(str, entry.texts("missing"))),
        also=tuple(map(str, entry.texts("also"))),
        noted=entry.words("noted", closed.NOTES),
        unnoted=entry.words("not noted", closed.NOTES),
        sentence=entry.word("sentence", ["below-threshold", "no-evidence"]),
    )
