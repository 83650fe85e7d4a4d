"""Medicines: what each status of each type means, where a medicine is named, and since when it was taken."""

from datetime import date
from typing import Any

import pytest

from fhirsvc.domain.evidence import Certainty, Moment, Presence, Side, Status
from tests.unit.fhir.extracting import Json, coded, fact, facts, read, why

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
CIPROFLOXACIN = {"text": "Ciprofloxacin"}


def taken(medicine: Json | None = None, type_: str = "MedicationStatement", **members: Any) -> Json:
    named = {"medicationCodeableConcept": medicine} if medicine else {}
    status = "completed" if type_ == "MedicationAdministration" else "active"
    return {"resourceType": type_, "id": "m1", "status": status, **named, **members}


def ordered(medicine: Json | None = None, **members: Any) -> Json:
    return taken(medicine, "MedicationRequest", **{"intent": "order", "authoredOn": "2026-02-01", **members})


@pytest.mark.parametrize(
    "medicine",
    [
        CIPROFLOXACIN,
        coded(RXNORM, "2551"),
        coded(ATC, "J01MA02"),
        {"text": "ciprofloxacin 500 MG Oral Tablet"},
        {"text": "Ciprofloxacin 250mg/5ml oral suspension"},
        coded(RXNORM, "309309", display="ciprofloxacin 500 MG Oral Tablet"),
    ],
)
@pytest.mark.parametrize("type_", ["MedicationStatement", "MedicationAdministration", "MedicationRequest"])
def test_a_medicine_is_known_by_code_or_by_name_without_strength_and_form(medicine: Json, type_: str) -> None:
    read_fact = fact(taken(medicine, type_, intent="order"))
    assert (read_fact.concept, read_fact.presence) == ("fluoroquinolone", Presence.PRESENT)


@pytest.mark.parametrize("text", ["Ciprofloxacin 0.3 % eye drops", "Ciprofloxacin ear drops", "Simvastatin 20 mg"])
def test_drops_and_other_medicines_are_unmapped(text: str) -> None:
    sent = taken({"text": text})
    assert (facts(sent), why(sent)) == ((), ["unmapped"])


@pytest.mark.parametrize(
    ("type_", "status", "expected"),
    [
        ("MedicationStatement", "active", Status.FINAL),
        ("MedicationStatement", "completed", Status.FINAL),
        ("MedicationStatement", "stopped", Status.FINAL),
        ("MedicationStatement", "on-hold", Status.FINAL),
        ("MedicationStatement", "entered-in-error", Status.ENTERED_IN_ERROR),
        ("MedicationAdministration", "in-progress", Status.FINAL),
        ("MedicationAdministration", "completed", Status.FINAL),
        ("MedicationAdministration", "stopped", Status.FINAL),
        ("MedicationAdministration", "entered-in-error", Status.ENTERED_IN_ERROR),
        ("MedicationRequest", "active", Status.FINAL),
        ("MedicationRequest", "stopped", Status.FINAL),
        ("MedicationRequest", "cancelled", Status.CANCELLED),
        ("MedicationRequest", "entered-in-error", Status.ENTERED_IN_ERROR),
    ],
)
def test_the_status_means_what_it_means_for_its_type(type_: str, status: str, expected: Status) -> None:
    assert fact(taken(CIPROFLOXACIN, type_, intent="order", status=status)).status is expected


@pytest.mark.parametrize(
    ("type_", "status"),
    [
        *(("MedicationStatement", status) for status in ("not-taken", "intended", "unknown", None)),
        *(("MedicationAdministration", status) for status in ("not-done", "unknown")),
        *(("MedicationRequest", status) for status in ("draft", "unknown")),
    ],
)
def test_what_was_not_taken_or_is_only_intended_is_no_fact_and_no_absence(type_: str, status: Any) -> None:
    sent = taken(CIPROFLOXACIN, type_, intent="order", status=status)
    assert (facts(sent), why(sent)) == ((), [])


def test_an_order_is_only_possibly_taken_and_begins_no_treatment() -> None:
    read_fact = fact(ordered(CIPROFLOXACIN))
    assert (read_fact.certainty, read_fact.recorded) == (Certainty.UNCERTAIN, Moment.day(date(2026, 2, 1)))
    site = [{"site": {"text": "left heel"}}]
    injection = fact(ordered({"text": "Corticosteroid injection"}, dosageInstruction=site))
    assert (injection.concept, injection.onset) == ("local-treatment", None)


@pytest.mark.parametrize("members", [{"intent": "proposal"}, {"intent": "plan"}, {"doNotPerform": True}])
def test_a_proposal_or_the_order_not_to_give_it_is_no_fact(members: Json) -> None:
    assert facts(ordered(CIPROFLOXACIN, **members)) == ()


def test_a_local_injection_needs_its_site_and_is_dated_by_when_it_was_given() -> None:
    given = {"text": "Corticosteroid injection"}
    injected = taken(
        given, "MedicationAdministration", effectiveDateTime="2026-01-02", dosage={"site": {"text": "left heel"}}
    )
    read_fact = fact(injected)
    assert (read_fact.concept, read_fact.side, read_fact.onset) == (
        "local-treatment",
        Side.LEFT,
        Moment.day(date(2026, 1, 2)),
    )
    assert why(taken(given, "MedicationAdministration")) == ["needs-site"]


