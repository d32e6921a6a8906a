"""Paths in a repository of notebooks that were pulled from its folders."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "git_paths",
        sa.Column("notebook_id", sa.String(32), sa.ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
    )
