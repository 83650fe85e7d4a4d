"""A sender's ConceptMap laid over the shipped Lexicon: its own codes and texts mean what their targets mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fhirsvc.domain.concept_map import CODE_SYSTEMS, EXACT, PRODUCTS, TEXTS, Element, Target
from fhirsvc.domain.evidence import Root, Side
from fhirsvc.domain.lexicon import Lexicon, Meaning
from fhirsvc.knowledge.faults import Fault, Faulty

VOCABULARIES = ("answer", "reflex-grade", "side", "site", "area", "root", "modality", "region", "qualifier")
"""The vocabularies whose words may be targets: CODE_SYSTEMS/answer has the codes present, absent and unknown."""

_ANSWERS = {"reflex": ("absent", "reduced", "normal", "brisk"), "contact": ("contact", "no-contact", "unclear")}
_SIDES = (Side.LEFT, Side.RIGHT, Side.BOTH)
_SHORTEST_TEXT = 2


@dataclass(frozen=True, slots=True)
class Sense:
    """All that a code or text means: findings and questions, and by vocabulary a closed word."""

    meanings: tuple[Meaning, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it means anything."""
        return bool(self.meanings or self.words)


def lexicon_with(shipped: Lexicon, elements: Sequence[Element], file: str) -> Lexicon:
    """The shipped Lexicon and what the elements add; version and digest are left to the caller.

    file: what a Fault calls the map.  Raises Faulty with everything that is wrong in the elements.
    """
    senses, faults = _senses(shipped, elements, file)
    if faults:
        raise Faulty(faults)
    codes, phrases = dict(shipped.codes), dict(shipped.phrases)
    words = {vocabulary: dict(table) for vocabulary, table in shipped.words.items()}
    for (system, code), sense in senses.items():
        if sense.meanings and system == TEXTS:
            phrases[code] = sense.meanings
        elif sense.meanings:
            codes[system, code] = sense.meanings
        for vocabulary, word in sense.words.items():
            words[vocabulary][_key(system, code)] = word
    return replace(shipped, codes=codes, phrases=phrases, words=words, defined=_defined(elements))


def _defined(elements: Sequence[Element]) -> frozenset[tuple[str, str]]:
    """The codes that a Concept itself is the target of."""
    ours = (each for each in elements if any(target.system == f"{CODE_SYSTEMS}/concept" for target in each.targets))
    return frozenset((each.system, each.code) for each in ours)


def sense_of(lexicon: Lexicon, system: str, code: str) -> Sense:
    """What a code, a text (system TEXTS) or a word of a vocabulary means in a Lexicon."""
    vocabulary = vocabulary_of(system)
    if vocabulary:
        return Sense(words={vocabulary: code} if code in lexicon.words.get(vocabulary, {}).values() else {})
    found = lexicon.phrases.get(code, ()) if system == TEXTS else lexicon.of_code(system, code)
    keys = (_key(system, code), _key(system, code.split(".", maxsplit=1)[0]))
    words = {name: table[keys[0]] for name, table in lexicon.words.items() if keys[0] in table}
    family = lexicon.words.get("family", {}).get(keys[1], "")  # read by the category of a code
    return Sense(found, {**words, **({"family": family} if family else {})})


def vocabulary_of(system: str) -> str:
    """The vocabulary whose words are the codes of a system; "" = it is none."""
    name = system.removeprefix(f"{CODE_SYSTEMS}/")
    return name if name in VOCABULARIES and name != system else ""


def answers_to(lexicon: Lexicon, concept: str) -> tuple[str, ...]:
    """The answers that a code of this Concept can hold."""
    known = lexicon.concepts.get(concept)
    return _ANSWERS.get(known.reads if known else "", ("present", "absent"))


def _key(system: str, code: str) -> str:
    return code if system == TEXTS else f"{system}|{code}"


def _senses(
    shipped: Lexicon, elements: Sequence[Element], file: str
) -> tuple[dict[tuple[str, str], Sense], tuple[Fault, ...]]:
    """What each code or text of the map means, and what is wrong."""
    senses: dict[tuple[str, str], Sense] = {}
    faults: list[Fault] = []
    for element in elements:
        faults += _element_faults(element, file)
        for target in element.targets:
            wrong = list(_target_faults(target, shipped, file))
            faults += wrong
            if not wrong:
                key = (element.system, element.code)
                faults += _contradictions(element, senses.get(key, Sense()), _meant(target, shipped), shipped, file)
                senses[key] = _together(senses.get(key, Sense()), _meant(target, shipped))
    return senses, tuple(faults)


def _fault(file: str, place: str, says: str, do: str) -> Fault:
    return Fault(file, 0, f"{place}: {says}", do)


