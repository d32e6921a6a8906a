"""The clients that created runs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("runs", sa.Column("client", sa.Text(), nullable=False, server_default=""))
