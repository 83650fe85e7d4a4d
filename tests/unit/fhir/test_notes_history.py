"""A history in prose: symptoms with their place and side, and how each is told."""

import pytest

from fhirsvc.domain.evidence import Certainty, Side
from fhirsvc.fhir.notes.clinical import read_note
from fhirsvc.fhir.notes.remark import Remark
from tests.unit.fhir.extracting import reading


def told(text: str) -> tuple[Remark, ...]:
    return read_note({"text": text}, reading().clinical).remarks


def one(text: str, subject: str) -> Remark:
    found = [remark for remark in told(text) if remark.subject == subject]
    assert len(found) == 1, f"{subject} is told {len(found)} times"
    return found[0]


def says(text: str) -> dict[str, str]:
    return {remark.subject: remark.value for remark in told(text)}


@pytest.mark.parametrize(
    ("text", "subject", "side", "areas"),
    [
        ("She has numbness along the outer border of her left foot.", "numbness", Side.LEFT, ("lateral-foot",)),
        ("There is tingling in the back of both calves.", "tingling", Side.BOTH, ("posterior-calf",)),
        ("His feet burn at night.", "burning", Side.BOTH, ("foot",)),
        ("Both soles are numb.", "numbness", Side.BOTH, ("sole",)),
        ("The dorsum of the right foot tingles.", "tingling", Side.RIGHT, ("dorsal-foot",)),
        ("Numbness in the left foot greater than right.", "numbness", Side.BOTH, ("foot",)),
        ("He feels pins and needles in the toes of his right foot.", "tingling", Side.RIGHT, ("toes",)),
        ("Paresthesias of the feet in a stocking distribution.", "tingling", Side.BOTH, ("foot", "stocking")),
        ("She reports numbness of her left arm and right leg.", "numbness", Side.RIGHT, ("leg",)),
        ("Numbness in the left hand and leg was noted by the patient.", "numbness", Side.LEFT, ("leg",)),
    ],
)
def test_a_symptom_is_told_where_it_is_felt(text: str, subject: str, side: Side, areas: tuple[str, ...]) -> None:
    assert (one(text, subject).side, one(text, subject).areas) == (side, areas)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Pain runs from the right buttock down the back of the thigh into the foot.",
            ("buttock", "posterior-thigh", "foot"),
        ),
        ("Low back pain that shoots down the right leg.", ("leg",)),
        ("Right leg pain which travels to the big toe.", ("great-toe",)),
    ],
)
def test_pain_that_spreads_names_all_that_it_reaches(text: str, expected: tuple[str, ...]) -> None:
    assert (one(text, "radiating-pain").areas, one(text, "radiating-pain").side) == (expected, Side.RIGHT)


def test_pain_that_spreads_upwards_is_no_pain_that_goes_down_the_leg() -> None:
    upwards = says("The heel hurts and the pain radiates up into the calf.")
    assert "proximal-radiation" in upwards
    assert "radiating-pain" not in upwards


def test_heel_pain_that_spreads_within_the_foot_does_not_go_down_the_leg() -> None:
    assert says("Left heel pain which radiates into the arch.") == {"heel-pain": "present"}


@pytest.mark.parametrize(
    "text", ["Tingling radiating down the left calf.", "Tingling that spreads into the left calf."]
)
def test_what_radiates_and_is_no_pain_is_felt_where_it_radiates_to(text: str) -> None:
    assert (one(text, "tingling").areas, one(text, "tingling").side) == (("calf",), Side.LEFT)
    assert one(f"No {text[0].lower()}{text[1:]}", "tingling").value == "absent"
    assert one("Tingling that radiates up the calf.", "tingling").areas == ()


@pytest.mark.parametrize(
    "text", ["Chest pain radiating to the left arm.", "Neck pain that shoots into the right hand."]
)
def test_pain_that_spreads_elsewhere_is_none_of_the_leg(text: str) -> None:
    assert told(text) == ()


def test_back_pain_without_its_region_is_kept_apart_from_low_back_pain() -> None:
    assert says("He has back pain.") == {"back-pain": "present"}
    assert says("He has pain in his lower back.") == {"low-back-pain": "present"}


