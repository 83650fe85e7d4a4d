"""What every resource is found by, for as long as each of its versions stood; the index is filled after the upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index, and take away what impressions and Flags alone were found by."""
    op.create_table(
        "findable",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("resource", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("patient", sa.String),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("sorted_by", sa.BigInteger, nullable=False),
        sa.Column("last_date", sa.BigInteger),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
    op.create_index("findable_resource", "findable", ["tenant", "type", "resource", "until"])
    op.create_index("findable_patient", "findable", ["tenant", "patient", "type"])
    op.create_index("findable_sorted", "findable", ["tenant", "type", sa.text("sorted_by DESC"), "resource"])
    op.create_index("findable_received", "findable", ["tenant", "type", "received"])
    op.create_table(
        "found_by",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("type", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, primary_key=True),
        sa.Column("place", sa.BigInteger, primary_key=True),
        sa.Column("system", sa.String, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.drop_table("identifier")
    op.drop_index("head_sorted", "head")
    for name in ("status", "first_date", "last_date", "sorted_by"):
        op.drop_column("head", name)
