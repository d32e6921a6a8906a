"""Who manages the people of the installation, who is disabled or removed, passwords, and where browsers signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("users", sa.Column("admin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("users", sa.Column("disabled_at", sa.BigInteger()))
    op.add_column("users", sa.Column("removed_at", sa.BigInteger()))
    op.add_column("users", sa.Column("password", sa.Text()))
    op.add_column("tokens", sa.Column("address", sa.Text()))
    users = sa.table("users", sa.column("id"), sa.column("created_at"), sa.column("admin"))
    first = sa.select(users.c.id).order_by(users.c.created_at, users.c.id).limit(1).scalar_subquery()
    op.execute(sa.update(users).where(users.c.id == first).values(admin=sa.true()))
