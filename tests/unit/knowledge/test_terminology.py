"""What the codes and phrases of mappings/terminology mean, and what they must never mean."""

from __future__ import annotations

import pytest

from fhirsvc.domain.evidence import Root, Side
from fhirsvc.domain.lexicon import Lexicon, Meaning, normalise
from fhirsvc.knowledge.terminology import load_lexicon

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
OWN = "https://fhirsvc.example/fhir/CodeSystem/concept"

READERS = {
    "complaint", "sign", "symptom", "diagnosis", "reflex", "power", "count", "score", "degrees", "contact", "study",
    "feature", "treatment", "response", "medication",
}  # fmt: skip


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def concepts(meanings: tuple[Meaning, ...]) -> set[str]:
    return {meaning.concept for meaning in meanings}


def test_every_concept_has_a_reader_and_its_own_code_asks_the_bare_question(lexicon: Lexicon) -> None:
    assert len(lexicon.concepts) == 67
    for code, concept in lexicon.concepts.items():
        assert concept.reads in READERS
        assert concept.display
        assert concept.definition
        assert lexicon.of_code(OWN, code) == (Meaning(concept=code),)


def test_a_muscle_and_a_reflex_know_their_root(lexicon: Lexicon) -> None:
    roots = {code: concept.root for code, concept in lexicon.concepts.items() if concept.root}
    assert roots == {
        "achilles-reflex": Root.S1,
        "plantar-flexion-power": Root.S1,
        "single-leg-heel-raise": Root.S1,
        "great-toe-extension-power": Root.L5,
        "ankle-dorsiflexion-power": Root.L5,
        "knee-extension-power": Root.L4,
    }


def test_every_concept_has_a_phrase_list(lexicon: Lexicon) -> None:
    assert {meaning.concept for meanings in lexicon.phrases.values() for meaning in meanings} == set(lexicon.concepts)


def test_a_code_that_is_not_known_means_nothing(lexicon: Lexicon) -> None:
    assert lexicon.of_code(SNOMED, "73211009") == ()
    assert lexicon.of_code("http://hospital.example/codes", "2733002") == ()


@pytest.mark.parametrize(
    ("code", "side"),
    [("M76.61", Side.RIGHT), ("M76.62", Side.LEFT), ("M76.60", None), ("M76.6", None)],
)
def test_achilles_tendinitis_carries_its_side(lexicon: Lexicon, code: str, side: Side | None) -> None:
    (meaning,) = lexicon.of_code(ICD10CM, code)
    assert meaning == Meaning(concept="achilles-pain", answer="present", side=side)


@pytest.mark.parametrize(("code", "side"), [("M54.31", Side.RIGHT), ("M54.32", Side.LEFT), ("M54.30", None)])
def test_sciatica_carries_its_side(lexicon: Lexicon, code: str, side: Side | None) -> None:
    (meaning,) = lexicon.of_code(ICD10CM, code)
    assert meaning == Meaning(concept="radiating-leg-symptoms", answer="present", side=side)


@pytest.mark.parametrize(("code", "side"), [("M54.41", Side.RIGHT), ("M54.42", Side.LEFT), ("M54.40", None)])
def test_lumbago_with_sciatica_means_two_things_and_the_side_is_that_of_the_sciatica(
    lexicon: Lexicon, code: str, side: Side | None
) -> None:
    assert set(lexicon.of_code(ICD10CM, code)) == {
        Meaning(concept="low-back-pain", answer="present"),
        Meaning(concept="radiating-leg-symptoms", answer="present", side=side),
    }


@pytest.mark.parametrize(
    ("system", "code"),
    [(SNOMED, "202794004"), (SNOMED, "247366003"), (ICD10, "M54.4"), (ICD10CM, "M51.362"), (ICD10CM, "M51.372")],
)
def test_other_codes_for_both_also_mean_both(lexicon: Lexicon, system: str, code: str) -> None:
    assert concepts(lexicon.of_code(system, code)) == {"low-back-pain", "radiating-leg-symptoms"}


def test_lumbar_radiculopathy_is_what_two_curated_sources_say_it_is(lexicon: Lexicon) -> None:
    assert lexicon.of_code(SNOMED, "128196005") == (Meaning(concept="radiculopathy", answer="present"),)


