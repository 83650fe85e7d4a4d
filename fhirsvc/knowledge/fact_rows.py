"""The table of what the Remarks of clinical prose come to as Facts, read from its authors' file."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.reading import FactRow
from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text
from fhirsvc.knowledge.faults import Fault

_KEYS = frozenset(
    {"subject", "concept", "answers", "areas", "beside", "without", "reproduces", "spreading", "rooted"}
    | {"quoted", "qualifiers", "area"}
)
_YES_OR_NO = {"yes": True, "no": False}


class FactTable:
    """The file `facts.yaml`: `areas` and `rows`."""

    def __init__(self, file: str, entries: Entries, faults: list[Fault]) -> None:
        self._file = file
        self._entries = entries
        self._faults = faults

    def areas(self) -> dict[str, str]:
        """A part of the body in the note's terms → closed area of RULES 3.1."""
        return {str(area): str(closed) for area, closed in _below(self._entries.get(Text("areas")))}

    def rows(self) -> dict[str, tuple[FactRow, ...]]:
        """Subject of the Remark → its rows, in the order of the file."""
        found: dict[str, list[FactRow]] = {}
        rows = self._entries.get(Text("rows"))
        for row in rows if isinstance(rows, Rows) else []:
            if isinstance(row, Entries) and self._is_whole(row):
                fact = _row(row)
                found.setdefault(fact.subject, []).append(fact)
        return {subject: tuple(facts) for subject, facts in found.items()}

    def _is_whole(self, row: Entries) -> bool:
        """Does a row say subject, concept and answers, and nothing unknown? A Fault for each that it does not."""
        unknown = [key for key in row if key not in _KEYS]
        missing = [key for key in ("subject", "concept", "answers") if Text(key) not in row]
        for key in unknown:
            do = f"Use one of: {', '.join(sorted(_KEYS))}."
            self._faults.append(Fault(self._file, key.line, f"'{key}' is no part of a row.", do))
        for key in map(Text, ("spreading", "rooted", "quoted")):
            if key in row and str(row[key]) not in _YES_OR_NO:
                self._faults.append(Fault(self._file, row.line, f"'{key}' is neither yes nor no.", "Write yes or no."))
        for name in missing:
            self._faults.append(Fault(self._file, row.line, f"The row has no '{name}'.", f"Write `{name}: ...` in it."))
        return not (unknown or missing)


def _row(row: Entries) -> FactRow:
    return FactRow(
        subject=str(row[Text("subject")]),
        concept=str(row[Text("concept")]),
        answers={str(value): str(answer) for value, answer in _below(row[Text("answers")])},
        areas=_words(row.get(Text("areas"))),
        beside=_words(row.get(Text("beside"))),
        without=_words(row.get(Text("without"))),
        reproduces=_words(row.get(Text("reproduces"))),
        spreading=_YES_OR_NO.get(str(row.get(Text("spreading")))),
        rooted=_YES_OR_NO.get(str(row.get(Text("rooted")))),
        quoted=_YES_OR_NO.get(str(row.get(Text("quoted"))), True),
        qualifiers=_words(row.get(Text("qualifiers"))),
        area=_area(row.get(Text("area"))),
    )


def _area(text: Authored | None) -> str | None:
    """The area of a row; `none` = its Facts carry none."""
    return ("" if text == "none" else str(text)) if isinstance(text, Text) else None


def _below(entries: Authored | None) -> Iterator[tuple[Text, Authored]]:
    yield from entries.items() if isinstance(entries, Entries) else ()


def _words(rows: Authored | None) -> frozenset[str]:
    return frozenset(str(row) for row in rows if isinstance(row, Text)) if isinstance(rows, Rows) else frozenset()
