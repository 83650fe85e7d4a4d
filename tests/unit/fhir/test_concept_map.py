"""A sender's ConceptMap: what is taken of it, what is refused and where, and what writing one changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhirsvc.domain.concept_map import CODE_SYSTEMS, TEXTS, Element, Target
from fhirsvc.domain.errors import Refused
from fhirsvc.fhir.concept_map import elements_of, version_of, with_target, without

LOCAL = "urn:example:codes"
CONCEPT = f"{CODE_SYSTEMS}/concept"
REFLEX = Target(system=CONCEPT, code="achilles-reflex")
JERK = Element(system=LOCAL, code="JERK", targets=())
WORDS = Element(system=TEXTS, code="ankle jerk test", targets=())


def concept_map(*groups: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"resourceType": "ConceptMap", "status": "active", "group": list(groups), **more}).encode()


def group(code: str, target: dict[str, Any], source: str = LOCAL, to: str = CONCEPT, **more: Any) -> dict[str, Any]:
    element = {"code": code, "target": [{"equivalence": "equal", **target}]}
    return {"source": source, "target": to, "element": [element], **more}


def refusals(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        elements_of(body)
    return [(issue.expression, issue.text) for issue in refused.value.issues]


def test_an_element_carries_its_source_its_targets_and_their_places() -> None:
    product = [{"property": f"{CODE_SYSTEMS}/side", "value": "left"}, {"property": "urn:other", "value": "x"}]
    (element,) = elements_of(concept_map(group("JERK", {"code": "achilles-reflex", "product": product})))
    assert (element.system, element.code, element.place) == (LOCAL, "JERK", "ConceptMap.group[0].element[0]")
    (target,) = element.targets
    assert (target.system, target.code, target.equivalence) == (CONCEPT, "achilles-reflex", "equal")
    assert target.product == {"side": "left", "urn:other": "x"}
    assert target.place == "ConceptMap.group[0].element[0].target[0]"


def test_a_text_is_compared_as_records_are_and_a_code_exactly() -> None:
    body = concept_map(group("Ankle JERK test.", {"code": "x"}, source=TEXTS), group("Ankle JERK.", {"code": "x"}))
    assert [each.code for each in elements_of(body)] == ["ankle jerk test", "Ankle JERK."]


def test_the_oid_of_a_standard_system_is_that_system() -> None:
    snomed = "urn:oid:2.16.840.1.113883.6.96"
    (element,) = elements_of(concept_map(group("1", {"code": "2"}, source=snomed, to=snomed)))
    assert {element.system, element.targets[0].system} == {"http://snomed.info/sct"}


def test_what_is_no_concept_map_is_refused_with_its_place() -> None:
    wrong = {"source": LOCAL, "element": [{"codes": "x", "target": [{"code": "y"}]}]}
    assert {place for place, _ in refusals(concept_map(wrong))} == {
        "ConceptMap.group[0].element[0].codes",
        "ConceptMap.group[0].element[0].target[0].equivalence",
    }
    assert refusals(b'{"resourceType": "Patient"}')
    assert refusals(b'{"resourceType": "ConceptMap"')


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (concept_map(status="draft"), "ConceptMap.status"),
        (concept_map(group("a", {"code": "b"}, unmapped={"mode": "provided"})), "ConceptMap.group[0].unmapped"),
        (
            concept_map(group("a", {"code": "b", "dependsOn": [{"property": "urn:p", "value": "v"}]})),
            "ConceptMap.group[0].element[0].target[0].dependsOn",
        ),
        (
            concept_map(modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
            "ConceptMap.modifierExtension",
        ),
    ],
)
def test_what_changes_the_meaning_and_is_not_followed_is_refused(body: bytes, place: str) -> None:
    body = body.replace(b', "group": []', b"")
    assert [each for each, _ in refusals(body)] == [place]


def test_the_first_target_makes_a_map_that_is_one() -> None:
    body = with_target(None, JERK, REFLEX, tenant="default")
    resource = json.loads(body)
    assert (resource["id"], resource["status"], version_of(body)) == ("default", "active", "")
    (element,) = elements_of(body)
    assert (element.system, element.code, element.targets[0].code) == (LOCAL, "JERK", "achilles-reflex")


def test_writing_keeps_what_stands_and_says_nothing_twice() -> None:
    before = concept_map(group("OTHER", {"code": "heel-pain", "comment": "seen"}), publisher="Clinic", version="7")
    side = Target(system=f"{CODE_SYSTEMS}/side", code="left")
    changed = Target(system=CONCEPT, code="achilles-reflex", product={"answer": "absent"})
    body = before
    for target in (REFLEX, side, changed, changed):
        body = with_target(body, JERK, target, tenant="default")
    resource = json.loads(body)
    assert (resource["publisher"], resource["version"], version_of(body)) == ("Clinic", "7", "7")
    assert resource["group"][0]["element"][0]["target"][0]["comment"] == "seen"
    mapped = [(each.code, [target.code for target in each.targets]) for each in elements_of(body)]
    assert mapped == [("OTHER", ["heel-pain"]), ("JERK", ["achilles-reflex"]), ("JERK", ["left"])]
    assert elements_of(body)[1].targets[0].product == {"answer": "absent"}


def test_an_element_is_taken_away_wherever_it_stands_and_nothing_else() -> None:
    body = concept_map(group("OTHER", {"code": "heel-pain"}))
    for element, target in (
        (JERK, REFLEX),
        (JERK, Target(system=f"{CODE_SYSTEMS}/side", code="left")),
        (WORDS, REFLEX),
    ):
        body = with_target(body, element, target, tenant="default")
    left = elements_of(without(without(body, JERK), WORDS))
    assert [each.code for each in left] == ["OTHER"]
    assert "group" not in json.loads(without(concept_map(group("JERK", {"code": "x"})), JERK))


def test_a_code_without_a_system_has_a_group_without_a_source() -> None:
    bare = Element(system="", code="JERK", targets=())
    body = with_target(None, bare, REFLEX, tenant="default")
    assert "source" not in json.loads(body)["group"][0]
    assert elements_of(body)[0].system == ""