@pytest.mark.parametrize(
    ("system", "code", "what"),
    [
        (SNOMED, "271594007", "syncope, labelled saddle anaesthesia in a public file"),
        (SNOMED, "5328005", "a procedure, not a finding"),
        (SNOMED, "13370002", "plantar fibromatosis is not plantar fasciitis"),
        (SNOMED, "37280007", "areflexia names no tendon"),
        (SNOMED, "405946002", "hyporeflexia names no tendon"),
        (SNOMED, "86854008", "hyperreflexia names no tendon"),
        (ICD10CM, "R29.2", "abnormal reflex names neither tendon nor side nor direction"),
        (SNOMED, "250018006", "toe-walking gait is no heel raise"),
        (SNOMED, "31464009", "calcaneal gait proves nothing"),
        (SNOMED, "19876005", "ankle dorsiflexion test does not say what it tests"),
        (SNOMED, "40144003", "morning stiffness of a joint is not that of the back"),
        (SNOMED, "249921008", "back stiffness without a time"),
        (SNOMED, "249943000", "weakness of distal arms and legs is no root"),
        (SNOMED, "47933000", "an identifier of nothing"),
        (SNOMED, "165232002", "urinary incontinence, unspecified"),
        (ICD10CM, "R32", "urinary incontinence, unspecified"),
        (ICD10CM, "N39.3", "stress incontinence"),
        (ICD10CM, "N39.41", "urge incontinence"),
        (ICD10CM, "N39.46", "mixed incontinence"),
        (ICD10CM, "N39.490", "overflow incontinence without a word of its being new"),
        (ICD10CM, "R33.0", "retention caused by a medicine"),
        (ICD10CM, "R15.1", "soiling is no loss of control"),
        (ICD10CM, "Z80.3", "breast cancer in the family"),
        (ICD10CM, "Z82.69", "musculoskeletal disease in the family"),
        (ICD10CM, "Z82.62", "osteoporosis in the family"),
        (ICD10CM, "C44.91", "basal cell carcinoma of the skin"),
        (ICD10CM, "C44.1121", "basal cell carcinoma of the skin of an eyelid"),
        (ICD10CM, "C44.92", "squamous cell carcinoma of the skin"),
        (ICD10CM, "D05.10", "in-situ carcinoma"),
        (ICD10CM, "G82.20", "paraplegia: the cauda equina may be behind it"),
        (ICD10CM, "E11.9", "diabetes without neuropathy"),
        (ICD10CM, "M51.26", "displacement of a disc is no contact"),
        (SNOMED, "391077008", "quantitative ultrasound of the heel is a test of bone density"),
        (SNOMED, "42658009", "disorder of the peripheral nervous system: a root is part of it"),
        (ICD10CM, "M54.12", "cervical radiculopathy"),
    ],
)
def test_a_trap_means_nothing(lexicon: Lexicon, system: str, code: str, what: str) -> None:
    assert lexicon.of_code(system, code) == (), what


@pytest.mark.parametrize("code", ["R20.0", "R20.1"])
def test_loss_of_skin_sensation_is_saddle_sensation_only_with_a_perineal_site(lexicon: Lexicon, code: str) -> None:
    meanings = lexicon.of_code(ICD10CM, code)
    assert all(meaning.needs_site for meaning in meanings)
    sites = {meaning.concept: set(meaning.needs_site) for meaning in meanings}
    assert sites["saddle-sensation"] == {"perineal"}
    assert "perineal" not in sites["leg-sensation"]


@pytest.mark.parametrize("code", ["366420008", "349006"])
def test_a_reflex_without_a_tendon_needs_the_ankle_or_the_achilles_tendon(lexicon: Lexicon, code: str) -> None:
    (meaning,) = lexicon.of_code(SNOMED, code)
    assert meaning.concept == "achilles-reflex"
    assert set(meaning.needs_site) == {"achilles", "ankle"}


@pytest.mark.parametrize("code", ["249948009", "273677009", "26544005"])
def test_a_grade_of_muscle_power_needs_a_site(lexicon: Lexicon, code: str) -> None:
    assert {meaning.concept: meaning.needs_site for meaning in lexicon.of_code(SNOMED, code)} == {
        "plantar-flexion-power": ("calf",),
        "leg-power": ("leg", "foot", "ankle"),
    }


@pytest.mark.parametrize("code", ["247348008", "65124004", "112104007"])
def test_tenderness_swelling_and_pain_without_a_place_need_a_site(lexicon: Lexicon, code: str) -> None:
    meanings = lexicon.of_code(SNOMED, code)
    assert meanings
    assert all(meaning.needs_site for meaning in meanings)


