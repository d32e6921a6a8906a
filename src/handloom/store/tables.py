"""Every table of every noun, so that `metadata` is complete: what migrations are compared with."""

from handloom.store.artifacts import tables as artifact_tables
from handloom.store.audit import tables as audit_tables
from handloom.store.capacities import tables as capacity_tables
from handloom.store.comments import tables as comment_tables
from handloom.store.datasets import tables as dataset_tables
from handloom.store.engine.metadata import metadata
from handloom.store.environments import tables as environment_tables
from handloom.store.evaluation import tables as evaluation_tables
from handloom.store.experiments import tables as experiment_tables
from handloom.store.folders import tables as folder_tables
from handloom.store.git import tables as git_tables
from handloom.store.metrics import tables as metric_tables
from handloom.store.models import tables as model_tables
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.notices import tables as notice_tables
from handloom.store.reports import tables as report_tables
from handloom.store.retention import tables as retention_tables
from handloom.store.runs import tables as run_tables
from handloom.store.schedules import tables as schedule_tables
from handloom.store.servers import tables as server_tables
from handloom.store.tokens import tables as token_tables
from handloom.store.traces import tables as trace_tables
from handloom.store.users import tables as user_tables
from handloom.store.webhooks import tables as webhook_tables
from handloom.store.workspaces import tables as workspace_tables

__all__ = [
    "artifact_tables",
    "audit_tables",
    "capacity_tables",
    "comment_tables",
    "dataset_tables",
    "environment_tables",
    "evaluation_tables",
    "experiment_tables",
    "folder_tables",
    "git_tables",
    "metadata",
    "metric_tables",
    "model_tables",
    "notebook_tables",
    "notice_tables",
    "report_tables",
    "retention_tables",
    "run_tables",
    "schedule_tables",
    "server_tables",
    "token_tables",
    "trace_tables",
    "user_tables",
    "webhook_tables",
    "workspace_tables",
]
