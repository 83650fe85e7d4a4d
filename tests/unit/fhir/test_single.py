"""One resource as the only entry of a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity
from fhirsvc.fhir.single import batch_of, of_resource

REQUEST = {"method": "POST", "url": "Patient"}


def test_the_text_of_the_resource_stays_as_it_is() -> None:
    text = b'{ "resourceType":"Observation", "valueQuantity" : {"value":1.10} }'
    assert text in batch_of(REQUEST, text)


def test_what_carries_nothing_has_no_resource() -> None:
    [entry] = json.loads(batch_of({"method": "DELETE", "url": "Patient/x"}, None))["entry"]
    assert entry == {"request": {"method": "DELETE", "url": "Patient/x"}}


TEXTS = st.text('abc{}[]",:\\', min_size=1)


@given(st.dictionaries(st.text("abc:,{", min_size=1), TEXTS | st.integers(-9, 9) | st.lists(TEXTS)))
def test_whatever_is_sent_is_one_entry(resource: dict[str, Any]) -> None:
    bundle = json.loads(batch_of(REQUEST, json.dumps(resource).encode()))
    assert bundle["entry"] == [{"request": REQUEST, "resource": resource}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"1",
        b"{",
        b'{"a":1}}',
        b'{"a":1},"request":{}',
        b'{}}],"type":"transaction","entry":[{{}',
        b"{} {}",
    ],
)
def test_what_is_not_one_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        batch_of(REQUEST, body)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("Bundle.entry[0].resource.status", "Observation.status"),
        ("Bundle.entry[0].resource", "Observation"),
        ("Bundle.entry[0].request.url", ""),
        ("Bundle.entry[0]", ""),
        ("_count", "_count"),
        ("", ""),
    ],
)
def test_a_place_is_told_in_the_resource_itself(place: str, told: str) -> None:
    issue = Issue(Severity.ERROR, IssueCode.VALUE, "It is wrong.", place)
    assert of_resource(issue, "Observation").expression == told