@pytest.mark.parametrize(("system", "code"), [(SNOMED, "47933007"), (ICD10CM, "M79.671"), (ICD10, "M79.6")])
def test_foot_pain_is_heel_pain_only_with_the_heel_as_its_site(lexicon: Lexicon, system: str, code: str) -> None:
    (meaning,) = lexicon.of_code(system, code)
    assert meaning.concept == "heel-pain"
    assert meaning.needs_site == ("heel",)


@pytest.mark.parametrize(("system", "code"), [(ICD10CM, "M54.1"), (ICD10CM, "M54.10"), (ICD10, "M54.1")])
def test_a_radiculopathy_of_no_stated_level_needs_a_lumbar_site(lexicon: Lexicon, system: str, code: str) -> None:
    (meaning,) = lexicon.of_code(system, code)
    assert meaning.concept == "radiculopathy"
    assert meaning.needs_site == ("lumbar",)


@pytest.mark.parametrize("code", ["161891005", "134407002", "161892003"])
def test_back_pain_without_a_region_is_kept_apart_from_low_back_pain(lexicon: Lexicon, code: str) -> None:
    for meanings in (lexicon.of_code(SNOMED, code), lexicon.of_phrase("back pain")):
        assert {meaning.concept: meaning.needs_site for meaning in meanings} == {
            "back-pain": (),
            "low-back-pain": ("lumbar",),
        }


def test_the_absent_achilles_reflex_known_by_cross_reference_never_decides_alone(lexicon: Lexicon) -> None:
    assert lexicon.of_code(SNOMED, "274818004") == (
        Meaning(concept="achilles-reflex", answer="absent", corroborate=True),
    )


@pytest.mark.parametrize("code", ["S86.011A", "M66.872", "M24.571"])
def test_a_code_that_says_less_than_the_concept_never_decides_alone(lexicon: Lexicon, code: str) -> None:
    assert all(meaning.corroborate for meaning in lexicon.of_code(ICD10CM, code))
    assert lexicon.of_code(ICD10CM, code)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10CM, "C50.911"), (ICD10CM, "C61"), (ICD10CM, "C44.99"), (ICD10CM, "C43.9"), (ICD10CM, "C4A.9"),
        (ICD10CM, "C7A.00"), (ICD10CM, "C79.51"), (ICD10CM, "C90.00"), (ICD10CM, "Z85.3"), (ICD10CM, "Z85.9"),
        (SNOMED, "363346000"), (SNOMED, "266987004"), (SNOMED, "128462008"),
    ],
)  # fmt: skip
def test_any_malignancy_now_or_in_the_past_is_a_history_of_cancer(lexicon: Lexicon, system: str, code: str) -> None:
    assert lexicon.of_code(system, code) == (Meaning(concept="cancer-history", answer="present"),)


def test_no_history_of_malignancy_says_so(lexicon: Lexicon) -> None:
    assert lexicon.of_code(SNOMED, "700363003") == (Meaning(concept="cancer-history", answer="absent"),)


@pytest.mark.parametrize("category", ["Z80", "Z81", "Z82", "Z83", "Z84"])
def test_family_history_is_marked_and_never_a_fact_of_the_patient(lexicon: Lexicon, category: str) -> None:
    assert lexicon.word("family", f"{ICD10CM}|{category}") == "family"
    assert not [code for system, code in lexicon.codes if system == ICD10CM and code.startswith(category)]


@pytest.mark.parametrize(
    ("system", "code"),
    [(RXNORM, "2551"), (RXNORM, "139462"), (ATC, "J01MA"), (ATC, "J01MA02"), (ATC, "J01MA17"), (SNOMED, "372722000")],
)
def test_every_member_of_the_class_is_a_fluoroquinolone(lexicon: Lexicon, system: str, code: str) -> None:
    assert lexicon.of_code(system, code) == (Meaning(concept="fluoroquinolone", answer="present"),)


