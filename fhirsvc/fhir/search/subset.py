"""Part of a resource, taken out of its text: every value stays as it is written, so that `1.10` stays `1.10`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec
import orjson

from fhirsvc.fhir.schema import read
from fhirsvc.fhir.search.control import Summary

SUBSETTED = orjson.dumps(
    {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "SUBSETTED",
        "display": "subsetted",
    }
)
_ALWAYS = frozenset({"resourceType", "id", "meta"})
_MODIFIERS = frozenset(
    {
        "active",
        "clinicalStatus",
        "deceasedBoolean",
        "deceasedDateTime",
        "doNotPerform",
        "implicitRules",
        "intent",
        "isSubpotent",
        "lifecycleStatus",
        "modifierExtension",
        "status",
        "verificationStatus",
    }
)
"""Elements that change what the rest means (isModifier in R4), of whichever type; they are never left out."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@cache
def _of_types() -> Mapping[str, Mapping[str, list[str]]]:
    """By type the elements of its summary and those it must have, of a choice in all its forms: schema/summary.json."""
    found: Mapping[str, Mapping[str, list[str]]] = read("summary")
    return found


def subset(body: bytes, summary: Summary, elements: Collection[str] = ()) -> bytes:
    """As much of a resource as is asked for, tagged SUBSETTED; elements: "" = all.

    What it must have, what changes its meaning, and what is contained and referred to is always there.
    """
    if summary in {Summary.FALSE, Summary.COUNT} and not elements:
        return body
    members = _OBJECT.decode(body)
    type_ = orjson.loads(bytes(members["resourceType"]))
    kept: dict[str, bytes | msgspec.Raw] = {
        name: value for name, value in members.items() if _is_kept(name, type_, summary, elements)
    }
    kept["meta"] = _tagged(members.get("meta"))
    if contained := _referred(members.get("contained"), kept):
        kept["contained"] = contained
    return _object(kept)


def _is_kept(name: str, type: str, summary: Summary, elements: Collection[str]) -> bool:
    element = name.removeprefix("_")
    if element in _ALWAYS or element in _MODIFIERS or element in _of_types()[type]["mandatory"]:
        return True
    if element == "contained":
        return False
    return _is_named(element, elements) if elements else _is_in(element, type, summary)


def _is_named(element: str, elements: Collection[str]) -> bool:
    """Is an element named, of a choice without or with its type (value, valueQuantity)?"""
    choice: dict[str, str] = _choices()
    return element in elements or choice.get(element, element) in elements


@cache
def _choices() -> dict[str, str]:
    forms: dict[str, str] = read("choices")["forms"]
    return forms


def _is_in(element: str, type: str, summary: Summary) -> bool:
    if summary is Summary.DATA:
        return element != "text"
    if summary is Summary.TEXT:
        return element == "text"
    return element in _of_types()[type]["summary"]


def _tagged(meta: msgspec.Raw | None) -> bytes:
    members: dict[str, Any] = dict(_OBJECT.decode(meta)) if meta else {}
    tags = [bytes(each) for each in _LIST.decode(members["tag"])] if "tag" in members else []
    return _object({**members, "tag": b"[" + b",".join([*tags, SUBSETTED]) + b"]"})


def _referred(contained: msgspec.Raw | None, kept: Mapping[str, bytes | msgspec.Raw]) -> bytes:
    """Those of the contained resources that what is kept refers to; b"" = none."""
    if contained is None:
        return b""
    text = b"".join(bytes(each) for each in kept.values())
    inside = [bytes(each) for each in _LIST.decode(contained)]
    found = [each for each in inside if b'"#%b"' % orjson.loads(each)["id"].encode() in text]
    return b"[" + b",".join(found) + b"]" if found else b""


def _object(members: Mapping[str, Any]) -> bytes:
    return b"{" + b",".join(b'"%b":%b' % (name.encode(), bytes(value)) for name, value in members.items()) + b"}"
