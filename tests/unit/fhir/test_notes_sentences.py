"""The lumbar sentences of RULES section 5, each said in other words, with the numbers they have there."""

import pytest

from tests.unit.fhir.extracting import said

SENTENCES = [
    pytest.param(
        "L5-S1: right subarticular extrusion abutting and slightly deviating the traversing right S1 root.",
        ["present S1 right"],
        id="1",
    ),
    pytest.param("Shallow bulge at L3-L4, no contact with the roots.", ["unknown"], id="2"),
    pytest.param("There is no nerve root impingement at any of the levels.", ["absent"], id="3"),
    pytest.param("Impingement of the left L5 root can not be ruled out.", ["present L5 left uncertain"], id="4"),
    pytest.param("The right L4-L5 protrusion seen previously has disappeared.", ["unknown"], id="5"),
    pytest.param(
        "Prior right L4-L5 discectomy. No residual fragment. Granulation tissue encases the right L5 root.",
        ["present L5 right uncertain"],
        id="6",
    ),
    pytest.param("His father had lumbar disc surgery.", [], id="7"),
    pytest.param("Clinical information: right leg pain, exclude L5 impingement.", [], id="8"),
    pytest.param("Narrowed left foramen at L4-L5 compressing the exiting left L4 nerve.", ["present L4 left"], id="9"),
    pytest.param(
        "Right lateral recess stenosis at L5-S1 touches the descending S1 nerve.", ["present S1 right"], id="10"
    ),
    pytest.param(
        "Midline extrusion at L4-L5 flattens the dural sac but does not touch the L5 roots.",
        ["unknown L5 both"],
        id="11",
    ),
    pytest.param(
        "L5-S1 right protrusion displaces the right S1 root; both L5 roots are free.",
        ["absent L5 both", "present S1 right"],
        id="12",
    ),
    pytest.param("Likely impingement of the right L5 root; please correlate.", ["present L5 right uncertain"], id="13"),
    pytest.param("Slight facet hypertrophy; the foramina are open.", ["unknown"], id="14"),
    pytest.param(
        'Lumbarised S1, numbered from below. The "L5-S1" disc touches the right S1 root.',
        ["present S1 right uncertain"],
        id="15",
    ),
    pytest.param("Dehydrated disc at L4-L5 as expected at this age; disc height kept.", ["unknown"], id="16"),
    pytest.param("Marked central stenosis at L3-L4 crowding the cauda equina.", ["unknown"], id="17"),
    pytest.param(
        "As compared to last year, contact with the right S1 root is no longer present.", ["absent S1 right"], id="18"
    ),
    pytest.param("Left L5 radiculopathy suspected; imaging shows no correlate.", ["absent L5 left"], id="19"),
    pytest.param("Incidental Tarlov cyst of the right S1 root, 9 mm.", ["unknown"], id="20"),
    pytest.param(
        "Anterolisthesis L4 on L5; bilateral foraminal stenosis impinges both L4 roots.", ["present L4 both"], id="21"
    ),
    pytest.param("Radiograph of the lumbar spine: reduced disc height at L4-L5.", ["unknown"], id="22"),
    pytest.param(
        "Moderate left lateral recess narrowing at L4-L5 without definite contact with the root.",
        ["unknown left"],
        id="26",
    ),
    pytest.param("The protrusion touches the L5 root.", ["present L5"], id="27"),
    pytest.param("Right more than left L5 root compression at L4-L5.", ["present L5 both"], id="28"),
    pytest.param("R L5 n. root displaced post. by 6 mm protrusion L4/L5.", ["present L5 right"], id="29"),
    pytest.param("Should symptoms worsen, repeat imaging to exclude L5 compression is advised.", [], id="30"),
    pytest.param(
        "Left S1 root contact. ADDENDUM: corrected. It is RIGHT paracentral, not left, and touches the right S1 root.",
        ["present S1 right"],
        id="31",
    ),
    pytest.param("Neither L5 root is displaced.", ["absent L5 both"], id="32"),
    pytest.param("Known left L5 compression; stable today.", ["present L5 left"], id="33"),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_every_kind_of_sentence_is_read_as_the_rules_expect(text: str, expected: list[str]) -> None:
    assert [line.strip() for line in said(text)] == expected


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_left_and_right_exchanged_exchange_the_sides_and_nothing_else(text: str, expected: list[str]) -> None:
    assert said(_exchanged(text)) == sorted(_exchanged(line) for line in expected)


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace(" ", "\n", 3), lambda text: f"- {text}"])
def test_capitals_wrapped_lines_and_bullets_change_nothing(text: str, expected: list[str], change: object) -> None:
    assert callable(change)
    assert said(change(text)) == expected


def _exchanged(text: str) -> str:
    pairs = {"left": "right", "Left": "Right", "LEFT": "RIGHT", "R L5": "L L5", "R S1": "L S1"}
    for one, other in pairs.items():
        text = text.replace(one, "\0").replace(other, one).replace("\0", other)
    return text
