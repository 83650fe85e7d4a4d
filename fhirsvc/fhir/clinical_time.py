"""FHIR dates of every precision, compared without claiming more than they say."""

from datetime import UTC, datetime, timedelta, timezone

_FIRST_ZONE = timezone(timedelta(hours=14))
"""Where a calendar day begins first."""
_DAY = len("2024-05-31")


def ends_before_it_starts(start: str, end: str) -> bool:
    """per-1 (http://hl7.org/fhir/R4/datatypes.html#Period) for two valid dateTimes: is the end certainly earlier?

    With a time on both sides instants are compared; otherwise the calendar as far as both go.
    """
    if len(start) > _DAY and len(end) > _DAY:
        return moment(end) < moment(start)
    shared = min(len(start), len(end), _DAY)
    return end[:shared] < start[:shared]


def is_after(text: str, latest: datetime) -> bool:
    """Does a valid dateTime lie after this instant wherever on earth it was written?"""
    if len(text) > _DAY:
        return moment(text) > latest
    day = text + "-01-01"[len(text) - _DAY :] if len(text) < _DAY else text
    return datetime.fromisoformat(day).replace(tzinfo=_FIRST_ZONE) > latest


def moment(text: str) -> datetime:
    """The instant that a valid dateTime with a time, or an instant, names; of one without a zone, in UTC.

    A leap second, which Python does not know, counts as the second before it.
    """
    second = slice(len("2024-05-31T23:59:"), len("2024-05-31T23:59:60"))
    if text[second] == "60":
        text = f"{text[: second.start]}59{text[second.stop :]}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
