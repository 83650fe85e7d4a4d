"""What a report names, finding by finding: which, at which level and side, how surely, and what it touches."""

from datetime import date

import pytest

from fhirsvc.domain import phrase
from fhirsvc.domain.evidence import Presence
from fhirsvc.fhir.notes import Study, read_report
from fhirsvc.fhir.notes.findings import in_words
from fhirsvc.fhir.notes.sentences import DENSEST
from tests.spec.report_sentences import finding_line
from tests.unit.fhir.extracting import MRI, facts, notes, reading, report, said

ANKLE = Study(kind="MR", region="ankle")
EMG = Study(kind="EMG")


def found(text: str, study: Study = MRI) -> list[str]:
    """Every finding of a report as a line, in the order of the text."""
    return [finding_line(each) for each in notes(text, study).findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Right L4-L5 extrusion.", ["extrusion L4-L5 right affirmed contact-unknown"]),
        ("Extrusion at L4-L5 to the right.", ["extrusion L4-L5 right affirmed contact-unknown"]),
        ("Midline bulge at L3-L4.", ["bulge L3-L4 midline affirmed contact-unknown"]),
        ("Central and left paracentral bulge at L3-L4.", ["bulge L3-L4 left affirmed contact-unknown"]),
        ("Foraminal narrowing on both sides at L4-L5.", ["foraminal-stenosis L4-L5 both affirmed contact-unknown"]),
        ("The neural foramina are narrowed.", ["foraminal-stenosis both affirmed contact-unknown"]),
        (
            "Mild left and severe right foraminal narrowing.",
            ["foraminal-stenosis both affirmed contact-unknown"],
        ),
        (
            "Herniation causing narrowing of the right foramen.",
            ["herniation affirmed contact-unknown", "foraminal-stenosis right affirmed contact-unknown"],
        ),
        ("Left bulge at L3-L4 with pain in the right thigh.", ["bulge L3-L4 left affirmed contact-unknown"]),
    ],
)
def test_a_side_belongs_to_the_lesion_in_whose_name_it_stands(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L3-L4 and L4-L5: bulges.", ["L3-L4", "L4-L5"]),
        ("Bulges at L3/4, L4/5 and L5/S1.", ["L3-L4", "L4-L5", "L5-S1"]),
        ("Multilevel bulges (L3-S1).", ["L3-L4", "L4-L5", "L5-S1"]),
        ("Bulge at L3/S1.", [""]),
        ("Recurrent L4-L5 herniation.", ["L4-L5"]),
        ("No bulge at L3-L4 or L4-L5.", ["L3-L4", "L4-L5"]),
        ("Listhesis of L5 over S1.", ["L5-S1"]),
        ("Bulge at L3 to S1.", [""]),
        ("Bulge behind the body of L5.", [""]),
        ("L4-L5 is normal. This shows a bulge.", ["L4-L5"]),
        ("L4-L5 is normal. There is a bulge.", [""]),
        ("L4-L5:\n- bulge\n\nBulge.", ["L4-L5", ""]),
    ],
)
def test_a_level_is_a_disc_that_the_text_names_or_none(text: str, expected: list[str]) -> None:
    assert [each.level for each in notes(text).findings] == expected


def test_each_of_two_lesions_keeps_its_own_level_and_side() -> None:
    assert found("Left protrusion at L4-L5 and right extrusion at L5-S1.") == [
        "protrusion L4-L5 left affirmed contact-unknown",
        "extrusion L5-S1 right affirmed contact-unknown",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bulge indenting the dural sac.", ["bulge affirmed contact-no"]),
        ("Bulge encroaching on the exit canals.", ["bulge affirmed contact-unknown"]),
        ("Bulge indenting the sac and both S1 roots.", ["bulge both affirmed contact-yes S1"]),
        ("Bulge indenting the sac, no root compression.", ["bulge affirmed contact-no"]),
        (
            "Bulge, perhaps touching the left S1 root.",
            ["bulge affirmed contact-unknown", "root-contact left uncertain"],
        ),
        ("Left bulge compressing the right S1 root.", ["bulge affirmed contact-yes S1"]),
        ("Bulge touching the S1 roots.", ["bulge both affirmed contact-yes S1"]),
        ("Bulge touching the roots.", ["bulge affirmed contact-yes"]),
        ("The right L5 root is displaced by an extrusion.", ["extrusion right affirmed contact-yes L5"]),
        (
            "Bulge narrowing the left foramen and touching the left L4 root.",
            ["bulge left affirmed contact-yes L4", "foraminal-stenosis left affirmed contact-unknown"],
        ),
        ("Mild bulge and the left S1 root is displaced.", ["bulge affirmed contact-unknown", "root-contact left"]),
        ("Scar around the left S1 root.", ["epidural-scar left affirmed contact-yes S1"]),
        ("The sciatic nerve is displaced.", []),
    ],
)
def test_a_contact_belongs_to_the_lesion_that_acts(text: str, expected: list[str]) -> None:
    lines = found(text)
    assert len(lines) == len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True)), lines


