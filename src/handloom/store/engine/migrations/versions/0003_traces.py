"""What traces are kept in: themselves, their tags and metadata, the runs they are linked to, and their spans."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    traces()
    pairs("trace_tags")
    pairs("trace_metadata")
    op.create_table(
        "trace_runs",
        sa.Column("trace_number", Number, nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["trace_number"], ["traces.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace_number", "run_id"),
        sqlite_with_rowid=False,
    )
    spans()


def traces() -> None:
    op.create_table(
        "traces",
        sa.Column("number", Number, nullable=False),
        sa.Column("workspace_id", sa.String(length=32), nullable=False),
        sa.Column("experiment_number", Number, nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("client_request_id", sa.Text(), nullable=True),
        sa.Column("request_time", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("request_preview", sa.Text(), nullable=True),
        sa.Column("response_preview", sa.Text(), nullable=True),
        sa.Column("assessments", sa.Text(), nullable=True),
        sa.Column("finalized", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["experiment_number"], ["experiments.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("workspace_id", "trace_id"),
    )
    op.create_index("ix_traces_newest", "traces", ["experiment_number", "request_time", "trace_id"], unique=False)


def pairs(name: str) -> None:
    op.create_table(
        name,
        sa.Column("trace_number", Number, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["trace_number"], ["traces.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace_number", "key"),
        sqlite_with_rowid=False,
    )


def spans() -> None:
    op.create_table(
        "spans",
        sa.Column("trace_number", Number, nullable=False),
        sa.Column("span_id", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.String(length=16), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["trace_number"], ["traces.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("trace_number", "span_id"),
    )
