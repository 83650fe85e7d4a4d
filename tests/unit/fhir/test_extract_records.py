"""Conditions, procedures, family history, reports and the person."""

from datetime import date
from typing import Any

import pytest

from fhirsvc.domain.evidence import (
    Certainty,
    ClinicalStatus,
    Modality,
    Moment,
    Presence,
    Root,
    Side,
    Status,
    Verification,
)
from tests.unit.fhir.extracting import (
    ICD,
    LEFT,
    LOINC,
    RIGHT,
    attached,
    coded,
    condition,
    fact,
    facts,
    own,
    read,
    report,
    why,
)


def status_of(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("active", ClinicalStatus.ACTIVE),
        ("recurrence", ClinicalStatus.ACTIVE),
        ("relapse", ClinicalStatus.ACTIVE),
        ("inactive", ClinicalStatus.INACTIVE),
        ("remission", ClinicalStatus.REMISSION),
        ("resolved", ClinicalStatus.RESOLVED),
        ("", ClinicalStatus.MISSING),
    ],
)
def test_the_clinical_status_is_kept_and_a_missing_one_stays_missing(code: str, expected: ClinicalStatus) -> None:
    read_fact = fact(condition("Heel pain", clinicalStatus=status_of(code) if code else None))
    assert (read_fact.clinical_status, read_fact.problem) == (expected, True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", Verification.CONFIRMED),
        ("confirmed", Verification.CONFIRMED),
        ("provisional", Verification.PROVISIONAL),
        ("differential", Verification.PROVISIONAL),
        ("unconfirmed", Verification.PROVISIONAL),
        ("refuted", Verification.REFUTED),
    ],
)
def test_the_verification_is_kept_and_a_missing_one_is_confirmed(code: str, expected: Verification) -> None:
    assert fact(condition("Heel pain", verificationStatus=status_of(code))).verification is expected


def test_a_condition_entered_in_error_is_in_error_in_both_ways() -> None:
    read_fact = fact(condition("Heel pain", verificationStatus=status_of("entered-in-error")))
    assert (read_fact.verification, read_fact.status) == (Verification.ENTERED_IN_ERROR, Status.ENTERED_IN_ERROR)


@pytest.mark.parametrize(
    ("code", "members", "side"),
    [
        (coded(ICD, "M76.62"), {}, Side.LEFT),
        (coded(ICD, "M76.61"), {}, Side.RIGHT),
        (coded(ICD, "M76.60"), {}, Side.UNKNOWN),
        (coded(ICD, "M76.62"), {"bodySite": [RIGHT]}, Side.UNKNOWN),
        (coded(ICD, "M72.2"), {"bodySite": [LEFT]}, Side.LEFT),
        (coded(ICD, "M72.2"), {"bodySite": [LEFT, RIGHT]}, Side.BOTH),
        ("Bilateral plantar fasciitis", {}, Side.BOTH),
        ("Achilles tendinitis, left leg", {}, Side.LEFT),
        ("Pain in right heel", {}, Side.RIGHT),
    ],
)
def test_the_side_of_a_condition(code: Any, members: Any, side: Side) -> None:
    assert fact(condition(code, **members)).side is side


def test_a_combined_code_is_two_facts_of_one_source() -> None:
    found = facts(condition(coded(ICD, "M54.42")))
    assert {each.concept for each in found} == {"low-back-pain", "radiating-leg-symptoms"}
    assert len({each.source.key for each in found}) == 1


def test_a_bare_L_before_the_spine_may_be_lumbar() -> None:  # noqa: N802 (the letter is the point)
    assert fact(condition("L back pain")).side is Side.UNKNOWN
    assert fact(condition("R back pain")).side is Side.RIGHT
    assert fact(condition("L heel pain")).side is Side.LEFT


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("Suspected S1 radiculopathy", Certainty.UNCERTAIN),
        ("Possible S1 radiculopathy", Certainty.UNCERTAIN),
        ("History of heel pain", Certainty.HISTORICAL),
    ],
)
def test_words_of_doubt_and_of_the_past_stay_with_the_fact(text: str, certainty: Certainty) -> None:
    assert fact(condition(text)).certainty is certainty


def test_roots_that_contradict_each_other_are_not_recorded() -> None:
    assert fact(condition("S1 radiculopathy")).root is Root.S1
    assert fact(condition("S1 radiculopathy", bodySite=[{"text": "L5 root"}])).root is None


def test_a_question_on_the_problem_list_is_no_fact() -> None:
    assert facts(condition("Rule out cauda equina syndrome")) == ()


@pytest.mark.parametrize("code", ["Family history of breast cancer", coded(ICD, "Z80.3", text="Breast cancer")])
def test_family_history_is_the_familys(code: Any) -> None:
    assert all(each.family for each in facts(condition(code)))


def test_history_of_cancer_is_the_patients_own() -> None:
    read_fact = fact(condition("History of cancer"))
    assert (read_fact.concept, read_fact.family, read_fact.certainty) == ("cancer-history", False, Certainty.AFFIRMED)


