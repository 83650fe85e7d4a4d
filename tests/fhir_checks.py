"""Is this JSON a valid R4 resource? The published models, and what they leave open: bindings, targets, invariants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

Json = dict[str, Any]

CLINICAL = frozenset({"ClinicalImpression", "Flag", "Provenance", "ServiceRequest", "Task"})
"""Types that a clinician or an EHR shows: here the best practice dom-6 (a narrative) is a must."""

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_RELATIVE = re.compile(r"(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_ABSOLUTE = re.compile(r"https?://\S+/(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_URI = re.compile(r"[a-z][a-z0-9+.\-]*:\S+")
_XHTML = "{http://www.w3.org/1999/xhtml}"
_TAGS = "div p b i em strong ul ol li table thead tbody tr td th br span h1 h2 h3 h4 h5 h6 pre code hr"
_TRUNCATED = {
    (
        "Task",
        "status",
    ): "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed "
    "entered-in-error",
    ("OperationOutcomeIssue", "severity"): "fatal error warning information",
    ("OperationOutcomeIssue", "code"): "invalid structure required value invariant security login unknown expired "
    "forbidden suppressed processing not-supported duplicate multiple-matches not-found deleted too-long code-invalid "
    "extension too-costly business-rule conflict transient lock-error no-store exception timeout incomplete throttled "
    "informational",
    ("Bundle", "type"): "document message transaction transaction-response batch batch-response history searchset "
    "collection",
    ("Observation", "status"): "registered preliminary final amended corrected cancelled entered-in-error unknown",
    ("DiagnosticReport", "status"): "registered partial preliminary final amended corrected appended cancelled "
    "entered-in-error unknown",
    ("Procedure", "status"): "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
    ("ServiceRequest", "status"): "draft active on-hold revoked completed entered-in-error unknown",
    ("ServiceRequest", "intent"): "proposal plan directive order original-order reflex-order filler-order "
    "instance-order option",
}
"""Required bindings that the models' metadata leave out or cut short."""

_REQUIRED = {element: frozenset(codes.split()) for element, codes in _TRUNCATED.items()}


def assert_valid_r4(resource: Json) -> None:
    """Fail with every fault of a resource (or Bundle, with its entries), each behind its path."""
    found = list(faults_of(resource))
    assert not found, "\n".join(found)


def faults_of(resource: Json) -> Iterator[str]:
    """Every fault: of structure first; the rest only of what the models accept."""
    kind = resource.get("resourceType", "")
    yield from _empty(resource, kind)
    try:
        model = get_fhir_model_class(kind).model_validate(resource)
    except (ValidationError, KeyError, LookupError, ValueError) as error:
        yield f"{kind}: {error}"
        return
    yield from _of_model(model, kind, _contained(resource))
    yield from _of_resource(resource, kind)


def _empty(value: object, path: str) -> Iterator[str]:
    """ele-1: nothing is null, empty or blank."""
    if value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip()):
        yield f"{path}: empty"
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _empty(child, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}")


def _contained(resource: Json) -> dict[str, str]:
    return {f"#{each['id']}": each["resourceType"] for each in resource.get("contained", [])}


def _known_in(element: BaseModel, contained: dict[str, str]) -> dict[str, str]:
    """What an element may refer to as contained: a resource that is an entry has its own."""
    if "contained" not in type(element).model_fields:
        return contained
    return {f"#{each.id}": each.get_resource_type() for each in getattr(element, "contained", None) or []}


def _of_model(model: BaseModel, path: str, contained: dict[str, str]) -> Iterator[str]:
    """What each element may hold, by the metadata of its model."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name, None)
        about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        for each in value if isinstance(value, list) else [value] if value is not None else []:
            where = f"{path}.{field.alias or name}"
            yield from _of_binding(model, name, each, about, where)
            yield from _of_target(each, about, where, contained)
            if isinstance(each, BaseModel):
                yield from _of_model(each, where, contained if name == "contained" else _known_in(each, contained))
                yield from _of_datatype(each, where)


_ANY_MIME_TYPE = frozenset({("CapabilityStatement", "format"), ("CapabilityStatement", "patchFormat")})
"""Bound to all MIME types; the values in the model's metadata are words of the short description, not codes."""


def _of_binding(model: BaseModel, name: str, value: object, about: Json, where: str) -> Iterator[str]:
    if (type(model).__name__, name) in _ANY_MIME_TYPE:
        return
    allowed = _REQUIRED.get((type(model).__name__, name)) or about.get("enum_values") or ()
    if isinstance(value, str) and allowed and "+" not in allowed and value not in allowed:
        yield f"{where}: {value!r} is not one of {sorted(allowed)}"


