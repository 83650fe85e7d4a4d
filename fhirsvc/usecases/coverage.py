"""Count what the record of the heel patients of each sender holds that the protocol can read, and what it lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import orjson

from fhirsvc.domain.evidence import Presence, Side
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.response import Kind
from fhirsvc.usecases.ports import Judged, Store

_ITEMS = {"reflex": "REFLEX", "leg-symptoms": "RADSX", "imaging": "IMG"}
TOPICS = ("reflex", "side", "leg-symptoms", "palpation", "imaging")
"""What is counted as readable: there is a result that was understood, of either leg and of any age."""

_MIME = re.compile(r"[\w.+\-]+/[\w.+\-]+")
_REPORT_EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Counts of one sender: of patients, and under unread of resources.

    decided: everyone for whom was decided.  heel: those with a heel complaint; readable and missing count among them.
    readable: topic → patients.  missing: closed word of RULES 3.8 → patients of whom it is missing, or too old, on at
    least one painful side, the most frequent first.  outcomes: of the strongest finding → patients.  unread: kind →
    resources with text or values that could not be read.  in_shadow: patients whose newest answer was given in shadow.
    responses: rule → how often clinicians agreed with an impression that it led, and overrode one, rule by rule.
    """

    sender: str
    shadow: bool
    decided: int = 0
    in_shadow: int = 0
    heel: int = 0
    readable: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    responses: Mapping[str, Mapping[Kind, int]] = field(default_factory=dict)

    @property
    def most_missing(self) -> str:
        """The word that is missing most often; of two alike the one that is asked for first; "" = none is."""
        return next(iter(self.missing), "")


def coverage(
    store: Store,
    protocol: Protocol,
    *,
    shadow: frozenset[str],
    sender: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Coverage, ...]:
    """One Coverage per sender, of the newest answer for each patient; sender: only this one, "" = all.

    shadow: the senders that are in shadow now.  progress: told now and then how many patients were read.
    """
    with store.reading() as transaction:
        answers = _watched(transaction.patients.latest(), progress)
        wanted = ((tenant, judged) for tenant, judged in answers if sender in ("", tenant))
        counted = tuple(
            _of_sender(tenant, (judged for _, judged in group), protocol, tenant in shadow)
            for tenant, group in groupby(wanted, key=lambda each: each[0])
        )
        responses = transaction.responses.tallies()
        return tuple(replace(each, responses=_by_rule(responses.get(each.sender, {}), protocol)) for each in counted)


def _by_rule(responses: Mapping[str, Mapping[Kind, int]], protocol: Protocol) -> Mapping[str, Mapping[Kind, int]]:
    """In the order of the table, rules of other versions behind; both kinds for each."""
    order = [rule.name for rule in protocol.rules]
    rules = sorted(responses, key=lambda rule: (order.index(rule) if rule in order else len(order), rule))
    return {rule: {kind: responses[rule].get(kind, 0) for kind in Kind} for rule in rules}


def _watched(answers: Iterable[tuple[str, Judged]], progress: Callable[[int], None]) -> Iterator[tuple[str, Judged]]:
    for number, each in enumerate(answers, 1):
        yield each
        if number % _REPORT_EVERY == 0:
            progress(number)


def _of_sender(sender: str, answers: Iterable[Judged], protocol: Protocol, shadow: bool) -> Coverage:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("readable", "missing", "outcomes", "unread")}
    decided = heel = in_shadow = 0
    palpation = protocol.item("LOCAL").palpation
    for each in answers:
        trace = orjson.loads(each.trace)
        limbs = [finding for finding in trace["assessment"]["findings"] if finding["complaint"]]
        decided, heel, in_shadow = decided + 1, heel + bool(limbs), in_shadow + each.shadow
        counts["outcomes"][each.outcome] += 1
        counts["unread"].update(_unread(trace["unread"]))
        if limbs:
            counts["readable"].update(_readable(limbs, palpation))
            counts["missing"].update({_word(word) for finding in limbs for word in finding["missing"]})
    asked = (*protocol.missing, _REPEAT)
    missing = {word: counts["missing"][word] for word in asked if counts["missing"][word]}
    return Coverage(
        sender=sender,
        shadow=shadow,
        decided=decided,
        in_shadow=in_shadow,
        heel=heel,
        readable={topic: counts["readable"][topic] for topic in TOPICS},
        missing=dict(sorted(missing.items(), key=lambda each: -each[1])),
        outcomes=dict(counts["outcomes"].most_common()),
        unread=dict(counts["unread"].most_common()),
    )


_REPEAT = "repeat"


def _word(word: str) -> str:
    """A closed word of what is missing; "repeat:REFLEX:left", a result to repeat, without what and where."""
    return word.partition(":")[0]


def _readable(limbs: Iterable[Mapping[str, Any]], palpation: frozenset[str]) -> Iterator[str]:
    """The topics of which something was understood."""
    limbs = list(limbs)
    told = {reading["item"]: reading for finding in limbs for reading in finding["readings"] if _tells(reading)}
    yield from (topic for topic, item in _ITEMS.items() if item in told)
    if all(finding["side"] != Side.UNKNOWN for finding in limbs):
        yield "side"
    if any(_concept(weighed) in palpation for weighed in _results(told.get("LOCAL", {}))):
        yield "palpation"


def _tells(reading: Mapping[str, Any]) -> bool:
    return any(True for _ in _results(reading))


_NO_EVIDENCE = frozenset({"status", "family", "hypothetical"})


def _results(reading: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What was read for an item and says something of the patient, whether or not it counts."""
    for weighed in reading.get("weighed", ()):
        if weighed["presence"] != Presence.UNKNOWN and _NO_EVIDENCE.isdisjoint(weighed["reasons"]):
            yield weighed


def _concept(weighed: Mapping[str, Any]) -> str:
    concept: str = weighed["fact"]["concept"]
    return concept


def _unread(unread: Iterable[Mapping[str, str]]) -> list[str]:
    """The kind of each resource of which text or a value could not be read, once per resource and kind."""
    kinds = {(each["reference"], _kind(each)) for each in unread if each["why"] == "unread"}
    return [kind for _, kind in kinds]


def _kind(unread: Mapping[str, str]) -> str:
    """The media type of an attachment, else "value" or "text"."""
    if _MIME.fullmatch(unread["display"]):
        return unread["display"]
    return "value" if unread["place"].split(".")[-1].startswith(("value", "component")) else "text"
