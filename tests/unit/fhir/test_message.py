"""A message is answered by a message that names it, goes where it came from, and is the same each time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity
from fhirsvc.fhir.message import Answer, Response, header_of, rendered
from fhirsvc.fhir.parse import parse_bundle
from tests.fhir_checks import assert_valid_r4

HEADER = {
    "resourceType": "MessageHeader",
    "id": "m1",
    "eventCoding": {"system": "urn:x:events", "code": "examined"},
    "source": {"name": "Clinic", "endpoint": "urn:x:clinic", "software": "Desk"},
}
PATIENT = {"resourceType": "Patient", "id": "p"}


def message(*resources: dict[str, Any], **more: Any) -> bytes:
    entries = [{"resource": each} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": entries, **more}).encode()


def answer(code: Response = Response.OK, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 29, 9, tzinfo=UTC)
    found: dict[str, Any] = json.loads(
        rendered(Answer(header=HEADER, code=code, own="http://here.example/fhir/$process-message", at=at, **more))
    )
    assert_valid_r4(found)
    return found


def test_an_answer_keeps_the_event_and_goes_where_the_message_came_from() -> None:
    header, details = (entry["resource"] for entry in answer()["entry"])
    assert header["eventCoding"] == HEADER["eventCoding"]
    assert header["destination"] == [{"name": "Clinic", "endpoint": "urn:x:clinic"}]
    assert header["source"]["endpoint"] == "http://here.example/fhir/$process-message"
    assert (header["response"]["identifier"], header["response"]["code"]) == ("m1", "ok")
    assert details["issue"][0]["severity"] == "information"


def test_an_answer_tells_what_was_wrong() -> None:
    issue = Issue(Severity.ERROR, IssueCode.INVALID, "No.", "Bundle.entry[1]")
    header, details = (entry["resource"] for entry in answer(Response.FATAL, issues=(issue,))["entry"])
    assert header["response"]["code"] == "fatal-error"
    assert details["issue"][0]["expression"] == ["Bundle.entry[1]"]


def test_a_message_has_one_answer_and_another_message_another() -> None:
    assert answer() == answer()
    other = Answer(header={**HEADER, "id": "m2"}, code=Response.OK, own="http://here.example", at=datetime.now(UTC))
    assert json.loads(rendered(other))["entry"][0]["fullUrl"] != answer()["entry"][0]["fullUrl"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"entry":{}}',
        b'{"entry":[]}',
        b'{"entry":[1]}',
        b'{"entry":[{"resource":[]}]}',
        message(PATIENT),
        message({**HEADER, "source": {}}),
        message({name: value for name, value in HEADER.items() if name != "id"}),
    ],
)
def test_what_has_no_header_that_can_be_answered_is_refused_as_no_message(body: bytes) -> None:
    assert header_of(body) is None
    with pytest.raises(Refused):
        parse_bundle(body, message=True)


def test_a_header_is_found_whatever_is_wrong_behind_it() -> None:
    assert header_of(message(HEADER, {"resourceType": "Nothing"})) == HEADER


def test_a_message_is_read_as_a_collection_behind_its_header() -> None:
    found = parse_bundle(message(HEADER, PATIENT), message=True)
    assert (found.type, found.header) == ("message", HEADER)
    assert [(each.index, each.type, each.id) for each in found.entries] == [(1, "Patient", "p")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (message(PATIENT, HEADER), "bdl-12"),
        (message(HEADER, HEADER), "The service takes no "),
        (message(HEADER, PATIENT, total=1), "bdl-1"),
        (message(HEADER, {**PATIENT, "gender": "x"}), "The code"),
        (message(HEADER, PATIENT, type="collection"), "type message"),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused_whole(body: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_bundle(body, message=True)
    assert any(said in issue.text for issue in refused.value.issues)


def test_only_its_operation_takes_a_message() -> None:
    with pytest.raises(Refused) as refused:
        parse_bundle(message(HEADER, PATIENT))
    assert "$process-message" in refused.value.issues[0].text
