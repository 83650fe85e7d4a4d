"""Whole reports: sections, addenda, offsets, ankle studies, nerve studies."""

import pytest

from fhirsvc.domain.evidence import Presence, Side
from fhirsvc.fhir.notes import Study
from fhirsvc.fhir.notes.sentences import LONGEST, sentences_of
from tests.unit.fhir.extracting import notes, reading, said

ANKLE = Study(kind="MR", region="ankle")
ULTRASOUND = Study(kind="US", region="ankle")
EMG = Study(kind="EMG")

REPORT = """INDICATION:

Left sciatica, rule out S1
compression. Numb foot.

FINDINGS:
L4-5: Broad-based bulge. No nerve root compression.
L5-S1: Left paracentral protrusion displacing the left S1 root.

IMPRESSION:
1. L5-S1 protrusion with left S1 root contact.
2. No cauda equina compression.
"""


def test_only_findings_and_impression_speak() -> None:
    report = notes(REPORT)
    assert {(each.sentence.section, each.presence) for each in report.statements} == {
        ("body", Presence.PRESENT),
        ("body", Presence.ABSENT),
        ("body", Presence.UNKNOWN),
    }
    assert sum(each.presence is Presence.PRESENT for each in report.statements) == 2


def test_every_statement_cites_its_sentence_with_offsets_into_the_text() -> None:
    for statement in notes(REPORT).statements:
        sentence = statement.sentence
        assert REPORT[sentence.start : sentence.end] == sentence.text
        assert statement.numbered == f"conclusion[sentence {sentence.number}]"


def test_offsets_hold_where_lower_case_is_longer_than_the_text() -> None:
    text = "İİİ note. Left S1 root contact."
    (statement,) = notes(text).statements
    assert text[statement.sentence.start : statement.sentence.end] == "Left S1 root contact."


def test_a_question_ends_at_a_blank_line_after_it_was_put_and_at_the_heading_of_a_level() -> None:
    assert said("Indication: left S1 root contact?\n\nRight S1 root contact.") == ["present S1 right"]
    assert said("Indication: left S1 root contact?\nL5-S1: right S1 root contact.") == ["present S1 right"]


def test_a_denial_under_the_heading_of_a_level_holds_for_that_level_only() -> None:
    assert said("L5-S1:\n- protrusion\n- no nerve root compression") == ["unknown"]
    assert said("L5-S1: protrusion.\nImpression: no nerve root compression.") == ["absent"]


def test_an_addendum_beats_the_body_on_the_same_root() -> None:
    assert said("Right S1 root contact. Addendum: left S1 root contact.") == ["present S1 left"]
    assert said("Right S1 root contact. Addendum: in addition the left L5 root is touched.") == [
        "present L5 left",
        "present S1 right",
    ]


def test_an_addendum_that_adds_leaves_the_body_as_it_is() -> None:
    assert said("Right S1 root contact. Addendum: the left S1 root is also touched.") == [
        "present S1 left",
        "present S1 right",
    ]


def test_a_mere_correction_of_the_side_leaves_the_side_open() -> None:
    assert said("Right S1 root contact. Addendum: the side should read left.") == ["present S1"]


def test_an_addendum_that_says_nothing_of_the_roots_changes_nothing() -> None:
    assert said("Right S1 root contact. Addendum: findings were discussed by telephone.") == ["present S1 right"]


def test_denied_transitional_anatomy_leaves_the_numbering_certain() -> None:
    assert said("No transitional vertebra. Left S1 root contact.") == ["present S1 left"]


def test_affirmed_contact_stands_beside_a_general_denial() -> None:
    assert said("Left S1 root contact. No nerve root compression.") == ["absent", "present S1 left"]


def test_a_lumbar_study_that_names_no_root_is_one_unclear_statement() -> None:
    report = notes("Disc desiccation at L5-S1. Facet arthropathy. Mild bulge.")
    assert [each.result for each in report.statements] == ["unclear"]


def test_abbreviations_and_units_do_not_end_a_sentence() -> None:
    texts = [
        each.text for each in sentences_of("Displaced post. by 8 mm. Left n. root approx. 3 mm thick. Free.", reading())
    ]
    assert texts == ["Displaced post. by 8 mm.", "Left n. root approx. 3 mm thick.", "Free."]


def test_a_wrapped_line_is_one_sentence_and_a_list_is_several() -> None:
    assert len(sentences_of("No evidence of\nNerve root\ncompression.", reading())) == 1
    assert len(sentences_of("Left protrusion\nRight bulge", reading())) == 2
    assert len(sentences_of("1. Left protrusion\n2) Right bulge\n* Scar", reading())) == 3


