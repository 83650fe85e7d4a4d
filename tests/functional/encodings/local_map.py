"""The ConceptMap of the hospital: what its codes mean, as an administrator writes it for the service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from tests.functional.encodings.local import (
    ANSWERS,
    AREAS,
    CIPROFLOXACIN,
    DISCECTOMY,
    GRADES,
    LEFT_ACHILLES,
    LOCAL,
    LUMBAR_MRI,
    LUMBAR_XRAY,
    NERVE_STUDY,
    NOT_HELPED,
    PHYSIOTHERAPY,
    PROBLEMS,
    QUESTIONS,
    RIGHT_ACHILLES,
    ROOTS,
    SIDES,
)
from tests.functional.vignettes.records import CONCEPT, ICD10CM, LOINC, SNOMED, Resource

OURS = CONCEPT.removesuffix("/concept")
Row = tuple[str, str, str, dict[str, str]]
"""Target system, local code, target code, product."""


def concept_map() -> bytes:
    """The file that stands in the data folder as concept-maps/default.json."""
    rows = sorted(_rows(), key=lambda row: (row[0], row[1]))
    groups = [_group(system, list(several)) for system, several in groupby(rows, key=lambda row: row[0])]
    resource: Resource = {
        "resourceType": "ConceptMap",
        "id": "default",
        "url": "http://hospital.example/fhir/ConceptMap/local",
        "version": "1",
        "name": "HospitalCodes",
        "status": "active",
        "group": groups,
    }
    return json.dumps(resource, indent=1).encode()


def _group(system: str, rows: list[Row]) -> Resource:
    return {"source": LOCAL, "target": system, "element": [_element(row) for row in rows]}


def _element(row: Row) -> Resource:
    _, local, target, product = row
    added = [
        {"property": f"{OURS}/{name}", "system": f"{OURS}/{name}", "value": word} for name, word in product.items()
    ]
    node: Resource = {"code": target, "equivalence": "equivalent", **({"product": added} if added else {})}
    return {"code": local, "target": [node]}


def _rows() -> Iterator[Row]:
    yield from _words("side", ((code, side.value) for side, code in SIDES.items()))
    yield from _words("area", ((code, area) for area, code in AREAS.items()))
    yield from _words("root", ((code, root) for root, code in ROOTS.items()))
    yield from _words("reflex-grade", ((code, grade) for grade, code in GRADES.items()))
    yield from _words("reflex-grade", ((ANSWERS[each], each) for each in ("normal", "reduced")))
    answers = {"present": "present", "reduced": "present", "absent": "absent", "normal": "absent"}
    yield from _words("answer", ((ANSWERS[each], word) for each, word in answers.items()))
    yield from _words("qualifier", [("QL-W", "worsening"), ("QL-PAIN", "pain-limited")])
    yield from ((CONCEPT, code, concept, {}) for concept, code in QUESTIONS.items())
    yield from _problems()
    yield from _studies()
    yield CONCEPT, NOT_HELPED, "treatment-failure", {"answer": "present"}
    yield CONCEPT, PHYSIOTHERAPY, "local-treatment", {"answer": "present"}
    yield CONCEPT, DISCECTOMY, "lumbar-surgery", {"answer": "present"}
    yield CONCEPT, CIPROFLOXACIN, "fluoroquinolone", {"answer": "present"}


def _words(vocabulary: str, words: Iterable[tuple[str, str]]) -> Iterator[Row]:
    yield from ((f"{OURS}/{vocabulary}", code, word, {}) for code, word in words)


def _problems() -> Iterator[Row]:
    """By a standard code where there is one, else by our own."""
    standard = {
        "sciatica": (SNOMED, "23056005"),
        "lumbago-with-sciatica": (SNOMED, "202794004"),
        "radiculopathy": (SNOMED, "2415007"),
        "cauda-equina-syndrome": (ICD10CM, "G83.4"),
        "cancer-history": (ICD10CM, "C50.912"),
        "foot-drop": (SNOMED, "6077001"),
    }
    for problem, code in PROBLEMS.items():
        if problem in standard:
            system, target = standard[problem]
            yield system, code, target, {}
        else:
            yield CONCEPT, code, problem, {"answer": "present"}
    yield ICD10CM, LEFT_ACHILLES, "M76.62", {}
    yield ICD10CM, RIGHT_ACHILLES, "M76.61", {}


def _studies() -> Iterator[Row]:
    """Studies by LOINC; their conclusions with root and side."""
    yield from (
        (LOINC, code, loinc, {})
        for code, loinc in ((LUMBAR_MRI, "24968-0"), (LUMBAR_XRAY, "24972-2"), (NERVE_STUDY, "18749-2"))
    )
    for letter, side in (("L", "left"), ("R", "right")):
        found = {"answer": "contact", "side": side}
        yield CONCEPT, f"FD-ROOT-S1-{letter}", "nerve-root-contact", {**found, "root": "S1"}
        yield CONCEPT, f"FD-ROOT-{letter}", "nerve-root-contact", found
        yield SNOMED, f"FD-RAD-S1-{letter}", "2415007", {"side": side, "root": "S1"}
