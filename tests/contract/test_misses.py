"""What every store promises of things not understood: of the records as they stand, once per place, within bounds."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from fhirsvc.adapters.database import unmapped as in_database
from fhirsvc.adapters.memory import unmapped as in_memory
from fhirsvc.usecases.ports import LONGEST_SHOWN, Missed, Sighting, Store, Tally, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
JERK = Missed.of("unmapped", "urn:local", "JERK", "TA jerk")
LAB = Missed.of("unmapped", "", "", "Serum Rhubarb.")
PDF = Missed.of("unread", "", "", "application/pdf")


def at(missed: Missed, resource: str = "a", version: int = 1, place: str = "code") -> Sighting:
    return Sighting(missed, f"Observation/{resource}/_history/{version}", place)


def keep(
    store: Store,
    *sightings: Sighting,
    person: str = "p",
    of: tuple[str, ...] = (),
    tenant: str = "t",
    on: datetime = NOON,
) -> None:
    with store.writing() as transaction:
        transaction.misses.keep(tenant, person, of or (person,), sightings, on)


def tallies(store: Store, tenant: str = "t") -> list[Tally]:
    with store.reading() as transaction:
        return list(transaction.misses.tallies(tenant))


def counted(store: Store) -> list[tuple[str, int, int]]:
    return [(each.missed.code or each.missed.phrase, each.places, each.persons) for each in tallies(store)]


def persons(store: Store, system: str, code: str, phrase: str = "", tenant: str = "t") -> set[str]:
    with store.reading() as transaction:
        return set(transaction.misses.persons(tenant, system, code, phrase))


def test_places_and_persons_are_counted_the_most_frequent_first(store: Store) -> None:
    keep(store, at(JERK, "a"), at(LAB, "b"))
    keep(store, at(JERK, "c"), at(JERK, "c", place="component[0]"), at(PDF, "d"), person="q")
    assert counted(store) == [("JERK", 3, 2), ("serum rhubarb", 1, 1), ("application/pdf", 1, 1)]


def test_reading_the_same_records_again_counts_nothing_twice(store: Store) -> None:
    for moment in (NOON, LATER):
        keep(store, at(JERK), at(LAB, "b"), on=moment)
    assert counted(store) == [("serum rhubarb", 1, 1), ("JERK", 1, 1)]
    assert {(each.first, each.last) for each in tallies(store)} == {(NOON, NOON)}


def test_a_new_version_takes_the_place_of_the_one_before(store: Store) -> None:
    keep(store, at(JERK))
    keep(store, at(JERK, version=2), on=LATER)
    (tally,) = tallies(store)
    assert (tally.places, tally.first, tally.last) == (1, LATER, LATER)
    assert tally.example == at(JERK, version=2)


def test_what_is_understood_now_is_gone(store: Store) -> None:
    keep(store, at(JERK), at(LAB, "b"))
    keep(store, at(LAB, "b"), on=LATER)
    assert counted(store) == [("serum rhubarb", 1, 1)]
    keep(store)
    assert counted(store) == []
    assert persons(store, "urn:local", "JERK") == set()


def test_a_tally_tells_since_when_and_gives_an_example(store: Store) -> None:
    keep(store, at(JERK, "a"))
    keep(store, at(JERK, "b"), person="q", on=LATER)
    (tally,) = tallies(store)
    assert (tally.first, tally.last) == (NOON, LATER)
    assert (tally.missed, tally.missed.text) == (JERK, "TA jerk")
    assert tally.example == at(JERK, "b")


def test_a_code_is_the_same_whatever_it_is_called_and_a_text_whatever_its_case(store: Store) -> None:
    keep(store, at(JERK), at(Missed.of("unmapped", "urn:local", "JERK", "Ankle jerk"), "b"))
    keep(store, at(LAB), at(Missed.of("unmapped", "", "", "serum RHUBARB"), "b"), person="q")
    assert {places for _, places, _ in counted(store)} == {2}


def test_a_system_counts_only_with_a_code_and_texts_are_cut_short() -> None:
    missed = Missed.of("unmapped", "urn:local", "", "x" * 500)
    assert (missed.system, len(missed.phrase), len(missed.text)) == ("", LONGEST_SHOWN, LONGEST_SHOWN)


def test_who_is_concerned_is_found_by_code_or_by_phrase(store: Store) -> None:
    keep(store, at(JERK), at(LAB, "b"))
    keep(store, at(JERK, "c"), person="q")
    keep(store, at(JERK, "d"), person="r", tenant="other")
    assert persons(store, "urn:local", "JERK") == {"p", "q"}
    assert persons(store, "", "", "serum rhubarb") == {"p"}
    assert persons(store, "urn:else", "JERK") == set()


def test_senders_are_kept_apart(store: Store) -> None:
    keep(store, at(JERK))
    assert tallies(store, "other") == []


def test_patients_that_are_joined_leave_nothing_behind(store: Store) -> None:
    keep(store, at(JERK, "a"), person="p")
    keep(store, at(JERK, "a"), at(LAB, "b"), at(PDF, "c"), person="q")
    keep(store, at(JERK, "a"), at(LAB, "b"), person="p", of=("p", "q"), on=LATER)
    assert sorted(counted(store)) == [("JERK", 1, 1), ("serum rhubarb", 1, 1)]
    assert {each.last for each in tallies(store)} == {NOON}
    assert persons(store, "", "", "serum rhubarb") == {"p"}


def test_a_sender_has_a_bound_and_room_again_once_something_is_understood(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (in_database, in_memory):
        monkeypatch.setattr(module, "MOST_MISSED", 3)
    keep(store, *(at(JERK, str(number)) for number in range(5)))
    assert counted(store) == [("JERK", 3, 1)]
    keep(store, at(LAB), person="q")
    assert counted(store) == [("JERK", 3, 1)]
    with store.reading() as transaction:
        assert transaction.misses.is_full("t")
        assert not transaction.misses.is_full("other")
    keep(store, at(JERK, "0"))
    keep(store, at(LAB), person="q")
    assert sorted(counted(store)) == [("JERK", 1, 1), ("serum rhubarb", 1, 1)]


def test_what_is_undone_is_not_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (in_database, in_memory):
        monkeypatch.setattr(module, "MOST_MISSED", 1)
    with suppress(RuntimeError), store.writing() as transaction:
        transaction.misses.keep("t", "p", ["p"], [at(JERK)], NOON)
        raise RuntimeError
    assert counted(store) == []
    keep(store, at(LAB))
    assert counted(store) == [("serum rhubarb", 1, 1)]


def version(id_: str, body: bytes, patient: str | None, *, number: int = 1, submission: str | None = "s") -> Version:
    return Version(
        type="Observation",
        id=id_,
        version=number,
        received=NOON,
        first_received=NOON,
        body=body,
        patient=patient,
        submission=submission,
    )


def test_a_word_is_found_in_the_evidence_as_it_stands(store: Store) -> None:
    with store.writing() as transaction:
        transaction.resources.add(
            "t",
            [
                version("a", b'{"resourceType":"Observation","code":{"text":"Ankle JERK"}}', "p"),
                version("b", b'{"resourceType":"Observation","code":{"text":"jerk"}}', "q"),
                version("c", b'{"resourceType":"Observation","code":{"text":"jerk"}}', None),
                version("d", b'{"resourceType":"Observation","code":{"text":"jerk"}}', "r", submission=None),
                version("e", b'{"resourceType":"Observation","code":{"text":"other"}}', "u"),
            ],
        )
        transaction.resources.add("t", [version("b", b'{"resourceType":"Observation"}', "q", number=2)])
        transaction.resources.add("else", [version("a", b'{"resourceType":"Observation","id":"jerk"}', "w")])
    with store.reading() as transaction:
        assert set(transaction.resources.naming("t", "Jerk")) == {"p"}
        assert set(transaction.resources.naming("t", "")) == {"p", "q", "u"}
