"""Which answer of a sentence belongs to which thing examined, and on which side: "2+ at the knees, 0 on the left"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fhirsvc.domain.evidence import Side, agreed_side
from fhirsvc.fhir.notes.roots import side_of
from fhirsvc.fhir.notes.words import Mention, Word

_JOINING = frozenset({",", "and", "&", "/", "or", "plus", "+", "then", "-"})
_BREAKS = frozenset(
    {",", ";", "and", "but", "&", ":", ".", "while", "whereas", "however", "although", "with", "except", "("}
)
_VERBS = frozenset({"is", "are", "was", "were", "be", "been", "remain", "remains", "appear", "appears", "=", "seemed"})
_SMALL = frozenset(
    {
        *("the", "a", "an", "at", "in", "of", "on", "to", "for", "over", "from", "his", "her", "their", "its", "both"),
        *("into", "through", "level", "levels", "sides", "side", "area", "areas", "any", "all", "only"),
        *("tendon", "tendons", "deep", "reflex", "reflexes", "dtr", "dtrs", "jerk", "jerks", "sign", "signs", "test"),
        *("tests", "testing", "strength", "power", "respective", "lower", "distal", "extremity", "extremities", "with"),
        *(
            "versus",
            "vs",
            "than",
            "compared",
            "movement",
            "function",
            "motor",
            "response",
            "responses",
            "also",
            "either",
            "right",
            "left",
            "hand",
            "when",
            "tested",
        ),
    }
)
_LEADING = frozenset({"on", "to", "in", "at", "the", "(", "side"})
_PREPOSITIONS = frozenset({"at", "in", "of", "for", "on", "over", "with", "to", "throughout", "into"})
_PARTS = frozenset({";"})
_SEPARATING = frozenset({",", ";", "and", "but", "&", ".", "while", "whereas", "vs", "versus"})
FOREIGN = "foreign"
"""The kind of a thing that keeps its own answers and is not asked after."""
_MOST = 40
"""Answers of one sentence; what holds more is no prose."""
_LEAD_WITHIN = 12
_AS = frozenset({"as", "well"})
_LIST_WITHIN = 8
_CHAIN_WITHIN = 3
_COMPARED_WITHIN = 6
_COMPARING = frozenset({"compared", "versus", "vs", "than", "relative", "comparison", "counterpart"})
_ONE_LEG = frozenset({Side.LEFT, Side.RIGHT})
_MODIFYING = frozenset({"symmetric", "present", "painful", "painless", "tight"})
"""Answers that add to another and are no answer of their own beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer as it stands: its word, from word `first` to before `after`, and the grade it is written with.

    side: one that belongs to the answer alone, as the halves of a pair do.
    """

    value: str
    first: int
    after: int
    grade: str = ""
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An answer bound to one thing examined. side: None = none was said of either."""

    thing: Mention
    told: Answer
    side: Side | None

    @property
    def value(self) -> str:
        """The answer's word."""
        return self.told.value


@dataclass(slots=True)
class _Group:
    """Things examined that are listed together; told: what is bound to them."""

    things: list[Mention]
    sides: dict[Mention, Side]
    first: int
    after: int


