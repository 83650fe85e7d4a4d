"""Reasons of visits, contained resources, members, notes, sides in extensions, and durations in words."""

from datetime import date
from typing import Any

import pytest

from fhirsvc.domain.evidence import Certainty, ClinicalStatus, Moment, Presence, Side, Status
from tests.unit.fhir.extracting import (
    ICD,
    LEFT,
    LOINC,
    RIGHT,
    SNOMED,
    Json,
    coded,
    condition,
    fact,
    facts,
    observation,
    own,
    read,
    report,
    why,
)

REFLEX = own("achilles-reflex")
LATERALITY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"


def encounter(*reasons: Json, **members: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "period": {"start": "2026-02-03", "end": "2026-02-20"},
        "reasonCode": list(reasons),
        **members,
    }


@pytest.mark.parametrize("text", ["Left heel pain", "Numbness of saddle area", "Tingling down left leg"])
def test_a_complaint_or_symptom_is_a_reason_to_come_and_is_there_when_the_visit_begins(text: str) -> None:
    read_fact = fact(encounter({"text": text}))
    assert (read_fact.presence, read_fact.certainty) == (Presence.PRESENT, Certainty.AFFIRMED)
    assert (read_fact.recorded, read_fact.problem) == (Moment.day(date(2026, 2, 3)), False)
    assert read_fact.source.place == "reasonCode[0]"


@pytest.mark.parametrize("reason", [coded(ICD, "M54.16"), {"text": "Absent left ankle jerk"}])
def test_a_diagnosis_or_sign_as_a_reason_may_be_what_the_visit_is_to_find_out(reason: Json) -> None:
    assert fact(encounter(reason)).certainty is Certainty.UNCERTAIN


@pytest.mark.parametrize("text", ["Physiotherapy for the heel", "No response to physiotherapy", "Ciprofloxacin"])
def test_a_visit_for_a_treatment_begins_none(text: str) -> None:
    assert (facts(encounter({"text": text})), why(encounter({"text": text}))) == ((), [])


def test_what_is_to_be_ruled_out_is_no_reason_for_a_fact() -> None:
    assert facts(encounter({"text": "Rule out cauda equina syndrome"})) == ()


def test_a_reason_that_is_not_understood_is_unmapped_with_its_code() -> None:
    (unread,) = read(encounter(coded("urn:local", "CHK", text="Check-up"))).unread
    assert (unread.place, unread.why, unread.code) == ("reasonCode[0]", "unmapped", "CHK")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("arrived", Status.FINAL),
        ("in-progress", Status.FINAL),
        ("planned", Status.PRELIMINARY),
        ("cancelled", Status.CANCELLED),
        ("entered-in-error", Status.ENTERED_IN_ERROR),
    ],
)
def test_the_status_of_a_visit_is_that_of_its_reasons(status: str, expected: Status) -> None:
    assert fact(encounter({"text": "Heel pain"}, status=status)).status is expected


def test_the_reason_of_a_planned_visit_is_as_old_as_its_receipt() -> None:
    assert fact(encounter({"text": "Heel pain"}, status="planned", period={"start": "2027-01-01"})).recorded is None


def test_a_visit_of_unknown_status_is_no_fact() -> None:
    assert facts(encounter({"text": "Heel pain"}, status="unknown")) == ()


INSIDE = observation(REFLEX, id="r1", valueString="0", bodySite=LEFT)


def test_a_result_contained_in_a_report_counts_with_the_report() -> None:
    sent = report("", "Letter", contained=[INSIDE], result=[{"reference": "#r1"}])
    read_fact = fact(sent)
    assert (read_fact.concept, read_fact.result) == ("achilles-reflex", "absent")
    assert (read_fact.source.reference, read_fact.source.place) == ("DiagnosticReport/d1/_history/1", "contained[0]")


def test_a_contained_result_without_a_time_is_as_old_as_its_report() -> None:
    undated = {key: value for key, value in INSIDE.items() if key != "effectiveDateTime"}
    sent = report("", "Letter", contained=[undated], result=[{"reference": "#r1"}])
    assert fact(sent).recorded == Moment.day(date(2026, 1, 10))


