"""Issues as the OperationOutcome that says them to a client."""

from collections.abc import Iterable
from typing import Any

from fhirsvc.domain.errors import Issue


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """An R4 OperationOutcome of at least one issue; text goes to details.text, the place to expression."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    said = {"severity": issue.severity.value, "code": issue.code.value, "details": {"text": issue.text}}
    return said | {"expression": [issue.expression]} if issue.expression else said
