"""A Bundle as it arrives: what the service adds to it, and the versions that its entries would be."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fhirsvc.domain.errors import is_fault
from fhirsvc.domain.joining import Identity, Number
from fhirsvc.fhir.clinical_time import moment
from fhirsvc.fhir.identity import has_unknown_link, identity_of, logical_subject
from fhirsvc.fhir.parse import ParsedBundle, ParsedEntry
from fhirsvc.fhir.references import serve
from fhirsvc.fhir.requests import READING
from fhirsvc.fhir.subject import Bases, bases_of, element_of, patient_of
from fhirsvc.usecases.ports import Version

_IN_TRANSACTION = ("DELETE", "POST", "PUT", "GET", "HEAD")
"""The order in which a transaction is processed (http://hl7.org/fhir/R4/http.html#trules)."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A Bundle with the id, the instant and the sender that it is received under.

    at: to the millisecond, as a FHIR instant has it.  latest: a later meta.lastUpdated is not believed.  taken: the
    entries without faults, in the order in which they are processed; what is only read comes last.
    """

    bundle: ParsedBundle
    tenant: str
    submission: str
    at: datetime
    latest: datetime
    bases: Bases
    taken: tuple[ParsedEntry, ...]

    @classmethod
    def of(cls, bundle: ParsedBundle, tenant: str, now: datetime, latest: datetime, base: str) -> Arrival:
        """base: the FHIR base of this service, by which a sender may name our resources; "" = it has none."""
        taken = [entry for entry in bundle.entries if not any(map(is_fault, entry.issues))]
        if bundle.type == "transaction":
            taken.sort(key=lambda entry: _IN_TRANSACTION.index(entry.method or "PUT"))
        else:
            taken.sort(key=lambda entry: entry.method in READING)
        bases = bases_of((entry.full_url for entry in taken), base)
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return cls(bundle, tenant, new_id(), at, latest, bases, tuple(taken))

    @property
    def is_transaction(self) -> bool:
        """Is all of it kept or nothing?"""
        return self.bundle.type == "transaction"

    @property
    def only_reads(self) -> bool:
        """Does every entry ask to read?"""
        return all(entry.method in READING for entry in self.bundle.entries)

    def ids(self) -> dict[int, str]:
        """The id that each resource that comes with it gets, by index, as far as no condition names another."""
        return {entry.index: self._id(entry) for entry in self.taken if entry.raw}

    def _id(self, entry: ParsedEntry) -> str:
        """That of a PUT; where nothing is requested its own or that in its fullUrl; else a new one."""
        if entry.method == "POST":
            return new_id()
        named = _URN_UUID.fullmatch(entry.full_url or "") if entry.request is None else None
        return entry.id or (named[1] if named else new_id())


_URN_UUID = re.compile(r"urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def new_id() -> str:
    """An id that nothing has yet."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Addressed:
    """An arrival whose entries know what they are kept under and what their references mean.

    ids: by index.  references: a fullUrl, a relative address or a conditional reference → "Type/id".
    """

    arrival: Arrival
    ids: Mapping[int, str]
    references: Mapping[str, str]
    _first: dict[int, bytes] = field(default_factory=dict)
    _subjects: dict[int, Number | None] = field(default_factory=dict)

    @classmethod
    def of(cls, arrival: Arrival, ids: Mapping[int, str]) -> Addressed:
        """With these ids, and without what conditional references mean."""
        taken = (entry for entry in arrival.taken if entry.index in ids)
        return cls(arrival, ids, dict(pair for entry in taken for pair in _addresses(entry, ids[entry.index])))

    def patient(self, entry: ParsedEntry) -> str | None:
        """The id of the patient that a resource names by a reference, None when it names none that can be known."""
        return patient_of(entry.resource, self.references, self.ids[entry.index], self.arrival.bases)

    def subject(self, entry: ParsedEntry) -> Number | None:
        """The identifier that alone names its patient."""
        if entry.index not in self._subjects:
            is_resolved = str(element_of(entry.resource).get("reference", "")) in self.references
            self._subjects[entry.index] = None if is_resolved else logical_subject(entry.resource)
        return self._subjects[entry.index]

    def identity(self, entry: ParsedEntry) -> Identity:
        """Who a Patient says it is."""
        return identity_of(self.ids[entry.index], entry.resource, self.references, self.arrival.bases)

    def has_unknown_link(self, entry: ParsedEntry) -> bool:
        """Does a Patient link to somebody who is nobody known?"""
        return has_unknown_link(entry.resource, self.references, self.arrival.bases)

    def first(self, entry: ParsedEntry) -> Version:
        """The version that an entry is when there was none before; whose it is stays open."""
        return self.version(entry, None, None)

    def version(self, entry: ParsedEntry, head: Version | None, patient: str | None) -> Version:
        """The version that follows the newest one, head, which may be a deletion; None = there was none."""
        number = head.version + 1 if head else 1
        stands = head is not None and not head.deleted
        return Version(
            type=entry.type,
            id=self.ids[entry.index],
            version=number,
            received=self.arrival.at,
            first_received=head.first_received if head and stands else self.arrival.at,
            body=self._body(entry, number),
            patient=patient,
            submission=self.arrival.submission,
            subject=self.subject(entry),
            updated=self.updated(entry),
        )

    def updated(self, entry: ParsedEntry) -> datetime | None:
        """When its sender says the resource changed; of a later instant than can be believed, nothing."""
        told = entry.resource.get("meta", {}).get("lastUpdated")
        said = moment(told) if told else None
        return said if said is not None and said <= self.arrival.latest else None

    def _body(self, entry: ParsedEntry, number: int) -> bytes:
        if number > 1:
            return self.served(entry, number, self.arrival.at)
        if entry.index not in self._first:
            self._first[entry.index] = self.served(entry, 1, self.arrival.at)
        return self._first[entry.index]

    def served(self, entry: ParsedEntry, version: int, at: datetime) -> bytes:
        """What is served for an entry as this version of this instant."""
        id_ = self.ids[entry.index]
        return serve(entry.raw, id=id_, version_id=str(version), last_updated=at, references=self.references)

    def says_the_same(self, entry: ParsedEntry, head: Version) -> bool:
        """Would the entry, served as the version that stands, be that version? Spacing and order do not count."""
        served = self.served(entry, head.version, head.received)
        return served == head.body or _exact(served) == _exact(head.body)


_RELATIVE = re.compile(r"/([A-Z][A-Za-z]*/[A-Za-z0-9.\-]{1,64})$")


def _addresses(entry: ParsedEntry, id_: str) -> Iterator[tuple[str, str]]:
    """How other entries may refer to this one, and what stands there instead: its fullUrl, in full or its relative end.

    So an entry that is posted under a new id is found by those that knew it by its old one (R4 bundle.html#references).
    """
    address = f"{entry.type}/{id_}"
    relative = _RELATIVE.search(entry.full_url or "")
    for written in (entry.full_url, relative[1] if relative else None):
        if written and written != address:
            yield written, address


def _exact(body: bytes) -> object:
    """JSON with its numbers as they are written: 1.10 is not 1.1."""
    return json.loads(body, parse_float=str, parse_int=str)
