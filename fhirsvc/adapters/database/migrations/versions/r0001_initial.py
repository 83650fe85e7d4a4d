"""Inbox, versions and heads of resources, patients with their chains and assessments, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _inbox()
    _resources()
    _patients()
    _jobs()


def _inbox() -> None:
    op.create_table(
        "submission",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
    )
    op.create_table(
        "submission_body",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("submission", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "touch",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("submission", sa.String, primary_key=True),
        sa.Column("patient", sa.String, primary_key=True),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("assessment", sa.BigInteger),
    )
    op.create_index("touch_open", "touch", ["tenant", "patient"], sqlite_where=sa.text("assessment IS NULL"))


def _resources() -> None:
    op.create_table(
        "version",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("type", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("first_received", sa.BigInteger, nullable=False),
        sa.Column("patient", sa.String),
        sa.Column("submission", sa.String),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "head",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("type", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("patient", sa.String),
        sa.Column("evidence", sa.Boolean, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("first_date", sa.BigInteger),
        sa.Column("last_date", sa.BigInteger),
        sa.Column("sorted_by", sa.BigInteger, nullable=False),
    )
    op.create_index("head_patient", "head", ["tenant", "patient"])
    op.create_index("head_sorted", "head", ["tenant", "type", sa.text("sorted_by DESC"), "id"])
    op.create_table(
        "identifier",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("type", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("value", sa.String, primary_key=True),
    )
    op.create_index("identifier_value", "identifier", ["tenant", "type", "value"])


def _patients() -> None:
    op.create_table(
        "patient",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("evaluated", sa.BigInteger, nullable=False),
    )
    op.create_index("patient_behind", "patient", ["tenant", "id"], sqlite_where=sa.text("watermark > evaluated"))
    op.create_table(
        "decision",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("patient", sa.String, primary_key=True),
        sa.Column("protocol", sa.String, primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("impression", sa.String, nullable=False),
        sa.Column("decided", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("patient", sa.String, nullable=False),
        sa.Column("protocol", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("trace", sa.LargeBinary, nullable=False),
    )
    op.create_index("assessment_patient", "assessment", ["tenant", "patient"])


def _jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("patient", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.Double, nullable=False),
        sa.Column("hinted", sa.Double, nullable=False),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String),
        sqlite_autoincrement=True,
    )
    ready, leased = "state = 'ready'", "state = 'leased'"
    op.create_index("job_one_ready", "job", ["tenant", "patient"], unique=True, sqlite_where=sa.text(ready))
    op.create_index("job_leased", "job", ["tenant", "patient"], sqlite_where=sa.text(leased))
    op.create_index("job_live", "job", ["id"], sqlite_where=sa.text("state IN ('ready', 'leased')"))
