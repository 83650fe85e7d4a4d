"""Short texts of a record read exactly: without its sides, an answer or a word of doubt, a text is a known phrase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.domain.lexicon import Lexicon, Meaning, normalise
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract.durations import Durations, Lasting, any_of
from fhirsvc.fhir.notes.words import mentions_of, words_of

_TAG = re.compile(
    r"\s*\((?:finding|disorder|procedure|situation|observable entity|body structure|qualifier value|event)\)\s*$"
)
_LETTER_FIRST = re.compile(r"^\(?([lr])\)?[.:]?\s+(?=\S)")
_LETTER_LAST = re.compile(r"(?<=\S)(?:\s+|\s*,\s*)\(?([lr])\)?$")
_EDGES = re.compile(r"\s*[,;:()\-]+\s*$|^\s*(?:[,;:()]|-(?!ve\b))+\s*")
_HOLES = re.compile(r"\s*\(\s*\)|\s+(?=[,;:])|,\s*(?=,)")
_SMALL_WORDS = re.compile(r" (?:(?:of|in|on|over|at|to) (?:(?:the|his|her) )?|(?:the|his|her) )")
_POWER_GRADE = re.compile(r"[0-5][+-]?/5[+-]?")
_ANSWER_WORDS = 4
_LOOSE = " .,;:()[]\"'-"
_LONGEST = 400
_REMEMBERED = 4096
_SPOKEN_OF = 8
_LETTERS = {"l": Side.LEFT, "r": Side.RIGHT}
_LASTING = frozenset({"complaint", "symptom", "feature", "diagnosis", "treatment"})
"""How the Concepts are read that last; how long a sign was there, or a treatment without effect, begins nothing."""
_SPINAL = frozenset({"radiculopathy", "lumbar-surgery", "low-back-pain", "emg-root-lesion", "nerve-root-contact"})
_DOUBTS = {
    "uncertain": Certainty.UNCERTAIN,
    "historical": Certainty.HISTORICAL,
    "hypothetical": Certainty.HYPOTHETICAL,
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text understood as a whole; sides: those it names; given: an answer word that stood beside a question.

    lasting: how long it has been there, where the text tells.
    """

    meanings: tuple[Meaning, ...]
    sides: tuple[Side, ...] = ()
    given: str = ""
    certainty: Certainty = Certainty.AFFIRMED
    family: bool = False
    lasting: Lasting | None = None


