"""Insert or change, said once: SQLAlchemy keeps no text of an INSERT with ON CONFLICT and would make it each time."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import ReturningInsert

_DIALECT = sqlite.dialect()


def compiled(statement: sqlite.Insert | ReturningInsert[Any], *columns: str) -> Executable:
    """The statement, ready to be executed with rows that give these columns, or every one when none is named."""
    return cast(Executable, statement.compile(dialect=_DIALECT, column_keys=columns or None))
