"""First encoding: SNOMED CT, LOINC, ICD-10-CM, RxNorm and interpretation codes wherever one says what was found.

What no standard code says is sent with the code of our own CodeSystem; the table WITHOUT_A_CODE says which, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, ClinicalStatus, Modality, Side, Verification
from fhirsvc.knowledge.patients import Told
from tests.functional.encodings.told import QUOTED, Encoding, Turn, Wording, day_of, since, unsaid, when
from tests.functional.vignettes.records import (
    CLINICAL,
    ICD10CM,
    LOINC,
    SIDES,
    SNOMED,
    VERIFICATION,
    Resource,
    ago,
    coded,
    concept,
    condition,
    procedure,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

WITHOUT_A_CODE: Mapping[str, str] = {
    "plantar-fascia-tenderness": "no verified code names the plantar fascia as a site",
    "straight-leg-raise": "no verified code for the test",
    "crossed-straight-leg-raise": "no verified code for the test",
    "thompson-test": "no verified code for the test",
    "windlass-test": "no verified code for the test",
    "single-leg-heel-raise": "no verified code for the count",
    "great-toe-extension-power": "the grade of muscle power has a code, the muscle as its site has none",
    "radiating-leg-symptoms": "sciatica is a diagnosis, and numbness of the leg says nothing of its course",
    "worse-on-bending": "no verified code for what makes the heel pain worse",
    "tarsal-tunnel-sign": "the syndrome has a code, the sign has none",
    "overpronation": "pes planus is a shape and never decides alone",
    "shortened-stride": "cautious gait is another finding and never decides alone",
    "weight-shift": "no verified code",
    "inflammatory-back-pain": "no verified code for the kind of pain",
}
"""Concepts that are sent with our own code, and why."""

WORDS_BESIDE_CODES: Mapping[str, str] = {
    "leg-sensation": "the area of a dermatome has no verified site code: bodySite.text says it",
    "saddle-sensation": "the perineum has no verified site code: bodySite.text says it",
    "nerve-root-contact": "the code of root compression names neither root nor side, and none says no contact",
    "emg-root-lesion": "the code of radiculopathy names neither root nor side",
    "radiculopathy": "no standard code names the root",
    "radiating-leg-symptoms": "no site code says stocking: bodySite.text does",
    "crossed-straight-leg-raise": "that a site is the leg that was raised stands in bodySite.text",
    "plantar-flexion-power": "a grade with a sign is written, and what limits it stands in a note",
}
"""Concepts whose standard code is completed by words in the same element."""

ACHILLES, HEEL, CALF, LEG, FOOT = "61352006", "76853006", "53840002", "61685007", "56459004"
PRESENT, ABSENT, DECREASED, NORMAL = "52101004", "2667000", "1250004", "17621005"
AREAS = {
    "lateral-foot": "lateral border of the foot",
    "dorsum-of-foot": "dorsum of the foot",
    "medial-shin": "medial shin",
    "stocking": "stocking distribution",
    "": "lateral foot",
}
"""Where sensation is lost, in words; vignette 2 names the root S1 by the lateral foot."""


def site(side: Side, structure: str = "", text: str = "") -> Resource:
    """A structure with its laterality as a second coding, or the laterality alone; {} = nothing is said."""
    codes = [structure] if structure else []
    if side is not Side.UNKNOWN:
        codes.append(SIDES[side.value])
    found: Resource = {"coding": [{"system": SNOMED, "code": code} for code in codes]} if codes else {}
    return {**found, "text": text} if text else found


def several(*codes: tuple[str, str]) -> Resource:
    """One CodeableConcept with the codings of several systems."""
    return {"coding": [{"system": system, "code": code} for system, code in codes]}


def seen(told: Told, code: Resource, at: Resource, **elements: object) -> Resource:
    """An Observation on the day of the fact."""
    placed = {"bodySite": at} if at else {}
    return {"resourceType": "Observation", "code": code, **when(told), **placed, **elements}


def answered(told: Told) -> Resource:
    """The answer as a code of SNOMED CT."""
    return {"valueCodeableConcept": coded(SNOMED, PRESENT if told.answer == "present" else ABSENT)}


def interpreted(told: Told) -> Resource:
    """The answer as an interpretation code."""
    return {"interpretation": [coded(INTERPRETATION, "POS" if told.answer == "present" else "NEG")]}


def ticked(told: Told) -> Resource:
    """The answer as a tick."""
    return {"valueBoolean": told.answer == "present"}


def own(told: Told, turn: Turn) -> list[Resource]:
    """What no standard code asks after: our own code, the answer in one of three standard forms."""
    answer = (answered, interpreted, ticked)[turn % 3](told)
    return [seen(told, concept(told.concept), site(told.side), **answer)]


def problem(told: Told, code: Resource, at: Resource | None = None) -> Resource:
    """A Condition, with what the vignette says of its status, certainty and onset."""
    status = ClinicalStatus(told.clinical_status).value
    placed = site(told.side) if at is None else at
    elements: Resource = {"bodySite": [placed]} if placed else {}
    if told.verification is not Verification.CONFIRMED:
        elements["verificationStatus"] = coded(VERIFICATION, told.verification.value)
    return condition(code, recorded=day_of(told), since=since(told), clinicalStatus=coded(CLINICAL, status), **elements)


def achilles_pain(told: Told, turn: Turn) -> list[Resource]:
    """Sides by ICD-10-CM's own laterality, or by the site of a SNOMED CT finding."""
    icd = {Side.LEFT: "M76.62", Side.RIGHT: "M76.61", Side.UNKNOWN: "M76.60"}
    if told.side is Side.BOTH or (turn % 2 and told.side is not Side.UNKNOWN):
        return [problem(told, coded(SNOMED, "4063001"))]
    return [problem(told, several((SNOMED, "11654001"), (ICD10CM, icd[told.side])), {})]


