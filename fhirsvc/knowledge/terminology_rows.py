"""What an author writes in value sets, phrase lists and vocabularies, as rows that know where they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fhirsvc.domain.evidence import Qualifier, Root, Side
from fhirsvc.domain.lexicon import Meaning
from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text
from fhirsvc.knowledge.faults import Fault

ANSWERS = ("present", "absent", "reduced", "normal", "brisk", "contact", "no-contact", "unclear")
CHILDREN = "children"
TWO_DIGITS = "two digits"
EXPANSIONS = (CHILDREN, TWO_DIGITS)
STRENGTHS = ("CURATED", "CURATED-1", "XREF", "MULTI", "RELEASE", "SOURCE")

_MEANING = frozenset({"says", "side", "root", "area", "qualifiers", "needs-site", "corroborate", "combined"})
_CODE = frozenset({"system", "code", "display", "source", "strength", "note"})
_CODE_ROW = _MEANING | _CODE | {"expand", "except"}
_PHRASE_ROW = _MEANING | {"texts"}
_WORD_ROW = frozenset({"texts", "codes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an author wrote something: file relative to mappings/, and line."""

    file: str
    line: int

    def fault(self, says: str, do: str) -> Fault:
        """A Fault at this place."""
        return Fault(self.file, self.line, says, do)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One standard code as written; system is its URI, quoted = between quotation marks, strength: see STRENGTHS."""

    system: str
    code: str
    display: str
    source: str
    strength: str
    quoted: bool
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One row of a value set. expand: "" | CHILDREN (ICD-10-CM header) | TWO_DIGITS (ATC class).

    without: headers whose members are left out of an expansion. combined = the author means the code to say another
    Concept as well.
    """

    code: Code
    meaning: Meaning
    combined: bool
    expand: str
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRow:
    """One phrase of a phrase list; combined = the author means it to say another Concept as well."""

    text: str
    meaning: Meaning
    combined: bool
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """One text or code of a vocabulary and the closed word it means; code None = a text."""

    vocabulary: str
    word: str
    text: str
    code: Code | None
    place: Place


