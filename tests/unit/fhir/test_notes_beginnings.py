"""When a complaint of a note began: days, weekdays and dates before its day, and what each of them is said of."""

from __future__ import annotations

from datetime import date

import pytest

from fhirsvc.domain.evidence import Fact, Moment, Presence, Qualifier
from fhirsvc.fhir.extract.language import language_of
from fhirsvc.fhir.extract.prose import read_prose
from fhirsvc.fhir.extract.record import Record, Setting
from fhirsvc.fhir.notes.began import Began
from tests.unit.fhir.extracting import RECEIVED, lexicon, reading

FRIDAY = date(2026, 11, 27)


def told(text: str) -> dict[str, Fact]:
    record = Record(type="DocumentReference", id="note", version=1, received=RECEIVED, resource={})
    setting = Setting(record=record, recorded=Moment.day(FRIDAY))
    return {fact.concept: fact for fact in read_prose({"text": text}, setting, language_of(lexicon(), reading())).facts}


def november(day: int) -> Moment:
    return Moment.day(date(2026, 11, day))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("He cannot feel when passing water since Wednesday.", 25),
        ("From the same day: difficulty starting to pass urine since yesterday.", 26),
        ("Since Tuesday she has difficulty starting to pass urine.", 24),
        ("Difficulty starting to pass urine, which started on Monday.", 23),
        ("Difficulty starting to pass urine, first noticed last night.", 26),
        ("She has difficulty passing urine; this began the day before yesterday.", None),
        ("Three days ago he lost the sensation of passing urine.", 24),
        ("Difficulty starting to pass urine for 5 days.", 22),
        ("Difficulty starting to pass urine since 20 November 2026.", 20),
        ("Difficulty starting to pass urine since the 20th of November.", 20),
        ("Difficulty starting to pass urine since November 20, 2026.", 20),
        ("Difficulty starting to pass urine since 20/11/2026.", 20),
        ("Difficulty starting to pass urine since 2026-11-20.", 20),
        ("Difficulty starting to pass urine since 06/11/2026.", None),
        ("Difficulty starting to pass urine since 30 November 2026.", None),
        ("Difficulty starting to pass urine, worse since Monday.", None),
        ("Seen on Monday with difficulty starting to pass urine.", None),
        ("Today he reports difficulty starting to pass urine.", None),
        ("Difficulty starting to pass urine, gabapentin started yesterday.", None),
    ],
)
def test_a_red_flag_began_on_the_day_that_the_note_names(text: str, day: int | None) -> None:
    assert told(text)["urinary-hesitancy"].onset == (november(day) if day else None)


def test_the_sensation_of_passing_urine_is_none_of_the_leg() -> None:
    assert set(told("On Monday he lost the sensation of passing urine.")) == {"urinary-hesitancy"}


def test_fewer_days_than_a_week_are_kept_as_days() -> None:
    assert told("Saddle numbness for 2 days.")["saddle-sensation"].onset == november(25)


def test_an_old_red_flag_keeps_the_year_since_which_it_is_the_same() -> None:
    found = told("Longstanding saddle numbness, unchanged since 2018.")["saddle-sensation"]
    assert found.onset == Moment.days(date(2018, 1, 1), date(2018, 12, 31))
    assert Qualifier.CHRONIC in found.qualifiers


@pytest.mark.parametrize(
    "text",
    [
        "Back pain since 2018, now saddle numbness.",
        "Sciatica for 8 months, now saddle numbness.",
        "Retired since 2018, now has saddle numbness.",
        "Saddle numbness, retired since 2018.",
        "Since 2018 he has back pain and now saddle numbness.",
    ],
)
def test_the_beginning_of_another_thing_never_makes_a_red_flag_old(text: str) -> None:
    assert told(text)["saddle-sensation"].onset is None


def test_four_digits_behind_retention_may_be_a_time_of_the_day() -> None:
    assert told("Has not passed urine since 2010.")["urinary-retention"].onset is None


def test_every_red_flag_of_a_list_is_told() -> None:
    found = told("Saddle numbness, cannot feel when passing water, weakness of both legs and new bowel incontinence.")
    assert {name for name, fact in found.items() if fact.presence is Presence.PRESENT} == {
        "saddle-sensation",
        "urinary-hesitancy",
        "leg-power",
        "bowel-control",
    }


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("L5/S1 discectomy in 2017.", (1, 12)),
        ("L5/S1 discectomy (March 2017), left leg pain since 2024.", (3, 3)),
        ("In 2017 he had a lumbar laminectomy.", (1, 12)),
    ],
)
def test_an_operation_is_of_the_day_it_was_done(text: str, months: tuple[int, int]) -> None:
    found = told(text)["lumbar-surgery"]
    assert found.recorded is not None
    assert found.recorded == found.onset
    assert (found.recorded.earliest.year, found.recorded.latest.year) == (2017, 2017)
    assert (found.recorded.earliest.month, found.recorded.latest.month) == months


def test_a_weekday_is_the_last_one_and_on_its_own_day_either() -> None:
    assert Began(weekday=0).on(FRIDAY) == (date(2026, 11, 23), date(2026, 11, 23))
    assert Began(weekday=4).on(FRIDAY) == (date(2026, 11, 20), FRIDAY)


def test_a_day_without_a_year_is_the_last_one_and_no_calendar_day_is_none() -> None:
    assert Began(month=12, day=3).on(FRIDAY) == (date(2025, 12, 3), date(2025, 12, 3))
    assert Began(year=2026, month=2, day=30).on(FRIDAY) is None


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Lower limbs: power 5/5 in all groups.", 5),
        ("Lower limbs:\nGait normal. Power 5/5 in all groups.", 5),
        ("Upper limbs: power 5/5 in all groups.", None),
        ("Lower limbs: reflexes normal. Upper limb power 5/5.", None),
        ("Lower limbs: reflexes normal.\nUpper limbs: power 5/5.", None),
        ("Examination: power 5/5 in all groups.", None),
    ],
)
def test_full_power_in_all_groups_is_of_the_legs_where_their_heading_says_so(text: str, grade: int | None) -> None:
    found = told(text).get("leg-power")
    assert (found.number if found else None) == grade
