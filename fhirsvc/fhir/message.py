"""FHIR messages: what a MessageHeader says, and the message that answers it (R4 messaging.html)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity
from fhirsvc.fhir import strict_json, structure
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource import instant

_TYPE = "MessageHeader"
_EVENTS = ("eventCoding", "eventUri")
_DONE = Issue(Severity.INFORMATION, IssueCode.INFORMATIONAL, "The message was taken in.")


class Response(StrEnum):
    """How a message was processed (R4 response-code)."""

    OK = "ok"
    TRANSIENT = "transient-error"
    FATAL = "fatal-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The message that answers another.

    header: of the message that is answered.  own: the address of this service, where messages are sent.  at: when it is
    answered.  issues: what is said of it, as the details of the response.  links: relation → address.
    """

    header: Mapping[str, Any]
    code: Response
    own: str
    at: datetime
    issues: tuple[Issue, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


def header_of(body: bytes) -> Mapping[str, Any] | None:
    """The MessageHeader of a body that may be faulty elsewhere; None when it has none that can be answered."""
    try:
        bundle = strict_json.decoded(body)
    except Refused:
        return None
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    return header if _is_answerable(header) else None


def _is_answerable(header: object) -> bool:
    return (
        isinstance(header, dict)
        and header.get("resourceType") == _TYPE
        and "id" in header
        and not structure.faults(header, _TYPE, _TYPE)
    )


def rendered(answer: Answer) -> bytes:
    """The Bundle of type message: a MessageHeader with the response, and the OperationOutcome that says the details.

    Its ids follow from the message that is answered, so that a repeated message has the same answer.
    """
    header, details = (_uuid(answer, part) for part in ("header", "details"))
    bundle = {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": instant(answer.at),
        **({"link": _links(answer.links)} if answer.links else {}),
        "entry": [
            {"fullUrl": f"urn:uuid:{header}", "resource": _header(answer, header, f"urn:uuid:{details}")},
            {"fullUrl": f"urn:uuid:{details}", "resource": operation_outcome(answer.issues or (_DONE,))},
        ],
    }
    return orjson.dumps(bundle)


def _uuid(answer: Answer, part: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{answer.own} {part} {answer.header['id']}"))


def _links(links: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"relation": relation, "url": address} for relation, address in links.items()]


def _header(answer: Answer, id_: str, details: str) -> dict[str, Any]:
    """The event as it came; from this service to where the message says it came from, which is never called."""
    asked = answer.header
    source = asked["source"]
    destination = {name: source[name] for name in ("name", "endpoint") if name in source}
    return {
        "resourceType": _TYPE,
        "id": id_,
        **{name: asked[name] for name in _EVENTS if name in asked},
        "destination": [destination],
        "source": {"name": "fhirsvc", "software": "fhirsvc", "endpoint": answer.own},
        "response": {"identifier": asked["id"], "code": answer.code.value, "details": {"reference": details}},
    }


def told(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Issues as the details of a response hold them: each once, in order."""
    return tuple(dict.fromkeys(issues))
