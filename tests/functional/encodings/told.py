"""What the three encodings share: the vignettes, the dates of a told fact, and the patient it is told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zlib import crc32

from fhirsvc.domain.evidence import Moment, Status
from fhirsvc.knowledge.cases import load_cases
from fhirsvc.knowledge.load import HEEL_PAIN, load_protocol
from fhirsvc.knowledge.patients import Case, Told
from fhirsvc.knowledge.terminology import mappings_root
from tests.functional.vignettes.records import Resource, ago

PROTOCOL = load_protocol()
VIGNETTES = tuple(
    case
    for case in load_cases(mappings_root() / "protocols" / HEEL_PAIN / PROTOCOL.version)
    if case.chapter == "vignettes"
)

Turn = int
"""Which of several wordings of the same fact is taken; fixed for a fact of a vignette, so that a failure repeats."""

Wording = Callable[[Told, Turn], list[Resource]]
"""How one kind of fact is sent: as one resource, or as a treatment and what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One way in which a sender writes.

    wordings: by concept.  by_hand: by vignette and concept, where the vocabulary would hide the point of the vignette.
    besides: what a vignette records that is none of its facts.  joined: resources that this sender sends as one.
    """

    name: str
    wordings: Mapping[str, Wording]
    by_hand: Mapping[tuple[str, str], Wording]
    besides: Mapping[str, Callable[[], Sequence[Resource]]]
    joined: Callable[[Sequence[Resource]], Sequence[Resource]] = tuple

    def resources(self, case: Case) -> list[Resource]:
        """The record of a vignette, the Patient first."""
        said = [each for told in case.told for each in self.said(case, told)]
        besides = self.besides[case.name]() if case.name in self.besides else ()
        return [person(case), *self.joined(said), *besides]

    def said(self, case: Case, told: Told) -> Sequence[Resource]:
        """One fact of a vignette as this sender writes it, before anything is joined."""
        wording = self.by_hand.get((case.name, told.concept)) or self.wordings[told.concept]
        return wording(told, turn_of(case, told))


def unsaid(_told: Told, _turn: Turn) -> list[Resource]:
    """A fact that another resource of the same record says with its own."""
    return []


QUOTED: Mapping[str, str] = {
    "4": "L5-S1 right paracentral extrusion compressing the right S1 root.",
    "10": "L5-S1 protrusion contacting the left S1 root.",
    "39": "Broad-based L5-S1 disc bulge without neural contact.",
    "40": "Contact with the left S1 root cannot be excluded.",
    "41": "No evidence of nerve root compression.",
    "42": "L5-S1 disc protrusion contacting the descending left S1 root.",
    "43": "L5-S1 disc protrusion contacting the descending left S1 root.",
    "44": "Post-operative change, no recurrent herniation.",
    "45": "Indication: rule out S1 compression. Family history of disc herniation.",
    "63d": "L5-S1 protrusion contacting the left S1 root.",
    "63e": "L5-S1 protrusion contacting the left S1 root.",
    "68c": "No abnormality.",
    "89d": "Nerve root compression, left.",
    "89e": "L5-S1 protrusion contacting the left S1 root.",
    "89f": "L5-S1 protrusion contacting the left S1 root.",
}
"""Reports that a vignette quotes, word for word; of 68c the radiograph."""


def turn_of(case: Case, told: Told) -> Turn:
    """The wording that a fact of a vignette is given."""
    return crc32(f"{case.name} {told.concept} {told.side} {told.days}".encode())


def day_of(told: Told) -> int:
    """Days before today on which it was recorded."""
    assert told.days is not None
    return told.days[0]


def when(told: Told) -> Resource:
    """The time of an Observation or report, with its status."""
    day = ago(day_of(told))
    moment = f"{day}T{told.time.isoformat()}Z" if told.time else day
    return {"status": _STATUSES[told.status], "effectiveDateTime": moment}


_STATUSES = {
    Status.FINAL: "final",
    Status.PRELIMINARY: "preliminary",
    Status.ENTERED_IN_ERROR: "entered-in-error",
}


def since(told: Told) -> int | None:
    """Days from its onset to today; None = not recorded."""
    return None if told.onset is None else told.onset[0]


def person(case: Case) -> Resource:
    """The Patient: date of birth as precise as the vignette records it, and whether deceased."""
    resource: Resource = {"resourceType": "Patient", "name": [{"family": "Vignette"}]}
    today = datetime.now(UTC).date()
    if case.birth is not None:
        resource["birthDate"] = _written(case.birth.moment(today))
    if case.deceased:
        resource["deceasedBoolean"] = True
    return resource


def _written(born: Moment) -> str:
    day: date = born.earliest
    return day.isoformat() if day == born.latest else str(day.year)
