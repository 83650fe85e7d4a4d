"""Patients joined to persons, and resources that name their patient by an identifier.

Every Patient is its own person at first; one that was received before is identified when it is sent again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, and the table by which Patients are found."""
    op.add_column("patient", sa.Column("person", sa.String, nullable=False, server_default=""))
    op.add_column("patient", sa.Column("identity", sa.LargeBinary))
    op.execute("UPDATE patient SET person = id")
    op.create_index("patient_person", "patient", ["tenant", "person"])
    op.add_column("version", sa.Column("subject", sa.String))
    op.add_column("head", sa.Column("subject", sa.String))
    op.create_index("head_subject", "head", ["tenant", "subject"], sqlite_where=sa.text("subject IS NOT NULL"))
    op.create_table(
        "known_by",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, primary_key=True),
        sa.Column("patient", sa.String, primary_key=True),
    )
    op.create_index("known_by_patient", "known_by", ["tenant", "patient"])
