"""The Concepts and words that a text is most like: a help for who maps, never a reading."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

from fhirsvc.domain.lexicon import Lexicon, normalise

LIKE_ENOUGH = 70
"""Of 100: below it, likeness is chance."""

ALL_BUT_THE_SAME = 90
"""Of 100: a name in another order, or with a little more; below it, what is alike may be another thing."""

_LOOKED_AT = 200
_MOST = 3


class Names:
    """What the Concepts of a Lexicon are called: their displays, codes and phrases."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._concepts: dict[str, set[str]] = {}
        for phrase, meanings in lexicon.phrases.items():
            self._concepts.setdefault(phrase, set()).update(meaning.concept for meaning in meanings)
        for concept in lexicon.concepts.values():
            for name in (normalise(concept.display), concept.code.replace("-", " ")):
                self._concepts.setdefault(name, set()).add(concept.code)
        self._names = list(self._concepts)

    def closest(self, text: str) -> tuple[str, ...]:
        """The codes of up to three Concepts, the most alike first; () = none is like enough."""
        return self._like(text, LIKE_ENOUGH)[:_MOST]

    def same(self, text: str) -> str:
        """The code of the only Concept that is called all but the same; "" = none is, or several are."""
        found = self._like(text, ALL_BUT_THE_SAME)
        return found[0] if len(found) == 1 else ""

    def _like(self, text: str, least: float) -> tuple[str, ...]:
        plain = normalise(text.replace("_", " ").replace("-", " "))
        found = process.extract(plain, self._names, scorer=fuzz.token_set_ratio, limit=_LOOKED_AT)
        alike = sorted(((_likeness(plain, name), name) for name, _, _ in found), key=lambda each: (-each[0], each[1]))
        concepts = (code for like, name in alike if like >= least for code in sorted(self._concepts[name]))
        return tuple(dict.fromkeys(concepts))


def closest_words(text: str, words: Iterable[str]) -> tuple[str, ...]:
    """Up to three of these words, the most alike first; every one of them when there are no more than that."""
    known = sorted(set(words))
    if len(known) <= _MOST:
        return tuple(known)
    return tuple(word for word, _, _ in process.extract(text, known, scorer=fuzz.ratio, limit=_MOST))


def _likeness(one: str, other: str) -> float:
    """Half for sharing words, half for having no others: "pain" is like "heel pain" and not the same."""
    return (fuzz.token_set_ratio(one, other) + fuzz.token_sort_ratio(one, other)) / 2
