"""Diagnoses, operations and drugs as a history lists them: radiculopathy with its side, root or level, and the like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.fhir.notes.clinical.duration import Durations
from fhirsvc.fhir.notes.clinical.parts import LEG, Part, Parts
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Kind, Telling, Thing, Told
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention

_LASTING = frozenset({"neuropathy", "diabetes", "cancer-history"})
_DATELESS = frozenset({"diabetes", "cancer-history"})
_SYMPTOMS = frozenset({"low-back-pain", "back-pain", "morning-stiffness"})
_SIDED = frozenset(
    {"radiculopathy", "sciatica", "neuropathy", "plantar-fasciitis", "achilles-tendinopathy", "achilles-rupture"}
)
_ROOTED = frozenset({"radiculopathy", "sciatica"})
_LUMBAR = frozenset({"L1", "L2", "L3", "L4", "L5", "S1", "S2"})
_BACK = frozenset({"back", "low-back"})
_ON = frozenset({"on", "of", "to", "at", "in", "the", "for", "his", "her"})
_ELSEWHERE = frozenset({"arm", "hand", "neck", "head", "upper-back"})
_JOINTS = frozenset({"and", "/", "&", "or", ","})
_BETWEEN = frozenset(
    {
        "of",
        "the",
        "in",
        "at",
        "(",
        ")",
        ",",
        "-",
        "root",
        "nerve",
        "distribution",
        "acute",
        "level",
        "syndrome",
        "on",
        "affecting",
        "involving",
        "his",
        "her",
        "to",
        "with",
        "down",
        "into",
        "from",
        ":",
        "region",
        "symptoms",
        "type",
    }
)
_NEAR = 8
_PLACE_WITHIN = 4
_RUPTURE = "achilles-rupture"
_TORN_WITHIN = 3
_TORN_LINKS = frozenset(
    {
        "of",
        "in",
        "to",
        "the",
        "his",
        "her",
        "is",
        "was",
        "has",
        "been",
        "tendon",
        "a",
        "partially",
        "completely",
        "complete",
    }
)
_OPERATED_WITHIN = 12


def read(passage: Passage) -> Iterator[Remark]:
    """Every diagnosis, operation of the lumbar spine and fluoroquinolone of one sentence."""
    scope = passage.scope
    if any(scope.cues(kind) for kind in ("diagnosis", "operation", "drug", "tendon")):
        yield from _Reading(passage).remarks()


class _Reading:
    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._scope = passage.scope
        self._texts = passage.scope.texts(0, len(passage.sentence.words))
        self._parts = Parts(passage.scope)
        self._telling = Telling(passage)
        self._durations = Durations(passage.scope)
        self._named = [cue for cue in self._scope.cues("diagnosis") if cue.word != "other"]

    def remarks(self) -> Iterator[Remark]:
        """Diagnoses in the order of the text, then the operation, then the drug."""
        for cue in self._named:
            yield from self._diagnosis(cue)
        yield from self._tendon()
        yield from self._operations()
        yield from self._drugs()

    def _diagnosis(self, cue: Mention) -> Iterator[Remark]:
        if not self._counts(cue):
            return
        kind = Kind.LASTING if cue.word in _LASTING else Kind.SYMPTOM if cue.word in _SYMPTOMS else Kind.EPISODE
        first, side, roots, level = self._before(cue)
        after, side_behind, roots_behind, level_behind = self._behind(cue)
        side_behind = side_behind or self._side_of_next(cue)
        others = [(other.first, other.after) for other in self._named if other != cue]
        weeks, chronic = self._durations.of(first, after, others)
        began = self._durations.began(first, after, others)
        told = self._telling.of(Thing(first=cue.first, after=cue.after, kind=kind, chronic=chronic))
        if told is None:
            return
        if cue.word == _RUPTURE:
            told = self._dated(told, cue)
        if cue.word in _DATELESS:
            weeks, chronic, began = None, False, None
        rooted = cue.word in _ROOTED
        said = self._said(
            cue.word,
            told,
            side=(side or side_behind) if cue.word in _SIDED else None,
            roots=(roots or roots_behind) if rooted else (),
            level=(level or level_behind) if rooted else "",
            weeks=weeks,
            chronic=chronic,
        )
        said = said if told.absent else replace(said, began=began)
        yield replace(said, areas=self._region(cue, said, first, after)) if rooted else said

    def _region(self, cue: Mention, said: Remark, first: int, after: int) -> tuple[str, ...]:
        """Where it is: "low-back" with a root, a level or the lumbar spine named, "leg" with the leg; () = neither."""
        named = {part.area for part in self._parts.all if first <= part.first < after}
        begin, end = self._scope.clause(cue.first)
        around = {part.area for part in self._parts.all if begin <= part.first < end}
        lumbar = bool(said.roots or said.level or "low-back" in around) or "lumbosacral" in self._texts[first:after]
        return (*(["low-back"] if lumbar else []), *(["leg"] if named & LEG else []))

    def _side_of_next(self, cue: Mention) -> Side | None:
        """ "Plantar fasciitis and Achilles tendinitis of the right foot": two in one phrase share the side behind."""
        following = next((other for other in self._named if other.first >= cue.after), None)
        if following is None or self._texts[cue.after : following.first] not in (["and"], ["/"], ["&"]):
            return None
        return self._behind(following)[1]

    def _counts(self, cue: Mention) -> bool:
        """Is the name meant, and of the lower spine or leg?"""
        text = self._texts[cue.first]
        if cue.word == "diabetes" and text.startswith("diabetic"):
            return self._texts[cue.after : cue.after + 1] in (
                [],
                ["."],
                [","],
                ["and"],
                ["who"],
                ["patient"],
                ["male"],
                ["female"],
                ["man"],
                ["woman"],
                ["with"],
                [";"],
            )
        if cue.word == "sciatica" and text == "sciatic" and cue.after - cue.first == 1:
            return False
        if cue.word == "cancer-history":
            return self._is_own_cancer(cue)
        if cue.word == "radiculopathy" and self._is_of_test(cue):
            return False
        if cue.word in {"radiculopathy", "neuropathy"}:
            return not self._is_elsewhere(cue)
        return True

    def _is_of_test(self, cue: Mention) -> bool:
        """Is it the answer of a test of the leg ("straight-leg raise negative for radiculitis")?"""
        begin, _ = self._scope.part(cue.first)
        tests = (test for test in self._scope.cues("test") if test.word not in {"other", "exercise"})
        return any(begin <= test.first < cue.first for test in tests)

    def _is_own_cancer(self, cue: Mention) -> bool:
        """A denial counts of cancer as such; that nothing has spread or come back says nothing of its history."""
        texts = self._texts[cue.first : cue.after]
        spread = texts[0].startswith("metasta")
        following = self._texts[cue.after : cue.after + 1]
        if spread and following and self._parts.kind(cue.after, "diagnosis"):
            return False  # "metastatic breast cancer" is told once, by its noun
        denied = self._telling.denied(Thing(first=cue.first, after=cue.after)).value != "no"
        particular = (
            spread or self._scope.cues("tested") or "evidence" in self._texts[max(cue.first - 6, 0) : cue.first]
        )
        return not (denied and particular)

    def _is_elsewhere(self, cue: Mention) -> bool:
        """A radiculopathy beside a segment of the neck or chest, or in a sentence of the neck and arm alone."""
        near = [mention for mention in self._scope.sentence.mentions if mention.kind in {"segment", "level"}]
        own = [mention for mention in near if abs(mention.first - cue.first) <= _NEAR]
        if own:
            return all(mention.word[0] in "CT" for mention in own)
        begin, end = self._scope.part(cue.first)
        areas = {part.area for part in self._parts.all if begin <= part.first < end}
        if cue.word == "neuropathy":
            close = self._parts.at(cue.first - 1)
            return close is not None and close.area in _ELSEWHERE
        return bool(areas & _ELSEWHERE) and not areas & (LEG | _BACK)

    def _before(self, cue: Mention) -> tuple[int, Side | None, tuple[str, ...], str]:
        """Side, roots and level that stand before a diagnosis ("left L5-S1", "L5 and S1", "right lower extremity")."""
        side: Side | None = None
        roots: list[str] = []
        level = ""
        index = cue.first - 1
        first = cue.first
        while index >= 0:
            part = self._parts.at(index)
            named = self._parts.kind(index, "side")
            segment, disc = self._parts.kind(index, "segment"), self._parts.kind(index, "level")
            if part is not None:
                side, index = side or part.side, part.first - 1
            elif named is not None and named not in self._scope.rejected:
                side, index = side or side_of(named), named.first - 1
            elif segment is not None:
                roots.insert(0, segment.word)
                index = segment.first - 1
            elif disc is not None:
                level, index = level or disc.word, disc.first - 1
            elif (
                self._parts.kind(index, "filler")
                or self._texts[index] in {"root", "nerve", "-"}
                or (self._texts[index] in _JOINTS and (roots or level) and self._parts.kind(index - 1, "segment"))
            ):
                index -= 1
                continue
            else:
                break
            first = index + 1
        return first, side, tuple(roots), level

    def _behind(self, cue: Mention) -> tuple[int, Side | None, tuple[str, ...], str]:
        """What stands behind it: ", right foot", "on the left", "of the S1 root", "at L5-S1"."""
        side: Side | None = None
        roots: list[str] = []
        level = ""
        index = after = cue.after
        while index < len(self._texts):
            part = self._parts.at(index)
            named = self._parts.kind(index, "side")
            segment, disc = self._parts.kind(index, "segment"), self._parts.kind(index, "level")
            if part is not None:
                if self._is_of_other(part.after) or self._is_new_item(cue, index):
                    break
                side, index = side or part.side, part.after
            elif named is not None and named not in self._scope.rejected:
                if self._is_of_other(named.after):
                    break
                side, index = side or side_of(named), named.after
            elif segment is not None:
                roots.append(segment.word)
                index = segment.after
            elif disc is not None:
                level, index = level or disc.word, disc.after
            elif self._texts[index] in _BETWEEN or self._parts.kind(index, "filler"):
                index += 1
                continue
            else:
                break
            after = index
        closed = self._parts.closes(after) or self._parts.closes(index)
        listed = self._texts[cue.after : cue.after + 1] == [","] and not closed
        return after, None if listed else side, tuple(roots), level

    def _is_new_item(self, cue: Mention, index: int) -> bool:
        """A part behind a comma that is not the place of this diagnosis but the next item of a list."""
        return "with" in self._texts[cue.after : index]

    def _is_of_other(self, index: int) -> bool:
        """Does what follows belong to another thing ("sciatica, left heel pain")?"""
        while self._parts.kind(index, "filler"):
            index += 1
        kinds = ("symptom", "diagnosis", "operation", "finding")
        return any(self._parts.kind(index, kind) is not None for kind in kinds)

    # -- the Achilles tendon, named apart from what ails it

    def _tendon(self) -> Iterator[Remark]:
        """ "Tore her left Achilles tendon", "tendinitis of the Achilles": the tendon stands apart."""
        told_of = {cue.word for cue in self._named}
        for cue in self._scope.cues("tendon"):
            part = next(
                (each for each in self._parts.all if each.area == "achilles" and self._is_beside(cue, each)), None
            )
            told = self._telling.of(Thing(first=cue.first, after=cue.after, kind=Kind.EPISODE)) if part else None
            if part is not None and told is not None and cue.word not in told_of:
                told_of.add(cue.word)
                yield self._said(cue.word, self._dated(told, cue) if cue.word == _RUPTURE else told, side=part.side)

    def _is_beside(self, cue: Mention, part: Part) -> bool:
        between = self._texts[cue.after : part.first] if cue.first < part.first else self._texts[part.after : cue.first]
        return len(between) <= _TORN_WITHIN and all(text in _TORN_LINKS for text in between)

    def _dated(self, told: Told, cue: Mention) -> Told:
        """A rupture of an earlier year, or one that was repaired, is past."""
        begin, end = self._scope.part(cue.first)
        words = self._texts[begin:end]
        years = any(
            len(text) == len("2000") and text.isdigit() and words[at - 1] in {"in", "(", "of"}
            for at, text in enumerate(words)
            if at
        )
        repaired = any(text.startswith("repair") for text in words)
        past = (years or repaired) and not told.absent and told.certainty is Certainty.AFFIRMED
        return replace(told, certainty=Certainty.HISTORICAL) if past else told

    # -- operations

    def _operations(self) -> Iterator[Remark]:
        """An operation on the lumbar spine that was done before; one planned or under way is none."""
        for cue in self._scope.cues("operation"):
            if not self._is_lumbar(cue):
                continue
            told = self._telling.of(Thing(first=cue.first, after=cue.after, kind=Kind.LASTING))
            if told is None or not (told.absent or (self._is_done(cue) and not self._is_of_spine_at_large(cue))):
                continue
            _, side, _, level = self._before(cue)
            behind = self._behind(cue)
            level = level or behind[3] or self._level_of(behind[2])
            said = self._said("prior-lumbar-surgery", told, side=side, level=level)
            yield said if told.absent else replace(said, began=self._durations.done_in(cue.first, cue.after))
            return

    def _is_lumbar(self, cue: Mention) -> bool:
        if cue.word == "lumbar":
            return True
        discs = [
            mention.word
            for mention in self._scope.sentence.mentions
            if mention.kind in {"level", "segment"} and -_PLACE_WITHIN <= mention.first - cue.after <= _PLACE_WITHIN + 1
        ]
        if discs:
            return all(word[0] in "LS" for word in discs)
        if self._is_of_spine_at_large(cue):
            return True
        return self._place_of(cue) in _BACK and self._texts[cue.after : cue.after + 1] != ["pain"]

    def _is_of_spine_at_large(self, cue: Mention) -> bool:
        """ "No spinal surgery" denies one of the lumbar spine too; that there was one does not say where."""
        named = self._texts[cue.first].startswith("spin") and cue.word == "any"
        return named and self._place_of(cue) not in _BACK

    def _place_of(self, cue: Mention) -> str:
        """The part operated on: the one right before, else the one right behind ("surgery on the lower back")."""
        before = self._parts.at(cue.first - 1) if cue.first else None
        if before is not None:
            return before.area
        index = cue.after
        while index < len(self._texts) and self._texts[index] in _ON and self._parts.at(index) is None:
            index += 1
        behind = self._parts.at(index)
        return behind.area if behind is not None else ""

    def _is_done(self, cue: Mention) -> bool:
        begin, end = self._scope.clause(cue.first)
        if any(begin <= each.first < cue.first for each in self._scope.cues("done", "planned")):
            return self._is_called_prior(cue)
        done = self._scope.cues("done", "done")
        listed = self._passage.sentence.section == "past" or self._is_dated(cue)
        return listed or any(
            begin <= each.first < end and abs(each.first - cue.first) <= _OPERATED_WITHIN for each in done
        )

    def _is_dated(self, cue: Mention) -> bool:
        """ "Laminectomy in 2005", "fusion (2012)"."""
        near = self._texts[cue.after : cue.after + 6]
        return any(len(text) == len("2000") and text.isdigit() and text[:2] in {"19", "20"} for text in near)

    def _is_called_prior(self, cue: Mention) -> bool:
        words = {"previous", "prior", "status", "s", "past"}
        return not words.isdisjoint(self._texts[max(cue.first - 5, 0) : cue.first])

    def _level_of(self, segments: Sequence[str]) -> str:
        return f"{segments[0]}-{segments[-1]}" if len(segments) > 1 else ""

    # -- drugs

    def _drugs(self) -> Iterator[Remark]:
        """A fluoroquinolone that is or was taken; one that the patient cannot take is none."""
        if self._scope.cues("drug", "not-taken"):
            return
        for cue in self._scope.cues("drug", "fluoroquinolone"):
            told = self._telling.of(Thing(first=cue.first, after=cue.after, kind=Kind.LASTING))
            if told is not None:
                yield self._said("fluoroquinolone", told)
                return

    def _said(
        self, subject: str, told: Told, *, side: Side | None = None, roots: tuple[str, ...] = (), level: str = "",
        weeks: int | None = None, chronic: bool = False,
    ) -> Remark:  # fmt: skip
        return Remark(
            subject=subject,
            value="absent" if told.absent else "present",
            sentence=self._passage.sentence,
            side=side or Side.UNKNOWN,
            roots=tuple(dict.fromkeys(root for root in roots if root in _LUMBAR)),
            level=level,
            certainty=told.certainty if subject != "prior-lumbar-surgery" else Certainty.AFFIRMED,
            family=told.family,
            weeks=None if told.absent else weeks,
            chronic=chronic and not told.absent,
        )
