"""The rows of protocol.yaml as domain values: each a conjunction of closed cells, first match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fhirsvc.domain.protocol import Cell, Outcome, Rule
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text
from fhirsvc.knowledge.citations import Citations, cited_once, cited_per_complaint
from fhirsvc.knowledge.entry import Entry

_OUTCOMES = {"patient": closed.PATIENT_OUTCOMES, "limb": closed.LIMB_OUTCOMES}


def rules(section: Entry, tiers: Mapping[str, str]) -> tuple[Rule, ...]:
    """The patient's rows, then the limb's; tiers: item → tier of the item table."""
    section.closes(["patient", "limb"])
    patient, limb = (section.listed(level, "rule") for level in ("patient", "limb"))
    _refuse_doubles(patient, limb)
    _refuse_open_rows(limb)
    return (*(_rule(each, "patient", tiers) for each in patient), *(_rule(each, "limb", tiers) for each in limb))


def _refuse_doubles(patient: Sequence[Entry], limb: Sequence[Entry]) -> None:
    taken = {entry.title for entry in patient}
    for entry in limb:
        if entry.title in taken:
            entry.fault("A row of the patient has this name.", "Rename one of them.")


def _refuse_open_rows(limb: Sequence[Entry]) -> None:
    """Exactly the last row of a limb holds always: below another nothing is reached, without one some limb has none."""
    for entry, after in pairwise(limb):
        if _is_open(entry):
            after.fault(
                f"No row below {entry.title} is ever reached, for that row has no cell.",
                "Move that row to the end.",
            )
    if limb and not _is_open(limb[-1]):
        limb[-1].fault("A limb that no row fits would have no answer.", "End with a row that says `when: []`.")


def _is_open(entry: Entry) -> bool:
    return entry.entries.get(Text("when")) == []


def _rule(entry: Entry, level: str, tiers: Mapping[str, str]) -> Rule:
    silent = entry.text("outcome") == Outcome.NOT_APPLICABLE
    required = ["rule", "outcome", "strength", "when", "because", "sources"]
    entry.closes(required if silent else [*required, "text"], ["flag", "second"])
    sources = cited_per_complaint(entry) if level == "limb" else Citations(cited_once(entry))
    return Rule(
        name=entry.text("rule"),
        level=level,
        outcome=Outcome(entry.word("outcome", _OUTCOMES[level], Outcome.NOT_APPLICABLE)),
        strength=entry.word("strength", closed.STRENGTHS),
        cells=_Cells(entry, level, tiers).all(),
        because=entry.text("because"),
        sources=sources.flat,
        flag=entry.yes("flag"),
        text=entry.text("text"),
        second=entry.yes("second"),
        cited=sources.by_complaint,
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one row being read."""

    row: Entry
    level: str
    tiers: Mapping[str, str]

    def all(self) -> tuple[Cell, ...]:
        """Every cell of `when`."""
        when = self.row.entries.get(Text("when"), Rows())
        if isinstance(when, Rows):
            return self._cells(when)
        self.row.fault("`when` is not a list of conditions.", "Begin each with a dash: `- A: at least 2`.", when)
        return ()

    def _cells(self, rows: Rows) -> tuple[Cell, ...]:
        return tuple(cell for each in rows for cell in self._cell(each))

    def _cell(self, authored: Authored) -> tuple[Cell, ...]:
        if not isinstance(authored, Entries) or len(authored) != 1:
            self.row.fault("A condition is one word and what it wants.", "Write it as `- A: at least 2`.", authored)
            return ()
        (word, wants), *_ = authored.items()
        if word not in closed.CELLS[self.level]:
            self._refuse(word, wants, f"Begin it with one of: {', '.join(closed.CELLS[self.level])}.")
            return ()
        if word == "any":
            return self._either(word, wants)
        return self._wants(word, wants)

    def _either(self, word: Text, wants: Authored) -> tuple[Cell, ...]:
        if not isinstance(wants, Rows) or len(wants) < _ALTERNATIVES:
            self.row.fault("`any` needs two conditions or more.", "List them below it, each with a dash.", word)
            return ()
        return (Cell(word="any", either=self._cells(wants)),)

    def _wants(self, word: Text, wants: Authored) -> tuple[Cell, ...]:
        one = word in closed.COUNTED or word == "recorded"
        found = [wants] if one else wants if isinstance(wants, Rows) else []
        allowed = self._allowed(word)
        texts = [str(each) for each in found if isinstance(each, Text) and each in allowed]
        if not texts or len(texts) != len(found) or len(set(texts)) != len(texts):
            form = "one of" if one else "a list of"
            self._refuse(word, wants, f"Write {form}: {', '.join(allowed)}.")
            return ()
        return (Cell(word=str(word), wants=tuple(texts)),)

    def _allowed(self, word: str) -> tuple[str, ...]:
        if word in closed.COUNTED:
            return closed.COUNTS
        if word == "recorded":
            return closed.RECORDED[self.level]
        if word in closed.GRADED:
            return closed.GRADED[word]
        return tuple(item for item, tier in self.tiers.items() if tier in closed.NAMING[word])

    def _refuse(self, word: Text, wants: Authored, do: str) -> None:
        said = f"[{', '.join(map(str, wants))}]" if isinstance(wants, Rows) else wants
        self.row.fault(f"`{word}: {said}` is not a condition.", do, word)


_ALTERNATIVES = 2