class Language:
    """The lexicons of one extraction, and how short texts are read with them."""

    def __init__(self, lexicon: Lexicon, reading: ReadingLexicon) -> None:
        self.lexicon = lexicon
        self.reading = reading
        self.durations = Durations(lexicon)
        self._read: dict[str, Phrase | None] = {}
        self._terse = _terse_phrases(lexicon)
        named = any_of(text for text in lexicon.words.get("side", {}) if "|" not in text)
        limb = any_of(lexicon.words.get("limb", {}))
        self._side = re.compile(rf"(?<![\w/])({named})(?![\w])")
        beside = rf"(?<![\w/])(?:(?:on|in|of|at|from)\s+)?(?:the\s+|his\s+|her\s+)?({named})(?![\w])"
        self._strippers = (
            self._side,
            re.compile(beside),
            re.compile(rf"{beside}(?:\s+(?:{limb}))?(?![\w])"),
        )

    def word(self, vocabulary: str, text: str) -> str:
        """The closed word of a code ("system|code") or text; "" = not understood."""
        if "|" in text:
            return self.lexicon.words.get(vocabulary, {}).get(text, "")
        return self.lexicon.word(vocabulary, text)

    def words_of(self, vocabulary: str, word: str) -> Iterator[str]:
        """The texts and codes that mean one word of a vocabulary."""
        return (text for text, each in self.lexicon.words.get(vocabulary, {}).items() if each == word)

    def reads(self, concept: str) -> str:
        """How the answers to a Concept are read; "" = it is none of the lexicon's."""
        known = self.lexicon.concepts.get(concept)
        return known.reads if known else ""

    def phrase(self, text: str) -> Phrase | None:
        """What a text says, as a whole; None = not understood, or longer than any phrase."""
        if len(text) > _LONGEST:
            return None
        if text not in self._read:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            plain = normalise(_TAG.sub("", text.casefold()))
            self._read[text] = self._stated(plain) or self._doubted(plain) or self._since(plain)
        return self._read[text]

    def sides_in(self, text: str) -> tuple[Side, ...]:
        """The sides that a text names, single letters not among them."""
        return tuple(self._side_of(match[1]) for match in self._side.finditer(normalise(text)))

    def without_sides(self, text: str, *, letters: bool = False) -> Iterator[tuple[str, tuple[Side, ...]]]:
        """The text with its words for sides taken off, more and more of what stands around them; and those sides."""
        plain = normalise(text) if len(text) <= _LONGEST else ""
        if sides := self.sides_in(plain):
            for stripper in self._strippers:
                yield _mended(stripper.sub(" ", plain)), sides
        elif letters:
            for letter in (_LETTER_FIRST, _LETTER_LAST):
                if found := letter.search(plain):
                    yield _mended(plain[: found.start()] + " " + plain[found.end() :]), (_LETTERS[found[1]],)

    def _side_of(self, text: str) -> Side:
        return Side(self.word("side", text))

    def _stated(self, plain: str) -> Phrase | None:
        if meanings := self.lexicon.of_phrase(plain):
            return Phrase(meanings)
        for text, sides in [(plain, ()), *self.without_sides(plain, letters=True)]:
            if meanings := self._meanings(text):
                return Phrase(meanings, () if self._may_be_lumbar(plain, sides, meanings) else sides)
        return self._answered(plain)

    def _since(self, plain: str) -> Phrase | None:
        """What is there "since 3 days"; not there for three days may mean that it was there before."""
        for bare, lasting in self.durations.apart(plain):
            stated = self._stated(bare)
            if stated and not stated.given and all(self._lasts(meaning) for meaning in stated.meanings):
                return replace(stated, lasting=lasting)
        return None

    def _lasts(self, meaning: Meaning) -> bool:
        return meaning.answer == "present" and self.lasts(meaning.concept)

    def lasts(self, concept: str) -> bool:
        """Is this something whose duration tells when it began?"""
        return self.reads(concept) in _LASTING

    def _meanings(self, text: str) -> tuple[Meaning, ...]:
        """Those of the phrase as it stands, else of the only one that differs in its small words alone."""
        return self.lexicon.of_phrase(text) or self._terse.get(_terse(text), ())

    def _may_be_lumbar(self, plain: str, sides: Sequence[Side], meanings: Iterable[Meaning]) -> bool:
        """A bare L before something of the spine is as likely lumbar as left."""
        letter = sides == (Side.LEFT,) and not self.sides_in(plain)
        return letter and any(meaning.concept in _SPINAL for meaning in meanings)

    def _answered(self, plain: str) -> Phrase | None:
        """A question with an answer before or behind it ("straight leg raise positive", "no heel tenderness")."""
        for text, sides in [(plain, ()), *self.without_sides(plain, letters=True)]:
            for given, rest in splits(text):
                meanings = self._meanings(rest)
                if meanings and self._is_answer(given, meanings):
                    return Phrase(meanings, sides, given)
        return None

    def _is_answer(self, given: str, meanings: Iterable[Meaning]) -> bool:
        if _POWER_GRADE.fullmatch(given):
            return all(self.reads(meaning.concept) == "power" for meaning in meanings)
        return bool(self.word("answer", given) or self.word("reflex-grade", given))

    def _doubted(self, plain: str) -> Phrase | None:
        """A known phrase behind a word of doubt, of the past, of a question or of the family."""
        words = words_of(plain)
        mentions = mentions_of(words[:_ANSWER_WORDS], self.reading)
        cue = next((each for each in mentions if each.first == 0 and each.kind in {*_DOUBTS, "family"}), None)
        if cue is None or cue.after >= len(words):
            return None
        rest = plain[words[cue.after].start :].removeprefix("of ").removeprefix("for ").strip()
        stated = self._stated(normalise(rest))
        if stated is None:
            return None
        return replace(stated, certainty=_DOUBTS.get(cue.kind, Certainty.AFFIRMED), family=cue.kind == "family")


def language_of(lexicon: Lexicon, reading: ReadingLexicon) -> Language:
    """The Language of two lexicons; kept for as long as they are, so that it remembers the texts that come again."""
    key = (id(lexicon), id(reading))
    if key not in _LANGUAGES:
        if len(_LANGUAGES) >= _SPOKEN_OF:
            _LANGUAGES.clear()
        _LANGUAGES[key] = Language(lexicon, reading)
    return _LANGUAGES[key]


_LANGUAGES: dict[tuple[int, int], Language] = {}
"""By identity; each Language holds its lexicons, so that no identity here is ever used again."""


def _terse(text: str) -> str:
    """A text without its articles and the prepositions of place, which writers of short texts leave out."""
    return _SMALL_WORDS.sub(" ", text)


def _terse_phrases(lexicon: Lexicon) -> dict[str, tuple[Meaning, ...]]:
    """The phrases without their small words; where phrases of different meanings become the same, none of them."""
    found: dict[str, set[tuple[Meaning, ...]]] = {}
    for text, meanings in lexicon.phrases.items():
        found.setdefault(_terse(text), set()).add(meanings)
    return {text: meanings.pop() for text, meanings in found.items() if len(meanings) == 1}


def splits(text: str) -> Iterator[tuple[str, str]]:
    """An answer of up to four words at the end or the beginning, and what is left, longest answer first."""
    words = text.split(" ")
    for count in range(min(_ANSWER_WORDS, len(words) - 1), 0, -1):
        yield " ".join(words[-count:]).strip(_LOOSE), " ".join(words[:-count]).strip(_LOOSE)
        yield " ".join(words[:count]).strip(_LOOSE), " ".join(words[count:]).strip(_LOOSE)


def _mended(text: str) -> str:
    """A text after something was taken out of it: no holes, no loose punctuation."""
    return normalise(_EDGES.sub("", _EDGES.sub("", _HOLES.sub("", " ".join(text.split())))))
