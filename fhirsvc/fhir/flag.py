"""The one Flag of a patient: its strongest outcome, which sides it concerns, since when, until when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment, Finding
from fhirsvc.domain.protocol import Outcome
from fhirsvc.fhir import narrative
from fhirsvc.fhir.resource import OUTCOME, Resource, concept, device, digest_id, instant, meta, rendered, reread

IDENTIFIER = "https://fhirsvc.example/flag"
DETAIL = "http://hl7.org/fhir/StructureDefinition/flag-detail"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"


def flag_id(tenant: str, patient: str) -> str:
    """The id of the patient's only Flag, whatever the protocol."""
    return digest_id("flag", tenant, patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A change of the Flag: when, and why in a sentence.

    standing: its body as it stands, active or not; None = there was never one.  due: the day on which time alone
    changes the answer, None = it never does.  error: what stood rested on an error.
    """

    at: datetime
    why: str
    standing: bytes | None = None
    due: date | None = None
    error: bool = False


def draw_flag(assessment: Assessment, tenant: str, patient: str, impression: str, turn: Turn) -> Resource | None:
    """The Flag as it is to stand: raised, changed, lowered, or None = nothing to write.

    A Flag that keeps its code keeps its start; one that is raised anew starts now. An active one ends where time alone
    changes the answer, an urgent one never (RULES 3.7).  Each version tells why it is another than the one before.
    """
    flagged = [each for each in assessment.findings if each.flag]
    if not flagged:
        return lower(turn.standing, at=turn.at, why=turn.why, error=turn.error) if turn.standing else None
    start = _start(turn.standing, assessment.strongest) or instant(turn.at)
    said = ". ".join(wording.headline(each) for each in flagged)
    return rendered(
        {
            "resourceType": "Flag",
            "id": flag_id(tenant, patient),
            "meta": meta(signed=assessment.signed),
            "text": narrative.narrative(*map(narrative.paragraph, (*_lines(flagged), _told(turn)))),
            "extension": [{"url": DETAIL, "valueReference": {"reference": impression}}],
            "identifier": [{"system": IDENTIFIER, "value": flag_id(tenant, patient)}],
            "status": "active",
            "category": [_category(assessment.strongest)],
            "code": concept(OUTCOME, assessment.strongest, said),
            "subject": {"reference": f"Patient/{patient}"},
            "period": {"start": start, **_end(assessment, turn.due)},
            "author": device(),
        }
    )


def lower(body: bytes, *, at: datetime, why: str, error: bool = False) -> Resource | None:
    """The same Flag, ended: inactive, or entered in error because what raised it was; None when it is not active."""
    resource = reread(body)
    if resource["status"] != "active":
        return None
    resource["status"] = "entered-in-error" if error else "inactive"
    resource["period"]["end"] = instant(at)
    narrative.put_first(resource, f"{'Entered in error' if error else 'Inactive'} since {instant(at)}. {why}")
    return rendered(resource)


def prolong(body: bytes, *, today: date, due: date | None) -> Resource | None:
    """The same Flag, to end on another day, when it would have ended by today and the answer stands; else None."""
    ends = end_of(body)
    if ends is None or ends > today:
        return None
    resource = reread(body)
    resource["period"] = {"start": resource["period"]["start"], **_until(due)}
    return rendered(resource)


def end_of(body: bytes) -> date | None:
    """The day on which an active Flag ends; None = it is not active, or has no end."""
    resource = reread(body)
    end = resource["period"].get("end")
    return date.fromisoformat(end[:10]) if end and resource["status"] == "active" else None


def _end(assessment: Assessment, due: date | None) -> dict[str, str]:
    return {} if assessment.urgent else _until(due)


def _until(due: date | None) -> dict[str, str]:
    """The first instant of the day on which the answer is another: a period includes its end."""
    return {"end": instant(datetime.combine(due, time.min, UTC))} if due else {}


def _told(turn: Turn) -> str:
    """When and why it was raised or changed, and what it said before."""
    before = reread(turn.standing) if turn.standing else None
    if before is None or before["status"] != "active":
        return f"Raised {instant(turn.at)}. {turn.why}"
    return f"Changed {instant(turn.at)}. {turn.why} Before: {before['code']['text']}."


def _start(standing: bytes | None, outcome: Outcome) -> str:
    """Since when an active Flag has said the same; "" = it says something new."""
    if standing is None:
        return ""
    resource = reread(standing)
    same = resource["status"] == "active" and resource["code"]["coding"][0]["code"] == outcome
    return str(resource["period"]["start"]) if same else ""


def _category(outcome: Outcome) -> dict[str, Any]:
    urgent = outcome is Outcome.URGENT
    return concept(_CATEGORY, "safety" if urgent else "clinical", "Safety" if urgent else "Clinical")


def _lines(flagged: list[Finding]) -> list[str]:
    return [f"{wording.headline(each)}. {each.text}" for each in flagged]