def test_a_sentence_too_long_to_be_read_is_reported_and_says_nothing() -> None:
    endless = "no herniation and " * LONGEST + "left S1 root contact"
    report = notes(endless)
    assert report.unread == ("conclusion",)
    assert report.statements == ()


@pytest.mark.parametrize(
    ("text", "study", "expected"),
    [
        ("Spindle-shaped thickening of the left Achilles tendon, no tear.", ANKLE, ["present left"]),
        ("The right plantar fascia measures 5.8 mm and is hypoechoic.", ULTRASOUND, ["present right"]),
        ("The right plantar fascia measures 3.1 mm.", ULTRASOUND, []),
        ("Plantar fascia 4-5 mm on the left.", ULTRASOUND, []),
        ("Plantar fascia normal, 8 mm calcaneal spur on the left.", ULTRASOUND, ["absent left"]),
        ("No thickening of the right Achilles tendon.", ANKLE, ["absent right"]),
        ("Right Achilles thickened, left normal.", ANKLE, ["absent left", "present right"]),
        ("Normal Achilles tendon on the left.", ANKLE, ["absent left"]),
        ("Achilles tendon of normal signal.", ANKLE, []),
        ("Possible thickening of the left Achilles.", ANKLE, ["present left uncertain"]),
        ("Thickening of the peroneal tendons.", ANKLE, []),
        ("Retrocalcaneal bursa swollen, Achilles not thickened on the left.", ANKLE, ["absent left"]),
        ("Both Achilles tendons are thickened.", ANKLE, ["present both"]),
        ("Indication: thickened left Achilles tendon?", ANKLE, []),
        ("If the left Achilles is thickened, rest.", ANKLE, []),
    ],
)
def test_thickening_of_tendon_and_fascia_is_read_in_ankle_studies(text: str, study: Study, expected: list[str]) -> None:
    assert said(text, study) == expected


def test_the_side_of_the_study_is_that_of_what_it_shows_where_the_text_names_none() -> None:
    assert said("Achilles tendon thickened.", Study(kind="MR", region="ankle", side=Side.RIGHT)) == ["present right"]
    assert said("MRI left ankle. Achilles tendon thickened.", Study()) == ["present left"]


def test_ankle_imaging_says_nothing_of_roots_and_lumbar_imaging_nothing_of_tendons() -> None:
    assert said("Left S1 root contact.", ANKLE) == []
    assert said("Left Achilles thickened.", Study(kind="MR", region="lumbar")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Denervation in the right gastrocnemius, compatible with right S1 radiculopathy.", ["present S1 right"]),
        ("No evidence of plexopathy, neuropathy or lumbosacral radiculopathy.", ["absent"]),
        ("No evidence of active radiculopathy.", ["unknown"]),
        ("Inactive left L5 (S1) radiculopathy.", ["present L5 left uncertain"]),
        ("Right S1 nerve root irritation.", ["present S1 right uncertain"]),
        ("A mild left S1 versus L5 radiculopathy.", ["present L5 left uncertain", "present S1 left uncertain"]),
        ("Left L5-S1 radiculopathy.", ["present left"]),
        ("Right C8/T1 radiculopathy.", []),
        ("Bilateral C7 radiculopathies.", []),
        ("No radiculopathy of the right upper extremity.", []),
        ("MRI showed left S1 radiculopathy.", []),
        ("History of left S1 radiculopathy.", ["present S1 left historical"]),
        ("Indication: left S1 radiculopathy.", []),
        ("Chronic denervation of the right calf muscles.", []),
        ("The H-reflex is absent on the left.", []),
        ("Denervation of right gastrocnemius consistent with S1 radiculopathy.", ["present S1 right"]),
        ("Suggestive of left L5 radiculopathy.", ["present L5 left uncertain"]),
    ],
)
def test_a_nerve_study_counts_by_its_conclusion(text: str, expected: list[str]) -> None:
    assert said(text, EMG) == expected


@pytest.mark.parametrize(
    ("text", "kind", "region"),
    [
        ("MRI lumbar spine: normal.", "MR", "lumbar"),
        ("CT of the lumbosacral spine", "CT", "lumbar"),
        ("Radiographs of the left foot", "XR", "ankle"),
        ("Ultrasound: right plantar fascia 5 mm.", "US", "ankle"),
        ("EMG: left S1 radiculopathy.", "EMG", "lumbar"),
        ("Compared with MRI of last year, L5-S1 protrusion.", "", "lumbar"),
        ("MRI of the cervical spine", "MR", "other"),
        ("Nothing of the kind.", "", ""),
    ],
)
def test_the_study_is_known_by_its_text_where_no_code_tells(text: str, kind: str, region: str) -> None:
    study = notes(text, Study()).study
    assert (study.kind, study.region) == (kind, region)
