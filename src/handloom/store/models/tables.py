"""The tables of models. Times are milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, ForeignKeyConstraint, Index, String, Table, Text

from handloom.store.engine.metadata import Number, metadata

run_models = Table(
    "run_models",
    metadata,
    Column("run_internal_id", ForeignKey("runs.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", String(34), primary_key=True),
    Column("direction", String(8), primary_key=True),  # "input" or "output"
    Column("step", BigInteger, nullable=False),
    Index("ix_run_models_model", "model_id", "direction"),
)

logged_models = Table(
    "logged_models",
    metadata,
    Column("model_id", String(34), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("status_message", Text),
    Column("model_type", Text, nullable=False),
    Column("source_run_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("lifecycle_stage", String(16), nullable=False),
    Index("ix_logged_models_run", "workspace_id", "source_run_id"),
    Index("ix_logged_models_newest", "experiment_internal_id", "created_at"),
)

logged_model_tags = Table(
    "logged_model_tags",
    metadata,
    Column("model_id", ForeignKey("logged_models.model_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

logged_model_params = Table(
    "logged_model_params",
    metadata,
    Column("model_id", ForeignKey("logged_models.model_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

logged_model_metrics = Table(
    "logged_model_metrics",
    metadata,
    Column("model_id", ForeignKey("logged_models.model_id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", String(32), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("timestamp", BigInteger, primary_key=True),
    Column("value", Float, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("dataset_name", Text, primary_key=True),
    Column("dataset_digest", Text, primary_key=True),
)

models = Table(
    "models",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("next_version", Number, nullable=False),  # version numbers are never reused
)

model_tags = Table(
    "model_tags",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["models.workspace_id", "models.name"], ondelete="CASCADE", onupdate="CASCADE"
    ),
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("version", Number, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["models.workspace_id", "models.name"], ondelete="CASCADE", onupdate="CASCADE"
    ),
)

# What was done to aliases, so that a page can say who set one, when and why. Rows stay when a version is deleted.
model_alias_changes = Table(
    "model_alias_changes",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("version", Number),  # NULL: the alias was deleted
    Column("user_name", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["models.workspace_id", "models.name"], ondelete="CASCADE", onupdate="CASCADE"
    ),
    Index("ix_model_alias_changes_model", "workspace_id", "name", "internal_id"),
)

model_versions = Table(
    "model_versions",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Number, primary_key=True),
    Column("description", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("storage_location", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("run_link", Text, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("status", String(32), nullable=False),
    Column("status_message", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "name"], ["models.workspace_id", "models.name"], ondelete="CASCADE", onupdate="CASCADE"
    ),
    Index("ix_model_versions_run", "workspace_id", "run_id"),
)

model_version_tags = Table(
    "model_version_tags",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Number, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "name", "version"],
        ["model_versions.workspace_id", "model_versions.name", "model_versions.version"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    ),
)
