"""Risks of serious disease of the spine in prose: what counts, when it happened, and what only sounds like a risk."""

from datetime import date, timedelta

import pytest

from fhirsvc.domain.evidence import Certainty, Fact, Presence
from tests.unit.fhir.extracting import facts
from tests.unit.fhir.test_extract_documents import document
from tests.unit.fhir.test_notes_history import one, says, told

RISKS = frozenset(
    {"fracture-risk", "spinal-infection-risk", "bloodstream-infection", "major-trauma", "minor-trauma"}
    | {"cancer-history", "serious-spinal-disease"}
)
WRITTEN = date(2026, 2, 20)


def risks(text: str) -> list[Fact]:
    return [each for each in facts(document(text)) if each.concept in RISKS]


def answers(text: str) -> set[tuple[str, Presence]]:
    return {(each.concept, each.presence) for each in risks(text)}


def alarming(text: str) -> list[str]:
    return [
        each.concept
        for each in risks(text)
        if each.presence is Presence.PRESENT and not each.family and each.certainty is not Certainty.HISTORICAL
    ]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Known osteoporosis on alendronate.", "fracture-risk"),
        ("Old L1 compression fracture.", "fracture-risk"),
        ("+ve for osteoporosis.", "fracture-risk"),
        ("Past medical history: asthma, osteoporosis.", "fracture-risk"),
        ("History of an osteoporotic compression fracture.", "fracture-risk"),
        ("He injects heroin.", "spinal-infection-risk"),
        ("History of intravenous drug abuse.", "spinal-infection-risk"),
        ("He is HIV positive.", "spinal-infection-risk"),
        ("She had a kidney transplant.", "spinal-infection-risk"),
        ("She is immunocompromised.", "spinal-infection-risk"),
        ("He is on chemotherapy.", "spinal-infection-risk"),
        ("Tuberculosis as a young adult abroad.", "spinal-infection-risk"),
        ("Suspected discitis.", "spinal-infection-risk"),
        ("Recent bacteraemia.", "bloodstream-infection"),
        ("Recent fall.", "minor-trauma"),
    ],
)
def test_a_risk_is_told_by_its_name(text: str, concept: str) -> None:
    assert concept in alarming(text)


@pytest.mark.parametrize(
    "text",
    [
        "On chronic prednisone.",
        "Prednisolone 5 mg daily for three years.",
        "She has been on oral steroids for 6 months.",
        "Long-term corticosteroid therapy for lupus.",
    ],
)
def test_a_corticosteroid_of_ninety_days_is_a_risk_of_fracture_and_of_infection(text: str) -> None:
    assert set(alarming(text)) == {"fracture-risk", "spinal-infection-risk"}


@pytest.mark.parametrize(
    "text",
    [
        "A prednisone taper for five days.",
        "Inhaled corticosteroids for ten years.",
        "Steroid injections for 6 months did not help.",
        "Long-term steroid inhaler.",
        "Chronic heel pain was treated with prednisone.",
    ],
)
def test_a_short_or_local_corticosteroid_is_no_risk(text: str) -> None:
    assert alarming(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Her mother has osteoporosis.",
        "Family history: osteoporosis and prostate cancer.",
        "His sister died of sepsis last month.",
        "At risk of osteoporosis.",
        "Smoking is a risk factor for osteoporosis.",
        "A bone density scan to exclude osteoporosis.",
        "DXA for osteoporosis was normal.",
        "We will check for osteoporosis.",
        "Plan: DXA for osteoporosis.",
        "Calcium for osteoporosis prevention.",
        "Long-term steroids can cause osteoporosis.",
        "Awaiting a kidney transplant.",
        "He needs an HIV test.",
        "Latent tuberculosis.",
        "MRI to rule out discitis.",
        "Endocarditis prophylaxis before dental work.",
        "Former IV drug user.",
        "Fall precautions.",
        "At risk for falls.",
        "High fall risk.",
        "A walker to prevent falls.",
        "Rheumatology may start long-term prednisone.",
        "Immunosuppression is contraindicated.",
        "If she falls again, call the clinic.",
        "Her husband fell last week.",
        "He nearly fell yesterday.",
        "He fell asleep at noon two weeks ago.",
        "Symptoms began in the fall of 2024.",
        "His power fell to 3/5 two weeks ago.",
    ],
)
def test_what_is_asked_advised_feared_or_of_another_person_is_no_alarm(text: str) -> None:
    assert alarming(text) == []


def test_a_denial_denies_every_risk_of_its_list() -> None:
    assert answers("No history of osteoporosis, IVDU, cancer.") == {
        ("fracture-risk", Presence.ABSENT),
        ("spinal-infection-risk", Presence.ABSENT),
        ("cancer-history", Presence.ABSENT),
    }