@pytest.mark.parametrize(
    "text",
    [
        "Denies numbness, tingling, or weakness in the legs.",
        "She does not have any numbness, tingling or weakness in the legs.",
        "No numbness, no tingling and no weakness in the legs.",
        "He is without numbness, tingling, or weakness in the legs.",
        "Numbness, tingling, weakness: denied.",
        "Negative for numbness, tingling and weakness.",
    ],
)
def test_a_denial_reaches_over_its_whole_list(text: str) -> None:
    assert says(text) == {"numbness": "absent", "tingling": "absent", "leg-weakness": "absent"}


@pytest.mark.parametrize(
    "text",
    [
        "Denies numbness but has tingling in the left foot.",
        "Denies numbness. Tingling in the left foot.",
        "He denies numbness and reports tingling in the left foot.",
        "No numbness; tingling in the left foot.",
        "No numbness, however there is tingling in the left foot.",
    ],
)
def test_a_denial_ends_where_a_new_statement_begins(text: str) -> None:
    assert says(text) == {"numbness": "absent", "tingling": "present"}


@pytest.mark.parametrize("text", ["No relief of his back pain.", "There is no change in her back pain."])
def test_what_is_denied_of_the_course_leaves_the_symptom(text: str) -> None:
    assert says(text) == {"back-pain": "present"}


@pytest.mark.parametrize(
    "text", ["No new numbness.", "No further numbness in the foot.", "No fever, left foot numbness for 3 days."]
)
def test_where_a_denial_leaves_it_open_nothing_is_told(text: str) -> None:
    assert told(text) == ()


def test_no_pain_on_bending_denies_no_pain_at_rest() -> None:
    assert says("No back pain with bending.") == {"worse-on-bending": "absent"}


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("Numbness of the left foot has resolved.", Certainty.HISTORICAL),
        ("She no longer has numbness of the left foot.", Certainty.HISTORICAL),
        ("Initially he had numbness of the left foot.", Certainty.HISTORICAL),
        ("Possible numbness of the left foot.", Certainty.UNCERTAIN),
        ("The numbness of the left foot has not resolved.", Certainty.AFFIRMED),
        ("His numbness of the left foot may be due to the cast.", Certainty.AFFIRMED),
    ],
)
def test_what_is_over_or_doubted_is_told_as_such(text: str, certainty: Certainty) -> None:
    assert one(text, "numbness").certainty is certainty


@pytest.mark.parametrize(
    "text",
    [
        "If numbness of the leg develops he will call.",
        "She was advised to return for numbness of the leg.",
        "Risks include nerve injury with numbness of the leg.",
        "Any numbness of the leg?",
        "Instructions: numbness of the leg is an emergency.",
    ],
)
def test_what_is_only_supposed_is_not_told(text: str) -> None:
    assert told(text) == ()


@pytest.mark.parametrize("text", ["His father has back pain.", "Family History: back pain in a brother."])
def test_what_a_relative_has_is_told_of_the_family(text: str) -> None:
    assert one(text, "back-pain").family


@pytest.mark.parametrize(
    "text", ["His wife reports that he has back pain.", "He lives with his mother and has back pain."]
)
def test_who_tells_it_is_not_who_is_ill(text: str) -> None:
    assert not one(text, "back-pain").family


@pytest.mark.parametrize(
    ("text", "weeks", "chronic"),
    [
        ("Low back pain for 8 weeks.", 8, False),
        ("A three-month history of low back pain.", 13, False),
        ("Low back pain x 2-4 weeks.", 3, False),
        ("Low back pain for 5 years.", 260, True),
        ("Longstanding low back pain.", None, True),
        ("Low back pain, chronic.", None, True),
        ("Low back pain. Chronic cough.", None, False),
    ],
)
def test_how_long_it_has_lasted_is_told_in_weeks(text: str, weeks: int | None, chronic: bool) -> None:
    found = one(text, "low-back-pain")
    assert (found.weeks, found.chronic) == (weeks, chronic)


def test_a_duration_belongs_to_the_nearest_symptom() -> None:
    text = "Left heel pain for 6 weeks with numbness of the left foot."
    assert (one(text, "heel-pain").weeks, one(text, "numbness").weeks) == (6, None)


@pytest.mark.parametrize(
    "text", ["Her heel pain is worse when she bends forward.", "Bending makes her heel pain worse."]
)
def test_what_gets_worse_on_bending_is_named(text: str) -> None:
    assert one(text, "worse-on-bending").value == "present"


