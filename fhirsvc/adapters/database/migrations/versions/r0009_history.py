"""Versions by when they came, for histories; and which submissions' senders wait for an answer.  Follows 0008."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the index and the column; nobody waits for what was received before."""
    op.create_index("version_received", "version", ["tenant", "received", "type", "id", "version"])
    op.add_column("submission", sa.Column("awaited", sa.Boolean, nullable=False, server_default=sa.false()))
