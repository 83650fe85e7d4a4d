"""Every small change of a row: a condition dropped or altered, two neighbours exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from fhirsvc.domain.protocol import Cell, Rule
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.cells import cell_in_words

_COUNTS = ("none", "exactly 1", "at least 1", "at least 2")
_NAMES = {
    "B includes": ("RADSX", "SLR", "LUMBAGG", "DX"),
    "B includes none of": ("RADSX", "SLR", "LUMBAGG", "DX"),
    "B only": ("RADSX", "SLR", "LUMBAGG", "DX"),
    "B has exactly one of": ("RADSX", "SLR", "LUMBAGG", "DX"),
    "C includes": ("NOTEND", "FAILTX", "LBP"),
}
"""Cells that name items → the items of that tier by nature."""


@dataclass(frozen=True, slots=True)
class RowMutant:
    """One changed row, or two exchanged ones. name: "I4 without `C includes NOTEND`"; rows: what stands there now."""

    name: str
    level: str
    index: int
    rows: tuple[Rule, ...]

    def within(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """The level's rows with the change made."""
        return (*rules[: self.index], *self.rows, *rules[self.index + len(self.rows) :])


def row_mutants(rules: tuple[Rule, ...], level: str) -> Iterator[RowMutant]:
    """All changes of the rows of one level, given in order."""
    for index, rule in enumerate(rules):
        for said, cells in _changed(rule.cells, level):
            yield RowMutant(f"{rule.name} {said}", level, index, (replace(rule, cells=cells),))
    for index, (first, second) in enumerate(pairwise(rules)):
        yield RowMutant(f"{second.name} before {first.name}", level, index, (second, first))


Change = tuple[str, tuple[Cell, ...]]


def _changed(cells: tuple[Cell, ...], level: str) -> Iterator[Change]:
    for index, cell in enumerate(cells):
        before, after = cells[:index], cells[index + 1 :]
        yield f"without `{cell_in_words(cell)}`", (*before, *after)
        for other in _altered(cell, level):
            if other not in cells:
                said = f"with `{cell_in_words(other)}` for `{cell_in_words(cell)}`"
                yield said, (*before, other, *after)


def _altered(cell: Cell, level: str) -> Iterator[Cell]:
    if cell.word == "any":
        yield from _altered_either(cell, level)
    elif cell.word in closed.COUNTED:
        yield from (replace(cell, wants=(count,)) for count in _COUNTS if (count,) != cell.wants)
    elif cell.word == "recorded":
        yield from (replace(cell, wants=(word,)) for word in closed.RECORDED[level] if (word,) != cell.wants)
    elif cell.word in closed.GRADED:
        yield from _fewer_or_more(cell, closed.GRADED[cell.word])
    else:
        yield from _fewer_or_more(cell, _NAMES[cell.word])


def _altered_either(cell: Cell, level: str) -> Iterator[Cell]:
    """One alternative dropped, or one changed."""
    for index, each in enumerate(cell.either):
        before, after = cell.either[:index], cell.either[index + 1 :]
        yield replace(cell, either=(*before, *after))
        for other in _altered(each, level):
            yield replace(cell, either=(*before, other, *after))


def _fewer_or_more(cell: Cell, words: tuple[str, ...]) -> Iterator[Cell]:
    """One of the wanted words less, or one more; never all or none of them, which is the cell dropped."""
    for word in words:
        wants = tuple(each for each in words if (each in cell.wants) is not (each == word))
        if wants and (len(wants) < len(words) or cell.word not in closed.GRADED):
            yield replace(cell, wants=wants)
