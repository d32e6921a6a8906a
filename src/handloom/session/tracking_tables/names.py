"""`handloom.runs()` and the like in notebooks. Imports nothing heavy before a call, as every kernel loads it."""

from __future__ import annotations

from typing import Any

NAMES = ("runs", "metrics", "params", "tags", "models")


def install(module: Any) -> None:
    """Add `runs()`, `metrics()`, `params()`, `tags()`, `models()` and `use_token()` to a module."""
    for table in NAMES:
        setattr(module, table, _as_pandas(table))
    module.use_token = use_token


def use_token(token: str | None) -> None:
    """Read runs, metrics, params, tags and models with an API token of your own from now on: of all workspaces that it
    may read. None: with the session's token again, which reads the session's workspace.
    """
    from handloom.session.tracking_tables import tables

    tables.use_token(token)


def _as_pandas(table: str) -> Any:
    def frame() -> Any:
        from handloom.session.tracking_tables import tables

        return tables.read(table).read_all().to_pandas()

    frame.__name__ = frame.__qualname__ = table
    frame.__doc__ = f"Return the {table} that the session's token may read, as a pandas DataFrame."
    return frame
