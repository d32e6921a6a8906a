"""The bin: deleted notebooks and removed workspaces, which can be restored."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("notebooks", sa.Column("deleted_at", sa.BigInteger()))
    op.add_column("notebooks", sa.Column("deleted_name", sa.Text()))
    op.add_column("workspaces", sa.Column("removed_at", sa.BigInteger()))
    op.add_column("workspaces", sa.Column("removed_name", sa.Text()))
    # What was deleted before there was a bin gets its full time in it. A time of 0 means that the purge has begun.
    now = int(time.time() * 1000)
    op.execute(f"UPDATE runs SET deleted_time = {now} WHERE lifecycle_stage = 'deleted' AND deleted_time <> 0")
    op.execute(f"UPDATE experiments SET last_update_time = {now} WHERE lifecycle_stage = 'deleted'")
    op.execute(f"UPDATE logged_models SET modified_at = {now} WHERE lifecycle_stage = 'deleted'")
