"""docs/fhir.md tells every interaction with its requests, types and statuses, as web.interactions has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from fhirsvc.fhir.resource_types import ACCEPTED, KEPT
from fhirsvc.web.canonicals import CANONICALS
from fhirsvc.web.capability import Offer
from fhirsvc.web.fhir import OFFERS
from fhirsvc.web.interactions import BODY, EVERY_TIME, INTERACTIONS, Statuses
from tests.docs.blocks import ROOT

DOCUMENT = (ROOT / "docs" / "fhir.md").read_text(encoding="utf-8")
PUBLISHED = frozenset(kind for offer in CANONICALS for kind in offer.types)
GROUPS = {"kept": KEPT, "taken": ACCEPTED, "published": PUBLISHED}


def drawn() -> Iterator[str]:
    """The rows of the table of interactions."""
    for code, interaction in INTERACTIONS.items():
        offers = [offer for offer in OFFERS if code in offer.interactions]
        requests = dict.fromkeys(f"`{offer.method} [base]{address(offer, code)}`" for offer in offers)
        types = frozenset(kind for offer in offers for kind in offer.types)
        yield f"| {interaction.title} | {' '.join(requests)} | {of(types)} | {answers(interaction.statuses)} |"


def answers(statuses: Statuses) -> str:
    """Statuses with what they mean, and those of any body by their numbers alone."""
    own = [status for status in sorted(statuses) if statuses[status] != BODY.get(status)]
    of_any = [str(status) for status in sorted(statuses) if status not in own]
    return " ".join([*(f"**{status}** {statuses[status]}" for status in own), *of_any])


def address(offer: Offer, code: str) -> str:
    """The path of an offer as the document writes it; what is one type's alone stands for any where others have it."""
    path = re.sub(r"^/(?:Task|\{type\})(?=/|$)", "/[type]", offer.path)
    if code == "search-type":
        path = re.sub(r"^/[A-Z][A-Za-z]+(?=/|$)", "/[type]", path)
    path = re.sub(r"\{(\w+)\}", r"[\1]", path)
    by_query = code in {"conditional-update", "conditional-delete"} or (code, offer.method) == ("search-type", "GET")
    return f"{path}?…" if by_query else path


def of(types: frozenset[str]) -> str:
    """Types by the names of their groups, what is left of them by their own."""
    if len(types) <= 1:
        return next(iter(types), "–")
    groups = [name for name, members in GROUPS.items() if members <= types]
    groups = [name for name in groups if name != "taken" or "kept" not in groups]
    return ", ".join([*groups, *sorted(types - frozenset[str]().union(*(GROUPS[name] for name in groups)))])


def test_the_table_of_interactions_is_the_one_in_the_code() -> None:
    section = DOCUMENT.partition("## Interactions")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert rows == list(drawn()), "\n".join(drawn())


def test_what_any_body_and_any_address_may_be_answered_is_told() -> None:
    told = dict(re.findall(r"^- \*\*(\d+)\*\* (.+)$", DOCUMENT, re.MULTILINE))
    assert told == {str(status): text for status, text in (*BODY.items(), *EVERY_TIME.items())}


@pytest.mark.parametrize("name", GROUPS)
def test_the_groups_of_types_are_listed(name: str) -> None:
    [listed] = re.findall(rf"^- \*{name}\*: (.+)\.$", DOCUMENT, re.MULTILINE)
    told = set(re.findall(r"[A-Z][A-Za-z]+", listed))
    assert told == (KEPT - ACCEPTED if name == "kept" else GROUPS[name])
