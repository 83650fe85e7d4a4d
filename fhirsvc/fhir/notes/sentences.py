"""A report cut into sentences with offsets, each with its section and the level it stands under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fhirsvc.domain.reading import Vocabulary
from fhirsvc.fhir.notes.words import Mention, Word, levels_of, mentions_of, spelled, words_of

_ENDS = frozenset({".", "!", "?"})
_CLOSING = frozenset({"!", "?", ":", ";"})
_BULLETS = frozenset({"-", "*", "+", ">", "#"})
_LEADING = frozenset({"negation", "uncertain", "hypothetical", "historical", "side", "nerve", "grammar", "root"})
_LEADING_WORDS = frozenset({"of", "with", "for", "on", "l", "r", "n", ","})
_UNITS = frozenset({"mm", "cm"})
_SIDE_LETTERS = frozenset({"l", "r", "b"})
_LONG_LINE = 50
_HEADING_WORDS = 6
LONGEST = 150
"""Words of the longest sentence that is read; the reach of a "no" in a longer one cannot be told."""
DENSEST = 16
"""Words of contact in the fullest sentence that is read; which root each of more speaks of cannot be told."""
SPOKEN = frozenset({"body", "addendum"})
"""Sections that say what the study shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence: its words and what they mention, text and offsets in code points, section, and order from 1.

    under: levels of the heading it stands below ("L5-S1:"), when it names none itself. is_read: it was short and plain
    enough to be read; one that was not has no mentions.
    """

    words: Sequence[Word]
    mentions: Sequence[Mention]
    text: str
    start: int
    end: int
    number: int
    section: str
    under: tuple[str, ...] = ()
    is_read: bool = True


def sentences_of(
    text: str, lexicon: Vocabulary, lasting: frozenset[str] = SPOKEN, starts: frozenset[int] = frozenset()
) -> list[Sentence]:
    """The sentences of a text; headings are taken off and become the section of what follows.

    lasting: sections that a blank line does not end. starts: offsets at which a sentence begins in any case.
    """
    words = spelled(words_of(text), lexicon)
    layout = _Layout(text, lexicon, lasting, starts)
    return [sentence for first, after in layout.pieces(words) for sentence in layout.sentence(words[first:after])]


class _Layout:
    """Walks through one text and remembers the section and level it is in."""

    def __init__(self, text: str, lexicon: Vocabulary, lasting: frozenset[str], starts: frozenset[int]) -> None:
        self._text = text
        self._lexicon = lexicon
        self._lasting = lasting
        self._starts = starts
        self._section = "body"
        self._spoken = False
        self._under: tuple[str, ...] = ()
        self._number = 0
        self._end = 0
        self._capitals = text == text.upper()

    def pieces(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Where each sentence begins and ends among the words."""
        first = 0
        for index in range(len(words)):
            if index + 1 == len(words) or self._ends(words, first, index):
                yield first, index + 1
                first = index + 1

    def sentence(self, words: Sequence[Word]) -> Iterator[Sentence]:
        """The sentence without its heading; nothing when only a heading stands there."""
        self._leave(words)
        begun = words[0].start
        words = self._past_heading(words)
        if not words:
            return
        inline = words[0].start > begun and "\n" not in self._text[begun : words[0].start]
        self._spoken = True
        self._number += 1
        mentions = mentions_of(words, self._lexicon) if len(words) <= LONGEST else []
        dense = sum(mention.kind == "contact" for mention in mentions) > DENSEST
        mentions = [] if dense else mentions
        self._enter_level(words, mentions, leaves=not inline)
        start, end = words[0].start, words[-1].end
        yield Sentence(
            words=words,
            mentions=mentions,
            text=self._text[start:end],
            start=start,
            end=end,
            number=self._number,
            section=self._section,
            under=self._under,
            is_read=len(words) <= LONGEST and not dense,
        )

    def _leave(self, words: Sequence[Word]) -> None:
        """A blank line ends a section that had its say; a level's heading ends any that is not the body."""
        blank = self._text[self._end : words[0].start].count("\n") > 1
        self._end = words[-1].end
        if blank:
            self._under = ()
        if blank and self._spoken and self._section not in self._lasting:
            self._section = "body"

    def _past_heading(self, words: Sequence[Word]) -> Sequence[Word]:
        words = _past_bullet(words)
        colon = next((index for index, word in enumerate(words[: _HEADING_WORDS + 1]) if word.text == ":"), len(words))
        if colon > _HEADING_WORDS:
            return words
        section = self._section_of([word.text for word in words[:colon]])
        if not section:
            return words
        self._section, self._spoken, self._under = section, False, ()
        return words[colon + 1 :]

    def _section_of(self, heading: Sequence[str]) -> str:
        """What a heading opens; of several ("findings and impression") the last one known."""
        joints = [index for index, text in enumerate(heading) if text in {"and", "/", "&"}]
        parts = [heading[first + 1 : after] for first, after in pairwise([-1, *joints, len(heading)])]
        sections = [self._lexicon.sections.get(" ".join(part), "") for part in (*parts, heading)]
        return next((section for section in reversed(sections) if section), "")

    def _enter_level(self, words: Sequence[Word], mentions: Sequence[Mention], *, leaves: bool) -> None:
        """ "L5-S1:" at the beginning is the heading of what follows; any other heading ends it.

        leaves: it also ends a section that is not of the findings; it does not on the line of that section's heading.
        """
        colon = next((index for index, word in enumerate(words[: _HEADING_WORDS + 1]) if word.text == ":"), None)
        if colon is None:
            return
        self._under = tuple(levels_of(mention for mention in mentions if mention.first < colon))
        if self._under and leaves:
            self._section = self._section if self._section in SPOKEN else "body"

    def _ends(self, words: Sequence[Word], first: int, index: int) -> bool:
        """Does the sentence that began at `first` end with this word?"""
        word, after = words[index], words[index + 1]
        gap = self._text[word.end : after.start]
        if after.start in self._starts:
            return True
        if "\n" in gap or "\r" in gap:
            return self._line_ends(words, first, index, gap)
        if word.text == "/" and after.text != "/":
            return index > 0 and words[index - 1].text == "/" and words[index - 1].end == word.start
        if word.text not in _ENDS:
            return False
        if word.text != ".":
            return bool(gap) and index > first and words[index - 1].end == word.start
        return self._stop_ends(words, first, index, gap)

    def _stop_ends(self, words: Sequence[Word], first: int, index: int, gap: str) -> bool:
        """A full stop ends a sentence unless it belongs to an abbreviation, an initial or the number of a list."""
        if index == first:
            return False
        before = words[index - 1].text
        capital = self._text[words[index + 1].start].isupper()
        if index - 1 == first and before.isdigit():
            return False
        if len(before) == 1 and before.isalpha():
            return bool(gap) and capital and self._is_side_letter(words, first, index - 1)
        if self._is_abbreviated_side(before) and self._names_root(words, index + 1):
            return False
        if before in self._lexicon.abbreviations:
            return before in _UNITS and capital if self._capitals else capital
        return bool(gap) or capital

    def _is_side_letter(self, words: Sequence[Word], first: int, index: int) -> bool:
        """ "Tender R. Reflexes ...": a letter for a side may end a sentence; the initial of a name does not."""
        if words[index].text not in _SIDE_LETTERS or index == first or self._names_root(words, index + 2):
            return False
        before = words[index - 1]
        named = (
            self._text[before.start].isupper()
            and before.text[:1].isalpha()
            and words[index].end - words[index].start == 1
        )
        return before.text not in {".", ","} and before.text not in self._lexicon.abbreviations and not named

    def _is_abbreviated_side(self, text: str) -> bool:
        sides = any(term.kind == "side" and term.pattern == (text,) for term in self._lexicon.starting(text))
        return sides and text in self._lexicon.abbreviations

    @staticmethod
    def _names_root(words: Sequence[Word], index: int) -> bool:
        """Does the name of a root stand here ("Lt. S1 root"), and not of a disc?"""
        text, after = words[index].text, words[index + 1].text if index + 1 < len(words) else ""
        return text[:1] in {"l", "s"} and text[1:].isdigit() and after not in {"-", "/", ":"}

    def _line_ends(self, words: Sequence[Word], first: int, index: int, gap: str) -> bool:
        """A line break ends a sentence unless the line was merely full or broke off within a phrase."""
        word, after = words[index], words[index + 1]
        if gap.count("\n") > 1 or self._begins_item(words, index + 1) or word.text in _CLOSING:
            return True
        if word.text == "." and self._stop_ends(words, first, index, gap):
            return True
        if self._section_of([each.text for each in words[first : index + 1]]):
            return True
        if self._leads_on(word.text) or self._text[after.start].islower():
            return False
        line = self._text.rfind("\n", 0, word.start)
        return word.end - line <= _LONG_LINE

    def _leads_on(self, text: str) -> bool:
        """Does a line that ends with this word go on below? ("no", "left", "the", "nerve")"""
        leading = (term for term in self._lexicon.starting(text) if term.kind in _LEADING and len(term.pattern) == 1)
        return text in _LEADING_WORDS or any(term.pattern[0].rstrip("*") == text for term in leading)

    def _begins_item(self, words: Sequence[Word], index: int) -> bool:
        """A bullet, a number of a list, or a heading before a colon."""
        if words[index].text in _BULLETS:
            return True
        following = [word.text for word in words[index : index + _HEADING_WORDS + 1]]
        if following[0].isdigit() and len(following) > 1 and following[1] in {".", ")"}:
            return True
        return ":" in following and "." not in following[: following.index(":")]


def _is_sign(words: Sequence[Word]) -> bool:
    """ "-ve", "+ve": negative and positive, not a bullet."""
    return [word.text for word in words[1:]] == ["ve"] and words[0].end == words[1].start


def _past_bullet(words: Sequence[Word]) -> Sequence[Word]:
    first = 0
    while first < len(words) and words[first].text in _BULLETS and not _is_sign(words[first : first + 2]):
        first += 1
    if first + 1 < len(words) and words[first].text.isdigit() and words[first + 1].text in {".", ")"}:
        first += 2
    return words[first:]