def test_numbness_without_a_saddle_site_is_no_red_flag() -> None:
    assert why(condition(coded(ICD, "R20.0"))) == ["needs-site"]
    saddle = condition(coded(ICD, "R20.0"), bodySite=[{"text": "perineum"}])
    assert fact(saddle).concept == "saddle-sensation"


def test_a_bare_question_on_the_problem_list_answers_nothing_and_a_finding_does() -> None:
    assert fact(condition(own("achilles-reflex"))).presence is Presence.UNKNOWN
    assert fact(condition(own("heel-pain"))).presence is Presence.PRESENT
    assert fact(condition("Absent ankle jerk")).result == "absent"


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ({"onsetDateTime": "2025-03"}, Moment.days(date(2025, 3, 1), date(2025, 3, 31))),
        (
            {"onsetPeriod": {"start": "2025-03-01", "end": "2025-03-04"}},
            Moment.days(date(2025, 3, 1), date(2025, 3, 4)),
        ),
        ({"onsetAge": {"value": 40, "code": "a"}}, Moment.days(date(2010, 2, 28), date(2011, 2, 27))),
        ({"onsetAge": {"value": 3, "unit": "weeks"}}, Moment.days(date(1970, 3, 21), date(1970, 3, 27))),
        ({"onsetAge": {"value": 40.5, "code": "a"}}, None),
        ({"onsetAge": {"value": 40, "code": "km"}}, None),
        ({"onsetAge": {"value": 90000, "code": "a"}}, None),
    ],
)
def test_the_onset_is_as_precise_as_recorded(onset: Any, expected: Moment | None) -> None:
    person = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-02-28"}
    assert fact(person, condition("Low back pain", **onset)).onset == expected


@pytest.mark.parametrize("person", [[], [{"resourceType": "Patient", "id": "p1", "birthDate": "1970"}]])
def test_an_age_at_onset_needs_an_exact_date_of_birth(person: Any) -> None:
    aged = condition("Low back pain", onsetAge={"value": 40, "code": "a"})
    assert fact(*person, aged).onset is None


def test_an_onset_in_words_is_unread() -> None:
    assert why(condition("Low back pain", onsetString="years ago")) == ["unread"]


@pytest.mark.parametrize(
    ("patient", "birth", "deceased"),
    [
        ({"birthDate": "1970-02-28"}, Moment.day(date(1970, 2, 28)), False),
        ({"birthDate": "1970"}, Moment.days(date(1970, 1, 1), date(1970, 12, 31)), False),
        ({"birthDate": "1970-13-01"}, None, False),
        ({"deceasedBoolean": True}, None, True),
        ({"deceasedBoolean": False}, None, False),
        ({"deceasedDateTime": "2026"}, None, True),
        ({}, None, False),
    ],
)
def test_the_person(patient: Any, birth: Moment | None, deceased: bool) -> None:
    person = read({"resourceType": "Patient", "id": "p1", **patient}).evidence.person
    assert (person.birth, person.deceased, person.reference) == (birth, deceased, "Patient/p1/_history/1")


def test_two_dates_of_birth_for_one_person_leave_it_unknown() -> None:
    one, other = (
        {"resourceType": "Patient", "id": id_, "birthDate": day} for id_, day in [("a", "1970"), ("b", "1971")]
    )
    assert read(one, other).evidence.person.birth is None


def procedure(text: str, **members: Any) -> dict[str, Any]:
    return {"resourceType": "Procedure", "id": "p1", "status": "completed", "code": {"text": text}, **members}


def test_an_operation_is_dated_by_its_start() -> None:
    read_fact = fact(procedure("Lumbar microdiscectomy", performedPeriod={"start": "2018-05-02", "end": "2018-05-03"}))
    assert (read_fact.concept, read_fact.recorded, read_fact.problem) == (
        "lumbar-surgery",
        Moment.day(date(2018, 5, 2)),
        False,
    )


def test_a_local_treatment_needs_its_site_and_has_its_start_as_onset() -> None:
    injected = procedure("Corticosteroid injection", performedDateTime="2025-12-01", bodySite=[{"text": "left heel"}])
    read_fact = fact(injected)
    assert (read_fact.concept, read_fact.side, read_fact.onset) == (
        "local-treatment",
        Side.LEFT,
        Moment.day(date(2025, 12, 1)),
    )
    assert why(procedure("Corticosteroid injection")) == ["needs-site"]


@pytest.mark.parametrize("status", ["not-done", "preparation", "on-hold", "unknown", None])
def test_what_was_not_done_is_no_fact(status: Any) -> None:
    assert facts(procedure("Lumbar microdiscectomy", status=status)) == ()


def test_what_relatives_had_is_kept_as_the_familys_where_it_is_a_concept() -> None:
    relatives = [{"code": {"text": "Breast cancer"}}, {"code": {"text": "Gout"}}]
    history = {"resourceType": "FamilyMemberHistory", "id": "f1", "status": "completed", "condition": relatives}
    read_fact = fact(history)
    assert (read_fact.concept, read_fact.family, read_fact.source.place) == ("cancer-history", True, "condition[0]")


