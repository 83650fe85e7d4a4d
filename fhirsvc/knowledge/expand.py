"""`python -m fhirsvc.knowledge.expand [--check]`: a FHIR ValueSet per value set, ICD-10-CM headers expanded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import simple_icd_10_cm as icd10cm

from fhirsvc.knowledge.faults import Fault
from fhirsvc.knowledge.terminology import mappings_root
from fhirsvc.knowledge.terminology_files import VALUE_SETS, Terminology, read_terminology
from fhirsvc.knowledge.terminology_rows import CHILDREN, Code, CodeRow

_CANONICAL = "https://fhirsvc.example/fhir/ValueSet"
_COPYRIGHT = {
    "snomed": "Includes content from SNOMED CT, copyright SNOMED International; its use needs a licence. See NOTICE.",
    "loinc": "Includes content from LOINC, copyright Regenstrief Institute, Inc., under its licence. See NOTICE.",
}

Json = dict[str, Any]


def main(arguments: Sequence[str] | None = None, root: Path | None = None) -> int:
    """Writes the ValueSets, or with --check says which are stale; 0 = done or current, 1 = faults or stale files."""
    parser = argparse.ArgumentParser(prog="python -m fhirsvc.knowledge.expand", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    options = parser.parse_args(arguments)
    folder = root or mappings_root()
    terminology = read_terminology(folder)
    faults = [fault for fault in terminology.faults if fault.file.endswith(".yaml")] or list(icd_faults(terminology))
    if faults:
        return _say(str(fault) for fault in sorted(faults))
    wanted = {folder / VALUE_SETS / f"{concept}.json": text for concept, text in value_sets(terminology).items()}
    present = set((folder / VALUE_SETS).glob("*.json"))
    if options.check:
        return _say(_stale(path.relative_to(folder).as_posix()) for path in _differing(wanted, present))
    _write(wanted, present)
    return 0


def icd_faults(terminology: Terminology) -> Iterator[Fault]:
    """Every ICD-10-CM code that the release does not hold, or holds under another title, or that cannot be expanded."""
    system = terminology.systems["icd-10-cm"]
    for row in terminology.codes:
        if row.code.system != system:
            continue
        place, code = row.code.place, row.code.code
        if not icd10cm.is_valid_item(code):
            yield place.fault(f"{code} is no code of the ICD-10-CM release.", "Correct it or take it away.")
        elif icd10cm.get_description(code) != row.code.display:
            yield place.fault(f"{code} has another title.", f'Write `display: "{icd10cm.get_description(code)}"`.')
        elif row.expand == CHILDREN and not _members(row):
            yield place.fault(f"{code} has no codes below it.", "Take `expand: children` away.")
        for header in row.without:
            if header not in icd10cm.get_descendants(code):
                yield place.fault(f"{header} does not stand below {code}.", "Correct `except:`.")


def value_sets(terminology: Terminology) -> dict[str, str]:
    """The text of a FHIR R4 ValueSet per concept that has standard codes."""
    rows = sorted(terminology.codes, key=lambda row: row.meaning.concept)
    grouped = groupby(rows, key=lambda row: row.meaning.concept)
    return {concept: _written(_value_set(concept, list(of), terminology)) for concept, of in grouped}


def _value_set(concept: str, rows: list[CodeRow], terminology: Terminology) -> Json:
    named = terminology.concepts[concept]
    own = {"system": terminology.systems["concept"], "code": concept, "display": named.display}
    return {
        "resourceType": "ValueSet",
        "id": concept,
        "url": f"{_CANONICAL}/{concept}",
        "version": terminology.version,
        "name": "".join(word.title() for word in concept.split("-")),
        "title": named.display,
        "status": "active",
        "experimental": False,
        "date": terminology.date,
        "publisher": "fhirsvc",
        "description": f"Codes that speak of: {named.definition}",
        **_copyright(rows, terminology),
        "compose": {"include": [*_includes(own, rows)], **_excludes(rows)},
        "expansion": {
            "identifier": f"{_CANONICAL}/{concept}|{terminology.version}",
            "timestamp": terminology.date,
            "contains": [own, *(_contains(row) for row in _once(rows))],
        },
    }


def _copyright(rows: list[CodeRow], terminology: Terminology) -> dict[str, str]:
    used = {row.code.system for row in rows}
    notices = [notice for name, notice in _COPYRIGHT.items() if terminology.systems[name] in used]
    return {"copyright": " ".join(notices)} if notices else {}


def _includes(own: dict[str, str], rows: list[CodeRow]) -> Iterator[Json]:
    yield {"system": own["system"], "concept": [{"code": own["code"], "display": own["display"]}]}
    plain = sorted((row for row in _once(rows) if not row.expand), key=lambda row: row.code.system)
    for system, of in groupby(plain, key=lambda row: row.code.system):
        yield {"system": system, "concept": [_concept(row.code) for row in of]}
    yield from (_below(row.code.system, row.code.code) for row in _once(rows) if row.expand)


def _excludes(rows: list[CodeRow]) -> dict[str, list[Json]]:
    excludes = [_below(row.code.system, header) for row in rows for header in row.without]
    return {"exclude": excludes} if excludes else {}


def _below(system: str, header: str) -> Json:
    return {"system": system, "filter": [{"property": "concept", "op": "is-a", "value": header}]}


def _contains(row: CodeRow) -> Json:
    entry: Json = {"system": row.code.system, **_concept(row.code)}
    if "-" in row.code.code and row.expand == CHILDREN:
        entry["abstract"] = True
    if row.expand == CHILDREN:
        entry["contains"] = [_member(row.code.system, code) for code in _members(row)]
    return entry


def _concept(code: Code) -> dict[str, str]:
    return {"code": code.code, "display": code.display}


def _member(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code, "display": icd10cm.get_description(code)}


def _members(row: CodeRow) -> list[str]:
    """The codes below a header, without those below a header that is left out."""
    left_out = {code for header in row.without for code in (header, *icd10cm.get_descendants(header))}
    return [code for code in icd10cm.get_descendants(row.code.code) if code not in left_out]


def _once(rows: Iterable[CodeRow]) -> list[CodeRow]:
    """A code that counts at two sites has two rows and one place in the value set."""
    return list({(row.code.system, row.code.code): row for row in rows}.values())


def _write(wanted: dict[Path, str], present: set[Path]) -> None:
    for path in present - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


def _written(resource: Json) -> str:
    return json.dumps(resource, indent=1, ensure_ascii=False) + "\n"


def _differing(wanted: dict[Path, str], present: set[Path]) -> list[Path]:
    changed = {path for path, text in wanted.items() if path not in present or path.read_text(encoding="utf-8") != text}
    return sorted(changed | (present - set(wanted)))


def _stale(name: str) -> str:
    return f"{name} does not say what the YAML files say. Run `python -m fhirsvc.knowledge.expand`."


def _say(sentences: Iterable[str]) -> int:
    said = list(sentences)
    for sentence in said:
        sys.stderr.write(f"{sentence}\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
