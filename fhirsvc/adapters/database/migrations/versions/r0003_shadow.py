"""Assessments that were made in shadow, for which nothing was written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what was judged before was not in shadow."""
    op.add_column("assessment", sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("assessment_shadow", "assessment", ["tenant", "patient"], sqlite_where=sa.text("shadow"))
