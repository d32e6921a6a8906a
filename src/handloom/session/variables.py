"""The session's variables for the page: name, type, shape, size and a short value, without running a user's code."""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import reprlib
import sys
import types
from typing import Any

from handloom.session import frames, page_requests, show
from handloom.session.page_requests import Reply, RequestError

TARGET = "handloom.variables"
LISTED = 2_000
"""Variables that are listed at most."""
LONGEST = 100_000
"""Characters of a value that is viewed."""
_SHAPED = {"numpy", "pandas", "polars", "pyarrow", "scipy", "torch", "tensorflow", "jax", "xarray"}
"""Packages whose `shape` is a cheap property."""
_PLAIN = (bool, int, float, complex, type(None))
_CONTAINERS = (str, bytes, bytearray, list, tuple, dict, set, frozenset)
_READABLE = (decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, pathlib.PurePath, enum.Enum)
_NO_VARIABLES = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def register(shell: Any) -> None:
    page_requests.register(shell, TARGET, lambda _: Variables(shell))


class Variables:
    """Lists the variables of a shell and shows one of them."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def answer(self, asked: dict[str, Any]) -> Reply:
        match asked.get("ask"):
            case "list":
                return self._list(), []
            case "view":
                return self._view(str(asked.get("name"))), []
        raise RequestError("The page asked for something unknown. Reload it.")

    def close(self) -> None:
        """Nothing is held between requests."""

    def _own(self) -> dict[str, Any]:
        hidden = self._shell.user_ns_hidden
        return {
            name: value
            for name, value in list(self._shell.user_ns.items())
            if not name.startswith("_")
            and not (name in hidden and hidden[name] is value)
            and not issubclass(type(value), _NO_VARIABLES)
        }

    def _list(self) -> dict[str, Any]:
        own = self._own()
        listed = [described(name, value) for name, value in list(own.items())[:LISTED]]
        return {"variables": listed, "left_out": max(0, len(own) - LISTED)}

    def _view(self, name: str) -> dict[str, Any]:
        """The whole value of a variable: a frame as `display` shows it, anything else as text."""
        own = self._own()
        if name not in own:
            raise RequestError(f"There is no variable “{name}” any more.")
        bundle = show.bundle_of(own[name])
        if bundle is not None:
            return {"frame": bundle[frames.MIME]}
        text = self._shell.display_formatter.format(own[name], include={"text/plain"})[0].get("text/plain")
        text = text if isinstance(text, str) else repr(own[name])
        return {"text": text[:LONGEST], "cut": len(text) > LONGEST}


def described(name: str, value: Any) -> dict[str, Any]:
    kind = type(value)
    return {
        "name": name,
        "type": kind.__name__,
        "shape": _shape(value),
        "bytes": _bytes(value),
        "value": _short.repr(value)[:200],
    }


def _package(value: Any) -> str:
    return str(getattr(type(value), "__module__", "")).split(".")[0]


def _shape(value: Any) -> list[int] | None:
    if type(value) in _CONTAINERS:
        return [len(value)]
    if _package(value) not in _SHAPED:
        return None
    shape = getattr(value, "shape", None)
    if not isinstance(shape, (tuple, list)):
        return None
    return [int(size) for size in shape]


def _bytes(value: Any) -> int | None:
    """The memory of a value, where that is known without walking through it."""
    if type(value) in _PLAIN or type(value) in _CONTAINERS:
        return sys.getsizeof(value)
    package = _package(value)
    if package == "pandas" and hasattr(value, "memory_usage"):
        used = value.memory_usage()
        return int(used.sum()) if hasattr(used, "sum") else int(used)
    if package == "polars" and hasattr(value, "estimated_size"):
        return int(value.estimated_size())
    if package in _SHAPED and isinstance(size := getattr(value, "nbytes", None), int):
        return size
    return None


class _Short(reprlib.Repr):
    """Short texts of values. Objects of a user's own classes are named, not asked for their text."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist, self.maxdict, self.maxset, self.maxtuple = 2, 8, 6, 8, 8
        self.maxstring = self.maxother = 120

    def repr1(self, x: Any, level: int) -> str:
        kind = type(x)
        if kind in _PLAIN or kind in _CONTAINERS:
            return super().repr1(x, level)
        if isinstance(x, _READABLE) and kind.__module__ in ("decimal", "datetime", "pathlib"):
            return str(x)[: self.maxother]
        return self._named(x, kind)

    def _named(self, x: Any, kind: type) -> str:
        package = _package(x)
        if package == "numpy" and getattr(x, "ndim", None) == 0:
            return str(x)[: self.maxother]
        if package in ("pandas", "polars") and hasattr(x, "columns"):
            names = [str(name) for name in list(x.columns)[:12]]
            return ", ".join(names) + (", …" if len(x.columns) > len(names) else "")
        if package in _SHAPED and (dtype := getattr(x, "dtype", None)) is not None:
            return str(dtype)
        return f"<{kind.__module__}.{kind.__qualname__}>"


_short = _Short()
