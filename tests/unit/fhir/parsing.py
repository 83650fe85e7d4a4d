"""Invented resources and Bundles for the tests of parsing, and what parsing says of them."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from fhirsvc.domain.errors import Issue, Refusal, Refused, is_fault
from fhirsvc.fhir.parse import ParsedBundle, parse_bundle

Json = dict[str, Any]


def patient(**members: object) -> Json:
    return {"resourceType": "Patient", "id": "p1", "name": [{"family": "Rossi", "given": ["Ada"]}], **members}


def observation(**members: object) -> Json:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": "http://example.org/codes", "code": "reflex"}], "text": "Achilles reflex"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-01T09:00:00+01:00",
        **members,
    }


def condition(**members: object) -> Json:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "code": {"text": "Heel pain"},
        "subject": {"reference": "Patient/p1"},
        **members,
    }


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def collection(*resources: object) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def put(resource: Json, **members: object) -> Json:
    url = f"{resource['resourceType']}/{resource.get('id')}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}, **members}


def post(resource: Json, **members: object) -> Json:
    return {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}, **members}


def transaction(*entries: object) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def batch(*entries: object) -> Json:
    return {"resourceType": "Bundle", "type": "batch", "entry": list(entries)}


def parsed(bundle: Mapping[str, Any]) -> ParsedBundle:
    return parse_bundle(orjson.dumps(bundle))


def warnings(bundle: ParsedBundle) -> list[Issue]:
    """What is doubtful and yet taken, in the order of the entries."""
    return [issue for entry in bundle.entries for issue in entry.issues if not is_fault(issue)]


def refusal(bundle: object) -> Refused:
    """How a Bundle, as a value or as its text, is refused."""
    return refusal_by(parse_bundle, bundle)


def refusal_by(parse: Callable[[bytes], object], bundle: object) -> Refused:
    try:
        parse(bundle if isinstance(bundle, bytes) else orjson.dumps(bundle))
    except Refused as refused:
        return refused
    raise AssertionError("It was taken.")


def said(refused: Refused) -> list[tuple[str, str]]:
    """The code and the place of every issue."""
    return [(str(issue.code), issue.expression) for issue in refused.issues]


def only(refused: Refused) -> Issue:
    (issue,) = refused.issues
    return issue


def is_clean(refused: Refused) -> bool:
    """A refusal that a client can act on: a reason, at most twenty issues, each in words."""
    return refused.reason in Refusal and 1 <= len(refused.issues) <= 20 and all(each.text for each in refused.issues)
