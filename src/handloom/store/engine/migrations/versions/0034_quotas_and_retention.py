"""The bytes of a workspace's artifacts, its quotas, and retention rules."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0031"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SUM = (
    "UPDATE workspaces SET artifact_bytes = "
    "(SELECT COALESCE(SUM(f.size), 0) FROM artifact_files f WHERE f.workspace_id = workspaces.id)"
)


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("artifact_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("quota_artifacts_mb", "quota_files_mb", "quota_notebooks"):
        op.add_column("workspaces", sa.Column(name, sa.BigInteger()))
    op.execute(_SUM)
    op.create_table(
        "retention_rules",
        sa.Column("internal_id", _NUMBER, primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("experiment_internal_id", _NUMBER, sa.ForeignKey("experiments.internal_id", ondelete="CASCADE")),
        sa.Column("days", _NUMBER, nullable=False),
        sa.Column("keep_tags", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_retention_rules_workspace", "retention_rules", ["workspace_id"])
