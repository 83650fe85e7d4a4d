"""What makes a back pain inflammatory: stiff for more than half an hour in the morning, and better with use."""

from __future__ import annotations

from collections.abc import Iterator

from fhirsvc.fhir.notes.clinical.parts import Parts
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.told import Telling, Thing, Told
from fhirsvc.fhir.notes.remark import Remark
from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.words import Mention

_BACK = frozenset({"back", "low-back"})
_HALF_AN_HOUR = 30
_AN_HOUR = 60
_LASTING_WITHIN = 10
_USE_WITHIN = 2
_MORE = frozenset({"more", "over", "greater", ">", "longer", "exceeding"})
_LESS = frozenset({"less", "under", "<", "fewer"})
_ONE = frozenset({"a", "an", "one", "several", "two", "three", "many", "for"})
_COURSE = frozenset({"program", "programme", "therapy", "plan", "class", "classes"})


def read_inflamed(passage: Passage) -> Iterator[Remark]:
    """Morning stiffness of the back with how long it lasts, and back pain that exercise eases; of the back alone."""
    scope = passage.scope
    for cue in scope.cues("inflamed"):
        if cue.word == "stiffness" and _is_of_back(scope, cue):
            value = _stiff(scope, cue, Telling(passage).of(Thing(first=cue.first, after=cue.after)))
            yield from _said(passage, "morning-back-stiffness", value)
        elif cue.word == "eased" and _is_of_back(scope, cue) and _names_use(scope, cue):
            told = Telling(passage).of(Thing(first=cue.first, after=cue.after))
            value = ("absent" if told.absent else "present", told) if told is not None else ("", None)
            yield from _said(passage, "back-pain-eased-by-exercise", value)


def _said(passage: Passage, subject: str, value: tuple[str, Told | None]) -> Iterator[Remark]:
    word, told = value
    if word and told is not None:
        yield Remark(
            subject=subject, value=word, sentence=passage.sentence, certainty=told.certainty, family=told.family
        )


def _is_of_back(scope: Scope, cue: Mention) -> bool:
    begin, end = scope.clause(cue.first)
    areas = {part.area for part in Parts(scope).all if begin <= part.first < end}
    return bool(areas) and areas <= _BACK


def _stiff(scope: Scope, cue: Mention, told: Told | None) -> tuple[str, Told | None]:
    """Only one of more than half an hour is there; how long a bare "stiff" lasts is not said."""
    if told is None or told.absent:
        return ("absent" if told else "", told)
    minutes = _minutes(scope, cue)
    if minutes is None or minutes == _HALF_AN_HOUR:
        return "", None
    return ("present" if minutes > _HALF_AN_HOUR else "absent"), told


def _minutes(scope: Scope, cue: Mention) -> int | None:
    """The minutes that a stiffness lasts; "more than 30" is one more, "less than 30" one less."""
    texts = scope.texts(0, len(scope.sentence.words))
    for unit in scope.cues("inflamed", "lasting"):
        if not 0 < unit.first - cue.after <= _LASTING_WITHIN:
            continue
        before = texts[unit.first - 1]
        each = _AN_HOUR if texts[unit.first].startswith("h") else 1
        count = int(before) if before.isdigit() and len(before) < len("1000") else _worded(texts, unit.first, each)
        if count is None:
            return None
        gap = set(texts[cue.after : unit.first])
        return count * each + (1 if gap & _MORE else -1 if gap & _LESS else 0)
    return None


def _worded(texts: list[str], index: int, each: int) -> int | None:
    """ "An hour", "half an hour", "for hours"."""
    if each != _AN_HOUR or texts[index - 1] not in _ONE or "half" in texts[max(index - 2, 0) : index]:
        return None
    return 1


def _names_use(scope: Scope, cue: Mention) -> bool:
    texts = scope.texts(0, len(scope.sentence.words))
    return any(
        0 <= use.first - cue.after <= _USE_WITHIN
        and texts[use.after : use.after + 1] not in [[each] for each in _COURSE]
        for use in scope.cues("inflamed", "use")
    )
