"""The encodings are what they are called: standard codes as far as there are any, none at all, local ones, or notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.fhir_checks import assert_valid_r4
from tests.functional.encodings.local import IN_WORDS, LOCAL, LOCAL_CODES
from tests.functional.encodings.notes import NOTES, text_of
from tests.functional.encodings.prose import PROSE
from tests.functional.encodings.sending import ENCODINGS, bundle
from tests.functional.encodings.standard import STANDARD, WITHOUT_A_CODE, WORDS_BESIDE_CODES
from tests.functional.encodings.told import VIGNETTES, Encoding
from tests.functional.vignettes.records import CLINICAL, CONCEPT, VERIFICATION, Resource

REQUIRED = {CLINICAL, VERIFICATION}
"""Systems of the statuses that FHIR wants coded."""

WORDS = frozenset({"text", "valueString", "conclusion"})


def elements(node: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every element of a resource with its name, those of lists one by one."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield key, value
            yield from elements(value, key)
    elif isinstance(node, list):
        for each in node:
            yield from elements(each, name)


def systems(resource: Resource) -> set[str]:
    """The systems of all its codes."""
    codings = (coding for name, found in elements(resource) if name == "coding" for coding in found)
    return {coding["system"] for coding in codings}


def words(resource: Resource) -> list[str]:
    """All that it says in words."""
    return [found for name, found in elements(resource) if name in WORDS and isinstance(found, str)]


def said(encoding: Encoding) -> Iterator[tuple[str, str, Resource]]:
    """Vignette, concept and resource of every fact."""
    for case in VIGNETTES:
        for told in case.told:
            yield from ((case.name, told.concept, resource) for resource in encoding.said(case, told))


def test_our_own_codes_stand_only_where_there_is_no_standard_one() -> None:
    assert {concept for _, concept, resource in said(STANDARD) if CONCEPT in systems(resource)} == set(WITHOUT_A_CODE)


def test_words_beside_standard_codes_are_explained() -> None:
    assert {concept for _, concept, resource in said(STANDARD) if words(resource)} == set(WORDS_BESIDE_CODES)


def test_text_alone_has_no_code_but_the_statuses_that_fhir_wants_coded() -> None:
    for case in VIGNETTES:
        for resource in (*PROSE.resources(case), *NOTES.resources(case)):
            assert systems(resource) <= REQUIRED, case.name


def test_a_note_has_a_sentence_for_each_fact_of_its_day() -> None:
    for case in VIGNETTES:
        notes = [each for each in NOTES.resources(case) if each["resourceType"] == "DocumentReference"]
        single = [each for told in case.told for each in NOTES.said(case, told) if "docStatus" in each]
        assert len({each["date"] + each["docStatus"] + each["status"] for each in notes}) == len(notes)
        assert sorted(map(text_of, single)) == sorted(f"{each}." for note in notes for each in sentences(note))


def sentences(note: Resource) -> list[str]:
    """The sentences of a note without their full stops."""
    return text_of(note).removesuffix(".").split(". ")


def test_local_codes_are_of_the_hospital_alone_and_words_beside_them_are_explained() -> None:
    for name, _, resource in said(LOCAL_CODES):
        assert systems(resource) <= {LOCAL, *REQUIRED}, name
    assert {concept for _, concept, resource in said(LOCAL_CODES) if words(resource)} == set(IN_WORDS)


def test_local_findings_of_two_sides_are_components_of_one_observation() -> None:
    panels = [each for case in VIGNETTES for each in LOCAL_CODES.resources(case) if len(each.get("component", ())) > 1]
    assert len(panels) > len(VIGNETTES) / 2
    for panel in panels:
        codes = [part["code"]["coding"][0]["code"] for part in panel["component"]]
        assert sorted(codes) == ["SD-L", "SD-R"]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=[each.name for each in ENCODINGS])
def test_every_bundle_is_valid(encoding: Encoding) -> None:
    for case in VIGNETTES:
        assert_valid_r4(bundle(encoding, case))
