"""From weighed Facts to one answer per item: root by root, excluded ones aside, replaced ones marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fhirsvc.domain.assessment import Fate, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Presence, Root
from fhirsvc.domain.protocol import Item, Validity
from fhirsvc.domain.timeline import Standing, stand
from fhirsvc.domain.validity import best

STILL_EXAMINED = frozenset(
    {
        Reason.CONFOUNDER,
        Reason.OTHER_ROOT,
        Reason.ADJACENT_ROOT,
        Reason.ROOT_NOT_RECORDED,
        Reason.AGE,
        Reason.UNDATED,
        Reason.PRELIMINARY,
        Reason.UNCERTAIN,
        Reason.SIDE_NOT_RECORDED,
        Reason.COMPLAINT_SIDE_NOT_RECORDED,
        Reason.CLINICAL_STATUS_MISSING,
        Reason.PROVISIONAL,
    }
)


def gather(item: Item, weighed: Sequence[Weighed]) -> Reading:
    """The answer of an item: present if any root's answer is, else absent if a negative stands, else unknown.

    Only excluded positives and no negative: present but excluded (it was examined, and it is worth nothing).
    """
    if not weighed:
        return Reading(item=item.name, presence=Presence.UNKNOWN, validity=Validity.FULL, tier="")
    usable = [each for each in weighed if each.fate is not Fate.EXCLUDED]
    standings = [stand(group) for group in _by_root(usable)]
    presence, validity = _answer(standings, weighed)
    return Reading(
        item=item.name,
        presence=presence,
        validity=validity,
        tier="",
        weighed=marked(weighed, standings),
        examined=_examined(weighed, standings),
        repeat=any(each.contradiction for each in standings),
    )


def _by_root(usable: Sequence[Weighed]) -> list[list[Weighed]]:
    """Positives apart by root, each beside the negatives that cover it: those of its root, and those of no root."""
    roots: list[Root | None] = sorted({each.fact.root for each in usable if _present(each)}, key=str)
    if not roots:
        return [list(usable)]
    return [[each for each in usable if _speaks_for(each, root)] for root in roots]


def _speaks_for(each: Weighed, root: Root | None) -> bool:
    return each.fact.root == root or (each.presence is Presence.ABSENT and each.fact.root is None)


def _present(each: Weighed) -> bool:
    return each.presence is Presence.PRESENT


def _answer(standings: Sequence[Standing], weighed: Iterable[Weighed]) -> tuple[Presence, Validity]:
    present = [carrier for each in standings if each.presence is Presence.PRESENT for carrier in each.carriers]
    if present:
        return Presence.PRESENT, best(*(each.validity for each in present))
    if any(each.contradiction for each in standings):
        return Presence.UNKNOWN, Validity.FULL
    if any(each.fate is Fate.NEGATIVE for each in weighed):
        return Presence.ABSENT, Validity.FULL
    if any(_present(each) and set(each.reasons) <= STILL_EXAMINED for each in weighed):
        return Presence.PRESENT, Validity.EXCLUDED
    return Presence.UNKNOWN, Validity.FULL


def _examined(weighed: Iterable[Weighed], standings: Sequence[Standing]) -> bool:
    """Is there a result inside its window that nothing contradicts, whatever it is worth?"""
    contradicted = {each for standing in standings if standing.contradiction for each in standing.carriers}
    return any(
        each.presence is not Presence.UNKNOWN and set(each.reasons) <= STILL_EXAMINED and each not in contradicted
        for each in weighed
    )


def marked(weighed: Iterable[Weighed], standings: Sequence[Standing]) -> tuple[Weighed, ...]:
    """The same Facts with replaced and contradicted ones said to be so."""
    carriers = {each for standing in standings if not standing.contradiction for each in standing.carriers}
    replaced = {each for standing in standings for each in standing.replaced} - carriers
    contradicted = {each for standing in standings if standing.contradiction for each in standing.carriers} - carriers
    return tuple(_mark(each, replaced, contradicted) for each in weighed)


def _mark(each: Weighed, replaced: set[Weighed], contradicted: set[Weighed]) -> Weighed:
    if each in replaced:
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.REPLACED))
    if each in contradicted:
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.CONTRADICTION))
    return each
