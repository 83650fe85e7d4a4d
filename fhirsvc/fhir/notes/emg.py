"""A sentence of a nerve study: does it conclude that a lumbosacral root is damaged, which, and on which side?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from fhirsvc.domain.evidence import Certainty, Presence, Root, Side, agreed_side
from fhirsvc.fhir.notes.roots import Naming, RootPhrase, side_of
from fhirsvc.fhir.notes.scope import Denied, Scope, Standing
from fhirsvc.fhir.notes.statement import EMG_LESION, Finding, Statement, Touch
from fhirsvc.fhir.notes.words import Mention

_LUMBAR = frozenset("LS")
_NEAR = 8
_MEASURED = {
    "denervation": "denervation-emg",
    "h-reflex": "h-reflex-abnormal",
    "neuropathy": "neuropathy-emg",
    "tarsal-tunnel": "tarsal-tunnel-emg",
}


def read_emg(scope: Scope, naming: Naming) -> list[Statement]:
    """Statements on root lesions; [] = the sentence does not say, or speaks of the arm or of another study."""
    other_study = any(mention.word != "EMG" for mention in scope.cues("modality"))
    if other_study or scope.cues("region", "other"):
        return []
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
    """The side said behind a lesion ("on the left"), else the one its clause names; UNKNOWN = none, or two."""
    begin, end = scope.clause(mention.first)
    lesions = [cue.first for cue in scope.cues("radiculopathy") if begin <= cue.first < end]
    following = [first for first in lesions if first > mention.first]
    behind = [side for side in scope.cues("side") if mention.after <= side.first < min([end, *following])]
    behind = [side for side in behind if "on" in scope.texts(side.first - 2, side.first)]
    if len(lesions) > 1:  # a side that stands elsewhere may be the other lesion's
        return agreed_side([side_of(side) for side in behind]) or Side.UNKNOWN
    sides = [side_of(side) for side in scope.cues("side") if begin <= side.first < end and side not in scope.rejected]
    return agreed_side(sides) or Side.UNKNOWN


def read_nerve_findings(scope: Scope, naming: Naming) -> list[Finding]:
    """Findings of a nerve study in one sentence; [] = none, or it speaks of the arm or of another study."""
    studies = {mention.word for mention in scope.cues("modality")}
    elsewhere = bool(scope.cues("region", "other")) and not scope.cues("region", "lumbar")
    if (studies and "EMG" not in studies) or elsewhere or scope.cues("arm", "muscle"):
        return []
    concluded = [found for mention in scope.cues("radiculopathy") for found in _concluded(mention, scope, naming)]
    return [*concluded, *_measured(scope)]


def _concluded(mention: Mention, scope: Scope, naming: Naming) -> Iterator[Finding]:
    """A root lesion with the roots named, one Finding for each side; a disc level names no root."""
    standing = scope.standing(mention.first, mention.after)
    phrase = naming.phrase(mention)
    if standing.supposed or standing.denied is Denied.UNSURE or _is_elsewhere(phrase):
        return
    roots = [(name, side) for name, side in phrase.named if name[0] in _LUMBAR]
    if phrase.named and not roots:
        return
    absent = standing.denied is Denied.YES
    around = _side_of_clause(mention, scope)
    limited = bool(roots or phrase.levels) or _beside(mention, scope, "active")
    for side in dict.fromkeys((side or around) for _, side in roots or [("", phrase.side)]):
        yield Finding(
            kind="radiculopathy-emg" if mention.word == "firm" else "root-irritation-emg",
            sentence=scope.sentence,
            presence=Presence.ABSENT if absent else Presence.PRESENT,
            certainty=_certainty(standing, doubtful=phrase.doubtful),
            level=phrase.levels[0] if phrase.levels else "",
            side=side,
            touch=Touch.NOT_APPLICABLE,
            roots=tuple(sorted({name for name, own in roots if (own or around) is side})),
            limited=limited if absent else _beside(mention, scope, "inactive"),
        )


def _certainty(standing: Standing, *, doubtful: bool) -> Certainty:
    if standing.denied is Denied.YES:
        return Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED
    if standing.historical:
        return Certainty.HISTORICAL
    return Certainty.UNCERTAIN if standing.uncertain or doubtful else Certainty.AFFIRMED


def _measured(scope: Scope) -> Iterator[Finding]:
    """What the needle and the stimulator found: denervation, H-reflexes, disease of the nerves beyond the root."""
    for mention in scope.cues("lesion"):
        if mention.word not in _MEASURED or (mention.word == "h-reflex" and _is_compared(mention, scope)):
            continue
        standing = scope.standing(mention.first, mention.after)
        presence = _response(mention, scope) if mention.word == "h-reflex" else _presence(standing)
        if standing.supposed or presence is None:
            continue
        yield Finding(
            kind=_MEASURED[mention.word],
            sentence=scope.sentence,
            presence=presence,
            certainty=Certainty.AFFIRMED if mention.word == "h-reflex" else _certainty(standing, doubtful=False),
            side=_measured_side(mention, scope),
            touch=Touch.NOT_APPLICABLE,
        )


def _presence(standing: Standing) -> Presence | None:
    """None where it is left open how far a denial reaches."""
    return {Denied.YES: Presence.ABSENT, Denied.NO: Presence.PRESENT}.get(standing.denied)


def _is_compared(mention: Mention, scope: Scope) -> bool:
    """Is a reflex only what another is compared with?"""
    begin, _ = scope.clause(mention.first)
    return any(begin <= cue.first < mention.first for cue in scope.cues("comparison"))


def _response(mention: Mention, scope: Scope) -> Presence | None:
    """Is a reflex abnormal, by the first word behind its name or the last before it? None = not said."""
    begin, end = scope.clause(mention.first)
    behind = [cue for cue in scope.cues("response") if mention.after <= cue.first < end]
    before = [cue for cue in scope.cues("response") if begin <= cue.first < mention.first]
    cue = next(iter(behind), None) or next(reversed(before), None)
    if cue is None:
        return None
    denials = [no for no in scope.cues("negation") if begin <= no.first < end and not no.first <= cue.first < no.after]
    denied = any(no.first <= cue.first and cue.first - no.after <= _NEAR for no in denials)
    return Presence.PRESENT if (cue.word == "abnormal") is not denied else Presence.ABSENT


def _other_response(mention: Mention, scope: Scope, end: int) -> list[int]:
    """ "Absent on the left and normal on the right": where the second answer, of the other side, begins."""
    behind = [cue for cue in scope.cues("response") if mention.after <= cue.first < end]
    return [cue.first for one, cue in pairwise(behind) if cue.word != one.word][:1]


def _measured_side(mention: Mention, scope: Scope) -> Side:
    """Every side that the clause names, of the muscles for instance; of a disease or reflex those before it."""
    begin, end = scope.clause(mention.first)
    compared = [cue.first for cue in scope.cues("comparison")]
    if mention.word == "h-reflex":
        end = min([end, *_other_response(mention, scope, end)])
    cues = [cue for cue in scope.cues("side") if begin <= cue.first < min([end, *compared])]
    before = [cue for cue in cues if cue.first < mention.first]
    if mention.word == "neuropathy" or (mention.word == "h-reflex" and before):
        cues = before
    sides = {side_of(cue) for cue in cues if cue not in scope.rejected}
    if {Side.LEFT, Side.RIGHT} <= sides or Side.BOTH in sides:
        return Side.BOTH
    return sides.pop() if len(sides) == 1 else Side.UNKNOWN
