"""The capacity of which a session holds a place, for counting over servers."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.add_column("live_sessions", sa.Column("capacity", sa.String(64), nullable=False, server_default=""))
