"""Third encoding: codes of one hospital for questions, answers, sides, sites and findings, one component per side.

The hospital's ConceptMap (local_map.py) says what they mean. Nothing of it is worded, apart from what IN_WORDS names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fhirsvc.domain.evidence import Certainty, ClinicalStatus, Modality, Side, Verification
from fhirsvc.knowledge.patients import Told
from tests.functional.encodings.told import QUOTED, Encoding, Turn, Wording, day_of, since, unsaid, when
from tests.functional.vignettes.records import (
    CLINICAL,
    VERIFICATION,
    Resource,
    ago,
    coded,
    condition,
    procedure,
)

LOCAL = "http://hospital.example/local"

IN_WORDS: Mapping[str, str] = {
    "crossed-straight-leg-raise": "no vocabulary says of a site that it is the leg that was raised: bodySite.text does",
    "nerve-root-contact": "a report that is quoted, or in doubt, is prose; one that finds contact is a code",
    "plantar-flexion-power": "a grade with a sign is written",
}
"""Concepts that this encoding cannot say by codes alone, and why."""

SIDES = {Side.LEFT: "SD-L", Side.RIGHT: "SD-R"}
AREAS = {
    "lateral-foot": "AR-LATF",
    "dorsum-of-foot": "AR-DORF",
    "medial-shin": "AR-MSHN",
    "heel-only": "AR-HEEL",
    "stocking": "AR-STOC",
    "foot-only": "AR-FOOT",
}
ROOTS = {"S1": "RT-S1", "L5": "RT-L5", "L4": "RT-L4"}
ANSWERS = {"present": "AN-POS", "absent": "AN-NEG", "normal": "AN-NOR", "reduced": "AN-RED"}
GRADES = {"absent": "RX-0", "reduced": "RX-1", "normal": "RX-2"}
QUESTIONS = {
    "achilles-reflex": "EX-ASR",
    "achilles-tenderness": "EX-PALP-AT",
    "plantar-fascia-tenderness": "EX-PALP-PF",
    "heel-tenderness": "EX-PALP-HL",
    "achilles-swelling": "EX-SWEL-AT",
    "plantar-flexion-power": "EX-MRC-PF",
    "great-toe-extension-power": "EX-MRC-EHL",
    "ankle-dorsiflexion-power": "EX-MRC-DF",
    "leg-power": "EX-MRC",
    "leg-sensation": "EX-SENS",
    "single-leg-heel-raise": "EX-SLHR",
    "straight-leg-raise": "EX-SLR",
    "crossed-straight-leg-raise": "EX-XSLR",
    "thompson-test": "EX-THOM",
    "windlass-test": "EX-WIND",
    "tarsal-tunnel-sign": "EX-TINEL",
    "radiating-leg-symptoms": "SX-LEG",
    "worse-on-bending": "SX-BEND",
    "low-back-pain": "SX-LBP",
    "inflammatory-back-pain": "SX-IBP",
    "antalgic-gait": "GT-ANT",
    "shortened-stride": "GT-SHORT",
    "overpronation": "GT-PRON",
    "weight-shift": "GT-SHIFT",
    "saddle-sensation": "RF-SADDLE",
}
"""Local codes of questions."""

PROBLEMS = {
    "achilles-pain": "DX-0101",
    "plantar-heel-pain": "DX-0102",
    "heel-pain": "DX-0103",
    "radiculopathy": "DX-0201",
    "sciatica": "DX-0202",
    "lumbago-with-sciatica": "DX-0203",
    "low-back-pain": "DX-0204",
    "saddle-sensation": "DX-0301",
    "urinary-retention": "DX-0302",
    "urinary-hesitancy": "DX-0303",
    "bowel-control": "DX-0304",
    "sexual-dysfunction": "DX-0305",
    "cauda-equina-syndrome": "DX-0306",
    "cancer-history": "DX-0401",
    "peripheral-neuropathy": "DX-0402",
    "non-root-weakness-cause": "DX-0403",
    "foot-drop": "DX-0404",
}
"""Local codes of the problem list."""

LEFT_ACHILLES, RIGHT_ACHILLES = "DX-0101L", "DX-0101R"
"""Problems that hold their side."""

LUMBAR_MRI, LUMBAR_XRAY, NERVE_STUDY = "RAD-MRLS", "RAD-XRLS", "NEU-EMG"
NOT_HELPED = "TX-NORESP"
PHYSIOTHERAPY, DISCECTOMY, CIPROFLOXACIN = "PR-PHYSIO-HEEL", "PR-DISC-L5S1", "RX-CIPRO500"


def local(code: str) -> Resource:
    """A CodeableConcept of the hospital's own code."""
    return coded(LOCAL, code)


