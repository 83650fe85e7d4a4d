"""The report reader's lexicon as a value: which words in a report name what, built by `knowledge`, handed to `fhir`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

WORD = re.compile(r"[a-z][a-z0-9']*|[0-9]+(?:[.,][0-9]+)*|[^\sa-z0-9]")
"""One word of plain text (see `plain`): letters with what hangs on them, a number, or a single sign."""

STEM = 3
"""A word written with a star is filed under its first three letters; it cannot be shorter."""

KINDS: Mapping[str, frozenset[str]] = {
    "side": frozenset({"left", "right", "both", "neither"}),
    "root": frozenset({"one", "many"}),
    "nerve": frozenset({"path"}),
    "sac": frozenset({"sac", "cauda"}),
    "passage": frozenset({"passage"}),
    "position": frozenset({"position"}),
    "bone": frozenset({"bone"}),
    "contact": frozenset({"contact", "crowd", "surround", "clear"}),
    "finding": frozenset({"finding", "scar", "incidental"}),
    "syndrome": frozenset({"cauda"}),
    "radiculopathy": frozenset({"firm", "faint"}),
    "active": frozenset({"active", "inactive"}),
    "structure": frozenset({"achilles", "plantar"}),
    "thickening": frozenset({"thick", "normal"}),
    "other": frozenset({"other"}),
    "numbering": frozenset({"uncertain"}),
    "negation": frozenset({"before", "after", "around"}),
    "uncertain": frozenset({"before", "after", "around"}),
    "historical": frozenset({"before", "after"}),
    "ended": frozenset({"around"}),
    "unchanged": frozenset({"around"}),
    "course": frozenset({"course"}),
    "stated": frozenset({"seen", "said"}),
    "link": frozenset({"link"}),
    "limited": frozenset({"limited"}),
    "normal-study": frozenset({"normal"}),
    "hypothetical": frozenset({"before", "after", "condition"}),
    "family": frozenset({"family"}),
    "turn": frozenset({"turn"}),
    "exception": frozenset({"exception"}),
    "everywhere": frozenset({"everywhere"}),
    "hedge": frozenset({"hedge", "degree"}),
    "no-correlate": frozenset({"no-correlate"}),
    "correction": frozenset({"correction"}),
    "addition": frozenset({"addition"}),
    "comparison": frozenset({"comparison"}),
    "modality": frozenset({"MR", "CT", "XR", "US", "EMG"}),
    "region": frozenset({"lumbar", "ankle", "other"}),
    "raised": frozenset({"raised"}),
    "grammar": frozenset({"be", "or", "and", "oblique", "article", "modal", "relative"}),
}
"""Every kind of word the reader knows, and the closed words of each kind."""

SECTIONS = frozenset({"question", "history", "family", "body", "addendum"})
"""What a heading opens: only `body` and `addendum` speak of what the study shows."""


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase of the reader: its kind and closed word (see KINDS), and its pattern of lower-case words.

    A word of the pattern that ends in * stands for every word that begins so.
    """

    kind: str
    word: str
    pattern: tuple[str, ...]

    @property
    def key(self) -> str:
        """What its first word is filed under."""
        first = self.pattern[0]
        return first[:STEM] + "*" if first.endswith("*") else first


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLexicon:
    """terms: filing key → Terms. sections: heading in lower case → what it opens.

    abbreviations: words whose full stop does not end a sentence. limits: name → number the reader compares with.
    rule_outs: whole sentences, word by word, that exclude compression of the cauda equina. beside: whole sentences on
    the cauda equina that leave such an exclusion as it is.
    """

    terms: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    abbreviations: frozenset[str] = frozenset()
    limits: Mapping[str, Fraction] = field(default_factory=dict)
    rule_outs: frozenset[tuple[str, ...]] = frozenset()
    beside: frozenset[tuple[str, ...]] = frozenset()
    version: str = ""
    digest: str = ""

    def starting(self, word: str) -> tuple[Term, ...]:
        """The Terms whose first word may be this one, in no particular order."""
        return self.terms.get(word, ()) + self.terms.get(word[:STEM] + "*", ())


def plain(text: str) -> str:
    """Lower case with plain quotes, dashes and spaces, character for character: offsets stay those of the text."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(each if len(each.lower()) != 1 else each.lower() for each in text)
    return lowered.translate(_PLAIN)


def pattern(phrase: str) -> tuple[str, ...]:
    """The words of a phrase of the lexicon; a star belongs to the word before it."""
    words: list[str] = []
    for match in WORD.finditer(plain(phrase)):
        if match[0] == "*" and words:
            words[-1] += "*"
        else:
            words.append(match[0])
    return tuple(words)


_PLAIN = {
    0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2212: "-",
    0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x00A0: " ", 0x2022: "*", 0x00B7: "*",
}  # fmt: skip


def filed(terms: Iterable[Term]) -> dict[str, tuple[Term, ...]]:
    """Terms by filing key, as ReadingLexicon.terms holds them."""
    shelves: dict[str, list[Term]] = {}
    for term in sorted(terms, key=lambda term: (term.pattern, term.kind, term.word)):
        shelves.setdefault(term.key, []).append(term)
    return {key: tuple(shelf) for key, shelf in shelves.items()}
