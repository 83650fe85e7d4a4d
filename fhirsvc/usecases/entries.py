"""What becomes of the entries of a Bundle, in one transaction: deleted, kept, found or refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.domain.joining import Identity, Number
from fhirsvc.fhir.fate import EntryFate, nobodys
from fhirsvc.fhir.parse import ParsedEntry
from fhirsvc.fhir.requests import READING, Request
from fhirsvc.fhir.subject import expects_patient
from fhirsvc.usecases.join import Joining, bearers, join
from fhirsvc.usecases.ports import Transaction, Version
from fhirsvc.usecases.reading import read_entry
from fhirsvc.usecases.receipt import Change, Received
from fhirsvc.usecases.targets import Targets

Key = tuple[str, str]

_NOBODYS_OWN = frozenset({"Binary", "Medication"})
"""Types that are read where a resource of a patient names them, and so may change its answer when they come."""

_OF_ALL = {Refusal.NOT_FOUND: Refusal.UNPROCESSABLE, Refusal.GONE: Refusal.UNPROCESSABLE}
"""Why a transaction is refused that reads what is not there: its own address is."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of each entry, in request order, and the patients that they speak of, before and now.

    read: the indices of the entries that stand as they came and may be evidence, so that their fate can be told.
    """

    entries: tuple[Received, ...]
    patients: frozenset[str]
    read: frozenset[int]


def take(targets: Targets, transaction: Transaction) -> Kept:
    """Keep what is to be kept and answer for each entry.  Raises Refused when a transaction cannot be kept whole."""
    return _Intake(targets, transaction).take()


class _Intake:
    """The entries of one Bundle on their way into the store."""

    def __init__(self, targets: Targets, transaction: Transaction) -> None:
        self._targets = targets
        self._addressed = targets.addressed
        self._arrival = targets.addressed.arrival
        self._tenant = self._arrival.tenant
        self._transaction = transaction
        self._standing = _Standing(self._keys(), self._tenant, transaction)
        self._became: dict[int, Received] = {}
        self._patients: set[str] = set()
        self._read: set[int] = set()
        self._identities: dict[str, Identity] = {}
        self._joining = Joining()
        self._meant: Mapping[Number, tuple[str, ...]] = {}

    def take(self) -> Kept:
        """Patients come first, for whose the others are may follow from who they are; what is read comes last."""
        for entry in self._arrival.taken:
            if issues := self._targets.refused.get(entry.index):
                self._became[entry.index] = Received(change=Change.REFUSED, type=entry.type, issues=issues)
        writing = [each for each in self._arrival.taken if each.method not in READING]
        self._take(each for each in writing if each.type == "Patient")
        self._join(writing)
        self._take(each for each in writing if each.type != "Patient")
        self._keep()
        for entry in self._arrival.taken:
            if entry.request is not None and entry.method in READING:
                self._guarded(entry, self._find)
        self._patients |= self._joining.concerned
        return Kept(tuple(self._answers()), frozenset(self._patients), frozenset(self._read))

    def _keys(self) -> set[Key]:
        written = ((entry.type, self._target(entry)) for entry in self._arrival.taken if entry.method not in READING)
        return {key for key in written if key[1]}

    def _target(self, entry: ParsedEntry) -> str:
        return self._targets.deleted.get(entry.index) or self._addressed.ids.get(entry.index, "")

    def _take(self, entries: Iterable[ParsedEntry]) -> None:
        for entry in entries:
            if entry.index not in self._became:
                self._guarded(entry, self._delete if entry.method == "DELETE" else self._put)

    def _guarded(self, entry: ParsedEntry, take: Callable[[ParsedEntry], Received]) -> None:
        """Take one entry; its refusal refuses a whole transaction."""
        try:
            self._became[entry.index] = take(entry)
        except Refused as refused:
            place = f"Bundle.entry[{entry.index}]"
            issues = tuple(
                replace(each, expression=each.expression or place, refusal=each.refusal or refused.reason)
                for each in refused.issues
            )
            if self._arrival.is_transaction:
                raise Refused(_OF_ALL.get(refused.reason, refused.reason), issues) from None
            self._became[entry.index] = Received(change=Change.REFUSED, type=entry.type, issues=issues)

    def _find(self, entry: ParsedEntry) -> Received:
        if entry.request is None:
            raise TypeError("only a request asks to read")
        return read_entry(entry.request, self._arrival, self._transaction)

    def _answers(self) -> Iterator[Received]:
        for entry in self._arrival.bundle.entries:
            became = self._became.get(entry.index)
            if became is None:
                became = Received(change=Change.REFUSED, type=entry.type, issues=entry.issues)
            elif entry.type == "Patient" and became.change in {Change.CREATED, Change.UPDATED}:
                texts = self._joining.remarks.get(became.id, ())
                became = replace(became, issues=(*became.issues, *(_remark(text, entry) for text in texts)))
            yield became

    def _join(self, writing: Iterable[ParsedEntry]) -> None:
        """Take in who the Patients are, and find out who is meant where a patient is named by identifier alone."""
        self._joining = join(list(self._identities.values()), self._tenant, self._transaction)
        coming = (each for each in writing if each.index in self._addressed.ids and each.index not in self._became)
        named = {number for each in coming if (number := self._addressed.subject(each)) is not None}
        received = {id_ for id_, identity in self._identities.items() if identity.received}
        self._meant = bearers(named, self._tenant, self._transaction, among=received)

    def _keep(self) -> None:
        """Write, and concern those whose evidence names what belongs to nobody and came or went."""
        self._standing.keep()
        shared = {(each.type, each.id) for each in self._standing.added if each.type in _NOBODYS_OWN}
        if shared:
            self._patients.update(self._transaction.resources.mentioning(self._tenant, shared))

    def _delete(self, entry: ParsedEntry) -> Received:
        key = (entry.type, self._target(entry))
        head = self._standing.head(key)
        _must_be_theirs(head)
        _must_match(entry.request, head)
        if head is None or head.deleted:
            return Received(change=Change.DELETED, type=entry.type, id=key[1])
        self._patients |= self._standing.patients(key)
        gone = replace(
            head,
            version=head.version + 1,
            received=self._arrival.at,
            body=b"",
            submission=self._arrival.submission,
            subject=None,
            updated=None,
        )
        self._standing.add(gone)
        if entry.type == "Patient":
            self._identities[gone.id] = Identity(patient=gone.id, received=False)
        return _received(Change.DELETED, entry, gone)

    def _put(self, entry: ParsedEntry) -> Received:
        """What becomes of a resource beside the version that stands."""
        key = (entry.type, self._target(entry))
        head = self._standing.head(key)
        if entry.index in self._targets.met and entry.method == "POST" and head is not None:
            self._patients |= self._standing.patients(key)
            return _received(Change.UNCHANGED, entry, head, [_met(entry)])
        _must_be_theirs(head)
        _must_match(entry.request, head)
        if entry.index in self._targets.unmet and head is not None and not head.deleted:
            raise Refused(Refusal.CONFLICT, [_TAKEN])
        self._patients |= self._standing.patients(key)
        patient = self._patient(entry)
        if patient is not None:
            self._patients.add(patient)
        return self._stand(entry, head, patient) or self._follow(entry, head, patient)

    def _stand(self, entry: ParsedEntry, head: Version | None, patient: str | None) -> Received | None:
        """That a resource says what stands; its sender may say so of a later time.  None = it says something else.

        As with a subject, an address that is unknown in this Bundle does not undo what it meant in another.
        """
        if head is None or head.deleted or patient not in (None, head.patient):
            return None
        if not self._addressed.says_the_same(entry, head) or not self._standing.confirm(
            head, self._addressed.updated(entry)
        ):
            return None
        self._read.add(entry.index)
        if entry.type == "Patient" and self._standing.counts(head) and not self._addressed.has_unknown_link(entry):
            self._identities[head.id] = self._addressed.identity(entry)
        return _received(Change.UNCHANGED, entry, head)

    def _follow(self, entry: ParsedEntry, head: Version | None, patient: str | None) -> Received:
        """The next version of a resource."""
        version = self._addressed.version(entry, head, patient)
        counts = self._standing.add(version)
        remarks = [*self._remarks(entry, patient), *([] if counts else [_late(entry)])]
        if not any(each.fates for each in remarks):
            self._read.add(entry.index)
        if entry.type == "Patient" and counts:
            self._identities[version.id] = self._addressed.identity(entry)
        return _received(Change.UPDATED if head and not head.deleted else Change.CREATED, entry, version, remarks)

    def _patient(self, entry: ParsedEntry) -> str | None:
        """Whose an entry is; None when it names nobody, nobody known or, by an identifier, several."""
        subject = self._addressed.subject(entry)
        if subject is None:
            return self._addressed.patient(entry)
        candidates = self._meant.get(subject, ())
        return candidates[0] if len(candidates) == 1 else None

    def _remarks(self, entry: ParsedEntry, patient: str | None) -> Iterator[Issue]:
        """What its sender should know of whose it is, or of who it is."""
        place = f"Bundle.entry[{entry.index}].resource"
        subject = self._addressed.subject(entry)
        if entry.type == "Patient":
            if self._addressed.has_unknown_link(entry):
                yield replace(_remark(_UNKNOWN_LINK, entry), expression=f"{place}.link")
        elif patient is None and subject is not None:
            yield replace(nobodys(place), text=_SEVERAL if self._meant.get(subject) else _NOBODY_YET)
        elif patient is None and expects_patient(entry.resource):
            yield nobodys(place)


class _Standing:
    """What stands of the resources that a Bundle writes, and what is to be added."""

    def __init__(self, keys: Collection[Key], tenant: str, transaction: Transaction) -> None:
        self._tenant = tenant
        self._resources = transaction.resources
        self._heads = dict(self._resources.heads(tenant, keys))
        dated = [key for key, head in self._heads.items() if head.updated is not None]
        self._counted = {key: each for key, each in self._heads.items() if not each.deleted}
        self._counted |= self._resources.counted(tenant, dated) if dated else {}
        self._undated = {key for key, each in self._counted.items() if each.updated is None}
        self._confirmed: dict[Key, Version] = {}
        self.added: list[Version] = []

    def head(self, key: Key) -> Version | None:
        """The newest version."""
        return self._heads.get(key)

    def patients(self, key: Key) -> set[str]:
        """Whose the resource is, by its newest version and by that which counts."""
        versions = (self._heads.get(key), self._counted.get(key))
        return {each.patient for each in versions if each is not None and each.patient is not None}

    def add(self, version: Version) -> bool:
        """Let a version follow the newest; does it count as evidence?"""
        key = (version.type, version.id)
        before = None if version.deleted else self._counted.get(key)
        is_late = before is not None and _is_later(before, version) and self._is_dated(key)
        if before is not None and version.updated is None:
            self._undated.add(key)
        self._heads[key] = version
        self.added.append(version)
        if version.deleted:
            self._counted.pop(key, None)
            self._undated.discard(key)
        elif not is_late:
            self._counted[key] = version
            if before is None and version.updated is None:
                self._undated.add(key)
        return not is_late

    def counts(self, head: Version) -> bool:
        """Is the newest version the one that counts?"""
        return self._counted[head.type, head.id].version == head.version

    def _is_dated(self, key: Key) -> bool:
        """Did its sender give every version since it was created a time?"""
        if key in self._undated:
            return False
        for number in range(self._heads[key].version, 0, -1):
            kept = self._resources.version(self._tenant, *key, number)
            if kept is not None and (kept.deleted or kept.updated is None):
                return kept.deleted
        return True

    def confirm(self, head: Version, updated: datetime | None) -> bool:
        """That its sender says again what stands; False = of a later time, and something else counts."""
        key = (head.type, head.id)
        if updated is None or head.updated is None or updated <= head.updated:
            return True
        if not self.counts(head):
            return False
        self._heads[key] = self._counted[key] = self._confirmed[key] = replace(head, updated=updated)
        return True

    def keep(self) -> None:
        """Write it all."""
        self._resources.add(self._tenant, self.added)
        self._resources.confirm(self._tenant, list(self._confirmed.values()))


def _is_later(one: Version, other: Version) -> bool:
    return one.updated is not None and other.updated is not None and one.updated > other.updated


def _must_be_theirs(head: Version | None) -> None:
    if head is not None and head.submission is None:
        raise Refused(Refusal.UNPROCESSABLE, [_OURS])


def _must_match(request: Request | None, head: Version | None) -> None:
    """If-Match and If-None-Match, as http://hl7.org/fhir/R4/http.html#concurrency has them."""
    if request is None:
        return
    standing = head.version if head and not head.deleted else None
    if request.match is not None and not request.match.match(standing):
        raise Refused(Refusal.PRECONDITION, [_NO_MATCH])
    if request.none_match is not None and request.none_match.match(standing):
        raise Refused(Refusal.PRECONDITION, [_MATCH])