def contact_code(told: Told) -> str:
    """The finding of a study that holds its root and side ("RF-S1-L")."""
    return "-".join(filter(None, ("FD-ROOT", told.root or "", SIDES[told.side].removeprefix("SD-"))))


def seen(told: Told, question: str, **elements: object) -> Resource:
    """An Observation of a local question on the day of the fact."""
    return {"resourceType": "Observation", "code": local(question), **when(told), **elements}


def by_side(told: Told, **value: object) -> Resource:
    """The question with a component per side, or with the value itself where no side is told."""
    question = QUESTIONS[told.concept]
    sides = (Side.LEFT, Side.RIGHT) if told.side is Side.BOTH else (told.side,)
    if told.side is Side.UNKNOWN:
        return seen(told, question, **value)
    return seen(told, question, component=[{"code": local(SIDES[side]), **value} for side in sides])


def joined(resources: Sequence[Resource]) -> list[Resource]:
    """Observations that differ in their side alone as one with its components, a side never twice in one of them."""
    kept: list[Resource] = []
    for resource in resources:
        panel = next((each for each in kept if _is_other_side(each, resource)), None)
        if panel is None:
            kept.append(resource)
        else:
            panel["component"] = [*panel["component"], *resource["component"]]
    return kept


def _is_other_side(panel: Resource, resource: Resource) -> bool:
    if "component" not in panel or "component" not in resource:
        return False
    codes = [each["code"]["coding"][0]["code"] for each in (*panel["component"], *resource["component"])]
    return _without_components(panel) == _without_components(resource) and len(set(codes)) == len(codes)


def _without_components(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "component"}


def answered(told: Told, _turn: Turn) -> list[Resource]:
    """A question with a local answer code, a component per side."""
    return [by_side(told, valueCodeableConcept=local(ANSWERS[told.answer]))]


def reflex(told: Told, _turn: Turn) -> list[Resource]:
    return [by_side(told, valueCodeableConcept=local(GRADES[told.answer]))]


def graded(told: Told, _turn: Turn) -> list[Resource]:
    """A grade of power as a number, with a sign as a text; that pain limits it as a local interpretation."""
    limited = {"interpretation": [local("QL-PAIN")]} if told.says else {}
    value: Resource = {"valueString": told.answer}
    if told.answer.isdigit():
        value = {"valueQuantity": {"value": int(told.answer), "unit": "MRC"}}
    if told.answer == "normal":
        value = {"valueCodeableConcept": local(ANSWERS["normal"])}
    return [by_side(told, **value, **limited)]


def counted(told: Told, _turn: Turn) -> list[Resource]:
    return [by_side(told, valueInteger=int(told.answer))]


def sensation(told: Told, turn: Turn) -> list[Resource]:
    """A loss with its area or, in vignette 2, its root as a local site; a normal result per side."""
    if told.answer == "normal":
        return answered(told, turn)
    place = AREAS[told.area] if told.area else ROOTS[told.root or "S1"]
    return [{**by_side(told, valueCodeableConcept=local(ANSWERS["reduced"])), "bodySite": local(place)}]


def symptoms(told: Told, turn: Turn) -> list[Resource]:
    """As answers per side; a sciatica of the problem list is a problem."""
    if told.condition:
        return [problem(told, PROBLEMS["sciatica"])]
    placed = {"bodySite": local(AREAS[told.area])} if told.area else {}
    return [{**answered(told, turn)[0], **placed}]


