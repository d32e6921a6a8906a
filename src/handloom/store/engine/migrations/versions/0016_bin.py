"""The bin: deleted notebooks and removed workspaces, which can be restored."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("notebooks", sa.Column("deleted_at", sa.BigInteger()))
    op.add_column("notebooks", sa.Column("deleted_name", sa.Text()))
    op.add_column("workspaces", sa.Column("removed_at", sa.BigInteger()))
    op.add_column("workspaces", sa.Column("removed_name", sa.Text()))
