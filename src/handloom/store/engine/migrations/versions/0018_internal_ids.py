"""Rename the internal keys: `number` to `internal_id`, and `X_number`, which refers to it, to `X_internal_id`."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COLUMNS = {
    "artifact_removals": ("number",),
    "assessments": ("number", "trace_number"),
    "datasets": ("number", "experiment_number"),
    "evaluation_dataset_experiments": ("dataset_number", "experiment_number"),
    "evaluation_dataset_tags": ("dataset_number",),
    "evaluation_datasets": ("number",),
    "evaluation_records": ("number", "dataset_number"),
    "experiment_tags": ("experiment_number",),
    "experiments": ("number",),
    "latest_metrics": ("run_number", "experiment_number"),
    "logged_models": ("experiment_number",),
    "metric_buckets": ("run_number",),
    "metrics": ("run_number",),
    "params": ("run_number",),
    "run_documents": ("run_number",),
    "run_inputs": ("run_number", "dataset_number"),
    "run_models": ("run_number",),
    "run_tags": ("run_number",),
    "runs": ("number", "experiment_number"),
    "scorer_versions": ("scorer_number",),
    "scorers": ("number", "experiment_number"),
    "spans": ("trace_number",),
    "trace_metadata": ("trace_number",),
    "trace_runs": ("trace_number",),
    "trace_tags": ("trace_number",),
    "traces": ("number", "experiment_number"),
    "webhook_deliveries": ("number", "webhook_number"),
    "webhooks": ("number",),
}


def upgrade() -> None:
    connection = op.get_bind()
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO {_renamed(column)}")
    if connection.dialect.name == "postgresql":
        _rename_constraints_and_sequences(connection)
    else:
        _rename_constraints_in_text(connection)


def _renamed(name: str) -> str:
    return name if "is_number" in name else name.replace("number", "internal_id")


def _rename_constraints_and_sequences(connection: sa.Connection) -> None:
    ours = "connamespace = current_schema()::regnamespace AND conname LIKE '%number%'"
    for table, name in connection.execute(
        sa.text(f"SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE {ours}")
    ).all():
        if _renamed(name) != name and table in _COLUMNS:
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {_renamed(name)}")
    for table, columns in _COLUMNS.items():
        if "number" in columns:
            op.execute(f"ALTER SEQUENCE {table}_number_seq RENAME TO {table}_internal_id_seq")


def _rename_constraints_in_text(connection: sa.Connection) -> None:
    """SQLite has no statement for this. The names say nothing to it, but a later migration may refer to them."""
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    for table, columns in _COLUMNS.items():
        for column in columns:
            for kind in ("fk", "uq"):
                connection.exec_driver_sql(
                    "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?",
                    (f"CONSTRAINT {kind}_{table}_{column}", f"CONSTRAINT {kind}_{table}_{_renamed(column)}", table),
                )
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
