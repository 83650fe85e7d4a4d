"""What was not understood of the records as they stand, and how much of it each sender has."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables; they fill as patients are decided."""
    op.create_table(
        "missed",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("phrase", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("missed_person", "missed", ["tenant", "person"])
    op.create_table(
        "missed_places",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("places", sa.Integer, nullable=False),
    )
