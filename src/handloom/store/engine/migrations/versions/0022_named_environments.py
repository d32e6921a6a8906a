"""Several named environments per workspace, of which notebooks choose one. What a workspace had becomes its default."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

FIRST_NAME = "Default"


def upgrade() -> None:
    op.add_column("notebooks", sa.Column("environment", sa.String(32), nullable=False, server_default=""))
    op.add_column("workspaces", sa.Column("environment", sa.String(32), nullable=False, server_default=""))
    kept = op.get_bind().execute(sa.text("SELECT * FROM environments")).mappings().all()
    op.drop_table("environments")
    op.create_table(
        "environments",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace_id", sa.String(32), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("requirements", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("packages", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("built_at", sa.BigInteger()),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    for row in kept:
        # the workspace's id, by which the server recognises the builds on disk that do not name their environment
        values = {"id": row["workspace_id"], "name": FIRST_NAME, "log": ""} | dict(row)
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        op.get_bind().execute(sa.text(f"INSERT INTO environments ({columns}) VALUES ({marks})"), values)
    op.execute("UPDATE workspaces SET environment = id WHERE id IN (SELECT workspace_id FROM environments)")
