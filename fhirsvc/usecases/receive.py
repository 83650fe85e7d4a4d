"""Take in one Bundle: keep what was sent and schedule the patients it touches, in one transaction, then say so."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, is_fault
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.fhir.parse import ParsedBundle, ParsedEntry, parse_bundle
from fhirsvc.fhir.references import serve
from fhirsvc.fhir.subject import Bases, bases_of, expects_patient, patient_of
from fhirsvc.usecases.ports import (
    Clock,
    Failpoint,
    Queue,
    Store,
    Submission,
    Touch,
    Transaction,
    Version,
    passing,
)


class Change(StrEnum):
    """What became of one entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one entry, and the version that now stands (0 = refused, nothing of it was kept)."""

    change: Change
    type: str
    id: str = ""
    version: int = 0
    last_modified: datetime | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a Bundle: its submission, the type of the response Bundle, and each entry in request order."""

    submission: str
    type: str
    entries: tuple[Received, ...]


CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be before evidence counts as coming from the future."""


def receive(
    body: bytes,
    tenant: str,
    *,
    store: Store,
    queue: Queue,
    clock: Clock,
    base: str = "",
    failpoint: Failpoint = passing,
) -> Receipt:
    """Keep a Bundle and answer for it; what is answered is durable.

    base: the FHIR base of this service, by which a sender may name our patients; "" = it has none.

    Raises Refused when it cannot be taken (nothing of it was kept then), Unreachable when the store cannot be written.
    """
    now = clock.now()
    bundle = parse_bundle(body, latest=now + CLOCK_TOLERANCE)
    arrival = _Arrival.of(bundle, now, base)
    failpoint("receive.before-transaction")
    with store.writing() as transaction:
        kept = _keep(arrival, tenant, transaction)
        touches = transaction.patients.touch(tenant, kept.patients)
        jobs = transaction.jobs.schedule(tenant, kept.patients)
        touched = [Touch(patient, touches[patient]) for patient in sorted(touches)]
        transaction.submissions.add(tenant, _submission(arrival, body, touched), touched)
        failpoint("receive.before-commit")
    failpoint("receive.after-commit")
    if jobs:
        queue.hint(jobs)
    failpoint("receive.after-hint")
    return Receipt(arrival.submission, _response_type(bundle), kept.entries)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A parsed Bundle with what the service gives it: its id, its instant, and the address of each entry it takes."""

    bundle: ParsedBundle
    submission: str
    at: datetime
    ids: Mapping[int, str]
    references: Mapping[str, str]
    bases: Bases

    @classmethod
    def of(cls, bundle: ParsedBundle, now: datetime, base: str) -> _Arrival:
        taken = [entry for entry in bundle.entries if not any(map(is_fault, entry.issues))]
        ids = {entry.index: _id_of(entry, bundle.type) for entry in taken}
        references = dict(pair for entry in taken for pair in _addresses(entry, ids[entry.index]))
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # a FHIR instant carries milliseconds
        bases = bases_of((entry.full_url for entry in taken), base)
        return cls(bundle, _new_id(), at, ids, references, bases)


@dataclass(frozen=True, slots=True)
class _Kept:
    entries: tuple[Received, ...]
    patients: frozenset[str]


def _new_id() -> str:
    return uuid.uuid4().hex


