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
    false,
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
    Column("key", String),
    Column("awaited", Boolean, nullable=False, server_default=false()),
)
Index("submission_key", SUBMISSION.c.tenant, SUBMISSION.c.key, unique=True, sqlite_where=text("key IS NOT NULL"))
Index("submission_digest", SUBMISSION.c.tenant, SUBMISSION.c.digest)

BODY = Table(
    "submission_body",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("submission", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False, server_default=""),
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

# Versions are only ever added; what changes about a resource is its head. updated: as the sender said.
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
    Column("subject", String),
    Column("updated", Instant),
)
Index("version_received", VERSION.c.tenant, VERSION.c.received, VERSION.c.type, VERSION.c.id, VERSION.c.version)

# counted: the version that counts as evidence, NULL = none does. patient and subject: of that version, else of the
# newest. updated: of the version that counts, NULL as soon as one version since the creation has none.
HEAD = Table(
    "head",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("patient", String),
    Column("subject", String),
    Column("counted", Integer),
    Column("updated", Instant),
)
Index("head_patient", HEAD.c.tenant, HEAD.c.patient)
Index("head_subject", HEAD.c.tenant, HEAD.c.subject, sqlite_where=text("subject IS NOT NULL"))

# Which resources that belong to no patient are named in which others. Rows stay when a name is gone: one too many costs
# a decision that changes nothing.
MENTION = Table(
    "mention",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("by_type", String, primary_key=True),
    Column("by_id", String, primary_key=True),
    sqlite_with_rowid=False,
)

# One row per version that stood, from the place `id` on and until the place `until`; places count what was ever noted.
FINDABLE = Table(
    "findable",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False),
    Column("type", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("patient", String),
    Column("received", Instant, nullable=False),
    Column("sorted_by", Instant, nullable=False),
    Column("last_date", Instant),
    Column("deleted", Boolean, nullable=False),
    Column("until", BigInteger),
)
Index("findable_resource", FINDABLE.c.tenant, FINDABLE.c.type, FINDABLE.c.resource, FINDABLE.c.until)
Index("findable_patient", FINDABLE.c.tenant, FINDABLE.c.patient, FINDABLE.c.type)
Index("findable_sorted", FINDABLE.c.tenant, FINDABLE.c.type, FINDABLE.c.sorted_by.desc(), FINDABLE.c.resource)
Index("findable_received", FINDABLE.c.tenant, FINDABLE.c.type, FINDABLE.c.received)

# The tokens and references of what stood at a place, by parameter; of a reference system and value are type and id.
FOUND_BY = Table(
    "found_by",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("type", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("system", String, primary_key=True),
    sqlite_with_rowid=False,
)

PATIENT = Table(
    "patient",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("watermark", BigInteger, nullable=False),
    Column("evaluated", BigInteger, nullable=False),
    Column("person", String, nullable=False, server_default=""),
    Column("identity", LargeBinary),
    Column("due", Date),
)
Index("patient_due", PATIENT.c.due, sqlite_where=text("due IS NOT NULL"))
Index("patient_person", PATIENT.c.tenant, PATIENT.c.person)
Index("patient_behind", PATIENT.c.tenant, PATIENT.c.id, sqlite_where=text("watermark > evaluated"))

# By what others find a Patient. name "identifier": one it bears, as system, a space, value; "number": the same of one
# that joins; "link": the id of a Patient it links to.
KNOWN_BY = Table(
    "known_by",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("patient", String, primary_key=True),
)
Index("known_by_patient", KNOWN_BY.c.tenant, KNOWN_BY.c.patient)

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
    Column("shadow", Boolean, nullable=False, server_default=false()),
)
Index("assessment_patient", ASSESSMENT.c.tenant, ASSESSMENT.c.patient)
Index("assessment_shadow", ASSESSMENT.c.tenant, ASSESSMENT.c.patient, sqlite_where=text("shadow"))

# What clinicians said; who is a Clinician as JSON, reason and its text are "" where none was given.
RESPONSE = Table(
    "response",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("patient", String, nullable=False),
    Column("impression", String, nullable=False),
    Column("key", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("reason_text", String, nullable=False),
    Column("comment", String, nullable=False),
    Column("who", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
)
Index("response_patient", RESPONSE.c.tenant, RESPONSE.c.patient, RESPONSE.c.at)

# One row per place of the records as they stand; of each sender it is known how many there are.
MISSED = Table(
    "missed",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("person", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("place", String, nullable=False),
    Column("why", String, nullable=False),
    Column("system", String, nullable=False),
    Column("code", String, nullable=False),
    Column("phrase", String, nullable=False),
    Column("text", String, nullable=False),
    Column("since", Instant, nullable=False),
)
Index("missed_person", MISSED.c.tenant, MISSED.c.person)

MISSED_PLACES = Table(
    "missed_places",
    METADATA,
    Column("tenant", String, primary_key=True),
    Column("places", Integer, nullable=False),
)

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