_NEVER = ["ServiceRequest", "CarePlan", "Goal", "ImagingStudy", "AllergyIntolerance", "Immunization", "Medication"]


@pytest.mark.parametrize("type_", [*_NEVER, "Basic"])
def test_an_order_or_another_type_is_never_evidence_and_said_to_be_ignored(type_: str) -> None:
    sent = {"resourceType": type_, "id": "s1", "status": "active", "code": {"text": "Absent ankle jerk"}}
    reasons = {"reasonCode": [{"text": "Left heel pain"}], "note": [{"text": "Absent left ankle jerk."}]}
    extraction = read(sent | reasons)
    assert (extraction.evidence.facts, extraction.unread) == ((), ())
    assert extraction.ignored == (f"{type_}/s1/_history/1",)


def test_what_is_read_is_never_said_to_be_ignored() -> None:
    assert read(condition("Heel pain"), {"resourceType": "Patient", "id": "p1"}).ignored == ()


def test_a_lumbar_report_gives_contact_with_modality_time_and_sentence() -> None:
    text = "Disc normal at L4-5. Left S1 root contact."
    read_fact = fact(report(text))
    assert (read_fact.concept, read_fact.result, read_fact.root, read_fact.side) == (
        "nerve-root-contact",
        "contact",
        Root.S1,
        Side.LEFT,
    )
    assert (read_fact.modality, read_fact.recorded) == (Modality.MR, Moment.day(date(2026, 1, 10)))
    source = read_fact.source
    assert source.place == "conclusion[sentence 2]"
    assert text[source.start : source.end] == source.sentence == "Left S1 root contact."


def test_issued_never_dates_a_report() -> None:
    assert fact(report("S1 root contact.", effectiveDateTime=None, issued="2026-01-01T00:00:00Z")).recorded is None


def test_an_attachment_of_plain_text_is_read_and_any_other_is_unread() -> None:
    forms = [attached("Left S1 root contact."), {"contentType": "application/pdf", "data": "JVBERg=="}]
    extraction = read(report(presentedForm=forms))
    assert [each.source.place for each in extraction.evidence.facts] == ["presentedForm[0][sentence 1]"]
    assert [(each.place, each.display) for each in extraction.unread] == [("presentedForm[1]", "application/pdf")]


@pytest.mark.parametrize("data", ["****", "/w==", 7, None])
def test_an_attachment_that_cannot_be_decoded_is_unread(data: Any) -> None:
    assert why(report(presentedForm=[{"contentType": "text/plain", "data": data}])) == ["unread"]


def test_an_addendum_in_an_attachment_beats_the_conclusion() -> None:
    found = facts(report("Right S1 root contact.", presentedForm=[attached("ADDENDUM: left S1 root contact.")]))
    assert [each.side for each in found] == [Side.LEFT]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("appended", Status.FINAL), ("partial", Status.PRELIMINARY), ("entered-in-error", Status.ENTERED_IN_ERROR)],
)
def test_the_status_of_a_report(status: str, expected: Status) -> None:
    assert fact(report("S1 root contact.", status=status)).status is expected


@pytest.mark.parametrize("status", ["registered", "unknown"])
def test_a_report_that_is_only_registered_is_no_fact(status: str) -> None:
    assert facts(report("S1 root contact.", status=status)) == ()


def test_an_imaging_report_never_makes_a_diagnosis() -> None:
    coded_report = report("Left S1 root contact.", conclusionCode=[coded(ICD, "M54.17"), coded(ICD, "M76.62")])
    assert {each.concept for each in facts(coded_report)} == {"nerve-root-contact"}


def test_the_coded_and_worded_conclusion_of_a_nerve_study_are_one_and_no_diagnosis() -> None:
    code, conclusion = coded(LOINC, "18749-2"), [{"text": "Left S1 radiculopathy"}]
    for text in ("Left S1 radiculopathy.", ""):
        found = fact(report(text, code, conclusionCode=conclusion))
        assert (found.concept, found.side, found.root) == ("emg-root-lesion", Side.LEFT, Root.S1)


def test_an_ankle_report_speaks_of_tendon_and_fascia_on_its_side() -> None:
    left = coded(LOINC, "26209-7")
    assert fact(report("Achilles tendon thickened.", left)).side is Side.LEFT
    assert fact(report("Plantar fascia thickened.", "Ultrasound right heel")).side is Side.RIGHT
    assert facts(report("Left S1 root contact.", left)) == ()


def test_a_report_of_an_unknown_study_is_unmapped_unless_its_text_begins_with_what_it_is() -> None:
    assert why(report("Left S1 root contact.", "Letter")) == ["unmapped"]
    assert fact(report("MRI lumbar spine: left S1 root contact.", "Report")).modality is Modality.MR
    assert facts(report("Left C6 root contact.", "MRI cervical spine")) == ()


def test_a_report_that_excludes_cauda_equina_compression_is_a_rule_out() -> None:
    found = {each.concept: each.presence for each in facts(report("No cauda equina compression."))}
    assert found["cauda-equina-syndrome"] is Presence.ABSENT
