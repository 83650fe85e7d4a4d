"""A text as words with their offsets, and what the reader's lexicon finds among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fhirsvc.domain.reading import WORD, ReadingLexicon, Term, plain

_SEGMENT = re.compile(r"[lstc][0-9]{1,2}")
_TWO_SEGMENTS = re.compile(r"([lstc][0-9]{1,2})([lstc][0-9]{1,2})")
_NUMBER = re.compile(r"[0-9]{1,2}")
_BETWEEN = frozenset({"-", "/", "to", "on", "upon", "through"})
_UNITS = frozenset({"mm", "cm", "x"})
_LETTERS = {"l": "left", "r": "right"}
_BESIDE_LETTER = frozenset(
    {"level", "segment", "root", "nerve", "passage", "sac", "finding", "structure", "position", "radiculopathy"}
)


class Word(NamedTuple):
    """One word in plain lower case and where it stands, in code points; end exclusive."""

    text: str
    start: int
    end: int


class Mention(NamedTuple):
    """What the words from `first` to before `after` say: kind and word of the lexicon, or `level` and `segment`."""

    kind: str
    word: str
    first: int
    after: int


def words_of(text: str) -> list[Word]:
    """All words of a text."""
    return [Word(match[0], match.start(), match.end()) for match in WORD.finditer(plain(text))]


def mentions_of(words: Sequence[Word], lexicon: ReadingLexicon) -> list[Mention]:
    """What the lexicon, the vertebral levels and single side letters say, in the order of the text."""
    found = _segments(words)
    taken = {index for mention in found for index in range(mention.first, mention.after)}
    found += _terms(words, lexicon, taken)
    return sorted(found + _side_letters(words, found), key=lambda mention: (mention.first, mention.kind))


def levels_of(mentions: Iterable[Mention]) -> list[str]:
    """The vertebral levels named, as L5-S1."""
    return [mention.word for mention in mentions if mention.kind == "level"]


def _terms(words: Sequence[Word], lexicon: ReadingLexicon, taken: set[int]) -> list[Mention]:
    found: list[Mention] = []
    index = 0
    while index < len(words):
        matching = [] if index in taken else _longest(words, index, lexicon.starting(words[index].text))
        length = len(matching[0].pattern) if matching else 1
        found += {Mention(term.kind, term.word, index, index + length) for term in matching}
        index += length
    return found


def _longest(words: Sequence[Word], index: int, terms: Sequence[Term]) -> list[Term]:
    """The Terms of the longest pattern that stands here; a word may be of several kinds."""
    found: list[Term] = []
    longest = 1
    for term in terms:
        length = len(term.pattern)
        if length >= longest and _stands(term.pattern, words, index):
            found = [term] if length > longest else [*found, term]
            longest = length
    return found


def _stands(pattern: Sequence[str], words: Sequence[Word], index: int) -> bool:
    if index + len(pattern) > len(words):
        return False
    for offset in range(len(pattern) - 1, -1, -1):  # the last word tells phrases apart that begin alike
        text, expected = words[index + offset].text, pattern[offset]
        if text != expected and not (expected[-1] == "*" and text.startswith(expected[:-1])):
            return False
    return True


def _segments(words: Sequence[Word]) -> list[Mention]:
    """Levels (L5-S1, L5/S1, L4-5, L5 on S1, L5S1) and single segments (S1, S 1)."""
    found: list[Mention] = []
    index = 0
    while index < len(words):
        names, after = _chain(words, index)
        if len(names) > 1:
            found.append(Mention("level", f"{names[0]}-{names[-1]}", index, after))
        elif names:
            found.append(Mention("segment", names[0], index, after))
        index = max(after, index + 1)
    return found


def _chain(words: Sequence[Word], index: int) -> tuple[list[str], int]:
    """The segments that stand here joined as one level, and the index after them; ([], index) = none."""
    names, after = _segment(words, index)
    while names:
        joined, end = _joined(words, after, names[-1][0])
        if not joined:
            break
        names, after = names + joined, end
    return names, after


def _segment(words: Sequence[Word], index: int) -> tuple[list[str], int]:
    text = words[index].text
    if _SEGMENT.fullmatch(text):
        return [text.upper()], index + 1
    if both := _TWO_SEGMENTS.fullmatch(text):
        return [both[1].upper(), both[2].upper()], index + 1
    if text in {"l", "s"} and _is_number(words, index + 1):
        return [f"{text}{words[index + 1].text}".upper()], index + 2
    return [], index


def _joined(words: Sequence[Word], index: int, region: str) -> tuple[list[str], int]:
    """What follows a segment as the other end of a level: -S1, /5, on S1."""
    if index + 1 >= len(words) or words[index].text not in _BETWEEN:
        return [], index
    names, after = _segment(words, index + 1)
    if names:
        return names, after
    if words[index].text in {"-", "/"} and _is_number(words, index + 1):
        return [f"{region}{words[index + 1].text}"], index + 2
    return [], index


def _is_number(words: Sequence[Word], index: int) -> bool:
    if index >= len(words) or not _NUMBER.fullmatch(words[index].text):
        return False
    return index + 1 >= len(words) or words[index + 1].text not in _UNITS


def _side_letters(words: Sequence[Word], mentions: Sequence[Mention]) -> list[Mention]:
    """A bare L or R is a side only in brackets or directly before a part of the body that has sides."""
    starts = {mention.first for mention in mentions if mention.kind in _BESIDE_LETTER}
    taken = {index for mention in mentions for index in range(mention.first, mention.after)}
    return [
        Mention("side", _LETTERS[word.text], index, index + 1)
        for index, word in enumerate(words)
        if word.text in _LETTERS and index not in taken and (index + 1 in starts or _bracketed(words, index))
    ]


def _bracketed(words: Sequence[Word], index: int) -> bool:
    return 0 < index < len(words) - 1 and words[index - 1].text == "(" and words[index + 1].text == ")"
