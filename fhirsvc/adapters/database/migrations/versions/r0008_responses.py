"""What clinicians said of impressions."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table; nothing was said before."""
    op.create_table(
        "response",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("patient", sa.String, nullable=False),
        sa.Column("impression", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("reason_text", sa.String, nullable=False),
        sa.Column("comment", sa.String, nullable=False),
        sa.Column("who", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("response_patient", "response", ["tenant", "patient", "at"])
