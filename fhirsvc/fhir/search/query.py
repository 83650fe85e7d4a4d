"""From a query, as it stands in an address or a form, to what is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.references import Kind, Reference
from fhirsvc.fhir.search.control import Include, Summary, includes
from fhirsvc.fhir.search.criteria import LARGEST_PAGE, By, Clause, Criteria, Order, Token
from fhirsvc.fhir.search.dates import PREFIXES, Bound, bound
from fhirsvc.fhir.search.link import Link, Query
from fhirsvc.fhir.search.link import read as read_link
from fhirsvc.fhir.search.parameters import ID, LAST_UPDATED, Type, date_of, is_owner, parameters

FORM = frozenset({"_format", "_pretty"})
"""How the answer is written is no part of the search."""

PAGE = "_page"
MOST_ALTERNATIVES = 1_000
"""Values that one query may hold in all."""

_UNRECKONED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search: what is looked for and how it is to be answered.

    used: the query without what was passed over, and ignored the names of that.  began: what `ap` is measured from.
    """

    criteria: Criteria
    summary: Summary = Summary.FALSE
    elements: tuple[str, ...] = ()
    includes: tuple[Include, ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    began: datetime = _UNRECKONED

    @property
    def type(self) -> str:
        """The type that is searched."""
        return self.criteria.type

    def link(self, at: int, offset: int) -> Link:
        """The page of this search that begins after `offset` matches, at the same moment of the store."""
        return Link(query=self.used, ignored=self.ignored, began=self.began, at=at, offset=offset)


def criteria(type: str, query: Query, *, base: str = "", now: datetime = _UNRECKONED) -> Criteria:
    """What a query looks for, as for `ask`."""
    return ask(type, query, base=base, now=now).criteria


def ask(type: str, query: Query, *, now: datetime, base: str = "", lenient: bool = False) -> Asked:
    """What a query, given as decoded names and values, asks for; a query of a `_page` alone is the search it links to.

    base: how absolute references to our own may begin.  lenient: unknown parameters are passed over and told.
    Raises Refused with one issue per parameter that is unknown, has a modifier that is not known, or cannot be read.
    """
    searched = tuple((name, value) for name, value in query if name not in FORM)
    pages = [value for name, value in searched if name == PAGE]
    if not pages:
        return _Reader(type, now, base, lenient=lenient).read(searched)
    link = _link(pages[0], alone=len(searched) == 1)
    again = _Reader(type, link.began, base, lenient=False).read(link.query)
    paged = replace(again.criteria, at=link.at, offset=link.offset)
    return replace(again, criteria=paged, ignored=tuple(map(_told, link.ignored)))


def _link(value: str, *, alone: bool) -> Link:
    if not alone:
        raise _refused(IssueCode.INVALID, "A link to a page is followed as it is, without other parameters.", PAGE)
    try:
        return read_link(value)
    except ValueError:
        raise _refused(IssueCode.VALUE, "_page is not an address that this server gave.", PAGE) from None


def expired() -> Refused:
    """The refusal of a link to a page of a search that began before the store was drawn anew."""
    return _refused(IssueCode.VALUE, "The search behind this link is not known any more. Search again.", PAGE)


def _refused(code: IssueCode, text: str, parameter: str) -> Refused:
    return Refused(Refusal.INVALID, [Issue(Severity.ERROR, code, text, parameter)])


class _UnreadableError(Exception):
    """A parameter that cannot be taken: says why and of which; repeats no value."""

    def __init__(self, code: IssueCode, text: str, parameter: str = "") -> None:
        self.code = code
        self.parameter = parameter
        super().__init__(text)


class _UnknownError(_UnreadableError):
    """A parameter that is not known at all, which a lenient reader passes over."""


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}(:[A-Za-z0-9_.\-]{1,63})?", re.ASCII)
"""A name that can be one of a parameter, and so is told; another might be a value in the wrong place."""


def _told(name: str) -> str:
    return name if _NAME.fullmatch(name) else ""


