"""Every small change of a protocol outside its rows: thresholds, items, windows, roots, confounders, urgent lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from fhirsvc.domain.evidence import Root
from fhirsvc.domain.protocol import (
    Complaint,
    Confounder,
    Feature,
    Item,
    Measure,
    Protocol,
    Risk,
    SideRule,
    Validity,
)
from fhirsvc.knowledge.authored import Entries, Text
from fhirsvc.knowledge.load import Pages, draft_of

_Row = TypeVar("_Row")
_TIERS = ("A", "B", "C")
_WEAK_COUNTS = ("local", "comp")
_WEAK_DROPPED = ("C", "rupture")
_ROOTED = ("MOTOR", "SENS", "XSLR", "EMG", "IMG", "RADSX", "SLR", "LUMBAGG", "DX")
"""Items of which a root can be told; the Achilles reflex is S1 by nature."""
_NEVER_PROBLEMS = ("NOTEND",)
"""Items that no Condition can say: a Condition tells what is there."""
_BOTH_LEGS = "both-legs-deficit"
"""The feature that the power of both legs can say as well."""
_OF_THE_LEG = ("peripheral-neuropathy", "lumbar-surgery", "rupture", "non-root-cause")
"""Confounder patterns that hold for a leg, whatever the single fact says."""


@dataclass(frozen=True, slots=True)
class TableMutant:
    """A protocol with one thing changed. name: "treatment-failure 43 for 42".

    concepts: only a case that tells one of them can be answered otherwise; empty = any case can.
    """

    name: str
    protocol: Protocol
    concepts: frozenset[str] = frozenset()


def table_mutants(protocol: Protocol, pages: Pages) -> Iterator[TableMutant]:
    """All changes outside the rows; pages: the files the protocol was read from."""
    yield from _thresholds(protocol, pages)
    for changes in (_items, _roots, _measures, _confounders, _features, _risks, _history, _complaints):
        yield from changes(protocol)


def _thresholds(protocol: Protocol, pages: Pages) -> Iterator[TableMutant]:
    """One more and one less; a tenth of a share. Read again, so that everything that calls the name follows."""
    for name, threshold in protocol.thresholds.items():
        step = Fraction(1) if threshold.value.denominator == 1 else Fraction(1, 10)
        for value in (threshold.value + step, threshold.value - step):
            changed = draft_of(_with_value(pages, name, value)).protocol
            yield TableMutant(f"{name} {value} for {threshold.value}", changed)


def _with_value(pages: Pages, name: str, value: Fraction) -> Pages:
    thresholds = _under(pages.protocol, "thresholds")
    threshold = _under(thresholds, name)
    written = Text(value)
    written.line = threshold.line
    threshold = _copy(threshold, "value", written)
    protocol = _copy(pages.protocol, "thresholds", _copy(thresholds, name, threshold))
    return Pages(protocol, pages.concepts, pages.texts, pages.folder)


def _under(entries: Entries, key: str) -> Entries:
    value = entries[Text(key)]
    if isinstance(value, Entries):
        return value
    raise TypeError(f"`{key}` is not a set of names")


def _copy(entries: Entries, key: str, value: Entries | Text) -> Entries:
    copied = Entries(entries)
    copied.line = entries.line
    copied[Text(key)] = value
    return copied


Change = tuple[str, _Row | None]
"""What is said of the changed row, and the row; None = the row is dropped."""


def _each(
    rows: tuple[_Row, ...], name: Callable[[_Row], str], changes: Callable[[_Row], Iterator[tuple[str, _Row | None]]]
) -> Iterator[tuple[str, tuple[_Row, ...]]]:
    """Name of the change → all rows with it."""
    for index, row in enumerate(rows):
        for said, changed in changes(row):
            middle = () if changed is None else (changed,)
            yield f"{name(row)} {said}", (*rows[:index], *middle, *rows[index + 1 :])


def _items(protocol: Protocol) -> Iterator[TableMutant]:
    for said, rows in _each(protocol.items, lambda item: item.name, lambda item: _changed_item(protocol, item)):
        yield TableMutant(said, replace(protocol, items=rows), _told_by(protocol, rows))


def _told_by(protocol: Protocol, rows: tuple[Item, ...]) -> frozenset[str]:
    """The Concepts of the item that was changed."""
    changed = next(item for item, row in zip(protocol.items, rows, strict=True) if item is not row)
    return frozenset(changed.concepts)


def _changed_item(protocol: Protocol, item: Item) -> Iterator[Change[Item]]:
    if item.tier in _TIERS:
        yield from ((f"in tier {tier}", replace(item, tier=tier)) for tier in _TIERS if tier != item.tier)
    yield from ((f"with side {side}", replace(item, side=side)) for side in SideRule if side is not item.side)
    if item.name in _ROOTED:
        for worth in (None, Validity.FULL, Validity.WEAK):
            if worth is not item.root_unrecorded:
                yield f"with an unrecorded root {worth or 'not read'}", replace(item, root_unrecorded=worth)
    yield from _changed_clocks(protocol, item)
    yield from _changed_concepts(item)


def _changed_clocks(protocol: Protocol, item: Item) -> Iterator[Change[Item]]:
    """Another window, but none that says the same of this item."""
    for clock in protocol.clocks:
        if _window(protocol, item, clock) != _window(protocol, item, item.clock):
            follows = clock if item.problem_clock == item.clock else item.problem_clock
            yield f"with the clock {clock}", replace(item, clock=clock, problem_clock=follows)
        if item.name not in _NEVER_PROBLEMS and (
            _window(protocol, item, clock) != _window(protocol, item, item.problem_clock)
        ):
            yield f"with the clock {clock} for problems", replace(item, problem_clock=clock)


def _window(protocol: Protocol, item: Item, clock: str) -> tuple[int | None, int | None]:
    """What an item sees of a window: weak counts like full, weak is dropped, or both ends matter."""
    window = protocol.clocks[clock]
    full = None if item.tier in _WEAK_COUNTS else window.full
    weak = None if item.tier in _WEAK_DROPPED else window.weak
    return full, weak


def _changed_concepts(item: Item) -> Iterator[Change[Item]]:
    for concept in item.concepts:
        yield f"without {concept}", replace(item, concepts=tuple(each for each in item.concepts if each != concept))
        kinds = item.structure.get(concept)
        for kind in Complaint if kinds is not None else ():
            structure = {**item.structure, concept: frozenset(item.structure[concept] ^ {kind})}
            yield (
                f"with {concept} {'not ' if kind in item.structure[concept] else ''}for {kind}",
                replace(item, structure=structure),
            )
    if item.palpation:
        for concept in item.concepts:
            palpation = item.palpation ^ {concept}
            yield (
                f"with {concept} {'not ' if concept in item.palpation else ''}palpated",
                replace(item, palpation=palpation),
            )


def _roots(protocol: Protocol) -> Iterator[TableMutant]:
    for kind, worths in protocol.roots.items():
        for root in Root:
            for worth in Validity:
                if worth is not worths[root]:
                    changed = {**protocol.roots, kind: {**worths, root: worth}}
                    yield TableMutant(f"{root} {worth} for {kind}", replace(protocol, roots=changed))


def _measures(protocol: Protocol) -> Iterator[TableMutant]:
    for said, rows in _each(protocol.measures, lambda measure: measure.concept, _changed_measure):
        yield TableMutant(said, replace(protocol, measures=rows), frozenset({said.split()[0]}))


def _changed_measure(measure: Measure) -> Iterator[Change[Measure]]:
    yield "not measured", None
    sign = "at-least" if measure.sign == "below" else "below"
    yield f"a sign {sign}", replace(measure, sign=sign)
    if measure.share_of_other_side:
        yield "not compared with the other side", replace(measure, share_of_other_side="")


def _confounders(protocol: Protocol) -> Iterator[TableMutant]:
    names = [item.name for item in protocol.items if item.tier in ("A", "B")]
    changes = _each(
        protocol.confounders, lambda each: f"confounder {each.name}", lambda each: _changed_confounder(each, names)
    )
    for said, rows in changes:
        yield TableMutant(said, replace(protocol, confounders=rows), _confounded(protocol, rows))


def _confounded(protocol: Protocol, rows: tuple[Confounder, ...]) -> frozenset[str]:
    """The Concepts of the items that the changed confounder touches, or no longer touches."""
    changed = set(protocol.confounders) ^ set(rows)
    names = {name for confounder in changed for name in confounder.items}
    return frozenset(concept for name in names for concept in protocol.item(name).concepts)


def _changed_confounder(confounder: Confounder, names: list[str]) -> Iterator[Change[Confounder]]:
    yield "removed", None
    effect = Validity.EXCLUDED if confounder.effect is Validity.WEAK else Validity.WEAK
    yield f"makes {effect}", replace(confounder, effect=effect)
    for name in names:
        if name in confounder.items:
            yield f"not for {name}", replace(confounder, items=tuple(each for each in confounder.items if each != name))
        elif confounder.pattern in _OF_THE_LEG:
            yield f"also for {name}", replace(confounder, items=(*confounder.items, name))
    if confounder.age:
        yield "at any age", replace(confounder, age="")
    if confounder.neuropathy:
        yield "without neuropathy", replace(confounder, neuropathy=False)


def _features(protocol: Protocol) -> Iterator[TableMutant]:
    windows = {each.emergency for each in protocol.features if each.emergency is not None}
    changes = _each(
        protocol.features, lambda each: f"feature {each.name}", lambda each: _changed_feature(each, windows)
    )
    for said, rows in changes:
        concept = said.split()[1]
        legs = protocol.item("MOTOR").concepts if concept == _BOTH_LEGS else ()
        yield TableMutant(said, replace(protocol, features=rows), frozenset({concept, *legs}))


def _changed_feature(feature: Feature, windows: set[int]) -> Iterator[Change[Feature]]:
    yield "removed", None
    yield (
        f"{'without' if feature.needs_pain else 'with'} need of pain",
        replace(feature, needs_pain=not feature.needs_pain),
    )
    yield (
        f"{'without' if feature.needs_onset else 'with'} need of onset",
        replace(feature, needs_onset=not feature.needs_onset),
    )
    emergency = min(windows) if feature.emergency is None else None
    yield f"{'an' if emergency else 'never an'} emergency", replace(feature, emergency=emergency)


def _risks(protocol: Protocol) -> Iterator[TableMutant]:
    for said, rows in _each(protocol.risks, lambda each: f"risk {each.concept}", _changed_risk):
        yield TableMutant(said, replace(protocol, risks=rows), frozenset({said.split()[1]}))


def _changed_risk(risk: Risk) -> Iterator[Change[Risk]]:
    yield "removed", None
    if risk.within is not None:
        yield "without a window", replace(risk, within=None)
    if risk.at_least_age is not None:
        yield "at any age", replace(risk, at_least_age=None)


def _history(protocol: Protocol) -> Iterator[TableMutant]:
    for word, concepts in protocol.history.items():
        for concept in concepts:
            fewer = tuple(each for each in concepts if each != concept)
            changed: Mapping[str, tuple[str, ...]] = {**protocol.history, word: fewer}
            name = f"history {word} without {concept}"
            yield TableMutant(name, replace(protocol, history=changed), frozenset({concept}))


def _complaints(protocol: Protocol) -> Iterator[TableMutant]:
    for concept, kind in protocol.complaints.items():
        for other in Complaint:
            if other is not kind:
                changed = {**protocol.complaints, concept: other}
                name = f"{concept} read as {other}"
                yield TableMutant(name, replace(protocol, complaints=changed), frozenset({concept}))
