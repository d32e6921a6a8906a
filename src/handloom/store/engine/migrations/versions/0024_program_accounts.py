"""Service accounts: users that are programs."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("users", sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false()))
