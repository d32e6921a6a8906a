"""The environment that a schedule chooses for its runs."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("schedules", sa.Column("environment", sa.String(32), nullable=False, server_default=""))
