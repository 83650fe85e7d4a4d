"""In which language a text is written, as far as it must be told: one in another language than English is not read."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.record import Read, Setting

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 8
"""Words below which a text tells too little of its language."""
_LETTERS = 12
_LAST_LATIN = "\u024f"
_FOREIGN = 2
"""Different words of another language; one alone may be a name or an abbreviation."""


def is_foreign(text: str, language: Language) -> bool:
    """Is a text of some length written in another language, by words of it that outnumber the English ones?"""
    plain = unicodedata.normalize("NFKC", text)
    words = [each.casefold() for each in _WORD.findall(plain)]
    if _is_in_other_letters(plain):
        return True
    if len(words) < _SHORTEST:
        return False
    tongues = language.lexicon.words.get("tongue", {})
    count = Counter(tongues.get(word, "") for word in words)
    different = {word for word in words if tongues.get(word) == "foreign"}
    return len(different) >= _FOREIGN and count["foreign"] + count["particle"] > count["english"]


def _is_in_other_letters(text: str) -> bool:
    """Is most of a text of some length in other letters than Latin ones?"""
    if text.isascii():
        return False
    letters = [each for each in text if each.isalpha()]
    return len(letters) >= _LETTERS and 2 * sum(each > _LAST_LATIN for each in letters) > len(letters)


def english(texts: Mapping[str, str], setting: Setting, language: Language) -> tuple[Mapping[str, str], Read]:
    """The texts that may be read, and the others as unread: nothing is read of a part of them.

    texts: place in the resource → text.
    """
    foreign = [place for place, text in texts.items() if is_foreign(text, language)]
    left = {place: text for place, text in texts.items() if place not in foreign}
    return left, Read.all(setting.missed(place, "unread") for place in foreign)
