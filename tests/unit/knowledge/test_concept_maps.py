"""A ConceptMap laid over the shipped terminology: an alias means all that its target means, no more and no less."""

from __future__ import annotations

from functools import cache

import pytest

from fhirsvc.domain.concept_map import CODE_SYSTEMS, TEXTS, Element, Target
from fhirsvc.domain.evidence import Root, Side
from fhirsvc.domain.lexicon import Lexicon, Meaning
from fhirsvc.knowledge.concept_maps import VOCABULARIES, lexicon_with, sense_of
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.knowledge.terminology import load_lexicon

LOCAL = "urn:example:codes"
CONCEPT = f"{CODE_SYSTEMS}/concept"
SNOMED = "http://snomed.info/sct"
FILE = "concept-maps/default.json"


@cache
def shipped() -> Lexicon:
    return load_lexicon()


def element(code: str, *targets: Target, system: str = LOCAL) -> Element:
    return Element(system=system, code=code, targets=targets, place="ConceptMap.group[0].element[0]")


def target(code: str, system: str = CONCEPT, equivalence: str = "equal", **product: str) -> Target:
    return Target(system=system, code=code, equivalence=equivalence, product=product, place="target")


def spoken(*elements: Element) -> Lexicon:
    return lexicon_with(shipped(), elements, FILE)


def faults(*elements: Element) -> list[str]:
    with pytest.raises(Faulty) as faulty:
        spoken(*elements)
    assert {each.file for each in faulty.value.faults} == {FILE}
    return [each.says for each in faulty.value.faults]


def test_a_local_code_means_the_concept_it_is_mapped_to() -> None:
    lexicon = spoken(element("JERK", target("achilles-reflex")))
    assert lexicon.of_code(LOCAL, "JERK") == (Meaning(concept="achilles-reflex"),)
    assert shipped().of_code(LOCAL, "JERK") == ()


def test_a_local_text_is_a_phrase() -> None:
    lexicon = spoken(element("tendon hammer at heel", target("achilles-reflex"), system=TEXTS))
    assert lexicon.of_phrase("Tendon hammer at heel.") == (Meaning(concept="achilles-reflex"),)


def test_a_standard_target_gives_all_that_it_means() -> None:
    absent = spoken(element("A", target("274818004", SNOMED))).of_code(LOCAL, "A")
    assert absent == shipped().of_code(SNOMED, "274818004") != ()
    assert all(meaning.corroborate for meaning in absent)
    left = spoken(element("L", target("7771000", SNOMED)))
    assert left.word("side", f"{LOCAL}|L") == "left"


def test_every_vocabulary_and_every_standard_code_can_be_a_target() -> None:
    for vocabulary in VOCABULARIES:
        for word in set(shipped().words[vocabulary].values()):
            lexicon = spoken(element("X", target(word, f"{CODE_SYSTEMS}/{vocabulary}")))
            assert lexicon.word(vocabulary, f"{LOCAL}|X") == word
    for system, code in shipped().codes:
        assert sense_of(spoken(element("X", target(code, system))), LOCAL, "X") == sense_of(shipped(), system, code)


def test_a_product_adds_what_a_precoordinated_code_holds() -> None:
    (meaning,) = spoken(element("A", target("achilles-reflex", answer="absent", side="left"))).of_code(LOCAL, "A")
    assert (meaning.answer, meaning.side) == ("absent", Side.LEFT)
    (meaning,) = spoken(element("P", target("leg-power", root="S1", answer="present"))).of_code(LOCAL, "P")
    assert (meaning.root, meaning.answer) == (Root.S1, "present")


def test_several_targets_are_all_meant() -> None:
    site = target("ankle", f"{CODE_SYSTEMS}/site")
    lexicon = spoken(element("LA", site), element("LA", target("left", f"{CODE_SYSTEMS}/side")))
    assert (lexicon.word("site", f"{LOCAL}|LA"), lexicon.word("side", f"{LOCAL}|LA")) == ("ankle", "left")
    both = spoken(element("B", target("heel-pain"), target("low-back-pain"))).of_code(LOCAL, "B")
    assert [meaning.concept for meaning in both] == ["heel-pain", "low-back-pain"]


def test_a_map_may_repeat_what_is_shipped() -> None:
    known = next(iter(shipped().phrases))
    concept = shipped().phrases[known][0]
    if concept == Meaning(concept=concept.concept):
        assert spoken(element(known, target(concept.concept), system=TEXTS)).phrases == shipped().phrases
    assert spoken(element("274818004", target("274818004", SNOMED), system=SNOMED)).codes == shipped().codes


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (element("A", target("achiles-reflex")), f"target: `achiles-reflex` of {CONCEPT} is nothing that"),
        (element("A", target("absentt", f"{CODE_SYSTEMS}/answer")), "target: `absentt` of"),
        (element("A", target("heel-pain", equivalence="wider")), "target: `wider` does not say that"),
        (element("A", target("heel-pain", equivalence="unmatched")), "target: `unmatched` does not say"),
        (element("A", target("achilles-reflex", answer="present")), "target: `present` is no answer of"),
        (element("A", target("heel-pain", answer="brisk")), "target: `brisk` is no answer of `heel-pain`"),
        (element("A", target("heel-pain", side="unknown")), "target: `unknown` is no side of"),
        (element("A", target("heel-pain", colour="red")), "target: A product `colour` is not known"),
        (element("A", target("left", f"{CODE_SYSTEMS}/side", answer="absent")), "target: Only a finding or question"),
        (element("A", target("274818004", SNOMED, answer="brisk")), "target: The target already says `absent`"),
        (element("A"), "ConceptMap.group[0].element[0]: `A` has no target"),
        (element("", target("heel-pain")), "ConceptMap.group[0].element[0]: The element has no code"),
        (element("a", target("heel-pain"), system=TEXTS), "ConceptMap.group[0].element[0]: The text is too short"),
        (element("x", target("heel-pain"), system=CONCEPT), "ConceptMap.group[0].element[0]: The source is a code"),
        (
            element("274818004", target("heel-pain"), system=SNOMED),
            "ConceptMap.group[0].element[0]: `274818004` already",
        ),
        (
            element("absent", target("present", f"{CODE_SYSTEMS}/answer"), system=TEXTS),
            "ConceptMap.group[0].element[0]: ",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(wrong: Element, says: str) -> None:
    assert any(each.startswith(says) for each in faults(wrong))


def test_two_targets_that_contradict_each_other_are_refused() -> None:
    one, other = target("achilles-reflex", answer="absent"), target("achilles-reflex", answer="normal")
    assert "in two ways" in faults(element("A", one), element("A", other))[0]
    left, right = (target(side, f"{CODE_SYSTEMS}/side") for side in ("left", "right"))
    assert "`side` in two ways" in faults(element("A", left, right))[0]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(faults(element("A"), element("B", target("nothing")), element("C", target("no")))) == 3


def test_a_code_that_is_mapped_to_a_concept_means_its_definition_and_a_standard_code_its_own() -> None:
    lexicon = spoken(element("NUMB-BELOW", target("saddle-sensation")), element("A", target("274818004", SNOMED)))
    assert lexicon.defined == {(LOCAL, "NUMB-BELOW")}
    assert shipped().defined == frozenset()
