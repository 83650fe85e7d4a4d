"""Everyday wordings of examination and history that mislead: advice, plans, short hand, a side said last."""

import pytest

from tests.unit.fhir.examining import remarks, said


@pytest.mark.parametrize(
    "text",
    [
        "She was counselled regarding numbness of the saddle area.",
        "Leg numbness and loss of bladder control were discussed.",
        "Cauda equina symptoms (perianal numbness, urinary retention) explained.",
        "He is anxious that the tingling might come back.",
        "Perineal numbness: Y / N",
        "Patient to do heel raises and toe walking at home.",
        "Heel raises and heel walking twice daily as tolerated.",
        "A plantar fascia release for heel pain.",
        "The leaflet names numbness and retention as possible complications.",
        "I doubt sciatica.",
        "A release of the left plantar fascia in 2011 for heel pain.",
        "Achilles pain leaflet.",
        "Plantar fasciitis is common in nurses.",
        "The injection eased it; debridement for Achilles pain.",
    ],
)
def test_what_is_advised_feared_planned_or_operated_for_is_not_told(text: str) -> None:
    assert said(text) == set()


def test_what_a_patient_has_is_told_whatever_was_discussed_beside_it() -> None:
    scan = "He has numbness of the saddle area and an urgent scan was discussed."
    incontinent = "She reports urinary incontinence, which was explained to the surgeon."
    assert said(scan) == {"saddle-sensation-change present unknown"}
    assert said(incontinent) == {"urinary-incontinence present unknown"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lumbago for a week, nil leg numbness.", {"low-back-pain present unknown", "numbness absent unknown"}),
        ("Pain in the left calf, none in the right.", {"leg-pain present left"}),
        ("Nil P&N in the feet.", {"tingling absent both"}),
        ("Numb left calf, none on the right.", {"numbness present left"}),
        ("Heel pain: nil.", {"heel-pain absent unknown"}),
        ("+ numbness right foot, - tingling", {"numbness present right", "tingling absent unknown"}),
        ("No tingling or burning of the feet save for the left heel.", set()),
        ("Calf pain 0/10.", set()),
    ],
)
def test_a_short_denial_speaks_of_what_follows_it(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She cannot feel herself wiping.", {"saddle-sensation-change present unknown"}),
        ("Numb around the back passage.", {"saddle-sensation-change present unknown"}),
        ("Has not passed urine since last night.", {"urinary-retention present unknown"}),
        ("Cannot tell when her bladder is full.", {"urinary-hesitancy present unknown"}),
        ("Passing urine normally.", {"bladder-dysfunction absent unknown"}),
        ("B&B NAD.", {"bladder-dysfunction absent unknown", "bowel-dysfunction absent unknown"}),
        ("The bladder was full on ultrasound.", set()),
    ],
)
def test_red_flags_are_read_in_the_words_of_patients(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ache travels from the heel up to the calf.", {"proximal-radiation present unknown"}),
        ("N/T in both feet.", {"numbness present both", "tingling present both"}),
        ("N&T in a left S1 pattern.", {"numbness present left", "tingling present left"}),
        ("The right foot remains numb.", {"numbness present right"}),
        ("The left foot gets cold and numb.", {"numbness present left"}),
        ("Tingling in the left foot, leaflet given.", {"tingling present left"}),
        ("Painful first steps after rest.", {"first-step-pain present unknown"}),
        ("L sciatica.", {"sciatica present left"}),
        ("L mid-portion Achilles pain.", {"achilles-pain present left"}),
        ("Pain 6/10 in the left heel.", {"heel-pain present left"}),
        ("Lumbar flexion limited by pain.", {"worse-on-bending present unknown"}),
        ("Lumbar flexion not limited by pain.", set()),
    ],
)
def test_symptoms_keep_their_way_side_and_place(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("The numbness in his left foot has settled.", "historical"),
        ("The pain has gone down her left leg.", None),
        ("She had sciatica in her thirties.", "historical"),
        ("She has sciatica.", "affirmed"),
        ("Query foot drop.", "uncertain"),
        ("Ddx includes L5 radiculopathy.", "uncertain"),
        ("Unsure about numbness in the left foot.", "uncertain"),
    ],
)
def test_what_is_over_or_asked_is_not_affirmed(text: str, certainty: str | None) -> None:
    assert {str(each.certainty) for each in remarks(text)} == ({certainty} if certainty else set())


