"""Values of a displayed frame as the texts that the page shows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from handloom.session import frames

_TYPES = pd.api.types


def texts(series: Any) -> Any:
    """The values as the page shows them; missing ones stay missing."""
    missing = series.isna()
    if _TYPES.is_integer_dtype(series.dtype):
        return series.astype("string")
    shown = series.where(~missing, None).astype(object).map(text, na_action="ignore")
    return shown.where(~missing, None).astype("string")


def text(value: Any) -> str:
    shown = frames.cell(frames.stamp(value))
    if isinstance(shown, bool):
        return "true" if shown else "false"
    return str(shown)
