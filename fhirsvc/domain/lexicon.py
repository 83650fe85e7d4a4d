"""Which codes and phrases mean which Concept, as values: built by `knowledge`, handed to `fhir`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fhirsvc.domain.evidence import Root, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one code or phrase says: the Concept and whatever of the answer is already inside it.

    A precoordinated finding ("absent Achilles reflex", M76.62) carries result or presence and side; a bare question
    ("Achilles reflex") carries only the Concept and leaves the answer to value, interpretation or status.
    answer: "" = the code is a question; "present" | "absent" = it states the sign; other closed words
    ("reduced", "normal", "brisk" ...) as `Fact.result`.
    corroborate: the code alone never decides; a text or second code must agree (terminology README, XREF rows).
    needs_site: words of the vocabulary "site", one of which the record must name (bodySite or text) before this
                meaning counts; () = none. R20.0 says saddle-sensation only with a perineal site; a peripheral reflex
                finding says achilles-reflex only with the ankle or the Achilles tendon. A code may have several
                meanings with different sites; the sites never overlap.
    """

    concept: str
    answer: str = ""
    side: Side | None = None
    root: Root | None = None
    area: str = ""
    qualifiers: tuple[str, ...] = ()
    corroborate: bool = False
    needs_site: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One clinical question a row may use: its code and display in our CodeSystem, and how an answer is read.

    reads: the reader, a closed word: complaint | sign | symptom | diagnosis | reflex | power | count | score |
           degrees | contact | study | feature | treatment | response | medication.
    definition: the sentence in the CodeSystem.
    root: what the muscle or area itself says (RULES 3.1), or None.
    """

    code: str
    display: str
    definition: str
    reads: str
    root: Root | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """codes: (system, code) → meanings (a combined code has several); phrases: normalised text → meanings.

    words: closed vocabularies for reading values and sites: vocabulary name → (code-or-phrase → word), for example
    "side", "area", "site", "reflex-grade", "answer", "modality". Codes in words are written "system|code".
    concepts: Concept code → Concept.
    defined: (system, code) of the sender's codes that are mapped to a Concept itself, and so mean its definition.
    """

    codes: Mapping[tuple[str, str], tuple[Meaning, ...]] = field(default_factory=dict)
    phrases: Mapping[str, tuple[Meaning, ...]] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    concepts: Mapping[str, Concept] = field(default_factory=dict)
    version: str = ""
    digest: str = ""
    defined: frozenset[tuple[str, str]] = frozenset()

    def of_code(self, system: str, code: str) -> tuple[Meaning, ...]:
        """Meanings of one coding; () = not understood (which is never the same as absent)."""
        return self.codes.get((system, code), ())

    def of_phrase(self, text: str) -> tuple[Meaning, ...]:
        """Meanings of a text, exact after normalisation (see `normalise`); () = not understood."""
        return self.phrases.get(normalise(text), ())

    def word(self, vocabulary: str, text: str) -> str:
        """The closed word that a code ("system|code") or text means in a vocabulary; "" = not understood."""
        table = self.words.get(vocabulary, {})
        return table.get(text) or table.get(normalise(text), "")


_SPACE = re.compile(r"[\s ]+")
_EDGE = " .,;:()[]\"'"


def normalise(text: str) -> str:
    """Lower case, single spaces, typographic dashes and quotes made plain, no punctuation at the edges."""
    plain = text.translate({0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2014: "-", 0x2019: "'", 0x2018: "'"})
    return _SPACE.sub(" ", plain).strip(_EDGE).casefold()