def test_a_denial_of_both_patient_and_family_is_of_the_patient_too() -> None:
    (own,) = remarks("No personal or family history of malignancy.")
    assert (own.subject, own.value, own.family) == ("cancer-history", "absent", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No earlier spinal surgery.", {"prior-lumbar-surgery absent unknown"}),
        ("Had spinal surgery years ago.", set()),
        ("Rest, ice and orthotics, none of which worked.", {"failed-treatment present unknown"}),
    ],
)
def test_operations_and_treatment_are_told_as_far_as_their_words_go(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AJ left ++, right absent.", {"achilles-reflex normal left", "achilles-reflex absent right"}),
        ("Knee jerks ++/++.", {"patellar-reflex normal both"}),
        ("Reflexes (R/L): ankle ++/-", {"achilles-reflex normal right", "achilles-reflex absent left"}),
        ("Ankle jerks ++/-", {"achilles-reflex unknown both"}),
        ("AJ's: R tr, L 2.", {"achilles-reflex reduced right", "achilles-reflex normal left"}),
        ("We could not elicit either ankle jerk.", {"achilles-reflex absent both"}),
        ("Corrected: the left ankle jerk is absent.", {"achilles-reflex absent left"}),
        ("Earlier note: the left ankle jerk is absent.", {"achilles-reflex absent left"}),
        ("The left ankle jerk is absent; all other reflexes are brisk.", {"achilles-reflex absent left"}),
        ("Oedema ++ of the ankles.", set()),
        ("AJ KJ R 1 2 L 2 2", set()),
    ],
)
def test_reflexes_are_read_in_signs_and_short_names(text: str, expected: set[str]) -> None:
    assert said(text, "achilles-reflex", "patellar-reflex") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EHL 3/5 L 5/5 R, TA 5/5 B.",
         {"great-toe-extension-power reduced left", "great-toe-extension-power normal right",
          "ankle-dorsiflexion-power normal both"}),
        ("TA 5/5, QRX 3/5.", {"ankle-dorsiflexion-power normal unknown"}),
        ("TA 5/5, GS 3/5.", {"ankle-dorsiflexion-power normal unknown", "plantar-flexion-power reduced unknown"}),
        ("GS 3/5.", set()),
        ("Plantar flexion power full and equal.", {"plantar-flexion-power normal both"}),
    ],
)  # fmt: skip
def test_a_grade_belongs_to_the_muscle_before_it_known_or_not(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SLR 85/85, limited by tight hamstrings.", {"straight-leg-raise negative both"}),
        ("SLR limited to 30 degrees on the right with pain into the calf, and negative on the left.",
         {"straight-leg-raise positive right", "straight-leg-raise negative left"}),
        ("Swelling on the left with a positive Thompson test.", {"thompson-test positive left"}),
        ("Simmonds positive on the right, the foot did not move on calf squeeze.", {"thompson-test positive right"}),
        ("Windlass + R, - L.", {"windlass-test positive right", "windlass-test negative left"}),
        ("Pain on passive dorsiflexion of the great toe.", {"windlass-test positive unknown"}),
        ("Weak heel walking on the left.", {"heel-walk reduced left"}),
        ("Straight leg raising brought on back pain but no leg pain on the left.",
         {"straight-leg-raise positive left"}),
        ("Heel raises on the left 20 times but only 4 times on the right.", {"heel-raise counted right"}),
        ("Heel raise: 15 reps right, unable left.", {"heel-raise counted right", "heel-raise absent left"}),
    ],
)  # fmt: skip
def test_tests_keep_their_side_however_they_are_told(text: str, expected: set[str]) -> None:
    assert said(text, "straight-leg-raise", "thompson-test", "windlass-test", "heel-walk", "heel-raise") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No swelling or redness over the left heel.", {"swelling-heel absent left"}),
        ("No swelling, bruising or warmth at the right Achilles.", {"swelling-achilles absent right"}),
        ("Tenderness was noted over the right Achilles tendon.", {"tenderness-achilles present right"}),
        ("Pain provoked on palpation of the left heel.", {"tenderness-heel present left"}),
        ("Wasting of the calves.", {"calf-atrophy present both"}),
        ("The right calf is wasted.", {"calf-atrophy present right"}),
        ("Overpronation in stance, R>L.", {"overpronation present both"}),
        ("Tenderness at the heel on the right and none on the left.", {"tenderness-heel present right"}),
        ("Tender swelling of the mid Achilles on the left.",
         {"tenderness-achilles present left", "swelling-achilles present left"}),
        ("Tender to touch, right heel.", {"tenderness-heel present right"}),
        ("Left heel tender, right heel nontender, no oedema either side.",
         {"tenderness-heel present left", "tenderness-heel absent right", "swelling-heel absent both"}),
        ("Rearfoot pronation on the left.", {"overpronation present left"}),
        ("Dorsiflexion of the first MTP joint is limited.", set()),
        ("1st MPJ dorsiflexion restricted.", set()),
        ("Ankle dorsiflexion within normal limits.", set()),
        ("Ankle dorsiflexion restricted on the left.", {"limited-dorsiflexion present left"}),
    ],
)  # fmt: skip
def test_hand_and_eye_find_what_is_said_and_where(text: str, expected: set[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sensation intact to LT.", {"sensation normal unknown"}),
        ("Sensation intact to LT and PP on the right.", {"sensation normal right"}),
        ("Sensation reduced, Lt foot.", {"sensation reduced left"}),
        ("Sensory deficit: none.", {"sensation normal unknown"}),
        ("Reduced pinprick in the right S1, left normal.", {"sensation reduced right", "sensation normal left"}),
        ("Sensation on wiping normal.", {"saddle-sensation-change absent unknown"}),
        ("SLR neg B.", {"straight-leg-raise negative both"}),
    ],
)
def test_short_hand_of_sensation_names_no_side_by_mistake(text: str, expected: set[str]) -> None:
    assert said(text) == expected


def test_a_side_letter_may_end_a_sentence_and_an_initial_does_not() -> None:
    assert said("Tender heel L. Thompson negative R.") == {
        "tenderness-heel present left",
        "thompson-test negative right",
    }
    assert said("Referred by Ann R. Miller with heel pain.") == {"heel-pain present unknown"}
