"""The fields of a run as SQL expressions, by the names that filters and orders use."""

from typing import Any

from sqlalchemy import ColumnElement

from handloom.domain.run_fields import RUN_FIELDS
from handloom.store.runs.tables import runs

COMPUTED: dict[str, ColumnElement[Any]] = {"duration": runs.c.end_time - runs.c.start_time}

COLUMNS: dict[str, ColumnElement[Any]] = {
    field.name: runs.c[field.column] if field.column else COMPUTED[field.name] for field in RUN_FIELDS
}
