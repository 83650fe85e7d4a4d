"""Words alone, with history and examination as a clinic note: one DocumentReference per day, one sentence per fact.

What a record keeps as entries of its own stays one: problems, treatments, medicines and the reports of studies.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

from fhirsvc.domain.evidence import Side
from fhirsvc.knowledge.patients import Told
from tests.functional.encodings.prose import PROSE, headed
from tests.functional.encodings.told import Encoding, Turn, Wording, when
from tests.functional.vignettes.records import Resource, worded

PLAIN = "text/plain; charset=utf-8"
NOON = "T12:00:00Z"

Sentence = Callable[[Told, Turn], str]


def reflex(told: Told, turn: Turn) -> str:
    side = told.side.value
    grade = {"absent": "absent", "reduced": "reduced", "normal": "normal"}[told.answer]
    number = {"absent": "0", "reduced": "1+", "normal": "2+"}[told.answer]
    return (
        f"The {side} ankle jerk is {grade}",
        f"{side} Achilles reflex {number}",
        f"Ankle jerk on the {side} {grade}",
    )[turn % 3]


def tendon(told: Told, turn: Turn) -> str:
    negated = "" if told.answer == "present" else "not "
    if turn % 2:
        return f"The {told.side.value} Achilles tendon is {negated}tender on palpation"
    lead = "there is tenderness" if told.answer == "present" else "there is no tenderness"
    return f"{lead} over the {told.side.value} Achilles tendon"


def fascia(told: Told, turn: Turn) -> str:
    if told.side is Side.BOTH:
        return "No tenderness over the medial calcaneal tubercle on either side"
    if turn % 2:
        return f"The {told.side.value} medial calcaneal tubercle is tender"
    return f"Tenderness at the origin of the {told.side.value} plantar fascia"


def heel(_told: Told, turn: Turn) -> str:
    return ("Both heels are tender to palpation", "Tenderness of both heels")[turn % 2]


def swelling(told: Told, turn: Turn) -> str:
    if told.answer == "absent":
        return f"No swelling of the {told.side.value} Achilles tendon"
    return (
        f"The {told.side.value} Achilles tendon is thickened",
        f"There is thickening of the {told.side.value} Achilles tendon",
    )[turn % 2]


def power(movement: str) -> Sentence:
    """A grade of power of one movement."""

    def sentence(told: Told, turn: Turn) -> str:
        limited = ", limited by pain" if told.says else ""
        side, grade = told.side.value, f"{told.answer}/5{limited}"
        return (f"{movement} on the {side} is {grade}", f"Power of {side} {movement} {grade}")[turn % 2]

    return sentence


def sensation(told: Told, turn: Turn) -> str:
    side = told.side.value
    if told.answer == "normal":
        if told.side is Side.BOTH:
            return "Sensation in both legs is normal"
        return (f"Sensation in the {side} leg is normal", f"Sensation intact in the {side} leg")[turn % 2]
    if told.area == "stocking":
        return "Sensation is reduced in a stocking distribution in both feet"
    where = {
        "lateral-foot": f"lateral border of the {side} foot",
        "dorsum-of-foot": f"dorsum of the {side} foot",
        "medial-shin": f"{side} medial shin",
        "heel-only": f"medial aspect of the {side} heel",
        "": f"lateral border of the {side} foot",
    }[told.area]
    return (f"Sensation to pinprick is reduced over the {where}", f"Reduced sensation over the {where}")[turn % 2]


def heel_raises(told: Told, _turn: Turn) -> str:
    return f"Able to perform {told.answer} single leg heel raises on the {told.side.value}"


def leg_raise(told: Told, turn: Turn) -> str:
    if told.side is Side.BOTH:
        return "Straight leg raise is negative on both sides"
    result = "positive" if told.answer == "present" else "negative"
    return (
        f"Straight leg raise is {result} on the {told.side.value}",
        f"{told.side.value} SLR {result}",
        f"SLR {result} on the {told.side.value}",
    )[turn % 3]


def symptoms(told: Told, turn: Turn) -> str:
    side = told.side.value
    if told.area == "foot-only":
        return f"Tingling in the {side} foot only"
    if told.area == "stocking":
        return "Burning of both feet in a stocking distribution"
    if told.answer == "absent":
        leg = "both legs" if told.side is Side.BOTH else f"the {side} leg"
        return (f"No pain, numbness or tingling in {leg}", f"No numbness or tingling in {leg}")[turn % 2]
    how = ("Tingling", "Burning pain", "Numbness", "Pain")[turn // 2 % 4]
    return (f"{how} radiating down the {side} leg to the foot", f"{how} down the {side} leg into the foot")[turn % 2]


def tested(name: str) -> Sentence:
    """A test that is positive on its side."""
    return lambda told, turn: (
        f"{name} is positive on the {told.side.value}",
        f"{name} positive on the {told.side.value}",
    )[turn % 2]


def fixed(*texts: str) -> Sentence:
    """A finding without a side."""
    return lambda _told, turn: texts[turn % len(texts)]


SENTENCES: Mapping[str, Sentence] = {
    "achilles-reflex": reflex,
    "achilles-tenderness": tendon,
    "plantar-fascia-tenderness": fascia,
    "heel-tenderness": heel,
    "achilles-swelling": swelling,
    "plantar-flexion-power": power("plantar flexion"),
    "great-toe-extension-power": power("great toe extension"),
    "ankle-dorsiflexion-power": power("ankle dorsiflexion"),
    "leg-sensation": sensation,
    "single-leg-heel-raise": heel_raises,
    "straight-leg-raise": leg_raise,
    "thompson-test": tested("Thompson test"),
    "windlass-test": tested("The windlass test"),
    "tarsal-tunnel-sign": tested("Tinel's sign at the tarsal tunnel"),
    "radiating-leg-symptoms": symptoms,
    "worse-on-bending": fixed("The heel pain is worse on bending forward", "Heel pain is worse when bending"),
    "antalgic-gait": fixed("He walks with an antalgic gait", "Antalgic gait"),
    "overpronation": lambda told, _turn: f"The {told.side.value} foot overpronates",
    "weight-shift": lambda told, _turn: f"Weight is shifted to the {told.side.value} leg",
}
"""What is said in a note; everything else, as PROSE has it."""


def noted(concept: str) -> Wording:
    """A fact as a sentence of a note; a problem stays an entry of the problem list."""

    def wording(told: Told, turn: Turn) -> list[Resource]:
        if told.condition:
            return PROSE.wordings[concept](told, turn)
        return [note(told, f"{headed(SENTENCES[concept](told, turn))}.")]

    return wording


def note(told: Told, text: str) -> Resource:
    """A clinic note of the day of the fact."""
    moment = when(told)
    day, status = moment["effectiveDateTime"], moment["status"]
    return {
        "resourceType": "DocumentReference",
        "status": "entered-in-error" if status == "entered-in-error" else "current",
        "docStatus": "preliminary" if status == "preliminary" else "final",
        "type": worded("Clinic note"),
        "date": day if "T" in day else f"{day}{NOON}",
        "content": [{"attachment": {"contentType": PLAIN, "data": base64.b64encode(text.encode()).decode()}}],
    }


def joined(resources: Sequence[Resource]) -> list[Resource]:
    """The notes of one day and status as one note."""
    kept: list[Resource] = []
    for resource in resources:
        same = next((each for each in kept if _heading(each) == _heading(resource)), None)
        if resource["resourceType"] != "DocumentReference" or same is None:
            kept.append(resource)
        else:
            attachment = same["content"][0]["attachment"]
            text = f"{text_of(same)} {text_of(resource)}"
            attachment["data"] = base64.b64encode(text.encode()).decode()
    return kept


def text_of(document: Resource) -> str:
    """The words of a note."""
    return base64.b64decode(document["content"][0]["attachment"]["data"]).decode()


def _heading(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "content"}


NOTES = Encoding(
    name="clinic notes",
    wordings={**PROSE.wordings, **{concept: noted(concept) for concept in SENTENCES}},
    by_hand={**PROSE.by_hand, ("37", "achilles-reflex"): PROSE.wordings["achilles-reflex"]},
    besides=PROSE.besides,
    joined=joined,
)