_URN_UUID = re.compile(r"urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def _id_of(entry: ParsedEntry, bundle_type: str) -> str:
    """The id an entry is kept under: that of a PUT; in a collection its own or that in its fullUrl; else a new one."""
    if entry.method == "PUT" or bundle_type == "collection":
        named = _URN_UUID.fullmatch(entry.full_url or "")
        return entry.id or (named[1] if named else _new_id())
    return _new_id()


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


def _response_type(bundle: ParsedBundle) -> str:
    return "transaction-response" if bundle.type == "transaction" else "batch-response"


def _submission(arrival: _Arrival, body: bytes, touches: list[Touch]) -> Submission:
    return Submission(
        id=arrival.submission,
        received=arrival.at,
        changed=arrival.at,
        digest=hashlib.sha256(body).hexdigest(),
        body=body,
        state=SubmissionState.RECEIVED if touches else SubmissionState.COMPLETED,
    )


def _keep(arrival: _Arrival, tenant: str, transaction: Transaction) -> _Kept:
    """Add the versions that change something; the patients that all entries speak of, before and now.

    An entry that says what stands changes no evidence, and yet its sender is told the answer for its patient.
    """
    addresses = {(entry.type, arrival.ids[entry.index]) for entry in _taken(arrival)}
    heads = dict(transaction.resources.heads(tenant, addresses))
    added: list[Version] = []
    patients: set[str] = set()
    entries = []
    for entry in arrival.bundle.entries:
        head = heads.get((entry.type, arrival.ids.get(entry.index, "")))
        received, version = _entry(entry, head, arrival)
        entries.append(received)
        if version is not None:
            added.append(version)
            heads[version.type, version.id] = version
        if received.change is not Change.REFUSED:
            patients |= {each.patient for each in (head, version) if each is not None and each.patient is not None}
    transaction.resources.add(tenant, added)
    return _Kept(tuple(entries), frozenset(patients))


def _taken(arrival: _Arrival) -> Iterable[ParsedEntry]:
    return (entry for entry in arrival.bundle.entries if entry.index in arrival.ids)


def _entry(entry: ParsedEntry, head: Version | None, arrival: _Arrival) -> tuple[Received, Version | None]:
    """What becomes of one entry beside the version that stands, and the version it adds, if any."""
    if entry.index not in arrival.ids:
        return Received(change=Change.REFUSED, type=entry.type, issues=entry.issues), None
    if head is not None and head.submission is None:
        return _not_ours_to_take(entry, arrival), None
    patient = patient_of(entry.resource, arrival.references, arrival.ids[entry.index], arrival.bases)
    if head is not None and patient in (None, head.patient) and _says_the_same(entry, head, arrival):
        return _received(Change.UNCHANGED, entry, head), None
    version = _version(entry, head, patient, arrival)
    change = Change.CREATED if head is None else Change.UPDATED
    issues = (_unresolved(entry),) if patient is None and expects_patient(entry.resource) else ()
    return _received(change, entry, version, issues), version


def _received(change: Change, entry: ParsedEntry, version: Version, issues: tuple[Issue, ...] = ()) -> Received:
    return Received(
        change=change,
        type=version.type,
        id=version.id,
        version=version.version,
        last_modified=version.received,
        issues=(*entry.issues, *issues),
    )


def _not_ours_to_take(entry: ParsedEntry, arrival: _Arrival) -> Received:
    """The refusal of an entry that would replace what this service wrote; it refuses a whole transaction."""
    issue = Issue(
        Severity.ERROR,
        IssueCode.BUSINESS_RULE,
        "The service writes this resource itself; it cannot be replaced from outside.",
        f"Bundle.entry[{entry.index}]",
    )
    if arrival.bundle.type == "transaction":
        raise Refused(Refusal.UNPROCESSABLE, [issue])
    return Received(change=Change.REFUSED, type=entry.type, issues=(issue,))


def _unresolved(entry: ParsedEntry) -> Issue:
    return Issue(
        Severity.WARNING,
        IssueCode.NOT_FOUND,
        "The resource is kept, but names no patient of this Bundle or server, and so is no evidence for anyone.",
        f"Bundle.entry[{entry.index}].resource",
    )


def _version(entry: ParsedEntry, head: Version | None, patient: str | None, arrival: _Arrival) -> Version:
    id_ = arrival.ids[entry.index]
    number = head.version + 1 if head else 1
    return Version(
        type=entry.type,
        id=id_,
        version=number,
        received=arrival.at,
        first_received=head.first_received if head else arrival.at,
        body=_served(entry, id_, number, arrival.at, arrival),
        patient=patient,
        submission=arrival.submission,
    )


def _served(entry: ParsedEntry, id_: str, version: int, at: datetime, arrival: _Arrival) -> bytes:
    return serve(entry.raw, id=id_, version_id=str(version), last_updated=at, references=arrival.references)


def _says_the_same(entry: ParsedEntry, head: Version, arrival: _Arrival) -> bool:
    """Would the entry, served as the version that stands, be that version? Spacing and order of keys do not count."""
    served = _served(entry, head.id, head.version, head.received, arrival)
    return served == head.body or _exact(served) == _exact(head.body)


def _exact(body: bytes) -> object:
    """JSON with its numbers as they are written: 1.10 is not 1.1."""
    return json.loads(body, parse_float=str, parse_int=str)