def plantar_heel_pain(told: Told, turn: Turn) -> list[Resource]:
    codes = ((SNOMED, "202882003"), (ICD10CM, "M72.2"))
    return [problem(told, several(*codes[turn % 2 :]))]


def heel_pain(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001 (one shape for all wordings)
    return [problem(told, coded(SNOMED, "2733002"))]


def reflex(told: Told, turn: Turn) -> list[Resource]:
    """The peripheral reflex at the Achilles tendon, its grade as a code; or the absent reflex precoordinated."""
    at = site(told.side, ACHILLES)
    if told.answer == "absent" and turn % 2:
        return [seen(told, coded(SNOMED, "349006"), at, valueBoolean=True)]
    grade = {"absent": ABSENT, "reduced": DECREASED, "normal": NORMAL}[told.answer]
    return [seen(told, coded(SNOMED, "366420008"), at, valueCodeableConcept=coded(SNOMED, grade))]


def tenderness(structure: str) -> Wording:
    """Tenderness with the structure as its site."""

    def worded(told: Told, turn: Turn) -> list[Resource]:
        answer = (answered, interpreted, ticked)[turn % 3](told)
        return [seen(told, coded(SNOMED, "247348008"), site(told.side, structure), **answer)]

    return worded


def swelling(told: Told, turn: Turn) -> list[Resource]:
    answer = (answered, ticked)[turn % 2](told)
    return [seen(told, coded(SNOMED, "65124004"), site(told.side, ACHILLES), **answer)]


def plantar_flexion(told: Told, turn: Turn) -> list[Resource]:
    """The grade of muscle power with the calf as its site; what limits it stands in a note."""
    noted = {"note": [{"text": "Limited by tendon pain." if turn % 2 else "Limited by pain."}]} if told.says else {}
    grade = coded(SNOMED, "249948009")
    return [seen(told, grade, site(told.side, CALF), **_grade(told), **noted)]


def dorsiflexion(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    """Foot drop with its grade."""
    return [seen(told, coded(SNOMED, "6077001"), site(told.side), **_grade(told))]


def great_toe(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    return [seen(told, concept(told.concept), site(told.side), **_grade(told))]


def _grade(told: Told) -> Resource:
    """A whole grade is a Quantity, one with a sign is written."""
    if told.answer.isdigit():
        return {"valueQuantity": {"value": int(told.answer), "code": "{score}", "system": "http://unitsofmeasure.org"}}
    return {"valueString": f"{told.answer}/5"}


def leg_power(told: Told, turn: Turn) -> list[Resource]:
    normal = {"interpretation": [coded(INTERPRETATION, "N")]}
    full: Resource = {"valueQuantity": {"value": 5, "unit": "/5"}, **normal}
    return [seen(told, coded(SNOMED, "249948009"), site(told.side, LEG), **(full if turn % 2 else normal))]


def leg_sensation(told: Told, turn: Turn) -> list[Resource]:
    if told.answer == "normal":
        return [seen(told, coded(SNOMED, "299956006"), site(told.side, LEG), **ticked_yes())]
    at = site(told.side, text=AREAS.get(told.area, ""))
    if told.area in {"heel-only", "stocking"}:
        at = site(told.side, {"heel-only": HEEL, "stocking": LEG}[told.area], AREAS.get(told.area, ""))
    answer = ticked_yes() if turn % 2 else {"valueCodeableConcept": coded(SNOMED, PRESENT)}
    return [seen(told, coded(SNOMED, "397974008"), at, **answer)]


def ticked_yes() -> Resource:
    """A finding that states itself, ticked."""
    return {"valueBoolean": True}


def leg_symptoms(told: Told, turn: Turn) -> list[Resource]:
    """Sciatica as a problem; foot-only and stocking symptoms by what they are; everything else by our own code."""
    if told.condition:
        return [problem(told, coded(ICD10CM, "M54.32"), {})]
    if told.area == "foot-only":
        return [seen(told, coded(SNOMED, "309087008"), site(told.side), valueCodeableConcept=coded(SNOMED, PRESENT))]
    if told.area == "stocking":
        return [seen(told, concept(told.concept), site(told.side, text=AREAS["stocking"]), valueBoolean=True)]
    return own(told, turn)


def crossed(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    """The site is the side of the symptom, unless it says that it is the leg that was raised."""
    at = (
        site(told.raised, text=f"{told.raised.value} leg raised")
        if told.raised is not Side.UNKNOWN
        else site(told.side)
    )
    return [seen(told, concept(told.concept), at, **interpreted(told))]


def nerve_study(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    words = f"{told.side.value.capitalize()} {told.root} radiculopathy."
    code = {**coded(SNOMED, "2415007"), "text": f"{told.root} radiculopathy, {told.side.value}"}
    return [reported(told, "18749-2", conclusion=words, conclusionCode=[code])]


def imaging(told: Told, turn: Turn) -> list[Resource]:
    """A coded conclusion that names root and side in words, or a sentence; a radiograph says nothing of roots."""
    loinc = {Modality.MR: "24968-0", Modality.XR: "24972-2"}[told.modality or Modality.MR]
    if told.answer == "no-contact":
        return [reported(told, loinc, conclusion="No evidence of nerve root compression.")]
    words = (
        f"{told.side.value} {told.root} root compression" if told.root else f"{told.side.value} nerve root compression"
    )
    if told.certainty is Certainty.UNCERTAIN:
        return [reported(told, loinc, conclusion=f"Possible {words}.")]
    code = {**coded(SNOMED, "299966003"), "text": words}
    return [reported(told, loinc, **({"conclusionCode": [code]} if turn % 2 else {"conclusion": f"{words}."}))]


def reported(told: Told, loinc: str, **elements: object) -> Resource:
    """A DiagnosticReport of the day of the study."""
    return {"resourceType": "DiagnosticReport", "code": coded(LOINC, loinc), **when(told), **elements}


def radiculopathy(told: Told, turn: Turn) -> list[Resource]:
    """No standard code names the root; a text beside the code does."""
    code = several((SNOMED, "2415007"), (ICD10CM, "M54.17")) if turn % 2 else coded(ICD10CM, "M54.17")
    return [problem(told, {**code, "text": f"{told.root} radiculopathy"} if told.root else coded(SNOMED, "128196005"))]


def back_pain(told: Told, turn: Turn) -> list[Resource]:
    """With an onset a Condition, else an Observation of the finding."""
    code = coded(ICD10CM, "M54.50") if turn % 2 else coded(SNOMED, "279039007")
    if told.onset is None:
        return [seen(told, coded(SNOMED, "279039007"), {}, **answered(told))]
    return [problem(told, code)]


def antalgic_gait(told: Told, turn: Turn) -> list[Resource]:
    return [seen(told, coded(SNOMED, "67141003"), {}, **(answered, ticked)[turn % 2](told))]


def saddle(told: Told, turn: Turn) -> list[Resource]:
    """A sensory code with the perineum as its site in words; recorded as normal it is an Observation of a form."""
    if told.answer == "absent":
        return [seen(told, coded(SNOMED, "299956006"), site(Side.UNKNOWN, text="perineal region"), **ticked_yes())]
    code = coded(ICD10CM, "R20.0") if turn % 2 else coded(SNOMED, "44077006")
    if told.says:
        worse = [coded(INTERPRETATION, "W")]
        return [seen(told, code, site(Side.UNKNOWN, text="saddle area"), **ticked_yes(), interpretation=worse)]
    return [problem(told, code, site(Side.UNKNOWN, text="saddle area"))]


def by_code(system: str, code: str) -> Wording:
    """A Condition that one code says in full."""
    return lambda told, _turn: [problem(told, coded(system, code), {})]


def refuted(told: Told, turn: Turn) -> list[Resource]:
    """The suspected cauda equina syndrome, refuted on the day of the study."""
    code = coded(SNOMED, "192970008") if turn % 2 else coded(ICD10CM, "G83.4")
    return [condition(code, recorded=day_of(told), verificationStatus=coded(VERIFICATION, "refuted"))]


def heel_raises(told: Told, turn: Turn) -> list[Resource]:
    count: Resource = (
        {"valueInteger": int(told.answer)}
        if turn % 2
        else {"valueQuantity": {"value": int(told.answer), "code": "{#}", "system": "http://unitsofmeasure.org"}}
    )
    return [seen(told, concept(told.concept), site(told.side), **count)]


def treatment(told: Told, turn: Turn) -> list[Resource]:
    """Physiotherapy of the foot from its first day on, and a statement that it did not help."""
    began = since(told)
    assert began is not None
    places = [coded(SNOMED, FOOT)] if turn % 2 else [coded(SNOMED, HEEL)]
    return [
        procedure(coded(SNOMED, "91251008"), start=began, end=day_of(told), bodySite=places),
        seen(told, coded(SNOMED, "266721009"), {}, **ticked_yes()),
    ]


def quinolone(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    """Ciprofloxacin for three weeks, ended on the day."""
    return [
        {
            "resourceType": "MedicationStatement",
            "status": "completed",
            "medicationCodeableConcept": coded(RXNORM, "2551"),
            "effectivePeriod": {"start": ago(day_of(told) + 21), "end": ago(day_of(told))},
            "dateAsserted": ago(10),
        }
    ]


def discectomy(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    return [procedure(coded(SNOMED, "239542002"), start=day_of(told), end=day_of(told))]


WORDINGS: Mapping[str, Wording] = {
    "achilles-pain": achilles_pain,
    "plantar-heel-pain": plantar_heel_pain,
    "heel-pain": heel_pain,
    "achilles-reflex": reflex,
    "achilles-tenderness": tenderness(ACHILLES),
    "heel-tenderness": tenderness(HEEL),
    "achilles-swelling": swelling,
    "plantar-flexion-power": plantar_flexion,
    "ankle-dorsiflexion-power": dorsiflexion,
    "great-toe-extension-power": great_toe,
    "leg-power": leg_power,
    "leg-sensation": leg_sensation,
    "radiating-leg-symptoms": leg_symptoms,
    "crossed-straight-leg-raise": crossed,
    "emg-root-lesion": nerve_study,
    "nerve-root-contact": imaging,
    "radiculopathy": radiculopathy,
    "low-back-pain": back_pain,
    "antalgic-gait": antalgic_gait,
    "saddle-sensation": saddle,
    "urinary-retention": by_code(SNOMED, "236648008"),
    "urinary-hesitancy": by_code(ICD10CM, "R39.11"),
    "bowel-control": by_code(SNOMED, "72042002"),
    "sexual-dysfunction": by_code(ICD10CM, "R37"),
    "cancer-history": by_code(ICD10CM, "C50.912"),
    "peripheral-neuropathy": by_code(ICD10CM, "E11.42"),
    "non-root-weakness-cause": by_code(ICD10CM, "G57.32"),
    "cauda-equina-syndrome": refuted,
    "single-leg-heel-raise": heel_raises,
    "treatment-failure": treatment,
    "fluoroquinolone": quinolone,
    "lumbar-surgery": discectomy,
    **dict.fromkeys(
        (
            "plantar-fascia-tenderness",
            "straight-leg-raise",
            "thompson-test",
            "windlass-test",
            "worse-on-bending",
            "tarsal-tunnel-sign",
            "overpronation",
            "shortened-stride",
            "weight-shift",
            "inflammatory-back-pain",
        ),
        own,
    ),
}


def quoted(number: str) -> Wording:
    """The report of a lumbar MRI in the words that the vignette quotes."""
    return lambda told, _turn: [reported(told, "24968-0", conclusion=QUOTED[number])]


def of_two_studies(told: Told, turn: Turn) -> list[Resource]:
    """The MRI of vignette 68c, and its radiograph in the words that the vignette quotes."""
    if told.modality is Modality.XR:
        return [reported(told, "24972-2", conclusion=QUOTED["68c"])]
    return imaging(told, turn)


def long_known_drop(told: Told, turn: Turn) -> list[Resource]:
    """A foot drop with the day it began, and its grade of then and of now: an Observation carries no onset."""
    began = since(told)
    assert began is not None
    then = replace(told, days=(began, began), onset=None)
    return [
        problem(told, coded(ICD10CM, "M21.372"), {}),
        *dorsiflexion(then, turn),
        *dorsiflexion(replace(told, onset=None), turn),
    ]


def lumbago_with_sciatica(told: Told, _turn: Turn) -> list[Resource]:
    """One combined code for the symptoms of the leg and the pain of the back."""
    return [problem(told, coded(ICD10CM, "M54.42"), {})]


def back_pain_apart(told: Told, turn: Turn) -> list[Resource]:
    """The back pain of the combined code is said with it; the other has a resource of its own."""
    return [] if told.source == "c1" else back_pain(told, turn)


def of_father(told: Told, _turn: Turn) -> list[Resource]:
    """The radiculopathy of a relative in the resource made for it, and as a code of family history."""
    return [
        {
            "resourceType": "FamilyMemberHistory",
            "status": "completed",
            "date": ago(day_of(told)),
            "relationship": coded(ROLE, "FTH"),
            "condition": [{"code": coded(SNOMED, "128196005")}],
        },
        condition(coded(ICD10CM, "Z82.69")),
    ]


ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def codes_that_are_none() -> list[Resource]:
    """Undated problems of vignette 74i that are no urgent feature."""
    undated = [condition(coded(ICD10CM, code)) for code in ("N39.41", "N39.46", "R20.0")]
    return [{name: value for name, value in each.items() if name != "recordedDate"} for each in undated]


STANDARD = Encoding(
    name="standard codes",
    wordings=WORDINGS,
    by_hand={
        **{(number, "nerve-root-contact"): quoted(number) for number in QUOTED if number != "68c"},
        ("68c", "nerve-root-contact"): of_two_studies,
        ("20", "radiculopathy"): of_father,
        ("76a", "ankle-dorsiflexion-power"): long_known_drop,
        ("86b", "radiating-leg-symptoms"): lumbago_with_sciatica,
        ("86b", "low-back-pain"): unsaid,
        ("86c", "radiating-leg-symptoms"): lumbago_with_sciatica,
        ("86c", "low-back-pain"): back_pain_apart,
        ("86d", "radiculopathy"): unsaid,
    },
    besides={"74i": codes_that_are_none},
)
