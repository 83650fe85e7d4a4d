"""A history in prose: diagnoses, operations, bladder and bowel, and what only sounds like them."""

import pytest

from fhirsvc.domain.evidence import Certainty, Side
from tests.unit.fhir.test_notes_history import one, says, told


@pytest.mark.parametrize(
    ("text", "side", "roots", "level"),
    [
        ("Left S1 radiculopathy.", Side.LEFT, ("S1",), ""),
        ("Radiculopathy of the right leg in an L5 distribution.", Side.RIGHT, ("L5",), ""),
        ("Right L4-L5 radiculopathy.", Side.RIGHT, (), "L4-L5"),
        ("Lumbar radiculopathy on the left.", Side.LEFT, (), ""),
    ],
)
def test_a_radiculopathy_is_told_with_side_and_root_and_a_level_is_no_root(
    text: str, side: Side, roots: tuple[str, ...], level: str
) -> None:
    found = one(text, "radiculopathy")
    assert (found.side, found.roots, found.level) == (side, roots, level)


@pytest.mark.parametrize(
    "text", ["Cervical radiculopathy.", "Left C6 radiculopathy.", "Neck pain with right radiculopathy."]
)
def test_a_radiculopathy_of_the_neck_is_none_of_the_leg(text: str) -> None:
    assert told(text) == ()


@pytest.mark.parametrize(
    ("text", "subject", "certainty"),
    [
        ("Past Medical History: sciatica.", "sciatica", Certainty.HISTORICAL),
        ("History of plantar fasciitis.", "plantar-fasciitis", Certainty.HISTORICAL),
        ("He has sciatica.", "sciatica", Certainty.AFFIRMED),
        ("Past Medical History: breast cancer.", "cancer-history", Certainty.AFFIRMED),
        ("Likely left plantar fasciitis.", "plantar-fasciitis", Certainty.UNCERTAIN),
        ("He tore his right Achilles tendon in 2009.", "achilles-rupture", Certainty.HISTORICAL),
        ("He tore his right Achilles tendon today.", "achilles-rupture", Certainty.AFFIRMED),
    ],
)
def test_an_earlier_episode_is_past_and_a_lasting_illness_is_not(text: str, subject: str, certainty: Certainty) -> None:
    assert one(text, subject).certainty is certainty


@pytest.mark.parametrize(
    "text",
    [
        "Basal cell carcinoma of the nose.",
        "Ductal carcinoma in situ.",
        "He works at a cancer center.",
        "Screening for prostate cancer is due.",
        "No evidence of metastatic disease.",
        "The biopsy was negative for malignancy.",
        "Ulnar neuropathy at the elbow.",
        "Diabetes insipidus.",
        "Allergic to ciprofloxacin.",
        "A laminectomy at L4-L5 is planned.",
        "She underwent cervical fusion in 2011.",
    ],
)
def test_what_only_sounds_like_an_illness_is_not_told(text: str) -> None:
    assert told(text) == ()


@pytest.mark.parametrize(
    "text", ["Status post L5-S1 discectomy.", "He had back surgery in 2014.", "Previous L5-S1 fusion."]
)
def test_an_operation_on_the_lumbar_spine_that_was_done_is_told(text: str) -> None:
    assert says(text) == {"prior-lumbar-surgery": "present"}