@pytest.mark.parametrize(
    "text",
    [
        "Red flag screen negative: cancer, osteoporosis.",
        "Red flags (cancer, osteoporosis) denied.",
        "Red flags (cancer, osteoporosis): none.",
        "Red flags (cancer, osteoporosis) are absent.",
        "No red flags (cancer, osteoporosis).",
    ],
)
def test_the_answer_of_a_list_of_red_flags_is_that_of_each(text: str) -> None:
    assert answers(text) == {("cancer-history", Presence.ABSENT), ("fracture-risk", Presence.ABSENT)}


@pytest.mark.parametrize(
    "text",
    [
        "Red flags: osteoporosis, no cancer.",
        "Red flags (osteoporosis): no fever.",
        "Red flags present: osteoporosis.",
        "No red flags except for osteoporosis.",
        "[x] osteoporosis [ ] diabetes",
    ],
)
def test_a_denial_of_another_thing_in_a_list_of_red_flags_leaves_a_risk_there(text: str) -> None:
    assert alarming(text) == ["fracture-risk"]


def test_an_empty_box_says_nothing() -> None:
    assert answers("[ ] osteoporosis [ ] cancer") == set()


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("Denies falls.", {"minor-trauma"}),
        ("She has not fallen.", {"minor-trauma"}),
        ("No recent fall.", {"minor-trauma"}),
        ("No trauma.", {"minor-trauma", "major-trauma"}),
        ("Denies any injury.", {"minor-trauma", "major-trauma"}),
        ("He was not hit by a car.", {"major-trauma"}),
        ("HIV negative.", {"spinal-infection-risk"}),
        ("Not on long-term steroids.", {"fracture-risk", "spinal-infection-risk"}),
        ("-ve for cancer.", {"cancer-history"}),
        ("No signs of sepsis.", {"bloodstream-infection"}),
        ("Any history of osteoporosis? No.", {"fracture-risk"}),
        ("Fell last week? No.", {"minor-trauma"}),
        ("No injury to the knee.", set()),
        ("No head injury.", set()),
    ],
)
def test_a_denied_accident_or_infection_is_absent_and_another_place_says_nothing(text: str, concepts: set[str]) -> None:
    assert answers(text) == {(concept, Presence.ABSENT) for concept in concepts}


@pytest.mark.parametrize(
    ("text", "subject", "weeks"),
    [
        ("She fell two weeks ago.", "minor-trauma", 2),
        ("Two weeks ago he slipped and fell on the ice.", "minor-trauma", 2),
        ("He fell off a ladder yesterday.", "major-trauma", 0),
        ("He fell off his bike onto his back last week.", "minor-trauma", 1),
        ("She had a fall in the garden last week and hurt her back.", "minor-trauma", 1),
        ("Motor vehicle accident 3 weeks ago.", "major-trauma", 3),
        ("In the last two weeks he has fallen three times.", "minor-trauma", 2),
        ("Back pain for 3 weeks after a fall.", "minor-trauma", 3),
        ("She comes three weeks after a fall from a ladder.", "major-trauma", 3),
        ("Fell two years ago.", "minor-trauma", 104),
        ("Fell 2/52 ago.", "minor-trauma", 2),
        ("Sepsis six weeks ago.", "bloodstream-infection", 6),
        ("He took ciprofloxacin a month ago.", "dated-fluoroquinolone", 4),
    ],
)
def test_an_accident_or_infection_is_told_with_its_time(text: str, subject: str, weeks: int) -> None:
    found = one(text, subject)
    assert (found.value, found.weeks, found.certainty) == ("present", weeks, Certainty.AFFIRMED)


def test_the_time_becomes_the_onset_of_the_fact() -> None:
    (fall,) = risks("She fell two weeks ago.")
    assert fall.onset is not None
    assert fall.onset.first.date() == WRITTEN - timedelta(weeks=2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("She fell on 12 February 2026.", date(2026, 2, 12)),
        ("On Monday she slipped and fell.", date(2026, 2, 16)),
        ("2026-02-12: fell off a ladder.", date(2026, 2, 12)),
        ("Car accident on 3 March 2011.", date(2011, 3, 3)),
    ],
)
def test_an_accident_is_of_the_day_that_is_named(text: str, day: date) -> None:
    (accident,) = risks(text)
    assert accident.onset is not None
    assert (accident.onset.first.date(), accident.certainty) == (day, Certainty.AFFIRMED)


@pytest.mark.parametrize("text", ["Acute low back pain after a fall.", "He recently fell at home.", "A recent fall."])
def test_what_is_called_recent_or_brought_on_an_acute_pain_needs_no_number(text: str) -> None:
    assert alarming(text) == ["minor-trauma"]


@pytest.mark.parametrize(
    "text",
    [
        "He has a history of falls.",
        "He fell from a roof in 2009.",
        "Previous motor vehicle accident.",
        "She was seen today after a fall.",
        "Seen on Monday after a fall.",
        "She had a fall and a scan two weeks ago.",
        "Low back pain for 10 years, worse after a fall.",
        "Pain began two weeks after a car accident.",
        "History of sepsis.",
        "Endocarditis in 2012.",
    ],
)
def test_an_accident_or_infection_without_a_recent_time_is_no_alarm(text: str) -> None:
    assert alarming(text) == []


