"""Versions of notebooks, and who saved a notebook last."""

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("notebooks", sa.Column("saved_by", sa.String(32)))
    op.create_table(
        "notebook_versions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("notebook_id", sa.String(32), sa.ForeignKey("notebooks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.String(32)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("cells", Number, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_notebook_versions_notebook", "notebook_versions", ["notebook_id", "made_at"])
    op.create_table(
        "notebook_texts",
        sa.Column("notebook_id", sa.String(32), sa.ForeignKey("notebooks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
