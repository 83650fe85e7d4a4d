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

NAMED_KINDS: Mapping[str, frozenset[str]] = {
    "lesion": frozenset(
        {
            "bulge", "protrusion", "extrusion", "sequestration", "herniation", "disc", "spondylolisthesis",
            "epidural-scar", "perineural-cyst", "recurrent", "achilles-tear", "tendinopathy", "spur",
            "retrocalcaneal-fluid", "haglund", "swelling", "denervation", "h-reflex", "neuropathy", "tarsal-tunnel",
            "desiccation", "annular-tear", "disc-degeneration", "disc-height-loss", "facet-arthropathy", "osteophyte",
            "fracture", "post-operative-change", "mass", "context",
        }
    ),
    "arm": frozenset({"muscle", "leg"}),
    "part": frozenset({"part"}),
    "neural": frozenset({"neural"}),
    "around": frozenset({"around"}),
    "size": frozenset({"size"}),
    "space": frozenset({"canal", "foramen", "recess"}),
    "narrow": frozenset({"narrow", "press"}),
    "open": frozenset({"open", "normal"}),
    "adjective": frozenset({"adjective"}),
    "cord": frozenset({"cord"}),
    "pressing": frozenset({"pressing"}),
    "midline": frozenset({"midline"}),
    "response": frozenset({"abnormal", "normal"}),
    "again": frozenset({"again"}),
    "more": frozenset({"more"}),
}  # fmt: skip
"""The kinds of word that name what a study records; how far a denial or doubt reaches does not depend on them."""

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
    **NAMED_KINDS,
}
"""Every kind of word the reader knows, and the closed words of each kind."""

SECTIONS = frozenset({"question", "history", "family", "body", "addendum"})
"""What a heading opens: only `body` and `addendum` speak of what the study shows."""

SHARED = frozenset({"certainty.yaml", "anatomy.yaml"})
"""The files of the report lexicon that clinical prose is read with as well."""

EXAMINED_KINDS: Mapping[str, frozenset[str]] = {
    "reflex": frozenset({"generic", "achilles-reflex", "patellar-reflex", "other"}),
    "reflex-site": frozenset({"achilles-reflex", "patellar-reflex", "other"}),
    "finding-word": frozenset(
        {"normal", "reduced", "absent", "brisk", "symmetric", "unequal", "positive", "negative", "abnormal", "present"}
        | {"open", "able", "unable", "difficult"}
    ),
    "test": frozenset(
        {"straight-leg-raise", "crossed-slr", "slump-test", "bragard-test", "femoral-stretch", "thompson-test"}
        | {"calcaneal-squeeze", "windlass-test", "tinel", "royal-london", "arc-sign", "other", "exercise"}
    ),
    "order": frozenset({"right-first", "left-first"}),
    "doubt": frozenset({"doubt"}),
    "beside": frozenset({"beside"}),
    "hindered": frozenset({"hindered", "pain"}),
    "provoked": frozenset({"pain", "leg"}),
    "provoke": frozenset({"provoke"}),
    "hamstring-limit": frozenset({"hamstring-limit"}),
    "tarsal": frozenset({"tarsal"}),
    "carpal": frozenset({"carpal"}),
    "neutral": frozenset({"neutral"}),
    "strength": frozenset({"strength"}),
    "muscle": frozenset(
        {
            "plantar-flexion-power",
            "great-toe-extension-power",
            "ankle-dorsiflexion-power",
            "knee-extension-power",
            "other",
        }
    ),
    "movement": frozenset(
        {
            "plantar-flexion-power",
            "great-toe-extension-power",
            "ankle-dorsiflexion-power",
            "knee-extension-power",
            "other",
        }
    ),
    "whole": frozenset({"whole"}),
    "whole-leg": frozenset({"whole-leg"}),
    "motion": frozenset({"motion"}),
    "limit": frozenset({"limit"}),
    "pain-limited": frozenset({"pain-limited"}),
    "heel-raise": frozenset({"heel-raise"}),
    "foot-end": frozenset({"heel", "toe"}),
    "stance": frozenset({"stance"}),
    "gait": frozenset({"gait", "walk"}),
    "gait-kind": frozenset({"antalgic", "abnormal", "normal"}),
    "limp": frozenset({"limp"}),
    "sense": frozenset({"sense", "loss"}),
    "complains": frozenset({"complains"}),
    "palpated": frozenset({"achilles", "plantar-fascia", "heel", "other"}),
    "palpation": frozenset({"palpation"}),
    "tender": frozenset({"tender", "non"}),
    "swelling": frozenset({"swelling", "non"}),
    "sign": frozenset(
        {"calf-atrophy", "limited-dorsiflexion", "overpronation", "pelvic-tilt", "weight-shift", "shortened-stride"}
    ),
    "rectal": frozenset({"rectal"}),
    "rectal-tone": frozenset({"rectal-tone"}),
}
"""The kinds of word that name what an examination finds."""

