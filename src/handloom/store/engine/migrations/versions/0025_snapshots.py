"""Snapshots of notebooks for runs, and the run that a job of a notebook repeats."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "notebook_snapshots",
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.add_column("notebook_jobs", sa.Column("reproduces", sa.String(32)))
    op.create_index("ix_notebook_jobs_reproduces", "notebook_jobs", ["reproduces"])
