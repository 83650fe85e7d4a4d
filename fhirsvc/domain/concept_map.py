"""What a sender's own codes and texts mean, as the elements of its ConceptMap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CODE_SYSTEMS = "https://fhirsvc.example/fhir/CodeSystem"
"""Our own systems below this: concept, and each vocabulary by its name ("…/answer", "…/side", "…/site")."""

TEXTS = f"{CODE_SYSTEMS}/text"
"""The source system of texts: its code is the text itself, as `lexicon.normalise` writes it."""

EXACT = ("equal", "equivalent")
"""The only relations by which a code may be read as another (R4 ConceptMapEquivalence)."""

PRODUCTS = ("answer", "side", "root", "area")
"""What a target may add to a Concept that does not hold it: the property is the vocabulary's address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an element is mapped to.  product: name as in PRODUCTS → word, or the property as written → its value."""

    system: str
    code: str
    equivalence: str = EXACT[1]
    display: str = ""
    product: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One code of a sender (system "" = sent without one), or one text (system TEXTS), with all its targets.

    place: where it stands in the ConceptMap, as FHIRPath.
    """

    system: str
    code: str
    targets: tuple[Target, ...]
    display: str = ""
    place: str = ""
