"""Which resource each entry of a Bundle means: by its address, or by the conditions that it sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.parse import ParsedEntry
from fhirsvc.fhir.requests import READING, Query
from fhirsvc.usecases.arrival import Addressed
from fhirsvc.usecases.conditions import Conditions
from fhirsvc.usecases.ports import Transaction


@dataclass(frozen=True, slots=True)
class Targets:
    """What the entries that write mean; all sets and maps by index.

    addressed: with the ids and references that follow from conditions.  met: a resource of the store meets the
    condition of the entry.  unmet: none does.  deleted: the id of what is to be deleted, "" = nothing meets the
    condition.  refused: what is wrong with single entries of a batch.
    """

    addressed: Addressed
    met: frozenset[int]
    unmet: frozenset[int]
    deleted: Mapping[int, str]
    refused: Mapping[int, tuple[Issue, ...]]


def find_targets(addressed: Addressed, transaction: Transaction) -> Targets:
    """What each entry means, one after the other, so that an entry finds what an earlier one writes.

    Raises Refused when a condition of a transaction cannot be met.
    """
    finder = _Finder(addressed, Conditions(addressed, transaction))
    for entry in addressed.arrival.taken:
        if entry.method not in READING:
            finder.take(entry)
    return finder.targets()


class _Finder:
    def __init__(self, addressed: Addressed, conditions: Conditions) -> None:
        self._addressed = addressed
        self._conditions = conditions
        self._is_transaction = addressed.arrival.is_transaction
        self._ids = dict(addressed.ids)
        self._met: set[int] = set()
        self._unmet: set[int] = set()
        self._deleted: dict[int, str] = {}
        self._refused: dict[int, tuple[Issue, ...]] = {}
        self._claimed: set[tuple[str, str]] = set()

    def targets(self) -> Targets:
        """What was found; conditional references are resolved when all entries are known."""
        ids = {index: id_ for index, id_ in self._ids.items() if index not in self._refused}
        found = self._addressed if ids == self._addressed.ids else Addressed.of(self._addressed.arrival, ids)
        if found.arrival.bundle.conditional:
            found = Addressed(found.arrival, ids, {**found.references, **self._conditions.meanings()})
        return Targets(found, frozenset(self._met), frozenset(self._unmet), self._deleted, self._refused)

    def take(self, entry: ParsedEntry) -> None:
        """Find what one entry means."""
        place = f"Bundle.entry[{entry.index}].request"
        try:
            self._find(entry)
        except Refused as refused:
            issues = tuple(
                replace(each, expression=place, refusal=each.refusal or refused.reason) for each in refused.issues
            )
            if self._is_transaction:
                raise Refused(refused.reason, issues) from None
            self._refused[entry.index] = issues

    def _find(self, entry: ParsedEntry) -> None:
        request = entry.request
        if request is not None and request.none_exist is not None:
            found = self._one(entry, request.none_exist)
            if found:
                self._ids[entry.index] = found
                self._met.add(entry.index)
                return
        elif request is not None and request.query is not None:
            self._settle(entry, self._one(entry, request.query))
        elif entry.method == "DELETE":
            self._deleted[entry.index] = entry.id or ""
        self._note(entry)

    def _one(self, entry: ParsedEntry, query: Query) -> str:
        """The id of what meets a condition, "" = nothing does."""
        found = self._conditions.found(entry.type, query)
        if len(found) > 1:
            raise Refused(Refusal.PRECONDITION, [_MANY])
        if not found and entry.method != "DELETE":
            self._unmet.add(entry.index)
        return found[0] if found else ""

    def _settle(self, entry: ParsedEntry, found: str) -> None:
        """What a conditional update or deletion is done to (http://hl7.org/fhir/R4/http.html#cond-update)."""
        if entry.method == "DELETE":
            self._deleted[entry.index] = found
        elif found and entry.id and entry.id != found:
            raise Refused(Refusal.INVALID, [_OTHER])
        elif found:
            self._ids[entry.index] = found
            self._met.add(entry.index)

    def _note(self, entry: ParsedEntry) -> None:
        id_ = self._deleted[entry.index] if entry.method == "DELETE" else self._ids[entry.index]
        key = (entry.type, id_)
        if self._is_transaction and id_ and key in self._claimed:
            raise Refused(Refusal.INVALID, [_TWICE])
        self._claimed.add(key)
        if entry.method == "DELETE":
            self._conditions.delete(*key)
        else:
            self._conditions.write(entry, id_)


def _fault(code: IssueCode, text: str) -> Issue:
    return Issue(Severity.ERROR, code, text)


_MANY = _fault(IssueCode.MULTIPLE_MATCHES, "More than one resource meets the condition.")
_OTHER = _fault(IssueCode.INVALID, "The resource that meets the condition has another id than the one that came.")
_TWICE = _fault(IssueCode.DUPLICATE, "An earlier entry of the transaction writes the same resource.")