@pytest.mark.parametrize(
    "result", [[], [{"reference": "#other"}], [{"reference": "#"}], [{"reference": "Observation/r1"}]]
)
def test_a_contained_resource_that_nothing_lists_is_no_fact(result: list[Json]) -> None:
    assert facts(report("", "Letter", contained=[INSIDE], result=result)) == ()


def test_a_contained_result_of_another_subject_is_no_fact() -> None:
    other = INSIDE | {"subject": {"reference": "Patient/other"}}
    subject = {"reference": "Patient/p1"}
    sent = report("", "Letter", contained=[other], result=[{"reference": "#r1"}], subject=subject)
    same = report(
        "", "Letter", contained=[INSIDE | {"subject": subject}], result=[{"reference": "#r1"}], subject=subject
    )
    assert (len(facts(sent)), len(facts(same))) == (0, 1)


def test_a_contained_condition_has_no_existence_of_its_own() -> None:
    inside = condition("Left heel pain", id="c9")
    assert facts(observation("Neurological examination", contained=[inside])) == ()


def test_a_condition_contained_in_a_visit_as_its_reason_or_diagnosis_counts_with_the_visit() -> None:
    inside = condition("Left heel pain", id="c9", recordedDate=None)
    for members in ({"reasonReference": [{"reference": "#c9"}]}, {"diagnosis": [{"condition": {"reference": "#c9"}}]}):
        read_fact = fact(encounter(contained=[inside], **members))
        assert (read_fact.concept, read_fact.side, read_fact.problem) == ("heel-pain", Side.LEFT, True)
        assert (read_fact.recorded, read_fact.source.place) == (Moment.day(date(2026, 2, 3)), "contained[0]")
        assert facts(encounter(contained=[inside], status="cancelled", **members)) == ()
    assert facts(encounter(contained=[inside])) == ()


def test_a_result_or_member_by_reference_counts_once() -> None:
    panel = observation("Neurological examination", id="o9", hasMember=[{"reference": "Observation/o1"}])
    listed = report("", "Letter", result=[{"reference": "Observation/o1"}])
    assert len(facts(panel, listed, observation(REFLEX, valueString="0"))) == 1


def test_a_panel_says_nothing_where_only_its_members_answer() -> None:
    member = observation("Left heel tenderness", id="r1", valueBoolean=False)
    sent = observation("Heel tenderness", contained=[member], hasMember=[{"reference": "#r1"}])
    assert [(each.side, each.presence) for each in facts(sent)] == [(Side.LEFT, Presence.ABSENT)]
    assert why(observation("Examination panel", hasMember=[{"reference": "Observation/x"}])) == []


@pytest.mark.parametrize("focus", ["Patient/child", "RelatedPerson/mother"])
def test_an_observation_of_another_person_than_its_subject_is_no_fact(focus: str) -> None:
    members = {"subject": {"reference": "Patient/p1"}, "valueString": "0"}
    assert facts(observation(REFLEX, focus=[{"reference": focus}], **members)) == ()
    assert facts(observation(REFLEX, focus=[{"reference": "Patient/p1"}], **members))


def test_the_manifestations_a_condition_rests_on_are_facts_of_the_same_source() -> None:
    sent = condition("S1 radiculopathy", evidence=[{"code": [{"text": "Absent left ankle jerk"}]}])
    found = facts(sent)
    assert {(each.concept, each.side) for each in found} == {
        ("achilles-reflex", Side.LEFT),
        ("radiculopathy", Side.UNKNOWN),
    }
    assert len({each.source.key for each in found}) == 1
    unmapped = condition("Heel pain", evidence=[{"code": [{"text": "Hair loss"}]}])
    assert [each.place for each in read(unmapped).unread] == ["evidence[0].code[0]"]


def test_a_problem_in_free_text_that_is_no_phrase_is_read_as_prose_unless_it_is_the_name_of_a_code() -> None:
    text = "Left ankle jerk has been absent since spring"
    assert (fact(condition(text)).result, fact(condition(text)).source.place) == ("absent", "code.text[sentence 1]")
    named = condition(coded("urn:local", "17", text=text))
    assert (facts(named), why(named)) == ((), ["unmapped"])
    denied = condition("Left ankle jerk has been normal since spring")
    assert (facts(denied), why(denied)) == ((), ["unmapped"])


