"""The operations we offer beside FHIR's interactions: one table, read by the OperationDefinitions and the statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhirsvc.fhir.resource import BASE

VERSION = "1.0.0"
_RELEASED = "2026-11-29"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of an operation. use: in | out; most: "1" or "*"; type: "" = it has parts instead (opd-1)."""

    name: str
    use: str
    type: str
    documentation: str
    least: int = 0
    most: str = "1"
    parts: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as `$code` in an address.

    types: whose instances it is called on, () = it is called on the system.  changes: it keeps something.  base: the
    canonical url of the definition that it narrows.
    """

    code: str
    title: str
    description: str
    changes: bool
    parameters: tuple[Parameter, ...]
    types: tuple[str, ...] = ()
    base: str = ""

    @property
    def definition(self) -> str:
        """The canonical url of its OperationDefinition."""
        return f"{BASE}/OperationDefinition/{self.code}"


PROCESS_MESSAGE = Operation(
    code="process-message",
    title="Process a message",
    description=(
        "Takes a Bundle of type message: its entries after the MessageHeader are kept and judged as those of a "
        "collection. Answered at once with a message whose MessageHeader.response names the one that was sent; the "
        "same MessageHeader.id again gives the same answer and does nothing again. The parameters async and "
        "response-url are refused, and nothing is ever sent to MessageHeader.source.endpoint."
    ),
    changes=True,
    base="http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
    parameters=(
        Parameter(name="content", use="in", type="Bundle", least=1, documentation="The message, as the body itself."),
        Parameter(
            name="return",
            use="out",
            type="Bundle",
            least=1,
            documentation=(
                "A message: MessageHeader.response.code is ok, fatal-error or transient-error, and its details refer "
                "to an OperationOutcome in the same Bundle."
            ),
        ),
    ),
)

ASSESS_HEEL_PAIN = Operation(
    code="assess-heel-pain",
    title="Assess heel pain, without writing anything",
    description=(
        "What would be said of a patient now, and with the resources of a Bundle that is given in addition. A dry run: "
        "nothing is kept, no impression is written and no Flag is raised or lowered."
    ),
    changes=False,
    types=("Patient",),
    parameters=(
        Parameter(
            name="bundle",
            use="in",
            type="Bundle",
            documentation=(
                "What is to be read in addition: a transaction, batch or collection. A resource in it counts in place "
                "of the one that is kept under its id; what speaks of another patient is passed over and named."
            ),
        ),
        Parameter(
            name="patient",
            use="out",
            type="Reference",
            least=1,
            documentation="The Patient for whom the answer is: another one where both are one person.",
        ),
        Parameter(
            name="finding",
            use="out",
            type="",
            most="*",
            least=1,
            documentation="One per complaint and side, the urgent one first; not-applicable alone when there is none.",
            parts=(
                Parameter(name="outcome", use="out", type="code", least=1, documentation="A code of our outcomes."),
                Parameter(name="rule", use="out", type="code", least=1, documentation="The row that fits."),
                Parameter(name="complaint", use="out", type="code", documentation="Not for the urgent finding."),
                Parameter(name="side", use="out", type="code", documentation="left, right, unknown; not when urgent."),
            ),
        ),
        Parameter(
            name="changes",
            use="out",
            type="boolean",
            least=1,
            documentation="Whether this is another decision than the one that stands, so that it would be written.",
        ),
        Parameter(
            name="impression",
            use="out",
            type="ClinicalImpression",
            documentation=(
                "As it would be written, but in-progress, without id and tagged dry-run; none when the outcome is "
                "not-applicable."
            ),
        ),
        Parameter(
            name="not-understood",
            use="out",
            type="",
            most="*",
            documentation="A resource of which something is unknown to the answer, not absent: it was not understood.",
            parts=(
                Parameter(name="resource", use="out", type="Reference", least=1, documentation="Which version it is."),
                Parameter(name="why", use="out", type="code", least=1, documentation="A code of our fates."),
            ),
        ),
        Parameter(
            name="issues",
            use="out",
            type="OperationOutcome",
            documentation="What of the Bundle in addition was passed over, and why.",
        ),
    ),
)

RESPOND = Operation(
    code="respond",
    title="Agree with an impression, or override it with a reason",
    description=(
        "Keeps a clinician's word on a current impression, with who and when, as a Provenance. Agreement changes "
        "nothing. An override leaves the impression, with a note, and lowers the Flag until the decision changes. The "
        "same word of the same clinician again gives the same answer and does nothing again. 409 when the impression "
        "is not current any more."
    ),
    changes=True,
    types=("ClinicalImpression",),
    parameters=(
        Parameter(name="response", use="in", type="code", least=1, documentation="agree or override."),
        Parameter(
            name="reason",
            use="in",
            type="Element",
            documentation=(
                "Why, required for an override: a CodeableConcept with one coding of CodeSystem/override-reason, or "
                "with text alone; or a string."
            ),
        ),
        Parameter(
            name="who",
            use="in",
            type="Element",
            least=1,
            documentation="Whose word it is: a Reference to a Practitioner or PractitionerRole, or a string.",
        ),
        Parameter(name="comment", use="in", type="string", documentation="What else is to be kept with it."),
        Parameter(name="response", use="out", type="code", least=1, documentation="The word, as it was kept."),
        Parameter(name="recorded", use="out", type="instant", least=1, documentation="When it was first kept."),
        Parameter(
            name="impression",
            use="out",
            type="Reference",
            least=1,
            documentation="The version that it is about; of an override the one that says so.",
        ),
        Parameter(name="flag", use="out", type="Reference", documentation="The version that lowers the Flag."),
        Parameter(
            name="proposal",
            use="out",
            type="Reference",
            documentation="The version in which the proposed ServiceRequest is revoked.",
        ),
        Parameter(
            name="provenance", use="out", type="Reference", least=1, documentation="The Provenance that keeps the word."
        ),
    ),
)

OPERATIONS = (ASSESS_HEEL_PAIN, PROCESS_MESSAGE, RESPOND)


def operation_definition(operation: Operation) -> dict[str, Any]:
    """The OperationDefinition (R4) of a row of the table."""
    return {
        "resourceType": "OperationDefinition",
        "id": operation.code,
        "url": operation.definition,
        "version": VERSION,
        "name": "".join(word.capitalize() for word in operation.code.split("-")),
        "title": operation.title,
        "status": "active",
        "kind": "operation",
        "experimental": False,
        "date": _RELEASED,
        "publisher": "fhirsvc",
        "description": operation.description,
        "affectsState": operation.changes,
        "code": operation.code,
        **({"base": operation.base} if operation.base else {}),
        **({"resource": list(operation.types)} if operation.types else {}),
        "system": not operation.types,
        "type": False,
        "instance": bool(operation.types),
        "parameter": [_parameter(each) for each in operation.parameters],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "use": parameter.use,
        "min": parameter.least,
        "max": parameter.most,
        "documentation": parameter.documentation,
        **({"type": parameter.type} if parameter.type else {}),
        **({"part": [_parameter(each) for each in parameter.parts]} if parameter.parts else {}),
    }


def claimed(operation: Operation) -> dict[str, str]:
    """How a CapabilityStatement names an operation."""
    return {"name": operation.code, "definition": operation.definition}
