"""Neural contact in lumbar imaging for one leg: pos, weak, neg or none, study by study (RULES 3.2 IMG, 3.4, 3.10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fhirsvc.domain.assessment import Fate, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Modality, Moment, Presence, Root, Side
from fhirsvc.domain.history import Chart
from fhirsvc.domain.protocol import Item, Validity
from fhirsvc.domain.validity import Leg, best, weigh

_RANK = {Modality.XR: 0, Modality.CT: 1, Modality.MR: 2}
_UNKNOWN_MODALITY = 1
_GRADE = {Validity.FULL: "pos", Validity.WEAK: "weak"}
_NOT_HERE = frozenset({Reason.OTHER_SIDE, Reason.OTHER_ROOT})
_STILL_A_STUDY = frozenset(
    {
        *_NOT_HERE,
        Reason.AGE,
        Reason.UNDATED,
        Reason.UNCERTAIN,
        Reason.PRELIMINARY,
        Reason.SIDE_NOT_RECORDED,
        Reason.COMPLAINT_SIDE_NOT_RECORDED,
        Reason.ROOT_NOT_RECORDED,
        Reason.ADJACENT_ROOT,
    }
)

Study = tuple[Weighed, ...]


def read_imaging(chart: Chart, item: Item, leg: Leg) -> Reading:
    """What the newest study that can answer says of this leg; an older one stands against a lesser, negative one."""
    weighed = tuple(_weigh(chart, item, leg, fact) for fact in chart.of(item.concepts))
    study = _standing(_studies(weighed))
    denials = {(each.fact.source.resource, each.fact.root) for each in study if _denies(each, leg)}
    shown = tuple(each for each in study if _shows(each) and not any(_contradicts(each, *denial) for denial in denials))
    if not shown and any(map(_shows, study)):
        study = ()
    validity = best(*(each.validity for each in shown)) if shown else Validity.FULL
    presence = Presence.PRESENT if shown else Presence.ABSENT if study else Presence.UNKNOWN
    return Reading(
        item=item.name,
        presence=presence,
        validity=validity,
        tier="",
        weighed=_printed_all(weighed, frozenset(study)),
        grade=_GRADE[validity] if shown else "neg" if study else "none",
        examined=bool(study),
    )


def _weigh(chart: Chart, item: Item, leg: Leg, fact: Fact) -> Weighed:
    """A radiograph never shows contact, and never denies it (RULES 3.4)."""
    weighed = weigh(chart.protocol, item, fact, leg, chart.on)
    if fact.modality is Modality.XR:
        reasons = (*weighed.reasons, Reason.MODALITY)
        return replace(weighed, validity=Validity.EXCLUDED, fate=Fate.EXCLUDED, reasons=reasons)
    return weighed


def _studies(weighed: Iterable[Weighed]) -> list[Study]:
    """Statements of one time are one study; oldest first. Statements that may not be read belong to none."""
    by_time: dict[Moment, list[Weighed]] = {}
    for each in weighed:
        if each.presence is not Presence.UNKNOWN and set(each.reasons) <= _STILL_A_STUDY:
            by_time.setdefault(each.fact.moment, []).append(each)
    return [tuple(by_time[moment]) for moment in sorted(by_time)]


def _standing(studies: Sequence[Study]) -> Study:
    """The newest study, unless it is of lower modality and sees nothing where an older one saw contact."""
    standing: Study = ()
    for study in studies:
        if not (_rank(study) < _rank(standing) and any(map(_shows, standing)) and not any(map(_shows, study))):
            standing = study
    return standing


def _rank(study: Study) -> int:
    ranks = (_RANK[each.fact.modality] if each.fact.modality else _UNKNOWN_MODALITY for each in study)
    return max(ranks, default=0)


def _shows(each: Weighed) -> bool:
    """Contact on this leg and at a root that counts here; beside a general denial it stands (RULES 3.10)."""
    return each.presence is Presence.PRESENT and each.validity is not Validity.EXCLUDED


def _denies(each: Weighed, leg: Leg) -> bool:
    return each.presence is Presence.ABSENT and each.fact.side in (leg.side, Side.BOTH, Side.UNKNOWN)


def _contradicts(shown: Weighed, report: str, root: Root | None) -> bool:
    """Another report of the same time denies what this one shows; inside one report the affirmed one stands (3.10)."""
    return report != shown.fact.source.resource and root in (None, shown.fact.root)


def _printed_all(weighed: Iterable[Weighed], study: frozenset[Weighed]) -> tuple[Weighed, ...]:
    return tuple(_printed(each, study) for each in weighed)


def _printed(each: Weighed, study: frozenset[Weighed]) -> Weighed:
    if each in study:
        return each
    if set(each.reasons) <= _STILL_A_STUDY and each.presence is not Presence.UNKNOWN:
        return replace(each, fate=Fate.EXCLUDED, reasons=(*each.reasons, Reason.REPLACED))
    return each
