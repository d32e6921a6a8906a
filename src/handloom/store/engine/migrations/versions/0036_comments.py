"""Comments on runs and notebooks, and who is told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("internal_id", _NUMBER, primary_key=True),
        sa.Column("workspace_id", sa.String(32), _to("workspaces.id"), nullable=False),
        sa.Column("run_internal_id", _NUMBER, _to("runs.internal_id")),
        sa.Column("notebook_id", sa.String(32), _to("notebooks.id")),
        sa.Column("thread_id", _NUMBER, _to("comments.internal_id")),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("resolved_by", sa.String(32), sa.ForeignKey("users.id")),
    )
    op.create_index("ix_comments_run", "comments", ["run_internal_id"])
    op.create_index("ix_comments_notebook", "comments", ["notebook_id"])
    op.create_index("ix_comments_thread", "comments", ["thread_id"])
    op.create_table(
        "comment_notices",
        sa.Column("comment_internal_id", _NUMBER, _to("comments.internal_id"), primary_key=True),
        sa.Column("user_id", sa.String(32), _to("users.id"), primary_key=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_comment_notices_user", "comment_notices", ["user_id", "noticed_at"])
