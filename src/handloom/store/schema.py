"""Every table, once, for SQLite and PostgreSQL. Times are ms since 1970 UTC; `number` columns are internal keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from handloom.store.artifact_tables import artifact_files, artifact_removals
from handloom.store.metadata import Number, metadata
from handloom.store.trace_tables import spans, trace_metadata, trace_runs, trace_tags, traces
from handloom.store.webhook_tables import webhook_deliveries, webhooks

__all__ = [
    "artifact_files",
    "artifact_removals",
    "metadata",
    "spans",
    "trace_metadata",
    "trace_runs",
    "trace_tags",
    "traces",
    "webhook_deliveries",
    "webhooks",
]

users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("capacity", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
)

mounts = Table(
    "mounts",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("prefix", Text, primary_key=True),
    Column("target", Text, nullable=False),
)

notebooks = Table(
    "notebooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("session_timeout", Number, nullable=False),
    Column("autolog", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

experiments = Table(
    "experiments",
    metadata,
    Column("number", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_id", BigInteger, nullable=False),  # MLflow's id: counts from 0 in each workspace
    Column("name", Text, nullable=False),
    Column("artifact_location", Text, nullable=False),
    Column("lifecycle_stage", String(16), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=True),
    Column("creation_time", BigInteger, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "experiment_id"),
    UniqueConstraint("workspace_id", "name"),
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    Column("number", Number, primary_key=True),
    Column("run_id", String(32), nullable=False, unique=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False),  # MLflow's free text, not a key
    Column("status", String(16), nullable=False),
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger),
    Column("artifact_uri", Text, nullable=False),
    Column("lifecycle_stage", String(16), nullable=False),
    Column("deleted_time", BigInteger),
    Column("notebook_id", ForeignKey("notebooks.id", ondelete="SET NULL")),
    Index("ix_runs_newest", "experiment_number", "lifecycle_stage", "start_time", "run_id"),
    Index("ix_runs_notebook", "notebook_id"),
)

run_tags = Table(
    "run_tags",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

params = Table(
    "params",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

metrics = Table(
    "metrics",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("timestamp", BigInteger, primary_key=True),
    Column("value", Float, primary_key=True),
    Column("is_nan", Boolean, primary_key=True),
    sqlite_with_rowid=False,
)

# One row per (run, key): what searches, sorts and charts read instead of the history.
latest_metrics = Table(
    "latest_metrics",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("experiment_number", Number, nullable=False),
    Column("value", Float, nullable=False),
    Column("is_nan", Boolean, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("min_value", Float),
    Column("max_value", Float),
    Column("count", BigInteger, nullable=False),
    Column("sampled_step", BigInteger),  # metric_buckets hold every point up to here, see store.sampling
    Column("sampled_time", BigInteger),
    Index("ix_latest_metrics_page", "experiment_number", "key", "is_nan", "value", "run_number"),
    sqlite_with_rowid=False,
)

# What a chart needs of a stretch of a long series: where it begins, how many points it has, its extremes.
metric_buckets = Table(
    "metric_buckets",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),  # of its first point
    Column("timestamp", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("low_step", BigInteger),
    Column("low_time", BigInteger),
    Column("low_value", Float),
    Column("high_step", BigInteger),
    Column("high_time", BigInteger),
    Column("high_value", Float),
    sqlite_with_rowid=False,
)

# Finished runs as they are sent, ready made; one is kept only as long as nothing is written to its run.
run_documents = Table(
    "run_documents",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("format", BigInteger, nullable=False),  # tells documents of another release apart
    Column("document", LargeBinary, nullable=False),
)

datasets = Table(
    "datasets",
    metadata,
    Column("number", Number, primary_key=True),
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text),
    Column("profile", Text),
    UniqueConstraint("experiment_number", "name", "digest"),
)

run_inputs = Table(
    "run_inputs",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("dataset_number", ForeignKey("datasets.number", ondelete="CASCADE"), primary_key=True),
    Column("context", Text),  # the tag mlflow.data.context
    Column("tags", Text, nullable=False),  # JSON object
    Index("ix_run_inputs_dataset", "dataset_number"),
)

run_models = Table(
    "run_models",
    metadata,
    Column("run_number", ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    Column("model_id", String(34), primary_key=True),
    Column("direction", String(8), primary_key=True),  # "input" or "output"
    Column("step", BigInteger, nullable=False),
)

logged_models = Table(
    "logged_models",
    metadata,
    Column("model_id", String(34), primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
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
    Index("ix_logged_models_newest", "experiment_number", "created_at"),
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
    Column("next_version", Number, nullable=False),  # version numbers are never used twice
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