class _Reader:
    """Reads one query, parameter by parameter, and all faults of it."""

    def __init__(self, type: str, now: datetime, base: str, *, lenient: bool) -> None:
        self._now = now
        self._base = base
        self._lenient = lenient
        self._known = parameters(type)
        self._asked = Asked(criteria=Criteria(type=type), began=now)
        self._ignored: list[str] = []
        self._used: list[tuple[str, str]] = []
        self._alternatives = 0

    def read(self, query: Query) -> Asked:
        issues: list[Issue] = []
        for name, value in query:
            try:
                self._take(name, value)
            except _UnknownError as fault:
                if self._lenient:
                    self._ignored.append(_told(name))
                else:
                    issues.append(Issue(Severity.ERROR, fault.code, str(fault), fault.parameter))
            except _UnreadableError as fault:
                issues.append(Issue(Severity.ERROR, fault.code, str(fault), fault.parameter))
            else:
                self._used.append((name, value))
        issues += self._contradictions()
        if issues:
            raise Refused(Refusal.INVALID, issues)
        found = self._asked.criteria
        if self._asked.summary is Summary.COUNT or found.count == 0:
            found = replace(found, count=0, counted=True)
        ignored = tuple(dict.fromkeys(self._ignored))
        return replace(self._asked, criteria=found, used=tuple(self._used), ignored=ignored)

    def _contradictions(self) -> list[Issue]:
        """`_summary=text` and includes exclude each other (FHIR R4 search.html#summary)."""
        if self._asked.summary is Summary.TEXT and self._asked.includes:
            text = "_summary=text cannot be asked for with _include or _revinclude."
            return [Issue(Severity.ERROR, IssueCode.INVALID, text, "_summary")]
        return []

    def _take(self, name: str, value: str) -> None:
        plain, _, modifier = name.partition(":")
        if plain not in _RESULTS and plain not in self._known:
            raise _UnknownError(IssueCode.NOT_SUPPORTED, _unknown(name), _told(plain))
        if modifier and not self._is_modified(plain, modifier):
            text = f"The modifier of {_told(name) or plain} is not supported."
            raise _UnreadableError(IssueCode.NOT_SUPPORTED, text, plain)
        if not value:
            raise _UnreadableError(IssueCode.VALUE, f"The parameter {plain} has no value.", plain)
        if plain in _RESULTS:
            self._asked = _RESULTS[plain](self._asked, value)
        else:
            self._asked = replace(self._asked, criteria=self._with(plain, value, negated=modifier == "not"))

    def _is_modified(self, name: str, modifier: str) -> bool:
        if modifier == "Patient":
            return is_owner(self._asked.type, name)
        return modifier == "not" and name in self._known and name != ID and self._known[name].kind is Type.TOKEN

    def _with(self, name: str, value: str, *, negated: bool) -> Criteria:
        found = self._asked.criteria
        values = self._split(name, value)
        if name == ID:
            return replace(found, ids=(*found.ids, frozenset(map(_plain, values))))
        if is_owner(found.type, name):
            return replace(found, patients=(*found.patients, frozenset(self._patient(name, each) for each in values)))
        if self._known[name].kind is Type.DATE:
            bounds = frozenset(self._bound(name, each) for each in values)
            if name == LAST_UPDATED:
                return replace(found, updated=(*found.updated, bounds))
            return replace(found, dates=(*found.dates, bounds))
        read = self._reference if self._known[name].kind is Type.REFERENCE else _token
        return replace(found, keys=(*found.keys, Clause(name, frozenset(map(read, values)), negated)))

    def _split(self, name: str, value: str) -> list[str]:
        values = _alternatives(value)
        self._alternatives += len(values)
        if not values:
            raise _UnreadableError(IssueCode.VALUE, f"The parameter {name} has no value.", name)
        if self._alternatives > MOST_ALTERNATIVES:
            text = f"A query holds at most {MOST_ALTERNATIVES} values."
            raise _UnreadableError(IssueCode.TOO_COSTLY, text, name)
        return values

    def _patient(self, name: str, value: str) -> str:
        patient = self._local(_plain(value)).removeprefix("Patient/")
        if "/" in patient:
            raise _UnreadableError(IssueCode.VALUE, "Name the patient by id or as Patient/id, on this server.", name)
        return patient

    def _reference(self, value: str) -> Token:
        """`Type/id` of any version, an address of this server, an id of any type, or another address as written."""
        local = Reference.parse(self._local(_plain(value)))
        if local.kind is Kind.RELATIVE:
            return Token(local.type, local.id)
        return Token("" if "/" in local.text or local.kind is Kind.URN else None, local.text)

    def _local(self, reference: str) -> str:
        return reference.removeprefix(f"{self._base}/") if self._base else reference

    def _bound(self, name: str, value: str) -> Bound:
        try:
            return bound(value, self._now)
        except (ValueError, OverflowError):
            text = f"{name} is not a FHIR date or dateTime, perhaps behind one of {' '.join(PREFIXES)}."
            raise _UnreadableError(IssueCode.VALUE, text, name) from None


