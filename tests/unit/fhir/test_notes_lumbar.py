"""Lumbar imaging in prose: which root is touched, on which side, and how surely."""

import pytest

from fhirsvc.domain.evidence import Presence, Root, Side
from fhirsvc.fhir.notes import Study
from tests.unit.fhir.extracting import notes, said


@pytest.mark.parametrize("root", ["S1", "L5", "L4"])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "{Side} {root} root compression.",
        "The {side} {root} nerve root is compressed.",
        "Compression of the {root} root on the {side}.",
        "Protrusion contacting the {side} {root} root.",
        "There is mass effect on the {side} {root} nerve.",
        "{Side}-sided protrusion compressing the thecal sac and the {root} root.",
        "Displaced {side} {root} root.",
        "The disc impinges upon the exiting {side} {root} nerve root.",
        "Contact of the extrusion with the traversing {side} {root}.",
    ],
)
def test_contact_is_read_with_its_root_and_side_whatever_the_order_of_words(text: str, side: str, root: str) -> None:
    sentence = text.format(side=side, Side=side.capitalize(), root=root)
    assert said(sentence) == [f"present {root} {side}"]


@pytest.mark.parametrize(
    "text",
    [
        "No compression of the left S1 root.",
        "The left S1 root is not compressed.",
        "Left S1 root compression is not seen.",
        "No disc herniation, canal stenosis or left S1 root compression.",
        "The left S1 root is clear.",
        "There is no longer contact with the left S1 root.",
        "Left S1 root compression has resolved.",
        "Left paracentral protrusion which does not contact the S1 root.",
    ],
)
def test_a_denial_is_read_wherever_it_stands(text: str) -> None:
    assert said(text) == ["absent S1 left"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No fracture, the left S1 root is compressed.", ["present S1 left"]),
        ("No contact with the right S1 root, but the left L5 root is abutted.", ["absent S1 right", "present L5 left"]),
        ("No stenosis; the left S1 root is displaced.", ["present S1 left"]),
        ("The left S1 root is compressed and a fracture is not seen.", ["present S1 left"]),
        ("displaced left s1 root. no contact with l5 roots.", ["absent L5 both", "present S1 left"]),
        (
            "The left S1 root was not touched on the prior study but is now displaced.",
            ["present S1 left", "unknown S1 left"],
        ),
        ("Left S1 root compression, not seen on the prior study.", ["present S1 left"]),
    ],
)
def test_a_denial_ends_at_a_full_stop_a_but_and_a_new_statement(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "No central stenosis, left foraminal narrowing with contact of the L5 root.",
        "Left S1 root compression, fracture is not seen.",
        "No disc herniation and left S1 root contact.",
        "Tarlov cyst displacing the left S1 root.",
        "Likely no contact with the left S1 root.",
        "No severe compression of the left S1 root.",
        "No other nerve root compression.",
        "No nerve root compression except at the last level.",
        "L5-S1: small protrusion. No nerve root compression.",
        "No nerve root compression at L5-S1.",
    ],
)
def test_when_unsure_the_roots_are_unknown(text: str) -> None:
    assert {statement.presence for statement in notes(text).statements} == {Presence.UNKNOWN}


@pytest.mark.parametrize(
    "text",
    [
        "Left S1 root contact is possible.",
        "Possible contact with the left S1 root.",
        "The protrusion may contact the left S1 root.",
        "Left S1 root contact is not excluded.",
        "Suspicion of left S1 root compression.",
    ],
)
def test_a_possible_contact_is_uncertain_and_not_denied(text: str) -> None:
    assert said(text) == ["present S1 left uncertain"]


@pytest.mark.parametrize(
    "text",
    [
        "Recommend MRI to exclude left S1 root compression.",
        "If left S1 root compression is present, surgery may help.",
        "Consider left S1 root compression.",
        "Family history: left S1 root compression.",
        "Her mother had left S1 root compression.",
        "INDICATION: left S1 root compression?",
        "Reason for exam: left S1 root compression",
    ],
)
def test_questions_conditions_and_the_family_yield_nothing(text: str) -> None:
    assert said(text) == []


def test_an_earlier_contact_is_historical_unless_it_is_unchanged() -> None:
    assert said("Previous MRI showed left S1 root compression.") == ["present S1 left historical"]
    assert said("Left S1 root compression as before.") == ["present S1 left"]
    assert said("Compared to the prior study, left S1 root compression is unchanged.") == ["present S1 left"]


def test_a_level_never_names_the_root() -> None:
    (statement,) = notes("Protrusion at L5-S1 contacting the left exiting nerve root.").statements
    assert (statement.root, statement.side) == (None, Side.LEFT)
    (statement,) = notes("The left L5-S1 nerve root is compressed.").statements
    assert statement.root is None


