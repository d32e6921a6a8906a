"""The tables of webhooks, of their outbox, and of what became of the last messages."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("webhook_id", String(36), nullable=False, unique=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),  # "model_version.created registered_model.created"
    Column("status", String(16), nullable=False),
    Column("secret", Text),  # encrypted, see store.engine.secrets
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("format", String(16), nullable=False, server_default="mlflow"),  # or "slack"
    Index("ix_webhooks_newest", "workspace_id", "created_at"),
)

# The outbox: a row is written in the transaction of its change, and deleted after delivery or the last attempt.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("delivery_id", String(36), nullable=False),
    Column("webhook_internal_id", ForeignKey("webhooks.internal_id", ondelete="CASCADE"), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("claimed_until", BigInteger),  # ms since 1970 UTC; until then a server is sending it
    Column("event", Text, nullable=False, server_default=""),  # "model_version.created"
    Column("problem", Text, nullable=False, server_default=""),  # why the last attempt failed
    Index("ix_webhook_deliveries_due", "due_at"),
    Index("ix_webhook_deliveries_webhook", "webhook_internal_id"),
)

# What became of the last messages of each webhook, for the people who look why one did not arrive.
webhook_outcomes = Table(
    "webhook_outcomes",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("webhook_internal_id", ForeignKey("webhooks.internal_id", ondelete="CASCADE"), nullable=False),
    Column("delivery_id", String(36), nullable=False),
    Column("event", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),  # "delivered" or "given_up"
    Column("attempts", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Index("ix_webhook_outcomes_webhook", "webhook_internal_id", "internal_id"),
)
