"""The invariants that R4 states of single types: obs-6, obs-7, con-3, con-4, con-5."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fhirsvc.domain.errors import Issue, IssueCode, Severity

Resource = Mapping[str, Any]

_VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def broken(resource: Resource, type_: str, place: str) -> Iterator[Issue]:
    """What a resource of valid structure breaks of its type's invariants; con-3 is a warning in R4."""
    for element, text, breaks in _RULES.get(type_, ()):
        if breaks(resource):
            severity = Severity.WARNING if "con-3" in text else Severity.ERROR
            yield Issue(severity, IssueCode.INVARIANT, text, f"{place}.{element}")


def _value_and_absence(observation: Resource) -> bool:
    return "dataAbsentReason" in observation and _has(observation, "value")


def _value_of_component(observation: Resource) -> bool:
    """Two codings are the same when all they say is the same, as the invariant's FHIRPath compares them."""
    if "component" not in observation or not _has(observation, "value"):
        return False
    own = _codings(observation["code"])
    return any(coding in own for part in observation["component"] for coding in _codings(part["code"]))


def _problem_without_status(condition: Resource) -> bool:
    listed = any(_is(concept, _CATEGORY, "problem-list-item") for concept in condition.get("category", ()))
    return listed and "clinicalStatus" not in condition and not _in_error(condition)


def _abated_yet_active(condition: Resource) -> bool:
    return _has(condition, "abatement") and not _is(
        condition.get("clinicalStatus", {}), _CLINICAL, "inactive", "resolved", "remission"
    )


def _status_of_an_error(condition: Resource) -> bool:
    return "clinicalStatus" in condition and _in_error(condition)


def _in_error(condition: Resource) -> bool:
    return _is(condition.get("verificationStatus", {}), _VERIFICATION, "entered-in-error")


def _has(resource: Resource, choice: str) -> bool:
    return any(name.startswith((choice, f"_{choice}")) for name in resource)


def _is(concept: Resource, system: str, *codes: str) -> bool:
    return any(coding.get("system") == system and coding.get("code") in codes for coding in _codings(concept))


def _codings(concept: Resource) -> Sequence[Resource]:
    codings: Sequence[Resource] = concept.get("coding", ())
    return codings


_Rule = tuple[str, str, Callable[[Resource], bool]]
_RULES: Mapping[str, tuple[_Rule, ...]] = {
    "Observation": (
        ("dataAbsentReason", "A reason for absent data stands beside a value (obs-6).", _value_and_absence),
        (
            "value",
            "The observation has the code of one of its components and a value too (obs-7).",
            _value_of_component,
        ),
    ),
    "Condition": (
        ("clinicalStatus", "A problem-list item should have a clinical status (con-3).", _problem_without_status),
        ("abatement", "An abated condition is inactive, resolved or in remission (con-4).", _abated_yet_active),
        ("clinicalStatus", "A condition entered in error has no clinical status (con-5).", _status_of_an_error),
    ),
}
"""By type: the element, what is wrong, and whether a resource breaks the rule (http://hl7.org/fhir/R4)."""
