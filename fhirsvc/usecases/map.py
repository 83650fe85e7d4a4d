"""Map a sender's code or text to what it means, or take that back, and decide again for whom it may concern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from fhirsvc.domain.concept_map import CODE_SYSTEMS, TEXTS, Element, Target
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.concept_map import with_target, without
from fhirsvc.knowledge.closest import Names, closest_words
from fhirsvc.knowledge.concept_maps import sense_of, vocabulary_of
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.usecases.ports import ConceptMaps, Missed, Queue, Store, Transaction
from fhirsvc.usecases.speak import file_of, lexicon_of

_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where maps are written: the maps, what is read without them, the store of the patients, and the queue."""

    maps: ConceptMaps
    shipped: Lexicon
    reading: ReadingLexicon
    store: Store
    queue: Queue


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of a map: whether it changed, and the persons who are decided again because of it."""

    changed: bool
    persons: tuple[str, ...]


def add(tenant: str, element: Element, target: Target, desk: Desk, *, dry_run: bool = False) -> Mapped:
    """Let a code or text of a sender mean a target; all else in its map stays.

    dry_run: check, and tell who would be decided again, but change nothing.  To add what is there already is no fault:
    the persons are decided again.  Raises Faulty when the target is unknown, naming the closest, or the map would be
    wrong; OSError when it cannot be written.
    """
    element = replace(element, display=element.display or _called(tenant, element, desk.store))
    _check(tenant, element, target, desk.shipped)
    named = desk.shipped.concepts.get(target.code) if target.system == f"{CODE_SYSTEMS}/concept" else None
    target = replace(target, display=named.display if named else "")
    mapped = partial(with_target, element=element, target=target, tenant=tenant)
    return _changed(tenant, element, desk, mapped, dry_run, again=True)


def remove(tenant: str, element: Element, desk: Desk, *, dry_run: bool = False) -> Mapped:
    """Take a code or text of a sender out of its map, with all its targets; else as for add.

    To take out what the map does not hold changes nothing, and nobody is decided again.
    """
    return _changed(tenant, element, desk, lambda body: without(body, element) if body else None, dry_run, again=False)


def _changed(
    tenant: str,
    element: Element,
    desk: Desk,
    change: Callable[[bytes | None], bytes | None],
    dry_run: bool,
    *,
    again: bool,
) -> Mapped:
    """again: decide anew even where the map holds already what it should."""
    with _alone(desk.store):
        before = desk.maps.get(tenant)
        if before is not None:
            lexicon_of(desk.shipped, desk.reading, before, tenant)
        after = change(before)
        if after is not None and after != before:
            lexicon_of(desk.shipped, desk.reading, after, tenant)
            if not dry_run:
                desk.maps.put(tenant, after)
    changed = after != before
    return Mapped(changed, _decided_again(tenant, element, desk, dry_run=dry_run) if changed or again else ())


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """As the one writer of the store, so that of two who map at once neither loses what the other wrote."""
    with store.writing():
        yield


def _decided_again(tenant: str, element: Element, desk: Desk, *, dry_run: bool) -> tuple[str, ...]:
    """The persons whose answer may change; scheduled once the map stands, so that no worker reads by the one before.

    Who was judged without the code being noted as missed is found by what the evidence holds.
    """
    with desk.store.reading() as transaction:
        persons = _concerned(transaction, tenant, element)
    if persons and not dry_run:
        with desk.store.writing() as transaction:
            transaction.patients.touch(tenant, persons)
            jobs = transaction.jobs.schedule(tenant, persons)
        desk.queue.hint(jobs)
    return persons


def _concerned(transaction: Transaction, tenant: str, element: Element) -> tuple[str, ...]:
    missed = _missed(element)
    patients = {
        *transaction.misses.persons(tenant, missed.system, missed.code, missed.phrase),
        *transaction.resources.naming(tenant, max(_WORD.findall(element.code), key=len, default="")),
    }
    return tuple(sorted(set(transaction.persons.of(tenant, patients).values())))


def _missed(element: Element) -> Missed:
    if element.system == TEXTS:
        return Missed.of("", "", "", element.code)
    return Missed.of("", element.system, element.code, "")


def _called(tenant: str, element: Element, store: Store) -> str:
    """What the sender calls a code, where it was not understood; "" = unknown, or it is a text."""
    if element.system == TEXTS:
        return ""
    with store.reading() as transaction:
        tallies = transaction.misses.tallies(tenant)
    named = Missed.of("unmapped", element.system, element.code, "")
    return next((each.missed.text for each in tallies if each.missed == named), "")


def _check(tenant: str, element: Element, target: Target, lexicon: Lexicon) -> None:
    """Raises Faulty when the target is nothing that the service knows."""
    if sense_of(lexicon, target.system, target.code):
        return
    closest = _closest(element, target, lexicon)
    do = f"The closest are: {', '.join(closest)}." if closest else "Name a concept of CodeSystem/concept."
    raise Faulty([Fault(file_of(tenant), 0, f"`{target.code}` is nothing that the service knows.", do)])


def _closest(element: Element, target: Target, lexicon: Lexicon) -> tuple[str, ...]:
    """What may have been meant: words of the vocabulary, or Concepts by the target's name and by the sender's."""
    vocabulary = vocabulary_of(target.system)
    if vocabulary:
        return closest_words(target.code, lexicon.words.get(vocabulary, {}).values())
    names = Names(lexicon)
    return tuple(
        dict.fromkeys((*names.closest(target.code), *names.closest(element.display or element.code)))
    ) or closest_words(target.code, lexicon.concepts)
