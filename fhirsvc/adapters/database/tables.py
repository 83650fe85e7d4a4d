"""The tables of the store, the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """A UTC instant, kept as whole microseconds since 1970 so that every database orders it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """An aware datetime as microseconds."""
        return None if value is None else (value - _EPOCH) // _TICK

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Microseconds as an aware datetime."""
        return None if value is None else _EPOCH + value * _TICK


METADATA = MetaData()

# A submission is updated several times and its body never: they are kept apart so that an update does not rewrite it.
SUBMISSION = Table(
    "submission",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("received", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("digest", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String),
)

BODY = Table(
    "submission_body",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("submission", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

TOUCH = Table(
    "touch",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("submission", String, primary_key=True),
    Column("patient", String, primary_key=True),
    Column("watermark", BigInteger, nullable=False),
    Column("assessment", BigInteger),
)
Index("touch_open", TOUCH.c.tenant, TOUCH.c.patient, sqlite_where=text("assessment IS NULL"))

# Versions are only ever added; what changes about a resource is its head.
VERSION = Table(
    "version",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("received", Instant, nullable=False),
    Column("first_received", Instant, nullable=False),
    Column("patient", String),
    Column("submission", String),
    Column("body", LargeBinary, nullable=False),
)

HEAD = Table(
    "head",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("patient", String),
    Column("evidence", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("first_date", Instant),
    Column("last_date", Instant),
    Column("sorted_by", Instant, nullable=False),
)
Index("head_patient", HEAD.c.tenant, HEAD.c.patient)
Index("head_sorted", HEAD.c.tenant, HEAD.c.type, HEAD.c.sorted_by.desc(), HEAD.c.id)

IDENTIFIER = Table(
    "identifier",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("system", String, primary_key=True),
    Column("value", String, primary_key=True),
)
Index("identifier_value", IDENTIFIER.c.tenant, IDENTIFIER.c.type, IDENTIFIER.c.value)

PATIENT = Table(
    "patient",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("watermark", BigInteger, nullable=False),
    Column("evaluated", BigInteger, nullable=False),
)
Index("patient_behind", PATIENT.c.tenant, PATIENT.c.id, sqlite_where=text("watermark > evaluated"))

DECISION = Table(
    "decision",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("patient", String, primary_key=True),
    Column("protocol", String, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("impression", String, nullable=False),
    Column("decided", Instant, nullable=False),
)

ASSESSMENT = Table(
    "assessment",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("protocol", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("watermark", BigInteger, nullable=False),
    Column("on", Date, nullable=False),
    Column("key", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("made", Instant, nullable=False),
    Column("trace", LargeBinary, nullable=False),
)
Index("assessment_patient", ASSESSMENT.c.tenant, ASSESSMENT.c.patient)

# lease_until and hinted are seconds on the store's own clock, not wall time (see database/ticks).
JOB = Table(
    "job",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("patient", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("lease_until", Double, nullable=False),
    Column("hinted", Double, nullable=False),
    Column("watermark", BigInteger, nullable=False),
    Column("reason", String),
    sqlite_autoincrement=True,
)
Index("job_one_ready", JOB.c.tenant, JOB.c.patient, unique=True, sqlite_where=text("state = 'ready'"))
Index("job_live", JOB.c.id, sqlite_where=text("state IN ('ready', 'leased')"))
Index("job_leased", JOB.c.tenant, JOB.c.patient, sqlite_where=text("state = 'leased'"))