class Binding:
    """Binds the answers of one sentence to the things it examines.

    sides: the side words that may be meant. neutral: words that may stand between an answer and what it speaks of.
    """

    def __init__(
        self,
        words: Sequence[Word],
        sides: Sequence[Mention],
        neutral: Iterable[Mention] = (),
        default: Side | None = None,
    ) -> None:
        self._texts = [word.text for word in words]
        self._sides = sides
        self._default = default
        self._neutral = {index for each in neutral for index in range(each.first, each.after)}
        self._sided = {index for each in sides for index in range(each.first, each.after)}
        self._answered: set[int] = set()

    def bound(self, things: Sequence[Mention], told: Sequence[Answer]) -> list[Bound]:
        """Every answer with each thing that it is said of."""
        if not things or not 0 < len(told) <= _MOST:
            return []
        answers = sorted(told, key=lambda each: (each.first, each.after))
        self._answered = {index for each in answers for index in range(each.first, each.after)}
        groups = self._groups(sorted(things, key=lambda each: each.first), answers)
        owned = {id(side) for group in groups for side in self._own(group, answers)}
        free = [side for side in self._sides if id(side) not in owned]
        chosen = self._chosen(groups, answers)
        sides = self._sided_answers(groups, answers, chosen, free)
        self._spread(groups, answers, chosen, sides)
        respective = self._respective(groups, chosen)
        return [
            Bound(thing=thing, told=answer, side=self._side(sides[order], groups[at], thing, free))
            for order, (answer, at) in enumerate(zip(answers, chosen, strict=True))
            if at is not None
            for thing in (respective[order] if order in respective else groups[at].things)
        ]

    def _spread(
        self,
        groups: Sequence[_Group],
        answers: Sequence[Answer],
        chosen: Sequence[int | None],
        sides: list[Side | None],
    ) -> None:
        """ "Dorsiflexion 5/5, plantar flexion 5/5 bilaterally": a lone "bilaterally" at the end is said of all."""
        last, at = answers[-1], chosen[-1]
        alone = len(self._sides) == 1 and 0 <= self._sides[0].first - last.after < _CHAIN_WITHIN
        if not alone or sides[-1] is not Side.BOTH or at is None or groups[at].things[0].kind == FOREIGN:
            return
        for order, answer in enumerate(answers):
            if sides[order] is None and ";" not in self._texts[answer.after : last.first]:
                sides[order] = Side.BOTH

    def _respective(self, groups: Sequence[_Group], chosen: Sequence[int | None]) -> dict[int, list[Mention]]:
        """ "Knee and ankle jerks are 2+ and 1+, respectively": each answer with the thing in its place."""
        found: dict[int, list[Mention]] = {}
        for at, group in enumerate(groups) if "respectively" in self._texts else ():
            run = [order for order, each in enumerate(chosen) if each == at]
            if len(run) == len(group.things) > 1:
                found |= {order: [thing] for order, thing in zip(run, group.things, strict=True)}
        return found

    def _side(self, said: Side | None, group: _Group, thing: Mention, free: Sequence[Mention]) -> Side | None:
        if said is not None:
            return said
        return group.sides.get(thing) or self._leading(thing, free) or self._default

    # --- things that are listed together

    def _groups(self, things: Sequence[Mention], answers: Sequence[Answer]) -> list[_Group]:
        groups: list[_Group] = []
        for thing in things:
            if groups and self._is_listed(groups[-1], thing, answers):
                groups[-1].things.append(thing)
                groups[-1].after = thing.after
            else:
                groups.append(_Group([thing], {}, thing.first, thing.after))
        return groups

    def _is_listed(self, group: _Group, thing: Mention, answers: Sequence[Answer]) -> bool:
        gap = range(group.after, thing.first)
        if len(gap) > _LIST_WITHIN or not self._answered.isdisjoint(gap):
            return False
        texts = [self._texts[index] for index in gap]
        joined = not texts or not _JOINING.isdisjoint(texts) or texts[:3] == ["as", "well", "as"]
        return joined and all(map(self._is_within_list, gap)) and not self._is_answered_apart(group, thing, answers)

    def _is_within_list(self, index: int) -> bool:
        text = self._texts[index]
        return index in self._sided or index in self._neutral or text in _JOINING or text in _SMALL or text in _AS

    def _is_answered_apart(self, group: _Group, thing: Mention, answers: Sequence[Answer]) -> bool:
        """ "Nontender tendon, fascia tender": each of the two has its own answer, before the one, behind the other."""
        own = [answer for answer in answers if answer.value not in _MODIFYING]
        led = any(answer.after <= group.first and self._leads(answer, group.first) for answer in own)
        followed = any(
            answer.first >= thing.after
            and all(
                text in _VERBS or index in self._neutral or index in self._sided
                for index, text in enumerate(self._texts[thing.after : answer.first], thing.after)
            )
            for answer in own
        )
        return led and followed

    def _own(self, group: _Group, answers: Sequence[Answer]) -> list[Mention]:
        """Sides that stand right before the things of a group ("left ankle", "both knees and ankles")."""
        owned: list[Mention] = []
        carried: Side | None = None
        for thing in group.things:
            before = self._adjacent_side(thing.first, answers)
            if before:
                owned += before
                carried = agreed_side([side_of(side) for side in before])
            if carried is not None:
                group.sides[thing] = carried
        return owned

    def _adjacent_side(self, index: int, answers: Sequence[Answer]) -> list[Mention]:
        """The sides right before a word; "right versus left" names the first alone."""
        found: list[Mention] = []
        ends = {side.after: side for side in self._sides}
        index -= 1
        while index >= 0:
            side = ends.get(index + 1)
            if side is not None:
                found.append(side)
                index = side.first - 1
            elif index in self._neutral or self._texts[index] in {"the", "-", "sided", "lower", "side", ")", "("}:
                index -= 1
            elif found and self._texts[index] in {"versus", "vs", "than", "and", "&", "/"}:
                if self._texts[index] in {"versus", "vs", "than"}:
                    found = []
                elif index not in ends and (index in {e.after for e in answers} or not ends.get(index)):
                    break
                index -= 1
            else:
                break
        return found

    # --- which group an answer is said of

    def _chosen(self, groups: Sequence[_Group], answers: Sequence[Answer]) -> list[int | None]:
        chosen: list[int | None] = []
        for order, answer in enumerate(answers):
            chosen.append(self._group_of(order, answer, groups, answers, chosen))
        return chosen

    def _group_of(
        self,
        order: int,
        answer: Answer,
        groups: Sequence[_Group],
        answers: Sequence[Answer],
        chosen: Sequence[int | None],
    ) -> int | None:
        behind = next((at for at, group in enumerate(groups) if group.first >= answer.after), None)
        before = next((at for at in reversed(range(len(groups))) if groups[at].after <= answer.first), None)
        last = self._last_of_chain(order, answers)
        leads = behind is not None and self._leads(last, groups[behind].first)
        if leads and behind is not None:
            if before is None or not self._follows(groups[before], answer, answers):
                return behind
            taken = before in chosen
            nearer = groups[behind].first - answer.after < self._distance(groups[before], answer)
            if last is answer and (taken or nearer or self._has_preposition(answer, groups[behind])):
                return behind
        if before is not None and not self._is_parted(groups[before], answer):
            return before
        if behind is not None and (leads or before is None) and not self._is_parted_ahead(answer, groups[behind]):
            return behind
        return before

    def _last_of_chain(self, order: int, answers: Sequence[Answer]) -> Answer:
        """ "2+ and symmetric at the knees": the last of the answers that are joined to each other."""
        while order + 1 < len(answers):
            gap = self._texts[answers[order].after : answers[order + 1].first]
            if len(gap) > _CHAIN_WITHIN or any(
                text not in {"and", "&", ",", "but", "to", "bilaterally", "/"} for text in gap
            ):
                break
            order += 1
        return answers[order]

    def _leads(self, answer: Answer, first: int) -> bool:
        """Does nothing but small words stand between an answer and the things behind it?"""
        gap = range(answer.after, first)
        if len(gap) > _LEAD_WITHIN or not self._answered.isdisjoint(gap):
            return False
        texts = [self._texts[index] for index in gap]
        if texts[:2] == [",", "including"]:
            gap = range(answer.after + 2, first)
        if texts and texts[-1] == ":" and all(text in _SMALL for text in texts[:-1]):
            return True
        return all(
            index in self._sided
            or index in self._neutral
            or self._texts[index] in _SMALL
            or (texts[:1] == [","] and self._texts[index] in {"and", "or"})
            or (self._texts[index] in {"or", "/", ","} and index + 1 in self._neutral)
            or (self._texts[index] in _VERBS and self._is_led(index + 1))
            for index in gap
        )

    def _is_led(self, index: int) -> bool:
        """Does a preposition or a word without meaning stand here ("is over", "is noted at")?"""
        return self._texts[index] in _PREPOSITIONS or index in self._neutral

    def _follows(self, group: _Group, answer: Answer, answers: Sequence[Answer]) -> bool:
        """Does an answer stand close behind a group, with no comma or other break but answers between?"""
        gap = range(group.after, answer.first)
        told = {index for each in answers for index in range(each.first, each.after)}
        breaks = _BREAKS - {"(", ":"} if told.isdisjoint(gap) else _BREAKS - {"(", ":", "and", ",", "&"}
        return all(index in told or self._texts[index] not in breaks for index in gap)

    def _distance(self, group: _Group, answer: Answer) -> int:
        """Words between a group and an answer behind it, but for verbs and marks that say "is"."""
        gap = self._texts[group.after : answer.first]
        return sum(text not in _VERBS | {":", "-", "(", "to", "be"} for text in gap)

    def _has_preposition(self, answer: Answer, group: _Group) -> bool:
        return any(text in _PREPOSITIONS for text in self._texts[answer.after : group.first])

    def _is_parted(self, group: _Group, answer: Answer) -> bool:
        return any(text in _PARTS for text in self._texts[group.after : answer.first])

    def _is_parted_ahead(self, answer: Answer, group: _Group) -> bool:
        """Across more than "and" and small words a lone answer does not look ahead for what it speaks of."""
        sided = self._texts[answer.after : answer.after + 1] == [","] and answer.after + 1 in self._sided
        begin = answer.after + sided
        return any(
            index not in self._sided
            and index not in self._neutral
            and index not in self._answered
            and self._texts[index] not in _SMALL | {"and", "or", "&"}
            for index in range(begin, group.first)
        )

    # --- which side an answer is said of

    def _sided_answers(
        self, groups: Sequence[_Group], answers: Sequence[Answer], chosen: Sequence[int | None], free: Sequence[Mention]
    ) -> list[Side | None]:
        """The side of each answer, among those that stand with the answers of its group."""
        found: list[Side | None] = [answer.side for answer in answers]
        for run in self._runs(chosen):
            begin, end = self._stretch(run, groups, answers, chosen)
            sides = [side for side in free if begin <= side.first < end and not self._is_compared(side)]
            if sides:
                self._distribute(run, answers, sides, found)
        return found

    def _runs(self, chosen: Sequence[int | None]) -> list[list[int]]:
        """Answers in a row that belong to one group."""
        runs: list[list[int]] = []
        for order, at in enumerate(chosen):
            if at is None:
                continue
            if runs and chosen[runs[-1][-1]] == at:
                runs[-1].append(order)
            else:
                runs.append([order])
        return runs

    def _stretch(
        self, run: Sequence[int], groups: Sequence[_Group], answers: Sequence[Answer], chosen: Sequence[int | None]
    ) -> tuple[int, int]:
        """Where the sides of a run may stand: from its group, or the answer before, to the next group or answer."""
        at = chosen[run[0]]
        group = groups[at] if at is not None else None
        others = [each for order, each in enumerate(answers) if order not in run and chosen[order] is not None]
        first, last = answers[run[0]], answers[run[-1]]
        lowest = min(first.first, group.after if group and group.after <= first.first else first.first)
        begin = max([each.after for each in others if each.after <= lowest] + [lowest])
        bounds = [each.first for each in others if each.first >= last.after]
        bounds += [each.first for each in groups if each.first >= last.after and each is not group]
        end = min(bounds, default=len(self._texts))
        if bounds:
            end = self._before_leading(last.after, end)
        return begin, end

    def _before_leading(self, begin: int, end: int) -> int:
        """A side behind the last comma or "and" before the next thing speaks of that ("..., left 2+")."""
        cuts = [index for index in range(begin, end) if self._texts[index] in {",", ";", "and", "but", ".", "&"}]
        return cuts[-1] if cuts else end

    def _is_compared(self, side: Mention) -> bool:
        """ "Reduced compared to the left" speaks of the other side; with an answer of its own it does not."""
        first = max(
            (
                index
                for index in range(max(side.first - _COMPARED_WITHIN, 0), side.first)
                if self._texts[index] in _COMPARING
            ),
            default=-1,
        )
        behind = range(side.after, min(side.after + 3, len(self._texts)))
        return first >= 0 and not any(index in self._answered for index in (*range(first, side.first), *behind))

    def _distribute(
        self, run: Sequence[int], answers: Sequence[Answer], sides: Sequence[Mention], found: list[Side | None]
    ) -> None:
        """Each side to the answer it leans on; answers that are joined share it."""
        if "respectively" in self._texts and len(run) == len(sides) > 1:
            for order, side in zip(run, sides, strict=True):
                found[order] = answers[order].side or side_of(side)
            return
        ahead: dict[int, list[Mention]] = {}
        behind: dict[int, list[Mention]] = {}
        leads = sides[0].first < answers[run[0]].first
        for side in sides:
            before = [order for order in run if answers[order].after <= side.first]
            after = [order for order in run if answers[order].first >= side.after]
            if after and (not before or self._leans_ahead(side, answers[before[-1]], answers[after[0]], leads=leads)):
                ahead.setdefault(after[0], []).append(side)
            elif before:
                behind.setdefault(before[-1], []).append(side)
        for order in run:
            if answers[order].side is None:
                found[order] = agreed_or_both(behind.get(order) or ahead.get(order) or [])
        self._share(run, answers, found, set(behind), set(ahead))

    def _leans_ahead(self, side: Mention, before: Answer, after: Answer, *, leads: bool) -> bool:
        """ "Absent, right 2+" leans ahead, "absent on the right, 2+" back; without a mark the first side tells."""
        parted_before = any(text in _SEPARATING for text in self._texts[before.after : side.first])
        parted_after = any(text in _SEPARATING for text in self._texts[side.after : after.first])
        return parted_before if parted_before != parted_after else leads

    def _share(
        self,
        run: Sequence[int],
        answers: Sequence[Answer],
        found: list[Side | None],
        behind: set[int],
        ahead: set[int],
    ) -> None:
        """ "2+ and symmetric on the left": what is joined shares the side behind the last or before the first."""
        pairs = [pair for pair in pairwise(run) if self._are_joined(answers, *pair)]
        for one, other in reversed(pairs):
            if found[one] is None and other in behind:
                found[one] = found[other]
        for one, other in pairs:
            if found[other] is None and one in ahead:
                found[other] = found[one]

    def _are_joined(self, answers: Sequence[Answer], one: int, other: int) -> bool:
        gap = self._texts[answers[one].after : answers[other].first]
        values = {answers[one].value, answers[other].value}
        if "and" not in gap and len(values) > 1 and values.isdisjoint(_MODIFYING):
            return False
        return len(gap) < _CHAIN_WITHIN and all(text in {"and", "&", ",", "/", "to"} for text in gap)

    def inherited(self, thing: Mention) -> Side | None:
        """The one leg that all the sentence has named so far ("left dorsiflexion 3/5, great toe 2/5")."""
        named = {side_of(side) for side in self._sides if side.first < thing.first}
        return named.pop() if len(named) == 1 and named <= {Side.LEFT, Side.RIGHT} else None

    def _leading(self, thing: Mention, free: Sequence[Mention]) -> Side | None:
        """ "On the left, ...": a side at the beginning of the part of the sentence the thing stands in."""
        led = [side for side in free if side.first < thing.first and self._is_leading(side)]
        led += [side for side in self._sides if side.first < thing.first and self._opens_on(side)]
        led.sort(key=lambda side: side.first)
        return side_of(led[-1]) if led else None

    def _opens_on(self, side: Mention) -> bool:
        """ "While on the right the ...": a new part of the sentence begins with the side."""
        before = [text for text in self._texts[max(side.first - 3, 0) : side.first] if text != "the"]
        return before[-1:] == ["on"] and (len(before) == 1 or before[-2] in {"while", "whereas", ";", "but", "."})

    def _is_leading(self, side: Mention) -> bool:
        index = side.first - 1
        while index >= 0 and self._texts[index] in _LEADING:
            index -= 1
        opens = index < 0 or self._texts[index] in {",", ";", ".", ":"} or (self._texts[index] in {"and", "but"})
        behind = self._texts[side.after : side.after + 2]
        follows = bool(behind) and (
            behind[0] in {",", ":", "-"}
            or (behind[0] in {"leg", "side", "foot", "limb", "ankle"} and behind[1:2] in ([","], [":"], ["-"]))
        )
        return opens and follows


def with_lent_sides(bound: Sequence[Bound]) -> list[Bound]:
    """ "Weak on the left, at 4/5": a grade without a side takes that of the one word that says the same."""
    lent: list[Bound] = []
    spent: list[Bound] = []
    for each in bound:
        words = [
            other for other in bound if not other.told.grade and other.side in _ONE_LEG and other.value == each.value
        ]
        if each.told.grade and each.side is None and len({other.side for other in words}) == 1:
            lent.append(replace(each, side=words[0].side))
            spent += words
        else:
            lent.append(each)
    return [each for each in lent if each not in spent]


def agreed_or_both(sides: Sequence[Mention]) -> Side | None:
    """One side of several side words: left beside right is both, and both stays both ("both, worse on the left")."""
    named = {side_of(side) for side in sides}
    if {Side.LEFT, Side.RIGHT} <= named or Side.BOTH in named:
        return Side.BOTH
    return agreed_side(named)
