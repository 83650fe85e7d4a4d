"""Answer for files at hand: the same reading and the same table as for what is posted, and nothing is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import orjson

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity, is_fault, refusal_reason
from fhirsvc.domain.joining import Identity, Number, joined, spokesmen
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.fhir.identity import identity_of, logical_subject
from fhirsvc.fhir.parse import ParsedBundle, ParsedEntry, parse_bundle
from fhirsvc.fhir.resource_types import R4
from fhirsvc.fhir.single import of_resource
from fhirsvc.fhir.subject import bases_of, patient_of
from fhirsvc.usecases.decide import Judge

_BEFORE, _AFTER = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":', b"}]}"
_UUID = "urn:uuid:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """The answer for one patient, and what was read to give it."""

    patient: str
    assessment: Assessment
    extraction: Extraction


def opened(body: bytes, latest: datetime) -> ParsedBundle:
    """A file as a Bundle: a Bundle as it is, any other resource as a collection of one; no evidence after `latest`.

    Raises Refused when anything in it is faulty, even a single entry of a batch: half a record could be answered
    wrongly without anyone seeing it.
    """
    bundle = _parsed(body, latest)
    faults = [issue for entry in bundle.entries for issue in entry.issues if is_fault(issue)]
    faults += [_no_resource(entry) for entry in bundle.entries if entry.request and not entry.raw]
    reason = refusal_reason(faults)
    if reason:
        raise Refused(reason, faults)
    return bundle


def _no_resource(entry: ParsedEntry) -> Issue:
    text = "A file is read for the resources in it; nothing can be read or deleted by an address."
    return Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, text, f"Bundle.entry[{entry.index}].request.method")


def consult(bundles: Sequence[ParsedBundle], judge: Judge, on: date, base: str = "") -> tuple[Consultation, ...]:
    """One answer per person of these files together, received on `on`, in the order in which they first appear.

    A resource that comes twice under one id counts as it came last; one that names no patient is nobody's. base: as
    for receive.
    """
    newest: dict[tuple[str, str], _Held] = {}
    for number, bundle in enumerate(bundles, start=1):
        newest |= {(each.record.type, each.record.id): each for each in _records(bundle, number, on, base)}
    identities = {each.identity.patient: each.identity for each in newest.values() if each.identity is not None}
    persons = joined(identities.values())
    survivors = {member: person.survivor for person in persons for member in person.members}
    meant = _meant(identities.values(), survivors)
    records: dict[str, list[Record]] = defaultdict(list)
    for each in newest.values():
        patient = each.patient or (meant.get(each.subject, "") if each.subject else "")
        if patient:
            records[survivors.get(patient, patient)].append(each.record)
    spoken = {
        person.survivor: spokesmen([identities[each] for each in person.members if each in identities])
        for person in persons
    }
    return tuple(_consultation(each, held, judge, on, spoken.get(each, ())) for each, held in records.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A resource of a file: its patient, "" = not named by an id; what names it instead; who a Patient says it is."""

    record: Record
    patient: str
    subject: Number | None
    identity: Identity | None


def _meant(identities: Iterable[Identity], survivors: Mapping[str, str]) -> Mapping[Number, str]:
    """Who is meant by each identifier that Patients of one person alone bear."""
    found: dict[Number, set[str]] = defaultdict(set)
    for identity in identities:
        for number in identity.identifiers:
            found[number].add(survivors[identity.patient])
    return {number: next(iter(persons)) for number, persons in found.items() if len(persons) == 1}


def _consultation(
    patient: str, records: Sequence[Record], judge: Judge, on: date, spokesmen: Sequence[str]
) -> Consultation:
    extraction = extract(records, judge.lexicon, judge.reading, spokesmen)
    return Consultation(
        patient=patient, assessment=assess(judge.protocol, extraction.evidence, on), extraction=extraction
    )


def _records(bundle: ParsedBundle, number: int, on: date, base: str) -> Iterator[_Held]:
    """Each resource of a file with what it says of whose it is."""
    ids = {entry.index: _id(entry, number) for entry in bundle.entries}
    references = {each.full_url: f"{each.type}/{ids[each.index]}" for each in bundle.entries if each.full_url}
    bases = bases_of((each.full_url for each in bundle.entries), base)
    received = datetime.combine(on, time(12), UTC)
    for entry in bundle.entries:
        id_ = ids[entry.index]
        yield _Held(
            record=Record(type=entry.type, id=id_, version=1, received=received, resource=entry.resource),
            patient=patient_of(entry.resource, references, id_, bases) or "",
            subject=logical_subject(entry.resource),
            identity=identity_of(id_, entry.resource, references, bases) if entry.type == "Patient" else None,
        )


def _id(entry: ParsedEntry, number: int) -> str:
    """Its own id, else the uuid of its fullUrl, else its place among the files."""
    address = entry.full_url or ""
    named = address.removeprefix(_UUID) if address.startswith(_UUID) else ""
    return entry.id or named or f"file-{number}-entry-{entry.index + 1}"


def _parsed(body: bytes, latest: datetime) -> ParsedBundle:
    kind = _kind_of_one_resource(body)
    if not kind:
        return parse_bundle(body, latest=latest)
    try:
        return parse_bundle(_BEFORE + body + _AFTER, latest=latest)
    except Refused as refused:
        raise Refused(refused.reason, [of_resource(issue, kind) for issue in refused.issues]) from None


def _kind_of_one_resource(body: bytes) -> str:
    """The type of a resource that is no Bundle, "Resource" for one that FHIR does not know; "" for all else."""
    try:
        root = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    kind = root.get("resourceType", "Bundle") if isinstance(root, dict) else "Bundle"
    if kind == "Bundle":
        return ""
    return kind if isinstance(kind, str) and kind in R4 else "Resource"
