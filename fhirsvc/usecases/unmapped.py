"""Tell what was received and not understood: how often, of whom, since when, and what it may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.language import Language
from fhirsvc.knowledge.closest import Names
from fhirsvc.usecases.ports import LONGEST_SHOWN, Missed, Store, Tally


@dataclass(frozen=True, slots=True)
class Gap:
    """Something not understood, what a map would call it, and the Concepts whose names it is most like.

    named: the code, or the text without its words for sides, which are read beside any text; "" = a map could not help.
    closest: () = like none.
    """

    tally: Tally
    named: str
    closest: tuple[str, ...]


def unmapped(tenant: str, lexicon: Lexicon, *, store: Store) -> Sequence[Gap]:
    """What of a sender's records as they stand is not understood, the most frequent first."""
    with store.reading() as transaction:
        tallies = transaction.misses.tallies(tenant)
    names, language = Names(lexicon), Language(lexicon, ReadingLexicon())
    return [Gap(each, _named(each, language), _closest(each.missed, names)) for each in tallies]


def _named(tally: Tally, language: Language) -> str:
    missed = tally.missed
    is_value = missed.why == "unread" and tally.example.place.endswith("value")
    if missed.why != "unmapped" and not is_value:
        return ""
    return missed.code or _bare(missed.phrase, language)


def _bare(phrase: str, language: Language) -> str:
    """A phrase without its words for sides; "" = it was cut short, or has no letters."""
    texts = [text for text, _ in language.without_sides(phrase, letters=True) if text]
    bare = min(texts, key=len, default=phrase)
    return bare if any(map(str.isalpha, bare)) and len(phrase) < LONGEST_SHOWN else ""


def _closest(missed: Missed, names: Names) -> tuple[str, ...]:
    """A value or format that cannot be read is no Concept."""
    return () if missed.why == "unread" else names.closest(missed.text or missed.code)