def test_the_stage_and_severity_of_a_condition_say_nothing() -> None:
    stage = [{"summary": {"text": "Absent left ankle jerk"}, "type": {"text": "Saddle numbness"}}]
    sent = condition("Heel pain", stage=stage, severity={"text": "Severe deficit of both legs"})
    assert ([each.concept for each in facts(sent)], why(sent)) == (["heel-pain"], [])


def test_a_note_of_a_condition_is_read_as_prose_with_its_own_time_and_the_conditions_standing() -> None:
    note = [{"text": "Left ankle jerk absent.", "time": "2026-02-01T10:00:00Z"}]
    (noted,) = (each for each in facts(condition("Heel pain", note=note)) if each.concept == "achilles-reflex")
    assert (noted.side, noted.problem) == (Side.LEFT, False)
    assert noted.recorded is not None
    assert noted.recorded.earliest == date(2026, 2, 1)
    resolved = facts(condition("Heel pain", note=note, clinicalStatus={"coding": [{"code": "resolved"}]}))
    assert {each.clinical_status for each in resolved} == {ClinicalStatus.RESOLVED}


def test_a_status_in_words_is_read_as_its_code() -> None:
    assert fact(condition("Heel pain", clinicalStatus={"text": "Resolved"})).clinical_status is ClinicalStatus.RESOLVED


def test_a_condition_that_has_abated_is_resolved_where_no_status_says_otherwise() -> None:
    abated = condition("Heel pain", clinicalStatus=None, abatementDateTime="2025-01-01")
    assert fact(abated).clinical_status is ClinicalStatus.RESOLVED
    active = condition("Heel pain", abatementString="partly")
    assert fact(active).clinical_status is ClinicalStatus.ACTIVE


def test_the_date_of_assertion_stands_in_for_that_of_recording() -> None:
    asserted = {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
        "valueDateTime": "2026-01-05",
    }
    sent = condition("Heel pain", recordedDate=None, extension=[asserted])
    assert fact(sent).recorded == Moment.day(date(2026, 1, 5))


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        ({"onsetString": "8 weeks ago"}, Moment.day(date(2025, 12, 26))),
        ({"onsetString": "since yesterday"}, Moment.day(date(2026, 2, 19))),
        ({"onsetString": "2-3 weeks"}, Moment.days(date(2026, 1, 30), date(2026, 2, 6))),
        (
            {"onsetRange": {"low": {"value": 40, "code": "a"}, "high": {"value": 41, "code": "a"}}},
            Moment.days(date(2010, 2, 28), date(2012, 2, 27)),
        ),
        ({"onsetRange": {"low": {"value": 41, "code": "a"}, "high": {"value": 40, "code": "a"}}}, None),
    ],
)
def test_an_onset_in_words_is_counted_from_the_record_and_one_by_ages_from_birth(
    onset: Json, expected: Moment | None
) -> None:
    person = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-02-28"}
    assert fact(person, condition("Low back pain", **onset)).onset == expected


@pytest.mark.parametrize(
    ("text", "onset"),
    [
        ("Left heel pain for 8 weeks", date(2025, 12, 26)),
        ("Left heel pain x 8 weeks", date(2025, 12, 26)),
        ("Left heel pain (for 3 months)", date(2025, 11, 20)),
        ("Left heel pain, for a year", date(2025, 2, 20)),
        ("8 week history of left heel pain", date(2025, 12, 26)),
        ("3-month history of left heel pain", date(2025, 11, 20)),
        ("Left heel pain since yesterday", date(2026, 2, 19)),
        ("Left heel pain since 2026-01-03", date(2026, 1, 3)),
        ("Left heel pain over the last two weeks", date(2026, 2, 6)),
    ],
)
def test_a_duration_in_a_text_is_an_onset_counted_from_the_statement(text: str, onset: date) -> None:
    read_fact = fact(condition(text))
    assert (read_fact.concept, read_fact.side, read_fact.onset) == ("heel-pain", Side.LEFT, Moment.day(onset))


def test_a_recorded_onset_stands_above_a_duration_in_words() -> None:
    sent = condition("Heel pain for 8 weeks", onsetDateTime="2025-01-01")
    assert fact(sent).onset == Moment.day(date(2025, 1, 1))


