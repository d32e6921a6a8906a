"""Runs, metrics, params, tags and models of the server as tables: `spark.table("runs")` and `handloom.runs()`.

Rows come from the server page by page with the session's token, so that they are what that token may read. A token
limited to a workspace, as a session's own is, gives that workspace.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pyarrow as pa

from handloom.session import attached

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())
SCHEMAS: dict[str, pa.Schema] = {
    "runs": pa.schema(
        {
            "run_id": pa.string(),
            "workspace_id": pa.string(),
            "workspace": pa.string(),
            "experiment_id": pa.int64(),
            "experiment": pa.string(),
            "name": pa.string(),
            "status": pa.string(),
            "user_id": pa.string(),
            "start_time": _TIME,
            "end_time": _TIME,
            "notebook": pa.string(),
            "parent_run_id": pa.string(),
            "artifact_uri": pa.string(),
            "client": pa.string(),
        }
    ),
    "metrics": pa.schema(
        {
            "run_id": pa.string(),
            "workspace_id": pa.string(),
            "key": pa.string(),
            "value": pa.float64(),
            "step": pa.int64(),
            "logged_at": _TIME,
            "min_value": pa.float64(),
            "max_value": pa.float64(),
            "points": pa.int64(),
        }
    ),
    "params": pa.schema({name: pa.string() for name in ("run_id", "workspace_id", "key", "value")}),
    "tags": pa.schema({name: pa.string() for name in ("run_id", "workspace_id", "key", "value")}),
    "models": pa.schema(
        {
            "workspace_id": pa.string(),
            "workspace": pa.string(),
            "name": pa.string(),
            "version": pa.int64(),
            "run_id": pa.string(),
            "stage": pa.string(),
            "status": pa.string(),
            "description": pa.string(),
            "source": pa.string(),
            "user_id": pa.string(),
            "created_at": _TIME,
            "aliases": _TEXTS,
        }
    ),
}
_EARLIEST, _LATEST = -62_135_596_800_000, 253_402_300_799_999
"""The years 1 to 9999 in milliseconds, which every engine and pandas can show."""
_own_token: str | None = None


class TrackingTablesError(RuntimeError):
    """The server did not give the rows; the message says why."""


class _Page(msgspec.Struct):
    columns: dict[str, list[Any]]
    next: str


def use_token(token: str | None) -> None:
    """Read these tables with an API token of your own from now on, over all workspaces that it may read; None: with
    the session's token again, which reads the session's workspace.
    """
    global _own_token
    _own_token = token or None


def read(table: str) -> pa.RecordBatchReader:
    """Return the rows of a table as Arrow batches of at most 50,000 rows, read while they are used."""
    pages = _pages(table)
    first = next(pages)  # a refusal is raised here and not in the middle of a conversion

    def batches() -> Iterator[pa.RecordBatch]:
        yield _batch(table, first)
        for page in pages:
            yield _batch(table, page)

    return pa.RecordBatchReader.from_batches(SCHEMAS[table], batches())


def _pages(table: str) -> Iterator[_Page]:
    session = attached.current()
    if session is None:
        raise TrackingTablesError(f"The table {table} is read from Handloom's server, and this is not its session.")
    base = session.tracking_uri.rpartition("/mlflow/")[0]
    of = "" if _own_token else f"/workspaces/{session.workspace}"
    headers = {"Authorization": f"Bearer {_own_token or session.token}"}
    after: str | None = ""
    with httpx.Client(trust_env=False, timeout=120, headers=headers) as http:
        while after is not None:
            try:
                reply = http.get(f"{base}/api/v1{of}/tracking/{table}", params={"after": after})
            except httpx.HTTPError as error:
                where = urlsplit(base).netloc
                raise TrackingTablesError(f"Handloom at {where} did not give the table {table}: {error}") from error
            if reply.status_code >= 400:
                raise TrackingTablesError(f"Handloom did not give the table {table}: {_message(reply)}")
            page = msgspec.msgpack.decode(reply.content, type=_Page)
            yield page
            after = page.next or None


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {reply.status_code}"


def _batch(table: str, page: _Page) -> pa.RecordBatch:
    schema = SCHEMAS[table]
    columns = [_array(page.columns[field.name], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == _TIME:
        micros = [_micros(value) for value in values]
        return pa.array(micros, pa.int64()).cast(_TIME)
    if kind == pa.float64():  # from_pandas stays off: NaN is a value, and not null
        return pa.array([value if value is None else float(value) for value in values], kind, from_pandas=False)
    return pa.array(values, kind)


def _micros(value: int | None) -> int | None:
    """Return a time in microseconds; null for one that no calendar has, which a client may have logged."""
    if value is None or not math.isfinite(value) or not _EARLIEST <= value <= _LATEST:
        return None
    return value * 1_000
