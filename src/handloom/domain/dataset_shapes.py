"""Rows and columns of a dataset, from MLflow's profile and schema of pandas, Spark and NumPy data."""

from typing import Any

import msgspec

from handloom.domain.models import SchemaColumn, signature_columns


def rows_and_features(profile: str | None, schema: str | None) -> tuple[int | None, int | None]:
    """Return the numbers of rows and columns, each None if unknown."""
    fields, shape = _object(profile), _object(schema)
    rows, features = _count(fields.get("num_rows")), None
    columns = shape.get("mlflow_colspec")
    if isinstance(columns, list):
        features = len(columns)
    array = fields.get("features_shape")
    if isinstance(array, list) and array:  # a NumPy shape (rows, columns, ...); a dict has several arrays' shapes
        rows = _count(array[0])
        features = _count(array[1]) if len(array) > 1 else 1
    return rows, features


def columns_of(schema: str | None) -> list[SchemaColumn]:
    """Return the columns of a schema, with the features and targets of NumPy data as columns; none if it is unknown."""
    shape = _object(schema)
    tensors = shape.get("mlflow_tensorspec")
    if not isinstance(tensors, dict):
        return signature_columns(shape.get("mlflow_colspec")) or []
    return [
        column if column.name else msgspec.structs.replace(column, name=part)
        for part in ("features", "targets")
        for column in _tensors(tensors.get(part))
    ]


def address_of(source: str | None) -> str:
    """Return where a dataset is from: the URL, path or name in its source; empty if the source tells none."""
    fields = _object(source)
    found = (fields.get(name) for name in ("url", "uri", "path", "table_name", "delta_table_name", "dataset_name"))
    return next((one for one in found if isinstance(one, str) and one), "")


def _tensors(text: Any) -> list[SchemaColumn]:
    try:
        return signature_columns(msgspec.json.decode(text)) or [] if isinstance(text, str) else []
    except msgspec.DecodeError:
        return []


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
