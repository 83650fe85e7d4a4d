"""An examination in prose: which reflex, test, muscle, walk or area, on which side, and what was found."""

import pytest

from tests.unit.fhir.examining import remarks, said

REFLEXES = [
    ("Ankle jerks absent bilaterally.", "ankle absent both"),
    ("Left ankle jerk absent, right 2+.", "ankle absent left; ankle normal right"),
    ("On the right, ankle jerk is absent; on the left it is 2+.", "ankle absent right; ankle normal left"),
    ("AJ: R 2+, L 0.", "ankle normal right; ankle absent left"),
    ("KJ 2+ b/l, AJ 1+ L, 2+ R.", "knee normal both; ankle reduced left; ankle normal right"),
    (
        "Patellar R 2+ L 2+, Achilles R 2+ L 1+",
        "knee normal left; knee normal right; ankle normal right; ankle reduced left",
    ),
    ("Reflexes (L/R): patella 2/2, ankle 1/2.", "knee normal both; ankle reduced left; ankle normal right"),
    ("DTRs (R/L): KJ 2/2 AJ 2/1", "knee normal both; ankle normal right; ankle reduced left"),
    ("Ankle jerks 0/0.", "ankle absent both"),
    ("Ankle jerks 1/2.", "ankle unknown both"),
    ("Reflexes are 1/4 at the ankles.", "ankle reduced both"),
    ("Biceps 2+, triceps 2+, knees 2+, ankles 0.", "knee normal both; ankle absent both"),
    (
        "2+ right knee jerk, 1+ right ankle jerk and absent left ankle jerk.",
        "knee normal right; ankle reduced right; ankle absent left",
    ),
    ("Reflexes 2+ and symmetric at knees; ankle jerks trace bilaterally.", "knee normal both; ankle reduced both"),
    ("Achilles reflexes are symmetric.", "ankle symmetric both"),
    ("Ankle reflexes present and equal.", "ankle normal both"),
    ("Ankle jerk: present on the left, absent on the right.", "ankle normal left; ankle absent right"),
    ("Unable to elicit ankle reflexes bilaterally.", "ankle absent both"),
    ("The ankle jerk on the left could not be elicited.", "ankle absent left"),
    ("No ankle jerk on the left; right ankle jerk normal.", "ankle absent left; ankle normal right"),
    ("Ankle jerks were hard to elicit on the left.", "ankle reduced left"),
    ("Ankle reflexes not tested.", "ankle unknown both"),
    ("Reflexes symmetric and normal except absent left ankle jerk.", "ankle absent left"),
    ("DTRs 2+ throughout except for 1+ left ankle jerk.", "ankle reduced left"),
    ("The left Achilles reflex is reduced relative to the right.", "ankle reduced left"),
    ("Right Achilles reflex is trace compared to 2+ on the left.", "ankle reduced right; ankle normal left"),
    ("Left ankle reflex was previously absent but is now 2+.", "ankle normal left"),
    ("S1 reflex diminished on the left.", "ankle reduced left"),
    ("ANKLE JERK ABSENT ON THE LEFT", "ankle absent left"),
    ("Left ankle jerk reduced, not right.", "ankle reduced left"),
    ("Ankle jerk reduced on the left. Correction: right.", "ankle reduced right"),
    ("Ankle reflexes are diminished at 2+.", ""),
    ("There is loss of the left ankle jerk.", "ankle absent left"),
    ("Ankle reflexes are decreased on the right at 1+.", "ankle reduced right"),
    ("Knee jerk 2+, ankle jerk 1+ bilaterally.", "knee normal both; ankle reduced both"),
    ("Ankle jerk absent, plantar responses flexor bilaterally.", "ankle absent unknown"),
    ("Knee jerk 2+; ankle jerk 1+ bilaterally.", "knee normal unknown; ankle reduced both"),
    ("Ankle reflex: Rt-2+, Lt-1+.", "ankle normal right; ankle reduced left"),
    ("The patient had no reflexes at the ankles.", "ankle absent both"),
    ("Hyporeflexia at the left ankle.", "ankle reduced left"),
    ("No change in the reflexes at the ankles.", ""),
    ("Knee and ankle jerks are 2+ and 1+, respectively.", "knee normal both; ankle reduced both"),
    ("Ankle jerks are 1+ and 2+ on the right and left, respectively.", "ankle reduced right; ankle normal left"),
    ("Ankle jerks 2+, diminished on the right.", "ankle normal left; ankle reduced right"),
    ("Reflexes 2+ throughout.", ""),
    ("Biceps reflex absent. Plantar reflexes downgoing bilaterally.", ""),
    ("Pulses 2+ at the ankles. Reflexes 2+ at the knees.", "knee normal both"),
    ("Ankle dorsiflexion weak, reflexes 2+ at the knees.", "knee normal both"),
]


