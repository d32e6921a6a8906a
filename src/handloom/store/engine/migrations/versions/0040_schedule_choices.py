"""The Spark engine and the capacity that a schedule chooses for its runs."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    for name in ("engine", "capacity"):
        op.add_column("schedules", sa.Column(name, sa.String(64), nullable=False, server_default=""))
