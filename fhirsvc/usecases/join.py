"""Keep who is one person with whom, as the Patients that come in say, and move the evidence that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from fhirsvc.domain.joining import Identity, Number, contradict, joined, kept_apart
from fhirsvc.usecases.ports import Transaction, Version

APART = (
    "It shares a medical record number with another Patient whose date of birth or gender, or those of one joined to "
    "it, contradict; no medical record number joins them, and they are kept apart."
)
AGAINST = (
    "A link makes it one person with another Patient, although date of birth or gender contradict. What contradicts "
    "is taken from the Patient that is used in lieu, else it is unknown."
)


@dataclass(frozen=True, slots=True)
class Joining:
    """What the Patients of a Bundle changed.

    concerned: the Patients whose person or evidence is another now.  remarks: what their senders should know, by
    Patient.
    """

    concerned: frozenset[str] = frozenset()
    remarks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def join(identities: Collection[Identity], tenant: str, transaction: Transaction) -> Joining:
    """Take in who these Patients say they are, and make of all that they are tied to the persons that follow.

    Everyone tied to them before or after is considered again, so that a link or number that is gone splits a person.
    """
    before = transaction.persons.identities(tenant, [each.patient for each in identities])
    changed = {each.patient: each for each in identities if before.get(each.patient) != each}
    if not changed:
        return Joining()
    tied = {*changed, *_related(before.keys() & changed.keys(), tenant, transaction)}
    transaction.persons.identify(tenant, list(changed.values()))
    known = _related(tied, tenant, transaction)
    moved, survivors = _regroup(known, tenant, transaction)
    concerned = [*changed.values(), *(before[each] for each in before.keys() & changed.keys())]
    concerned += [known[each] for each in moved & known.keys()]
    identifiers = {number for each in concerned for number in each.identifiers}
    followed = _follow(identifiers, tenant, transaction)
    remarks = {each.patient: tuple(_remarks(each, known, survivors)) for each in changed.values()}
    return Joining(frozenset(moved | followed), remarks)


def _related(patients: Collection[str], tenant: str, transaction: Transaction) -> dict[str, Identity]:
    """Everyone that numbers and links tie to these, in either direction and by any number of steps; they too."""
    known: dict[str, Identity] = {}
    reached = set(patients)
    while reached:
        received = transaction.persons.identities(tenant, reached)
        found = [received.get(each) or Identity(patient=each, received=False) for each in reached]
        known |= {each.patient: each for each in found}
        linked = {link.patient for each in found for link in each.links}
        reached = {*linked, *transaction.persons.tied(tenant, found)} - known.keys()
    return known


def _regroup(
    known: Mapping[str, Identity], tenant: str, transaction: Transaction
) -> tuple[set[str], Mapping[str, str]]:
    """Keep the persons that these are.  The Patients that are another person now, with both persons; all survivors."""
    was = transaction.persons.of(tenant, known)
    persons = joined(known.values())
    survivors = {member: person.survivor for person in persons for member in person.members}
    moved = {each for each in known if survivors[each] != was[each]}
    transaction.persons.join(tenant, [each for each in persons if moved.intersection(each.members)])
    return moved | {was[each] for each in moved} | {survivors[each] for each in moved}, survivors


def _remarks(identity: Identity, known: Mapping[str, Identity], survivors: Mapping[str, str]) -> Iterable[str]:
    if kept_apart(identity, known.values(), survivors):
        yield APART
    same = (each for each in known.values() if survivors[each.patient] == survivors[identity.patient])
    if any(contradict(identity, each) for each in same):
        yield AGAINST


def bearers(
    identifiers: Collection[Number], tenant: str, transaction: Transaction, among: Collection[str] = ()
) -> Mapping[Number, tuple[str, ...]]:
    """Who is meant by each identifier, one Patient per person; those `among` alone where they bear it at all."""
    if not identifiers:
        return {}
    found = transaction.persons.bearers(tenant, identifiers)
    meant = {number: set(patients).intersection(among) or set(patients) for number, patients in found.items()}
    persons = transaction.persons.of(tenant, {each for patients in meant.values() for each in patients})
    return {number: _one_each(patients, persons) for number, patients in meant.items()}


def _one_each(patients: Collection[str], persons: Mapping[str, str]) -> tuple[str, ...]:
    """Of the Patients of one person its survivor, else the first."""
    first = {persons[each]: each for each in sorted(patients, reverse=True)}
    return tuple(person if person in patients else each for person, each in sorted(first.items()))


def _follow(identifiers: Collection[Number], tenant: str, transaction: Transaction) -> set[str]:
    """Give resources that name their patient by one of these identifiers to who bears it now; who lost or won one.

    Where several persons bear it, one that was given to a Patient stays there as long as that bears it too.
    """
    about = transaction.resources.about(tenant, identifiers) if identifiers else ()
    if not about:
        return set()
    subjects = {each.subject for each in about if each.subject is not None}
    meant = bearers(subjects, tenant, transaction)
    every = transaction.persons.bearers(tenant, subjects)
    moved = [(each, _given(each, meant, every)) for each in about]
    moved = [(each, patient) for each, patient in moved if patient != each.patient]
    transaction.resources.assign(tenant, [replace(each, patient=patient) for each, patient in moved])
    return {patient for each, new in moved for patient in (each.patient, new) if patient is not None}


def _given(
    version: Version, meant: Mapping[Number, tuple[str, ...]], every: Mapping[Number, Collection[str]]
) -> str | None:
    if version.subject is None:
        return version.patient
    candidates = meant.get(version.subject, ())
    if len(candidates) == 1:
        return candidates[0]
    return version.patient if version.patient in every.get(version.subject, ()) else None
