"""Whether a resource has the shape of its type: elements, types, cardinalities, codes, reference targets, choices.

The schemas come from `schema/`; one is compiled when its type is first met, which takes about ten milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError, ValidationErrorKind

from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.fhir import schema, xhtml
from fhirsvc.fhir.clinical_time import ends_before_it_starts
from fhirsvc.fhir.places import element_of, place_of
from fhirsvc.fhir.resource_types import ACCEPTED, ANSWERED, AUTHORED

MOST_ISSUES = 20
"""So many faults are named of one Bundle."""

_WITH_SCHEMA = ACCEPTED | ANSWERED | AUTHORED
_LONGEST_NAME = 64

_CODES = {
    "additionalProperties": IssueCode.STRUCTURE,
    "contains": IssueCode.CODE_INVALID,
    "enum": IssueCode.CODE_INVALID,
    "maxLength": IssueCode.TOO_LONG,
    "period": IssueCode.BUSINESS_RULE,
    "required": IssueCode.REQUIRED,
    "xhtml": IssueCode.INVALID,
}
"""Issue code by schema keyword; `value` for all others."""

_TEXTS = {
    "additionalProperties": "FHIR R4 has no such element here.",
    "contains": "None of the codes is one of those that FHIR requires here, with their system.",
    "enum": "The code is not one of those that FHIR requires here.",
    "maxLength": "The string is longer than 1 MiB.",
    "maximum": "The number is out of the range of its type.",
    "minItems": "An array must not be empty.",
    "minLength": "A string must not be empty.",
    "minProperties": "An object must not be empty.",
    "minimum": "The number is out of the range of its type.",
    "period": "The period ends before it starts (per-1).",
    "required": "The element is required.",
    "type": "The element is of another JSON type than FHIR R4 gives it.",
    "xhtml": "The narrative is not the limited XHTML that FHIR allows, or shows nothing (txt-1, txt-2).",
}
_FORMS = {
    "base64Binary": "This is not complete base64.",
    "canonical": "A URI is not empty and has no white space.",
    "code": "A code has no white space but single spaces between its parts.",
    "date": "A date exists and is written YYYY, YYYY-MM or YYYY-MM-DD.",
    "dateTime": "A dateTime exists and is written YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone.",
    "id": "An id has 1 to 64 letters, digits, hyphens and dots.",
    "instant": "An instant exists and is written YYYY-MM-DDThh:mm:ss with a time zone.",
    "markdown": "A string must not be white space alone.",
    "oid": "An oid is written urn:oid: and its numbers.",
    "reference": "A reference is relative, absolute, urn:uuid:, urn:oid: or # and an id.",
    "string": "A string must not be white space alone.",
    "time": "A time is written hh:mm:ss.",
    "uri": "A URI is not empty and has no white space.",
    "url": "A URI is not empty and has no white space.",
    "uuid": "A uuid is written urn:uuid: and its 36 characters.",
}
"""What a string should look like, by the definition whose pattern it does not match."""


def faults(resource: object, type_: str, place: str) -> list[Issue]:
    """The faults in the shape of a resource that stands at `place`, at most MOST_ISSUES of them.

    Of a type that has no schema here, only FHIR's JSON rules are checked.
    """
    name = type_ if type_ in _WITH_SCHEMA else "untyped"
    validator = _validator(name)
    if validator.is_valid(resource):
        return []
    found = (_issues(error, name, place) for error in validator.iter_errors(resource))
    return list(islice(chain.from_iterable(found), MOST_ISSUES))


@cache
def _validator(name: str) -> Draft202012Validator:
    whole = schema.read(name)
    whole["$defs"] |= schema.read("datatypes")
    return Draft202012Validator(
        whole, pattern_options=RegexOptions(), keywords={"xhtml": _Narrative, "period": _Period}
    )


class _Narrative:
    """The schema keyword `xhtml`."""

    def __init__(self, parent: Mapping[str, Any], value: object, path: Sequence[str | int]) -> None:
        """Nothing of its place in the schema matters."""

    def validate(self, instance: object) -> None:
        if isinstance(instance, str) and not xhtml.legal(instance):
            raise ValueError("xhtml")


class _Period:
    """The schema keyword `period`; dates that are no dates are left to their own pattern."""

    def __init__(self, parent: Mapping[str, Any], value: object, path: Sequence[str | int]) -> None:
        """Nothing of its place in the schema matters."""

    def validate(self, instance: object) -> None:
        start, end = (
            (instance.get(name) for name in ("start", "end")) if isinstance(instance, Mapping) else (None, None)
        )
        if isinstance(start, str) and isinstance(end, str) and ends_before_it_starts(start, end):
            raise ValueError("per-1")


def _issues(error: ValidationError, schema_name: str, place: str) -> Iterator[Issue]:
    """An error in our words; of what was sent it shows at most names that could be those of an element."""
    kind, path = error.kind, list(error.instance_path)
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        for name in kind.unexpected:
            yield _issue("additionalProperties", place_of(place, [*path, *_shown(name)], schema_name))
    elif isinstance(kind, ValidationErrorKind.Required):
        yield _issue("required", place_of(place, [*path, kind.property.strip('"')], schema_name))
    elif isinstance(kind, ValidationErrorKind.OneOfMultipleValid | ValidationErrorKind.OneOfNotValid):
        yield _choice(error, schema_name, place_of(place, path, schema_name))
    else:
        yield _other(error, place_of(place, path, schema_name))


def _shown(name: str) -> list[str]:
    return [name] if name.isascii() and name.removeprefix("_").isalpha() and len(name) <= _LONGEST_NAME else []


def _issue(keyword: str, place: str, text: str = "") -> Issue:
    code = _CODES.get(keyword, IssueCode.VALUE)
    return Issue(Severity.ERROR, code, text or _TEXTS.get(keyword, "The value is not valid."), place)


def _choice(error: ValidationError, schema_name: str, place: str) -> Issue:
    """A choice with more than one form, or with none where one is required."""
    rule = schema.read(schema_name)
    rule["$defs"] |= schema.read("datatypes")
    for step in error.schema_path:
        rule = rule[step]
    there = f"{place}.{element_of(rule[0]['required'][0], schema_name)}"
    if isinstance(error.kind, ValidationErrorKind.OneOfNotValid):
        return Issue(Severity.ERROR, IssueCode.REQUIRED, "The element is required, in one of its types.", there)
    return Issue(Severity.ERROR, IssueCode.INVARIANT, "The element has a value in more than one of its types.", there)


def _other(error: ValidationError, place: str) -> Issue:
    keyword, definition = error.kind.name, str(error.schema_path[1])
    if keyword == "anyOf" and definition == "Extension":
        text = "An extension has either a value or extensions of its own (ext-1)."
        return Issue(Severity.ERROR, IssueCode.INVARIANT, text, place)
    if keyword == "anyOf":
        return _issue(keyword, place, "The reference points to a type that is not allowed here.")
    if keyword == "pattern":
        return _issue(keyword, place, _FORMS.get(definition.removesuffix("-or-null"), ""))
    return _issue(keyword, place)
