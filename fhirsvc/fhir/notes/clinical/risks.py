"""Risks of serious disease of the spine as a history tells them: weak bones, infection, defence, and accidents.

Which of them count, and for how long, is said by RULES 3.9 (U3) and the protocol; here is only what was told, and when.
"""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.evidence import Certainty
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.clinical.happened import Happened, When
from fhirsvc.fhir.notes.clinical.inflamed import read_inflamed
from fhirsvc.fhir.notes.clinical.parts import Parts
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Kind, Telling, Thing, Told
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.words import Mention

_KINDS = {
    "osteoporosis": Kind.LASTING,
    "vertebral-fragility-fracture": Kind.LASTING,
    "tuberculosis": Kind.LASTING,
    "axial-spondyloarthritis": Kind.LASTING,
    "bloodstream-infection": Kind.EPISODE,
    "spinal-infection": Kind.EPISODE,
}
"""Any other risk is of the time in which it is told: drugs and immunity may be of the past."""
_DATED = frozenset({"bloodstream-infection"})
_LONG_WEEKS = 13
_LOCAL = frozenset(
    {
        "anabolic",
        "inhaled",
        "topical",
        "nasal",
        "intranasal",
        "epidural",
        "intra-articular",
        "intraarticular",
        "injected",
        "eye",
    }
)
_FORMS = frozenset(
    {
        "injection",
        "injections",
        "cream",
        "ointment",
        "inhaler",
        "inhalers",
        "spray",
        "drops",
        "shot",
        "shots",
        "epidural",
    }
)
_WAITING = frozenset(
    {"awaiting", "waiting", "listed", "list", "evaluation", "evaluated", "candidate", "donor", "donated"}
)
_WAITING_WITHIN = 5
_FALLING = frozenset(
    {"he", "she", "they", "i", "patient", "pt", "who", "also", "then", "and", "accidentally", "suddenly", "that", ":"}
)
_BARE = frozenset(
    {
        "no",
        "any",
        "recent",
        "denies",
        "denied",
        "denying",
        "of",
        "or",
        "nor",
        "and",
        ",",
        "known",
        "specific",
        "/",
        "(",
        ":",
    }
    | {"significant", "antecedent", "preceding", "prior", "previous", "acute", "inciting", "the", "without", "major"}
    | {"traumatic", "precipitating", "initiating", "an", "a"}
)
_BACK = frozenset({"back", "low-back"})
_ACCIDENT = frozenset({"from", "after", "with", "in", "during", "since", "despite"})
_LISTED_WITHIN = 4


def read(passage: Passage) -> Iterator[Remark]:
    """Every risk and accident of one sentence, and what makes a back pain inflammatory."""
    if any(passage.scope.cues(kind) for kind in ("risk", "trauma", "drug")):
        reading = _Reading(passage)
        yield from reading.illnesses()
        yield from reading.accidents()
        yield from reading.drugs()
    if passage.scope.cues("inflamed"):
        yield from read_inflamed(passage)


