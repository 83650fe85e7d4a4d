"""The names of the resource types of FHIR R4 (4.0.1), and which of them may be posted."""

_R4 = """
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
    ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
    CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement
    DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest
    EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
    FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List
    Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
    MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization
    MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient
    MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
    MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder
    Observation ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation
    Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole
    Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition
    ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule
    SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription
    Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation
    SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities
    TestReport TestScript ValueSet VerificationResult VisionPrescription
"""
_ACCEPTED = """
    AllergyIntolerance Binary CarePlan CareTeam Condition Coverage Device DiagnosticReport DocumentReference Encounter
    FamilyMemberHistory Goal ImagingStudy Immunization Location Medication MedicationAdministration MedicationRequest
    MedicationStatement Observation Organization Patient Practitioner PractitionerRole Procedure QuestionnaireResponse
    RelatedPerson ServiceRequest Specimen
"""
_ANSWERED = (
    "Bundle CapabilityStatement ClinicalImpression Composition Flag MessageHeader OperationOutcome Provenance Task"
)

R4 = frozenset(_R4.split())
"""Every concrete resource type (http://hl7.org/fhir/R4/valueset-resource-types.html, without the two abstract ones)."""

ACCEPTED = frozenset(_ACCEPTED.split())
"""What a sending EHR may post: a record of care, its subjects, and who and what took part in it."""

WRITTEN = frozenset({"ClinicalImpression", "Flag", "Provenance", "ServiceRequest"})
"""What the service writes; of these a sender may post ServiceRequests alone, its own."""

KEPT = ACCEPTED | WRITTEN
"""Every type of which resources are kept and served."""

ANSWERED = frozenset(_ANSWERED.split())
"""Types with a schema besides, for what the service answers and for what may be contained."""

AUTHORED = frozenset({"ConceptMap"})
"""Types with a schema besides, for what the administrator of a site writes."""

PUBLISHED = (
    "CodeSystem",
    "ConceptMap",
    "OperationDefinition",
    "PlanDefinition",
    "StructureDefinition",
    "ValueSet",
)
"""What the service publishes of its own: read and searched, and written by nobody from outside."""


def is_type(value: object) -> bool:
    """Is this the name of a resource type of FHIR R4?"""
    return isinstance(value, str) and value in R4
