"""What a repeated Bundle is known by, which version of a resource counts as evidence, and who names what is nobody's.

Follows 0006. What was received before is known by its bytes, and has no answer to repeat; of it the newest version
counts. Bodies that name a Binary or Medication are read once.
"""

import sqlalchemy as sa
from alembic import op

from fhirsvc.fhir.references import shared_in

revision = "0007"
down_revision = "0006"

_NAMING = """
    SELECT tenant, type, id, body FROM head JOIN version USING (tenant, type, id, version)
    WHERE counted IS NOT NULL AND (instr(body, 'Binary/') > 0 OR instr(body, 'Medication/') > 0)
"""


def upgrade() -> None:
    """Add the columns and the table, and fill them."""
    op.add_column("submission", sa.Column("key", sa.String))
    op.create_index(
        "submission_key", "submission", ["tenant", "key"], unique=True, sqlite_where=sa.text("key IS NOT NULL")
    )
    op.create_index("submission_digest", "submission", ["tenant", "digest"])
    op.add_column("submission_body", sa.Column("answer", sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("version", sa.Column("updated", sa.BigInteger))
    op.add_column("head", sa.Column("counted", sa.Integer))
    op.add_column("head", sa.Column("updated", sa.BigInteger))
    op.execute("UPDATE head SET counted = version WHERE evidence")
    op.drop_column("head", "evidence")
    columns = [sa.Column(name, sa.String, primary_key=True) for name in ("tenant", "type", "id", "by_type", "by_id")]
    mention = op.create_table("mention", *columns, sqlite_with_rowid=False)
    connection = op.get_bind()
    for row in connection.execute(sa.text(_NAMING)).all():
        named = [
            {"tenant": row.tenant, "type": type_, "id": id_, "by_type": row.type, "by_id": row.id}
            for type_, id_ in shared_in(row.body)
        ]
        if named:
            connection.execute(mention.insert(), named)
