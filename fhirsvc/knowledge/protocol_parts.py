"""The sections of protocol.yaml but its rows, as domain values: thresholds, clocks, items, confounders and more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from fhirsvc.domain.evidence import Root
from fhirsvc.domain.protocol import (
    Clock,
    Complaint,
    Confounder,
    Feature,
    Item,
    Measure,
    Risk,
    SideRule,
    Signature,
    Threshold,
    Validity,
)
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.authored import Text
from fhirsvc.knowledge.citations import cited_once, cited_per_complaint
from fhirsvc.knowledge.entry import Entry

_NUMBER = re.compile(r"\d+(/[1-9]\d*)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMPLAINTS = tuple(each.value for each in Complaint)
_VALIDITIES = tuple(each.value for each in Validity)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Named:
    """What the other sections may call by name: the thresholds, and the concepts of concepts.yaml."""

    thresholds: Mapping[str, Threshold]
    concepts: Collection[str]

    def days(self, entry: Entry, name: str) -> int:
        """The whole number of the threshold that is called under `name`; 0 beside a Fault."""
        called = entry.word(name, self.thresholds)
        return int(self.thresholds[called].value) if called else 0

    def concept(self, entry: Entry) -> str:
        """The one Concept an entry speaks of."""
        return entry.word("concept", self.concepts)


def signature(protocol: Entry) -> Signature | None:
    """Who signed; `signature: null` = nobody yet."""
    if protocol.entries.get(Text("signature")) == "null":
        return None
    signed = protocol.under("signature", "Signature")
    signed.closes(["name", "role", "on"])
    on = signed.text("on")
    if on and not _DAY.fullmatch(on):
        signed.fault(f"`on: {on}` is not a day.", "Write the day of signing as 2026-12-31.")
    return Signature(name=signed.text("name"), role=signed.text("role"), on=on)


def thresholds(section: Entry) -> dict[str, Threshold]:
    """Name → Threshold; every name the service asks for must be there."""
    section.closes(closed.NUMBERS)
    return {name: _threshold(name, entry) for name, entry in section.named("Threshold")}


def _threshold(name: str, entry: Entry) -> Threshold:
    entry.closes(["value", "unit", "proposed", "text", "sources"])
    value = entry.text("value")
    if value and not _NUMBER.fullmatch(value):
        entry.fault(f"`value: {value}` is not a number.", "Write a whole number, or a share such as 1/2.")
        value = ""
    return Threshold(
        name=name,
        value=Fraction(value or "0"),
        unit=entry.text("unit"),
        proposed=entry.yes("proposed", "true"),
        text=entry.text("text"),
        sources=cited_once(entry),
    )


def clocks(section: Entry, named: Named) -> dict[str, Clock]:
    """Name → Clock; only `problem` may leave out `weak`."""
    section.closes(closed.CLOCKS)
    return {name: _clock(name, entry, named) for name, entry in section.named("Clock")}


def _clock(name: str, entry: Entry, named: Named) -> Clock:
    entry.closes(["full"] if name == "problem" else ["full", "weak"])
    full = named.days(entry, "full")
    weak = named.days(entry, "weak") if entry.has("weak") else None
    if weak is not None and weak < full:
        entry.fault("`weak` ends before `full` does.", "Name a threshold for `weak` that is not smaller.")
    return Clock(name=name, full=full, weak=weak)


def roots(section: Entry) -> dict[Complaint, dict[Root, Validity]]:
    """What a sign of each root is worth for each complaint."""
    section.closes(_COMPLAINTS)
    return {Complaint(kind): _worths(entry) for kind, entry in section.named("Roots of") if kind in _COMPLAINTS}


def _worths(entry: Entry) -> dict[Root, Validity]:
    entry.closes([root.value for root in Root])
    return {root: Validity(entry.word(root.value, _VALIDITIES, "excluded")) for root in Root}


def complaints(section: Entry, named: Named) -> dict[str, Complaint]:
    """Concept → the kind of heel complaint it is."""
    section.closes([], named.concepts)
    kinds = {str(concept): section.word(concept, _COMPLAINTS) for concept in section.entries}
    return {concept: Complaint(kind) for concept, kind in kinds.items() if kind}


def history(section: Entry, named: Named) -> dict[str, tuple[str, ...]]:
    """Closed word → the Concepts that are read for it."""
    section.closes(closed.HISTORY)
    return {word: section.words(word, named.concepts) for word in closed.HISTORY if section.has(word)}


def measures(protocol: Entry, named: Named) -> tuple[Measure, ...]:
    """Where a bare number of a Concept is the sign."""
    return _each(protocol.listed("measures", "concept"), lambda entry: _measure(entry, named))


def _measure(entry: Entry, named: Named) -> Measure:
    entry.closes(["concept", "sign", "threshold"], ["share of other side"])
    return Measure(
        concept=named.concept(entry),
        sign=entry.word("sign", closed.SIGNS).replace(" ", "-"),
        threshold=entry.word("threshold", named.thresholds),
        share_of_other_side=entry.word("share of other side", named.thresholds),
    )


def items(protocol: Entry, named: Named) -> tuple[Item, ...]:
    """The item table, in its order."""
    return _each(protocol.listed("items", "item"), lambda entry: _item(entry, named))


def _item(entry: Entry, named: Named) -> Item:
    entry.closes(
        ["item", "tier", "concepts", "side", "root not recorded", "clock", "text", "sources"],
        ["clock of problems", "structure", "palpation"],
    )
    clock = entry.word("clock", closed.CLOCKS, "examination")
    concepts = entry.words("concepts", named.concepts)
    unrecorded = entry.word("root not recorded", closed.UNRECORDED, "not read")
    sources = cited_per_complaint(entry)
    return Item(
        name=entry.text("item"),
        tier=entry.word("tier", closed.TIERS),
        concepts=concepts,
        side=SideRule(entry.word("side", [each.value for each in SideRule], "matched")),
        clock=clock,
        problem_clock=entry.word("clock of problems", closed.CLOCKS, clock),
        text=entry.text("text"),
        sources=sources.flat,
        root_unrecorded=None if unrecorded == "not read" else Validity(unrecorded),
        structure=_structure(entry, concepts),
        palpation=frozenset(entry.words("palpation", concepts)),
        cited=sources.by_complaint,
    )


def _structure(item: Entry, concepts: Collection[str]) -> dict[str, frozenset[Complaint]]:
    """Concept → the complaints it speaks for; said for every Concept of the item or for none."""
    if not item.has("structure"):
        return {}
    entry = item.under("structure", f"{item.title}, structure")
    entry.closes(concepts)
    return {concept: frozenset(Complaint(kind) for kind in entry.words(concept, _COMPLAINTS)) for concept in concepts}


def confounders(protocol: Entry, known: Collection[str]) -> tuple[Confounder, ...]:
    """What weakens or excludes an item; known: names of the item table."""
    return _each(protocol.listed("confounders", "confounder"), lambda entry: _confounder(entry, known))


def _confounder(entry: Entry, known: Collection[str]) -> Confounder:
    entry.closes(["confounder", "pattern", "items", "effect", "text", "sources"], ["age", "neuropathy"])
    return Confounder(
        name=entry.text("confounder"),
        pattern=entry.word("pattern", closed.PATTERNS),
        items=entry.words("items", known),
        effect=Validity(entry.word("effect", ["weak", "excluded"], "weak")),
        text=entry.text("text"),
        age=entry.word("age", ["older"]),
        neuropathy=entry.yes("neuropathy", "true"),
        sources=cited_once(entry),
    )


def features(urgent: Entry, named: Named) -> tuple[Feature, ...]:
    """The urgent features, each with its windows in days."""
    return _each(urgent.listed("features", "feature"), lambda entry: _feature(entry, named))


def _feature(entry: Entry, named: Named) -> Feature:
    entry.closes(["feature", "concept", "needs pain", "needs onset", "emergency", "review", "text", "sources"])
    never = entry.text("emergency") == "never"
    return Feature(
        name=entry.text("feature"),
        concept=named.concept(entry),
        needs_pain=entry.yes("needs pain", "true"),
        needs_onset=entry.yes("needs onset", "true"),
        emergency=None if never else named.days(entry, "emergency"),
        review=named.days(entry, "review"),
        text=entry.text("text"),
        sources=cited_once(entry),
    )


def risks(urgent: Entry, named: Named) -> tuple[Risk, ...]:
    """The risks of serious disease that make recent back pain urgent."""
    return _each(urgent.listed("risks", "concept"), lambda entry: _risk(entry, named))


def _risk(entry: Entry, named: Named) -> Risk:
    entry.closes(["concept", "text"], ["within", "from age"])
    return Risk(
        concept=named.concept(entry),
        text=entry.text("text"),
        within=named.days(entry, "within") if entry.has("within") else None,
        at_least_age=named.days(entry, "from age") if entry.has("from age") else None,
    )


def _each(entries: Collection[Entry], read: Callable[[Entry], _Value]) -> tuple[_Value, ...]:
    return tuple(read(entry) for entry in entries)