@pytest.mark.parametrize("value", ["for 8 weeks", "8 weeks", "yes, for 8 weeks", "present since 8 weeks"])
def test_a_duration_as_a_value_says_that_it_is_there_and_since_when(value: str) -> None:
    read_fact = fact(observation("Low back pain", valueString=value))
    assert (read_fact.presence, read_fact.onset) == (Presence.PRESENT, Moment.day(date(2025, 12, 26)))


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("No low back pain", "for 8 weeks"),
        ("Saddle sensation", "8 weeks"),
        ("Low back pain", "8 weeks ago"),
        ("Low back pain", "for 8-3 weeks"),
        ("Achilles tendon tenderness", "for 8 weeks"),
    ],
)
def test_a_duration_that_may_mean_how_long_it_is_gone_is_no_answer(code: str, value: str) -> None:
    sent = observation(code, valueString=value)
    assert (fact(sent).presence, fact(sent).onset, why(sent)) == (Presence.UNKNOWN, None, ["unread"])


def test_a_time_as_a_quantity_is_a_duration_in_its_unit() -> None:
    weeks = observation("Low back pain", valueQuantity={"value": 8, "code": "wk"})
    assert (fact(weeks).presence, fact(weeks).onset) == (Presence.PRESENT, Moment.day(date(2025, 12, 26)))
    assert why(observation("Low back pain", valueQuantity={"value": 8, "code": "wk", "comparator": "<"})) == ["unread"]


def test_a_duration_before_the_calendar_is_no_onset() -> None:
    assert fact(condition("Heel pain for 999 years", recordedDate="0500-01-01")).onset is None


@pytest.mark.parametrize(
    ("code", "value", "result"),
    [
        (REFLEX, {"valueRatio": {"numerator": {"value": 0}, "denominator": {"value": 4}}}, "absent"),
        (REFLEX, {"valueRange": {"low": {"value": 2}, "high": {"value": 2}}}, "normal"),
        (REFLEX, {"valueRange": {"low": {"value": 1}, "high": {"value": 2}}}, ""),
        (REFLEX, {"valueRatio": {"numerator": {"value": 2, "unit": "mm"}, "denominator": {"value": 4}}}, ""),
        (REFLEX, {"valueRatio": {"numerator": {"value": 2}}}, ""),
        (REFLEX, {"valueTime": "12:00:00"}, ""),
        (REFLEX, {"valueSampledData": {"data": "1 2"}}, ""),
    ],
)
def test_a_ratio_is_a_grade_out_of_its_best_and_a_range_must_agree(code: Json, value: Json, result: str) -> None:
    assert fact(observation(code, bodySite=LEFT, **value)).result == result


def test_a_power_of_four_out_of_five_as_a_ratio_is_a_grade() -> None:
    ratio = {"numerator": {"value": 4}, "denominator": {"value": 5}}
    assert fact(observation("Plantar flexion power", valueRatio=ratio)).number == 4


@pytest.mark.parametrize("name", ["_valueBoolean", "_valueString", "_valueQuantity"])
def test_a_value_that_is_only_said_to_be_missing_leaves_even_a_stated_finding_unknown(name: str) -> None:
    reason = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-declined"}
    assert fact(observation("Sciatica", **{name: {"extension": [reason]}})).presence is Presence.UNKNOWN


@pytest.mark.parametrize(
    "value", [{"valueCodeableConcept": LEFT}, {"valueCoding": LEFT["coding"][0]}, {"valueString": "left"}]
)
def test_the_side_is_read_from_an_extension_of_the_body_site_or_of_the_resource(value: Json) -> None:
    extension = [{"url": LATERALITY, **value}]
    site = {"text": "Achilles tendon", "extension": extension}
    assert fact(observation(REFLEX, valueString="0", bodySite=site)).side is Side.LEFT
    assert fact(condition("Heel pain", extension=extension)).side is Side.LEFT
    assert fact(condition("Heel pain", bodySite=[{"text": "heel"}], extension=extension)).side is Side.LEFT


