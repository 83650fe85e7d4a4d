"""Who is one person, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fhirsvc.adapters.memory.shelves import Shelves
from fhirsvc.domain.joining import Identity, Joined, Number


class MemoryPersons:
    """See ports.Persons."""

    def __init__(self, shelves: Shelves) -> None:
        self._identities = shelves.identities
        self._persons = shelves.persons

    def identities(self, tenant: str, patients: Collection[str]) -> Mapping[str, Identity]:
        """Who these Patients were last said to be, for each that was received."""
        return {each: self._identities[tenant, each] for each in patients if (tenant, each) in self._identities}

    def identify(self, tenant: str, identities: Collection[Identity]) -> None:
        """Keep who each of these Patients is, in place of who it was said to be."""
        for each in identities:
            if each.received:
                self._identities[tenant, each.patient] = each
            else:
                self._identities.pop((tenant, each.patient), None)
            self._persons.setdefault((tenant, each.patient), each.patient)

    def tied(self, tenant: str, identities: Collection[Identity]) -> Collection[str]:
        """The Patients that bear a number of one of these or link to one, perhaps they themselves."""
        numbers = {number for each in identities for number in each.numbers}
        named = {each.patient for each in identities}
        return {
            each.patient
            for each in self._of(tenant)
            if each.numbers & numbers or any(link.patient in named for link in each.links)
        }

    def bearers(self, tenant: str, identifiers: Collection[Number]) -> Mapping[Number, Collection[str]]:
        """The Patients that bear each of these identifiers, where there are any."""
        found = {
            number: {each.patient for each in self._of(tenant) if number in each.identifiers} for number in identifiers
        }
        return {number: patients for number, patients in found.items() if patients}

    def join(self, tenant: str, persons: Collection[Joined]) -> None:
        """Make each of these a person; their members leave the persons they were."""
        for person in persons:
            self._persons.update({(tenant, member): person.survivor for member in person.members})

    def of(self, tenant: str, patients: Collection[str]) -> Mapping[str, str]:
        """The survivor of the person that each of these Patients is."""
        return {each: self._persons.get((tenant, each), each) for each in patients}

    def members(self, tenant: str, person: str) -> Sequence[str]:
        """The Patients that are this person, in order; none when nothing came of it, or it was joined to another."""
        return members(self._persons, tenant, person)

    def _of(self, tenant: str) -> list[Identity]:
        return [identity for key, identity in self._identities.items() if key[0] == tenant]


def members(persons: Mapping[tuple[str, str], str], tenant: str, person: str) -> list[str]:
    """The Patients of a person, in order."""
    return sorted(patient for (owner, patient), survivor in persons.items() if (owner, survivor) == (tenant, person))
