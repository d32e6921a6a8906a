"""The tables of users. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from handloom.store.engine.metadata import metadata

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