def test_roots_left_alone_are_left_alone_by_every_lesion_of_the_level() -> None:
    assert found("At L4-L5 bulge and canal stenosis but the roots are not touched.") == [
        "bulge L4-L5 affirmed contact-no",
        "canal-stenosis L4-L5 affirmed contact-no",
    ]


def test_more_on_one_side_is_both_sides() -> None:
    assert found("Bulge compressing the roots, more on the left.") == ["bulge both affirmed contact-yes"]


def test_the_contact_between_two_things_is_of_the_lesion() -> None:
    assert found("There is contact between the extrusion and the left L5 root.") == [
        "extrusion left affirmed contact-yes L5"
    ]


def test_a_touched_sac_is_no_touched_root() -> None:
    (bulge,) = notes("Bulge indenting the dural sac.").findings
    assert bulge.sac_only
    assert said("Bulge indenting the dural sac, no root compression.") == ["absent"]
    assert said("Bulge indenting the dural sac, no root displaced.") == ["absent"]
    assert said("Bulge indenting the dural sac and left S1 root displacement.") == ["present S1 left"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No herniation, canal stenosis or root compression.", ["negated", "negated", "negated"]),
        ("Possible herniation.", ["uncertain"]),
        ("Former herniation.", ["historical"]),
        ("The herniation has resolved.", ["historical"]),
        ("The herniation is no longer seen.", ["negated"]),
        ("The foramina are patent.", ["negated"]),
        ("The foramina are not patent.", []),
        ("The canal is not stenotic.", ["negated"]),
        ("No protrusion, and mild bulge.", ["negated", "affirmed"]),
        ("No protrusion or mild bulge.", ["negated", "negated"]),
        ("Extrusion barely touching the left S1 root.", ["affirmed"]),
        ("Extrusion nearly touching the left S1 root.", ["affirmed", "uncertain"]),
        ("Status post discectomy with recurrent herniation.", ["historical", "affirmed"]),
        ("Consider herniation.", []),
        ("? herniation", []),
        ("Her mother had a herniation.", []),
    ],
)
def test_every_finding_has_its_certainty_or_is_left_out(text: str, expected: list[str]) -> None:
    certainties = [
        "negated" if each.presence is Presence.ABSENT else str(each.certainty) for each in notes(text).findings
    ]
    assert certainties == expected


def test_a_denial_is_limited_where_it_speaks_of_one_level_or_root() -> None:
    assert [each.limited for each in notes("No root compression.").findings] == [False]
    assert [each.limited for each in notes("No root compression at L4-L5.").findings] == [True]
    assert [each.limited for each in notes("No left S1 root compression.").findings] == [True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chronic left L5 and S1 radiculopathies.", ["radiculopathy-emg left affirmed L5 S1"]),
        ("L5-S1 radiculopathy on the right.", ["radiculopathy-emg L5-S1 right affirmed"]),
        ("Right C7 radiculopathy.", []),
        ("The EMG ruled out radiculopathy.", ["radiculopathy-emg negated"]),
        (
            "L5 radiculopathy is ruled out, left S1 radiculopathy is present.",
            ["radiculopathy-emg negated L5 limited", "radiculopathy-emg left affirmed S1"],
        ),
        ("Suggestive of but not diagnostic of S1 radiculopathy.", ["radiculopathy-emg uncertain S1"]),
        ("Irritation of nerves is absent.", []),
        ("The left H-reflex is delayed and the right normal.", ["h-reflex-abnormal left affirmed"]),
        ("No H-reflex was obtained on the left.", ["h-reflex-abnormal left affirmed"]),
        ("H-reflexes are symmetric.", ["h-reflex-abnormal negated"]),
        ("Fibrillations in the right deltoid.", []),
        ("Denervation in the left soleus and right gastrocnemius.", ["denervation-emg both affirmed"]),
        ("No tarsal tunnel syndrome.", ["tarsal-tunnel-emg negated"]),
    ],
)
def test_a_nerve_study_is_read_for_its_conclusions_and_measures(text: str, expected: list[str]) -> None:
    assert found(text, EMG) == expected


