"""Second encoding: words alone, as a record without codes carries them; only FHIR's own required statuses are coded.

Every kind of fact is worded in several ways, as different people write: the side before, after or beside the name, the
answer as the value or in the same sentence, abbreviations, a study's report as prose.
"""

from __future__ import annotations

from collections.abc import Mapping

from fhirsvc.domain.evidence import ClinicalStatus, Modality, Side, Verification
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
    worded,
)

_BOTH = {Side.BOTH: "both", Side.UNKNOWN: ""}


def side_of(told: Told) -> str:
    """left, right, both, or nothing."""
    return _BOTH.get(told.side, told.side.value)


def headed(text: str) -> str:
    """A text with the capital letter of a first word."""
    return text[:1].upper() + text[1:]


def begun(text: str, told: Told) -> str:
    """A text that begins with the side, in the capital letter of a first word."""
    side = {"both": "bilateral"}.get(side_of(told), side_of(told))
    return headed(f"{side} {text}".strip())


def ended(text: str, told: Told) -> str:
    """A text that ends with the side after a comma."""
    side = {"both": "bilateral"}.get(side_of(told), side_of(told))
    return headed(f"{text}, {side}") if side else headed(text)


def seen(told: Told, text: str, value: str | None = None, site: str = "", **elements: object) -> Resource:
    """An Observation on the day of the fact: what was asked or found, and its answer in words."""
    resource: Resource = {"resourceType": "Observation", "code": worded(text), **when(told)}
    if site:
        resource["bodySite"] = worded(site)
    if value is not None:
        resource["valueString"] = value
    return {**resource, **elements}


def written(told: Told, name: str, answer: str, turn: Turn) -> Resource:
    """A test and its result, in one of four ways of writing."""
    forms = (
        lambda: seen(told, begun(name, told), answer),
        lambda: seen(told, headed(name), answer, site=side_of(told)),
        lambda: seen(told, ended(name, told), None, valueCodeableConcept=worded(answer)),
        lambda: seen(told, headed(name), f"{side_of(told)} {answer}".strip()),
    )
    return forms[turn % 4]()


