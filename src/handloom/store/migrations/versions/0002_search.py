"""What search are kept in; this version adds nothing yet."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    pass
