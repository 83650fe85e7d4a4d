"""What a sender is told of one resource as evidence: in one closed vocabulary, at its place, with what to do."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from fhirsvc.domain.errors import Issue, Severity
from fhirsvc.domain.evidence import Evidence
from fhirsvc.fhir.extract import Extraction, Record, Unread, extract
from fhirsvc.fhir.fate import EntryFate, Reader, fates
from fhirsvc.fhir.outcome import operation_outcome
from fhirsvc.fhir.resource import FATE
from fhirsvc.knowledge.terminology import mappings_root
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import judge, leg_raise, pain, patient, reflex

PLACE = "Bundle.entry[3].resource"
SNOMED = "http://snomed.info/sct"
REPORT = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "code": {"text": "MRI lumbar spine"},
    "effectiveDateTime": "2026-04-21",
}


READER = Reader(judge().protocol, judge().lexicon)


def told(resource: dict[str, Any]) -> tuple[Issue, ...]:
    knowledge = judge()
    record = Record(type=resource["resourceType"], id="x", version=1, received=datetime.now(UTC), resource=resource)
    extraction = extract([record], knowledge.lexicon, knowledge.reading)
    return fates(record.type, extraction, READER, PLACE)


def words(resource: dict[str, Any]) -> list[tuple[str, ...]]:
    return [each.fates for each in told(resource)]


def coded(*codings: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"coding": list(codings)}, **more}


def test_what_gave_facts_is_used_and_its_facts_are_named() -> None:
    [issue] = told(reflex("absent"))
    assert (issue.severity, issue.fates, issue.expression) == (Severity.INFORMATION, ("used",), PLACE)
    assert issue.text == "Read as evidence: Achilles reflex absent, left."


def test_a_sign_recorded_as_not_present_is_never_said_as_its_presence() -> None:
    [issue] = told(leg_raise("negative"))
    assert issue.text == "Read as evidence: straight-leg raise negative, left."


def test_a_refuted_complaint_is_read_and_says_why_it_does_not_count() -> None:
    [issue] = told(pain(verified="refuted"))
    assert issue.fates == ("used",)
    assert "the condition is refuted or entered in error" in issue.text


def test_what_was_entered_in_error_is_no_evidence() -> None:
    [issue] = told({**reflex("absent"), "status": "entered-in-error"})
    assert (issue.severity, issue.fates) == (Severity.INFORMATION, ("ignored",))
    assert issue.text == "Kept, and no evidence: the result was cancelled or entered in error."


@pytest.mark.parametrize("kind", ["ServiceRequest", "Device", "Organization", "Practitioner"])
def test_a_type_that_is_never_evidence_is_ignored(kind: str) -> None:
    [issue] = told({"resourceType": kind, "code": {"text": "Absent Achilles reflex"}})
    assert (issue.severity, issue.fates) == (Severity.INFORMATION, ("ignored",))
    assert kind in issue.text


def test_a_code_that_is_not_known_is_named_at_its_place() -> None:
    [issue] = told(coded({"system": SNOMED, "code": "50373000", "display": "Body height"}, valueString="180 cm"))
    assert (issue.severity, issue.fates) == (Severity.WARNING, ("unmapped",))
    assert f"{SNOMED}|50373000 “Body height”" in issue.text
    assert "180" not in issue.text
    assert issue.expression == f"{PLACE}.code"


def test_each_component_that_is_not_known_has_its_own_issue_beside_what_was_used() -> None:
    parts = [
        {"code": {"text": "left Achilles reflex"}, "valueString": "absent"},
        {"code": {"text": "tea leaves"}, "valueString": "dark"},
        {"code": {"text": "palm lines"}, "valueString": "long"},
    ]
    used, tea, palm = told(
        {"resourceType": "Observation", "status": "final", "code": {"text": "Exam"}, "component": parts}
    )
    assert (used.fates, tea.fates, palm.fates) == (("used",), ("unmapped",), ("unmapped",))
    assert (tea.expression, palm.expression) == (f"{PLACE}.component[1]", f"{PLACE}.component[2]")


def test_a_value_that_is_not_understood_is_unread_and_not_repeated() -> None:
    missed = told(reflex("as expected of a poet"))[-1]
    assert (missed.severity, missed.fates, missed.expression) == (Severity.WARNING, ("unread",), f"{PLACE}.value")
    assert missed.text.startswith("This value is not understood.")


def test_a_pdf_is_unread_and_its_format_is_named() -> None:
    form = {"contentType": "application/pdf", "data": base64.b64encode(b"%PDF-1.4").decode()}
    missed = told({**REPORT, "presentedForm": [form]})[-1]
    assert (missed.fates, missed.expression) == (("unread",), f"{PLACE}.presentedForm[0]")
    assert "application/pdf" in missed.text
    assert "text/plain" in missed.text


def test_a_text_in_another_language_is_unread() -> None:
    [missed] = told({**REPORT, "language": "nl", "conclusion": "Geen wortelcompressie."})
    assert (missed.fates, missed.expression) == (("unread",), f"{PLACE}.conclusion")
    assert "English" in missed.text


def test_what_is_said_of_a_contained_resource_stands_at_its_place() -> None:
    missed = Unread("Observation/x/_history/1", "contained[0].valueString", "unread")
    [issue] = fates("Observation", Extraction(evidence=Evidence(), unread=(missed,)), READER, PLACE)
    assert issue.expression == f"{PLACE}.contained[0].value"


@pytest.mark.parametrize(
    "place", ["", "conclusion[sentence 2]", "item[0].item[1].answer[0].valueString", "a b", "..", "[0]"]
)
def test_every_place_is_told_as_a_path_of_elements(place: str) -> None:
    missed = Unread("Observation/x/_history/1", place, "unread")
    [issue] = fates("Observation", Extraction(evidence=Evidence(), unread=(missed,)), READER, PLACE)
    assert re.fullmatch(r"Bundle\.entry\[3\]\.resource(\.[a-zA-Z]+(\[\d+\])?)*", issue.expression)


def test_a_general_finding_says_which_body_site_it_needs() -> None:
    [issue] = told(coded({"system": SNOMED, "code": "349006", "display": "Absent tendon reflex"}))
    assert (issue.severity, issue.fates) == (Severity.WARNING, ("needs-more", "needs-site"))
    assert issue.text == (
        f"It says something only with a body site: {SNOMED}|349006 “Absent tendon reflex”. "
        "Add bodySite: Achilles or ankle."
    )


def test_a_code_that_never_decides_alone_says_what_to_add() -> None:
    [issue] = told(coded({"system": SNOMED, "code": "274818004"}))
    assert issue.fates == ("needs-more", "corroborate")
    assert issue.text == (
        f"It never decides alone: {SNOMED}|274818004. Add a text or a second code that says Achilles reflex."
    )


def test_a_patient_without_date_of_birth_is_asked_for_it() -> None:
    assert words(patient()) == [("used",)]
    assert words({"resourceType": "Patient"}) == [("needs-more",)]
    assert words({"resourceType": "Patient", "deceasedBoolean": True}) == [("used",), ("needs-more",)]


def test_what_is_read_and_says_nothing_here_is_ignored() -> None:
    assert words({**REPORT, "code": {"text": "MRI brain"}, "conclusion": "Normal."}) == [("ignored",)]
    assert words({**reflex("absent"), "status": "registered"}) == [("ignored",)]


def test_a_long_list_of_facts_is_cut_short() -> None:
    parts = [
        {"code": {"text": f"{side} {sign}"}, "valueString": "present"}
        for side in ("left", "right")
        for sign in ("heel tenderness", "Achilles tenderness", "straight leg raise", "overpronation")
    ]
    [issue] = told({"resourceType": "Observation", "status": "final", "code": {"text": "Exam"}, "component": parts})
    assert issue.text.count(";") == 6
    assert issue.text.endswith("; and 2 more.")


def test_the_vocabulary_is_that_of_the_code_system() -> None:
    system = json.loads((mappings_root() / "code-systems" / "fate.json").read_text(encoding="utf-8"))
    assert [each["code"] for each in system["concept"]] == list(EntryFate)
    assert system["url"] == FATE


def test_an_outcome_carries_the_fate_as_a_code_and_is_valid() -> None:
    outcome = operation_outcome(told(coded({"system": SNOMED, "code": "274818004"})))
    codings = outcome["issue"][0]["details"]["coding"]
    assert [(each["system"], each["code"]) for each in codings] == [(FATE, "needs-more"), (FATE, "corroborate")]
    assert_valid_r4(outcome)
