"""A row of the versions as the value it keeps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fhirsvc.adapters.database.persons import read_number
from fhirsvc.usecases.ports import Version


def read_version(row: Row[Any]) -> Version:
    """The version that a row, with at least the columns of VERSION, keeps."""
    return Version(
        type=row.type,
        id=row.id,
        version=row.version,
        received=row.received,
        first_received=row.first_received,
        body=row.body,
        patient=row.patient,
        submission=row.submission,
        subject=read_number(row.subject) if row.subject else None,
        updated=row.updated,
    )