def _of_target(value: object, about: Json, where: str, contained: dict[str, str]) -> Iterator[str]:
    allowed = about.get("enum_reference_types") or []
    if type(value).__name__ != "Reference" or not allowed:
        return
    kind, fault = _target(value, contained)
    if fault:
        yield f"{where}: {fault}"
    elif kind and "Resource" not in allowed and kind not in allowed:
        yield f"{where}: refers to {kind}, allowed are {allowed}"


def _target(reference: Any, contained: dict[str, str]) -> tuple[str, str]:
    """The type a Reference points to and what is wrong with it; "" and "" for one that need not name a type."""
    text, stated = reference.reference or "", reference.type or ""
    if not text:
        return stated, "" if reference.identifier or reference.display else "refers to nothing"
    if text.startswith("#"):
        return contained.get(text, ""), "" if text in contained else f"{text} is not contained (ref-1)"
    if text.startswith("urn:uuid:"):
        return stated, ""
    match = _RELATIVE.fullmatch(text) or _ABSOLUTE.fullmatch(text)
    if match is None:
        return "", f"{text!r} is no reference"
    return match["type"], "" if stated in ("", match["type"]) else f"type {stated} is not that of {text}"


def _of_datatype(value: Any, where: str) -> Iterator[str]:
    name = type(value).__name__
    if name == "Period" and value.start and value.end and value.start > value.end:
        yield f"{where}: ends before it starts (per-1)"
    if name == "Coding" and (not value.system or not _URI.fullmatch(str(value.system))):
        yield f"{where}: coding without the URI of its system"
    if name == "Coding" and not value.code:
        yield f"{where}: coding without code"
    if name == "Extension":
        yield from _of_extension(value, where)


def _of_extension(value: Any, where: str) -> Iterator[str]:
    values = [key for key in value.model_fields_set if key.startswith("value")]
    if bool(values) == bool(value.extension):
        yield f"{where}: an extension has a value or extensions, not both (ext-1)"
    if not _URI.fullmatch(str(value.url)):
        yield f"{where}: the url of an extension is absolute"


def _of_resource(resource: Json, kind: str) -> Iterator[str]:
    yield from _of_domain_resource(resource, kind)
    if "id" in resource and not _ID.fullmatch(resource["id"]):
        yield f"{kind}.id: not an id"
    ids = [each for each in _element_ids(resource) if each]
    if len(ids) != len(set(ids)):
        yield f"{kind}: an element id stands twice"
    if "text" in resource:
        yield from _of_narrative(resource["text"]["div"], f"{kind}.text.div")
    yield from _INVARIANTS.get(kind, _none)(resource)


def _of_domain_resource(resource: Json, kind: str) -> Iterator[str]:
    if kind in CLINICAL and "text" not in resource:
        yield f"{kind}: no narrative (dom-6)"
    whole = str({key: value for key, value in resource.items() if key != "contained"})
    for each in resource.get("contained", []):
        if "contained" in each:
            yield f"{kind}.contained: contains another (dom-2)"
        if f"'#{each['id']}'" not in whole:
            yield f"{kind}.contained: #{each['id']} is never referred to (dom-3)"
        if {"versionId", "lastUpdated", "security"} & set(each.get("meta", {})):
            yield f"{kind}.contained: has a version or security label (dom-4, dom-5)"


def _element_ids(value: object, *, top: bool = True) -> Iterator[str]:
    """Ids of elements; resources inside have a space of their own."""
    if isinstance(value, dict):
        if not top and "resourceType" in value:
            return
        if not top:
            yield value.get("id", "")
        for child in value.values():
            yield from _element_ids(child, top=False)
    elif isinstance(value, list):
        for child in value:
            yield from _element_ids(child, top=False)


def _of_narrative(div: str, where: str) -> Iterator[str]:
    """txt-1 and txt-2: well-formed, only formatting, and with something to read."""
    try:
        root = ET.fromstring(div)  # noqa: S314 - our own answer, without entities or doctype
    except ET.ParseError as error:
        yield f"{where}: {error}"
        return
    if root.tag != f"{_XHTML}div":
        yield f"{where}: not an XHTML div"
    for each in root.iter():
        if each.tag.removeprefix(_XHTML) not in _TAGS.split() or each.attrib:
            yield f"{where}: <{each.tag}> is not plain formatting (txt-1)"
    if not "".join(root.itertext()).strip():
        yield f"{where}: nothing to read (txt-2)"


