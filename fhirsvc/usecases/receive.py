"""Take in one Bundle: keep what was sent and schedule the patients it touches, in one transaction, then say so."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.fhir.parse import parse_bundle
from fhirsvc.usecases.arrival import Addressed, Arrival
from fhirsvc.usecases.decide import Judge
from fhirsvc.usecases.dedupe import first_answer, key_of, written_answer
from fhirsvc.usecases.entries import take
from fhirsvc.usecases.ports import (
    Clock,
    Failpoint,
    Queue,
    Store,
    Submission,
    Touch,
    passing,
)
from fhirsvc.usecases.receipt import Receipt, response_type
from fhirsvc.usecases.targets import find_targets
from fhirsvc.usecases.tell import tell

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be before evidence counts as coming from the future."""


def receive(  # noqa: PLR0913 - what a Bundle meets on its way, and a test its own of each
    body: bytes,
    tenant: str,
    *,
    store: Store,
    queue: Queue,
    clock: Clock,
    judge: Judge,
    base: str = "",
    idempotency_key: str | None = None,
    by_content: bool = True,
    message: bool = False,
    failpoint: Failpoint = passing,
) -> Receipt:
    """Keep a Bundle and answer for it; what is answered is durable.  One that comes again gets its first answer.

    judge: by whose knowledge the sender is told what became of each entry as evidence.  base: the FHIR base of this
    service, by which a sender may name our resources; "" = it has none.  idempotency_key: by which its sender knows it.
    by_content: without a key the same bytes are the same Bundle; not so for a single request that was put into one.
    message: the Bundle must be a message.

    Raises Refused when it cannot be taken (nothing of it was kept then), Unreachable when the store cannot be written.
    """
    now = clock.now()
    latest = now + CLOCK_TOLERANCE
    bundle = parse_bundle(body, latest=latest, message=message)
    key = key_of(bundle, idempotency_key)
    arrival = Arrival.of(bundle, tenant, now, latest, base)
    addressed = Addressed.of(arrival, arrival.ids())
    kind = response_type(bundle.type)
    if arrival.only_reads:
        with store.reading() as transaction:
            return Receipt("", kind, take(find_targets(addressed, transaction), transaction).entries)
    fates = tell({entry.index: addressed.first(entry) for entry in arrival.taken if entry.raw}, tenant, judge)
    digest = hashlib.sha256(body).hexdigest()
    failpoint("receive.before-transaction")
    with store.writing() as transaction:
        first = first_answer(bundle, key, digest, tenant, transaction, by_content=by_content)
        if first is not None:
            return first
        kept = take(find_targets(addressed, transaction), transaction)
        entries = tuple(
            replace(each, fates=fates.get(entry.index, ())) if entry.index in kept.read else each
            for entry, each in zip(bundle.entries, kept.entries, strict=True)
        )
        touches = transaction.patients.touch(tenant, kept.patients)
        jobs = transaction.jobs.schedule(tenant, kept.patients)
        touched = [Touch(patient, touches[patient]) for patient in sorted(touches)]
        submission = Submission(
            id=arrival.submission,
            received=arrival.at,
            changed=arrival.at,
            digest=digest,
            body=body,
            state=SubmissionState.RECEIVED if touched else SubmissionState.COMPLETED,
            key=key,
            answer=written_answer(entries),
        )
        transaction.submissions.add(tenant, submission, touched)
        failpoint("receive.before-commit")
    failpoint("receive.after-commit")
    if jobs:
        queue.hint(jobs)
    failpoint("receive.after-hint")
    return Receipt(arrival.submission, kind, entries)