def test_the_text_of_a_dosage_is_never_read() -> None:
    dosage = [{"text": "For left heel pain. Absent left ankle jerk.", "patientInstruction": "Stop if numb."}]
    sent = taken({"text": "Simvastatin"}, dosage=dosage)
    assert (facts(sent), why(sent)) == ((), ["unmapped"])


@pytest.mark.parametrize(
    ("members", "recorded"),
    [
        ({"status": "completed", "effectivePeriod": {"start": "2026-01-01", "end": "2026-01-08"}}, date(2026, 1, 8)),
        ({"status": "completed", "effectiveDateTime": "2026-01-01", "dateAsserted": "2026-02-01"}, date(2026, 1, 1)),
        ({"effectivePeriod": {"start": "2026-01-01"}, "dateAsserted": "2026-02-01"}, date(2026, 2, 1)),
        ({"effectivePeriod": {"start": "2026-01-01"}}, None),
        ({"status": "completed", "dateAsserted": "2026-02-01"}, date(2026, 2, 1)),
    ],
)
def test_a_medicine_is_dated_by_its_end_and_one_still_taken_by_when_that_was_said(members: Json, recorded: Any) -> None:
    read_fact = fact(taken(CIPROFLOXACIN, **members))
    assert (read_fact.recorded.latest if read_fact.recorded else None) == recorded


def test_a_medication_is_found_where_it_is_contained_or_among_the_records() -> None:
    medication = {"resourceType": "Medication", "id": "m9", "code": CIPROFLOXACIN}
    inside = taken(medicationReference={"reference": "#m9"}, contained=[medication])
    beside = taken(medicationReference={"reference": "Medication/m9"})
    absolute = taken(medicationReference={"reference": "http://ehr.example/fhir/Medication/m9/_history/2"})
    assert fact(inside).concept == "fluoroquinolone"
    for referring in (beside, absolute):
        assert fact(referring, medication).concept == "fluoroquinolone"
        assert (facts(referring), why(referring)) == ((), ["unread"])


def test_a_medication_that_is_not_here_is_known_by_its_display_or_unread_by_its_reference() -> None:
    named = taken(medicationReference={"reference": "Medication/m9", "display": "Levofloxacin 500 mg tablet"})
    assert fact(named).concept == "fluoroquinolone"
    (unread,) = read(taken(medicationReference={"reference": "Medication/m9"})).unread
    assert (unread.place, unread.why, unread.display) == ("medicationReference", "unread", "Medication/m9")
    assert why(taken(medicationReference={"reference": "#gone"})) == ["unread"]


def test_an_unmapped_medicine_names_its_code_for_who_writes_the_map() -> None:
    (unread,) = read(taken(coded("urn:local", "SIM20", text="Simvastatin"))).unread
    assert (unread.system, unread.code, unread.display) == ("urn:local", "SIM20", "Simvastatin")


PREDNISOLONE = {"text": "Prednisolone 5 mg tablets"}
LONG: Json = {"effectivePeriod": {"start": "2025-11-01"}}


def risks(sent: Json) -> set[tuple[str, Certainty]]:
    return {(each.concept, each.certainty) for each in facts(sent)}


def test_a_corticosteroid_taken_by_mouth_for_long_is_a_risk_of_fracture_and_infection() -> None:
    both = {("fracture-risk", Certainty.AFFIRMED), ("spinal-infection-risk", Certainty.AFFIRMED)}
    assert risks(taken(PREDNISOLONE, **LONG)) == both
    assert risks(taken(coded(RXNORM, "8640"), dosage=[{"route": {"text": "Oral"}}], **LONG)) == both


@pytest.mark.parametrize(("start", "counts"), [("2025-12-01", True), ("2025-12-02", False)])
def test_long_is_ninety_days_up_to_when_it_was_last_said(start: str, counts: bool) -> None:
    sent = taken(PREDNISOLONE, effectivePeriod={"start": start}, dateAsserted="2026-03-01")
    assert bool(facts(sent)) is counts


def test_a_corticosteroid_without_a_route_or_only_ordered_is_a_possible_risk() -> None:
    unsure = {("fracture-risk", Certainty.UNCERTAIN), ("spinal-infection-risk", Certainty.UNCERTAIN)}
    assert risks(taken(coded(RXNORM, "8640"), **LONG)) == unsure
    assert risks(ordered(PREDNISOLONE, authoredOn="2025-11-01")) == unsure


@pytest.mark.parametrize(
    "members",
    [
        {"dosage": [{"route": {"text": "Inhaled"}}], **LONG},
        {"dosage": [{"route": {"coding": [{"display": "Topical route"}]}}], **LONG},
        {"status": "completed", **LONG},
        {"effectivePeriod": {"start": "2026-02-20"}},
        {},
    ],
)
def test_a_corticosteroid_given_otherwise_or_for_days_or_no_longer_is_none(members: Json) -> None:
    sent = taken({"text": "Prednisolone"}, **members)
    assert (facts(sent), why(sent)) == ((), [])
