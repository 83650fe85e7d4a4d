"""What was not understood, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from fhirsvc.usecases.ports import MOST_LISTED, MOST_MISSED, Missed, Sighting, Tally


@dataclass(frozen=True, slots=True)
class Noted:
    """A place of a person with something not understood, and since when it is known."""

    person: str
    sighting: Sighting
    since: datetime


class MemoryMisses:
    """See ports.Misses."""

    def __init__(self, noted: dict[str, tuple[Noted, ...]]) -> None:
        self._noted = noted

    def keep(
        self, tenant: str, person: str, patients: Collection[str], sightings: Collection[Sighting], at: datetime
    ) -> None:
        """Note what is not understood now of a person, in place of what was noted of these Patients."""
        theirs, others = {}, []
        for each in self._noted.get(tenant, ()):
            if each.person in {person, *patients}:
                theirs[each.sighting] = each
            else:
                others.append(each)
        stay = [Noted(person, sighting, each.since) for sighting, each in theirs.items() if sighting in set(sightings)]
        new = sorted(set(sightings) - theirs.keys(), key=lambda each: (each.reference, each.place))
        room = max(MOST_MISSED - len(others) - len(stay), 0)
        self._noted[tenant] = (*others, *stay, *(Noted(person, each, at) for each in new[:room]))

    def tallies(self, tenant: str) -> Sequence[Tally]:
        """What a sender sent and was not understood, the most frequent first, MOST_LISTED at most."""
        groups: dict[Missed, list[Noted]] = {}
        for each in self._noted.get(tenant, ()):
            groups.setdefault(each.sighting.missed, []).append(each)
        tallies = sorted(map(_tally, groups.values()), key=lambda each: (-each.places, *_named(each.missed)))
        return tallies[:MOST_LISTED]

    def persons(self, tenant: str, system: str, code: str, phrase: str) -> Collection[str]:
        """The persons in whose records this code, or this phrase without one, is not understood."""
        said = (system, code, phrase)
        return {each.person for each in self._noted.get(tenant, ()) if _named(each.sighting.missed)[1:] == said}

    def is_full(self, tenant: str) -> bool:
        """Are MOST_MISSED places of the sender noted?"""
        return len(self._noted.get(tenant, ())) >= MOST_MISSED


def _named(missed: Missed) -> tuple[str, str, str, str]:
    return missed.why, missed.system, missed.code, missed.phrase


def _tally(group: Sequence[Noted]) -> Tally:
    example = group[-1].sighting
    return Tally(
        missed=example.missed,
        places=len(group),
        persons=len({each.person for each in group}),
        first=min(each.since for each in group),
        last=max(each.since for each in group),
        example=example,
    )
