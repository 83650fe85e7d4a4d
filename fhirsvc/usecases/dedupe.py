"""Bundles that come again: what one is known by, and what was answered when it came first."""

from __future__ import annotations

import re

import msgspec

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.fhir.parse import ParsedBundle, parse_bundle
from fhirsvc.usecases.ports import Answered, Transaction
from fhirsvc.usecases.receipt import Change, Receipt, Received, response_type

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_WRITTEN = frozenset({Change.CREATED, Change.UPDATED, Change.UNCHANGED, Change.DELETED})


def key_of(bundle: ParsedBundle, idempotency_key: str | None) -> str | None:
    """What every repetition of a Bundle is known by, None = its content alone.

    The key its sender gave it; else the id of its MessageHeader; else Bundle.identifier.  Raises Refused for a key that
    is none: 1 to 255 visible ASCII characters.
    """
    if idempotency_key is not None:
        if not _KEY.fullmatch(idempotency_key):
            raise Refused(Refusal.INVALID, [_NO_KEY])
        return f"key {idempotency_key}"
    if "id" in bundle.header:
        return f"message {bundle.header['id']}"
    return None if bundle.identifier is None else f"identifier {bundle.identifier}"


def first_answer(
    bundle: ParsedBundle, key: str | None, digest: str, tenant: str, transaction: Transaction, *, by_content: bool
) -> Receipt | None:
    """What was answered when the Bundle of this digest came first, None = it comes for the first time.

    Without a key the same content is a repetition as long as all that it wrote still stands as it did, and its patients
    were or will be decided.  Raises Refused when the key came with other content.
    """
    kind = response_type(bundle.type)
    if key is not None:
        found = transaction.submissions.named(tenant, key)
        if found is not None and found.digest != digest and not _is_resent(bundle, found, tenant, transaction):
            raise Refused(Refusal.UNPROCESSABLE, [_OTHER_CONTENT])
        return _receipt(kind, found) if found else None
    found = transaction.submissions.sent(tenant, digest) if by_content else None
    receipt = _receipt(kind, found) if found and found.answer else None
    stands = receipt and _stands(receipt, tenant, transaction) and not _failed(receipt, tenant, transaction)
    return receipt if stands else None


def _is_resent(bundle: ParsedBundle, found: Answered, tenant: str, transaction: Transaction) -> bool:
    """Is it the message that came, in another envelope: with another Bundle.id, identifier or timestamp?

    A sender that had no answer may send it so again (http://hl7.org/fhir/R4/messaging.html#reliable).
    """
    kept = transaction.submissions.get(tenant, found.submission) if bundle.header else None
    if kept is None:
        return False
    before = parse_bundle(kept[0].body, message=True)
    return (before.header, _texts(before)) == (bundle.header, _texts(bundle))


def _texts(bundle: ParsedBundle) -> list[bytes]:
    return [entry.raw for entry in bundle.entries]


def _receipt(kind: str, answered: Answered) -> Receipt:
    return Receipt(answered.submission, kind, read_answer(answered.answer), repeated=True)


def _failed(receipt: Receipt, tenant: str, transaction: Transaction) -> bool:
    """Was the evaluation given up? To send it again is then to try again."""
    kept = transaction.submissions.get(tenant, receipt.submission)
    return kept is not None and kept[0].state is SubmissionState.FAILED


def _stands(receipt: Receipt, tenant: str, transaction: Transaction) -> bool:
    """Is the last that it wrote of each resource still the newest version, and was nothing refused or only read?"""
    if any(each.change not in _WRITTEN or not each.version for each in receipt.entries):
        return False
    last = {(each.type, each.id): each.version for each in receipt.entries}
    heads = transaction.resources.heads(tenant, last)
    return all(key in heads and heads[key].version == version for key, version in last.items())


_ANSWER = msgspec.json.Decoder(tuple[Received, ...])


def written_answer(entries: tuple[Received, ...]) -> bytes:
    """What was answered for the entries, as it is kept."""
    return msgspec.json.encode(entries)


def read_answer(answer: bytes) -> tuple[Received, ...]:
    """What was answered, as written_answer wrote it."""
    return _ANSWER.decode(answer)


def _fault(code: IssueCode, text: str, refusal: Refusal) -> Issue:
    return Issue(Severity.ERROR, code, text, refusal=refusal)


_NO_KEY = _fault(IssueCode.VALUE, "Idempotency-Key is 1 to 255 visible ASCII characters.", Refusal.INVALID)
_OTHER_CONTENT = _fault(
    IssueCode.DUPLICATE,
    "A Bundle with other content came under the same Idempotency-Key, MessageHeader.id or Bundle.identifier.",
    Refusal.UNPROCESSABLE,
)
