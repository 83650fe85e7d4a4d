"""All abstract states that a limb can be in, so that a change that no state notices is proven to change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

from fhirsvc.domain.protocol import Rule
from fhirsvc.domain.rows import State, matches
from fhirsvc.knowledge.row_mutants import RowMutant

_ROOT_SIGNS = ("MOTOR", "SENS")
_SUPPORTING = ("RADSX", "SLR", "LUMBAGG", "DX")
_CONTEXT = ("NOTEND", "FAILTX", "LBP")
_WEAK_ROOT_SIGNS = ("XSLR", "EMG")


def states() -> Iterator[State]:
    """Every legal combination of the sets, imaging, local signs and screen; nothing recorded beside.

    Rows never name root signs, so their number stands for them: in A two are many, and so are two weak ones in B.
    A weak supporting item in C is told by the one that is not in B. Left out is what cannot be: an untender structure
    without absent local signs, and a negative screen with a straight-leg raise in B.
    """
    sets = product(_up_to(_ROOT_SIGNS), _up_to(_WEAK_ROOT_SIGNS), _subsets(_SUPPORTING), _subsets(_CONTEXT))
    for a, weak, supporting, context in sets:
        b = frozenset((*weak, *supporting))
        for c in _with_demoted(supporting, context):
            yield from _graded(State(a=frozenset(a), b=b, c=c, c_apart=c))


def _up_to(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [names[:count] for count in range(len(names) + 1)]


def _subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [chosen for count in range(len(names) + 1) for chosen in combinations(names, count)]


def _with_demoted(supporting: tuple[str, ...], context: tuple[str, ...]) -> Iterator[frozenset[str]]:
    yield frozenset(context)
    demoted = [name for name in _SUPPORTING if name not in supporting]
    if demoted:
        yield frozenset((*context, demoted[-1]))


def _graded(state: State) -> Iterator[State]:
    for imaging, local, screen in product(
        ("pos", "weak", "neg", "none"), ("present", "absent", "unknown"), ("incomplete", "complete", "negative")
    ):
        graded = replace(state, imaging=imaging, local=local, screen=screen)
        if _is_legal(graded):
            yield graded
            if len(state.b) == 1 and state.c:
                yield replace(graded, c_apart=frozenset())


def _is_legal(state: State) -> bool:
    untender = "NOTEND" not in state.c or state.local == "absent"
    return untender and not (state.screen == "negative" and "SLR" in state.b)


class Space:
    """The abstract states, and which of them come as far down the rows as a changed one."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """rules: the rows of a limb, in order."""
        self.rules = rules
        self.states = tuple(states())
        self._answered = tuple(_first(rules, state) for state in self.states)

    def proves(self, mutant: RowMutant) -> bool:
        """No legal state is answered otherwise by the changed rows, and no second explanation is added or lost."""
        return not any(self._tells(mutant, state) for state in self._reaching(mutant))

    def _reaching(self, mutant: RowMutant) -> tuple[State, ...]:
        """States that no row above answers; of a row that can be printed second, all of them."""
        if _is_second(mutant):
            return self.states
        pairs = zip(self.states, self._answered, strict=True)
        return tuple(state for state, answered in pairs if answered >= mutant.index)

    def _tells(self, mutant: RowMutant, state: State) -> bool:
        original = self.rules[mutant.index : mutant.index + len(mutant.rows)]
        above = () if _is_second(mutant) else self.rules[: mutant.index]
        return any(
            _answer(mutant.rows, told) != _answer(original, told) and not _answer(above, told)
            for told in _recorded(state, original, mutant)
        )


def _is_second(mutant: RowMutant) -> bool:
    return len(mutant.rows) == 1 and mutant.rows[0].second


def _first(rules: tuple[Rule, ...], state: State) -> int:
    """The place of the row that answers a state; the last row answers every state."""
    return next(index for index, rule in enumerate(rules) if matches(rule, state))


def _answer(rows: tuple[Rule, ...], state: State) -> str:
    return next((row.name for row in rows if matches(row, state)), "")


def _recorded(state: State, original: tuple[Rule, ...], mutant: RowMutant) -> Iterator[State]:
    """The state with all the recorded words that the rows ask for, and with each of them but one.

    Where no row holds with all of them, none holds with fewer. With two of them absent neither the changed nor the
    original row holds: they differ in one word at most.
    """
    words = tuple(sorted(_words((*original, *mutant.rows))))
    everything = replace(state, recorded=frozenset(words))
    if not _answer(mutant.rows, everything) and not _answer(original, everything):
        return
    for left_out in ("", *words):
        recorded = frozenset(words) - {left_out}
        if _can_be(state, recorded):
            yield replace(state, recorded=recorded)


def _words(rows: tuple[Rule, ...]) -> set[str]:
    cells = (cell for row in rows for cell in row.cells if cell.word == "recorded")
    return {word for cell in cells for word in cell.wants}


def _can_be(state: State, recorded: frozenset[str]) -> bool:
    """Leg symptoms that count are not denied."""
    return not ("no-leg-symptoms" in recorded and "RADSX" in state.b | state.c)
