"""A sentence of an ankle or heel study: is the Achilles tendon or the plantar fascia thickened, and on which side?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from fhirsvc.domain.evidence import Certainty, Presence, Side, agreed_side
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.scope import Denied, Scope
from fhirsvc.fhir.notes.statement import ACHILLES, PLANTAR, Finding, Statement, Touch
from fhirsvc.fhir.notes.words import Mention

_CONCEPTS = {"achilles": ACHILLES, "plantar": PLANTAR}
_BETWEEN = frozenset({"of", "the", "in", "a", "both", "distal", "proximal", "mid", "insertional"})
_AFTER_NORMAL = frozenset(
    {".", ",", ";", "and", "in", "on", "bilaterally", "thickness", "calibre", "caliber", "appearance"}
)
_FILLED = ("bursit", "fluid", "effus", "disten", "inflam", "enlarg", "thicken", "swell", "oedem", "edem")
"""How words begin that say that a bursa is filled."""
_DAMAGES = {
    ("achilles-tear", "achilles"): "achilles-tear",
    ("achilles-tear", "plantar"): "plantar-fascia-tear",
    ("tendinopathy", "achilles"): "achilles-tendinopathy-imaging",
    **{("spur", where): "calcaneal-spur" for where in ("ankle", "achilles", "plantar")},
    **{("haglund", where): "haglund" for where in ("ankle", "achilles", "plantar", "other")},
    **{("retrocalcaneal-fluid", where): "retrocalcaneal-fluid" for where in ("ankle", "achilles", "plantar", "other")},
    ("swelling", "ankle"): "ankle-swelling",
}
_LEVELS = {"achilles-tear": "ankle", "achilles-tendinopathy-imaging": "ankle", "ankle-swelling": "ankle"}


def read_ankle(scope: Scope, thick: Fraction | None) -> list[Statement]:
    """Statements on thickening; [] = the sentence does not say.

    thick: above how many millimetres a measured plantar fascia counts as thickened; None = a bare measure says nothing.
    """
    reader = _Ankle(scope)
    described = list(reader.described())
    named = {statement.concept for statement in described}
    return [*described, *(statement for statement in reader.measured(thick) if statement.concept not in named)]


class _Ankle:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._words = scope.sentence.words
        self._structures = self._scope.cues("structure")
        self._nouns = sorted([*self._structures, *self._scope.cues("other")], key=lambda noun: noun.first)

    def described(self) -> Iterator[Statement]:
        """What the sentence says in words."""
        for mention in self._scope.cues("thickening"):
            structure = self._structure(mention)
            if structure is None or (mention.word == "normal" and not self._is_whole_normal(mention)):
                continue
            yield from self._stated(mention, structure, normal=mention.word == "normal")

    def measured(self, thick: Fraction | None) -> Iterator[Statement]:
        """A plantar fascia measured beyond the limit is thickened."""
        for fascia in self._scope.cues("structure", "plantar"):
            measure = self._measure(fascia)
            if thick is not None and measure is not None and measure[0] > thick:
                yield from self._stated(measure[1], fascia, normal=False)

    def _stated(self, mention: Mention, structure: Mention, *, normal: bool) -> Iterator[Statement]:
        standing = self._scope.standing(mention.first, mention.after)
        if standing.supposed or standing.denied is Denied.UNSURE:
            return
        denied = standing.denied is Denied.YES
        if denied and (normal or standing.uncertain):
            return
        certainty = Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED
        yield Statement(
            concept=_CONCEPTS[structure.word],
            presence=Presence.ABSENT if denied or normal else Presence.PRESENT,
            sentence=self._scope.sentence,
            side=self._side(mention, structure),
            certainty=Certainty.HISTORICAL if standing.historical else certainty,
            added=bool(self._scope.cues("addition")),
        )

    def _structure(self, mention: Mention) -> Mention | None:
        """What a word of thickening describes: what follows it at once, else what stands before it."""
        following = next((noun for noun in self._nouns if noun.first >= mention.after), None)
        if following and self._is_linked(mention.after, following.first):
            return following if following.kind == "structure" else None
        begin, _ = self._phrase(mention.first)
        within = [noun for noun in self._nouns if begin <= noun.first < mention.first]
        if within:
            return within[-1] if within[-1].kind == "structure" else None
        part, _ = self._scope.part(mention.first)
        return next((each for each in reversed(self._structures) if part <= each.first < mention.first), None)

    def _is_linked(self, first: int, after: int) -> bool:
        covered = {
            index
            for cue in (*self._scope.cues("side"), *self._scope.cues("thickening"), *self._scope.cues("position"))
            for index in range(cue.first, cue.after)
        }
        return all(index in covered or self._words[index].text in _BETWEEN for index in range(first, after))

    def _phrase(self, index: int) -> tuple[int, int]:
        """The stretch between commas around a word."""
        begin, end = self._scope.clause(index)
        commas = [at for at in range(begin, end) if self._words[at].text == ","]
        first = max((comma + 1 for comma in commas if comma < index), default=begin)
        return first, min((comma for comma in commas if comma > index), default=end)

    def _is_whole_normal(self, mention: Mention) -> bool:
        """ "Normal" speaks of thickness only where it is not said of something else, such as the signal."""
        following = [word.text for word in self._words[mention.after : mention.after + 1]]
        if not following or following[0] in _AFTER_NORMAL:
            return True
        behind = (noun for noun in self._structures if noun.first >= mention.after)
        return any(self._is_linked(mention.after, noun.first) for noun in behind)

    def _measure(self, fascia: Mention) -> tuple[Fraction, Mention] | None:
        _, end = self._scope.part(fascia.first)
        other = min((noun.first for noun in self._nouns if noun.first > fascia.first), default=end)
        for index in range(fascia.after, min(other, end)):
            if self._words[index].text == "mm" and (number := self._number(index - 1)) is not None:
                return number, Mention("thickening", "thick", index - 1, index + 1)
        return None

    def _number(self, index: int) -> Fraction | None:
        """The number at a word; None for a range ("4-5 mm"), which could mean either."""
        text = self._words[index].text.replace(",", ".")
        if not text.replace(".", "", 1).isdigit() or self._words[index - 1].text in {"-", "to", "<", ">"}:
            return None
        return Fraction(text)

    def _side_of_measure(self, mention: Mention, sides: Sequence[Mention]) -> Side | None:
        """ "5.5 mm on the right and 3 mm on the left": the side right behind the measure."""
        if self._words[mention.after - 1].text != "mm":
            return None
        behind = next((side for side in sides if side.first >= mention.after), None)
        linked = behind and self._scope.texts(mention.after, behind.first) in ([], ["on", "the"], ["on"], ["("])
        return side_of(behind) if behind is not None and linked else self._side_before(mention, sides)

    def _side_before(self, measure: Mention, sides: Sequence[Mention]) -> Side | None:
        """ "Right fascia 5.5 mm, left 3 mm": the last side before the measure."""
        before = [side for side in sides if side.after <= measure.first]
        return side_of(before[-1]) if before and len(sides) > 1 else None

    def _side(self, mention: Mention, structure: Mention) -> Side:
        sides = [side for side in self._scope.cues("side") if side not in self._scope.rejected]
        begin, end = self._phrase(mention.first)
        if (measured := self._side_of_measure(mention, sides)) is not None:
            return measured
        within = [side_of(side) for side in sides if begin <= side.first < end]
        beside = [side_of(side) for side in sides if 0 <= structure.first - side.after <= 1]
        return (
            agreed_side(within) or agreed_side(beside) or agreed_side([side_of(side) for side in sides]) or Side.UNKNOWN
        )


def read_heel_findings(scope: Scope, thick: Fraction | None, side: Side) -> list[Finding]:
    """Findings of tendon, fascia and heel bone in one sentence.

    thick: as for `read_ankle`. side: of the study, for a sentence that names none.
    """
    thickened = [_thickened(statement) for statement in read_ankle(scope, thick)]
    found = [*thickened, *_damaged(scope)]
    return [replace(each, side=side) if each.side is Side.UNKNOWN else each for each in found]


def _thickened(statement: Statement) -> Finding:
    return Finding(
        kind="achilles-thickening" if statement.concept == ACHILLES else "plantar-fascia-thickening",
        sentence=statement.sentence,
        presence=statement.presence,
        certainty=statement.certainty,
        level="ankle" if statement.concept == ACHILLES else "heel",
        side=statement.side,
        touch=Touch.NOT_APPLICABLE,
    )


def _damaged(scope: Scope) -> Iterator[Finding]:
    """Tears, tendinopathy, spurs, fluid, swelling: each with the structure that stands nearest."""
    sides = [side_of(cue) for cue in scope.cues("side") if cue not in scope.rejected]
    for mention in scope.cues("lesion"):
        kind = _DAMAGES.get((mention.word, _nearest(mention, scope)), "")
        standing = scope.standing(mention.first, mention.after)
        if not kind or standing.supposed or standing.denied is Denied.UNSURE or _is_only_place(mention, scope):
            continue
        denied = standing.denied is Denied.YES
        certainty = Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED
        yield Finding(
            kind=kind,
            sentence=scope.sentence,
            presence=Presence.ABSENT if denied else Presence.PRESENT,
            certainty=Certainty.HISTORICAL if standing.historical and not denied else certainty,
            level=_LEVELS.get(kind, "heel"),
            side=agreed_side(sides) or Side.UNKNOWN,
            touch=Touch.NOT_APPLICABLE,
        )


def _is_only_place(mention: Mention, scope: Scope) -> bool:
    """ "Injection into the retrocalcaneal bursa" names a place, not what was found there."""
    if mention.word != "retrocalcaneal-fluid":
        return False
    begin, end = scope.clause(mention.first)
    return not any(text.startswith(_FILLED) for text in scope.texts(begin, end))


def _nearest(mention: Mention, scope: Scope) -> str:
    """The structure a lesion is of: the nearest one named, else the heel where only that is named; "" = another."""
    begin, end = scope.part(mention.first)
    nouns = [*scope.cues("structure"), *scope.cues("other"), *scope.cues("region")]
    nouns = [noun for noun in nouns if begin <= noun.first < end and noun.first != mention.first]
    nouns = [noun for noun in nouns if not any(noun.first == cue.first for cue in scope.cues("lesion"))]
    if scope.cues("level") or not nouns:
        return ""
    near = min(nouns, key=lambda noun: abs(noun.first - mention.first))
    return near.word
