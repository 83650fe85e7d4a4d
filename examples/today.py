"""Moves the dates of a bundle so that the day it was assembled (`Bundle.timestamp`) becomes today.

    python examples/today.py examples/indicated.json

The clinical windows are counted in days, so an example that stands still would give another answer next year. Every
date in the file moves by the same number of days; nothing else changes. Needs Python alone.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

DATE = re.compile(r'(?<=")(\d{4})-(\d{2})(?:-(\d{2}))?(?=T[\d:.]+(?:Z|[+-][\d:]{5})"|")')


def moved(text: str, today: date) -> str:
    """The same JSON text with every date and dateTime moved; a month ("2025-11") stays a month."""
    assembled = date.fromisoformat(json.loads(text)["timestamp"][:10])
    return DATE.sub(lambda found: _moved(found, today - assembled), text)


def _moved(found: re.Match[str], by: timedelta) -> str:
    """One date, moved; a partial date is taken at the middle of its month."""
    year, month, day = found.groups()
    whole = date(int(year), int(month), int(day or 15)) + by
    return whole.isoformat() if day else whole.isoformat()[:7]


def today() -> date:
    """The day it is, in UTC: the service counts its windows in UTC as well."""
    return datetime.now(UTC).date()


def main(names: list[str]) -> None:
    """Print each named bundle, one after the other."""
    for name in names:
        sys.stdout.write(moved(Path(name).read_text(encoding="utf-8"), today()))


if __name__ == "__main__":
    main(sys.argv[1:])
