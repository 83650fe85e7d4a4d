"""Compression of the cauda equina in prose: excluded by whole sentences of a closed list, undone by anything else."""

import pytest

from fhirsvc.domain.evidence import Certainty, Presence
from fhirsvc.fhir.notes import Study
from tests.unit.fhir.extracting import notes, reading

CAUDA = "cauda-equina-syndrome"


def _said(text: str, kind: str = "MR") -> list[tuple[Presence, Certainty]]:
    statements = notes(text, Study(kind=kind, region="lumbar")).statements
    return [(each.presence, each.certainty) for each in statements if each.concept == CAUDA]


EXCLUDED = [(Presence.ABSENT, Certainty.AFFIRMED)]
SHOWN = [(Presence.PRESENT, Certainty.AFFIRMED)]
DOUBTED = [(Presence.PRESENT, Certainty.UNCERTAIN)]


@pytest.mark.parametrize("sentence", sorted(reading().rule_outs), ids=" ".join)
def test_every_sentence_of_the_closed_list_excludes_as_a_whole_and_with_nothing_added(
    sentence: tuple[str, ...],
) -> None:
    text = " ".join(sentence)
    assert _said(f"Bulge at L4-L5. {text.capitalize()}.") == EXCLUDED
    assert _said(f"{text.capitalize()} on the sequence obtained.") != EXCLUDED
    assert _said(f"{text.capitalize()}?") == []


@pytest.mark.parametrize(
    "text",
    [
        "MRI lumbar spine: no cauda equina compression.",
        "Conus and cauda equina are normal. Impression: no compression of the cauda equina.",
        "IMPRESSION:\n1. Extrusion at L4-L5.\n2. No cauda equina compression.",
        "Addendum: there is no compression of the cauda equina.",
    ],
)
def test_headings_numbers_and_a_normal_cauda_equina_leave_the_exclusion_as_it_is(text: str) -> None:
    assert _said(text) == EXCLUDED


@pytest.mark.parametrize(
    "text",
    [
        "No doubt of cauda equina compression.",
        "There is no question that the cauda equina is compressed.",
        "No reduction of cauda equina compression.",
        "No relief of the compression of the cauda equina.",
        "No significant change in the cauda equina compression.",
        "Compression of the cauda equina has not resolved.",
        "In 2018 no cauda equina compression was found. Today the cauda equina is severely compressed.",
        "No cauda equina compression. Addendum: on second look there is compression of the cauda equina.",
        "No cauda equina compression. Extrusion compressing the thecal sac and cauda equina.",
    ],
)
def test_affirmed_compression_is_present_and_never_excluded(text: str) -> None:
    assert _said(text) == SHOWN


@pytest.mark.parametrize(
    "text",
    [
        "Cauda equina compression cannot be excluded.",
        "No cauda equina compression. Addendum: possible compression of the cauda equina.",
        "Study not tolerated; no compression of the cauda equina could be assessed.",
        "Compression of the cauda equina is felt to be an open point.",
    ],
)
def test_doubted_compression_is_uncertain_and_never_excluded(text: str) -> None:
    assert _said(text) == DOUBTED


@pytest.mark.parametrize(
    "text",
    [
        "Cauda equina compression excluded? Not by these images.",
        "Indication: cauda equina syndrome? Findings: no cauda equina compression.",
        "History: cauda equina compression. Findings: no cauda equina compression.",
        "No cauda equina compression. Crowding of the cauda equina at L3-L4.",
        "No cauda equina compression. Addendum: the cauda equina was reviewed again.",
        "Nondiagnostic images. No cauda equina compression.",
        "Limited study. No evidence of cauda equina compression.",
        "The patient did not tolerate the study. No cauda equina compression.",
        "Motion artefacts. No cauda equina compression.",
        "L4-L5:\n- bulge\n- no cauda equina compression",
        "No cauda equina compression at L4-L5.",
        "No cauda equina compression. " + "no herniation and " * 200 + "bulge.",
        "No cauda equina compression. Addendum: the above was dictated in error.",
        "No cauda equina compression. Please disregard this report.",
        "Comparison: no cauda equina compression.",
    ],
)
def test_any_other_word_of_it_or_a_limited_study_excludes_nothing(text: str) -> None:
    assert _said(text) == []


def test_only_mri_and_ct_exclude_and_a_radiograph_says_nothing() -> None:
    assert _said("No cauda equina compression.", "CT") == EXCLUDED
    for kind in ("XR", "US", "EMG", ""):
        assert _said("No cauda equina compression.", kind) == []
    assert _said("Compression of the cauda equina.", "XR") == []
