"""Answer later: a sender is told where its answer will be, asks for it, or gives it up."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.usecases.dedupe import read_answer
from fhirsvc.usecases.ports import Store, Submission, Touch, Transaction
from fhirsvc.usecases.receipt import Receipt, response_type

_FINAL = frozenset({SubmissionState.COMPLETED, SubmissionState.FAILED})


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that is awaited: how many of the patients are judged, of how many, and the answer once it is final.

    failed: a patient could not be judged; everything was kept all the same.
    """

    judged: int
    patients: int
    receipt: Receipt | None
    failed: bool


def promise(tenant: str, submission: str, *, store: Store) -> None:
    """Let the answer to a submission be awaited."""
    with store.writing() as transaction:
        transaction.submissions.expect(tenant, submission, awaited=True)


def awaited(tenant: str, submission: str, *, store: Store) -> Awaited | None:
    """How far an awaited answer is; None when none of that submission is awaited."""
    with store.reading() as transaction:
        found = _awaited(tenant, submission, transaction)
    if found is None:
        return None
    kept, touches = found
    return Awaited(
        judged=sum(each.assessment is not None for each in touches),
        patients=len(touches),
        receipt=_receipt(kept) if kept.state in _FINAL else None,
        failed=kept.state is SubmissionState.FAILED,
    )


def give_up(tenant: str, submission: str, *, store: Store) -> bool:
    """Await the answer no more; False = it was not awaited.

    What was sent stays kept, and is judged: it counts as evidence with all that came before and after it.
    """
    with store.writing() as transaction:
        if _awaited(tenant, submission, transaction) is None:
            return False
        transaction.submissions.expect(tenant, submission, awaited=False)
        return True


def _awaited(tenant: str, submission: str, transaction: Transaction) -> tuple[Submission, tuple[Touch, ...]] | None:
    found = transaction.submissions.get(tenant, submission)
    return (found[0], tuple(found[1])) if found and found[0].awaited else None


class _Typed(msgspec.Struct):
    type: str


_TYPED = msgspec.json.Decoder(_Typed)


def _receipt(kept: Submission) -> Receipt:
    return Receipt(kept.id, response_type(_TYPED.decode(kept.body).type), read_answer(kept.answer))