def _received(change: Change, entry: ParsedEntry, version: Version, remarks: Iterable[Issue] = ()) -> Received:
    return Received(
        change=change,
        type=version.type,
        id=version.id,
        version=version.version,
        last_modified=version.received,
        issues=(*entry.issues, *remarks),
    )


def _fault(code: IssueCode, text: str, refusal: Refusal | None = None) -> Issue:
    return Issue(Severity.ERROR, code, text, refusal=refusal)


_OURS = _fault(
    IssueCode.BUSINESS_RULE, "The service writes this resource itself; it is not replaced or deleted from outside."
)
_NO_MATCH = _fault(IssueCode.CONFLICT, "ifMatch names another version than the one that stands.")
_MATCH = _fault(IssueCode.CONFLICT, "ifNoneMatch names the version that stands.")
_TAKEN = _fault(
    IssueCode.DUPLICATE, "No resource meets the condition, but one with the id that came exists.", Refusal.CONFLICT
)

_NOBODY_YET = (
    "The resource is kept, but no Patient here bears the identifier that names its patient; it is no evidence until "
    "one that does is received."
)
_SEVERAL = (
    "The resource is kept, but several Patients here bear the identifier that names its patient, and so it is no "
    "evidence for anyone."
)
_UNKNOWN_LINK = "A link of it points to nobody known here and joins it with nobody."
_MET = "A resource that meets the condition stands; it was left as it is, and what came is not kept."
_LATE = "It is kept as the newest version, but by meta.lastUpdated an earlier one is of a later time and counts."


def _remark(text: str, entry: ParsedEntry) -> Issue:
    return Issue(Severity.WARNING, IssueCode.BUSINESS_RULE, text, f"Bundle.entry[{entry.index}].resource")


def _met(entry: ParsedEntry) -> Issue:
    return replace(_remark(_MET, entry), severity=Severity.INFORMATION, code=IssueCode.INFORMATIONAL)


def _late(entry: ParsedEntry) -> Issue:
    return replace(_remark(_LATE, entry), fates=(EntryFate.IGNORED,))
