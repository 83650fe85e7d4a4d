"""Every source that the protocol cites stands in docs/sources.md, once, and nothing else does."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest

from fhirsvc.knowledge.load import version_folders
from fhirsvc.knowledge.terminology import mappings_root
from tests.docs.blocks import ROOT

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
ID = r"(?:S-[AP]|E)\d+[a-z]?"
LISTED = re.findall(rf"^\| ({ID}) \|", SOURCES, re.MULTILINE)


def cited() -> set[str]:
    """The ids under any `sources` of any protocol version."""
    pages = (folder / "protocol.yaml" for folder in version_folders(mappings_root()))
    lines = chain.from_iterable(page.read_text(encoding="utf-8").splitlines() for page in pages)
    lists = (line.partition("[")[2] for line in lines if "[" in line and not line.lstrip().startswith("#"))
    return set(chain.from_iterable(re.findall(rf"(?<![\w-]){ID}(?![\w-])", each) for each in lists))


def test_every_cited_source_stands_in_the_list_and_no_other() -> None:
    assert set(LISTED) == cited()


def test_no_source_stands_in_the_list_twice() -> None:
    assert [source for source, times in Counter(LISTED).items() if times > 1] == []


def test_a_source_named_beside_another_stands_in_the_list() -> None:
    assert set(re.findall(rf"(?<![\w-]){ID}(?![\w-])", SOURCES)) == set(LISTED)


def test_both_articles_are_named_by_their_titles() -> None:
    assert "“Can Lower Back Pain Cause Achilles Tendonitis?”" in SOURCES
    assert "“Can Lower Back Pain Cause Plantar Fasciitis?”" in SOURCES


@pytest.mark.parametrize("document", ["docs/clinician.md", "mappings/README.md"])
def test_where_sources_are_read_the_list_is_linked(document: str) -> None:
    assert re.search(r"\]\([./a-z]*sources\.md\)", (ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("word", ["diagnosed", "confirmed", "rules out", "requires"])
def test_no_source_is_told_as_more_than_it_is(word: str) -> None:
    assert word not in SOURCES.casefold()
