"""What is asked of a history, and the links between its pages."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import Refused
from fhirsvc.fhir.history import USUAL_PAGE, Past, Place, link, past

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PLACES = st.builds(Place, MOMENTS, st.text(max_size=9), st.text(max_size=9), st.integers(1, 99))
ASKED = st.builds(
    Past,
    type=st.just("Patient"),
    id=st.sampled_from(["", "x"]),
    since=st.none() | MOMENTS,
    first=st.none() | MOMENTS,
    last=st.none() | MOMENTS,
    count=st.integers(0, 100),
)


@given(ASKED, PLACES, st.integers(0, 2**40))
def test_a_link_opens_the_page_after_its_place(asked: Past, place: Place, total: int) -> None:
    opened = past([("_page", link(asked, place, total))], type=asked.type, id=asked.id)
    assert (opened.after, opened.total) == (place, total)
    assert (opened.since, opened.first, opened.last) == (asked.since, asked.first, asked.last)
    assert (opened.type, opened.id, opened.count) == (asked.type, asked.id, asked.count)


@given(st.text() | st.binary().map(lambda each: base64.urlsafe_b64encode(each).decode()))
def test_a_link_that_is_not_ours_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refused) as refused:
        past([("_page", text)])
    assert [each.expression for each in refused.value.issues] == ["_page"]


@pytest.mark.parametrize(
    "told",
    [
        "1",
        "{}",
        "[1,2,null,null,null]",
        '[1,2,null,null,null,["2026-05-01T12:00:00Z","Patient","x",-1]]',
        '[101,2,null,null,null,["2026-05-01T12:00:00Z","Patient","x",1]]',
        '[1,"2",null,null,null,["2026-05-01T12:00:00Z","Patient","x",1]]',
        '[1,2,7,null,null,["2026-05-01T12:00:00Z","Patient","x",1]]',
        '[1,2,null,null,null,["0001-01-01T00:00:00+14:00","Patient","x",1]]',
        '[1,2,null,null,null,[null,"Patient","x",1]]',
    ],
)
def test_a_link_that_was_changed_is_refused(told: str) -> None:
    with pytest.raises(Refused):
        past([("_page", base64.urlsafe_b64encode(told.encode()).decode())])


def test_a_time_is_as_long_as_it_is_written() -> None:
    assert past([("_at", "2026-05-01T12:00:00Z")]).last == NOON + timedelta(seconds=1, microseconds=-1)
    assert past([("_since", "2026-05-01T14:00:00 02:00")]).since == NOON
    assert past([("_at", "2026")]).first == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_page_is_as_long_as_is_asked_for_and_no_longer_than_the_longest() -> None:
    assert [past([("_count", each)]).count for each in ("0", "7", "100", "999999999")] == [0, 7, 100, 100]
    assert past([("_format", "json")]).count == USUAL_PAGE


def test_every_parameter_that_cannot_be_read_is_told_and_no_value_is() -> None:
    with pytest.raises(Refused) as refused:
        past([("_count", "Zyxwvut"), ("_since", "Zyxwvut"), ("Zyxwvut", "1")])
    assert [each.expression for each in refused.value.issues] == ["_count", "_since", ""]
    assert "Zyxwvut" not in str(refused.value.issues)