class _Reading:
    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._scope = passage.scope
        self._texts = passage.scope.texts(0, len(passage.sentence.words))
        self._telling = Telling(passage)
        self._parts = Parts(passage.scope)
        self._durations = Durations(passage.scope)
        self._happened = Happened(passage.scope, self._durations)

    # -- illnesses and drugs

    def illnesses(self) -> Iterator[Remark]:
        """Illness, drug or state that is a risk by its name."""
        for cue in self._scope.cues("risk"):
            if cue.word != "other" and self._counts(cue):
                told = self._telling.of(
                    Thing(first=cue.first, after=cue.after, kind=_KINDS.get(cue.word, Kind.SYMPTOM))
                )
                if told is not None:
                    yield from self._illness(cue, told)

    def _illness(self, cue: Mention, told: Told) -> Iterator[Remark]:
        if cue.word == "steroid":
            if not told.absent and self._is_long(cue):
                yield self._said("long-term-steroids", told)
            return
        when = self._happened.of(cue) if cue.word in _DATED and not told.absent else When()
        yield self._said(cue.word, _timed(told, when), when)

    def _counts(self, cue: Mention) -> bool:
        if cue.word == "immunosuppression":
            return not self._is_awaited(cue)
        return "steroid" not in cue.word or not self._is_local(cue)

    def _is_awaited(self, cue: Mention) -> bool:
        """A transplant that is waited for, or given."""
        near = self._texts[max(cue.first - _WAITING_WITHIN, 0) : cue.first]
        near += self._texts[cue.after : cue.after + _WAITING_WITHIN]
        return "transplant" in self._texts[cue.first : cue.after] and not _WAITING.isdisjoint(near)

    def _is_local(self, cue: Mention) -> bool:
        before, behind = self._texts[cue.first - 1 : cue.first], self._texts[cue.after : cue.after + 2]
        return not _LOCAL.isdisjoint(before) or not _FORMS.isdisjoint(behind)

    def _is_long(self, cue: Mention) -> bool:
        """For 90 days or more, or "chronically"."""
        kinds = ("symptom", "diagnosis", "risk", "area")
        others = [(other.first, other.after) for kind in kinds for other in self._scope.cues(kind) if other != cue]
        weeks, chronic = self._durations.of(cue.first, cue.after, others)
        return chronic or (weeks is not None and weeks >= _LONG_WEEKS)

    def drugs(self) -> Iterator[Remark]:
        """A fluoroquinolone with the time at which it was taken; without, it does not tell whether that was of late."""
        if self._scope.cues("drug", "not-taken"):
            return
        for cue in self._scope.cues("drug", "fluoroquinolone"):
            told = self._telling.of(Thing(first=cue.first, after=cue.after))
            when = self._happened.of(cue)
            if told is not None and not told.absent and when.is_dated:
                yield self._said("dated-fluoroquinolone", _timed(told, when), when)

    # -- accidents

    def accidents(self) -> Iterator[Remark]:
        """An accident with its time; one without is of the past if it was grave, and else not told."""
        for cue in self._scope.cues("trauma"):
            told = self._telling.of(Thing(first=cue.first, after=cue.after)) if self._is_accident(cue) else None
            if told is None:
                continue
            subject = {"major": "major-trauma", "any": "trauma"}.get(cue.word, "minor-trauma")
            if told.absent:
                yield self._said(subject, told)
            elif cue.word != "any":
                yield from self._accident(subject, told, self._happened.of(cue))

    def _accident(self, subject: str, told: Told, when: When) -> Iterator[Remark]:
        if when.is_dated:
            yield self._said(subject, _timed(told, when), when)
        elif subject == "major-trauma":
            past = told.family or told.certainty is Certainty.HISTORICAL
            yield self._said(subject, told if past else Told(certainty=Certainty.HISTORICAL, family=told.family))

    def _is_accident(self, cue: Mention) -> bool:
        before = self._texts[cue.first - 1] if cue.first else ""
        if cue.word == "verb":
            return not before or before in _FALLING
        if cue.word == "any":
            return (not before or before in _BARE) and not self._is_of_part(cue) and not self._is_of_accident(cue)
        return cue.word != "other"

    def _is_of_part(self, cue: Mention) -> bool:
        """ "No injury to the knee" says nothing of the back."""
        if self._texts[cue.after : cue.after + 1] not in (["to"], ["of"]):
            return False
        named = [part.area for part in self._parts.all if 0 < part.first - cue.after <= _LISTED_WITHIN]
        return not named or named[0] not in _BACK

    def _is_of_accident(self, cue: Mention) -> bool:
        """ "No injuries from the fall" does not deny the fall."""
        following = [each for each in self._scope.cues("trauma") if each.first >= cue.after]
        return any(not _ACCIDENT.isdisjoint(self._texts[cue.after : each.first]) for each in following[:1])

    def _said(self, subject: str, told: Told, when: When | None = None) -> Remark:
        return Remark(
            subject=subject,
            value="absent" if told.absent else "present",
            sentence=self._passage.sentence,
            certainty=told.certainty,
            family=told.family,
            weeks=when.weeks if when is not None else None,
            began=when.began if when is not None else None,
        )


def _timed(told: Told, when: When) -> Told:
    """A thing with its time is no longer "past" in words; one of an earlier year is."""
    if told.absent or (not when.is_dated and not when.past):
        return told
    if when.past:
        return Told(certainty=Certainty.HISTORICAL, family=told.family)
    doubted = told.certainty is Certainty.UNCERTAIN
    return Told(certainty=Certainty.UNCERTAIN if doubted else Certainty.AFFIRMED, family=told.family)
