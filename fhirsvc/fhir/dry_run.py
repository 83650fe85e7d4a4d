"""$assess-heel-pain in FHIR: the Bundle of a request, and the Parameters that answer what would be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import orjson

from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, refusal_reason
from fhirsvc.domain.protocol import Outcome
from fhirsvc.fhir import narrative, strict_json
from fhirsvc.fhir.extract import Unread
from fhirsvc.fhir.extract.tree import child
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource import add_tag, reread
from fhirsvc.fhir.structure import faults

_TYPE = "Parameters"
_BUNDLE = "bundle"
_SHOWN = "Dry run: nothing of this was written, and no decision stands on it."


class _Parameter(msgspec.Struct):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()


class _Parameters(msgspec.Struct):
    parameter: list[_Parameter] = []


_TEXTS = msgspec.json.Decoder(_Parameters)


def bundle_in(body: bytes) -> tuple[bytes, str]:
    """The Bundle of a request, exactly as it was sent, and its place; b"" = there is none.

    The body is a Parameters resource with at most one parameter `bundle`, or the Bundle itself (R4 operations.html,
    "Executing an Operation Synchronously").  Raises Refused when it is neither.
    """
    if not body.strip():
        return b"", ""
    resource = strict_json.decoded(body)
    type_ = resource.get("resourceType") if isinstance(resource, dict) else None
    if type_ == "Bundle":
        return body, "Bundle"
    if type_ != _TYPE:
        raise _refused([_fault(IssueCode.INVALID, "The body is a Parameters resource or a Bundle, or empty.", "")])
    if issues := faults(resource, _TYPE, _TYPE):
        raise _refused(issues)
    if issues := list(_unknown(resource.get("parameter", []))):
        raise _refused(issues)
    texts = _TEXTS.decode(body).parameter
    return (bytes(texts[0].resource), f"{_TYPE}.parameter[0].resource") if texts else (b"", "")


def _unknown(parameters: object) -> Iterator[Issue]:
    if not isinstance(parameters, list) or not all(isinstance(each, dict) for each in parameters):
        yield _fault(IssueCode.STRUCTURE, "Parameters are a list of objects.", f"{_TYPE}.parameter")
        return
    for index, each in enumerate(parameters):
        place = f"{_TYPE}.parameter[{index}]"
        if each.get("name") != _BUNDLE:
            yield _fault(IssueCode.INVALID, "This operation takes the parameter bundle and no other.", f"{place}.name")
        elif index > 0:
            yield _fault(IssueCode.INVALID, "The parameter bundle stands once.", place)
        elif child(each, "resource").get("resourceType") != "Bundle":
            yield _fault(IssueCode.INVALID, "The parameter bundle holds a Bundle.", f"{place}.resource")


def _fault(code: IssueCode, text: str, place: str) -> Issue:
    return Issue(Severity.ERROR, code, text, place)


def _refused(issues: Sequence[Issue]) -> Refused:
    return Refused(refusal_reason(issues) or Refusal.INVALID, issues)


def placed(issues: Iterable[Issue], place: str) -> list[Issue]:
    """Issues of a Bundle, with their places in the body in which it stands at `place`."""
    return [replace(each, expression=_moved(each.expression, place)) for each in issues]


def _moved(expression: str, place: str) -> str:
    return f"{place}{expression.removeprefix('Bundle')}" if expression.startswith("Bundle") else expression


def only_shown(body: bytes) -> bytes:
    """An impression as it would be written, told to be none: in-progress, tagged, and without an id."""
    resource = reread(body)
    add_tag(resource, "dry-run")
    narrative.put_first(resource, _SHOWN)
    del resource["id"], resource["identifier"]
    return orjson.dumps({**resource, "status": "in-progress"})


def parameters(
    patient: str,
    assessment: Assessment,
    impression: bytes,
    unread: Iterable[Unread],
    issues: Sequence[Issue],
    *,
    changes: bool,
) -> bytes:
    """The Parameters that answer; fhir.operations says what each of them is."""
    answer = [
        {"name": "patient", "valueReference": {"reference": f"Patient/{patient}"}},
        *(map(_finding, assessment.findings) if assessment.findings else [_not_applicable(assessment)]),
        {"name": "changes", "valueBoolean": changes},
        *([{"name": "impression", "resource": orjson.Fragment(impression)}] if impression else []),
        *_not_understood(unread),
        *([{"name": "issues", "resource": operation_outcome(issues)}] if issues else []),
    ]
    return orjson.dumps({"resourceType": _TYPE, "parameter": answer})


def _finding(finding: Finding) -> dict[str, Any]:
    said = {"outcome": finding.outcome, "rule": finding.rule, "complaint": finding.complaint, "side": finding.side}
    return {"name": "finding", "part": [_code(name, str(value)) for name, value in said.items() if value]}


def _not_applicable(assessment: Assessment) -> dict[str, Any]:
    said = (_code("outcome", Outcome.NOT_APPLICABLE.value), _code("rule", assessment.not_applicable))
    return {"name": "finding", "part": list(said)}


def _not_understood(unread: Iterable[Unread]) -> Iterator[dict[str, Any]]:
    """Each resource version once per reason, however many of its parts were not understood."""
    for reference, why in dict.fromkeys((each.reference, each.why) for each in unread):
        resource = {"name": "resource", "valueReference": {"reference": reference}}
        yield {"name": "not-understood", "part": [resource, _code("why", why)]}


def _code(name: str, value: str) -> dict[str, str]:
    return {"name": name, "valueCode": value}
