"""A text as words with their offsets, and what the reader's lexicon finds among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fhirsvc.domain.reading import APART, WORD, Term, Vocabulary, plain, shortened

_SEGMENT = re.compile(r"[lstc][0-9]{1,2}")
_TWO_SEGMENTS = re.compile(r"([lstc][0-9]{1,2})([lstc][0-9]{1,2})")
_NUMBER = re.compile(r"[0-9]{1,2}")
_BETWEEN = frozenset({"-", "/", "to", "on", "upon", "over", "through"})
_SHORT = 5
_LONG = 20
_UNITS = frozenset({"mm", "cm", "x"})
_LETTERS = {"l": "left", "r": "right"}
_BESIDE_LETTER = frozenset(
    {
        "level",
        "segment",
        "root",
        "nerve",
        "passage",
        "sac",
        "finding",
        "structure",
        "position",
        "radiculopathy",
        "area",
        "diagnosis",
        "operation",
    }
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


def spelled(words: Sequence[Word], lexicon: Vocabulary) -> list[Word]:
    """The words, those with one letter wrong as the lexicon spells them; offsets stay those of the text."""
    slips: dict[str, str] = {}
    for text in {word.text for word in words if _SHORT < len(word.text) <= _LONG}:
        if (known := _respelled(text, lexicon)) != text:
            slips[text] = known
    return [word._replace(text=slips[word.text]) if word.text in slips else word for word in words]


def _respelled(text: str, lexicon: Vocabulary) -> str:
    """The one word of the lexicon's spelling list that is a single slip away, unless it is written as a known word."""
    if text in lexicon.spelling.get(text, ()) or _is_known(text, lexicon):
        return text
    near = {word for left in shortened(text) for word in lexicon.spelling.get(left, ()) if _is_slip(text, word)}
    return near.pop() if len(near) == 1 else text


def _is_known(text: str, lexicon: Vocabulary) -> bool:
    firsts = (term.pattern[0] for term in lexicon.starting(text))
    return any(text == first or (first[-1] == "*" and text.startswith(first[:-1])) for first in firsts)


def _is_slip(text: str, word: str) -> bool:
    """Is it the word with one letter but the first left out, added, changed, or exchanged with its neighbour?"""
    same = next((at for at, (one, other) in enumerate(zip(text, word, strict=False)) if one != other), None)
    if same == 0:
        return False
    at = min(len(text), len(word)) if same is None else same
    rest = {text[at + 1 :], text[at:], text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]}
    return word[at + 1 :] in {text[at:], text[at + 1 :]} or word[at:] in rest


def mentions_of(words: Sequence[Word], lexicon: Vocabulary) -> list[Mention]:
    """What the lexicon, the vertebral levels and single side letters say, in the order of the text."""
    found = _segments(words)
    taken = {index for mention in found for index in range(mention.first, mention.after)}
    found += _terms(words, lexicon, taken)
    return sorted(found + _side_letters(words, found), key=lambda mention: (mention.first, mention.kind))


def levels_of(mentions: Iterable[Mention]) -> list[str]:
    """The vertebral levels named, as L5-S1."""
    return [mention.word for mention in mentions if mention.kind == "level"]


def _terms(words: Sequence[Word], lexicon: Vocabulary, taken: set[int]) -> list[Mention]:
    """The longest phrases, one behind the other; those of a kind that stands apart only among their own kind."""
    found: list[Mention] = []
    after: dict[str, int] = {}
    for index, word in enumerate(words):
        terms = lexicon.starting(word.text)
        if terms:
            for layer, matching in _longest(words, index, terms, after, named=index in taken).items():
                after[layer] = index + len(matching[0].pattern)
                found += {Mention(term.kind, term.word, index, after[layer]) for term in matching}
    return found


def _longest(
    words: Sequence[Word], index: int, terms: Sequence[Term], after: Mapping[str, int], *, named: bool
) -> dict[str, list[Term]]:
    """Layer → the Terms of the longest pattern that stands here; a word may be of several kinds.

    after: layer → the index its last phrase ended before. named: the word is part of a level or segment.
    """
    found: dict[str, list[Term]] = {}
    second = words[index + 1].text if index + 1 < len(words) else ""
    for term in terms:
        pattern = term.pattern
        if len(pattern) > 1 and pattern[1] != second and pattern[1][-1] != "*":
            continue
        layer = term.kind if term.kind in APART else ""
        if (named and not layer) or after.get(layer, 0) > index:
            continue
        longest = found.get(layer)
        length = len(longest[0].pattern) if longest else 1
        if len(pattern) >= length and _stands(pattern, words, index):
            found[layer] = [*longest, term] if longest and len(pattern) == length else [term]
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
    starts |= {mention.first for mention in mentions if (mention.kind, mention.word) == ("region", "ankle")}
    fillers = {mention.first: mention.after for mention in mentions if mention.kind == "filler"}
    taken = {index for mention in mentions for index in range(mention.first, mention.after)}
    return [
        Mention("side", _LETTERS[word.text], index, index + 1)
        for index, word in enumerate(words)
        if word.text in _LETTERS
        and index not in taken
        and (_past(index + 1, fillers) in starts or _bracketed(words, index))
    ]


def _past(index: int, fillers: Mapping[int, int]) -> int:
    """The first word behind those that only describe a part ("L mid-portion Achilles")."""
    while index in fillers:
        index = fillers[index]
    return index


def _bracketed(words: Sequence[Word], index: int) -> bool:
    return 0 < index < len(words) - 1 and words[index - 1].text == "(" and words[index + 1].text == ")"
