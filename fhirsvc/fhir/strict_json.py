"""Bytes to a decoded JSON value, or Refused: nothing that two readers could understand differently, and bounded work.

Beyond JSON's grammar it refuses repeated member names, escapes in member names, control characters, lone surrogates and
numbers beyond a double, and it keeps the limits of RELIABILITY section 4.
"""

import re
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes."""
DEEPEST = 64
"""Arrays and objects within each other, the outermost included."""
MOST_VALUES = 1_000_000
"""Members and array items in one body."""

_DEEPEST_WRITTEN = 254
"""orjson writes no more levels than this."""
# The patterns below start where a run of backslashes starts, so that no input makes them slow.
_ESCAPED_COLON = re.compile(rb"(?<!\\)(?:\\\\)*\\u003[aA]")
_ESCAPED_NAME = re.compile(rb'(?<!\\)(?:(?:\\\\)++(?:\\[^\\])?|\\[^\\])[^"\\]*+"\s*+:')
_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\(?:[bf]|u00(?:0[0-8bceBCEfF]|1[0-9a-fA-F]))")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')


def decoded(body: bytes) -> Any:
    """The value of a body of at most 10 MiB; numbers as int or float.  Raises Refused with one issue."""
    if len(body) > LARGEST_BODY:
        raise _refused(Refusal.TOO_LARGE, IssueCode.TOO_LONG, "The body is larger than 10 MiB.")
    if len(body) > MOST_VALUES and _too_many_values(body):
        raise _refused(Refusal.TOO_LARGE, IssueCode.TOO_LONG, "The body holds more than 1,000,000 values.")
    value = _parsed(body)
    if b"\\" in body:
        _check_escapes(body)
    _check_shape(value, body)
    return value


def _refused(reason: Refusal, code: IssueCode, text: str) -> Refused:
    return Refused(reason, [Issue(Severity.FATAL, code, text)])


def _too_many_values(body: bytes) -> bool:
    return body.count(b",") >= MOST_VALUES and _STRING.sub(b"", body).count(b",") >= MOST_VALUES


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(error) from None


def _unreadable(error: orjson.JSONDecodeError) -> Refused:
    """The reason orjson gives, in our words; its own text is not passed on."""
    place = f"line {error.lineno}, column {error.colno}"
    if "infinity" in error.msg:
        return _refused(Refusal.INVALID, IssueCode.VALUE, f"A number is beyond the range of a double: {place}.")
    if "low surrogate" in error.msg or "high surrogate" in error.msg or "control character" in error.msg:
        return _refused(Refusal.INVALID, IssueCode.VALUE, f"A string holds a character that is not allowed: {place}.")
    if "depth" in error.msg:
        return _too_deep()
    return _refused(Refusal.UNPARSEABLE, IssueCode.STRUCTURE, f"The body is not JSON in UTF-8: {place}.")


def _check_escapes(body: bytes) -> None:
    if _CONTROL.search(body):
        text = "A string holds a control character other than tab, line feed and carriage return."
        raise _refused(Refusal.INVALID, IssueCode.VALUE, text)
    if _ESCAPED_NAME.search(body):
        raise _refused(Refusal.UNPARSEABLE, IssueCode.STRUCTURE, "A member name is written with an escape.")


def _check_shape(value: object, body: bytes) -> None:
    """Depth and repeated names, by writing the value again, which costs a quarter of reading it.

    Around it go as many arrays as leave orjson DEEPEST levels.  Of repeated names a reader keeps one, so that what it
    writes has fewer colons than the body; a colon inside a string is written as often as it was read.
    """
    for _ in range(_DEEPEST_WRITTEN - DEEPEST):
        value = [value]
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise _too_deep() from None
    colons = body.count(b":") + (len(_ESCAPED_COLON.findall(body)) if b"\\u003" in body else 0)
    if written.count(b":") != colons:
        text = "A member name stands twice in the same object."
        raise _refused(Refusal.UNPARSEABLE, IssueCode.STRUCTURE, text)


def _too_deep() -> Refused:
    text = f"Arrays and objects are nested deeper than {DEEPEST} levels."
    return _refused(Refusal.INVALID, IssueCode.TOO_COSTLY, text)
