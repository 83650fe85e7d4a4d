"""Which media types the service reads and writes: FHIR R4 as JSON in UTF-8, and nothing else."""

from __future__ import annotations

FHIR_JSON = "application/fhir+json; fhirVersion=4.0; charset=utf-8"

_READS = frozenset({"application/fhir+json", "application/json"})
_WRITES = _READS | {"application/*", "*/*"}
_FORMATS = _READS | {"json"}


def reads(content_type: str | None) -> bool:
    """Is this Content-Type one that can be read? A missing one cannot (FHIR R4 http.html, MIME types)."""
    kind, parameters = _parsed(content_type or "")
    return kind in _READS and _is_r4(parameters) and parameters.get("charset", "utf-8") == "utf-8"


def is_form(content_type: str | None) -> bool:
    """Is this the Content-Type of a search by form, in UTF-8?"""
    kind, parameters = _parsed(content_type or "")
    return kind == "application/x-www-form-urlencoded" and parameters.get("charset", "utf-8") == "utf-8"


def writes(accept: str | None, wanted: str | None = None) -> bool:
    """May the answer be FHIR JSON? `wanted` is the query parameter _format, which goes before the Accept header."""
    if wanted is not None:
        kind, parameters = _parsed(wanted.replace(" ", "+"))
        return kind in _FORMATS and _is_r4(parameters)
    return not accept or any(_is_acceptable(*_parsed(each)) for each in accept.split(","))


def _is_acceptable(kind: str, parameters: dict[str, str]) -> bool:
    return kind in _WRITES and _is_r4(parameters) and not _is_zero(parameters.get("q", "1"))


def _is_r4(parameters: dict[str, str]) -> bool:
    return parameters.get("fhirversion", "4.0") in {"4.0", "4.0.1"}


def _is_zero(weight: str) -> bool:
    return not weight.strip("0.")


def _parsed(media_type: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, both in lower case: "a/b; Q=1" is ("a/b", {"q": "1"})."""
    kind, *rest = media_type.lower().split(";")
    named = (each.partition("=") for each in rest)
    return kind.strip(), {name.strip(): value.strip().strip('"') for name, _, value in named}
