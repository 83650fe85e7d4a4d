"""Bring a database to the schema of this version; costs one query when it is there already."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from fhirsvc.adapters.database.findable import rebuild

HEAD = "0009"
"""The newest revision in migrations/versions; a test compares the two."""


class UnknownRevision(Exception):
    """The database was brought to a schema that this version does not know."""


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing, in one transaction, and draw the search index anew after them.

    Processes that start together wait for each other.

    Raises UnknownRevision when the database was written by a later version.
    """
    with engine.begin() as connection:
        if _revision(connection) != HEAD:
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    # Imported here: it takes longer than everything else a worker does to start, and is seldom needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise UnknownRevision from None
    rebuild(connection)