def _unknown(name: str) -> str:
    told = _told(name)
    return (
        f"The parameter {told} is not one to search by here." if told else "A parameter is not one to search by here."
    )


def _alternatives(value: str) -> list[str]:
    """The values between commas; a backslash takes the comma, pipe or backslash after it as it stands."""
    return re.findall(r"((?:\\.|[^,\\])+)", value, re.DOTALL)


_PARTS = re.compile(r"((?:\\.|[^|\\])*)(\|?)(.*)", re.DOTALL)


def _token(value: str) -> Token:
    """system|value, |value (no system), value (any system) or system| (any value)."""
    found = _PARTS.fullmatch(value)
    system, pipe, code = found.groups() if found else (value, "", "")
    return Token(_plain(system), _plain(code) or None) if pipe else Token(None, _plain(system))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _with_count(asked: Asked, value: str) -> Asked:
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise _UnreadableError(IssueCode.VALUE, "_count is not a whole number.", "_count")
    return replace(asked, criteria=replace(asked.criteria, count=min(int(value), LARGEST_PAGE)))


def _with_order(asked: Asked, value: str) -> Asked:
    steps = tuple(_step(asked.type, each) for each in value.split(","))
    return replace(asked, criteria=replace(asked.criteria, order=steps))


def _step(type: str, written: str) -> Order:
    name = written.removeprefix("-")
    by = By.DATE if name and name == date_of(type) else next((each for each in By if each == name != By.DATE), None)
    if by is None:
        offered = ", ".join(filter(None, (date_of(type), By.LAST_UPDATED, By.ID)))
        raise _UnreadableError(IssueCode.NOT_SUPPORTED, f"{type} is sorted by {offered}, with - in front.", "_sort")
    return Order(by, descending=written.startswith("-"))


def _with_total(asked: Asked, value: str) -> Asked:
    if value not in {"none", "estimate", "accurate"}:
        raise _UnreadableError(IssueCode.VALUE, "_total is one of none, estimate, accurate.", "_total")
    return replace(asked, criteria=replace(asked.criteria, counted=value != "none"))


def _with_summary(asked: Asked, value: str) -> Asked:
    if value not in set(Summary):
        raise _UnreadableError(IssueCode.VALUE, f"_summary is one of {', '.join(Summary)}.", "_summary")
    return replace(asked, summary=Summary(value))


def _with_elements(asked: Asked, value: str) -> Asked:
    names = tuple(each.removeprefix(f"{asked.type}.") for each in value.split(","))
    if not all(re.fullmatch(r"[A-Za-z]{1,64}", each, re.ASCII) for each in names):
        raise _UnreadableError(IssueCode.VALUE, "_elements names elements of the resource itself.", "_elements")
    return replace(asked, elements=(*asked.elements, *names))


def _with_include(asked: Asked, value: str) -> Asked:
    return _including(asked, value, back=False)


def _with_revinclude(asked: Asked, value: str) -> Asked:
    return _including(asked, value, back=True)


def _including(asked: Asked, value: str, *, back: bool) -> Asked:
    name = "_revinclude" if back else "_include"
    found = [each for one in value.split(",") for each in includes(asked.type, one, back=back)]
    if not all(includes(asked.type, one, back=back) for one in value.split(",")):
        text = f"{name} names nothing that this server includes; its CapabilityStatement lists what it does."
        raise _UnreadableError(IssueCode.NOT_SUPPORTED, text, name)
    return replace(asked, includes=tuple(dict.fromkeys((*asked.includes, *found))))


_RESULTS: Mapping[str, Callable[[Asked, str], Asked]] = {
    "_count": _with_count,
    "_sort": _with_order,
    "_total": _with_total,
    "_summary": _with_summary,
    "_elements": _with_elements,
    "_include": _with_include,
    "_revinclude": _with_revinclude,
}
RESULTS = tuple(_RESULTS)
"""The parameters that say how a search is answered."""