def test_a_grave_accident_without_a_recent_time_is_kept_as_past() -> None:
    assert one("He was in a motor vehicle accident.", "major-trauma").certainty is Certainty.HISTORICAL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Morning stiffness of the back for more than an hour.", {"morning-back-stiffness": "present"}),
        ("Stiffness in the morning lasts 45 minutes in the low back.", {"morning-back-stiffness": "present"}),
        ("Morning stiffness of the back for 10 minutes.", {"morning-back-stiffness": "absent"}),
        ("Morning stiffness of the back.", {}),
        ("Morning stiffness of the back for 30 minutes.", {}),
        ("Morning stiffness of the heel for an hour.", {}),
        ("Low back pain is better with exercise.", {"back-pain-eased-by-exercise": "present"}),
        ("Back pain is not relieved by movement.", {"back-pain-eased-by-exercise": "absent"}),
        ("Heel pain is better with exercise.", {}),
        ("Back pain improved with an exercise program.", {}),
        ("Ankylosing spondylitis.", {"axial-spondyloarthritis": "present"}),
        ("Inflammatory back pain.", {"inflammatory-back-pain": "present"}),
    ],
)
def test_a_back_is_inflamed_by_its_stiffness_its_use_or_its_name(text: str, expected: dict[str, str]) -> None:
    about = {"morning-back-stiffness", "back-pain-eased-by-exercise", "axial-spondyloarthritis"}
    found = {subject: value for subject, value in says(text).items() if subject in about | {"inflammatory-back-pain"}}
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saddle numbness? No.", {"saddle-sensation-change": "absent"}),
        ("Saddle numbness? Yes.", {"saddle-sensation-change": "present"}),
        ("Weakness of the legs? None.", {"leg-weakness": "absent"}),
        ("Saddle numbness? The leaflet was given.", {}),
        ("No saddle numbness? No.", {}),
        ("Saddle numbness?", {}),
    ],
)
def test_a_question_is_answered_by_the_bare_word_behind_it(text: str, expected: dict[str, str]) -> None:
    assert says(text) == expected


def test_the_answer_of_one_question_is_not_that_of_the_next() -> None:
    assert says("Saddle numbness? No. Her left leg is weak.") == {
        "saddle-sensation-change": "absent",
        "leg-weakness": "present",
    }


def test_an_answered_question_keeps_the_words_of_both() -> None:
    assert one("Saddle numbness? No.", "saddle-sensation-change").sentence.text == "Saddle numbness? No."


def test_what_the_pain_used_to_do_is_past() -> None:
    found = one("His pain used to shoot down the right leg.", "radiating-pain")
    assert found.certainty is Certainty.HISTORICAL


def test_a_pain_that_one_is_used_to_is_there() -> None:
    assert one("He is used to his left heel pain.", "heel-pain").certainty is Certainty.AFFIRMED


def test_only_the_pain_beside_resolved_is_past_where_each_has_its_side() -> None:
    found = {each.side.value: each.certainty for each in told("Left heel pain, right heel pain resolved.")}
    assert found == {"left": Certainty.AFFIRMED, "right": Certainty.HISTORICAL}


def test_both_pains_joined_by_and_have_resolved() -> None:
    found = {each.certainty for each in told("Left heel pain and right heel pain have resolved.")}
    assert found == {Certainty.HISTORICAL}


def test_subjective_numbness_beside_intact_sensation_is_no_finding() -> None:
    found = [(each.subject, each.value) for each in told("Sensation intact but subjective numbness of the left sole.")]
    assert found == [("sensation", "normal"), ("numbness", "present")]


@pytest.mark.parametrize(
    "text", ["Plantar flexion 5/5 expected in 6 weeks.", "Goal is 5/5 plantar flexion.", "Aim for 5/5 plantar flexion."]
)
def test_a_grade_that_is_aimed_at_is_no_finding(text: str) -> None:
    assert told(text) == ()


@pytest.mark.parametrize(
    "text", ["Plantar flexion 5/5, as expected.", "Plantar flexion 5/5, return to work expected in 6 weeks."]
)
def test_a_grade_that_was_found_is_one_whatever_is_expected_beside_it(text: str) -> None:
    assert says(text) == {"plantar-flexion-power": "normal"}


@pytest.mark.parametrize("text", ["He can't wee.", "She is unable to pee.", "He has not been able to pass urine."])
def test_retention_is_told_in_everyday_words(text: str) -> None:
    assert says(text) == {"urinary-retention": "present"}


def test_all_muscle_groups_of_the_legs_are_the_power_of_the_legs() -> None:
    assert says("All muscle groups 5/5 in the lower extremities.") == {"leg-power": "normal"}
