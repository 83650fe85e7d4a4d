"""The rows of a decision table read against an abstract State; first match wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fhirsvc.domain.protocol import Cell, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a row may read: the sets after demotion, imaging, local signs, screen, and recorded signs (RULES 3.5).

    a, b, c, c_apart: names of items; c_apart = those of C with a source other than that of the only B item.
    imaging: pos | weak | neg | none.  local: present | absent | unknown.  screen: incomplete | complete | negative.
    recorded: closed words.
    """

    a: frozenset[str] = frozenset()
    b: frozenset[str] = frozenset()
    c: frozenset[str] = frozenset()
    c_apart: frozenset[str] = frozenset()
    imaging: str = "none"
    local: str = "unknown"
    screen: str = "incomplete"
    recorded: frozenset[str] = frozenset()


def first_match(rules: Iterable[Rule], state: State) -> Rule:
    """The first row all of whose cells hold; StopIteration when none does (the loader asks for a last, open row)."""
    return next(rule for rule in rules if matches(rule, state))


def matches(rule: Rule, state: State) -> bool:
    """Do all cells of the row hold?"""
    return all(holds(cell, state) for cell in rule.cells)


def holds(cell: Cell, state: State) -> bool:
    """Does one condition hold? KeyError for a word outside the closed vocabulary (the loader refuses it first)."""
    if cell.word == "any":
        return any(holds(each, state) for each in cell.either)
    return _WORDS[cell.word](state, cell.wants)


Wants = tuple[str, ...]


def _count(found: frozenset[str], wants: Wants) -> bool:
    """`none`, `exactly n` or `at least n`."""
    if wants == ("none",):
        return not found
    how, number = wants[0].rsplit(" ", 1)
    return len(found) == int(number) if how == "exactly" else len(found) >= int(number)


_WORDS: Mapping[str, Callable[[State, Wants], bool]] = {
    "A": lambda state, wants: _count(state.a, wants),
    "B": lambda state, wants: _count(state.b, wants),
    "C": lambda state, wants: _count(state.c, wants),
    "C of another source": lambda state, wants: _count(state.c_apart, wants),
    "B includes": lambda state, wants: not state.b.isdisjoint(wants),
    "B includes none of": lambda state, wants: state.b.isdisjoint(wants),
    "B only": lambda state, wants: state.b <= frozenset(wants),
    "B has exactly one of": lambda state, wants: len(state.b & frozenset(wants)) == 1,
    "C includes": lambda state, wants: not state.c.isdisjoint(wants),
    "IMG": lambda state, wants: state.imaging in wants,
    "LOCAL": lambda state, wants: state.local in wants,
    "screen": lambda state, wants: state.screen in wants,
    "recorded": lambda state, wants: frozenset(wants) <= state.recorded,
}
WORDS = frozenset(_WORDS) | {"any"}