def test_an_operation_that_never_was_is_denied() -> None:
    assert says("She has never had back surgery.") == {"prior-lumbar-surgery": "absent"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He cannot pass urine since last night.", {"urinary-retention": "present"}),
        ("Leaking of stool began yesterday; fecal incontinence.", {"bowel-incontinence": "present"}),
        ("She has lost control of her bladder.", {"urinary-incontinence": "present"}),
        (
            "She is incontinent of both urine and stool.",
            {"urinary-incontinence": "present", "bowel-incontinence": "present"},
        ),
        ("Stress incontinence when coughing.", {"benign-incontinence": "present"}),
        ("Overflow incontinence.", {"overflow-incontinence": "present"}),
        ("Chronic urinary retention.", {"bladder-dysfunction": "present"}),
        ("Hesitancy from his enlarged prostate, difficulty urinating.", {"bladder-dysfunction": "present"}),
        ("Loss of sensation around the anus.", {"saddle-sensation-change": "present"}),
        ("Numbness of the genitals.", {"saddle-sensation-change": "present"}),
        ("New erectile dysfunction.", {"sexual-dysfunction": "present"}),
    ],
)
def test_a_red_flag_is_told_by_its_own_name(text: str, expected: dict[str, str]) -> None:
    assert says(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Denies loss of bowel or bladder control and saddle numbness.",
        "No saddle numbness, bladder incontinence, or bowel incontinence.",
        "There has been no saddle anesthesia and no incontinence of bowel or bladder.",
        "Saddle numbness: no. Bladder incontinence: no. Bowel incontinence: no.",
        "Saddle numbness was not present. Bladder and bowel incontinence were not reported.",
    ],
)
def test_denied_red_flags_are_absent_each(text: str) -> None:
    assert says(text) == {
        "saddle-sensation-change": "absent",
        "urinary-incontinence": "absent",
        "bowel-incontinence": "absent",
    }


@pytest.mark.parametrize("text", ["Bowel and bladder function are normal.", "No change of bowel or bladder function."])
def test_function_that_is_as_ever_is_no_dysfunction(text: str) -> None:
    assert says(text) == {"bladder-dysfunction": "absent", "bowel-dysfunction": "absent"}


@pytest.mark.parametrize(
    "text",
    [
        "Return at once for saddle numbness or loss of bladder control.",
        "We discussed the risks, including incontinence and foot drop.",
        "He should seek help if urinary retention occurs.",
        "Saddle emboli were seen in both lungs.",
        "Urinary tract infection with frequency.",
        "Regular bowel sounds.",
        "Bowel and bladder function could not be assessed.",
        "No saddle numbness until yesterday.",
        "A change in the colour of the urine.",
        "Bladder cancer screening.",
        "He understands that saddle numbness would require urgent review.",
    ],
)
def test_words_of_a_red_flag_that_say_no_such_thing_raise_none(text: str) -> None:
    assert told(text) == ()


def test_a_red_flag_denied_only_in_part_stays_told() -> None:
    assert says("No bowel incontinence, but she has urinary retention.") == {
        "bowel-incontinence": "absent",
        "urinary-retention": "present",
    }


def test_foot_drop_takes_the_side_of_the_weak_leg() -> None:
    assert one("Right leg weakness and foot drop.", "foot-drop").side is Side.RIGHT


@pytest.mark.parametrize(
    ("text", "subject", "side"),
    [
        ("Tendinitis of the left Achilles tendon.", "achilles-tendinopathy", Side.LEFT),
        ("Her right Achilles is torn.", "achilles-rupture", Side.RIGHT),
        ("Plantar fasciitis of the left foot.", "plantar-fasciitis", Side.LEFT),
        ("Plantar fasciitis, right foot.", "plantar-fasciitis", Side.RIGHT),
        ("Radiculopathy, left leg, L5 distribution.", "radiculopathy", Side.LEFT),
        ("Sciatica, left inguinal hernia.", "sciatica", Side.UNKNOWN),
    ],
)
def test_a_diagnosis_takes_the_side_of_its_place(text: str, subject: str, side: Side) -> None:
    assert one(text, subject).side is side


def test_two_diagnoses_of_one_phrase_share_the_side_behind_it() -> None:
    text = "Plantar fasciitis and Achilles tendinitis of the right foot."
    assert {one(text, subject).side for subject in ("plantar-fasciitis", "achilles-tendinopathy")} == {Side.RIGHT}


def test_what_speaks_of_the_neck_is_no_operation_on_the_lower_back() -> None:
    assert says("Status post cervical spine surgery with lumbar pain.") == {"low-back-pain": "present"}