@pytest.mark.parametrize(
    ("text", "study"),
    [
        ("L5 radiculopathy on the left and S1 radiculopathy on the right.", EMG),
        ("Left L5 radiculopathy and right S1 radiculopathy.", EMG),
        ("L5 root compressed on the left and S1 root compressed on the right.", MRI),
        ("The left L5 root and the right S1 root are compressed.", MRI),
    ],
)
def test_each_of_two_roots_keeps_its_own_side(text: str, study: Study) -> None:
    sides = {(found.roots, found.side.value) for found in notes(text, study).findings}
    assert sides == {(("L5",), "left"), (("S1",), "right")}
    assert said(text, study) == ["present L5 left", "present S1 right"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Partial tear of the left Achilles tendon.", ["achilles-tear ankle left affirmed"]),
        ("Torn peroneal tendon.", []),
        ("Heel spur on the right.", ["calcaneal-spur heel right affirmed"]),
        ("No tear of the plantar fascia.", ["plantar-fascia-tear heel negated"]),
        ("Achilles tendinosis.", ["achilles-tendinopathy-imaging ankle affirmed"]),
        ("Retrocalcaneal bursitis.", ["retrocalcaneal-fluid heel affirmed"]),
    ],
)
def test_an_ankle_study_is_read_for_tendon_fascia_and_heel(text: str, expected: list[str]) -> None:
    assert found(text, ANKLE) == expected


@pytest.mark.parametrize("text", ["Stenosis of the aorta.", "Pulmonary fibrosis.", "Herniated bladder.", "Hip bulge."])
def test_a_text_of_an_unknown_study_must_name_the_spine(text: str) -> None:
    assert read_report({"text": text}, Study(), reading()).findings == ()


@pytest.mark.parametrize("slip", ["extrsuion", "extrusin", "extrussion", "extrosion"])
def test_one_slip_in_a_listed_word_is_read_over(slip: str) -> None:
    assert found(f"Left {slip} at L5-S1.") == ["extrusion L5-S1 left affirmed contact-unknown"]


@pytest.mark.parametrize("word", ["contract", "planar", "fibrosus", "neutral", "xtrusion"])
def test_a_word_of_its_own_is_no_slip(word: str) -> None:
    assert found(f"Normal {word} seen at L5-S1.") == []


def test_a_lesion_spoken_of_twice_is_one_finding() -> None:
    assert found("L4-L5: bulge. The left L5 root is touched by this bulge.") == [
        "bulge L4-L5 left affirmed contact-yes L5"
    ]


def test_an_addendum_replaces_the_finding_of_the_body() -> None:
    assert found("Right protrusion.\nAddendum: left protrusion.") == ["protrusion left affirmed contact-unknown"]


def test_an_unclear_study_quotes_its_gravest_finding() -> None:
    (statement,) = notes("Bulge at L2-L3. Left foraminal stenosis at L5-S1. Desiccation.").statements
    assert statement.presence is Presence.UNKNOWN
    assert statement.sentence.text == "Left foraminal stenosis at L5-S1."


def test_a_fact_says_what_its_sentence_was_understood_to_name() -> None:
    text = "Bulge at L3-L4. Left extrusion at L5-S1 displacing the left S1 root. L5-S1 extrusion touches the S1 root."
    contact, again = facts(report(text))
    assert contact.source.named == "extrusion at L5-S1, left, touching the S1 root"
    assert again.source.named == "extrusion at L5-S1, touching the S1 root"
    assert phrase.recorded(contact, date(2026, 3, 1)).endswith(f"root.” (read as: {contact.source.named})")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No root compression.", "no root compression"),
        ("Possible right L5 root contact at L4-L5.", "possible root contact at L4-L5, right, L5 root"),
        ("Midline bulge.", "bulge, midline"),
        ("Former extrusion on both sides.", "former extrusion, both sides"),
        ("Bulge touching the L5 and S1 roots.", "bulge, touching the L5 and S1 roots"),
    ],
)
def test_a_finding_is_named_in_plain_words(text: str, words: str) -> None:
    assert [in_words(each) for each in notes(text).findings] == [words]


def test_a_sentence_too_dense_to_be_told_apart_is_reported_as_unread() -> None:
    dense = notes("root contact " * (DENSEST + 1) + "left S1.")
    assert dense.unread == ("conclusion",)
    assert (dense.statements, dense.findings) == ((), ())


def test_a_radiograph_names_lesions_and_no_contact() -> None:
    assert found("Listhesis L4 on L5 compressing the L5 roots.", Study(kind="XR", region="lumbar")) == [
        "spondylolisthesis L4-L5 both affirmed contact-unknown"
    ]