@pytest.mark.parametrize(
    "site",
    [
        {"text": "left heel", "extension": [{"url": LATERALITY, "valueCodeableConcept": RIGHT}]},
        {"coding": RIGHT["coding"], "text": "left"},
        {"coding": [*RIGHT["coding"], {"system": SNOMED, "code": "344001", "display": "Left ankle"}]},
    ],
)
def test_a_body_site_that_contradicts_itself_has_no_side(site: Json) -> None:
    assert fact(observation(REFLEX, valueString="0", bodySite=site)).side is Side.UNKNOWN


def test_a_body_structure_contained_in_the_resource_is_its_body_site() -> None:
    structure = {
        "resourceType": "BodyStructure",
        "id": "b1",
        "location": {"text": "Achilles tendon"},
        "locationQualifier": [LEFT],
    }
    named = {"url": "http://hl7.org/fhir/StructureDefinition/bodySite", "valueReference": {"reference": "#b1"}}
    general = coded(SNOMED, "366420008")
    read_fact = fact(observation(general, valueString="0", contained=[structure], extension=[named]))
    assert (read_fact.concept, read_fact.side) == ("achilles-reflex", Side.LEFT)


def test_a_method_with_a_bent_knee_is_no_measure_of_the_protocol() -> None:
    members = {"valueQuantity": {"value": 8, "code": "deg"}}
    bent = observation(own("ankle-dorsiflexion-range"), method={"text": "Knee flexed"}, **members)
    straight = observation(own("ankle-dorsiflexion-range"), method={"text": "Knee straight"}, **members)
    assert (fact(bent).number, why(bent)) == (None, ["unread"])
    assert fact(straight).number == 8


def test_a_method_says_what_kind_of_study_a_text_is_of() -> None:
    sent = observation("Lumbar spine", method={"text": "MRI"}, valueString="Left S1 root contact.")
    assert fact(sent).concept == "nerve-root-contact"


def test_a_note_of_an_observation_is_read_as_prose_on_the_side_of_its_body_site() -> None:
    sent = observation("Plantar flexion power", valueString="5/5", bodySite=LEFT, note=[{"text": "Ankle jerk absent."}])
    assert ("achilles-reflex", Side.LEFT, "note[0].text[sentence 1]") in [
        (each.concept, each.side, each.source.place) for each in facts(sent)
    ]


def test_prose_under_a_heading_of_the_examination_is_read_where_it_is_no_phrase() -> None:
    text = "On examination today the left ankle jerk was absent."
    assert fact(observation(coded(LOINC, "10194-9"), valueString=text)).result == "absent"
    assert fact(observation("Something local", valueString=text)).result == "absent"


@pytest.mark.parametrize("heading", ["Family history", "Plan", "Clinical question", "Indication"])
def test_prose_under_a_heading_that_states_nothing_of_the_patient_is_no_fact(heading: str) -> None:
    assert facts(observation(heading, valueString="The left ankle jerk was absent today.")) == ()


def test_a_value_that_answers_its_question_in_prose_is_read() -> None:
    text = "The left ankle jerk was absent today."
    sent = observation("Achilles reflex", valueString=text)
    assert (fact(sent).result, fact(sent).side, fact(sent).source.sentence, why(sent)) == (
        "absent",
        Side.LEFT,
        text,
        [],
    )


def test_what_is_not_understood_names_its_code_for_the_map_and_its_place() -> None:
    local = coded("urn:local", "AJ9", text="AJ test")
    value = coded("urn:local", "XX", text="Grade XX")
    (code,) = read(observation(local, valueString="0")).unread
    (answer,) = read(observation(REFLEX, valueCodeableConcept=value)).unread
    assert (code.place, code.why, code.system, code.code) == ("code", "unmapped", "urn:local", "AJ9")
    assert (answer.place, answer.why, answer.code, answer.display) == ("value", "unread", "XX", "Grade XX")


def test_a_procedure_by_age_is_dated_by_it() -> None:
    person = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-02-28"}
    surgery = {
        "resourceType": "Procedure",
        "id": "x",
        "status": "completed",
        "code": {"text": "Lumbar microdiscectomy"},
    }
    dated = fact(person, surgery | {"performedAge": {"value": 40, "code": "a"}})
    assert dated.recorded == Moment.days(date(2010, 2, 28), date(2011, 2, 27))
    assert fact(person, surgery | {"performedString": "long ago"}).recorded is None
