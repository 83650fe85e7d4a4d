"""Everyday wordings of reports that mislead: whose predicate a root is of, how far a denial goes, what only names."""

import pytest

from fhirsvc.fhir.notes import Study
from tests.spec.report_sentences import finding_line
from tests.unit.fhir.extracting import MRI, notes, said

ANKLE = Study(kind="MR", region="ankle")
EMG = Study(kind="EMG")


def found(text: str, study: Study = MRI) -> list[str]:
    """Every finding of a report as a line, in the order of the text."""
    return [finding_line(each) for each in notes(text, study).findings]


@pytest.mark.parametrize(
    "text",
    [
        "Bulge indenting the sac, left S1 root not displaced.",
        "The bulge indents the sac and the left S1 root is not displaced.",
        "Left-sided bulge w/o compression of the S1 root.",
        "Neither L5 nor the left S1 root is touched.",
        "A contained herniation on the left, nothing touching the root.",
    ],
)
def test_no_contact_is_read_where_the_root_is_said_to_be_left_alone(text: str) -> None:
    assert not [line for line in said(text) if line.startswith("present")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Herniation at L5-S1 on the left touching S1.", ["present S1 left"]),
        ("Extrusion to the right with compression of S1.", ["present S1 right"]),
        ("Right L5-S1 HNP abutting R S1.", ["present S1 right"]),
        ("Far lateral disc at L4-L5 on the left, exiting L4 displaced.", ["present L4 left"]),
        ("Compression of L1 with loss of height.", []),
        ("Bulge at L4-L5 and displacement of the L5 vertebral body.", []),
    ],
)
def test_a_bare_segment_is_a_root_where_a_disc_touches_it(text: str, expected: list[str]) -> None:
    assert [line for line in said(text) if line.startswith("present")] == expected


def test_a_denial_at_this_level_says_nothing_of_the_others() -> None:
    assert said("Bulge at L5-S1. No root contact at this level.") == ["unknown"]
    assert said("Bulge at L5-S1. No root contact at any level.") == ["absent"]


def test_a_denial_elsewhere_says_nothing_of_the_level_that_was_named() -> None:
    assert said("Small bulges elsewhere without root contact.") == ["unknown"]


def test_a_denial_does_not_reach_its_own_exception() -> None:
    assert found("No root compression apart from the right at L5-S1.") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Disc space narrowing at L5-S1. At this level a bulge.", "bulge L5-S1 affirmed contact-unknown"),
        ("The spinal canal is narrow.", "canal-stenosis affirmed contact-unknown"),
        ("The right extrusion at L5-S1 has been resorbed.", "extrusion L5-S1 right historical contact-no"),
        ("The right extrusion at L5-S1 is partially resorbed.", "extrusion L5-S1 right affirmed contact-unknown"),
        ("Previously seen bulge at L4-L5, now smaller.", "bulge L4-L5 affirmed contact-unknown"),
        ("Left bulge at L4-L5, ? root contact.", "bulge L4-L5 left affirmed contact-unknown"),
        ("Small bulge at L4-L5 of doubtful significance.", "bulge L4-L5 affirmed contact-unknown"),
    ],
)
def test_a_lesion_keeps_its_level_and_its_standing(text: str, expected: str) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Asked whether the S1 root is touched.",
        "I explained what a bulge at L4-L5 is.",
        "Bulges are common in healthy people.",
    ],
)
def test_what_is_explained_to_the_patient_is_no_finding(text: str) -> None:
    assert found(text, Study()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The study was negative for a right L5 or S1 radiculopathy.",
            ["radiculopathy-emg right negated L5 S1 limited"],
        ),
        ("The H-reflex is prolonged on the right and normal on the left.", ["h-reflex-abnormal right affirmed"]),
    ],
)
def test_a_nerve_study_denies_and_measures_side_by_side(text: str, expected: list[str]) -> None:
    assert found(text, EMG) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRI L ankle: thickened Achilles tendon.", ["achilles-thickening ankle left affirmed"]),
        ("US left heel: plantar fascia 5.8 mm on the left and 3 mm on the right.",
         ["plantar-fascia-thickening heel left affirmed"]),
        ("US of both heels: left plantar fascia 6.1 mm, right 3.3 mm.",
         ["plantar-fascia-thickening heel left affirmed"]),
        ("US left heel: right fascia normal. Small calcaneal spur.", ["calcaneal-spur heel left affirmed"]),
        ("Injection into the retrocalcaneal bursa.", []),
        ("Retrocalcaneal bursal fluid on the left.", ["retrocalcaneal-fluid heel left affirmed"]),
    ],
)  # fmt: skip
def test_a_study_of_the_ankle_names_its_side_and_what_it_found(text: str, expected: list[str]) -> None:
    assert found(text, ANKLE) == expected