def _none(_resource: Json) -> Iterator[str]:
    yield from ()


def _task(resource: Json) -> Iterator[str]:
    if resource.get("lastModified", "") < resource.get("authoredOn", ""):
        yield "Task: modified before it was authored (inv-1)"


def _provenance(resource: Json) -> Iterator[str]:
    for each in resource["agent"]:
        if each.get("who") == each.get("onBehalfOf"):
            yield "Provenance.agent: who and onBehalfOf are the same (prov-1)"


def _observation(resource: Json) -> Iterator[str]:
    if "dataAbsentReason" in resource and any(key.startswith("value") for key in resource):
        yield "Observation: a value and a reason for its absence (obs-6)"


_INACTIVE = frozenset({"inactive", "remission", "resolved"})


def _condition(resource: Json) -> Iterator[str]:
    clinical = {each["code"] for each in resource.get("clinicalStatus", {}).get("coding", [])}
    verification = {each["code"] for each in resource.get("verificationStatus", {}).get("coding", [])}
    if any(key.startswith("abatement") for key in resource) and clinical and not clinical & _INACTIVE:
        yield "Condition: abated and active (con-4)"
    if "entered-in-error" in verification and clinical:
        yield "Condition: entered in error with a clinical status (con-5)"
    if not clinical <= _INACTIVE | {"active", "recurrence", "relapse"}:
        yield f"Condition.clinicalStatus: {sorted(clinical)}"
    allowed = {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}
    if not verification <= allowed:
        yield f"Condition.verificationStatus: {sorted(verification)}"


def _operation_outcome(resource: Json) -> Iterator[str]:
    if not resource.get("issue"):
        yield "OperationOutcome: no issue"


def _bundle(resource: Json) -> Iterator[str]:
    kind, entries = resource["type"], resource.get("entry", [])
    if "total" in resource and kind not in ("searchset", "history"):
        yield "Bundle.total: only in searches and histories (bdl-1)"
    asks, answers = {"batch", "transaction", "history"}, {"batch-response", "transaction-response", "history"}
    for index, entry in enumerate(entries):
        where = f"Bundle.entry[{index}]"
        if "search" in entry and kind != "searchset":
            yield f"{where}.search: only in searches (bdl-2)"
        if ("request" in entry) != (kind in asks):
            yield f"{where}.request (bdl-3)"
        if ("response" in entry) != (kind in answers):
            yield f"{where}.response (bdl-4)"
        if not {"resource", "request", "response"} & set(entry):
            yield f"{where}: holds nothing (bdl-5)"
        if "/_history/" in entry.get("fullUrl", ""):
            yield f"{where}.fullUrl: names a version (bdl-8)"
        yield from _inside(entry, where)
    addresses = [
        (each["fullUrl"], str(each.get("resource", {}).get("meta", {}))) for each in entries if "fullUrl" in each
    ]
    if kind != "history" and len(addresses) != len(set(addresses)):
        yield "Bundle: a fullUrl stands twice (bdl-7)"


def _inside(entry: Json, where: str) -> Iterator[str]:
    inner = [entry.get("resource"), entry.get("response", {}).get("outcome")]
    for resource in inner:
        if resource is not None:
            yield from (f"{where}: {fault}" for fault in faults_of(resource))


def _capability_statement(resource: Json) -> Iterator[str]:
    if not {"rest", "messaging", "document"} & set(resource):
        yield "CapabilityStatement: offers nothing (cpb-1)"
    if not {"description", "software", "implementation"} & set(resource):
        yield "CapabilityStatement: says nothing of itself (cpb-2)"
    if resource.get("kind") == "instance" and "implementation" not in resource:
        yield "CapabilityStatement: an instance without implementation (cpb-14)"
    for rest in resource.get("rest", []):
        types = [each["type"] for each in rest.get("resource", [])]
        if len(types) != len(set(types)):
            yield "CapabilityStatement: a type stands twice (cpb-9)"
        for each in rest.get("resource", []):
            names = [param["name"] for param in each.get("searchParam", [])]
            if len(names) != len(set(names)):
                yield f"CapabilityStatement: a parameter of {each['type']} stands twice (cpb-12)"


_INVARIANTS: dict[str, Callable[[Json], Iterator[str]]] = {
    "Bundle": _bundle,
    "CapabilityStatement": _capability_statement,
    "Condition": _condition,
    "Observation": _observation,
    "OperationOutcome": _operation_outcome,
    "Provenance": _provenance,
    "Task": _task,
}