@pytest.mark.parametrize(("text", "found"), REFLEXES)
def test_a_reflex_is_read_with_its_grade_and_side(text: str, found: str) -> None:
    named = found.replace("ankle", "achilles-reflex").replace("knee", "patellar-reflex")
    assert said(text, "achilles-reflex", "patellar-reflex") == set(filter(None, named.split("; ")))


LISTS = [
    (
        "Reflexes:\n- Knee: 2+ bilaterally\n- Ankle: 1+ left, 2+ right",
        "patellar-reflex normal both; achilles-reflex reduced left; achilles-reflex normal right",
    ),
    ("REFLEXES\n- Knee 2+ bilaterally\n- Ankle 1+ right", "patellar-reflex normal both; achilles-reflex reduced right"),
    ("Ankle jerk:\n- right: absent\n- left: 2+", "achilles-reflex absent right; achilles-reflex normal left"),
    ("Reflexes (right/left):\n  Achilles 2+/0", "achilles-reflex normal right; achilles-reflex absent left"),
    (
        "SLR:\n  Right: negative\n  Left: positive",
        "straight-leg-raise negative right; straight-leg-raise positive left",
    ),
    (
        "Left lower extremity:\nEHL 5/5\nGastroc 4/5\nRight lower extremity:\nEHL 5/5\nGastroc 5/5",
        (
            "great-toe-extension-power normal left; plantar-flexion-power reduced left; "
            "great-toe-extension-power normal right; plantar-flexion-power normal right"
        ),
    ),
    (
        "LEFT LEG: ankle jerk absent, EHL 4/5, SLR positive.\nRIGHT LEG: ankle jerk 2+, EHL 5/5, SLR negative.",
        (
            "achilles-reflex absent left; great-toe-extension-power reduced left; straight-leg-raise positive left; "
            "achilles-reflex normal right; great-toe-extension-power normal right; straight-leg-raise negative right"
        ),
    ),
]


@pytest.mark.parametrize(("text", "found"), LISTS)
def test_a_list_is_read_under_its_heading(text: str, found: str) -> None:
    assert said(text) == set(found.split("; "))


TESTS = [
    (
        "SLR positive on the right at 45 degrees, negative on the left.",
        "straight-leg-raise positive right; straight-leg-raise negative left",
    ),
    (
        "SLR is positive on the right but not the left.",
        "straight-leg-raise positive right; straight-leg-raise negative left",
    ),
    (
        "Straight leg raise: right 40 degrees with leg pain, left 80 degrees without pain.",
        "straight-leg-raise positive right; straight-leg-raise negative left",
    ),
    ("SLR: R neg, L pos at 45.", "straight-leg-raise negative right; straight-leg-raise positive left"),
    ("SLR: L+ R-", "straight-leg-raise positive left; straight-leg-raise negative right"),
    ("SLR (-) bilaterally, slump (+) on left.", "straight-leg-raise negative both; slump-test positive left"),
    ("Straight-leg raising sign is present on the left.", "straight-leg-raise positive left"),
    ("SLR - right negative.", "straight-leg-raise negative right"),
    ("There is no pain with straight leg raising.", "straight-leg-raise negative unknown"),
    ("Straight leg raise produces pain in the hamstrings bilaterally.", ""),
    ("Straight leg raising was not performed.", "straight-leg-raise unknown unknown"),
    ("Negative SLR and positive FABER on the right.", "straight-leg-raise negative unknown"),
    ("Perform straight leg raise exercises 3 sets of 10 reps daily.", ""),
    ("Crossed straight leg raise is negative.", "crossed-slr negative unknown"),
    ("Femoral stretch test positive on the right.", "femoral-stretch positive right"),
    ("Thompson's test positive on the left.", "thompson-test positive left"),
    ("Squeeze of the calf moves the foot into plantar flexion.", "thompson-test negative unknown"),
    ("Squeezing the calf produces no plantar flexion.", "thompson-test positive unknown"),
    ("Windlass test reproduces pain on the left.", "windlass-test positive left"),
    ("Positive Tinel sign over the left tarsal tunnel.", "tinel-tarsal-tunnel positive left"),
    ("Tinel's sign positive at the wrist.", ""),
    ("Heel squeeze negative bilaterally.", "calcaneal-squeeze negative both"),
]


