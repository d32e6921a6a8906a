"""The tables of a workspace's lakehouse: what is told about them, and which runs used them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from handloom.domain.errors import Invalid

DEFAULT_SCHEMA = "dbo"
MAX_ROWS = 1_000
"""Rows of one page of a preview."""
MAX_VERSIONS = 1_000

TableFormat = Literal["delta", "parquet", "view"]


class LakeTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table by its folder; `modified_at` is the time of its last change in milliseconds."""

    schema: str
    name: str
    format: TableFormat
    modified_at: int


class LakeTables(msgspec.Struct, frozen=True, kw_only=True):
    """The tables of a workspace, by schema and name. `left_out` counts those beyond the limit of one list."""

    schemas: list[str]
    tables: list[LakeTable]
    left_out: int = 0


class LakeColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column with its type as Spark names it."""

    name: str
    type: str
    nullable: bool
    comment: str = ""


class LakeTableDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a table, or a view. A folder of Parquet files has no versions, and so neither description nor
    properties."""

    schema: str
    name: str
    path: str
    """The folder, relative to the workspace."""
    format: TableFormat
    columns: list[LakeColumn]
    files: int
    bytes: int
    rows: int | None
    """None where counting them would take too long."""
    version: int | None = None
    partition_columns: list[str] = []
    description: str = ""
    created_at: int | None = None
    properties: dict[str, str] = {}
    features: list[str] = []
    """The features of Delta Lake that readers and writers of the table need."""
    unreadable: str = ""
    """Why its rows are not shown; empty where they are."""
    definition: str = ""
    """The query of a view."""


class LakeRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a version from `start` on. `left_out` counts columns beyond the limit of one page."""

    start: int
    columns: list[str]
    rows: list[list[Any]]
    left_out: int = 0


class LakeVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a Delta table, as the commit says. `at` is in milliseconds."""

    version: int
    at: int
    operation: str
    user: str = ""
    engine: str = ""
    parameters: dict[str, str] = {}
    metrics: dict[str, str] = {}


class LakeHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Versions, newest first; `more` says whether there are older ones."""

    versions: list[LakeVersion]
    more: bool = False


def clean_part(name: str, *, field: str) -> str:
    """Return the name of a schema or table. Raises Invalid for one that no folder of the lakehouse has."""
    hidden = name.startswith((".", "_")) or "=" in name
    if not name or hidden or "/" in name or "\\" in name or not name.isprintable() or len(name.encode()) > 255:
        raise Invalid(f"“{name[:100]}” is not the name of a {field}.", field=field)
    return name


class TableRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that logged the table as an input, e.g. with `mlflow.log_input`. `version` is None where it named none."""

    run_id: str
    name: str
    status: str
    start_time: int
    experiment: str
    experiment_name: str
    context: str | None
    version: int | None


class NamedTable(msgspec.Struct, frozen=True, kw_only=True):
    """The table that the source of a dataset names."""

    schema: str
    name: str
    version: int | None


def table_of_source(source: str) -> NamedTable | None:
    """Return the table that a dataset's source names, by its name or by a path with `Tables` in it; None for any other.

    MLflow's Delta sources have `delta_table_name` or `path`, and `delta_table_version`; Spark's have `table_name`.
    """
    try:
        said = msgspec.json.decode(source, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
    version = said.get("delta_table_version")
    number = version if isinstance(version, int) else None
    for key in ("delta_table_name", "table_name"):
        if isinstance(name := said.get(key), str) and name:
            parts = [part.strip("`") for part in name.split(".")]
            schema = parts[-2] if len(parts) > 1 else DEFAULT_SCHEMA
            return NamedTable(schema=schema, name=parts[-1], version=number)
    for key in ("path", "uri"):
        if isinstance(path := said.get(key), str):
            _, found, rest = f"/{path}".rpartition("/Tables/")
            steps = [step for step in rest.split("/") if step]
            if found and len(steps) in (1, 2):
                return NamedTable(schema=([DEFAULT_SCHEMA, *steps])[-2], name=steps[-1], version=number)
    return None
