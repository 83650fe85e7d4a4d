"""The conditions of a row in words, as a clinician reads them on the page and in the report of the mutation gate."""

from __future__ import annotations

from collections.abc import Iterable

from fhirsvc.domain.protocol import Cell

_PLAIN = {"IMG": "imaging", "LOCAL": "local signs", "screen": "screen"}


def row_in_words(cells: Iterable[Cell]) -> str:
    """All conditions of a row; a row without any holds always."""
    return "; ".join(cell_in_words(cell) for cell in cells) or "in every other case"


def cell_in_words(cell: Cell) -> str:
    """ "A at least 2", "B includes RADSX or SLR", "imaging pos or weak", "recorded: rupture", "any of: …"."""
    if cell.word == "any":
        return f"any of: {' / '.join(cell_in_words(each) for each in cell.either)}"
    if cell.word == "recorded":
        return f"recorded: {cell.wants[0].replace('-', ' ')}"
    if cell.word in _PLAIN:
        return f"{_PLAIN[cell.word]} {' or '.join(cell.wants)}"
    if cell.word == "B includes none of":
        return f"B includes neither {' nor '.join(cell.wants)}" if len(cell.wants) > 1 else f"B without {cell.wants[0]}"
    if cell.word == "B only":
        return f"B empty or only {' and '.join(cell.wants)}"
    return f"{cell.word} {' or '.join(cell.wants)}"