@pytest.mark.parametrize(("text", "found"), TESTS)
def test_a_test_is_read_with_its_outcome_and_side(text: str, found: str) -> None:
    assert said(text) == set(filter(None, found.split("; ")))


@pytest.mark.parametrize(
    ("text", "where", "angle"),
    [
        ("Straight leg raising to 70 degrees bilaterally reproduces low back pain only.", "back", "70"),
        ("Straight leg raising on the left reproduces pain down to the calf.", "leg", ""),
        ("SLR limited to 40 degrees on the left due to leg pain.", "leg", "40"),
        ("SLR positive at 30° on the left.", "", "30"),
    ],
)
def test_a_straight_leg_raise_tells_what_it_reproduced_and_at_which_angle(text: str, where: str, angle: str) -> None:
    (remark,) = remarks(text)
    assert (remark.value, remark.reproduces, remark.grade) == ("positive", where, angle)


POWER = [
    (
        "Plantarflexion 4/5 on the right, 5/5 on the left.",
        "plantar-flexion-power reduced right; plantar-flexion-power normal left",
    ),
    (
        "5/5 dorsiflexion and plantarflexion bilaterally.",
        "ankle-dorsiflexion-power normal both; plantar-flexion-power normal both",
    ),
    (
        "Dorsiflexion 5/5, plantar flexion 5/5 bilaterally.",
        "ankle-dorsiflexion-power normal both; plantar-flexion-power normal both",
    ),
    ("Strength is 5/5 except left EHL 4/5.", "great-toe-extension-power reduced left"),
    (
        "EHL strength 3/5 left, 5/5 right.",
        "great-toe-extension-power reduced left; great-toe-extension-power normal right",
    ),
    (
        "Full strength with plantar flexion on the right; 4+/5 on the left.",
        "plantar-flexion-power normal right; plantar-flexion-power reduced left",
    ),
    ("Power R/L: DF 5/5 4/5", "ankle-dorsiflexion-power normal right; ankle-dorsiflexion-power reduced left"),
    (
        "No weakness in dorsiflexion or plantarflexion.",
        "ankle-dorsiflexion-power normal unknown; plantar-flexion-power normal unknown",
    ),
    ("Strength was 4/5 in the left EHL and 5/5 elsewhere.", "great-toe-extension-power reduced left"),
    ("Dorsiflexion is weak on the right, graded 4-/5.", "ankle-dorsiflexion-power reduced right"),
    ("Strength is 5/5 throughout.", ""),
    ("Plantar flexion of the foot looks good.", ""),
    ("Range of motion: dorsiflexion 10, plantarflexion 40.", ""),
]


@pytest.mark.parametrize(("text", "found"), POWER)
def test_power_is_read_by_muscle_and_movement(text: str, found: str) -> None:
    assert said(text) == set(filter(None, found.split("; ")))


def test_power_limited_by_pain_says_so() -> None:
    (remark,) = remarks("Plantarflexion strength is limited by pain at 4/5 on the left.")
    assert (remark.grade, sorted(remark.qualifiers)) == ("4/5", ["pain-limited"])


WALKS = [
    ("She can heel walk but cannot toe walk on the left.", "heel-walk normal unknown; toe-walk absent left"),
    (
        "Patient is able to stand on toes and heels without difficulty.",
        "toe-walk normal unknown; heel-walk normal unknown",
    ),
    ("Heel and toe walking are performed well.", "heel-walk normal unknown; toe-walk normal unknown"),
    ("He could not walk on his toes on the left.", "toe-walk absent left"),
    ("Difficulty with heel walking on the left.", "heel-walk reduced left"),
    ("Unable to do single leg heel raise on the left.", "heel-raise absent left"),
    ("Unable to perform a single-limb heel rise.", "heel-raise absent unknown"),
    ("Able to heel walk without difficulty bilaterally.", "heel-walk normal both"),
    ("He could rise on his toes on the right but not on the left.", "heel-raise normal right; heel-raise absent left"),
    ("Single-leg heel raise: 20 right, 4 left.", "heel-raise counted right; heel-raise counted left"),
    ("Heel-toe gait is normal.", ""),
    ("Gait is antalgic on the right.", "gait abnormal right; antalgic-gait present right"),
    ("Gait steady, non-antalgic.", "gait normal unknown"),
    ("He does not limp.", "gait normal unknown"),
    ("Gait was not assessed.", ""),
]


