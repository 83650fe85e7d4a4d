"""Words of doubt and denial: what they take back, and where a denial stops at an object of its own."""

import pytest

from fhirsvc.fhir.notes import Study
from tests.unit.fhir.extracting import MRI, notes, said

EMG = Study(kind="EMG")
ANKLE = Study(kind="US", region="ankle")


def _line(stated: str, side: str) -> list[str]:
    return [stated.format(side=side)] if stated else []


def _read(text: str, study: Study, side: str) -> list[str]:
    return said(text.format(side=side, Side=side.capitalize()), study)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("{Side} S1 root compression: none.", "absent S1 {side}"),
        ("{Side} S1 root contact: no", "absent S1 {side}"),
        ("{Side} S1 root contact - nil.", "absent S1 {side}"),
        ("Compression of the {side} S1 root: absent.", "absent S1 {side}"),
        ("{Side} S1 root contact: none seen.", "absent S1 {side}"),
        ("{Side} S1 root compression has not been demonstrated.", "absent S1 {side}"),
        ("Contact with the {side} S1 root is unlikely.", "unknown S1 {side}"),
        ("Unlikely compression of the {side} S1 root.", "unknown S1 {side}"),
        ("Contact with the {side} S1 root is thought to be improbable.", "unknown S1 {side}"),
        ("{Side} S1 root contact is very unlikely.", "unknown S1 {side}"),
        ("{Side} S1 root contact: doubtful.", "unknown S1 {side}"),
        ("{Side} S1 root compression might explain the pain but was not found.", "unknown S1 {side}"),
        ("Compression of the {side} S1 root was considered but not seen.", "unknown S1 {side}"),
        ("Little evidence of {side} S1 root compression.", "unknown S1 {side}"),
        ("Insufficient evidence of compression of the {side} S1 root.", "unknown S1 {side}"),
        ("Scant evidence for {side} S1 root contact.", "unknown S1 {side}"),
        ("The images argue against {side} S1 root contact.", "unknown S1 {side}"),
        ("The {side} S1 root is hardly touched.", "unknown S1 {side}"),
        ("{Side} S1 root contact vs artefact.", "present S1 {side} uncertain"),
        ("Concern for compression of the {side} S1 root.", "present S1 {side} uncertain"),
        ("{Side} S1 root contact would be unusual.", "present S1 {side} uncertain"),
        ("{Side} S1 root contact is a remote possibility.", "present S1 {side} uncertain"),
        ("{Side} S1 root contact: questionable.", "present S1 {side} uncertain"),
        ("{Side} S1 root contact appears to be an overcall.", "present S1 {side} uncertain"),
        ("{Side} S1 root compression is not clearly seen.", "present S1 {side} uncertain"),
        ("She is worried about compression of the {side} S1 root.", ""),
        ("Is the {side} S1 root compressed? Please compare.", ""),
    ],
)
def test_doubt_about_contact_is_never_a_full_finding(text: str, stated: str, side: str) -> None:
    assert _read(text, MRI, side) == _line(stated, side)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "{Side} S1 root compression is present.",
        "Compression of the {side} S1 root is caused by an extrusion.",
        "The {side} S1 root is compressed, which could explain the pain.",
        "Protrusion contacting the {side} S1 root is seen.",
        "{Side} S1 root compression: severe.",
    ],
)
def test_a_predicate_that_states_leaves_the_finding_full(text: str, side: str) -> None:
    assert _read(text, MRI, side) == [f"present S1 {side}"]


