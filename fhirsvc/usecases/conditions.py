"""What conditions of a Bundle mean: which resources a search finds, in the store and among the Bundle's own entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.identity import identified_patient
from fhirsvc.fhir.parse import ParsedEntry
from fhirsvc.fhir.requests import Query, query_of
from fhirsvc.fhir.search import PARAMETERS, Criteria, criteria, indexed, matches
from fhirsvc.usecases.arrival import Addressed
from fhirsvc.usecases.join import bearers
from fhirsvc.usecases.ports import Transaction

_MOST_COMPARED = 100

NOTHING_ASKED = "A condition asks for something by which resources of this type are found."


class Conditions:
    """Finds what conditions name; what entries of the Bundle write or delete is reported as it becomes known."""

    def __init__(self, addressed: Addressed, transaction: Transaction) -> None:
        self._addressed = addressed
        self._tenant = addressed.arrival.tenant
        self._transaction = transaction
        self._gone: set[tuple[str, str]] = set()
        self._written: dict[str, dict[str, ParsedEntry]] = defaultdict(dict)

    def write(self, entry: ParsedEntry, id_: str) -> None:
        """The entry is kept under this id, in place of what is stored there."""
        self._gone.discard((entry.type, id_))
        self._written[entry.type][id_] = entry

    def delete(self, type: str, id_: str) -> None:
        """The resource is no more."""
        self._gone.add((type, id_))
        self._written[type].pop(id_, None)

    def found(self, type: str, query: Query) -> list[str]:
        """The ids of what meets a condition, two or more when it is not one.  Raises Refused when it is none."""
        wanted = self._criteria(type, query)
        hidden = {id_ for kind, id_ in self._gone if kind == type} | self._written[type].keys()
        some = replace(wanted, count=min(2 + len(hidden), _MOST_COMPARED), counted=False)
        stored = self._transaction.resources.search(self._tenant, some).versions
        own = (id_ for id_, entry in self._written[type].items() if self._meets(wanted, id_, entry))
        return sorted({each.id for each in stored if each.id not in hidden}.union(own))

    def _criteria(self, type: str, query: Query) -> Criteria:
        if type not in PARAMETERS:
            raise Refused(
                Refusal.INVALID, [_fault(IssueCode.NOT_SUPPORTED, "Resources of this type are not searched.")]
            )
        arrival = self._addressed.arrival
        found = criteria(type, query, base=arrival.bases.own, now=arrival.at)
        if not (found.ids or found.patients or found.keys or found.dates or found.updated) or found.at is not None:
            raise Refused(Refusal.INVALID, [_fault(IssueCode.REQUIRED, NOTHING_ASKED)])
        return found

    def _meets(self, wanted: Criteria, id_: str, entry: ParsedEntry) -> bool:
        patient = self._addressed.patient(entry)
        return matches(wanted, id_, patient, self._addressed.arrival.at, indexed(entry.type, entry.raw))

    def meanings(self) -> Mapping[str, str]:
        """What the conditional references of a transaction mean, "Type/id" by reference.  Raises Refused."""
        asked = self._addressed.arrival.bundle.conditional
        found = {reference: self._placed(reference, place) for reference, place in asked.items()}
        faults = [
            replace(_MANY if ids else _NONE, expression=asked[reference])
            for reference, ids in found.items()
            if len(ids) != 1
        ]
        if faults:
            reason = Refusal.UNPROCESSABLE if _NONE.code in {each.code for each in faults} else Refusal.PRECONDITION
            raise Refused(reason, faults)
        return {reference: f"{reference.partition('?')[0]}/{ids[0]}" for reference, ids in found.items()}

    def _placed(self, reference: str, place: str) -> list[str]:
        try:
            return list(self._meant(reference))
        except Refused as refused:
            raise Refused(refused.reason, [replace(each, expression=place) for each in refused.issues]) from None

    def _meant(self, reference: str) -> Iterator[str]:
        """Of the Patients that are one person, only one is meant by an identifier they bear."""
        number = identified_patient(reference)
        type_, _, query = reference.partition("?")
        own = [] if number is None else [*self._bearing(number)]
        if number is None:
            yield from self.found(type_, query_of(query))
        elif own:
            yield from own
        else:
            stored = bearers({number}, self._tenant, self._transaction).get(number, ())
            yield from (each for each in stored if not self._is_hidden("Patient", each))

    def _bearing(self, number: tuple[str, str]) -> Iterator[str]:
        for id_, entry in self._written["Patient"].items():
            if number in self._addressed.identity(entry).identifiers:
                yield id_

    def _is_hidden(self, type: str, id_: str) -> bool:
        return (type, id_) in self._gone or id_ in self._written[type]


def _fault(code: IssueCode, text: str) -> Issue:
    return Issue(Severity.ERROR, code, text)


_NONE = _fault(IssueCode.NOT_FOUND, "Nothing here is what this conditional reference asks for.")
_MANY = _fault(IssueCode.MULTIPLE_MATCHES, "This conditional reference asks for more than one resource.")