def problem(told: Told, code: str, *, sided: bool = True) -> Resource:
    """A Condition of a local code, its side as a local site."""
    elements: Resource = {}
    if sided and told.side is not Side.UNKNOWN:
        sides = (Side.LEFT, Side.RIGHT) if told.side is Side.BOTH else (told.side,)
        elements["bodySite"] = [local(SIDES[side]) for side in sides]
    if told.verification is not Verification.CONFIRMED:
        elements["verificationStatus"] = coded(VERIFICATION, told.verification.value)
    if told.root is not None and told.concept == "radiculopathy":
        elements["bodySite"] = [*elements.get("bodySite", []), local(ROOTS[told.root])]
    status = ClinicalStatus(told.clinical_status).value
    return condition(
        local(code), recorded=day_of(told), since=since(told), clinicalStatus=coded(CLINICAL, status), **elements
    )


def listed(told: Told, _turn: Turn) -> list[Resource]:
    """An entry of the problem list."""
    return [problem(told, PROBLEMS[told.concept])]


def achilles_pain(told: Told, turn: Turn) -> list[Resource]:
    """By a code that holds its side, or by a site."""
    codes = {Side.LEFT: LEFT_ACHILLES, Side.RIGHT: RIGHT_ACHILLES}
    if told.side in codes and turn % 2:
        return [problem(told, codes[told.side], sided=False)]
    return listed(told, turn)


def back_pain(told: Told, turn: Turn) -> list[Resource]:
    return answered(told, turn) if told.onset is None else listed(told, turn)


def saddle(told: Told, turn: Turn) -> list[Resource]:
    """With its onset a problem; worsening is the answer of a form, and normal another."""
    if told.says:
        return [
            seen(told, QUESTIONS[told.concept], valueCodeableConcept=local("AN-POS"), interpretation=[local("QL-W")])
        ]
    return listed(told, turn) if told.onset is not None else answered(told, turn)


def crossed(told: Told, turn: Turn) -> list[Resource]:
    """Where the symptom appears, per side; of the leg that was raised in words."""
    if told.raised is Side.UNKNOWN:
        return answered(told, turn)
    raised = {"text": f"{told.raised.value} leg raised"}
    return [seen(told, QUESTIONS[told.concept], bodySite=raised, valueCodeableConcept=local("AN-POS"))]


def reported(told: Told, study: str, **elements: object) -> Resource:
    """A DiagnosticReport of a local study."""
    return {"resourceType": "DiagnosticReport", "code": local(study), **when(told), **elements}


def imaging(told: Told, _turn: Turn) -> list[Resource]:
    """A coded conclusion; without contact or in doubt a sentence."""
    study = LUMBAR_XRAY if told.modality is Modality.XR else LUMBAR_MRI
    if told.answer == "contact" and told.certainty is Certainty.AFFIRMED:
        return [reported(told, study, conclusionCode=[local(contact_code(told))])]
    return [reported(told, study, conclusion="No evidence of nerve root compression.")]


def nerve_study(told: Told, _turn: Turn) -> list[Resource]:
    return [reported(told, NERVE_STUDY, conclusionCode=[local(contact_code(told).replace("FD-ROOT", "FD-RAD"))])]


def refuted(told: Told, _turn: Turn) -> list[Resource]:
    """The suspected cauda equina syndrome, refuted on the day of the study."""
    status = coded(VERIFICATION, "refuted")
    return [condition(local(PROBLEMS[told.concept]), recorded=day_of(told), verificationStatus=status)]


def treatment(told: Told, _turn: Turn) -> list[Resource]:
    """A local treatment from its first day on, and the finding that it did not help."""
    began = since(told)
    assert began is not None
    return [
        procedure(local(PHYSIOTHERAPY), start=began, end=day_of(told)),
        seen(told, NOT_HELPED),
    ]


def quinolone(told: Told, _turn: Turn) -> list[Resource]:
    """Three weeks of it, ended on the day."""
    return [
        {
            "resourceType": "MedicationStatement",
            "status": "completed",
            "medicationCodeableConcept": local(CIPROFLOXACIN),
            "effectivePeriod": {"start": ago(day_of(told) + 21), "end": ago(day_of(told))},
            "dateAsserted": ago(10),
        }
    ]


