"""One resource on its own, taken as the only entry of a batch: there is one way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir import strict_json

_ENTRY = "Bundle.entry[0]"
_RESOURCE = f"{_ENTRY}.resource"
_NO_OBJECT = Issue(Severity.ERROR, IssueCode.STRUCTURE, "The body is not a JSON object.")


def batch_of(request: Mapping[str, str], resource: bytes | None) -> bytes:
    """A batch of one entry; resource: its text, which stays as it is, None = it carries none.

    Raises Refused when the text is not one JSON object: put into a Bundle it might become part of that.
    """
    if resource is not None and not isinstance(strict_json.decoded(resource), dict):
        raise Refused(Refusal.UNPARSEABLE, [_NO_OBJECT])
    carried = b"" if resource is None else b',"resource":' + resource
    return b'{"resourceType":"Bundle","type":"batch","entry":[{"request":' + orjson.dumps(request) + carried + b"}]}"


def of_resource(issue: Issue, type: str) -> Issue:
    """An issue of that entry, said of the resource itself: its place begins with `type`; "" when it is not in it."""
    if not issue.expression.startswith(_RESOURCE):
        return replace(issue, expression="") if issue.expression.startswith("Bundle") else issue
    return replace(issue, expression=type + issue.expression.removeprefix(_RESOURCE))