@pytest.mark.parametrize(
    "text", ["Leg pain eases with bending.", "Pain on bending the knee.", "She has difficulty bending."]
)
def test_bending_that_does_not_make_it_worse_is_not_told(text: str) -> None:
    assert "worse-on-bending" not in says(text)


@pytest.mark.parametrize(
    "text", ["Heel pain on the first steps out of bed.", "After sitting, the heel is painful on standing."]
)
def test_the_first_steps_are_told_apart_from_load(text: str) -> None:
    assert says(text) == {"heel-pain": "present", "first-step-pain": "present"}


@pytest.mark.parametrize(
    "text",
    [
        "Orthotics and stretching have not helped.",
        "No improvement with physical therapy.",
        "Symptoms are refractory to conservative care.",
    ],
)
def test_treatment_that_did_not_help_has_failed(text: str) -> None:
    assert says(text) == {"failed-treatment": "present"}


@pytest.mark.parametrize(
    "text", ["She has not exhausted conservative options.", "He responded well to physical therapy."]
)
def test_treatment_that_is_not_exhausted_has_not_failed(text: str) -> None:
    assert says(text) == {"failed-treatment": "absent"}


@pytest.mark.parametrize(
    "text",
    ["The drug failed to lower his pressure.", "Physical therapy will start soon.", "He failed his hearing test."],
)
def test_what_failed_otherwise_is_no_failed_treatment(text: str) -> None:
    assert told(text) == ()


def test_weakness_without_a_place_counts_in_the_company_of_the_leg_only() -> None:
    assert "leg-weakness" not in says("She complains of fever and weakness.")
    assert says("She complains of tingling in the leg and weakness.")["leg-weakness"] == "present"


def test_progressive_weakness_of_both_legs_is_a_deficit_of_both() -> None:
    assert says("Progressive weakness of both legs.") == {"leg-weakness": "present", "both-legs-deficit": "present"}
    assert says("Weakness of both legs.") == {"leg-weakness": "present"}


def test_pain_that_a_test_reproduces_is_no_symptom() -> None:
    assert "back-pain" not in says("Straight leg raise causes back pain.")


def test_a_heading_that_denies_denies_every_item_of_its_list_and_no_section_behind_it() -> None:
    text = "Denies:\n- numbness of the feet\n- back pain\nAssessment: left heel pain"
    assert says(text) == {"numbness": "absent", "back-pain": "absent", "heel-pain": "present"}


def test_a_heading_that_advises_tells_nothing_of_its_list() -> None:
    assert told("Come back if:\n- numbness of the leg\n- leg weakness") == ()


@pytest.mark.parametrize("text", ["Numbness of the leg [x] yes [x] no", "Numbness of the leg: yes [x] no [ ]"])
def test_a_form_that_offers_both_answers_gives_none(text: str) -> None:
    assert told(text) == ()


@pytest.mark.parametrize("text", ["(-) numbness", "Numbness (-)", "Numbness nil.", "Neg for numbness."])
def test_signs_and_short_words_deny_as_well(text: str) -> None:
    assert says(text) == {"numbness": "absent"}


def test_what_a_denial_excepts_is_not_denied() -> None:
    assert told("Denies numbness except in the left foot.") == ()
    assert says("Other than heel pain she has no complaints.") == {"heel-pain": "present"}


def test_the_past_week_is_now() -> None:
    assert one("Numbness of the foot in the past week.", "numbness").certainty is Certainty.AFFIRMED
    assert one("He had numbness of the foot in the past.", "numbness").certainty is Certainty.HISTORICAL


def test_pain_in_a_dermatome_is_pain_of_its_root() -> None:
    found = one("Pain in the S1 dermatome.", "radiating-pain")
    assert (found.roots, found.areas) == (("S1",), ("leg",))


def test_a_label_names_the_place_behind_its_colon() -> None:
    assert one("Tingling: right foot.", "tingling").side is Side.RIGHT


def test_a_second_pain_of_the_list_does_not_take_the_side_of_the_first() -> None:
    assert one("Right heel pain and low back pain.", "low-back-pain").side is Side.UNKNOWN


def test_a_side_behind_a_comma_belongs_to_what_follows_it() -> None:
    text = "Low back pain, left plantar fasciitis."
    assert (one(text, "low-back-pain").side, one(text, "plantar-fasciitis").side) == (Side.UNKNOWN, Side.LEFT)
    assert one("Heel pain, left.", "heel-pain").side is Side.LEFT