def discectomy(told: Told, _turn: Turn) -> list[Resource]:
    return [procedure(local(DISCECTOMY), start=day_of(told), end=day_of(told))]


WORDINGS: Mapping[str, Wording] = {
    **dict.fromkeys(QUESTIONS, answered),
    **dict.fromkeys(PROBLEMS, listed),
    "achilles-pain": achilles_pain,
    "achilles-reflex": reflex,
    "plantar-flexion-power": graded,
    "great-toe-extension-power": graded,
    "ankle-dorsiflexion-power": graded,
    "leg-power": graded,
    "leg-sensation": sensation,
    "single-leg-heel-raise": counted,
    "radiating-leg-symptoms": symptoms,
    "crossed-straight-leg-raise": crossed,
    "low-back-pain": back_pain,
    "saddle-sensation": saddle,
    "nerve-root-contact": imaging,
    "emg-root-lesion": nerve_study,
    "cauda-equina-syndrome": refuted,
    "treatment-failure": treatment,
    "fluoroquinolone": quinolone,
    "lumbar-surgery": discectomy,
}


def quoted(number: str) -> Wording:
    """The report of a lumbar MRI in the words that the vignette quotes."""
    return lambda told, _turn: [reported(told, LUMBAR_MRI, conclusion=QUOTED[number])]


def of_two_studies(told: Told, turn: Turn) -> list[Resource]:
    """The MRI of vignette 68c, and its radiograph in the words that the vignette quotes."""
    if told.modality is Modality.XR:
        return [reported(told, LUMBAR_XRAY, conclusion=QUOTED["68c"])]
    return imaging(told, turn)


def long_known_drop(told: Told, turn: Turn) -> list[Resource]:
    """A foot drop with the day it began, and its grade of then and of now: an Observation carries no onset."""
    began = since(told)
    assert began is not None
    then, now = replace(told, days=(began, began), onset=None), replace(told, onset=None)
    return [problem(told, PROBLEMS["foot-drop"]), *graded(then, turn), *graded(now, turn)]


def lumbago_with_sciatica(told: Told, _turn: Turn) -> list[Resource]:
    """One combined code for the symptoms of the leg and the pain of the back."""
    return [problem(told, PROBLEMS["lumbago-with-sciatica"])]


def back_pain_apart(told: Told, turn: Turn) -> list[Resource]:
    """The back pain of the combined code is said with it; the other has a resource of its own."""
    return [] if told.source == "c1" else back_pain(told, turn)


def of_father(told: Told, _turn: Turn) -> list[Resource]:
    """The radiculopathy of a relative in the resource made for it."""
    return [
        {
            "resourceType": "FamilyMemberHistory",
            "status": "completed",
            "date": ago(day_of(told)),
            "relationship": local("FM-FATHER"),
            "condition": [{"code": local(PROBLEMS["radiculopathy"])}],
        }
    ]


def problems_that_are_none() -> list[Resource]:
    """Undated problems of vignette 74i that are no urgent feature, and so stand in no map."""
    undated = [condition(local(code)) for code in ("DX-0901", "DX-0902", "DX-0903")]
    return [{name: value for name, value in each.items() if name != "recordedDate"} for each in undated]


LOCAL_CODES = Encoding(
    name="local codes",
    wordings=WORDINGS,
    by_hand={
        **{(number, "nerve-root-contact"): quoted(number) for number in ("39", "40", "41", "44", "45")},
        ("68c", "nerve-root-contact"): of_two_studies,
        ("20", "radiculopathy"): of_father,
        ("76a", "ankle-dorsiflexion-power"): long_known_drop,
        ("86b", "radiating-leg-symptoms"): lumbago_with_sciatica,
        ("86b", "low-back-pain"): unsaid,
        ("86c", "radiating-leg-symptoms"): lumbago_with_sciatica,
        ("86c", "low-back-pain"): back_pain_apart,
        ("86d", "radiculopathy"): unsaid,
    },
    besides={"74i": problems_that_are_none},
    joined=joined,
)
