"""Invented records for the tests of reading: short ways to write a resource, and to say what was read from it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fhirsvc.domain.evidence import Fact
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.reading import ReadingLexicon
from fhirsvc.fhir.extract import Extraction, Record, extract
from fhirsvc.fhir.notes import Report, Study, read_report
from fhirsvc.knowledge.reading import load_reading
from fhirsvc.knowledge.terminology import load_lexicon

Json = dict[str, Any]

RECEIVED = datetime(2026, 3, 1, 8, tzinfo=UTC)
OWN = "https://fhirsvc.example/fhir/CodeSystem/concept"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
LEFT = {"coding": [{"system": SNOMED, "code": "7771000"}]}
RIGHT = {"coding": [{"system": SNOMED, "code": "24028007"}]}
MRI = Study(kind="MR", region="lumbar")


@cache
def lexicon() -> Lexicon:
    """The terminology as shipped."""
    return load_lexicon()


@cache
def reading() -> ReadingLexicon:
    """The reader's lexicon as shipped."""
    return load_reading()


def coded(system: str, code: str, text: str = "", display: str = "") -> Json:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def own(concept: str) -> Json:
    return coded(OWN, concept)


def codeable(code: str | Json) -> Json:
    return {"text": code} if isinstance(code, str) else code


def observation(code: str | Json, **members: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": codeable(code),
        "effectiveDateTime": "2026-02-20",
        **members,
    }


def condition(code: str | Json, **members: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": codeable(code),
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "recordedDate": "2026-02-20",
        **members,
    }


def report(conclusion: str = "", code: str | Json | None = None, **members: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "d1",
        "status": "final",
        "code": codeable(code or coded(LOINC, "24968-0")),
        "effectiveDateTime": "2026-01-10",
        **({"conclusion": conclusion} if conclusion else {}),
        **members,
    }


def attached(text: str, content_type: str = "text/plain") -> Json:
    return {"contentType": content_type, "data": base64.b64encode(text.encode()).decode()}


def record(resource: Json, version: int = 1, received: datetime = RECEIVED) -> Record:
    return Record(
        type=resource["resourceType"],
        id=resource.get("id", "x1"),
        version=version,
        received=received,
        resource=resource,
    )


def read(*resources: Json) -> Extraction:
    """What is read of these resources of one patient."""
    return extract([record(resource) for resource in resources], lexicon(), reading())


def facts(*resources: Json) -> tuple[Fact, ...]:
    return read(*resources).evidence.facts


def fact(*resources: Json) -> Fact:
    """The one Fact that is read."""
    (found,) = facts(*resources)
    return found


def why(*resources: Json) -> list[str]:
    """Why something was not understood."""
    return [unread.why for unread in read(*resources).unread]


def notes(text: str, study: Study = MRI) -> Report:
    return read_report({"conclusion": text}, study, reading())


def said(text: str, study: Study = MRI) -> list[str]:
    """Every statement of a report in a line: presence, root, side, and the certainty where it is not affirmed."""
    return sorted(
        " ".join(
            word
            for word in (
                statement.presence.value,
                statement.root or "",
                statement.side.value if statement.side != "unknown" else "",
                statement.certainty.value if statement.certainty != "affirmed" else "",
            )
            if word
        )
        for statement in notes(text, study).statements
    )
