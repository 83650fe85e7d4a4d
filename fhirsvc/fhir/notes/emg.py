"""A sentence of a nerve study: does it conclude that a lumbosacral root is damaged, which, and on which side?"""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.domain.evidence import Certainty, Presence, Root, Side, agreed_side
from fhirsvc.fhir.notes.roots import Naming, RootPhrase, side_of
from fhirsvc.fhir.notes.scope import Denied, Scope, Standing
from fhirsvc.fhir.notes.sentences import Sentence
from fhirsvc.fhir.notes.statement import EMG_LESION, Statement
from fhirsvc.fhir.notes.words import Mention

_LUMBAR = frozenset("LS")


def read_emg(sentence: Sentence) -> list[Statement]:
    """Statements on root lesions; [] = the sentence does not say, or speaks of the arm or of another study."""
    scope = Scope(sentence)
    other_study = any(mention.word != "EMG" for mention in scope.cues("modality"))
    if other_study or scope.cues("region", "other"):
        return []
    naming = Naming(scope)
    return [said for mention in scope.cues("radiculopathy") for said in _of(mention, scope, naming)]


def _of(mention: Mention, scope: Scope, naming: Naming) -> Iterator[Statement]:
    standing = scope.standing(mention.first, mention.after)
    phrase = naming.phrase(mention)
    if standing.supposed:
        return
    presence, certainty = _stated(mention, phrase, standing)
    if presence is Presence.ABSENT and _beside(mention, scope, "active"):
        presence = Presence.UNKNOWN
    if presence is Presence.PRESENT and _beside(mention, scope, "inactive"):
        certainty = Certainty.UNCERTAIN
    around = _side_of_clause(mention, scope)
    for name, side in phrase.named or [("", phrase.side)]:
        if name not in Root.__members__ and (name or _is_elsewhere(phrase)):
            continue
        yield Statement(
            concept=EMG_LESION,
            presence=presence,
            sentence=scope.sentence,
            side=side or around,
            root=Root(name) if name else None,
            certainty=certainty,
            added=bool(scope.cues("addition")),
        )


def _stated(mention: Mention, phrase: RootPhrase, standing: Standing) -> tuple[Presence, Certainty]:
    """A lesion called irritation or inactive, or named as alternatives, is uncertain."""
    if standing.denied is Denied.UNSURE or (standing.denied is Denied.YES and standing.uncertain):
        return Presence.UNKNOWN, Certainty.AFFIRMED
    if standing.denied is Denied.YES:
        return Presence.ABSENT, Certainty.AFFIRMED
    if standing.historical:
        return Presence.PRESENT, Certainty.HISTORICAL
    doubtful = standing.uncertain or phrase.doubtful or mention.word != "firm"
    return Presence.PRESENT, Certainty.UNCERTAIN if doubtful else Certainty.AFFIRMED


def _beside(mention: Mention, scope: Scope, word: str) -> bool:
    """ "No active radiculopathy" leaves an old one open; an inactive one is no sure sign."""
    begin, _ = scope.clause(mention.first)
    return any(begin <= cue.first < mention.first for cue in scope.cues("active", word))


def _is_elsewhere(phrase: RootPhrase) -> bool:
    return any(level[0] not in _LUMBAR for level in phrase.levels)


def _side_of_clause(mention: Mention, scope: Scope) -> Side:
    """The one side that the clause names, with the muscles for instance; UNKNOWN where it names none or two."""
    begin, end = scope.clause(mention.first)
    sides = [side_of(side) for side in scope.cues("side") if begin <= side.first < end and side not in scope.rejected]
    return agreed_side(sides) or Side.UNKNOWN
