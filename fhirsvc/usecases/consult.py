"""Answer for files at hand: the same reading and the same table as for what is posted, and nothing is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import orjson

from fhirsvc.domain.assess import assess
from fhirsvc.domain.assessment import Assessment
from fhirsvc.domain.errors import Issue, Refused, is_fault, refusal_reason
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.fhir.parse import ParsedBundle, ParsedEntry, parse_bundle
from fhirsvc.fhir.resource_types import R4
from fhirsvc.fhir.subject import bases_of, patient_of
from fhirsvc.usecases.decide import Judge

_BEFORE, _AFTER = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":', b"}]}"
_UUID = "urn:uuid:"
_WRAPPED = "Bundle.entry[0].resource"


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
    reason = refusal_reason(faults)
    if reason:
        raise Refused(reason, faults)
    return bundle


def consult(bundles: Sequence[ParsedBundle], judge: Judge, on: date, base: str = "") -> tuple[Consultation, ...]:
    """One answer per patient of these files together, received on `on`, in the order in which they first appear.

    A resource that comes twice under one id counts as it came last; one that names no patient is nobody's. base: as
    for receive.
    """
    newest: dict[tuple[str, str], tuple[str, Record]] = {}
    for number, bundle in enumerate(bundles, start=1):
        newest |= {
            (record.type, record.id): (patient, record) for patient, record in _records(bundle, number, on, base)
        }
    records: dict[str, list[Record]] = defaultdict(list)
    for patient, record in newest.values():
        records[patient].append(record)
    return tuple(_consultation(patient, held, judge, on) for patient, held in records.items())


def _consultation(patient: str, records: Sequence[Record], judge: Judge, on: date) -> Consultation:
    extraction = extract(records, judge.lexicon, judge.reading)
    return Consultation(
        patient=patient, assessment=assess(judge.protocol, extraction.evidence, on), extraction=extraction
    )


def _records(bundle: ParsedBundle, number: int, on: date, base: str) -> Iterator[tuple[str, Record]]:
    """Each resource of a file with the patient it speaks of."""
    ids = {entry.index: _id(entry, number) for entry in bundle.entries}
    references = {each.full_url: f"{each.type}/{ids[each.index]}" for each in bundle.entries if each.full_url}
    bases = bases_of((each.full_url for each in bundle.entries), base)
    received = datetime.combine(on, time(12), UTC)
    for entry in bundle.entries:
        id_ = ids[entry.index]
        patient = patient_of(entry.resource, references, id_, bases)
        if patient:
            yield patient, Record(type=entry.type, id=id_, version=1, received=received, resource=entry.resource)


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
        raise Refused(refused.reason, [_unwrapped(issue, kind) for issue in refused.issues]) from None


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


def _unwrapped(issue: Issue, kind: str) -> Issue:
    """An issue said of the resource itself, without the Bundle that was put around it."""
    return replace(issue, expression=issue.expression.replace(_WRAPPED, kind))
