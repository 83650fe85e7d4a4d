"""What a patient feels: pain, numbness, tingling, burning and weakness, and the loss of feeling that is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Side
from fhirsvc.fhir.notes.clinical import provoked
from fhirsvc.fhir.notes.clinical.feeling import ELSEWHERE, FOOT, LUMBAR, Feeling, Felt, side_of_parts
from fhirsvc.fhir.notes.clinical.parts import LEG, Part
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.spreading import Spreading
from fhirsvc.fhir.notes.remark import SPREADING, Remark
from fhirsvc.fhir.notes.words import Mention

_PAINS = {
    "low-back": "low-back-pain", "back": "back-pain", "upper-back": "thoracic-back-pain", "achilles": "achilles-pain",
    **dict.fromkeys(("heel", "medial-heel", "plantar-heel"), "heel-pain"),
    **dict.fromkeys(("thigh", "anterior-thigh", "posterior-thigh", "lateral-thigh"), "leg-pain"),
    **dict.fromkeys(("leg", "posterior-leg", "distal-leg", "calf", "lateral-calf", "posterior-calf"), "leg-pain"),
    **dict.fromkeys(("shin", "medial-shin"), "leg-pain"),
}  # fmt: skip
"""Area of a pain → its subject; a pain of any other area is none that the protocol asks after."""
_WHOLE = {
    "low-back-pain": "low-back-pain", "back-pain": "back-pain", "heel-pain": "heel-pain",
    "achilles-pain": "achilles-pain", "foot-drop": "foot-drop", "morning-stiffness": "morning-stiffness",
    "first-step-pain": "first-step-pain",
    "radicular-pain": "radiating-pain", "radicular-symptoms": "radicular-symptoms",
    "leg-symptoms": "leg-symptoms",
}  # fmt: skip
"""Symptoms that one word names whole."""
_REPORTED = ("report", "complain", "endorse", "describe", "admit", "feel", "felt", "notice", "experienc")
_PATIENT = frozenset({"patient", "pt", "he", "she", "also"})


_JOINED = frozenset({"all-limbs", "knee", "ankle", "hip", "heel"})
"""Areas whose weakness or giving way is none of a leg."""
_ALONG = frozenset({"along", "down", "through", "throughout", "into"})
_TEST_WITHIN = 2
_SENSED_WITHIN = 4
_ANY = frozenset({"any", "the", "his", "her", "longer", "more", "normal"})
_WITHOUT = frozenset({"no", "without"})
_CLOSING = frozenset({".", ",", ";", ")", "since", "for", "from", "when", "while", "today", "now", "at"})
_TREND_WITHIN = 3
_ROOT_WITHIN = 3
_ROOT_WORDS = frozenset({"distribution", "dermatome", "dermatomal", "dermatomes", "pattern"})
_KINDS = ("symptom", "sensation-loss", "spread", "bend", "load", "first-step", "area")


def read(passage: Passage) -> Iterator[Remark]:
    """Every symptom of one sentence: what is felt, what spreads, what is lost, what makes it worse."""
    if not any(passage.scope.cues(kind) for kind in _KINDS[:-1]) and not passage.scope.cues("area", "saddle"):
        return
    feeling = Feeling(passage)
    spreading = Spreading(feeling)
    reading = _Reading(feeling, spreading)
    yield from reading.symptoms()
    yield from spreading.remarks
    yield from reading.losses()
    yield from provoked.read(feeling)


class _Reading:
    def __init__(self, feeling: Feeling, spreading: Spreading) -> None:
        self._feeling = feeling
        self._spreading = spreading.owners
        self._reached = spreading.reached

    def symptoms(self) -> Iterator[Remark]:
        """What is felt, in the order of the text."""
        for felt in self._feeling.felt:
            yield from self._of(felt)

    def _of(self, felt: Felt) -> Iterator[Remark]:
        if felt.name == "pain":
            yield from self._pain(felt)
        elif felt.name in {"numbness", "tingling", "burning"}:
            yield from self._sensory(felt)
        elif felt.name == "weakness":
            yield from self._weakness(felt)
        elif felt.name.startswith("radicular") and (felt in self._spreading or self._feeling.is_of_test(felt.first)):
            return
        elif felt.name in _WHOLE and not self._is_elsewhere(felt):
            parts = [part for part in felt.parts if part.area in LEG]
            yield from self._feeling.remark(_WHOLE[felt.name], felt, parts, sited=felt.name.startswith("radicular"))

    def _pain(self, felt: Felt) -> Iterator[Remark]:
        scores = (self._feeling.texts[at : at + 3] for at in (felt.after, felt.end))
        if self._is_provoked(felt) or ["0", "/", "10"] in scores:
            return
        if not felt.parts and self._follows_root(felt):
            leg = Part(area="leg", first=felt.first, after=felt.first)
            yield from self._feeling.remark("radiating-pain", felt, [leg])
        subjects: dict[str, list[Part]] = {}
        for part in self._sites(felt):
            subjects.setdefault(_PAINS.get(part.area, ""), []).append(part)
        for subject, parts in subjects.items():
            if not subject or (subject == "leg-pain" and felt in self._spreading):
                continue
            sided = subject != "heel-pain" or side_of_parts(parts) is not None
            beside = [] if sided else [part for part in felt.parts if part.area in FOOT]
            conditional = self._is_conditional(felt)
            for remark in self._feeling.remark(subject, felt, [*parts, *beside], sited=subject == "leg-pain"):
                if remark.value == "present" or not conditional:
                    yield remark

    def _follows_root(self, felt: Felt) -> bool:
        """ "Pain in the L5 dermatome": pain of a root, and not of the vertebra of that name."""
        around = self._feeling.texts[max(felt.begin - _ROOT_WITHIN, 0) : felt.end + _ROOT_WITHIN]
        return self._has_root(felt) and felt not in self._spreading and not _ROOT_WORDS.isdisjoint(around)

    def _sites(self, felt: Felt) -> Sequence[Part]:
        """Where a pain is; "back pain in the lumbar region" is one of the lower back."""
        parts = felt.parts
        if felt in self._spreading and self._feeling.texts[felt.after : felt.after + 1] == ["from"]:
            parts = parts[:1]  # what follows is where it goes
        low = any(part.area == "low-back" for part in parts)
        return [part for part in parts if not (low and part.area == "back")]

    def _sensory(self, felt: Felt) -> Iterator[Remark]:
        if any(part.area == "saddle" for part in felt.parts):
            yield from self._feeling.remark("saddle-sensation-change", felt, ())
            return
        named = (*felt.parts, *self._reached.get(felt.first, ()))
        parts = [part for part in named if part.area in LEG]
        if not named and self._has_root(felt):
            parts = [Part(area="leg", first=felt.first, after=felt.first)]
        if named and not parts:
            return
        if not parts and (felt.name == "burning" or self._is_of_feeling(felt) or self._feeling.names_elsewhere()):
            return
        if self._is_tested(felt):
            return
        spreading = {SPREADING} if self._spreads(felt) else set()
        for remark in self._feeling.remark(felt.name, felt, parts):
            yield replace(remark, qualifiers=remark.qualifiers | spreading)

    def _spreads(self, felt: Felt) -> bool:
        """Is it said to go along the leg? What begins in the foot stays there."""
        reached = self._reached.get(felt.first, ())
        origin = [part for part in felt.parts if part not in reached]
        if origin and all(part.area in FOOT for part in origin):
            return False
        words = self._feeling.texts[felt.after : felt.end + 1]
        return bool(reached) or not _ALONG.isdisjoint(words) or {"from", "to"} <= set(words)

    def _is_of_feeling(self, felt: Felt) -> bool:
        """ "Cannot feel" and "no feeling" are numbness of a named part only."""
        return any(word.startswith("feel") for word in self._feeling.texts[felt.first : felt.after])

    def _weakness(self, felt: Felt) -> Iterator[Remark]:
        parts = [part for part in felt.parts if part.area in LEG - _JOINED]
        if not parts and (felt.parts or not (self._has_root(felt) or self._has_company())):
            return
        for remark in self._feeling.remark("leg-weakness", felt, parts, sited=False):
            yield remark
            if remark.value == "present" and remark.side is Side.BOTH and self._is_grave(remark, felt):
                yield replace(remark, subject="both-legs-deficit")

    def _is_grave(self, remark: Remark, felt: Felt) -> bool:
        """Is the weakness called severe or progressive, before it or right behind it ("... is getting worse")?"""
        behind = range(felt.end, felt.end + _TREND_WITHIN)
        follows = any(cue.first in behind and cue.word == "worsening" for cue in self._feeling.scope.cues("trend"))
        return follows or not remark.qualifiers.isdisjoint({"severe", "worsening"})

    def _has_root(self, felt: Felt) -> bool:
        return bool(felt.roots) and all(root in LUMBAR for root in felt.roots)

    def _has_company(self) -> bool:
        """Weakness without a place is one of the leg in the company of numbness, tingling or foot drop."""
        if self._feeling.names_elsewhere():
            return False
        company = {"numbness", "tingling", "foot-drop", "radicular-symptoms", "radicular-pain"}
        return any(other.name in company and not self._is_elsewhere(other) for other in self._feeling.felt)

    def _is_elsewhere(self, felt: Felt) -> bool:
        areas = {part.area for part in felt.parts}
        if areas:
            return bool(areas & ELSEWHERE) and not areas & LEG
        return self._feeling.names_elsewhere()

    def _is_provoked(self, felt: Felt) -> bool:
        """Pain that an examination calls forth is a finding of the examination."""
        provoking = any(cue.after in {felt.begin, felt.first} for cue in self._feeling.scope.cues("provoking"))
        return provoking or self._feeling.is_of_test(felt.first) or self._is_tested(felt)

    def _is_tested(self, felt: Felt) -> bool:
        tests = self._feeling.scope.cues("test-of-pain")
        for cue in tests:
            gap = self._feeling.texts[felt.end : cue.first]
            if (
                felt.end <= cue.first
                and len(gap) <= _TEST_WITHIN
                and {"to", "on", "with", "upon"} & {*gap, self._feeling.texts[cue.first]}
            ):
                return True
        return False

    def _is_conditional(self, felt: Felt) -> bool:
        """ "No pain with bending" denies no pain at rest."""
        following = self._feeling.texts[felt.end : felt.end + 1]
        return following in (["with"], ["on"], ["upon"], ["when"], ["during"], ["while"], ["at"])

    def losses(self) -> Iterator[Remark]:
        """Reduced sensation that the patient reports, or that is said of the saddle."""
        for cue in (*self._feeling.scope.cues("sensation-loss"), *self._saddle_losses()):
            before, begin = self._feeling.walk_back(cue)
            behind, end, roots = self._feeling.walk_on(cue.after)
            felt = Felt(name="sensation", first=cue.first, after=cue.after, begin=begin, end=end, before=before,
                        behind=behind, roots=roots, shared=self._within(cue))  # fmt: skip
            if any(part.area == "saddle" for part in felt.parts):
                yield from self._saddle(cue, felt)
            elif cue.word == "loss" and self._is_reported(cue):
                parts = [part for part in felt.parts if part.area in LEG]
                if parts:
                    yield from self._feeling.remark("numbness", felt, parts)

    def _saddle_losses(self) -> Iterator[Mention]:
        """ "Loss of perianal sensation", "altered genital sensation": the loss stands apart from the sensation."""
        for part in self._feeling.parts.all:
            named = self._feeling.texts[part.after : part.after + 1] in (["sensation"], ["feeling"])
            if part.area != "saddle" or not named:
                continue
            word = self._sensed(part)
            if word is None:
                yield from self._lacking(part)
            else:
                after = max(part.after + 1, word.after)
                yield Mention("sensation-loss", "loss" if word.word == "lost" else "kept", part.first, after)

    def _within(self, cue: Mention) -> tuple[Part, ...]:
        parts = (self._feeling.parts.at(at) for at in range(cue.first, cue.after))
        return tuple(dict.fromkeys(part for part in parts if part is not None))

    def _lacking(self, part: Part) -> Iterator[Mention]:
        """ "No perianal sensation" is its loss, unless another noun or an "or" follows."""
        texts, index = self._feeling.texts, part.first - 1
        while index >= 0 and texts[index] in _ANY:
            index -= 1
        closed = _CLOSING.issuperset(texts[part.after + 1 : part.after + 2])
        _, end = self._feeling.scope.part(part.first)
        if index >= 0 and texts[index] in _WITHOUT and closed and "or" not in texts[part.after : end]:
            yield Mention("sensation-loss", "loss", index, part.after + 1)

    def _sensed(self, part: Part) -> Mention | None:
        """The word that says how it is felt there: right before the part, or behind its sensation."""
        near = range(part.first - _TEST_WITHIN, part.after + _SENSED_WITHIN)
        words = [cue for cue in self._feeling.scope.cues("sensed") if cue.first in near]
        return next((cue for word in ("lost", "kept") for cue in words if cue.word == word), None)

    def _saddle(self, cue: Mention, felt: Felt) -> Iterator[Remark]:
        for remark in self._feeling.remark("saddle-sensation-change", felt, ()):
            if cue.word == "loss":
                yield remark
            elif remark.value == "present":
                yield replace(remark, value="absent")

    def _is_reported(self, cue: Mention) -> bool:
        """Does a word of reporting stand before it in its clause? Only a patient's "notes" is one."""
        begin, _ = self._feeling.scope.clause(cue.first)
        said = [each.first for each in self._feeling.scope.cues("states") if begin <= each.first < cue.first]
        texts = self._feeling.texts
        return any(
            texts[at].startswith(_REPORTED) or (texts[at].startswith("note") and texts[at - 1] in _PATIENT)
            for at in said
        )
