"""How long something has lasted, as short texts tell it ("for 8 weeks", "since yesterday"), and so when it began."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fhirsvc.domain.evidence import Moment
from fhirsvc.domain.lexicon import Lexicon, normalise
from fhirsvc.fhir.extract.moments import earlier, moment

_NEVER = "(?!)"
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Lasting:
    """Between so many units ago (UCUM: h, d, wk, mo, a), or since a date that the text names."""

    fewest: int
    most: int
    unit: str
    since: Moment | None = None

    def began(self, stated: Moment) -> Moment | None:
        """When it began, as far as the moment of the statement tells; None = before the calendar."""
        if self.since is not None:
            return self.since
        try:
            return Moment(_before(stated.first, self.most, self.unit), _before(stated.last, self.fewest, self.unit))
        except (ValueError, OverflowError):
            return None


class Durations:
    """The words of a lexicon that tell durations."""

    def __init__(self, lexicon: Lexicon) -> None:
        words = lexicon.words
        self._units, self._numbers = words.get("time-unit", {}), words.get("number-word", {})
        self._days = words.get("days-ago", {})
        since, history, ago = (_texts(words.get("lasting", {}), word) for word in ("since", "history", "ago"))
        count = rf"\d{{1,3}}|{any_of(self._numbers)}"
        told = (
            rf"(?:(?:(?P<fewest>{count})\s*(?:-|to)\s*)?(?P<most>{count})[\s-]*(?P<unit>{any_of(self._units)})"
            rf"|(?P<day>{any_of(self._days)})|(?P<date>\d{{4}}(?:-\d\d(?:-\d\d)?)?))"
        )
        self._behind = re.compile(rf"[\s,;(-]+(?:{any_of(since)})\s+{told}[\s)]*$")
        self._before = re.compile(rf"^{told}[\s-]+(?:{any_of(history)})\s+")
        self._alone = re.compile(rf"(?:(?:{any_of(since)})\s+)?{told}")
        self._ago = re.compile(rf"(?:(?:{any_of(since)})\s+)?{told}(?:\s+(?:{any_of(ago)}))?")

    def apart(self, text: str) -> Iterator[tuple[str, Lasting]]:
        """A text without the duration at its end, or without the "8 week history of" before it; and that duration."""
        plain = normalise(text) if len(text) <= _LONGEST else ""
        for pattern in (self._behind, self._before):
            found = pattern.search(plain)
            lasting = self._lasting(found) if found else None
            if found and lasting:
                yield normalise(plain[: found.start()] + plain[found.end() :]), lasting

    def alone(self, text: str, *, ago: bool = False) -> Lasting | None:
        """The duration that is all a text says; ago: "8 weeks ago" counts, as where it can only be the beginning."""
        plain = normalise(text) if len(text) <= _LONGEST else ""
        found = (self._ago if ago else self._alone).fullmatch(plain)
        return self._lasting(found) if found else None

    def _lasting(self, found: re.Match[str]) -> Lasting | None:
        if found["day"]:
            days = int(self._days[found["day"]])
            return Lasting(days, days, "d")
        if found["date"]:
            since = moment(found["date"])
            return Lasting(0, 0, "d", since) if since else None
        most = self._number(found["most"])
        fewest = self._number(found["fewest"]) if found["fewest"] else most
        return Lasting(fewest, most, self._units[found["unit"]]) if fewest <= most else None

    def _number(self, text: str) -> int:
        return int(self._numbers.get(text, text))


def _before(instant: datetime, count: int, unit: str) -> datetime:
    if unit == "h":
        return instant - timedelta(hours=count)
    return datetime.combine(earlier(instant.date(), count, unit), instant.timetz())


def _texts(words: Mapping[str, str], word: str) -> list[str]:
    return [text for text, each in words.items() if each == word]


def any_of(texts: Iterable[str]) -> str:
    """The pattern of one of these texts, the longest that stands there; one that is never found where there is none."""
    longest = sorted(texts, key=len, reverse=True)
    return "|".join(map(re.escape, longest)) or _NEVER
