"""Which of several answers stands, and how dates are counted."""

from datetime import UTC, date, datetime

import pytest

from fhirsvc.domain.assessment import Fate, Weighed
from fhirsvc.domain.evidence import Fact, Moment, Presence, Side, Source
from fhirsvc.domain.protocol import Validity
from fhirsvc.domain.timeline import age_in_days, stand, years_between

RECEIVED = datetime(2028, 3, 1, 12, tzinfo=UTC)
TENTH = Moment.day(date(2028, 2, 10))
TWENTIETH = Moment.day(date(2028, 2, 20))


def answer(presence: Presence, moment: Moment, side: Side = Side.LEFT, name: str = "o1") -> Weighed:
    fact = Fact(
        concept="straight-leg-raise",
        presence=presence,
        source=Source(f"Observation/{name}/_history/1"),
        received=RECEIVED,
        recorded=moment,
        side=side,
    )
    fate = Fate.NEGATIVE if presence is Presence.ABSENT else Fate.USED
    return Weighed(fact=fact, presence=presence, validity=Validity.FULL, fate=fate)


def test_a_later_normal_result_replaces_an_earlier_sign() -> None:
    standing = stand([answer(Presence.PRESENT, TENTH), answer(Presence.ABSENT, TWENTIETH, name="o2")])
    assert standing.presence is Presence.ABSENT
    assert [each.fact.source.reference for each in standing.replaced] == ["Observation/o1/_history/1"]


def test_the_same_answer_given_again_replaces_nothing() -> None:
    standing = stand([answer(Presence.PRESENT, TENTH), answer(Presence.PRESENT, TWENTIETH, name="o2")])
    assert standing.presence is Presence.PRESENT
    assert len(standing.carriers) == 2
    assert not standing.replaced


def test_not_tested_never_replaces_a_result() -> None:
    standing = stand([answer(Presence.PRESENT, TENTH), answer(Presence.UNKNOWN, TWENTIETH, name="o2")])
    assert standing.presence is Presence.PRESENT


def test_results_of_one_instant_that_disagree_are_unknown_and_to_be_repeated() -> None:
    standing = stand([answer(Presence.PRESENT, TENTH), answer(Presence.ABSENT, TENTH, name="o2")])
    assert standing.presence is Presence.UNKNOWN
    assert standing.contradiction


def test_a_day_and_an_instant_of_that_day_are_the_same_time() -> None:
    instant = Moment.at(datetime(2028, 2, 10, 9, 30, tzinfo=UTC))
    assert stand([answer(Presence.PRESENT, TENTH), answer(Presence.ABSENT, instant, name="o2")]).contradiction


def test_of_one_day_the_result_that_names_the_side_outweighs_the_one_that_does_not() -> None:
    standing = stand([answer(Presence.ABSENT, TENTH), answer(Presence.PRESENT, TENTH, Side.UNKNOWN, "o2")])
    assert standing.presence is Presence.ABSENT


def test_no_result_at_all_is_unknown_and_contradicts_nothing() -> None:
    standing = stand([])
    assert standing.presence is Presence.UNKNOWN
    assert not standing.contradiction


@pytest.mark.parametrize(
    ("moment", "age"),
    [
        (Moment.day(date(2028, 2, 29)), 1),
        (Moment.days(date(2028, 2, 1), date(2028, 2, 29)), 29),
        (Moment.days(date(2027, 1, 1), date(2027, 12, 31)), 425),
        (Moment.day(date(2028, 3, 5)), 0),
    ],
)
def test_age_is_counted_in_days_from_the_earliest_day_a_date_can_mean(moment: Moment, age: int) -> None:
    assert age_in_days(moment, date(2028, 3, 1)) == age


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (date(1968, 3, 2), date(2028, 3, 1), 59),
        (date(1968, 3, 1), date(2028, 3, 1), 60),
        (date(2010, 2, 28), date(2028, 2, 29), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 18),
    ],
)
def test_years_of_age_are_completed_on_the_birthday(birth: date, day: date, years: int) -> None:
    assert years_between(birth, day) == years


def test_an_instant_in_another_zone_is_kept_in_utc() -> None:
    moment = Moment.at(datetime.fromisoformat("2028-02-29T23:30:00-05:00"))
    assert moment.earliest == date(2028, 3, 1)
