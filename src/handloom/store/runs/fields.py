"""The fields of a run as SQL expressions, by the names that filters and orders use."""

from typing import Any

from sqlalchemy import ColumnElement, select

from handloom.domain.run_fields import RUN_FIELDS
from handloom.store.notebooks.tables import notebooks
from handloom.store.runs.tables import runs

COMPUTED: dict[str, ColumnElement[Any]] = {
    "duration": runs.c.end_time - runs.c.start_time,
    "notebook": select(notebooks.c.name)
    .where(notebooks.c.id == runs.c.notebook_id, notebooks.c.deleted_at.is_(None))
    .scalar_subquery(),
}

COLUMNS: dict[str, ColumnElement[Any]] = {
    field.name: runs.c[field.column] if field.column else COMPUTED[field.name] for field in RUN_FIELDS
}