@pytest.mark.parametrize(("text", "found"), WALKS)
def test_walks_raises_and_gait_are_four_things(text: str, found: str) -> None:
    assert said(text) == set(filter(None, found.split("; ")))


SENSATION = [
    (
        "Sensation decreased to light touch over the lateral border of the left foot.",
        "reduced left",
        "lateral-foot",
        "",
    ),
    ("Decreased light touch in the left L5 and S1 distributions.", "reduced left", "", "L5 S1"),
    ("Sensation intact to light touch L4-S1 bilaterally.", "normal both", "", "L4 L5 S1"),
    ("Decreased pinprick in a stocking distribution to mid calf bilaterally.", "reduced both", "stocking", ""),
    ("Sensation intact except decreased over right lateral foot.", "reduced right", "lateral-foot", ""),
    ("Light touch intact in all dermatomes except left S1, which is diminished.", "reduced left", "", "S1"),
    ("Sensation absent over the left little toe.", "absent left", "little-toe", ""),
    ("Sensation intact, ankle jerk absent on the left.", "normal unknown", "", ""),
    ("No sensory deficit in the lower extremities.", "normal both", "leg", ""),
    ("Sensation not tested.", "unknown unknown", "", ""),
]


@pytest.mark.parametrize(("text", "found", "areas", "roots"), SENSATION)
def test_sensation_is_read_with_area_and_dermatome(text: str, found: str, areas: str, roots: str) -> None:
    (remark,) = [each for each in remarks(text) if each.subject == "sensation"]
    assert f"{remark.value} {remark.side}" == found
    assert (" ".join(remark.areas), " ".join(remark.roots)) == (areas, roots)


OTHERS = [
    ("Sensation in both hands is reduced. Facial sensation normal.", ""),
    ("Upper extremities: sensation intact, strength 5/5 in dorsiflexion of the wrist.", ""),
    ("Upper extremities:\n- Sensation intact\n- Dorsiflexion 5/5", ""),
    ("Saddle area: sensation intact.", "saddle-sensation-change absent unknown"),
    (
        "Decreased perianal sensation. Rectal tone normal.",
        "saddle-sensation-change present unknown; rectal-tone normal unknown",
    ),
    ("Perianal sensation intact.", "saddle-sensation-change absent unknown"),
    ("Anal sphincter tone is decreased.", "rectal-tone reduced unknown"),
    (
        "Nontender Achilles tendon, plantar fascia tender on the right.",
        "tenderness-achilles absent unknown; tenderness-plantar-fascia present right",
    ),
    (
        "No tenderness of the heel, Achilles tendon, or plantar fascia.",
        "tenderness-heel absent unknown; tenderness-achilles absent unknown; tenderness-plantar-fascia absent unknown",
    ),
    ("Tenderness over the lumbar spine and no tenderness in the heel.", "tenderness-heel absent unknown"),
    ("No calf tenderness. Sciatic notch is tender.", ""),
    ("The right Achilles tendon is thickened.", "swelling-achilles present right"),
    ("Ankle dorsiflexion is limited to 5 degrees bilaterally.", "limited-dorsiflexion present both"),
    ("Dorsiflexion range of motion full.", "limited-dorsiflexion absent unknown"),
    ("Tight heel cords bilaterally.", "limited-dorsiflexion present both"),
    ("No calf atrophy.", "calf-atrophy absent unknown"),
    ("Pelvis tilted to the left.", "pelvic-tilt present left"),
]


@pytest.mark.parametrize(("text", "found"), OTHERS)
def test_what_hand_and_eye_find_is_read_by_structure(text: str, found: str) -> None:
    assert said(text) == set(filter(None, found.split("; ")))
