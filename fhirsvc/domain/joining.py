"""Which Patients are one person: by a medical record number they share, or because one links to the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations


class LinkType(StrEnum):
    """Patient.link.type; each says that the link concerns the same actual patient (FHIR R4 Patient.link).

    REPLACED_BY and REPLACES name the record to use from now on, REFER the main one; SEEALSO ranks neither.
    """

    REPLACED_BY = "replaced-by"
    REPLACES = "replaces"
    REFER = "refer"
    SEEALSO = "seealso"


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A link to another Patient, by its id."""

    type: LinkType
    patient: str


Number = tuple[str, str]
"""An identifier: its system (a URI, so without white space) and its value; neither is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is known of who one Patient is.

    identifiers: all of them, numbers that may join among them.  numbers: medical record numbers that may join.  birth:
    as recorded, of any precision.  gender: the administrative one.  received: False = only others name this Patient.
    """

    patient: str
    identifiers: frozenset[Number] = frozenset()
    numbers: frozenset[Number] = frozenset()
    links: frozenset[Link] = frozenset()
    birth: str = ""
    gender: str = ""
    active: bool = True
    received: bool = True


@dataclass(frozen=True, slots=True)
class Joined:
    """One person: the Patient that is written for, and all that are this person, itself among them, in order of id."""

    survivor: str
    members: tuple[str, ...]


def joined(identities: Iterable[Identity]) -> tuple[Joined, ...]:
    """The persons that these Patients are, the same whatever their order.

    A link joins always: a sender said so.  A number joins nobody when two that bear it contradict each other, and no
    number joins where a chain of numbers would put two together that do; for a wrong join is worse than none.
    identities: one per Patient; who is linked to and not among them counts as not received.
    """
    known = {each.patient: each for each in identities}
    for other in {link.patient for each in known.values() for link in each.links} - known.keys():
        known[other] = Identity(patient=other, received=False)
    linked = _Groups(known)
    for identity in known.values():
        linked.join([identity.patient, *(link.patient for link in identity.links)])
    groups = _by_number(known, linked)
    persons = (part for group in groups.parts() for part in _sound(group, known, linked))
    return tuple(sorted((_person(known[each] for each in part) for part in persons), key=lambda one: one.survivor))


def contradict(one: Identity, other: Identity) -> bool:
    """Can these two not be the same person: by dates of birth that cannot be one, or by two known genders?"""
    births = sorted((one.birth, other.birth), key=len)
    genders = {one.gender, other.gender} - {"", "unknown"}
    return not births[1].startswith(births[0]) or len(genders) > 1


def kept_apart(identity: Identity, identities: Iterable[Identity], survivors: Mapping[str, str]) -> bool:
    """Does it share a number with a Patient that is another person by `survivors` (Patient → survivor)?"""
    own = survivors[identity.patient]
    return any(each.numbers & identity.numbers and survivors[each.patient] != own for each in identities)


class _Groups:
    """Patients in groups that are joined step by step."""

    def __init__(self, patients: Iterable[str]) -> None:
        self._first = {each: each for each in patients}

    def join(self, patients: Collection[str]) -> None:
        """Put all of these into one group."""
        first, *others = map(self.of, patients)
        for each in others:
            self._first[self.of(each)] = self.of(first)

    def of(self, patient: str) -> str:
        """The name of a group: the same for all that are in it."""
        while self._first[patient] != patient:
            self._first[patient] = self._first[self._first[patient]]
            patient = self._first[patient]
        return patient

    def parts(self) -> Collection[list[str]]:
        parts: dict[str, list[str]] = defaultdict(list)
        for each in self._first:
            parts[self.of(each)].append(each)
        return parts.values()


def _by_number(known: Mapping[str, Identity], linked: _Groups) -> _Groups:
    """The linked groups, joined further by each number whose bearers agree."""
    groups = _Groups(known)
    for part in linked.parts():
        groups.join(part)
    bearers: dict[Number, list[str]] = defaultdict(list)
    for identity in known.values():
        for number in identity.numbers:
            bearers[number].append(identity.patient)
    for patients in bearers.values():
        if not _disagree(patients, known, linked):
            groups.join(patients)
    return groups


def _sound(group: Collection[str], known: Mapping[str, Identity], linked: _Groups) -> Iterable[Collection[str]]:
    """The group, or, where a chain of numbers leads to a contradiction, its parts by links alone."""
    if not _disagree(group, known, linked):
        return [group]
    parts: dict[str, list[str]] = defaultdict(list)
    for each in group:
        parts[linked.of(each)].append(each)
    return parts.values()


def _disagree(patients: Collection[str], known: Mapping[str, Identity], linked: _Groups) -> bool:
    """Do two contradict each other that no link joins?"""
    return any(
        contradict(known[one], known[other]) and linked.of(one) != linked.of(other)
        for one, other in combinations(patients, 2)
    )


def _person(identities: Iterable[Identity]) -> Joined:
    group = sorted(identities, key=lambda each: each.patient)
    return Joined(_in_order(group)[0].patient, tuple(each.patient for each in group))


def spokesmen(group: Collection[Identity]) -> tuple[str, ...]:
    """The Patients that say when the person was born and whether it lives, the survivor first.

    A Patient that is replaced, or that refers to another as the main one, is heard only where these say nothing.
    """
    outranked = _replaced(group) | _referring(group)
    first = [each.patient for each in _in_order(group) if each.received]
    return tuple(each for each in first if each not in outranked) or tuple(first)


def _in_order(group: Collection[Identity]) -> list[Identity]:
    """The Patients of one person, the survivor first.

    First those received, not replaced by one received, not referring to one received, in active use; then by id: by
    nothing that depends on the order of arrival.
    """
    replaced, referring = _replaced(group), _referring(group)

    def rank(each: Identity) -> tuple[bool, bool, bool, bool, str]:
        patient = each.patient
        return (not each.received, patient in replaced, patient in referring, not each.active, patient)

    return sorted(group, key=rank)


def _replaced(group: Collection[Identity]) -> set[str]:
    """Who must no longer be used because another Patient that was received is to be used instead."""
    replaced = {link.patient for each in group for link in each.links if link.type is LinkType.REPLACES}
    return replaced | _pointing(group, LinkType.REPLACED_BY)


def _referring(group: Collection[Identity]) -> set[str]:
    return _pointing(group, LinkType.REFER)


def _pointing(group: Collection[Identity], type_: LinkType) -> set[str]:
    """Who has a link of this type to a Patient that was received."""
    received = {each.patient for each in group if each.received}
    return {each.patient for each in group for link in each.links if link.type is type_ and link.patient in received}
