"""What can go wrong, named for what happened and knowing nothing of HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much an issue matters (FHIR R4 issue-severity)."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class IssueCode(StrEnum):
    """What kind of issue it is (FHIR R4 issue-type, http://hl7.org/fhir/R4/valueset-issue-type.html)."""

    INVALID = "invalid"
    STRUCTURE = "structure"
    REQUIRED = "required"
    VALUE = "value"
    INVARIANT = "invariant"
    NOT_SUPPORTED = "not-supported"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not-found"
    TOO_LONG = "too-long"
    CODE_INVALID = "code-invalid"
    EXTENSION = "extension"
    TOO_COSTLY = "too-costly"
    BUSINESS_RULE = "business-rule"
    TRANSIENT = "transient"
    EXCEPTION = "exception"
    INFORMATIONAL = "informational"
    DELETED = "deleted"
    CONFLICT = "conflict"
    MULTIPLE_MATCHES = "multiple-matches"


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault or remark: what it is in our own words, and the FHIRPath of its place.

    text: never a value that was sent, but for a code or phrase that is not understood.  fates: codes of
    CodeSystem/fate, the general one first, when it says what became of a resource as evidence.  refusal: why a fault
    refuses; None = its code says it.
    """

    severity: Severity
    code: IssueCode
    text: str
    expression: str = ""
    fates: tuple[str, ...] = ()
    refusal: "Refusal | None" = None


class Refusal(StrEnum):
    """Why something was refused, the gravest reason first."""

    UNPARSEABLE = "unparseable"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    UNPROCESSABLE = "unprocessable"
    NOT_SUPPORTED = "not-supported"
    NOT_IMPLEMENTED = "not-implemented"
    PRECONDITION = "precondition"
    CONFLICT = "conflict"
    GONE = "gone"
    NOT_FOUND = "not-found"


_GRAVEST_FIRST = tuple(Refusal)
_REASONS = {
    IssueCode.TOO_LONG: Refusal.TOO_LARGE,
    IssueCode.NOT_FOUND: Refusal.UNPROCESSABLE,
    IssueCode.EXTENSION: Refusal.UNPROCESSABLE,
    IssueCode.BUSINESS_RULE: Refusal.UNPROCESSABLE,
    IssueCode.NOT_SUPPORTED: Refusal.NOT_SUPPORTED,
    IssueCode.CONFLICT: Refusal.PRECONDITION,
    IssueCode.MULTIPLE_MATCHES: Refusal.PRECONDITION,
    IssueCode.DELETED: Refusal.GONE,
}


def refusal_reason(issues: Iterable[Issue]) -> Refusal | None:
    """The gravest reason to refuse among these issues; None when there are only warnings and remarks."""
    reasons = {issue.refusal or _REASONS.get(issue.code, Refusal.INVALID) for issue in issues if is_fault(issue)}
    return next((reason for reason in _GRAVEST_FIRST if reason in reasons), None) if reasons else None


def is_fault(issue: Issue) -> bool:
    """Whether an issue refuses what it was found in."""
    return issue.severity in (Severity.FATAL, Severity.ERROR)


class ServiceError(Exception):
    """Something the service names rather than lets happen."""


class Refused(ServiceError):
    """What was sent is not taken, and nothing of it was kept."""

    def __init__(self, reason: Refusal, issues: Iterable[Issue]) -> None:
        self.reason = reason
        self.issues = tuple(issues)
        super().__init__(reason.value)


class NotFound(ServiceError):
    """Nothing is kept under that address."""


class Unreachable(ServiceError):
    """The store, the queue or a chart cannot be reached now; the same request may succeed later."""
