"""Tell a sender at once what became of each entry as evidence, as far as that is quickly read."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fhirsvc.domain.errors import Issue
from fhirsvc.domain.evidence import Evidence
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.fhir.fate import Reader, fates, pending
from fhirsvc.usecases.decide import Judge, records_of
from fhirsvc.usecases.ports import Version

_log = logging.getLogger(__name__)

LONGEST_TEXT = 4_000
"""Characters of the longest text that is read before the answer; the worker reads what is longer."""

LONGEST_BUNDLE = 100_000
"""Characters of all entries of a Bundle together that are read before the answer."""


def tell(kept: Mapping[int, Version], tenant: str, judge: Judge) -> Mapping[int, tuple[Issue, ...]]:
    """The fate of each entry by its index; kept: the versions that stand for them, of one Bundle.

    They are read together, for one may hold the text of another, and without what was held before: the worker has the
    last word.  Never raises: what cannot be read now is pending.
    """
    faults: list[str] = []
    read = _guarded(dict(_short(kept)), tenant, judge, faults)
    if faults:
        _log.error("reading at intake broke off", extra={"fault": faults[0], "count": len(faults)})
    return {index: read.get(index) or (pending(_place(index)),) for index in kept}


def _place(index: int) -> str:
    return f"Bundle.entry[{index}].resource"


def _short(kept: Mapping[int, Version]) -> Iterator[tuple[int, Version]]:
    """The entries that are read now, in order, as long as there is room for them."""
    left = LONGEST_BUNDLE
    for index, version in kept.items():
        if len(version.body) <= left:
            left -= len(version.body)
            yield index, version


def _guarded(
    kept: Mapping[int, Version], tenant: str, judge: Judge, faults: list[str]
) -> Mapping[int, tuple[Issue, ...]]:
    """What these gave when they are read together; where that breaks, when each is read alone."""
    try:
        return _told(kept, judge.of(tenant))
    except Exception as fault:  # noqa: BLE001 - a Bundle that is kept is answered, whether or not it can be read
        if len(kept) > 1:
            alone = (_guarded({index: version}, tenant, judge, faults) for index, version in kept.items())
            return {index: issues for each in alone for index, issues in each.items()}
        faults.append(type(fault).__name__)
        return {}


def _told(kept: Mapping[int, Version], judge: Judge) -> Mapping[int, tuple[Issue, ...]]:
    """The fates of those that have no long text."""
    read = _read(records_of(kept.values()), judge)
    reader = Reader(judge.protocol, judge.lexicon)
    names = {index: f"{each.reference}/_history/{each.version}" for index, each in kept.items()}
    return {
        index: fates(kept[index].type, read[name], reader, _place(index))
        for index, name in names.items()
        if name in read
    }


def _read(records: Iterable[Record], judge: Judge) -> Mapping[str, Extraction]:
    """What each record without a long text gave, by its versioned reference.

    A Patient is read alone, as several are told apart by nothing else here.
    """
    short = [each for each in records if _longest(each.resource) <= LONGEST_TEXT]
    groups = [[each for each in short if each.type != "Patient"], *([each] for each in short if each.type == "Patient")]
    read: dict[str, Extraction] = {}
    for group in groups:
        read |= _by_record(group, extract(group, judge.lexicon, judge.reading))
    return read


def _by_record(records: Iterable[Record], together: Extraction) -> Mapping[str, Extraction]:
    facts, unread = defaultdict(list), defaultdict(list)
    for fact in together.evidence.facts:
        facts[fact.source.resource].append(fact)
    for each in together.unread:
        unread[each.reference].append(each)
    ignored = set(together.ignored)
    return {
        name: Extraction(
            evidence=Evidence(person=together.evidence.person, facts=tuple(facts[name])),
            unread=tuple(unread[name]),
            ignored=(name,) if name in ignored else (),
        )
        for name in (each.reference for each in records)
    }


def _longest(value: Any) -> int:
    """Characters of the longest text below a JSON value; a narrative is never read, and does not count."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return max((_longest(each) for name, each in value.items() if name != "div"), default=0)
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return 0
