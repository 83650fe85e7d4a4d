"""An OperationOutcome says every issue with its place, and the gravest reason decides."""

import pytest

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, is_fault, refusal_reason
from fhirsvc.fhir import structure
from fhirsvc.fhir.outcome import operation_outcome


def issue(code: IssueCode, severity: Severity = Severity.ERROR, expression: str = "Bundle.type") -> Issue:
    return Issue(severity, code, "It is so.", expression)


def test_every_issue_is_said_in_order() -> None:
    outcome = operation_outcome([issue(IssueCode.REQUIRED), issue(IssueCode.INFORMATIONAL, Severity.INFORMATION, "")])
    assert outcome == {
        "resourceType": "OperationOutcome",
        "issue": [
            {"severity": "error", "code": "required", "details": {"text": "It is so."}, "expression": ["Bundle.type"]},
            {"severity": "information", "code": "informational", "details": {"text": "It is so."}},
        ],
    }


@pytest.mark.parametrize("code", IssueCode)
@pytest.mark.parametrize("severity", Severity)
def test_every_outcome_is_valid_fhir(code: IssueCode, severity: Severity) -> None:
    assert structure.faults(operation_outcome([issue(code, severity)]), "OperationOutcome", "OperationOutcome") == []


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ([IssueCode.VALUE], Refusal.INVALID),
        ([IssueCode.NOT_SUPPORTED], Refusal.NOT_SUPPORTED),
        ([IssueCode.NOT_SUPPORTED, IssueCode.BUSINESS_RULE], Refusal.UNPROCESSABLE),
        ([IssueCode.EXTENSION, IssueCode.STRUCTURE], Refusal.INVALID),
        ([IssueCode.STRUCTURE, IssueCode.TOO_LONG], Refusal.TOO_LARGE),
        ([], None),
    ],
)
def test_the_gravest_reason_decides(codes: list[IssueCode], reason: Refusal | None) -> None:
    assert refusal_reason(map(issue, codes)) == reason


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.INFORMATION])
def test_warnings_and_remarks_refuse_nothing(severity: Severity) -> None:
    assert not is_fault(issue(IssueCode.VALUE, severity))
    assert refusal_reason([issue(IssueCode.VALUE, severity)]) is None


def test_a_refusal_carries_its_reason_and_issues() -> None:
    refused = Refused(Refusal.INVALID, [issue(IssueCode.VALUE)])
    assert (str(refused), refused.issues) == ("invalid", (issue(IssueCode.VALUE),))
