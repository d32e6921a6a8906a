"""The table of the capacities that admins define. Those of the capacities file are not in it."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

capacities = Table(
    "capacities",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("memory_mb", Number, nullable=False),
    Column("cores", Number, nullable=False),
    Column("processes", Number, nullable=False),
    Column("gpus", Text, nullable=False),
    Column("idle_minutes", Number, nullable=False),
    Column("sessions", Number, nullable=False),
    Column("sessions_per_person", Number, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)