def _element_faults(element: Element, file: str) -> Iterator[Fault]:
    place, code = element.place, element.code
    if element.system == TEXTS and len(code) < _SHORTEST_TEXT:
        yield _fault(file, place, "The text is too short to be told from others.", "Write at least two characters.")
    elif not code:
        yield _fault(file, place, "The element has no code.", "Write the sender's code, or take the element away.")
    if element.system.startswith(f"{CODE_SYSTEMS}/") and element.system != TEXTS:
        yield _fault(file, place, "The source is a code system of ours.", "Write the system that the sender uses.")
    if not element.targets:
        yield _fault(file, place, f"`{code}` has no target.", "Say what it means, or take the element away.")


def _target_faults(target: Target, lexicon: Lexicon, file: str) -> Iterator[Fault]:
    if target.equivalence not in EXACT:
        says = f"`{target.equivalence}` does not say that the two mean the same."
        do = "Write `equal` or `equivalent` where they do, else take the target away."
        yield _fault(file, target.place, says, do)
    sense = sense_of(lexicon, target.system, target.code)
    if not sense:
        says = f"`{target.code}` of {target.system or 'no system'} is nothing that the service knows."
        do = "Name a concept of CodeSystem/concept, a word of a vocabulary, or a code of the value sets."
        yield _fault(file, target.place, says, do)
    for name, word in target.product.items() if sense else ():
        yield from (_fault(file, target.place, *wrong) for wrong in _product_faults(name, word, sense, lexicon))


def _product_faults(name: str, word: str, sense: Sense, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    if name not in PRODUCTS:
        known = ", ".join(f"{CODE_SYSTEMS}/{each}" for each in PRODUCTS)
        yield f"A product `{name}` is not known.", f"Its property is one of: {known}."
        return
    if not sense.meanings:
        yield f"Only a finding or question can be given an {name}.", "Take the product away."
    for meaning in sense.meanings:
        allowed = _allowed(name, meaning.concept, lexicon)
        if word not in allowed:
            yield f"`{word}` is no {name} of `{meaning.concept}`.", f"Write one of: {', '.join(allowed)}."
        elif _holds(meaning, name) not in {"", word}:
            yield f"The target already says `{_holds(meaning, name)}`.", "Take the product away."


def _allowed(name: str, concept: str, lexicon: Lexicon) -> tuple[str, ...]:
    if name == "answer":
        return answers_to(lexicon, concept)
    if name == "side":
        return _SIDES
    return tuple(Root) if name == "root" else tuple(sorted(set(lexicon.words.get("area", {}).values())))


def _holds(meaning: Meaning, name: str) -> str:
    return str(getattr(meaning, name) or "")


def _meant(target: Target, lexicon: Lexicon) -> Sense:
    """What the target means, its product added."""
    sense, product = sense_of(lexicon, target.system, target.code), target.product
    meanings = tuple(
        replace(
            meaning,
            answer=product.get("answer", meaning.answer),
            side=Side(product["side"]) if "side" in product else meaning.side,
            root=Root(product["root"]) if "root" in product else meaning.root,
            area=product.get("area", meaning.area),
        )
        for meaning in sense.meanings
    )
    return Sense(meanings, sense.words)


def _together(one: Sense, other: Sense) -> Sense:
    return Sense(tuple(dict.fromkeys((*one.meanings, *other.meanings))), {**one.words, **other.words})


def _contradictions(element: Element, before: Sense, more: Sense, shipped: Lexicon, file: str) -> Iterator[Fault]:
    """A target beside those before it, and beside what is shipped, which a map completes and never changes."""
    code, place = element.code, element.place
    for other in _disagreements(before, more):
        says = f"`{code}` is mapped to `{other}` in two ways that differ."
        yield _fault(file, place, says, "Keep one of the two.")
    known = sense_of(shipped, element.system, code)
    if known.meanings and not set(more.meanings) <= set(known.meanings):
        says = f"`{code}` already means `{known.meanings[0].concept}` without a map."
        yield _fault(file, place, says, "Take the element away: a map adds to what is shipped and never changes it.")
    for vocabulary in known.words.keys() & more.words.keys():
        if known.words[vocabulary] != more.words[vocabulary]:
            says = f"`{code}` already means `{known.words[vocabulary]}` without a map."
            yield _fault(
                file, place, says, "Take the element away: a map adds to what is shipped and never changes it."
            )


def _disagreements(before: Sense, more: Sense) -> Iterator[str]:
    said = {meaning.concept for meaning in set(before.meanings) - set(more.meanings)}
    yield from sorted({meaning.concept for meaning in set(more.meanings) - set(before.meanings)} & said)
    for vocabulary in sorted(before.words.keys() & more.words.keys()):
        if before.words[vocabulary] != more.words[vocabulary]:
            yield vocabulary
