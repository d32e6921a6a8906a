"""What traces are kept in; this version adds nothing yet."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
