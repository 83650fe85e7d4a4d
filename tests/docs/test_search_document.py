"""What the manual says of searches is what the table of parameters says."""

from __future__ import annotations

import re

from fhirsvc.fhir.search.criteria import LARGEST_PAGE, PAGE_SIZE
from fhirsvc.fhir.search.dates import PREFIXES
from fhirsvc.fhir.search.parameters import PARAMETERS, date_of
from fhirsvc.fhir.search.query import FORM, MOST_ALTERNATIVES, RESULTS
from fhirsvc.usecases.search import MOST_INCLUDED
from fhirsvc.web.searching import MOST_PARAMETERS
from tests.docs.blocks import ROOT

SECTION = (ROOT / "docs" / "fhir.md").read_text(encoding="utf-8").partition("\n## Search\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| ([A-Z][A-Za-z]+) \| (.*?) \| (.*?) \|$", SECTION, re.MULTILINE)


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_every_type_is_told_with_its_parameters_and_its_date() -> None:
    told = {
        type_: (named(names), named(date))
        for type_, names, date in ROWS
        if type_ not in {"Type", "Status", "Parameter"}
    }
    assert told == {
        type_: ({*own}, {date_of(type_)} if date_of(type_) else set[str]()) for type_, own in PARAMETERS.items()
    }


def test_every_way_of_answering_is_told() -> None:
    table = SECTION.partition("### How it is answered")[2].partition("\n\nPart of")[0]
    first = {name for cell in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for name in named(cell)}
    assert first == {*RESULTS, *FORM}


def test_every_prefix_and_every_limit_is_told() -> None:
    assert {*PREFIXES} <= named(SECTION)
    for limit in (f"{MOST_ALTERNATIVES:,} values", f"{MOST_PARAMETERS} parameters", f"At most {MOST_INCLUDED:,}"):
        assert limit in SECTION
    assert f"up to {LARGEST_PAGE} matches on a page, {PAGE_SIZE} without it" in SECTION