@pytest.mark.parametrize("code", ["J01MB02", "J01M", "J01MA123"])
def test_what_stands_beside_the_class_is_no_fluoroquinolone(lexicon: Lexicon, code: str) -> None:
    assert lexicon.of_code(ATC, code) == ()


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("E11.42", {"peripheral-neuropathy"}),
        ("G60.0", {"peripheral-neuropathy", "non-root-weakness-cause"}),
        ("G57.32", {"non-root-weakness-cause"}),
        ("G57.52", {"tarsal-tunnel-sign"}),
        ("M45.A0", {"axial-spondyloarthritis"}),
        ("M46.46", {"spinal-infection-risk", "serious-spinal-disease"}),
        ("Z79.52", {"spinal-infection-risk", "fracture-risk"}),
        ("M80.08XA", {"fracture-risk"}),
        ("A41.9", {"bloodstream-infection"}),
        ("G83.4", {"cauda-equina-syndrome"}),
        ("R33.9", {"urinary-retention"}),
        ("R15.9", {"bowel-control"}),
        ("M51.17", {"radiculopathy"}),
        ("M51.371", {"radiating-leg-symptoms"}),
        ("M51.370", {"low-back-pain"}),
        ("M54.5", {"low-back-pain"}),
        ("M54.51", {"low-back-pain"}),
    ],
)
def test_an_icd_10_cm_code_means_what_rules_read(lexicon: Lexicon, code: str, meant: set[str]) -> None:
    assert concepts(lexicon.of_code(ICD10CM, code)) == meant


def test_a_normal_examination_covers_power_and_sensation(lexicon: Lexicon) -> None:
    assert set(lexicon.of_code(SNOMED, "764925004")) == {
        Meaning(concept="leg-power", answer="absent"),
        Meaning(concept="leg-sensation", answer="absent"),
    }


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Achilles reflex", "achilles-reflex"),
        ("Ankle jerk", "achilles-reflex"),
        ("Straight leg raise", "straight-leg-raise"),
        ("SLR", "straight-leg-raise"),
        ("Crossed straight-leg raise", "crossed-straight-leg-raise"),
        ("Plantar flexion power", "plantar-flexion-power"),
        ("Great toe extension", "great-toe-extension-power"),
        ("Single leg heel raise", "single-leg-heel-raise"),
        ("Foot Posture Index", "foot-posture-index"),
        ("Windlass test", "windlass-test"),
    ],
)
def test_the_name_of_an_examination_is_a_question(lexicon: Lexicon, text: str, concept: str) -> None:
    assert lexicon.of_phrase(text) == (Meaning(concept=concept),)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Achilles tendonitis", "achilles-pain"),
        ("Achilles tendinopathy", "achilles-pain"),
        ("Plantar fasciitis", "plantar-heel-pain"),
        ("Heel pain", "heel-pain"),
        ("Lumbago", "low-back-pain"),
        ("Sciatica", "radiating-leg-symptoms"),
        ("Lumbar radiculopathy", "radiculopathy"),
        ("Foot drop", "ankle-dorsiflexion-power"),
        ("Saddle numbness", "saddle-sensation"),
        ("Saddle anaesthesia", "saddle-sensation"),
        ("Saddle anesthesia", "saddle-sensation"),
        ("Faecal incontinence", "bowel-control"),
        ("Fecal incontinence", "bowel-control"),
        ("Antalgic gait", "antalgic-gait"),
        ("Osteoporosis", "fracture-risk"),
    ],
)
def test_the_name_of_a_finding_states_it(lexicon: Lexicon, text: str, concept: str) -> None:
    assert lexicon.of_phrase(text) == (Meaning(concept=concept, answer="present"),)


def test_no_reflex_is_a_finding_and_no_tenderness_is_a_negative(lexicon: Lexicon) -> None:
    assert lexicon.of_phrase("no ankle jerk") == (Meaning(concept="achilles-reflex", answer="absent"),)
    assert lexicon.of_phrase("Achilles tendon not tender") == (Meaning(concept="achilles-tenderness", answer="absent"),)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("Power and sensation normal", {"leg-power": "absent", "leg-sensation": "absent"}),
        ("No motor or sensory deficit", {"leg-power": "absent", "leg-sensation": "absent"}),
        (
            "Lower limb neurology normal",
            {"leg-power": "absent", "leg-sensation": "absent", "achilles-reflex": "normal"},
        ),
        ("Reflexes normal", {"achilles-reflex": "normal"}),
    ],
)
def test_a_general_normal_covers_what_it_names(lexicon: Lexicon, text: str, covered: dict[str, str]) -> None:
    assert {meaning.concept: meaning.answer for meaning in lexicon.of_phrase(text)} == covered


def test_tingling_of_the_foot_alone_is_kept_apart_from_tingling_down_the_leg(lexicon: Lexicon) -> None:
    (foot,) = lexicon.of_phrase("tingling in the foot")
    (leg,) = lexicon.of_phrase("tingling down the leg")
    assert foot.concept == leg.concept == "radiating-leg-symptoms"
    assert (foot.area, leg.area) == ("foot-only", "")


