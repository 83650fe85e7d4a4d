"""What strict JSON takes, and what it refuses before any FHIR is read."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import IssueCode, Refusal
from fhirsvc.fhir import strict_json
from tests.unit.fhir.parsing import only, refusal_by

NAMES = st.text(alphabet="abc:_ ", max_size=3)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\\":/\n\t'))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def arrays(depth: int) -> bytes:
    return b"[" * depth + b"1" + b"]" * depth


REFUSED = {
    "nothing": (b"", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a truncated body": (b'{"a":1', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "text after the value": (b'{"a":1} x', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a comment": (b'{"a":1 /* one */}', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "single quotes": (b"{'a':1}", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a byte order mark": (b"\xef\xbb\xbf{}", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "UTF-16": ("{}".encode("utf-16"), Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "UTF-32": ("{}".encode("utf-32-le"), Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "Latin-1": ('"é"'.encode("latin-1"), Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "XML": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "NaN": (b"[NaN]", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "Infinity": (b"[Infinity]", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "minus Infinity": (b"[-Infinity]", Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "1e400": (b"[1e400]", Refusal.INVALID, IssueCode.VALUE),
    "-1e400": (b"[-1e400]", Refusal.INVALID, IssueCode.VALUE),
    "an integer of 5,000 digits": (b"9" * 5000, Refusal.INVALID, IssueCode.VALUE),
    "65 levels": (arrays(65), Refusal.INVALID, IssueCode.TOO_COSTLY),
    "254 levels": (arrays(254), Refusal.INVALID, IssueCode.TOO_COSTLY),
    "10,000 levels": (arrays(10_000), Refusal.INVALID, IssueCode.TOO_COSTLY),
    "10,000 unfinished levels": (b'{"a":' * 10_000, Refusal.INVALID, IssueCode.TOO_COSTLY),
    "a name twice": (b'{"a":1,"a":1}', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a name twice deep inside": (b'[{"a":[{"b":1,"c":{},"b":":"}]}]', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a name twice, once with an escape": (b'{"a":1,"\\u0061":1}', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a lost colon made up for by one in a string": (
        b'{"a":1,"a":"\\u003a"}',
        Refusal.UNPARSEABLE,
        IssueCode.STRUCTURE,
    ),
    "an escaped name": (b'{"\\u0061":1}', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "a name that ends in a backslash": (b'{"a\\\\":1}', Refusal.UNPARSEABLE, IssueCode.STRUCTURE),
    "an escaped NUL": (b'["\\u0000"]', Refusal.INVALID, IssueCode.VALUE),
    "an escaped unit separator": (b'["\\u001F"]', Refusal.INVALID, IssueCode.VALUE),
    "a backspace": (b'["\\b"]', Refusal.INVALID, IssueCode.VALUE),
    "a form feed after a backslash": (b'["\\\\\\f"]', Refusal.INVALID, IssueCode.VALUE),
    "a control character as it is": (b'["\x01"]', Refusal.INVALID, IssueCode.VALUE),
    "a high surrogate alone": (b'["\\ud800"]', Refusal.INVALID, IssueCode.VALUE),
    "a low surrogate alone": (b'["\\udc00"]', Refusal.INVALID, IssueCode.VALUE),
    "more than a million values": (b"[" + b"1," * 1_000_000 + b"1]", Refusal.TOO_LARGE, IssueCode.TOO_LONG),
    "more than 10 MiB": (b" " * (10 * 1024 * 1024) + b"1", Refusal.TOO_LARGE, IssueCode.TOO_LONG),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_it_refuses(sentence: str) -> None:
    body, reason, code = REFUSED[sentence]
    refused = refusal_by(strict_json.decoded, body)
    assert (refused.reason, only(refused).code) == (reason, code)


TAKEN = {
    "64 levels": arrays(64),
    "tab, line feed and carriage return": b'["\\t\\n\\r"]',
    "a backslash before a b": b'["\\\\b"]',
    "an escaped colon": b'{"a":"\\u003a","b":"\\u003A","c":"\\\\u003a","d":":"}',
    "a quote and a colon in a string": b'{"a":"x\\\\\\": y","b":"\\": "}',
    "a pair of surrogates": b'["\\ud83d\\ude00"]',
    "the greatest double": b"[1.7976931348623157e308]",
    "the smallest exponent": b"[1e-300]",
    "minus zero": b"[-0]",
    "40 digits": b"[0.1234567890123456789012345678901234567890]",
    "a million commas in a string": b'["' + b"," * 1_100_000 + b'"]',
}


@pytest.mark.parametrize("sentence", TAKEN)
def test_it_takes(sentence: str) -> None:
    body = TAKEN[sentence]
    assert strict_json.decoded(body) == json.loads(body)


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_whatever_is_written_without_repetition_is_read(value: object, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert strict_json.decoded(body) == json.loads(body)


@given(st.dictionaries(NAMES, JSON, min_size=1, max_size=4), JSON, st.booleans())
def test_whatever_repeats_a_name_is_refused(members: dict[str, object], again: object, ascii_only: bool) -> None:
    name = next(iter(members))
    written = json.dumps(members, ensure_ascii=ascii_only)
    repeated = f"{written[:-1]}, {json.dumps(name)}: {json.dumps(again, ensure_ascii=ascii_only)}}}"
    refused = refusal_by(strict_json.decoded, json.dumps([[0]]).replace("0", repeated).encode())
    assert "twice" in only(refused).text


SLOW = {
    "line feeds": b'["' + b"\\n" * 2_000_000 + b'"]',
    "backslashes": b'["' + b"\\" * 4_000_000 + b'"]',
    "quotes": b'["' + b'\\"' * 2_000_000 + b'"]',
    "quotes and colons": b'["' + b'\\": ' * 1_500_000 + b'"]',
    "white space after a name": b'{"a"' + b" " * 5_000_000 + b":1}",
    "half a million names": b"{" + b",".join(b'"%d":0' % number for number in range(500_000)) + b"}",
}


@pytest.mark.parametrize("sentence", SLOW)
def test_no_text_is_slow_to_read(sentence: str) -> None:
    began = time.thread_time()
    strict_json.decoded(SLOW[sentence])
    assert time.thread_time() - began < 2.0
