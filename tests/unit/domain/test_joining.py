"""Who is one person: by links and numbers, by any number of steps, and never against what contradicts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.joining import Identity, Joined, Link, LinkType, contradict, joined, kept_apart, spokesmen

ONE, OTHER = ("urn:clinic", "1"), ("urn:clinic", "2")


def who(patient: str, *numbers: tuple[str, str], links: str = "", **more: Any) -> Identity:
    """links: "replaced-by b, seealso c"."""
    pairs = (each.split() for each in links.split(",") if each)
    found = frozenset(Link(LinkType(type_), other) for type_, other in pairs)
    return Identity(patient=patient, identifiers=frozenset(numbers), numbers=frozenset(numbers), links=found, **more)


def persons(*identities: Identity) -> set[tuple[str, ...]]:
    """Each person as its survivor and then its members."""
    return {(each.survivor, *each.members) for each in joined(identities)}


def test_those_whom_nothing_ties_stay_apart() -> None:
    assert persons(who("a", ONE), who("b", OTHER)) == {("a", "a"), ("b", "b")}


def test_a_shared_number_makes_one_person_and_the_smallest_id_survives() -> None:
    assert persons(who("b", ONE), who("a", ONE)) == {("a", "a", "b")}


@pytest.mark.parametrize(
    ("links", "survivor"),
    [("replaced-by b", "b"), ("replaces b", "a"), ("refer b", "b"), ("seealso b", "a")],
)
def test_every_kind_of_link_joins_and_says_who_survives(links: str, survivor: str) -> None:
    assert persons(who("a", links=links), who("b")) == {(survivor, "a", "b")}


def test_one_in_active_use_survives_one_that_is_not() -> None:
    assert persons(who("a", ONE, active=False), who("b", ONE)) == {("b", "a", "b")}


def test_who_was_never_received_is_joined_and_does_not_survive() -> None:
    assert persons(who("b", links="replaced-by a")) == {("b", "a", "b")}
    assert persons(who("b", links="replaced-by a"), who("a")) == {("a", "a", "b")}


def test_a_chain_of_merges_ends_at_its_end() -> None:
    chain = (who("a", links="replaced-by b"), who("b", links="replaced-by c"), who("c"))
    assert persons(*chain) == {("c", "a", "b", "c")}
    assert persons(*chain[:2]) == {("b", "a", "b", "c")}


def test_two_that_replace_each_other_are_one_all_the_same() -> None:
    assert persons(who("a", links="replaced-by b"), who("b", links="replaced-by a")) == {("a", "a", "b")}


@pytest.mark.parametrize(
    ("one", "other", "against"),
    [
        ({"birth": "1980-01-01"}, {"birth": "1980-01-02"}, True),
        ({"birth": "1980"}, {"birth": "1981-01"}, True),
        ({"birth": "1980"}, {"birth": "1980-01-02"}, False),
        ({"birth": "1980-01"}, {"birth": ""}, False),
        ({"gender": "male"}, {"gender": "female"}, True),
        ({"gender": "other"}, {"gender": "female"}, True),
        ({"gender": "unknown"}, {"gender": "female"}, False),
        ({"gender": ""}, {"gender": "female"}, False),
    ],
)
def test_who_contradicts_another_is_never_joined_by_number(one: Any, other: Any, against: bool) -> None:
    identities = [who("a", ONE, **one), who("b", ONE, **other)]
    assert contradict(*identities) is contradict(*reversed(identities)) is against
    assert (len(persons(*identities)) == 2) is against
    assert kept_apart(identities[0], identities, survivors(*identities)) is against


def survivors(*identities: Identity) -> dict[str, str]:
    return {member: person.survivor for person in joined(identities) for member in person.members}


def test_a_number_of_two_who_contradict_each_other_joins_nobody_at_all() -> None:
    three = (who("a", ONE, birth="1980"), who("b", ONE, birth="1980"), who("c", ONE, birth="1990"))
    assert persons(*three) == {("a", "a"), ("b", "b"), ("c", "c")}
    assert persons(*three[:2]) == {("a", "a", "b")}


def test_no_chain_of_numbers_joins_two_who_contradict_each_other() -> None:
    chain = (who("a", ONE, birth="1980"), who("b", ONE, OTHER), who("c", OTHER, birth="1990"))
    assert persons(*chain) == {("a", "a"), ("b", "b"), ("c", "c")}


def test_a_link_joins_even_those_who_contradict_each_other() -> None:
    assert persons(who("a", links="seealso b", birth="1980"), who("b", birth="1990")) == {("a", "a", "b")}


def test_a_number_does_not_bridge_from_a_linked_pair_to_one_who_contradicts_half_of_it() -> None:
    pair = (who("a", ONE, links="replaced-by b", birth="1980"), who("b", birth="1990"))
    assert persons(*pair, who("c", ONE, birth="1980")) == {("b", "a", "b"), ("c", "c")}
    assert persons(*pair, who("c", ONE)) == {("b", "a", "b", "c")}


def test_who_is_replaced_or_refers_to_another_does_not_speak_for_the_person() -> None:
    group = [who("a", links="replaced-by b"), who("b", links="seealso c"), who("c"), who("d", links="refer b")]
    assert spokesmen(group) == ("b", "c")
    assert spokesmen([who("a", links="replaced-by b"), who("b", links="replaced-by a")]) == ("a", "b")
    assert spokesmen([who("a", links="replaced-by b"), Identity(patient="b", received=False)]) == ("a",)


NAMES = "abcde"
ANYONE = st.builds(
    lambda patient, numbers, links, birth, active: Identity(
        patient=patient,
        identifiers=frozenset(numbers),
        numbers=frozenset(numbers),
        links=frozenset(Link(type_, other) for type_, other in links if other != patient),
        birth=birth,
        active=active,
    ),
    st.sampled_from(NAMES),
    st.lists(st.sampled_from([ONE, OTHER, ("urn:clinic", "3")]), max_size=2),
    st.lists(st.tuples(st.sampled_from(LinkType), st.sampled_from(NAMES)), max_size=1),
    st.sampled_from(["", "1980", "1980-01", "1990"]),
    st.booleans(),
)


@given(st.lists(ANYONE, max_size=5, unique_by=lambda each: each.patient))
def test_everyone_is_exactly_one_person_whatever_the_order(identities: list[Identity]) -> None:
    found = joined(identities)
    everyone = {each.patient for each in identities} | {link.patient for each in identities for link in each.links}
    assert sorted(itertools.chain.from_iterable(each.members for each in found)) == sorted(everyone)
    assert all(each.survivor in each.members for each in found)
    assert joined(reversed(identities)) == found


@given(st.lists(ANYONE, max_size=5, unique_by=lambda each: each.patient))
def test_without_links_nobody_is_joined_with_whom_they_contradict(identities: list[Identity]) -> None:
    known = {
        each.patient: Identity(patient=each.patient, numbers=each.numbers, birth=each.birth) for each in identities
    }
    for person in joined(known.values()):
        assert not any(contradict(known[a], known[b]) for a, b in itertools.combinations(person.members, 2))


def test_nobody_is_no_person() -> None:
    assert joined([]) == ()
    assert joined([who("a")]) == (Joined("a", ("a",)),)