def tested(name: str, *, yes: tuple[str, ...], no: tuple[str, ...]) -> Wording:
    """A sign that is found or not."""

    def wording(told: Told, turn: Turn) -> list[Resource]:
        answers = yes if told.answer == "present" else no
        return [written(told, name, answers[turn // 4 % len(answers)], turn)]

    return wording


def stated(*, yes: tuple[str, ...], no: tuple[str, ...] = ()) -> Wording:
    """A finding said as a whole, with its side before or after it, or beside it."""

    def wording(told: Told, turn: Turn) -> list[Resource]:
        texts = yes if told.answer == "present" else no
        text = texts[turn // 3 % len(texts)]
        forms = (
            lambda: seen(told, begun(text, told)),
            lambda: seen(told, headed(text), site=side_of(told)),
            lambda: seen(told, "Finding", begun(text, told)),
        )
        return [forms[turn % 3]()]

    return wording


def problem(told: Told, text: str, site: str = "") -> Resource:
    """A Condition in words, with what the vignette says of its status, certainty and onset."""
    elements: Resource = {"bodySite": [worded(site)]} if site else {}
    if told.verification is not Verification.CONFIRMED:
        elements["verificationStatus"] = coded(VERIFICATION, told.verification.value)
    status = ClinicalStatus(told.clinical_status).value
    return condition(
        worded(text), recorded=day_of(told), since=since(told), clinicalStatus=coded(CLINICAL, status), **elements
    )


def listed(*texts: str) -> Wording:
    """An entry of the problem list, with its side before or after it, or beside it."""

    def wording(told: Told, turn: Turn) -> list[Resource]:
        text = texts[turn // 3 % len(texts)]
        forms = (
            lambda: problem(told, begun(text, told)),
            lambda: problem(told, ended(text, told)),
            lambda: problem(told, headed(text), side_of(told)),
        )
        return [forms[turn % 3]()]

    return wording


def reflex(told: Told, turn: Turn) -> list[Resource]:
    grades = {
        "absent": ("absent", "0", "not elicited", "0/4"),
        "reduced": ("1+", "reduced", "diminished", "trace"),
        "normal": ("2+", "normal", "present", "2/4"),
    }[told.answer]
    name = ("Achilles reflex", "ankle jerk", "ankle reflex")[turn % 3]
    return [written(told, name, grades[turn // 16 % 4], turn // 4)]


def tendon_tenderness(told: Told, turn: Turn) -> list[Resource]:
    if turn % 2:
        answer = "tender" if told.answer == "present" else "not tender"
        return [written(told, "palpation of the Achilles tendon", answer, turn // 2)]
    return stated(
        yes=("Achilles tendon tender to palpation", "tenderness over the Achilles tendon"),
        no=("Achilles tendon not tender", "no tenderness of the Achilles tendon"),
    )(told, turn // 2)


def fascia_tenderness(told: Told, turn: Turn) -> list[Resource]:
    if turn % 2:
        answer = "tender" if told.answer == "present" else "non-tender"
        return [written(told, "palpation of the medial calcaneal tubercle", answer, turn // 2)]
    return stated(
        yes=("medial tubercle tender on palpation", "tenderness of the plantar fascia origin"),
        no=("plantar fascia not tender", "no tenderness over the medial calcaneal tubercle"),
    )(told, turn // 2)


def power(*names: str) -> Wording:
    """A grade by MRC; what limits it in the same line or in a note."""

    def wording(told: Told, turn: Turn) -> list[Resource]:
        name = names[turn // 4 % len(names)]
        if told.says:
            limited = f"{told.answer}/5, limited by pain"
            return [written(told, name, limited, turn % 2)]
        return [written(told, name, f"{told.answer}/5", turn)]

    return wording


def foot_drop(told: Told, turn: Turn) -> list[Resource]:
    names = ("foot drop", "ankle dorsiflexion power", "ankle dorsiflexion strength")
    return [written(told, names[turn // 4 % 3], f"{told.answer}/5", turn)]


def leg_sensation(told: Told, turn: Turn) -> list[Resource]:
    if told.answer == "normal":
        return [written(told, "sensation of the leg", ("normal", "intact")[turn // 4 % 2], turn)]
    if told.area == "stocking":
        return [seen(told, "Sensation", "Reduced sensation in a stocking distribution", site="both legs")]
    where = {
        "lateral-foot": "lateral border of the foot",
        "dorsum-of-foot": "dorsum of the foot",
        "medial-shin": "medial shin",
        "heel-only": "medial heel",
        "": "lateral foot",
    }[told.area]
    forms = (
        lambda: seen(told, "Pinprick sensation", "reduced", site=f"{side_of(told)} {where}"),
        lambda: seen(told, f"Numbness of the {side_of(told)} {where}"),
        lambda: seen(told, "Sensory examination", f"Reduced sensation over the {side_of(told)} {where}"),
    )
    return [forms[turn % 3]()]


def leg_symptoms(told: Told, turn: Turn) -> list[Resource]:
    if told.area == "foot-only":
        return [seen(told, f"Tingling of the {side_of(told)} foot only")]
    if told.area == "stocking":
        return [seen(told, "Burning of both feet in a stocking distribution")]
    if told.condition:
        return listed("sciatica")(told, turn)
    if told.answer == "absent":
        forms = (
            lambda: seen(told, "No radiating leg symptoms", site=side_of(told)),
            lambda: seen(told, "Denies leg symptoms", site=side_of(told)),
            lambda: seen(told, f"No pain, numbness or tingling in {_leg(told)}"),
        )
        return [forms[turn % 3]()]
    how = ("tingling", "burning", "numbness", "pain")[turn // 3 % 4]
    side = side_of(told)
    forms = (
        lambda: seen(told, f"{headed(how)} radiating down the {side} leg into the foot"),
        lambda: seen(told, "Leg symptoms", f"{headed(how)} down the {side} leg to the foot"),
        lambda: seen(told, f"{headed(how)} radiating down the leg", "yes", site=f"{side} leg"),
    )
    return [forms[turn % 3]()]


def _leg(told: Told) -> str:
    return "both legs" if told.side is Side.BOTH else f"the {told.side.value} leg"


def crossed(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001 (one shape for all wordings)
    if told.raised is Side.UNKNOWN:
        return [seen(told, "Crossed straight leg raise", "positive", site=f"{side_of(told)} leg")]
    return [seen(told, "Crossed SLR", "positive", site=f"{told.raised.value} leg raised")]


def nerve_study(told: Told, turn: Turn) -> list[Resource]:
    words = f"{told.side.value} {told.root} radiculopathy"
    text = (f"Findings consistent with {words}.", f"{headed(words)}.", f"Conclusion: {words}.")[turn % 3]
    return [report(told, "EMG of the lower limbs", text)]


def imaging(told: Told, turn: Turn) -> list[Resource]:
    words = (
        f"The {told.side.value} {told.root} nerve root is compressed at L5-S1",
        f"Disc protrusion at L5-S1 with compression of the {told.side.value} {told.root} root",
        f"Extrusion L5/S1 contacting the descending {told.side.value} {told.root} root",
    )[turn % 3]
    return [report(told, ("MRI lumbar spine", "Lumbar spine MRI")[turn % 2], f"{words}.")]


def report(told: Told, study: str, conclusion: str) -> Resource:
    """A DiagnosticReport that names its study in words."""
    return {"resourceType": "DiagnosticReport", "code": worded(study), **when(told), "conclusion": conclusion}


def radiculopathy(told: Told, turn: Turn) -> list[Resource]:
    if told.root is None:
        return [problem(told, f"Radiculopathy, {told.side.value} leg")]
    return listed(f"{told.root} radiculopathy")(told, turn)


def back_pain(told: Told, turn: Turn) -> list[Resource]:
    if told.onset is not None:
        return listed("low back pain", "lumbago", "lumbar back pain")(told, turn)
    if told.answer == "present":
        return [seen(told, "Low back pain", ("present", "yes")[turn % 2])]
    return [(seen(told, "Back pain denied"), seen(told, "Low back pain", "denied"))[turn % 2]]


def saddle(told: Told, turn: Turn) -> list[Resource]:
    """With its onset a problem; worsening, and normal on a form, an Observation."""
    if told.answer == "absent":
        return [seen(told, "Saddle sensation", "normal")]
    if told.says:
        return [seen(told, "Saddle numbness", "worsening")]
    return listed("saddle numbness", "perineal numbness", "numbness in the saddle area")(told, turn)


def ruled_out(told: Told, turn: Turn) -> list[Resource]:
    """The study that excluded it, as a sentence of its report."""
    text = ("No cauda equina compression.", "There is no compression of the cauda equina.")[turn % 2]
    return [report(told, "MRI lumbar spine", text)]


def heel_raises(told: Told, turn: Turn) -> list[Resource]:
    return [written(told, "single leg heel raises", told.answer, turn)]


def treatment(told: Told, turn: Turn) -> list[Resource]:
    """A treatment from its first day on, and what became of it."""
    began = since(told)
    assert began is not None
    what = ("Eccentric loading exercises", "Physiotherapy for heel pain", "Rest and ice")[turn % 3]
    said = ("No improvement with treatment", "No response to conservative treatment")[turn % 2]
    return [
        procedure(worded(what), start=began, end=day_of(told)),
        seen(told, "Response to treatment" if turn % 5 else said, said if turn % 5 else None),
    ]


def quinolone(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    return [
        {
            "resourceType": "MedicationStatement",
            "status": "completed",
            "medicationCodeableConcept": worded("Ciprofloxacin 500 mg tablets"),
            "effectivePeriod": {"start": ago(day_of(told) + 21), "end": ago(day_of(told))},
            "dateAsserted": ago(10),
        }
    ]


def discectomy(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    return [procedure(worded("L5-S1 discectomy"), start=day_of(told), end=day_of(told))]


def bending(told: Told, turn: Turn) -> list[Resource]:
    forms = (
        lambda: seen(told, "Heel pain worse on bending forward"),
        lambda: seen(told, "Aggravating factors", "Heel pain worse when bending"),
        lambda: seen(told, "Heel pain worse with bending forward", "yes"),
    )
    return [forms[turn % 3]()]


def inflammatory(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    """Not by its name: since when, how stiff in the morning, and what eases it."""
    return [
        condition(worded("Low back pain"), recorded=day_of(told), since=8 * 365),
        seen(told, "Morning stiffness of the back for more than one hour"),
        seen(told, "Back pain better with exercise"),
    ]


def tinel(told: Told, turn: Turn) -> list[Resource]:
    return [written(told, "Tinel sign at the tarsal tunnel", "positive", turn)]


WORDINGS: Mapping[str, Wording] = {
    "achilles-pain": listed("Achilles tendon pain", "Achilles tendinopathy", "Achilles tendonitis"),
    "plantar-heel-pain": listed("plantar fasciitis", "plantar heel pain", "plantar fasciopathy"),
    "heel-pain": listed("heel pain", "pain in the heel"),
    "achilles-reflex": reflex,
    "achilles-tenderness": tendon_tenderness,
    "plantar-fascia-tenderness": fascia_tenderness,
    "heel-tenderness": tested("palpation of the heel", yes=("tender",), no=("not tender",)),
    "achilles-swelling": stated(
        yes=("Achilles tendon thickened", "thickening of the Achilles tendon"),
        no=("Achilles tendon not swollen", "no swelling of the Achilles tendon"),
    ),
    "plantar-flexion-power": power("plantar flexion power", "plantarflexion strength", "calf power"),
    "ankle-dorsiflexion-power": foot_drop,
    "great-toe-extension-power": power("great toe extension", "EHL power"),
    "leg-power": tested("leg power", yes=(), no=("normal", "5/5", "full")),
    "leg-sensation": leg_sensation,
    "single-leg-heel-raise": heel_raises,
    "straight-leg-raise": tested(
        "straight leg raise", yes=("positive", "reproduces leg pain", "+ve"), no=("negative", "-ve", "normal")
    ),
    "crossed-straight-leg-raise": crossed,
    "thompson-test": tested("Thompson test", yes=("positive",), no=("negative",)),
    "windlass-test": tested("windlass test", yes=("positive",), no=("negative",)),
    "tarsal-tunnel-sign": tinel,
    "radiating-leg-symptoms": leg_symptoms,
    "worse-on-bending": bending,
    "emg-root-lesion": nerve_study,
    "nerve-root-contact": imaging,
    "radiculopathy": radiculopathy,
    "low-back-pain": back_pain,
    "inflammatory-back-pain": inflammatory,
    "antalgic-gait": stated(yes=("antalgic gait", "walks with an antalgic gait")),
    "shortened-stride": stated(yes=("shortened stride", "stride length reduced")),
    "overpronation": stated(yes=("overpronation of the foot", "excessive pronation")),
    "weight-shift": stated(yes=("weight shifted to one side", "asymmetric weight bearing")),
    "treatment-failure": treatment,
    "saddle-sensation": saddle,
    "urinary-retention": listed("acute urinary retention", "urinary retention"),
    "urinary-hesitancy": listed("difficulty starting to pass urine"),
    "bowel-control": listed("faecal incontinence"),
    "sexual-dysfunction": listed("erectile dysfunction"),
    "cancer-history": listed("breast cancer"),
    "peripheral-neuropathy": listed("diabetic polyneuropathy"),
    "non-root-weakness-cause": listed("common peroneal nerve palsy"),
    "cauda-equina-syndrome": ruled_out,
    "fluoroquinolone": quinolone,
    "lumbar-surgery": discectomy,
}


def quoted(number: str) -> Wording:
    """The report of a lumbar MRI in the words that the vignette quotes."""
    return lambda told, _turn: [report(told, "MRI lumbar spine", QUOTED[number])]


def of_two_studies(told: Told, turn: Turn) -> list[Resource]:
    """The MRI of vignette 68c, and its radiograph in the words that the vignette quotes."""
    if told.modality is Modality.XR:
        return [report(told, "Radiograph lumbar spine", QUOTED["68c"])]
    return imaging(told, turn)


def long_known_drop(told: Told, turn: Turn) -> list[Resource]:  # noqa: ARG001
    """A foot drop with its grade on the problem list, with the day it began."""
    return [problem(told, "Left foot drop 2/5")]


def lumbago_with_sciatica(told: Told, _turn: Turn) -> list[Resource]:
    """One entry for the symptoms of the leg and the pain of the back."""
    return [problem(told, "Lumbago with sciatica, left")]


def back_pain_apart(told: Told, turn: Turn) -> list[Resource]:
    """The back pain of the combined entry is said with it; the other has a resource of its own."""
    return [] if told.source == "c1" else back_pain(told, turn)


def of_father(told: Told, _turn: Turn) -> list[Resource]:
    """The radiculopathy of a relative in the resource made for it, and in words on the problem list."""
    return [
        {
            "resourceType": "FamilyMemberHistory",
            "status": "completed",
            "date": ago(day_of(told)),
            "relationship": worded("father"),
            "condition": [{"code": worded("Lumbar radiculopathy")}],
        },
        condition(worded("Family history of lumbar radiculopathy")),
    ]


def problems_that_are_none() -> list[Resource]:
    """Undated problems of vignette 74i that are no urgent feature."""
    undated = [condition(worded(text)) for text in ("Urge incontinence", "Mixed incontinence", "Anesthesia of skin")]
    return [{name: value for name, value in each.items() if name != "recordedDate"} for each in undated]


PROSE = Encoding(
    name="text only",
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
    besides={"74i": problems_that_are_none},
)
