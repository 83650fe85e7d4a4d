"""Tell what was received and not understood: how often, of whom, since when, and what it may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.language import Language
from fhirsvc.knowledge.closest import Names
from fhirsvc.usecases.ports import LONGEST_SHOWN, Store, Tally


@dataclass(frozen=True, slots=True)
class Gap:
    """Something not understood, what a map would call it, and the Concepts whose names it is most like.

    named: the code, or the text without its words for sides, which are read beside any text; "" = a map could not help.
    closest: () = like none.  same: the only one that is called all but the same; "" = none is, and likeness tells no
    meaning.
    """

    tally: Tally
    named: str
    closest: tuple[str, ...]
    same: str = ""

    @property
    def is_document_type(self) -> bool:
        """Is it what a document is, rather than what is said in it?"""
        example = self.tally.example
        return example.reference.startswith("DocumentReference/") and example.place == "type"


def unmapped(tenant: str, lexicon: Lexicon, *, store: Store) -> Sequence[Gap]:
    """What of a sender's records as they stand is not understood, the most frequent first."""
    with store.reading() as transaction:
        tallies = transaction.misses.tallies(tenant)
    names, language = Names(lexicon), Language(lexicon, ReadingLexicon())
    return [_gap(each, names, language) for each in tallies]


def _gap(tally: Tally, names: Names, language: Language) -> Gap:
    gap = Gap(tally, _named(tally, language), ())
    if tally.missed.why == "unread" or gap.is_document_type:
        return gap  # a value, a format or the type of a document is no Concept
    called = tally.missed.text or tally.missed.code
    return replace(gap, closest=names.closest(called), same=names.same(called))


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