def test_a_predicate_that_is_not_known_makes_the_finding_uncertain() -> None:
    assert said("Left S1 root contact is flabbergasting.") == ["present S1 left uncertain"]
    assert said("Left S1 radiculopathy seems flabbergasting.", EMG) == ["present S1 left uncertain"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("{Side} S1 radiculopathy: none.", "absent S1 {side}"),
        ("{Side} S1 radiculopathy: absent.", "absent S1 {side}"),
        ("{Side} S1 radiculopathy was not found.", "absent S1 {side}"),
        ("{Side} S1 radiculopathy seems improbable.", "unknown S1 {side}"),
        ("{Side} S1 radiculopathy is unlikely.", "unknown S1 {side}"),
        ("{Side} S1 radiculopathy is not supported by the needle study.", "unknown S1 {side}"),
        ("Insufficient evidence of {side} S1 radiculopathy.", "unknown S1 {side}"),
        ("The results speak against {side} S1 radiculopathy.", "unknown S1 {side}"),
        ("{Side} S1 radiculopathy versus tibial neuropathy.", "present S1 {side} uncertain"),
        ("{Side} S1 radiculopathy. Otherwise normal study.", "unknown S1 {side}"),
        ("Normal nerve conduction. {Side} S1 radiculopathy.", "present S1 {side}"),
        ("Not a normal study: {side} S1 radiculopathy.", "present S1 {side}"),
        ("Clinical diagnosis: {side} S1 radiculopathy. Results: normal study.", ""),
        ("Reason for test: {side} S1 radiculopathy.\nNormal nerve conduction.", ""),
        ("Referral question: {side} S1 radiculopathy.", ""),
        ("Referred with {side} S1 radiculopathy. Normal study.", ""),
        ("Normal examination. {Side} S1 radiculopathy was the clinical question.", ""),
        ("{Side} S1 radiculopathy?", ""),
    ],
)
def test_doubt_about_a_root_lesion_and_what_was_asked_are_no_conclusion(text: str, stated: str, side: str) -> None:
    assert _read(text, EMG, side) == _line(stated, side)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Thickening of the {side} Achilles tendon: none.", "absent {side}"),
        ("{Side} plantar fascia thickening: absent.", "absent {side}"),
        ("{Side} Achilles tendon thickening is improbable.", ""),
        ("{Side} Achilles tendon thickened?", ""),
        ("Thickening of the {side} plantar fascia versus normal variant.", "present {side} uncertain"),
        ("No improvement of the {side} Achilles tendon thickening.", "present {side}"),
    ],
)
def test_doubt_about_thickening_is_never_local_evidence(text: str, stated: str, side: str) -> None:
    assert _read(text, ANKLE, side) == _line(stated, side)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "Without doubt the {side} S1 root is compressed.",
        "There is no question that the {side} S1 root is touched.",
        "No significant reduction of the {side} S1 root compression.",
        "No interval change in the {side} S1 root compression.",
        "No resolution of {side} S1 root contact.",
        "{Side} S1 root compression has not resolved.",
        "{Side} S1 root compression is not decreased.",
        "Not normal: {side} S1 root displaced.",
        "Absence of fat about the {side} S1 root, which is displaced.",
        "Protrusion without calcification touches the {side} S1 root.",
        "A fragment free of gas displaces the {side} S1 root.",
        "Extrusion without sequestration, displacing the {side} S1 root.",
        "Absent {side} lateral recess with displacement of the S1 root.",
        "{Side} S1 root displaced, formerly free.",
    ],
)
def test_a_denial_of_something_else_leaves_contact_present(text: str, side: str) -> None:
    assert _read(text, MRI, side) == [f"present S1 {side}"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("{Side} H-reflex absent, compatible with {side} S1 radiculopathy.", "present S1 {side}"),
        ("{Side} H-reflex absent consistent with S1 radiculopathy.", "present S1 {side}"),
        ("Denervation without recovery, indicating {side} S1 radiculopathy.", "present S1 {side}"),
        ("Not consistent with {side} S1 radiculopathy.", "absent S1 {side}"),
        ("No fibrillations, sharp waves or findings indicating {side} S1 radiculopathy.", "unknown S1 {side}"),
        ("{Side} S1 radiculopathy with the H-reflex not seen.", "unknown S1 {side}"),
    ],
)
def test_a_denial_before_a_conclusion_stops_at_what_it_denies(text: str, stated: str, side: str) -> None:
    assert _read(text, EMG, side) == _line(stated, side)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "No reduction of disc height or {side} S1 root compression.",
        "No fracture or dislocation, {side} S1 root compressed.",
        "No normal fat plane with compression of the {side} S1 root.",
        "Disc without sequestration contacting the {side} S1 root.",
    ],
)
def test_where_the_end_of_a_denial_is_open_the_root_is_unknown(text: str, side: str) -> None:
    assert _read(text, MRI, side) == [f"unknown S1 {side}"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "No disc extrusion compresses the {side} S1 root.",
        "Protrusion without contact with the {side} S1 root.",
        "The {side} S1 root is free of contact.",
        "Fat is scarce around the {side} S1 root, which is not compressed.",
        "No change. No {side} S1 root compression.",
    ],
)
def test_a_denial_of_the_contact_itself_is_still_read(text: str, side: str) -> None:
    assert _read(text, MRI, side) == [f"absent S1 {side}"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "text",
    [
        "The protrusion contacts but does not displace the {side} S1 root.",
        "Contact with but no displacement of the {side} S1 root.",
        "Protrusion with contact to the {side} S1 root, but no displacement.",
    ],
)
def test_contact_stands_beside_a_denied_displacement_of_the_same_root(text: str, side: str) -> None:
    assert f"present S1 {side}" in _read(text, MRI, side)


def test_a_finding_without_a_root_shares_none_behind_a_but() -> None:
    assert said("Facet deformity but no left S1 root compression.") == ["absent S1 left"]


def test_a_doubtful_sentence_still_cites_itself() -> None:
    (statement,) = notes("Left S1 root contact is unlikely.").statements
    assert statement.sentence.text == "Left S1 root contact is unlikely."
