"""Issues as the OperationOutcome that says them to a client."""

from collections.abc import Iterable
from typing import Any

from fhirsvc.domain.errors import Issue
from fhirsvc.fhir.resource import FATE


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """An R4 OperationOutcome of at least one issue; text and fates go to details, the place to expression."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    coded = {"coding": [{"system": FATE, "code": str(each)} for each in issue.fates]} if issue.fates else {}
    details = {**coded, "text": issue.text}
    said = {"severity": issue.severity.value, "code": issue.code.value, "details": details}
    return said | {"expression": [issue.expression]} if issue.expression else said
