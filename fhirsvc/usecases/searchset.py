"""The searchset Bundle of a page that was found."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir.search import Asked
from fhirsvc.fhir.search.answer import Hit, searchset
from fhirsvc.fhir.search.link import written
from fhirsvc.fhir.search.query import PAGE
from fhirsvc.fhir.search.subset import subset
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.search import MOST_INCLUDED, Found

_CUT = (
    f"More than {MOST_INCLUDED} resources would come with this page, and not all do. Ask for smaller pages with _count."
)


def drawn(asked: Asked, found: Found, base: str) -> bytes:
    """The Bundle that answers a search; base: of the addresses in it."""
    hits = [*_matches(asked, found, base), *_included(asked, found, base)]
    return searchset(hits, total=found.page.total, links=dict(_links(asked, found, base)), issues=_issues(asked, found))


def _matches(asked: Asked, found: Found, base: str) -> Iterator[Hit]:
    for each in found.page.versions:
        yield Hit(_address(base, each), subset(each.body, asked.summary, asked.elements))


def _included(asked: Asked, found: Found, base: str) -> Iterator[Hit]:
    """Elements that are named are those of the type that is searched; a summary is one of everything."""
    for each in found.included:
        yield Hit(_address(base, each), subset(each.body, asked.summary), "include")


def _address(base: str, version: Version) -> str:
    return f"{base}/{version.reference}"


def _issues(asked: Asked, found: Found) -> Iterator[Issue]:
    for name in asked.ignored:
        text = f"The parameter {name} was passed over." if name else "A parameter was passed over."
        yield Issue(Severity.WARNING, IssueCode.NOT_SUPPORTED, text, name)
    if found.cut:
        yield Issue(Severity.WARNING, IssueCode.TOO_COSTLY, _CUT)


def _links(asked: Asked, found: Found, base: str) -> Iterator[tuple[str, str]]:
    """The address of this page, and of the first, the previous and the next one where there are such.

    The first page is addressed by the query as it was used; the others hold it, and the moment they show.
    """
    address, looked_for = f"{base}/{asked.type}", asked.criteria
    query = f"?{urlencode(asked.used)}" if asked.used else ""
    at, offset, count = found.page.at, looked_for.offset, looked_for.count

    def page(offset: int) -> str:
        return f"{address}?{urlencode({PAGE: written(asked.link(at, offset))})}"

    yield "self", address + query if looked_for.at is None else page(offset)
    if offset > 0:
        yield "first", page(0)
        yield "previous", page(max(offset - count, 0))
    if found.page.more:
        yield "next", page(offset + count)
