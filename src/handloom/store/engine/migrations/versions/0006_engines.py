"""Which Spark engine a workspace's notebooks run on, and a notebook of its own choice."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("engine", sa.String(64), nullable=False, server_default="quick"))
    op.add_column("notebooks", sa.Column("engine", sa.String(64), nullable=False, server_default=""))