HISTORY_KINDS: Mapping[str, frozenset[str]] = {
    "area": frozenset(
        {"achilles", "all-limbs", "ankle", "arch", "arm", "back", "buttock", "calf", "distal-leg"}
        | {"dorsal-foot", "first-web-space", "foot", "great-toe", "groin", "hand", "head", "heel", "hip"}
        | {"knee", "leg", "little-toe", "low-back", "neck", "saddle", "shin", "sole", "stocking", "thigh"}
        | {"toes", "trunk", "upper-back", "other"}
    ),
    "pair": frozenset({"pair"}),
    "aspect": frozenset({"anterior", "distal", "dorsal", "lateral", "medial", "plantar", "posterior"}),
    "filler": frozenset({"filler"}),
    "states": frozenset({"states"}),
    "cause": frozenset({"cause"}),
    "change": frozenset({"changed", "eased", "more"}),
    "supposed": frozenset({"aimed", "behind", "forward", "imperative"}),
    "hedged": frozenset({"hedged"}),
    "over": frozenset({"after", "before", "still"}),
    "past": frozenset({"behind", "clause", "near"}),
    "history-of": frozenset({"now", "open", "past"}),
    "informant": frozenset({"informant"}),
    "relative": frozenset({"relative"}),
    "light": frozenset({"light"}),
    "symptom": frozenset(
        {"achilles-pain", "back-pain", "burning", "first-step-pain", "foot-drop", "heel-pain", "leg-symptoms"}
        | {"low-back-pain", "morning-stiffness", "numbness", "pain", "radicular-pain"}
        | {"radicular-symptoms", "tingling", "weakness", "other"}
    ),
    "sensation-loss": frozenset({"kept", "loss"}),
    "spread": frozenset({"goes", "stays", "up", "other"}),
    "worse": frozenset({"better", "worse"}),
    "bend": frozenset({"bend"}),
    "load": frozenset({"load"}),
    "first-step": frozenset({"first"}),
    "test-of-pain": frozenset({"test"}),
    "provoking": frozenset({"provoking"}),
    "sensed": frozenset({"kept", "lost"}),
    "rest": frozenset({"rest"}),
    "trend": frozenset({"new", "severe", "worsening"}),
    "toward": frozenset({"toward"}),
    "diagnosis": frozenset(
        {"achilles-rupture", "achilles-tendinopathy", "back-pain", "cancer-history", "diabetes"}
        | {"low-back-pain", "morning-stiffness", "neuropathy", "plantar-fasciitis", "radiculopathy"}
        | {"sciatica", "other"}
    ),
    "tested": frozenset({"tested"}),
    "tendon": frozenset({"achilles-rupture", "achilles-tendinopathy"}),
    "drug": frozenset({"fluoroquinolone", "not-taken"}),
    "operation": frozenset({"any", "lumbar", "spine"}),
    "done": frozenset({"done", "planned"}),
    "organ": frozenset({"bladder", "both", "bowel", "sexual", "stool", "urine", "other"}),
    "disturbance": frozenset({"any", "loss", "retention", "start"}),
    "function": frozenset({"function", "habit"}),
    "kept": frozenset({"before", "kept"}),
    "sphincter": frozenset(
        {"benign-incontinence", "bowel-incontinence", "double-incontinence", "incontinence"}
        | {"overflow-incontinence", "sexual-dysfunction", "urinary-hesitancy", "urinary-incontinence"}
        | {"urinary-retention"}
    ),
    "prostate": frozenset({"prostate"}),
    "treatment": frozenset({"conservative", "treatment"}),
    "failed": frozenset({"after", "before", "not-yet", "other"}),
    "unit": frozenset({"day", "month", "week", "year"}),
    "count": frozenset({"1", "10", "11", "12", "15", "2", "20", "3", "4", "5", "6", "7", "8", "9", "many"}),
    "lasting": frozenset({"after", "before"}),
    "span": frozenset({"ahead", "behind"}),
    "onset": frozenset({"onset"}),
    "beginning": frozenset({"beginning"}),
    "losing": frozenset({"losing"}),
    "weekday": frozenset({"0", "1", "2", "3", "4", "5", "6"}),
    "month-name": frozenset({"1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9"}),
    "day-ago": frozenset({"0", "1", "2"}),
    "course-word": frozenset({"course"}),
    "risk": frozenset(
        {"axial-spondyloarthritis", "bloodstream-infection", "immunosuppression", "inflammatory-back-pain"}
        | {"iv-drug-use", "long-term-steroids", "osteoporosis", "spinal-infection", "steroid", "tuberculosis"}
        | {"vertebral-fragility-fracture", "other"}
    ),
    "trauma": frozenset({"any", "major", "minor", "verb", "other"}),
    "happened": frozenset({"0", "1", "4", "ago", "recent", "within"}),
    "following": frozenset({"following"}),
    "inflamed": frozenset({"eased", "lasting", "stiffness", "use"}),
}
"""The kinds of word that a history is told with: parts of the body, symptoms, illness, treatment and time."""

