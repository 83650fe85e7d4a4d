"""Vignettes of the rules, written by hand as an EHR would send them, through the whole service."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest

from fhirsvc.fhir.resource import digest_id
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.findings import Found, found
from tests.functional.vignettes.other import OTHER
from tests.functional.vignettes.spinal import SPINAL
from tests.functional.vignettes.story import Answer, Vignette

VIGNETTES = (*SPINAL, *OTHER)
FLAGGED = {"urgent", "indicated", "coexisting"}

every_vignette = pytest.mark.parametrize("vignette", VIGNETTES, ids=[each.number for each in VIGNETTES])
answered = [each for each in VIGNETTES if each.answers]
every_answered = pytest.mark.parametrize("vignette", answered, ids=[each.number for each in answered])


def expected(answer: Answer) -> Found:
    return (answer.complaint, answer.side, answer.outcome, answer.rule)


@dataclass(frozen=True)
class Story:
    """What the service said of one vignette: the answer to the post, and its Task once final."""

    posted: httpx.Response
    task: dict[str, Any]
    impression: dict[str, Any] | None


@pytest.fixture(scope="module")
def tell(service: Running) -> Callable[[Vignette], Story]:
    """Each vignette is posted once, whatever is then asked of it."""

    @cache
    def told(vignette: Vignette) -> Story:
        posted = service.post(vignette.bundle)
        task = service.task(posted)
        references = [each["reference"] for each in outputs(task, "impression")]
        return Story(posted, task, service.get(references[0]) if references else None)

    return told


def test_the_vignettes_cover_every_outcome() -> None:
    outcomes = {answer.outcome for each in VIGNETTES for answer in each.answers}
    assert outcomes == {
        "urgent",
        "indicated",
        "coexisting",
        "consider",
        "biomechanical",
        "alternative",
        "insufficient",
        "not-indicated",
    }
    assert any(each.not_applicable for each in VIGNETTES)


Tell = Callable[[Vignette], Story]


@every_vignette
def test_the_task_names_outcome_and_rule_of_each_limb(tell: Tell, vignette: Vignette) -> None:
    task = tell(vignette).task
    assert task["status"] == "completed"
    said = zip(outputs(task, "outcome"), outputs(task, "rule"), strict=True)
    named = [(outcome["coding"][0]["code"], rule["code"]) for outcome, rule in said]
    answers = [(each.outcome, each.rule) for each in vignette.answers]
    assert named == (answers or [("not-applicable", vignette.not_applicable)])


@every_answered
def test_the_impression_has_one_finding_per_complaint_and_side(tell: Tell, vignette: Vignette) -> None:
    impression = tell(vignette).impression
    assert impression is not None
    assert [found(each) for each in impression["finding"]] == [expected(each) for each in vignette.answers]


@every_answered
def test_the_impression_says_what_was_not_recorded(tell: Tell, vignette: Vignette) -> None:
    impression = tell(vignette).impression
    assert impression is not None
    for finding, answer in zip(impression["finding"], vignette.answers, strict=True):
        not_recorded = [line for line in finding["basis"].split("\n") if line.startswith("Not recorded:")]
        assert answer.missing in " ".join(not_recorded)


@every_vignette
def test_a_patient_who_is_out_of_scope_gets_no_impression(tell: Tell, vignette: Vignette) -> None:
    assert (tell(vignette).impression is None) == bool(vignette.not_applicable)


@every_vignette
def test_a_flag_stands_only_for_what_must_not_be_overlooked(tell: Tell, vignette: Vignette) -> None:
    raised = any(each.outcome in FLAGGED or each.rule == "ALT1" for each in vignette.answers)
    assert len(outputs(tell(vignette).task, "flag")) == raised


@every_vignette
def test_everything_answered_is_valid(service: Running, tell: Tell, vignette: Vignette) -> None:
    story = tell(vignette)
    for answer in (story.posted.json(), story.task, *filter(None, [story.impression])):
        assert_valid_r4(answer)
    for flag in outputs(story.task, "flag"):
        assert_valid_r4(service.get(flag["reference"]))


@every_answered
def test_the_provenance_names_exact_versions_that_can_be_read(service: Running, tell: Tell, vignette: Vignette) -> None:
    impression = tell(vignette).impression
    assert impression is not None
    exact = f"ClinicalImpression/{impression['id']}/_history/1"
    provenance = service.get(f"Provenance/{digest_id('provenance', exact)}")
    assert_valid_r4(provenance)
    assert provenance["target"] == [{"reference": exact}]
    sources = [entity["what"]["reference"] for entity in provenance["entity"] if "reference" in entity["what"]]
    assert sources
    for source in sources:
        assert re.fullmatch(r"[A-Za-z]+/[^/]+/_history/\d+", source)
        service.get(source)