def test_an_unnamed_root_above_the_last_two_levels_says_nothing_of_the_heel() -> None:
    assert Presence.PRESENT not in {
        each.presence for each in notes("Protrusion L2-3 compressing the left root.").statements
    }


@pytest.mark.parametrize("root", ["C6", "L3", "S2", "T12"])
def test_contact_with_a_root_that_does_not_reach_the_heel_is_no_contact_here(root: str) -> None:
    assert all(
        each.presence is not Presence.PRESENT for each in notes(f"Compression of the left {root} root.").statements
    )


def test_several_roots_are_told_apart_with_the_side_that_belongs_to_each() -> None:
    assert said("Contact with the left L5 and right S1 roots.") == ["present L5 left", "present S1 right"]
    assert said("Contact with L5 and left S1 roots.") == ["present L5", "present S1 left"]
    assert said("Both L5 and S1 nerve roots on the left are compressed.") == ["present L5 left", "present S1 left"]


def test_roots_named_as_alternatives_are_uncertain() -> None:
    assert said("Left L5 or S1 root contact.") == ["present L5 left uncertain", "present S1 left uncertain"]


def test_the_plural_of_a_named_root_is_both_and_of_an_unnamed_one_is_not() -> None:
    assert said("Bulge abutting the S1 nerve roots.") == ["present S1 both"]
    assert said("Bulge at L5-S1 abutting the nerve roots.") == ["present"]


def test_sides_that_contradict_each_other_are_unknown() -> None:
    assert said("Right paracentral protrusion touching the left S1 root.") == ["present S1"]


@pytest.mark.parametrize(
    "text",
    [
        "Old L1 compression fracture.",
        "S1 vertebral body compression deformity.",
        "Disc bulge indents the thecal sac.",
        "CSF surrounds the S1 roots.",
        "Conus and cauda equina nerve roots are normal.",
        "Protrusion close to the left S1 root.",
        "T1 signal of the S1 segment is normal.",
        "Left S1 radiculopathy.",
    ],
)
def test_what_only_sounds_like_contact_is_none(text: str) -> None:
    assert {each.presence for each in notes(text).statements} <= {Presence.UNKNOWN}


@pytest.mark.parametrize("kind", ["XR", "US"])
def test_a_study_that_cannot_show_a_root_neither_shows_nor_denies_contact(kind: str) -> None:
    study = Study(kind=kind, region="lumbar")
    assert said("Left S1 root compression.", study) == ["unknown S1 left"]
    assert said("No nerve root compression.", study) == ["unknown"]


def test_ct_and_mri_show_roots() -> None:
    for kind in ("CT", "MR"):
        assert said("Left S1 root compression.", Study(kind=kind, region="lumbar")) == ["present S1 left"]


def test_scar_about_a_root_is_weak_and_fat_about_it_is_nothing() -> None:
    assert said("Scar tissue surrounds the left S1 root.") == ["present S1 left uncertain"]
    assert said("Epidural fat surrounds the left S1 root.") == ["unknown S1 left"]


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("No compression of the cauda equina.", True),
        ("The cauda equina is not compressed.", True),
        ("Cauda equina syndrome has been ruled out.", True),
        ("No significant cauda equina compression.", False),
        ("No definite compression of the cauda equina.", False),
        ("No cauda equina compression at L4-L5.", False),
        ("Cauda equina compression cannot be excluded.", False),
        ("Rule out cauda equina syndrome.", False),
        ("Probably no cauda equina compression.", False),
        ("Crowding of the cauda equina.", False),
        ("Indication: no cauda equina compression?", False),
    ],
)
def test_only_a_plain_denial_for_the_whole_study_excludes_compression_of_the_cauda_equina(
    text: str, excluded: bool
) -> None:
    concepts = [each.concept for each in notes(text).statements if each.presence is Presence.ABSENT]
    assert ("cauda-equina-syndrome" in concepts) is excluded


def test_a_radiograph_excludes_no_compression_of_the_cauda_equina() -> None:
    report = notes("No compression of the cauda equina.", Study(kind="XR", region="lumbar"))
    assert "cauda-equina-syndrome" not in [each.concept for each in report.statements]


def test_another_region_says_nothing_of_the_lumbar_roots() -> None:
    assert said("Left C6 root compression.", Study(kind="MR", region="other")) == []


def test_contact_names_its_result() -> None:
    texts = ("S1 root contact.", "No root contact.", "Disc bulge.")
    assert [notes(text).statements[0].result for text in texts] == ["contact", "no-contact", "unclear"]
    assert notes("Left S1 root contact.").statements[0].root is Root.S1
