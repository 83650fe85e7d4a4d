"""What the models' metadata lacks or has from R4B alone, completed from R4 4.0.1, each with its source.

Not listed, because R4 does not list their codes: media types, currencies, languages. Not checked: the type names inside
DataRequirement and ParameterDefinition, which records of care do not use.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fhirsvc.fhir.resource_types import R4

Place = tuple[str, str]
"""The model and the element: ("EncounterStatusHistory", "status")."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A required binding: the value set, its codes, and for a CodeableConcept the system they must be given with."""

    value_set: str
    codes: tuple[str, ...]
    system: str = ""


def _codes(name: str, codes: str) -> Binding:
    return Binding(f"http://hl7.org/fhir/ValueSet/{name}|4.0.1", tuple(codes.split()))


def _codings(name: str, codes: str) -> Binding:
    system = f"http://terminology.hl7.org/CodeSystem/{name}"
    return Binding(f"http://hl7.org/fhir/ValueSet/{name}|4.0.1", tuple(codes.split()), system)


_COMPARATOR = _codes("quantity-comparator", "< <= >= >")
_ENCOUNTER_STATUS = _codes(
    "encounter-status", "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
)

REQUIRED: Mapping[Place, Binding] = {
    ("Age", "comparator"): _COMPARATOR,
    ("AllergyIntolerance", "clinicalStatus"): _codings("allergyintolerance-clinical", "active inactive resolved"),
    ("AllergyIntolerance", "verificationStatus"): _codings(
        "allergyintolerance-verification", "unconfirmed confirmed refuted entered-in-error"
    ),
    ("CapabilityStatement", "fhirVersion"): _codes(
        "FHIR-version",
        "0.01 0.05 0.06 0.11 0.0.80 0.0.81 0.0.82 0.4.0 0.5.0 1.0.0 1.0.1 1.0.2 1.1.0 1.4.0 1.6.0 1.8.0 3.0.0 3.0.1 "
        "3.3.0 3.5.0 4.0.0 4.0.1",
    ),
    ("CapabilityStatementRestResource", "type"): _codes(
        "resource-types", " ".join(sorted(R4 | {"Resource", "DomainResource"}))
    ),
    ("Composition", "confidentiality"): Binding(
        "http://terminology.hl7.org/ValueSet/v3-ConfidentialityClassification|2014-03-26",
        ("L", "M", "N", "R", "U", "V"),
    ),
    ("Condition", "clinicalStatus"): _codings(
        "condition-clinical", "active recurrence relapse inactive remission resolved"
    ),
    ("Condition", "verificationStatus"): _codings(
        "condition-ver-status", "unconfirmed provisional differential confirmed refuted entered-in-error"
    ),
    ("Count", "comparator"): _COMPARATOR,
    ("DeviceUdiCarrier", "entryType"): _codes("udi-entry-type", "barcode rfid manual card self-reported unknown"),
    ("DiagnosticReport", "status"): _codes(
        "diagnostic-report-status",
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown",
    ),
    ("Distance", "comparator"): _COMPARATOR,
    ("Duration", "comparator"): _COMPARATOR,
    ("Encounter", "status"): _ENCOUNTER_STATUS,
    ("EncounterStatusHistory", "status"): _ENCOUNTER_STATUS,
    ("Observation", "status"): _codes(
        "observation-status", "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    ("OperationOutcomeIssue", "code"): _codes(
        "issue-type",
        "invalid structure required value invariant security login unknown expired forbidden suppressed processing "
        "not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly "
        "business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational",
    ),
    ("Quantity", "comparator"): _COMPARATOR,
    ("Task", "status"): _codes(
        "task-status",
        "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed "
        "entered-in-error",
    ),
    ("TimingRepeat", "when"): _codes(
        "event-timing",
        "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS HS WAKE C CM CD CV AC "
        "ACM ACD ACV PC PCM PCD PCV",
    ),
}

NOT_REQUIRED = frozenset({("CapabilityStatement", "format"), ("Expression", "language")})
"""The models list codes here, but R4 leaves them open (any media type; an extensible binding)."""

_SUBJECT_OF_A_MEASUREMENT = ("Patient", "Group", "Device", "Location")

REFERENCE_TARGETS: Mapping[Place, tuple[str, ...]] = {
    ("DiagnosticReport", "subject"): _SUBJECT_OF_A_MEASUREMENT,  # http://hl7.org/fhir/R4/diagnosticreport.html
    ("Observation", "subject"): _SUBJECT_OF_A_MEASUREMENT,  # http://hl7.org/fhir/R4/observation.html
}
"""Narrower in R4 than in R4B."""

NOT_IN_R4 = frozenset({("Extension", "valueCodeableReference"), ("Extension", "valueRatioRange")})
"""Elements that came with R4B."""

ONLY_IN_R4: Mapping[Place, str] = {("Extension", "valueMeta"): "Meta"}
"""Choices that the models lack, with their type (http://hl7.org/fhir/R4/datatypes.html#open)."""
