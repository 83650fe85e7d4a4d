"""The day on which time alone changes the answer of a person; who was judged before is judged anew to learn it."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_LONG_AGO = date(1970, 1, 1)


def upgrade() -> None:
    """Add the column and its index; everyone who was judged is due at once."""
    op.add_column("patient", sa.Column("due", sa.Date))
    patient = sa.table("patient", sa.column("due", sa.Date), sa.column("evaluated", sa.BigInteger))
    op.execute(patient.update().where(patient.c.evaluated > 0).values(due=_LONG_AGO))
    op.create_index("patient_due", "patient", ["due"], sqlite_where=sa.text("due IS NOT NULL"))
