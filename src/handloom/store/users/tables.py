"""The tables of users. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, String, Table, Text, false

from handloom.store.engine.metadata import metadata

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("admin", Boolean, nullable=False, server_default=false()),
    Column("disabled_at", BigInteger),
    Column("removed_at", BigInteger),  # the row stays, because notebooks and runs show the display name
    Column("password", Text),  # argon2id, with its salt and costs
    Column("service", Boolean, nullable=False, server_default=false()),  # a program, which has API tokens only
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),  # the provider's own id of a person; names and addresses may change
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

user_groups = Table(
    "user_groups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("claim", Text, nullable=False),  # its name in the provider's claim of groups, "" without one
    Column("created_at", BigInteger, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", ForeignKey("user_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("by_claim", Boolean, nullable=False),  # added at a sign-in, and removed at one
)
