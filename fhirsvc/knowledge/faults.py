"""What is wrong in a file of mappings/, said to its author: where it stands and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault in one file: `file` relative to mappings/, `line` counted from 1 (0 = the file as a whole).

    says: what is wrong. do: what the author can do about it. Both are whole sentences.
    """

    file: str
    line: int
    says: str
    do: str

    def __str__(self) -> str:
        """One line for a terminal: file:line: what is wrong. What to do."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.says} {self.do}"


class Faulty(Exception):
    """Files of mappings/ that cannot be read as they stand; `faults` says why, in order of file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))