@pytest.mark.parametrize(
    "text",
    [
        "foot pain", "stress incontinence", "urge incontinence", "incontinence", "chronic urinary incontinence", "limp",
        "disc bulge", "disc herniation", "reflexes", "weakness of both legs", "fever", "osteopenia", "diabetes",
        "back stiffness", "morning stiffness", "first-step pain", "basal cell carcinoma", "leg pain",
        "family history of cancer", "radiculopathy", "cervical radiculopathy", "sensation",
    ],
)  # fmt: skip
def test_a_phrase_that_says_too_little_never_means_something_everywhere(lexicon: Lexicon, text: str) -> None:
    assert all(meaning.needs_site for meaning in lexicon.of_phrase(text))


def test_no_phrase_or_code_means_two_things_unless_they_are_two_concepts_or_two_places(lexicon: Lexicon) -> None:
    for meanings in (*lexicon.phrases.values(), *lexicon.codes.values()):
        everywhere = [meaning.concept for meaning in meanings if not meaning.needs_site]
        sites = [site for meaning in meanings for site in set(meaning.needs_site)]
        assert len(everywhere) == len(set(everywhere))
        assert not (everywhere and sites) or concepts(meanings) == {"back-pain", "low-back-pain"}
        if len(meanings) > 1 and len(concepts(meanings)) == 1:
            assert len(sites) == len(set(sites))


def test_every_phrase_is_written_as_it_is_compared(lexicon: Lexicon) -> None:
    assert all(normalise(text) == text for text in lexicon.phrases)


def test_no_phrase_holds_left_or_right_because_the_side_is_read_apart(lexicon: Lexicon) -> None:
    assert not [text for text in lexicon.phrases if {"left", "right"} & set(text.split())]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("0", "absent"), ("absent", "absent"), ("Not elicited", "absent"), ("trace", "reduced"), ("1+", "reduced"),
        ("+1", "reduced"), ("+/-", "reduced"), ("diminished", "reduced"), ("2+", "normal"), ("Normal", "normal"),
        ("3+", "brisk"), ("4+", "brisk"), ("Brisk", "brisk"), ("not tested", "unknown"), ("unable", "unknown"),
        ("symmetrical", "unknown"), (f"{INTERPRETATION}|N", "normal"), (f"{INTERPRETATION}|A", ""),
        (f"{SNOMED}|2667000", "absent"),
    ],
)  # fmt: skip
def test_a_reflex_grade_is_read_as_rules_say(lexicon: Lexicon, text: str, grade: str) -> None:
    assert lexicon.word("reflex-grade", text) == grade


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Positive", "present"), ("yes", "present"), ("reduced", "present"), ("Negative", "absent"), ("no", "absent"),
        ("intact", "absent"), ("denies", "absent"), ("declined", "unknown"), ("not tested", "unknown"), ("maybe", ""),
        (f"{INTERPRETATION}|POS", "present"), (f"{INTERPRETATION}|N", "absent"), (f"{INTERPRETATION}|IND", "unknown"),
    ],
)  # fmt: skip
def test_an_answer_is_present_absent_or_unknown(lexicon: Lexicon, text: str, answer: str) -> None:
    assert lexicon.word("answer", text) == answer


def test_a_single_letter_is_a_side_only_where_it_is_the_whole_field(lexicon: Lexicon) -> None:
    assert lexicon.word("side-letter", "L") == "left"
    assert lexicon.word("side", "L") == ""
    assert lexicon.word("side", f"{SNOMED}|7771000") == "left"
    assert lexicon.word("side", f"{LOINC}|26129-7") == "right"


def test_a_study_code_says_what_was_done_and_where(lexicon: Lexicon) -> None:
    assert lexicon.word("modality", f"{LOINC}|24968-0") == "MR"
    assert lexicon.word("region", f"{LOINC}|24968-0") == "lumbar"
    assert lexicon.word("modality", f"{LOINC}|26128-9") == "XR"
    assert lexicon.word("region", f"{LOINC}|26128-9") == "ankle"


def test_the_retroperitoneum_is_not_the_lumbar_spine(lexicon: Lexicon) -> None:
    assert lexicon.word("modality", f"{LOINC}|24531-6") == ""
    assert lexicon.word("region", f"{LOINC}|24531-6") == ""


def test_every_site_a_meaning_needs_can_be_named_in_a_record(lexicon: Lexicon) -> None:
    named = set(lexicon.words["site"].values())
    needed = {site for meanings in lexicon.codes.values() for meaning in meanings for site in meaning.needs_site}
    needed |= {site for meanings in lexicon.phrases.values() for meaning in meanings for site in meaning.needs_site}
    assert needed <= named
