"""What a report says, as values: the study it is of, and one Statement per thing a sentence states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from fhirsvc.domain.evidence import Certainty, Modality, Presence, Root, Side
from fhirsvc.fhir.notes.sentences import Sentence

CONTACT = "nerve-root-contact"
EMG_LESION = "emg-root-lesion"
CAUDA_EQUINA = "cauda-equina-syndrome"
ACHILLES = "achilles-swelling"
PLANTAR = "plantar-fascia-thickening"
RESULTS = {Presence.PRESENT: "contact", Presence.ABSENT: "no-contact", Presence.UNKNOWN: "unclear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What was done: kind MR | CT | XR | US | EMG, region lumbar | ankle | other, and its side; "" = not known."""

    kind: str = ""
    region: str = ""
    side: Side = Side.UNKNOWN

    @property
    def modality(self) -> Modality | None:
        """The kind as the timeline orders studies; None for ultrasound, nerve studies and unknown kinds."""
        return Modality(self.kind) if self.kind in {"XR", "CT", "MR"} else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that one sentence of a report states, with the sentence it stands in.

    place: which text of the resource ("conclusion"); added: the sentence says that it comes on top of the others.
    """

    concept: str
    presence: Presence
    sentence: Sentence
    side: Side = Side.UNKNOWN
    root: Root | None = None
    certainty: Certainty = Certainty.AFFIRMED
    place: str = ""
    added: bool = False

    @property
    def result(self) -> str:
        """The closed word of a contact statement; "" for every other concept."""
        return RESULTS[self.presence] if self.concept == CONTACT else ""

    @property
    def numbered(self) -> str:
        """Which sentence of which text it is: "conclusion[sentence 2]"."""
        return f"{self.place}[sentence {self.sentence.number}]"

    def unclear(self) -> Statement:
        """The same statement read as saying neither."""
        return replace(self, presence=Presence.UNKNOWN, certainty=Certainty.AFFIRMED)


class Touch(StrEnum):
    """Does a lesion touch a nerve root? UNKNOWN where only a passage is narrowed or nothing is said."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding that a report names, as it stands there; no evidence by itself (that is a Statement).

    kind: closed name ("protrusion", "foraminal-stenosis", "radiculopathy-emg"). level: a disc as L5-S1, "ankle" or
    "heel"; "" = not said, or not as a disc that exists. central: said to lie in the midline, and on no side.
    roots: those the text names.  sac_only: it touches the thecal sac and nothing else.
    limited: a denial of one level, root, degree or activity only; a lesion called inactive, or of a doubtful level.
    """

    kind: str
    sentence: Sentence
    presence: Presence = Presence.PRESENT
    certainty: Certainty = Certainty.AFFIRMED
    level: str = ""
    side: Side = Side.UNKNOWN
    central: bool = False
    touch: Touch = Touch.UNKNOWN
    sac_only: bool = False
    roots: tuple[str, ...] = ()
    limited: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the texts of one report state; unread: the texts that hold a sentence too long to be read.

    named: the findings of each sentence. findings: those that stand at the end, each lesion of a level once.
    """

    study: Study
    statements: tuple[Statement, ...] = ()
    named: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()

    def by_sentence(self) -> dict[tuple[str, int], list[Finding]]:
        """Place and number of a sentence → the findings it names."""
        found: dict[tuple[str, int], list[Finding]] = {}
        for each in self.named:
            found.setdefault((each.place, each.sentence.number), []).append(each)
        return found
