"""The header Prefer, in the ways that senders write it."""

from __future__ import annotations

import pytest
from fastapi import Request

from fhirsvc.web.prefer import ASYNC, LENIENT, Return, preferences, returning


def asked(*headers: str) -> Request:
    return Request({"type": "http", "headers": [(b"prefer", each.encode()) for each in headers]})


@pytest.mark.parametrize(
    ("headers", "preferred"),
    [
        ((), Return.REPRESENTATION),
        (("return=minimal",), Return.MINIMAL),
        (('Return = "minimal"',), Return.MINIMAL),
        (("respond-async, return=OperationOutcome",), Return.OUTCOME),
        (("handling=lenient", "return=representation"), Return.REPRESENTATION),
        (("return=nothing",), Return.REPRESENTATION),
        (("xreturn=minimal",), Return.REPRESENTATION),
    ],
)
def test_what_a_write_is_to_be_answered_with(headers: tuple[str, ...], preferred: Return) -> None:
    assert returning(asked(*headers)) is preferred


def test_every_preference_is_found_wherever_it_stands() -> None:
    assert {ASYNC, LENIENT} <= preferences(asked("wait=10; Respond-Async", "handling=lenient"))
    assert preferences(asked("xrespond-async")) == {"xrespond-async"}
