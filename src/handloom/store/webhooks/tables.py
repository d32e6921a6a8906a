"""The tables of webhooks: where a workspace tells of its registry, and what is still to be told."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("number", Number, primary_key=True),
    Column("webhook_id", String(36), nullable=False, unique=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # "model_version.created registered_model.created"
    Column("status", String(16), nullable=False),
    Column("secret", Text),  # sealed, see store.secrets
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index("ix_webhooks_newest", "workspace_id", "created_at"),
)

# The outbox: a row is written with the change that it tells of, and goes once a receiver took it or none will.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("number", Number, primary_key=True),
    Column("delivery_id", String(36), nullable=False),
    Column("webhook_number", ForeignKey("webhooks.number", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger),  # a server is sending it now
    Index("ix_webhook_deliveries_due", "due_at"),
    Index("ix_webhook_deliveries_webhook", "webhook_number"),
)
