"""The measurements behind the numbers in our documents: `make bench`, or `make bench DIR=../shared/corpus/notes`.

Each section prints both sides of its ratios from one run on one machine. Nothing here passes or fails.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from tests.bench import judging, parsing, reading, searching


def main(folder: Path | None, context: Path | None) -> None:
    """folder: of the annotated notes, None = the sentences of the benchmark alone; context: ConText's interpreter."""
    print(f"{platform.machine()}, Python {platform.python_version()}")
    for section in (parsing.measure, judging.measure, searching.measure):
        print(*section(), sep="\n")
    print(*reading.measure(folder, context), sep="\n")


if __name__ == "__main__":
    main(*(Path(each) if each else None for each in (*sys.argv[1:], "", "")[:2]))
