"""The conditions of a read, as HTTP's headers say them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fastapi import Request

from fhirsvc.fhir import requests
from fhirsvc.fhir.requests import Tags
from fhirsvc.usecases import reading
from fhirsvc.usecases.ports import Version


def is_known(request: Request, version: Version) -> bool:
    """Does the sender have this version, by If-None-Match or, only without that, by If-Modified-Since?

    A condition that cannot be read is met by nothing, so that too much is sent rather than too little.
    """
    none_match, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if none_match is None and since is None:
        return False
    asked = requests.Request(
        method="GET",
        type=version.type,
        id=version.id,
        none_match=None if none_match is None else _tags(none_match),
        modified_since=None if since is None else _instant(since),
    )
    return reading.is_known(asked, version)


def _tags(text: str) -> Tags:
    try:
        return Tags.parse(text)
    except ValueError:
        return Tags()


def _instant(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