@dataclass(frozen=True, slots=True)
class Sheet:
    """One author's file being read: its name, the short names of code systems, and the faults found so far."""

    name: str
    entries: Entries
    systems: Mapping[str, str]
    faults: list[Fault]

    def code_rows(self) -> Iterator[CodeRow]:
        """The rows of a value set; a row that cannot be read is left out and leaves a fault."""
        for row in self._rows(self.entries, "codes"):
            self._know(row, _CODE_ROW)
            code = self._code(row)
            if code:
                yield CodeRow(
                    code=code,
                    meaning=self._meaning(row),
                    combined=self._yes(row, "combined"),
                    expand=self._closed(row, "expand", EXPANSIONS),
                    without=self._texts(row, "except"),
                )

    def phrase_rows(self) -> Iterator[PhraseRow]:
        """The phrases of a phrase list, one row per text."""
        for row in self._rows(self.entries, "phrases"):
            self._know(row, _PHRASE_ROW)
            meaning, combined = self._meaning(row), self._yes(row, "combined")
            for text in self._list(row, "texts"):
                yield PhraseRow(text=str(text), meaning=meaning, combined=combined, place=self._place(text))

    def word_rows(self) -> Iterator[WordRow]:
        """The texts and codes of a vocabulary, one row each."""
        vocabulary = str(self.text(self.entries, "vocabulary"))
        words = self.entries.get(Text("words"))
        for word, row in words.items() if isinstance(words, Entries) else ():
            if isinstance(row, Entries):
                yield from self._word_rows(vocabulary, str(word), row)
            else:
                self._fault(word, f"'{word}' has neither texts nor codes.", "Give it `texts:` or `codes:`.")

    def text(self, entries: Entries, key: str) -> Text:
        """The scalar under a key; "" where there is none, and a fault where it is no scalar."""
        value = entries.get(Text(key))
        if isinstance(value, Text):
            return value
        if value is not None:
            self._fault(entries, f"`{key}` is a list here.", "Write one text after the colon.")
        return _nothing(entries.line)

    def _word_rows(self, vocabulary: str, word: str, row: Entries) -> Iterator[WordRow]:
        self._know(row, _WORD_ROW)
        for text in self._list(row, "texts"):
            yield WordRow(vocabulary=vocabulary, word=word, text=str(text), code=None, place=self._place(text))
        for entry in self._rows(row, "codes"):
            self._know(entry, _CODE)
            code = self._code(entry)
            if code:
                yield WordRow(vocabulary=vocabulary, word=word, text="", code=code, place=code.place)

    def _code(self, row: Entries) -> Code | None:
        system, code = self.text(row, "system"), self.text(row, "code")
        if system not in self.systems:
            self._fault(row, f"'{system}' is no code system known here.", f"Write one of: {', '.join(self.systems)}.")
            return None
        if not code:
            self._fault(row, "The row has no code.", 'Write `code: "..."`.')
            return None
        return Code(
            system=self.systems[system],
            code=str(code),
            display=str(self.text(row, "display")),
            source=str(self.text(row, "source")),
            strength=self._closed(row, "strength", STRENGTHS),
            quoted=code.quoted,
            place=self._place(code),
        )

    def _meaning(self, row: Entries) -> Meaning:
        side = self._closed(row, "side", tuple(Side))
        root = self._closed(row, "root", tuple(Root))
        return Meaning(
            concept=str(self.text(self.entries, "concept")),
            answer=self._closed(row, "says", ANSWERS),
            side=Side(side) if side else None,
            root=Root(root) if root else None,
            area=str(self.text(row, "area")),
            qualifiers=tuple(word for word in self._texts(row, "qualifiers") if self._is_qualifier(row, word)),
            corroborate=self._yes(row, "corroborate"),
            needs_site=self._texts(row, "needs-site"),
        )

    def _is_qualifier(self, row: Entries, word: str) -> bool:
        known = word in set(Qualifier)
        if not known:
            self._fault(row, f"'{word}' is no qualifier known here.", f"Write one of: {', '.join(Qualifier)}.")
        return known

    def _closed(self, row: Entries, key: str, allowed: Collection[str]) -> str:
        word = self.text(row, key)
        if not word or word in allowed:
            return str(word)
        self._fault(word, f"`{key}: {word}` is not a word known here.", f"Write one of: {', '.join(allowed)}.")
        return ""

    def _yes(self, row: Entries, key: str) -> bool:
        return self._closed(row, key, ("yes",)) == "yes"

    def _texts(self, row: Entries, key: str) -> tuple[str, ...]:
        return tuple(str(text) for text in self._list(row, key))

    def _list(self, row: Entries, key: str) -> list[Text]:
        value = row.get(Text(key), Rows())
        if isinstance(value, Rows) and all(isinstance(text, Text) for text in value):
            return [text for text in value if isinstance(text, Text)]
        self._fault(row, f"`{key}` is not a list of texts here.", f"Write `{key}: [one, two]`.")
        return []

    def _rows(self, entries: Entries, key: str) -> list[Entries]:
        value = entries.get(Text(key), Rows())
        if isinstance(value, Rows) and all(isinstance(row, Entries) for row in value):
            return [row for row in value if isinstance(row, Entries)]
        self._fault(entries, f"`{key}` is not a list of rows here.", f"Begin each row below `{key}:` with a dash.")
        return []

    def _know(self, row: Entries, keys: frozenset[str]) -> None:
        for key in row:
            if key not in keys:
                self._fault(key, f"`{key}` is not a word of this file.", f"Write one of: {', '.join(sorted(keys))}.")

    def _place(self, at: Authored) -> Place:
        return Place(file=self.name, line=at.line)

    def _fault(self, at: Authored, says: str, do: str) -> None:
        self.faults.append(self._place(at).fault(says, do))


def _nothing(line: int) -> Text:
    text = Text()
    text.line, text.quoted = line, False
    return text