APART = frozenset({*EXAMINED_KINDS, *HISTORY_KINDS, *NAMED_KINDS})
"""Kinds whose phrases neither hide a phrase of another kind that overlaps them nor are hidden by one."""

CLINICAL_KINDS: Mapping[str, frozenset[str]] = {
    **EXAMINED_KINDS,
    **HISTORY_KINDS,
}
"""The kinds of word that only clinical prose is read with, and the closed words of each kind."""

CLINICAL_SECTIONS = frozenset({"body", "history", "past", "examination", "family", "plan", "question", "instructions"})
"""What a heading of a note opens: `family`, `plan`, `question` and `instructions` state nothing of the patient."""


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
class FactRow:
    """What a Remark of one subject comes to as a Fact of one Concept.

    answers: value of the Remark → closed word of the Concept's answer; a value that is not here gives no Fact.
    areas: the Remark must name one of them; () = whichever, or none.  beside: and one of these as well.
    without: it must name none of these.
    reproduces: what the test must have reproduced, "" = not said; () = whatever.
    spreading: the Remark must say that the symptom goes along the leg, or must not say so; None = whichever.
    rooted: the same of a named root.
    quoted: does it count as well where the sentence tells what a study showed?
    qualifiers: those that every such Fact carries.
    area: the closed area that every such Fact carries, "" = none; None = those that the table gives for its parts.
    """

    subject: str
    concept: str
    answers: Mapping[str, str]
    areas: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    reproduces: frozenset[str] = frozenset()
    spreading: bool | None = None
    rooted: bool | None = None
    quoted: bool = True
    qualifiers: frozenset[str] = frozenset()
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Words of one kind of text. terms: filing key → Terms. sections: heading in lower case → what it opens.

    abbreviations: words whose full stop does not end a sentence. spelling: a word, or what is left of it without one of
    its letters → the words it may be a misspelling of (see `shortened`).
    """

    terms: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    abbreviations: frozenset[str] = frozenset()
    spelling: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def starting(self, word: str) -> tuple[Term, ...]:
        """The Terms whose first word may be this one, in no particular order."""
        return self.terms.get(word, ()) + self.terms.get(word[:STEM] + "*", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalLexicon(Vocabulary):
    """The words of clinical prose, and what its Remarks come to as Facts.

    rows: subject → its rows.  areas: a part of the body in the note's terms → closed area of RULES 3.1.
    """

    rows: Mapping[str, tuple[FactRow, ...]] = field(default_factory=dict)
    areas: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLexicon(Vocabulary):
    """The words of imaging and nerve study reports. limits: name → number the reader compares with.

    rule_outs: whole sentences, word by word, that exclude compression of the cauda equina. beside: whole sentences on
    the cauda equina that leave such an exclusion as it is. clinical: the words of examination and history.
    """

    limits: Mapping[str, Fraction] = field(default_factory=dict)
    rule_outs: frozenset[tuple[str, ...]] = frozenset()
    beside: frozenset[tuple[str, ...]] = frozenset()
    clinical: ClinicalLexicon = field(default_factory=ClinicalLexicon)
    version: str = ""
    digest: str = ""


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


def shortened(word: str) -> set[str]:
    """A word, and it without each one of its letters: two words one slip apart have one of these in common."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def spelled(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Words by what a slip may leave of them, as Vocabulary.spelling holds them."""
    shelves: dict[str, list[str]] = {}
    for word in sorted(words):
        for left in sorted(shortened(word)):
            shelves.setdefault(left, []).append(word)
    return {left: tuple(shelf) for left, shelf in shelves.items()}


def filed(terms: Iterable[Term]) -> dict[str, tuple[Term, ...]]:
    """Terms by filing key, as ReadingLexicon.terms holds them."""
    shelves: dict[str, list[Term]] = {}
    for term in sorted(terms, key=lambda term: (term.pattern, term.kind, term.word)):
        shelves.setdefault(term.key, []).append(term)
    return {key: tuple(shelf) for key, shelf in shelves.items()}
