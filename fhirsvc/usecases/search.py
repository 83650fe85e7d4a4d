"""Search: one page of what is asked for, and what is to come with it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fhirsvc.fhir.references import Reference
from fhirsvc.fhir.search.control import Include, Summary
from fhirsvc.fhir.search.criteria import Clause, Criteria, Token
from fhirsvc.fhir.search.index import references_of
from fhirsvc.fhir.search.parameters import is_owner
from fhirsvc.fhir.search.query import Asked
from fhirsvc.usecases.ports import Page, Resources, Store, Version

MOST_INCLUDED = 1_000
"""Resources that come with one page at most."""

_NUMBER = re.compile("[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of matches and what comes with it; cut: not all of it does, because it is more than MOST_INCLUDED."""

    page: Page
    included: tuple[Version, ...] = ()
    cut: bool = False


def search(tenant: str, asked: Asked, *, store: Store) -> Found:
    """One page of the resources that are asked for, as they stood when the search began, and so what comes with it.

    Raises Refused when the page is of a search that is known no more.
    """
    with store.reading() as transaction:
        return search_in(transaction.resources, tenant, asked)


def search_in(resources: Resources, tenant: str, asked: Asked) -> Found:
    """The same, in a transaction that is open."""
    page = resources.search(tenant, asked.criteria)
    if asked.summary is Summary.COUNT or not asked.includes:
        return Found(page)
    included = _Included(tenant, page, resources)
    for include in asked.includes:
        included.add(include)
    return Found(page, included.shown(), included.cut)


class _Included:
    """What comes with a page: each version once, none that is on the page itself."""

    def __init__(self, tenant: str, page: Page, resources: Resources) -> None:
        self.cut = False
        self._tenant = tenant
        self._page = page
        self._resources = resources
        self._found: dict[tuple[str, str, int], Version] = {}

    def shown(self) -> tuple[Version, ...]:
        """All that was added."""
        own = {_key(each) for each in self._page.versions}
        return tuple(each for key, each in self._found.items() if key not in own)

    def add(self, include: Include) -> None:
        """Add what an Include names, up to MOST_INCLUDED."""
        for version in self._back(include) if include.back else self._forth(include):
            if len(self._found) >= MOST_INCLUDED and _key(version) not in self._found:
                self.cut = True
                return
            self._found[_key(version)] = version

    def _back(self, include: Include) -> Sequence[Version]:
        """What refers to a match, to whichever version of it."""
        ids = frozenset(each.id for each in self._page.versions)
        if is_owner(include.source, include.name):
            return self._standing(include.source, patients=(ids,))
        tokens = frozenset(Token(each.type, each.id) for each in self._page.versions)
        return self._standing(include.source, keys=(Clause(include.name, tokens),)) if tokens else ()

    def _forth(self, include: Include) -> Iterator[Version]:
        """What a match refers to: the version it names, else the one that stood."""
        wanted: dict[str, list[Reference]] = defaultdict(list)
        for each in self._referred(include):
            if include.target in {"", each.type}:
                wanted[each.type].append(each)
        for type_, references in wanted.items():
            yield from self._versions(type_, references)

    def _referred(self, include: Include) -> Iterator[Reference]:
        for match in self._page.versions:
            if is_owner(include.source, include.name):
                if match.patient is not None:
                    yield Reference.parse(f"Patient/{match.patient}")
            else:
                references = references_of(match.type, include.name, match.body)
                yield from (each for each in references if each.text.startswith(f"{each.type}/") and each.type)

    def _versions(self, type: str, references: Iterable[Reference]) -> Iterator[Version]:
        named = list(dict.fromkeys((each.id, each.version) for each in references))
        ids = frozenset(id_ for id_, _ in named)
        standing = {each.id: each for each in self._standing(type, ids=(ids,))}
        for id_, number in named:
            if (head := standing.get(id_)) is not None and (exact := self._exact(head, number)) is not None:
                yield exact

    def _exact(self, head: Version, number: str) -> Version | None:
        """The version of that number, "" = the one that stood; what was deleted has none any more."""
        if number in {"", str(head.version)}:
            return head
        if not _NUMBER.fullmatch(number):
            return None
        return self._resources.version(self._tenant, head.type, head.id, int(number))

    def _standing(self, type: str, **what: tuple[object, ...]) -> Sequence[Version]:
        wanted = Criteria(type=type, count=MOST_INCLUDED + 1, counted=False, at=self._page.at, **what)  # type: ignore[arg-type]
        return self._resources.search(self._tenant, wanted).versions


def _key(version: Version) -> tuple[str, str, int]:
    return version.type, version.id, version.version
